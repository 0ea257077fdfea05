"""The files of a data folder. No link is followed to them, nobody else reads them, and trouble is told with its cure.

Whoever else may write into the folder could leave a link there under a name of ours and have its target
overwritten. The names SQLite makes beside the journal are safe in the same way: it opens them with O_NOFOLLOW.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from tallystick.store.api import StoreError

LITTLE_BYTES = 512 * 1024
"""With less than this left, what the disk refuses is put down to its being full."""
SECRET = 0o600
FULL = (errno.ENOSPC, errno.EDQUOT)


def trouble(place: Path, error: Exception, words: str = "", *, full: bool = False) -> StoreError:
    """Error that says what cannot be done at `place`, why, and what helps.

    `words` replace the error's own; `full` says that they mean a full disk.
    """
    number = error.errno if isinstance(error, OSError) else None
    why = words or (error.strerror if isinstance(error, OSError) and error.strerror else str(error))
    if full or number in FULL or is_full(place):
        cure = f"the disk it lies on is full: make room there and try again; what was acknowledged is safe ({why})"
    elif number in (errno.EACCES, errno.EPERM, errno.EROFS):
        cure = f"{why}: give --data a folder you may write to"
    elif number in (errno.EIO, errno.EUCLEAN):
        cure = f"{why}: the disk is failing; see what the system's log (dmesg) says of it"
    else:
        cure = why
    return StoreError(f"cannot use {place}: {cure}")


def is_full(place: Path) -> bool:
    """Next to nothing is left on the disk of a file or folder that is there or is to be there."""
    for near in (place, *place.absolute().parents):
        try:
            found = os.statvfs(near)
        except OSError:
            continue
        return found.f_bavail * found.f_frsize < LITTLE_BYTES
    return False


def make_folder(folder: Path) -> None:
    """Make it where it is missing, for its owner alone and durably. Raises StoreError."""
    try:
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            sync_folder(folder.absolute().parent)
    except OSError as error:
        raise trouble(folder, error) from error


def open_own(path: Path, flags: int, mode: int = SECRET) -> int:
    """A handle on a file of ours. Raises StoreError for a link, which is left alone, or what is no file; OSError."""
    try:
        handle = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, mode)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise not_ours(path, "a symbolic link, and where it points to was left alone") from None
        raise
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise not_ours(path, "no plain file")
    return handle


def not_ours(path: Path, what: str) -> StoreError:
    return StoreError(f"{path} is {what}: put the file itself in its place, or remove it")


def size_of(path: Path) -> int:
    """Bytes; 0 of what is not there, or is no file."""
    try:
        found = os.lstat(path)
    except OSError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


def read_whole(path: Path) -> bytes:
    """Raises FileNotFoundError, OSError, StoreError."""
    with os.fdopen(open_own(path, os.O_RDONLY), "rb") as file:
        return file.read()


def read_lines(path: Path) -> Iterator[bytes]:
    """Yield a file's lines as they are read, without their ends. Raises OSError, StoreError for a link."""
    with os.fdopen(open_own(path, os.O_RDONLY), "rb") as file:
        for line in file:
            yield line.removesuffix(b"\n")


def write_whole(path: Path, data: bytes, mode: int = SECRET) -> None:
    """Put a file in the place of the one before: whole or not at all, also when the power fails. Raises StoreError."""
    write_pieces(path, (data,), mode)


def write_pieces(path: Path, pieces: Iterable[bytes], mode: int = SECRET) -> None:
    """Put a file of these pieces in the place of the one before, as `write_whole` does. Raises StoreError."""
    draft = path.with_name(path.name + ".new")
    try:
        draft.unlink(missing_ok=True)
    except OSError as error:
        raise trouble(draft, error) from error
    try:
        with os.fdopen(open_own(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
        sync_folder(path.parent)
    except OSError as error:
        raise trouble(path, error) from error


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def lets_others(folder: Path, *secrets: Path) -> list[str]:
    """Warnings of what others on this machine may do: write into the folder, or read a secret."""
    found = []
    if os.stat(folder).st_mode & stat.S_IWOTH:
        found.append(
            f"everybody on this machine can write to the data folder {folder}, and so put files of their own in it: "
            f"chmod 700 {folder}"
        )
    for path in secrets:
        if size_of(path) and stat.S_IMODE(os.lstat(path).st_mode) & (stat.S_IRGRP | stat.S_IROTH):
            found.append(f"others on this machine can read {path}, which holds secrets: chmod 600 {path}")
    return found
