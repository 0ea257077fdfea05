"""A disk under control: SQLite's files, each write and sync of which can be recorded or made to fail.

Nothing of the product knows of it. The driver lets Python stand between SQLite and the system, so what is written,
when it is synced and what is torn apart is seen as the system sees it.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import apsw

BASE = apsw.vfs_names()[0]
NAME = "under-control"

Doing = Literal["create", "write", "sync", "truncate", "delete"]


@dataclass(frozen=True)
class Operation:
    """One thing that was done to the file `path`, whole: `offset` of a write, or the size it was cut to."""

    doing: Doing
    path: str
    offset: int = 0
    data: bytes = b""


Watcher = Callable[[Operation], None]
"""Called before the operation is done; what it raises is what SQLite is told instead."""


class _File(apsw.VFSFile):
    def __init__(self, name: Any, flags: list[int], watch: Watcher) -> None:
        self._path = str(name.filename() if isinstance(name, apsw.URIFilename) else name or "")
        self._watch = watch
        super().__init__(BASE, name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._watch(Operation("write", self._path, offset, bytes(data)))
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self._watch(Operation("sync", self._path))
        super().xSync(flags)

    def xTruncate(self, newsize: int) -> None:
        self._watch(Operation("truncate", self._path, newsize))
        super().xTruncate(newsize)


class _Files(apsw.VFS):
    def __init__(self, watch: Watcher) -> None:
        self._watch = watch
        super().__init__(NAME, BASE, makedefault=True)

    def xOpen(self, name: Any, flags: list[int]) -> _File:
        fresh = not self._exists(name)
        file = _File(name, flags, self._watch)
        if fresh:
            self._watch(Operation("create", file._path))
        return file

    def _exists(self, name: Any) -> bool:
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        return path is not None and bool(self.xAccess(path, apsw.SQLITE_ACCESS_EXISTS))

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self._watch(Operation("delete", filename))
        super().xDelete(filename, syncdir)


@contextmanager
def watched(watch: Watcher) -> Iterator[None]:
    """Every file that SQLite opens from here on is watched; those that are open when this ends stay so."""
    files = _Files(watch)
    try:
        yield
    finally:
        apsw.set_default_vfs(BASE)
        files.unregister()


class Faults:
    """A watcher that fails what it is told to, and counts what it saw. Called by any thread."""

    KINDS: ClassVar = {"io": apsw.IOError, "full": apsw.FullError}

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._due: dict[str, list[str]] = {"write": [], "sync": []}
        self._held: set[str] = set()
        self._let_go = threading.Condition(self._lock)
        self.seen = {"write": 0, "sync": 0, "failed": 0}

    def fail(self, doing: str, times: int, kind: str) -> None:
        """The next `times` writes or syncs fail: "io" is a disk that cannot, "full" one without room."""
        with self._lock:
            self._due[doing] += [kind] * times

    def hold(self, doing: str) -> None:
        """Writes or syncs begin and do not come back until they are let go."""
        with self._lock:
            self._held.add(doing)

    def let_go(self) -> None:
        with self._let_go:
            self._held.clear()
            self._let_go.notify_all()

    def __call__(self, operation: Operation) -> None:
        if operation.doing not in self._due:
            return
        with self._lock:
            self.seen[operation.doing] += 1
            due = self._due[operation.doing]
            kind = due.pop(0) if due else ""
            self.seen["failed"] += bool(kind)
            self._let_go.wait_for(lambda: operation.doing not in self._held)
        if kind:
            raise self.KINDS[kind](f"planted: {errno.errorcode[errno.ENOSPC if kind == 'full' else errno.EIO]}")
