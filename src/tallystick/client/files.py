"""Files of the client, all of them private: made with mode 0600, in folders of the user's own."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from tallystick.client.clock import fresh_id


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


def write_private(path: Path, text: str) -> None:
    """Write a file that the user alone can read, whole and synced, in place of the one that may be there.

    A link is followed, and its folder is made where it is missing. Raises OSError; then the old file is there.
    """
    target = path.resolve()
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    Kept(target.parent).write_as(target, text.encode())


class Kept:
    """Small files in one private folder, each written whole and synced, with its name, before it counts."""

    SUFFIX = ".intent"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self, name: str) -> Path:
        """Where the file of a name is."""
        return self.folder / (name + self.SUFFIX)

    def write_new(self, name: str, content: bytes) -> bool:
        """False where a file of this name is there. Raises OSError; then no file of this name is there.

        Threads and processes may ask at once: each has a draft of its own, and one link alone succeeds.
        """
        private_folder(self.folder)
        draft = self.folder / f".{fresh_id()}.draft"
        try:
            self._write(draft, content)
            return self._name(draft, self.place(name))
        finally:
            with suppress(FileNotFoundError):
                os.unlink(draft)

    def write_over(self, name: str, content: bytes) -> None:
        """Write the file of a name, in place of the one that may be there. Raises OSError; then that one is there."""
        private_folder(self.folder)
        self.write_as(self.place(name), content)

    def write_as(self, target: Path, content: bytes) -> None:
        """Write a file of this folder in place of the one that may be there. Raises OSError; then that one is there."""
        draft = self.folder / f".{fresh_id()}.draft"
        try:
            self._write(draft, content)
            os.replace(draft, target)
            self._sync()
        finally:
            with suppress(FileNotFoundError):
                os.unlink(draft)

    def _write(self, draft: Path, content: bytes) -> None:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            left = memoryview(content)
            while left:
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _name(self, draft: Path, target: Path) -> bool:
        try:
            os.link(draft, target)
        except FileExistsError:
            return False
        try:
            self._sync()
        except OSError:
            os.unlink(target)
            raise
        return True

    def remove(self, name: str, mark: str) -> None:
        """Remove the file of a name if it holds the mark: another one of the same name may have come since."""
        target = self.place(name)
        with suppress(FileNotFoundError):
            if mark.encode() in target.read_bytes():
                os.unlink(target)
                self._sync()

    def replace(self, name: str, mark: str, content: bytes) -> bool:
        """Put content in place of the file of a name, whole and synced. False where no such file holds the mark.

        Raises OSError; then the file holds the one content or the other.
        """
        target = self.place(name)
        draft = self.folder / f".{fresh_id()}.draft"
        try:
            if mark.encode() not in target.read_bytes():
                return False
            self._write(draft, content)
            os.replace(draft, target)
            self._sync()
            return True
        except FileNotFoundError:
            return False
        finally:
            with suppress(FileNotFoundError):
                os.unlink(draft)

    def all(self) -> tuple[tuple[str, bytes], ...]:
        """Files by name. Drafts that a crash left behind do not count, nor files that another process removes."""
        found = []
        for path in sorted(self.folder.glob("[!.]*" + self.SUFFIX)):
            with suppress(FileNotFoundError):
                found.append((path.name.removesuffix(self.SUFFIX), path.read_bytes()))
        return tuple(found)

    def _sync(self) -> None:
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def state_folder() -> Path:
    """Where the client keeps what must outlive it: TALLY_STATE, else below the user's folder for state."""
    named = os.environ.get("TALLY_STATE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local" / "state") / "tallystick"
