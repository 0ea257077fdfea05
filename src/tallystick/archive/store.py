"""The file of an archive: SQLite, one process that writes, each page in one transaction.

A commit need not be on the disk before the next: what a power loss takes away is read again, and never doubled, as
rows are known by what they are.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import apsw
from msgspec import Struct

from tallystick.archive.schema import APPLICATION, FORMAT, SCHEMA
from tallystick.store import files
from tallystick.store.api import StoreError

BESIDE: Final = (".lock", "-wal", "-shm")
"""Files beside the archive."""


class ArchiveError(Exception):
    """An archive cannot be used; the text says why and what to do."""


class Account(Struct, frozen=True):
    """An account of the archive. `name` is the profile it was last pulled by."""

    id: int
    host: str
    uid: str
    name: str

    @property
    def title(self) -> str:
        return f"{self.host}/{self.uid}"


class Series(Struct, frozen=True):
    """A stream of one account, read with these filters (JSON, sorted)."""

    id: int
    account: int
    stream: str
    filters: str


class Row(Struct, frozen=True):
    """A row as it came, and what it is known by."""

    cursor: int
    identity: int
    n: int
    at_ms: int
    raw: str


class Span(Struct):
    """Times from `from_ms` on and before `to_ms` that were read through without a gap; times are the exchange's.

    `walk` is the reading that goes on below it at `position`; where it `ended` nothing is below.
    """

    id: int
    series: int
    walk: int
    from_ms: int
    to_ms: int
    ended: bool
    position: str


class Archive:
    """An archive file, made where it is missing unless `existing`. Close it, or use it in a `with`.

    Raises ArchiveError: another process writes it, it is no archive, or it is of a later version. With `read_only`
    nothing is locked or written.
    """

    def __init__(self, path: Path, *, read_only: bool = False, existing: bool = False) -> None:
        self.path = path
        self._lock = -1
        if (read_only or existing) and not path.exists():
            raise ArchiveError(f"{path} is not there: make it with tally archive pull --file {path}")
        if not read_only:
            self._lock = _locked(path)
        flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        try:
            self.db = apsw.Connection(str(path), flags=flags)
            self.db.set_busy_timeout(5_000)
            self._prepare(read_only)
        except apsw.Error as error:
            self.close()
            raise ArchiveError(_trouble(path, error)) from error
        except ArchiveError:
            self.close()
            raise

    def _prepare(self, read_only: bool) -> None:
        version = self.db.pragma("user_version")
        if version == 0 and not read_only and not self.db.execute("SELECT 1 FROM sqlite_schema").fetchall():
            self.db.pragma("journal_mode", "wal")
            with self.db:
                self.db.execute(SCHEMA)
                self.db.pragma("application_id", APPLICATION)
                self.db.pragma("user_version", FORMAT)
        elif self.db.pragma("application_id") != APPLICATION:
            raise ArchiveError(f"{self.path} is no archive: give another file with --file")
        elif version > FORMAT:
            raise ArchiveError(
                f"{self.path} was written by a later version (format {version}, this one knows {FORMAT})"
            )
        self.db.pragma("synchronous", "normal")
        self.db.pragma("cache_size", -65_536)

    def close(self) -> None:
        if hasattr(self, "db"):
            self.db.close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def writing(self) -> Iterator[apsw.Connection]:
        """One transaction. Raises ArchiveError where the disk refuses; nothing of it is written then."""
        try:
            with self.db:
                yield self.db
        except apsw.Error as error:
            raise ArchiveError(_trouble(self.path, error)) from error

    def read(self, query: str, *values: Any) -> list[Any]:
        """All rows of a query. Raises ArchiveError for a damaged file."""
        try:
            return self.db.execute(query, values).fetchall()
        except apsw.Error as error:
            raise ArchiveError(_trouble(self.path, error)) from error

    def ask(self, query: str) -> tuple[list[str], list[Any]]:
        """Names of columns and rows of somebody's own query. Raises ArchiveError with what SQLite says of it."""
        cursor = self.db.cursor()
        try:
            cursor.execute(query)
            return [name for name, _ in cursor.get_description()], cursor.fetchall()
        except apsw.ExecutionCompleteError:
            return [], []
        except apsw.Error as error:
            raise ArchiveError(f"SQL: {error}") from error

    # ---- accounts and series

    def account(self, host: str, uid: str, name: str) -> Account:
        """The account of this host and user, made where it is new."""
        with self.writing() as db:
            db.execute(
                "INSERT INTO account (host, uid, name) VALUES (?, ?, ?)"
                " ON CONFLICT (host, uid) DO UPDATE SET name = excluded.name",
                (host, uid, name),
            )
        return Account(*self.read("SELECT id, host, uid, name FROM account WHERE host = ? AND uid = ?", host, uid)[0])

    def accounts(self) -> list[Account]:
        return [Account(*row) for row in self.read("SELECT id, host, uid, name FROM account ORDER BY host, uid")]

    def series(self, account: int, stream: str, filters: str) -> Series:
        """The series of an account, stream and filters, made where it is new."""
        known = (account, stream, filters)
        with self.writing() as db:
            db.execute("INSERT OR IGNORE INTO series (account, stream, filters) VALUES (?, ?, ?)", known)
        found = self.read(
            "SELECT id, account, stream, filters FROM series WHERE account = ? AND stream = ? AND filters = ?", *known
        )
        return Series(*found[0])

    def all_series(self) -> list[Series]:
        return [Series(*row) for row in self.read("SELECT id, account, stream, filters FROM series ORDER BY id")]

    def title_of(self, series: Series) -> str:
        """Host and user of a series."""
        return next(account.title for account in self.accounts() if account.id == series.account)

    # ---- spans

    def spans(self, series: int) -> list[Span]:
        """Spans of a series, the newest first."""
        rows = self.read(
            "SELECT id, series, walk, from_ms, to_ms, ended, position FROM span WHERE series = ? ORDER BY to_ms DESC",
            series,
        )
        return [
            Span(id=id, series=of, walk=walk, from_ms=from_ms, to_ms=to_ms, ended=bool(ended), position=position)
            for id, of, walk, from_ms, to_ms, ended, position in rows
        ]

    def next_walk(self) -> int:
        (number,) = self.read(
            "SELECT max((SELECT ifnull(max(walk), 0) FROM page), (SELECT ifnull(max(walk), 0) FROM span))"
        )
        return int(number[0]) + 1

    def rows(self, series: int, from_ms: int = 0, until_ms: int = 1 << 62) -> Iterator[Row]:
        """Rows of a series by their cursors, whose time is in this range."""
        query = (
            "SELECT cursor, identity, n, at_ms, raw FROM row"
            " WHERE series = ? AND at_ms >= ? AND at_ms < ? ORDER BY cursor, identity, n"
        )
        for row in self.db.execute(query, (series, from_ms, until_ms)):
            yield Row(*row)


def put_span(db: apsw.Connection, span: Span) -> None:
    """Write a span; one without an `id` gets it."""
    values: Sequence[Any] = (span.series, span.walk, span.from_ms, span.to_ms, int(span.ended), span.position)
    if span.id:
        db.execute(
            "UPDATE span SET series = ?, walk = ?, from_ms = ?, to_ms = ?, ended = ?, position = ? WHERE id = ?",
            (*values, span.id),
        )
        return
    db.execute("INSERT INTO span (series, walk, from_ms, to_ms, ended, position) VALUES (?, ?, ?, ?, ?, ?)", values)
    span.id = db.last_insert_rowid()


def _locked(path: Path) -> int:
    """Descriptor that holds the lock of an archive. Raises ArchiveError."""
    place = path.with_name(path.name + BESIDE[0])
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


def _trouble(path: Path, error: apsw.Error) -> str:
    if isinstance(error, apsw.FullError):
        return f"the disk of {path} is full: make room and pull again, nothing that was written is lost"
    if isinstance(error, apsw.CorruptError | apsw.NotADBError):
        return f"{path} is damaged ({error}): put it back from a copy"
    return f"{path}: {error}"
