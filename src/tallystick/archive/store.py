"""An archive: accounts, their series, what was read of them, in a file of SQLite or in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from msgspec import Struct

from tallystick.archive.bases.core import ArchiveError, Base, again
from tallystick.archive.bases.sqlite import SqliteBase
from tallystick.archive.streams import STREAMS, Stream
from tallystick.data.install import advice

SCHEMES: Final = ("postgresql://", "postgres://")
"""Beginnings of the address of a database."""
ROWS: Final = (
    "SELECT cursor, identity, n, at_ms, raw FROM row"
    " WHERE series = ? AND at_ms >= ? AND at_ms < ? ORDER BY cursor, identity, n"
)
PLACE: Final = (
    "SELECT cursor FROM row WHERE series = ? AND at_ms >= ? AND at_ms < ? ORDER BY cursor, identity, n LIMIT 1 OFFSET ?"
)
"""Cursor of one of the same rows, by how many come before it."""
LAST_WALKS: Final = (
    "SELECT walk FROM page ORDER BY walk DESC LIMIT 1",
    "SELECT walk FROM span ORDER BY walk DESC LIMIT 1",
)
LAST_ROWS: Final = ("SELECT id FROM row ORDER BY id DESC LIMIT 1", "SELECT row FROM former ORDER BY row DESC LIMIT 1")
"""Highest numbers so far; a `max` of the database would have no type that could be checked."""
UNREADABLE: Final = (ValueError, ArithmeticError, LookupError)
"""Errors of reading a row that is not as the exchange sent it; JSON that cannot be decoded is a ValueError."""


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
    """An archive in a file or at the address of a database, made where it is missing unless `existing`.

    Close it, or use it in a `with`. Raises ArchiveError: another process writes it, it is no archive, or it is of
    another version. With `read_only` nothing is locked or written.
    """

    def __init__(self, place: Path | str, *, read_only: bool = False, existing: bool = False) -> None:
        self.base: Base = opened_base(place, read_only=read_only, existing=existing)

    @property
    def place(self) -> str:
        """File or address, without a password."""
        return self.base.place

    def close(self) -> None:
        self.base.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def writing(self) -> Iterator[Base]:
        """One transaction. Raises ArchiveError where the disk refuses; nothing of it is written then."""
        with self.base.writing():
            yield self.base

    def put(self, query: str, *rows: Sequence[Any]) -> None:
        """Carry out, once for each row of values, a statement that may be carried out twice. Raises ArchiveError."""

        def put() -> None:
            with self.writing() as db:
                db.execute_many(query, rows)

        again(put)

    def read(self, query: str, *values: Any) -> list[Any]:
        """All rows of a query. Raises ArchiveError for a damaged file."""
        return self.base.fetch(query, *values)

    def ask(self, query: str) -> tuple[list[str], list[Any]]:
        """Names of columns and rows of somebody's own query. Raises ArchiveError with what the database says of it."""
        return self.base.ask(query)

    # ---- accounts and series

    def account(self, host: str, uid: str, name: str) -> Account:
        """The account of this host and user, made where it is new."""
        self.put(
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
        self.put("INSERT INTO series (account, stream, filters) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", known)
        found = self.read(
            "SELECT id, account, stream, filters FROM series WHERE account = ? AND stream = ? AND filters = ?", *known
        )
        return Series(*found[0])

    def all_series(self) -> list[Series]:
        return [Series(*row) for row in self.read("SELECT id, account, stream, filters FROM series ORDER BY id")]

    def titles(self) -> dict[int, str]:
        """Titles of the accounts that have series. Raises ArchiveError for a series of an account that is not there."""
        known = {account.id: account.title for account in self.accounts()}
        for series in self.all_series():
            if series.account not in known:
                said = f"series {series.id} is of account {series.account}, which is not there"
                raise ArchiveError(f"the archive is damaged: {said}; run tally archive verify --file {self.place}")
        return known

    def title_of(self, series: Series) -> str:
        """Host and user of a series."""
        titles = {account.id: account.title for account in self.accounts()}
        return titles.get(series.account, f"account {series.account}")

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
        """Number of the next reading: above all that there were."""
        return max(map(self._number, LAST_WALKS)) + 1

    def next_row(self) -> int:
        """Number of the next row that is written: above all that are there, or were."""
        return max(map(self._number, LAST_ROWS)) + 1

    def _number(self, query: str) -> int:
        """The number that a query finds, 0 where it finds none."""
        rows = self.read(query)
        return int(rows[0][0]) if rows else 0

    def rows(self, series: int, from_ms: int = 0, until_ms: int = 1 << 62) -> Iterator[Row]:
        """Rows of a series by their cursors, whose time is in this range."""
        count = 0
        try:
            for row in self.base.stream(ROWS, series, from_ms, until_ms):
                count += 1
                yield Row(*row)
        except ArchiveError as error:
            place: list[Any] = []
            with suppress(ArchiveError):
                # The place of a row can be read where its text is no UTF-8.
                place = self.read(PLACE, series, from_ms, until_ms, count)
            raise (self.unreadable(series, place[0][0], error) if place else error) from error

    def reading_row(self, series: int, cursor: int) -> ReadingRow:
        """Turns what is raised by reading a row that is not as it came into ArchiveError, which names the row."""
        return ReadingRow(self, series, cursor)

    def unreadable(self, series: int, cursor: int, error: BaseException) -> ArchiveError:
        """The error that names a row and says why it cannot be read."""
        of = next((one for one in self.all_series() if one.id == series), None)
        where = f"{of.stream} of {self.title_of(of)}" if of else f"series {series}"
        why = str(error)
        if isinstance(error, ArithmeticError):
            why = "an amount is no number"
        elif isinstance(error, LookupError):
            why = f"it has no {error}"
        return ArchiveError(
            f"the archive is damaged: row {cursor} of {where} cannot be read ({why});"
            f" run tally archive verify --file {self.place}"
        )


class ReadingRow:
    """See `Archive.reading_row`: written out, as it is entered for each of a million rows."""

    __slots__ = ("archive", "cursor", "series")

    def __init__(self, archive: Archive, series: int, cursor: int) -> None:
        self.archive = archive
        self.series = series
        self.cursor = cursor

    def __enter__(self) -> None:
        """Nothing is done before the row is read."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, UNREADABLE):
            raise self.archive.unreadable(self.series, self.cursor, error) from error


def opened_base(place: Path | str, *, read_only: bool, existing: bool) -> Base:
    """The database of an archive. Raises ArchiveError."""
    if not str(place).startswith(SCHEMES):
        return SqliteBase(Path(place), read_only=read_only, existing=existing)
    try:
        # Asyncpg takes its time to load, and most archives are files.
        from tallystick.archive.bases.postgres import PostgresBase
    except ModuleNotFoundError as missing:
        raise ArchiveError(f"an archive in PostgreSQL needs {missing.name}: {advice('postgres')}") from None
    return PostgresBase(str(place), read_only=read_only, existing=existing)


def stream_of(series: Series) -> Stream:
    """The stream of a series. Raises ArchiveError for one that there is not, which only damage can make."""
    stream = STREAMS.get(series.stream)
    if stream is None:
        raise ArchiveError(f"the archive is damaged: series {series.id} is of {series.stream!r}, which is no stream")
    return stream


def put_span(db: Base, span: Span) -> None:
    """Write a span; one without an `id` gets it."""
    values = (span.series, span.walk, span.from_ms, span.to_ms, int(span.ended), span.position)
    if span.id:
        db.execute(
            "UPDATE span SET series = ?, walk = ?, from_ms = ?, to_ms = ?, ended = ?, position = ? WHERE id = ?",
            *values,
            span.id,
        )
        return
    ((span.id,),) = db.fetch(
        "INSERT INTO span (series, walk, from_ms, to_ms, ended, position) VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
        *values,
    )
