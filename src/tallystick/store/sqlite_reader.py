"""Reading a SQLite store over one connection: pages of a running venue, or all of it at one moment."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import apsw
import msgspec

from tallystick.store import files
from tallystick.store.api import KEY_MAX, Alive, Entry, HistoryRow, KeyRecord, Reader, Saved, Snapshot, StoreError
from tallystick.store.records import key_of
from tallystick.store.sqlite_saved import bytes_in
from tallystick.store.sqlite_schema import difference

FAULTS_MAX = 20
STEPS = 100_000
"""Steps of SQLite's machine between two questions whether to go on."""

_ENTRY = "SELECT seq, at_ms, command, events, hash FROM journal "
_KEYS = "SELECT api_key, user_id, record FROM keys ORDER BY api_key"
_SNAPSHOT = "SELECT seq, at_ms, hash, state FROM snapshot WHERE {place} ORDER BY seq DESC LIMIT 1"
_RANGE = "SELECT {column} FROM history {index} WHERE name = ? AND user_id = ? {filters} AND key BETWEEN ? AND ? "
_INDEXED = (
    "SELECT name, user_id, {column}, key, id FROM history INDEXED BY history_{column} WHERE {column} <> '' "
    "ORDER BY name, user_id, {column}, key, id"
)
_HOLDS = "AND instr(body, ?) > 0 "
_NEWEST = "ORDER BY key DESC, id DESC LIMIT ?"

_SAVED = "SELECT name, at_ms, seq, generation, bytes FROM saved ORDER BY number"
_SAVED_ENTRY = "SELECT seq, at_ms, command, events, hash FROM saved_journal WHERE saved = ? "
_SAVED_ROWS = (
    "SELECT name, user_id, key, id, a, b, body FROM saved_history WHERE saved = ? ORDER BY name, user_id, key, id"
)
_SAVED_PAGE = (
    "SELECT body FROM saved_history WHERE saved = ? AND name = ? AND user_id = ? AND key BETWEEN ? AND ? "
    "ORDER BY key DESC, id DESC LIMIT ?"
)


@functools.cache
def _page_query(by_a: bool, by_b: bool, pieces: int) -> str:
    return _range("body", by_a, by_b) + _HOLDS * pieces + _NEWEST


@functools.cache
def _key_query(by_a: bool, by_b: bool) -> str:
    return _range("key", by_a, by_b) + "ORDER BY key DESC, id DESC LIMIT 1 OFFSET ?"


def _range(column: str, by_a: bool, by_b: bool) -> str:
    # The planner cannot see that a bound value is not empty, so the condition of the index is
    # repeated; and where both filters are given, the more selective one is named by hand.
    filters = ("AND a = ? AND a <> '' " if by_a else "") + ("AND b = ? AND b <> '' " if by_b else "")
    index = "INDEXED BY history_b" if by_b else "INDEXED BY history_a" if by_a else ""
    return _RANGE.format(column=column, index=index, filters=filters)


class SqliteReader:
    """Implements `store.api.Reader` on a connection that may read and is this reader's own."""

    def __init__(self, connection: apsw.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._reading = disk_errors("read", path)

    def entries(self, after_seq: int = 0) -> Iterator[Entry]:
        return self._walk(_ENTRY + "WHERE seq > ? ORDER BY seq", (after_seq,), Entry)

    def history(self) -> Iterator[HistoryRow]:
        columns = "SELECT name, user_id, key, id, a, b, body FROM history ORDER BY name, user_id, key, id"
        return self._walk(columns, (), HistoryRow)

    def indexed(self, column: Literal["a", "b"]) -> Iterator[tuple[str, int, str, int, int]]:
        return self._walk(_INDEXED.format(column=column), (), _as_it_is)

    def _walk(self, statement: str, values: tuple[Any, ...], record: Any) -> Iterator[Any]:
        with self._reading:
            for columns in self._connection.execute(statement, values):
                yield record(*columns)

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

    def view(self) -> SqliteReader:
        raise RuntimeError("what stands still is not looked at through another")

    async def entries_above(self, seq: int, limit: int) -> list[Entry]:
        return list(islice(self.entries(seq), limit))

    def last_entry(self) -> Entry | None:
        row = self._one(_ENTRY + "ORDER BY seq DESC LIMIT 1", ())
        return None if row is None else Entry(*row)

    def snapshot(self, seq: int | None = None) -> Snapshot | None:
        row = self._one(_SNAPSHOT.format(place="true" if seq is None else "seq = ?"), () if seq is None else (seq,))
        return None if row is None else Snapshot(*row)

    def snapshots(self) -> list[int]:
        return list(self._walk("SELECT seq FROM snapshot ORDER BY seq", (), int))

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

    async def row(self, table: str, user_id: int, key: int) -> bytes | None:
        return next(iter(await self.page(table, user_id, key, key, limit=1)), None)

    async def find(self, table: str, user_id: int, a: str | None = None, b: str | None = None) -> bytes | None:
        return next(iter(await self.page(table, user_id, -KEY_MAX, KEY_MAX, a, b, limit=1)), None)

    def load_keys(self) -> list[KeyRecord]:
        with self._reading:
            rows: list[Any] = self._connection.execute(_KEYS).fetchall()
            return [key_of(*row) for row in rows]

    def load_meta(self) -> dict[str, str]:
        return dict(self._walk("SELECT name, value FROM meta", (), _as_it_is))

    def get_meta(self, name: str) -> str | None:
        row = self._one("SELECT value FROM meta WHERE name = ?", (name,))
        return None if row is None else str(row[0])

    def bytes_held(self) -> int:
        with self._reading:
            held = bytes_in(self._connection)
        return held - sum(one.bytes for one in self.saved())

    def saved(self) -> list[Saved]:
        return list(self._walk(_SAVED, (), Saved))

    def saved_view(self, name: str) -> Reader | None:
        row = self._one("SELECT number FROM saved WHERE name = ?", (name,))
        return None if row is None else SavedReader(self._connection, self._path, row[0])

    def _one(self, statement: str, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        with self._reading:
            return self._connection.execute(statement, values).fetchone()

    async def leave(self) -> None:
        """Does nothing: a connection of SQLite belongs to no loop."""

    def close(self) -> None:
        self._connection.close()


class SavedReader(SqliteReader):
    """Implements `store.api.Reader` on one saved snapshot, over the connection of the reader it came from.

    It serves restores and checks: rows are paged by key alone, and nothing is indexed by filters.
    """

    def __init__(self, connection: apsw.Connection, path: Path, number: int) -> None:
        super().__init__(connection, path)
        self._number = number

    def entries(self, after_seq: int = 0) -> Iterator[Entry]:
        return self._walk(_SAVED_ENTRY + "AND seq > ? ORDER BY seq", (self._number, after_seq), Entry)

    def history(self) -> Iterator[HistoryRow]:
        return self._walk(_SAVED_ROWS, (self._number,), HistoryRow)

    def indexed(self, column: Literal["a", "b"]) -> Iterator[tuple[str, int, str, int, int]]:
        raise RuntimeError("a saved snapshot has no indexes")

    def last_entry(self) -> Entry | None:
        row = self._one(_SAVED_ENTRY + "ORDER BY seq DESC LIMIT 1", (self._number,))
        return None if row is None else Entry(*row)

    def snapshot(self, seq: int | None = None) -> Snapshot | None:
        row = self._one("SELECT seq, at_ms, hash, state FROM saved_snapshot WHERE saved = ?", (self._number,))
        return None if row is None or seq not in (None, row[0]) else Snapshot(*row)

    def snapshots(self) -> list[int]:
        snapshot = self.snapshot()
        return [] if snapshot is None else [snapshot.seq]

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

    def load_keys(self) -> list[KeyRecord]:
        keys = "SELECT api_key, user_id, record FROM saved_keys WHERE saved = ? ORDER BY api_key"
        return list(self._walk(keys, (self._number,), key_of))

    def load_meta(self) -> dict[str, str]:
        return dict(self._walk("SELECT name, value FROM saved_meta WHERE saved = ?", (self._number,), _as_it_is))

    def get_meta(self, name: str) -> str | None:
        row = self._one("SELECT value FROM saved_meta WHERE saved = ? AND name = ?", (self._number, name))
        return None if row is None else str(row[0])

    def close(self) -> None:
        """Leave the connection to whose it is."""


def _open(path: Path) -> SqliteReader:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_NOFOLLOW)
    return SqliteReader(connection, path)


def _as_it_is(*columns: Any) -> tuple[Any, ...]:
    return columns


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
