"""A disk that fails when told to: a layer between SQLite and its files, and a memory that refuses one write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import apsw

from tallystick.store.api import StoreError, WriteBatch

PLANTED = "planted: disk I/O error"


class FailingDisk(apsw.VFS):
    """Files of SQLite on the real disk. `fail_next("wal", "sync")` has the next such call fail, once.

    Files are "wal" (the write-ahead log) and "db" (all others); calls are "write" and "sync". `calls` is what was
    asked of the disk so far.
    """

    NAME = "failing"
    BASE = "unix"

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self._to_fail: tuple[str, str] | None = None
        super().__init__(self.NAME, self.BASE, makedefault=True)

    def fail_next(self, file: str, call: str) -> None:
        self._to_fail = (file, call)

    @property
    def failed(self) -> bool:
        """The failure that was ordered has happened."""
        return self._to_fail is None

    def called(self, file: str, call: str) -> None:
        self.calls.append((file, call))
        if self._to_fail != (file, call):
            return
        self._to_fail = None
        error: Any = apsw.IOError("disk I/O error") if call == "sync" else apsw.FullError("database or disk is full")
        error.extendedresult = apsw.SQLITE_IOERR_FSYNC if call == "sync" else apsw.SQLITE_FULL
        raise error

    def xOpen(self, name: Any, flags: list[int]) -> apsw.VFSFile:
        return _File(self, name, flags)


class _File(apsw.VFSFile):
    def __init__(self, disk: FailingDisk, name: Any, flags: list[int]) -> None:
        self._disk = disk
        self._kind = "wal" if flags[0] & apsw.SQLITE_OPEN_WAL else "db"
        super().__init__(FailingDisk.BASE, name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._disk.called(self._kind, "write")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self._disk.called(self._kind, "sync")
        super().xSync(flags)


@contextmanager
def failing_disk() -> Iterator[FailingDisk]:
    """Everything SQLite opens meanwhile lies on this disk; it has to be closed before the end."""
    disk = FailingDisk()
    try:
        yield disk
    finally:
        disk.unregister()


class Refusal:
    """Has one write of a store fail with nothing of it written; `happened` tells whether it came to that."""

    def __init__(self, store: Any) -> None:
        self.happened = False
        whole = store.write

        def write(batch: WriteBatch) -> None:
            if self.happened:
                whole(batch)
                return
            self.happened = True
            raise StoreError(PLANTED)

        store.write = write
