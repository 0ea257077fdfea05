"""Files of the client, all of them private: made with mode 0600, in folders of the user's own."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def private_folder(folder: Path) -> None:
    """Make a folder that the user alone can enter. Raises OSError where it is another's, or others may write to it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.stat()
    if status.st_uid != os.getuid() or status.st_mode & 0o022:
        raise PermissionError("others may write to it")


def open_private(path: Path) -> int:
    """Descriptor for reading and writing, of a file that is made where it is missing. Links are not followed."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def read_private(path: Path) -> str:
    """Text of a file. Raises PermissionError where others may read it, with its mode as the text."""
    with path.open(encoding="utf-8") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            raise PermissionError(f"mode {mode:04o}")
        return file.read()
