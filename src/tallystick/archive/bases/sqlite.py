"""A file of SQLite that holds an archive; one process writes it.

A commit need not be on the disk before the next: what a power loss takes away is read again, and never doubled, as
rows are known by what they are.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import apsw

from tallystick.archive.bases.core import ArchiveError
from tallystick.archive.schema import APPLICATION, BEFORE, FORMAT, SQLITE, SQLITE_SINCE
from tallystick.store import files
from tallystick.store.api import StoreError

LOCK: Final = ".lock"
"""End of the name of the file beside the archive that is locked by who writes."""
FAULTS: Final = 20
"""Faults of a file that are told, at most."""
CHECKPOINT: Final = 16_384
"""Pages that the log beside the file may have before they are moved into it."""
TABLES: Final = (
    "account",
    "series",
    "row",
    "former",
    "span",
    "hole",
    "finding",
    "page",
    "balance",
    "absence",
    "verified",
)
"""Tables whose indexes SQLite holds against their rows: a reading along an index takes what it can from the index."""
TYPES: Final = {"INTEGER": int, "TEXT": str, "BLOB": bytes}
"""Types of the values of a column by its declared type, which SQLite keeps to when it writes, but not when it reads."""
MAY_BE_NULL: Final = frozenset({"answer"})


class SqliteBase:
    """Implements `core.Base`. The file is made where it is missing, unless `existing` or `read_only`.

    Raises ArchiveError: another process writes it, it is no archive, or it is of another version. With `read_only`
    nothing is locked or written.
    """

    def __init__(self, path: Path, *, read_only: bool, existing: bool) -> None:
        self.path = path
        self._lock = -1
        if (read_only or existing) and not path.exists():
            raise ArchiveError(f"{path} is not there: make it with tally archive pull --file {path}")
        if not read_only:
            self._lock = _locked(path)
        flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        try:
            if not path.exists():
                _make_private(path)
            self._db = apsw.Connection(str(path), flags=flags)
            self._db.set_busy_timeout(5_000)
            self._prepare(read_only)
        except apsw.Error as error:
            self.close()
            raise ArchiveError(trouble(path, error)) from error
        except ArchiveError:
            self.close()
            raise

    def _prepare(self, read_only: bool) -> None:
        version = self._db.pragma("user_version")
        if version == 0 and not read_only and not self._db.execute("SELECT 1 FROM sqlite_schema").fetchall():
            self._db.pragma("journal_mode", "wal")
            with self._db:
                self._db.execute(SQLITE)
                self._db.pragma("application_id", APPLICATION)
                self._db.pragma("user_version", FORMAT)
        elif self._db.pragma("application_id") != APPLICATION:
            raise ArchiveError(f"{self.path} is no archive: give another file with --file")
        elif version == BEFORE and not read_only:
            with self._db:
                self._db.execute(SQLITE_SINCE)
                self._db.pragma("user_version", FORMAT)
        elif version != FORMAT:
            what = "pull into it, which brings it there" if version == BEFORE else "pull into a new file"
            raise ArchiveError(f"{self.path} has format {version}, and this version reads format {FORMAT}: {what}")
        self._db.pragma("synchronous", "normal")
        self._db.pragma("cache_size", -65_536)
        self._db.pragma("wal_autocheckpoint", CHECKPOINT)

    @property
    def place(self) -> str:
        return str(self.path)

    def close(self) -> None:
        try:
            if hasattr(self, "_db"):
                self._db.close()
        except apsw.Error as error:
            raise ArchiveError(trouble(self.path, error)) from error
        finally:
            if self._lock >= 0:
                os.close(self._lock)
                self._lock = -1

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Turns what the driver raises into ArchiveError. Text that is no UTF-8 is damage too."""
        try:
            yield
        except (apsw.Error, UnicodeDecodeError) as error:
            raise ArchiveError(trouble(self.path, error)) from error

    @contextmanager
    def writing(self) -> Iterator[None]:
        with self._named(), self._db:
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._named(), self._db:
            yield

    def fetch(self, query: str, *values: Any) -> list[Any]:
        return list(self.stream(query, *values))

    def stream(self, query: str, *values: Any) -> Iterator[Any]:
        with self._named():
            cursor = self._db.execute(query, values)
            try:
                columns = cursor.get_description()
            except apsw.ExecutionCompleteError:
                return
            types = tuple(TYPES.get(declared) for _, declared in columns)
            for row in cursor:
                if tuple(map(type, row)) != types:
                    self._require_types(columns, row)
                yield row

    def _require_types(self, columns: Sequence[tuple[str, str]], row: Sequence[Any]) -> None:
        """Raise ArchiveError for a value that is not of the type of its column: a bit has flipped in its header."""
        for (name, declared), value in zip(columns, row, strict=True):
            wanted = TYPES.get(declared)
            if wanted and type(value) is not wanted and not (value is None and name in MAY_BE_NULL):
                raise ArchiveError(
                    f"{self.path} is damaged (a value of {name} is no {declared}): put it back from a copy"
                )

    def execute(self, query: str, *values: Any) -> None:
        self._db.execute(query, values)

    def execute_many(self, query: str, rows: Sequence[Sequence[Any]]) -> None:
        self._db.executemany(query, rows)

    def ask(self, query: str) -> tuple[list[str], list[Any]]:
        cursor = self._db.cursor()
        try:
            cursor.execute(query)
            return [name for name, _ in cursor.get_description()], cursor.fetchall()
        except apsw.ExecutionCompleteError:
            return [], []
        except (apsw.Error, UnicodeDecodeError) as error:
            raise ArchiveError(f"SQL: {error}") from error

    def faults(self) -> list[str]:
        """Damage that SQLite finds, by a connection of its own, so that another thread may ask."""
        db = apsw.Connection(str(self.path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            said = db.execute(f"PRAGMA quick_check({FAULTS})").fetchall()
            for table in TABLES:
                said += db.execute(f"PRAGMA integrity_check({table})").fetchall()
            return [f"SQLite says: {text}" for (text,) in said if text != "ok"][:FAULTS]
        except (apsw.Error, UnicodeDecodeError) as error:
            return [f"SQLite says: {error}"]
        finally:
            db.close()


def _make_private(path: Path) -> None:
    """Make a file that the user alone can read. SQLite gives its log the same mode. Raises ArchiveError."""
    try:
        os.close(files.open_own(path, os.O_RDWR | os.O_CREAT))
    except (OSError, StoreError) as error:
        raise ArchiveError(f"{path}: {error.strerror if isinstance(error, OSError) else error}") from error


def _locked(path: Path) -> int:
    """Descriptor that holds the lock of an archive. Raises ArchiveError."""
    place = path.with_name(path.name + LOCK)
    try:
        descriptor = files.open_own(place, os.O_RDWR | os.O_CREAT)
    except (OSError, StoreError) as error:
        raise ArchiveError(f"{place}: {error.strerror if isinstance(error, OSError) else error}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise ArchiveError(
            f"another process writes {path}: wait until its pull has ended, or pull into another file"
        ) from None
    return descriptor


def trouble(place: Path, error: Exception) -> str:
    """Words for what the driver raised."""
    if isinstance(error, apsw.FullError):
        return f"the disk of {place} is full: make room and pull again, nothing that was written is lost"
    if isinstance(error, apsw.CorruptError | apsw.NotADBError | UnicodeDecodeError):
        return f"{place} is damaged ({error}): put it back from a copy"
    return f"{place}: {error}"
