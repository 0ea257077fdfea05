"""Reading a SQLite store over one connection: pages of a running venue, or all of it at one moment."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeVar

import apsw
import msgspec

from tallystick.store import files
from tallystick.store.api import KEY_MAX, Alive, Entry, Reader, StoreError
from tallystick.store.queries import Statements
from tallystick.store.reading import TableReader
from tallystick.store.sqlite_saved import bytes_in
from tallystick.store.sqlite_schema import difference

T = TypeVar("T")

FAULTS_MAX = 20
STEPS = 100_000
"""Steps of SQLite's machine between two questions whether to go on."""

_RANGE = "SELECT {column} FROM history {index} WHERE name = ? AND user_id = ? {filters} AND key BETWEEN ? AND ? "
_HOLDS = "AND instr(body, ?) > 0 "
_NEWEST = "ORDER BY key DESC, id DESC LIMIT ?"

_SAVED_PAGE = (
    "SELECT body FROM saved_history WHERE saved = ? AND name = ? AND user_id = ? AND key BETWEEN ? AND ? "
    "ORDER BY key DESC, id DESC LIMIT ?"
)


@functools.cache
def _page_query(by_a: bool, by_b: bool, pieces: int, columns: str = "body") -> str:
    return _range(columns, by_a, by_b) + _HOLDS * pieces + _NEWEST


@functools.cache
def _key_query(by_a: bool, by_b: bool) -> str:
    return _range("key", by_a, by_b) + "ORDER BY key DESC, id DESC LIMIT 1 OFFSET ?"


def _range(column: str, by_a: bool, by_b: bool) -> str:
    # The planner cannot see that a bound value is not empty, so the condition of the index is
    # repeated; and where both filters are given, the more selective one is named by hand.
    filters = ("AND a = ? AND a <> '' " if by_a else "") + ("AND b = ? AND b <> '' " if by_b else "")
    index = "INDEXED BY history_b" if by_b else "INDEXED BY history_a" if by_a else ""
    return _RANGE.format(column=column, index=index, filters=filters)


class SqliteReader(TableReader):
    """Implements `store.api.Reader` on a connection that may read and is this reader's own."""

    def __init__(self, connection: apsw.Connection, path: Path, saved: int | None = None) -> None:
        self._say = Statements("?", saved)
        self._connection = connection
        self._path = path
        self._reading = disk_errors("read", path)

    def _rows(self, statement: str, *values: Any) -> list[Any]:
        with self._reading:
            found: list[Any] = self._connection.execute(statement, values).fetchall()
            return found

    def _walk(self, statement: str, *values: Any) -> Iterator[Any]:
        with self._reading:
            yield from self._connection.execute(statement, values)

    def _of_saved(self, number: int) -> Reader:
        return SavedReader(self._connection, self._path, number)

    def indexed(self, column: Literal["a", "b"]) -> Iterator[tuple[str, int, str, int, int]]:
        return self._walk(indexed(column))

    def opener(self) -> Callable[[], Reader] | None:
        # Each process sees the file as it finds it: the lock of the folder keeps all who would write out of it.
        return functools.partial(_open, self._path)

    def faults(self, alive: Alive) -> list[str]:
        def go_on() -> bool:
            alive()
            return False

        try:
            with self._reading:
                self._connection.set_progress_handler(go_on, STEPS)
                rows: list[Any] = self._connection.execute(f"PRAGMA integrity_check({FAULTS_MAX})").fetchall()
                made_otherwise = difference(self._connection)
        except StoreError as error:
            return [str(error)]
        finally:
            self._connection.set_progress_handler(None)
        return [str(row[0]) for row in rows if row[0] != "ok"] + ([made_otherwise] if made_otherwise else [])

    async def entries_above(self, seq: int, limit: int) -> list[Entry]:
        return list(islice(self.entries(seq), limit))

    async def page(
        self,
        table: str,
        user_id: int,
        min_key: int,
        max_key: int,
        a: str | None = None,
        b: str | None = None,
        limit: int = 100,
        holding: Sequence[bytes] = (),
    ) -> list[bytes]:
        if min_key > KEY_MAX or max_key < -KEY_MAX:
            return []
        filters = tuple(value for value in (a, b) if value)
        values = (table, user_id, *filters, max(min_key, -KEY_MAX), min(max_key, KEY_MAX), *holding, limit)
        # The driver's quickest way out: None, one body, or a list of them.
        with self._reading:
            found = self._connection.execute(_page_query(bool(a), bool(b), len(holding)), values).get
        if found is None:
            return []
        return [found] if isinstance(found, bytes) else list(found)

    async def run(
        self,
        table: str,
        user_id: int,
        min_key: int,
        max_key: int,
        a: str | None = None,
        b: str | None = None,
        limit: int = 100,
    ) -> tuple[Sequence[int], Sequence[bytes]]:
        if min_key > KEY_MAX or max_key < -KEY_MAX:
            return (), ()
        filters = tuple(value for value in (a, b) if value)
        values = (table, user_id, *filters, max(min_key, -KEY_MAX), min(max_key, KEY_MAX), limit)
        rows = self._rows(_page_query(bool(a), bool(b), 0, "key, body"), *values)
        keys, bodies = zip(*rows, strict=True) if rows else ((), ())
        return keys, bodies

    async def key_at(
        self,
        table: str,
        user_id: int,
        min_key: int,
        max_key: int,
        a: str | None = None,
        b: str | None = None,
        place: int = 0,
    ) -> int | None:
        if min_key > KEY_MAX or max_key < -KEY_MAX:
            return None
        filters = (b,) if b else (a,) if a else ()
        values = (table, user_id, *filters, max(min_key, -KEY_MAX), min(max_key, KEY_MAX), place)
        with self._reading:
            found: int | None = self._connection.execute(_key_query(bool(a) and not b, bool(b)), values).get
        return found

    def bytes_held(self) -> int:
        with self._reading:
            held = bytes_in(self._connection)
        return held - sum(one.bytes for one in self.saved())

    async def aside(self, read: Callable[[], T]) -> T:
        return read()

    async def leave(self) -> None:
        """Does nothing: a connection of SQLite belongs to no loop."""

    def close(self) -> None:
        self._connection.close()


class SavedReader(SqliteReader):
    """Implements `store.api.Reader` on one saved snapshot, over the connection of the reader it came from.

    It serves restores and checks: rows are paged by key alone, and nothing is indexed by filters.
    """

    def __init__(self, connection: apsw.Connection, path: Path, number: int) -> None:
        super().__init__(connection, path, number)
        self._number = number

    def indexed(self, column: Literal["a", "b"]) -> Iterator[tuple[str, int, str, int, int]]:
        raise RuntimeError("a saved snapshot has no indexes")

    async def page(
        self,
        table: str,
        user_id: int,
        min_key: int,
        max_key: int,
        a: str | None = None,
        b: str | None = None,
        limit: int = 100,
        holding: Sequence[bytes] = (),
    ) -> list[bytes]:
        if a or b or holding:
            raise RuntimeError("a saved snapshot is paged by key alone")
        values = (self._number, table, user_id, max(min_key, -KEY_MAX), min(max_key, KEY_MAX), limit)
        with self._reading:
            return [row[0] for row in self._connection.execute(_SAVED_PAGE, values)]

    async def run(
        self,
        table: str,
        user_id: int,
        min_key: int,
        max_key: int,
        a: str | None = None,
        b: str | None = None,
        limit: int = 100,
    ) -> tuple[Sequence[int], Sequence[bytes]]:
        raise RuntimeError("a saved snapshot is paged by bodies alone")

    def close(self) -> None:
        """Leave the connection to whose it is."""


def indexed(column: str) -> str:
    """Statement that reads the index of a filter, and nothing else."""
    return Statements("?").indexed(column, f"INDEXED BY history_{column}")


def _open(path: Path) -> SqliteReader:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_NOFOLLOW)
    return SqliteReader(connection, path)


class disk_errors:
    """Turns the driver's errors into StoreError, naming what was being done, and that the disk is full where it is.

    What cannot be read as what was once written is damage.
    """

    def __init__(self, doing: str, path: Path) -> None:
        self._doing = doing
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, apsw.Error):
            error = first_of(error)
            full = isinstance(error, apsw.FullError) or files.is_full(self._path)
            cure = f"; make room on the disk of {self._path.parent}" if full else ""
            raise StoreError(f"{self._doing} failed: {words_of(error)}{cure}") from error
        if isinstance(error, UnicodeDecodeError | msgspec.DecodeError):
            raise StoreError(f"{self._doing} failed: {self._path} is damaged: {error}") from error


def first_of(error: apsw.Error) -> apsw.Error:
    """The error that began it: after a full disk SQLite has taken a transaction back, and the driver, which wants to
    do so too, fails over that."""
    while isinstance(error.__context__, apsw.Error):
        error = error.__context__
    return error


def words_of(error: apsw.Error) -> str:
    """The driver's words, and SQLite's exact code where it says more: which call of the disk it was."""
    code = apsw.mapping_extended_result_codes.get(getattr(error, "extendedresult", 0))
    return f"{error}, {code}" if isinstance(error, apsw.IOError) and isinstance(code, str) else str(error)
