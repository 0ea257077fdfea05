"""Reading a store on PostgreSQL: all of it at one moment over a connection of its own, or a saved snapshot."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import partial
from struct import unpack
from typing import Any, Final, Literal, TypeVar

from tallystick.store.api import KEY_MAX, Alive, Entry, Reader, StoreError
from tallystick.store.postgres.connection import Connection, connect, database_errors, end, place_of
from tallystick.store.postgres.migrations import difference
from tallystick.store.postgres.queries import BETWEEN_BODIES, BYTES_HELD, PostgresStatements, planned_for
from tallystick.store.postgres.threads import LoopThread
from tallystick.store.reading import TableReader

T = TypeVar("T")

AT_ONCE: Final = 1_000
"""Rows that a walk has the database send at a time."""


class PostgresReader(TableReader):
    """Implements `store.api.Reader` over `fetch`, which runs a statement on the thread of the connections."""

    def __init__(self, thread: LoopThread, url: str, saved: int | None = None) -> None:
        self._say: PostgresStatements = PostgresStatements(saved)
        self._thread = thread
        self._url = url
        self._reading = database_errors("read", place_of(url))

    # ---- one statement

    @abstractmethod
    async def _with(self, read: Callable[[Connection], Awaitable[T]]) -> T:
        """Result of a read on a connection. Runs on the thread of the connections."""

    async def _fetch(self, statement: str, values: tuple[Any, ...]) -> list[Any]:
        return await self._with(lambda connection: connection.fetch(statement, *values))

    def _rows(self, statement: str, *values: Any) -> list[Any]:
        with self._reading:
            return self._thread.run(self._fetch(statement, values))

    async def _row(self, statement: str, values: tuple[Any, ...]) -> Any:
        """First row, None where there is none, for a caller on any loop."""
        with self._reading:
            found = await self._thread.awaited(self._fetch(statement, values))
        return found[0] if found else None

    async def _value(self, statement: str, values: tuple[Any, ...]) -> Any:
        """First value of the first row, None where there is none, for a caller on any loop."""
        found = await self._row(statement, values)
        return found[0] if found else None

    # ---- journal

    async def entries_above(self, seq: int, limit: int) -> list[Entry]:
        with self._reading:
            rows = await self._thread.awaited(self._fetch(self._say.entries + " LIMIT $2", (seq, limit)))
        return [Entry(*row) for row in rows]

    def opener(self) -> Callable[[], Reader] | None:
        return None

    # ---- histories

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
        if min_key > KEY_MAX or max_key < -KEY_MAX or limit <= 0:
            return []
        filters = tuple(value for value in (a, b) if value)
        values = (table, user_id, *filters, max(min_key, -KEY_MAX), min(max_key, KEY_MAX), *holding, limit)
        statement = self._say.page(bool(a), bool(b), len(holding), planned_for(limit))
        found: bytes | None = await self._value(statement, values)
        return [] if found is None else found.split(BETWEEN_BODIES)

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
        if min_key > KEY_MAX or max_key < -KEY_MAX or limit <= 0:
            return (), ()
        filters = tuple(value for value in (a, b) if value)
        values = (table, user_id, *filters, max(min_key, -KEY_MAX), min(max_key, KEY_MAX), limit)
        keys, bodies = await self._row(self._say.run(bool(a), bool(b), planned_for(limit)), values)
        return ((), ()) if keys is None else (unpack(f">{len(keys) // 8}q", keys), bodies.split(BETWEEN_BODIES))

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
        statement = self._say.key_at(bool(a) and not b, bool(b), planned_for(place + 1))
        found: int | None = await self._value(statement, values)
        return found

    # ---- the rest

    def bytes_held(self) -> int:
        return int(self._one(BYTES_HELD)[0])

    def _of_saved(self, number: int) -> Reader:
        return SavedReader(self, number)

    def faults(self, alive: Alive) -> list[str]:
        alive()
        try:
            with self._reading:
                found = self._thread.run(_difference(self._url))
        except StoreError as error:
            return [str(error)]
        return [found] if found else []

    async def aside(self, read: Callable[[], T]) -> T:
        return await asyncio.to_thread(read)

    async def leave(self) -> None:
        """Does nothing: the connections belong to a thread of their own."""

    def close(self) -> None:
        """Leave the connections to whose they are."""


class PostgresView(PostgresReader):
    """All of a store as it stood when the first statement was read, on a connection that is this view's own.

    `snapshot_id` is what another connection names to see the same moment.
    """

    def __init__(self, thread: LoopThread, url: str, snapshot_id: str = "") -> None:
        super().__init__(thread, url)
        with database_errors("read", place_of(url)):
            self._connection, self.snapshot_id = thread.run(_begin(url, snapshot_id))
        self._open = True

    async def _with(self, read: Callable[[Connection], Awaitable[T]]) -> T:
        return await read(self._connection)

    def _walk(self, statement: str, *values: Any) -> Iterator[Any]:
        with self._reading:
            cursor = self._thread.run(_cursor(self._connection, statement, values))
            while rows := self._thread.run(_piece(cursor)):
                yield from rows

    def opener(self) -> Callable[[], Reader] | None:
        return partial(_open, self._url, self.snapshot_id)

    def close(self) -> None:
        if self._open:
            self._open = False
            self._thread.begin(end(self._connection))

    def __del__(self) -> None:
        # A walk that was left in the middle ends here, maybe on the thread of the connections itself.
        if getattr(self, "_open", False):
            self.close()


class SavedReader(PostgresReader):
    """Implements `store.api.Reader` on one saved snapshot, over the connection of the reader it came from.

    It serves restores and checks: rows are paged by key alone, and nothing is indexed by filters.
    """

    def __init__(self, whole: PostgresReader, number: int) -> None:
        super().__init__(whole._thread, whole._url, number)
        self._whole = whole

    async def _with(self, read: Callable[[Connection], Awaitable[T]]) -> T:
        return await self._whole._with(read)

    def _walk(self, statement: str, *values: Any) -> Iterator[Any]:
        return self._whole._walk(statement, *values)

    def indexed(self, column: Literal["a", "b"]) -> Iterator[tuple[str, int, str, int, int]]:
        raise RuntimeError("a saved snapshot has no indexes")


def _open(url: str, snapshot_id: str) -> Reader:
    """The same moment, in another process."""
    return PostgresView(LoopThread("postgres"), url, snapshot_id)


async def _begin(url: str, snapshot_id: str) -> tuple[Connection, str]:
    connection = await connect(url)
    try:
        # It ends with its connection.
        await connection.transaction(isolation="repeatable_read", readonly=True).start()
        if snapshot_id:
            await connection.execute(f"SET TRANSACTION SNAPSHOT '{snapshot_id}'")
        else:
            snapshot_id = await connection.fetchval("SELECT pg_export_snapshot()")
        # What is read first is the moment everything that follows is read at.
        await connection.fetchval("SELECT count(*) FROM version")
    except BaseException:
        await end(connection)
        raise
    return connection, snapshot_id


async def _cursor(connection: Connection, statement: str, values: tuple[Any, ...]) -> Any:
    prepared = await connection.prepare(statement)
    return await prepared.cursor(*values)


async def _piece(cursor: Any) -> list[Any]:
    found: list[Any] = await cursor.fetch(AT_ONCE)
    return found


async def _difference(url: str) -> str:
    """Difference of the tables from ours, seen over a connection of its own: a view may not make a schema."""
    connection = await connect(url)
    try:
        return await difference(connection)
    finally:
        await end(connection)
