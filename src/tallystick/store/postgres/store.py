"""One schema of a PostgreSQL database, one server that writes, every commit durable before it returns.

The writer has a connection of its own on a thread of the store; pages are read over a few connections on the loop of
whoever asks, and see only what is committed. Replication, backup and failover of the data are PostgreSQL's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, suppress
from typing import Any, Final, TypeVar

from tallystick.store.api import Reader, WriteBatch
from tallystick.store.copying import Progress
from tallystick.store.format import FORMAT, Steps
from tallystick.store.postgres import copying, lease, writing
from tallystick.store.postgres.connection import (
    CONNECT_S,
    DRIVER_ERRORS,
    Connection,
    Link,
    connect,
    database_errors,
    end,
    is_lost,
    place_of,
)
from tallystick.store.postgres.migrations import bring_up, require_ours, require_present
from tallystick.store.postgres.pool import Pool
from tallystick.store.postgres.reader import PostgresReader, PostgresView
from tallystick.store.postgres.threads import LoopThread

T = TypeVar("T")

PATIENCE_S: Final = 10.0
"""Time for which a write whose outcome is unknown is looked into, while the database cannot be reached."""
IDLE_IN_WRITE: Final = "SET idle_in_transaction_session_timeout = '500ms'"
"""A writer that stands still in a transaction holds up a takeover. The database ends it before its lease is over."""
_END_WRITER: Final = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE pid = $1 AND usename = current_user AND application_name = 'tallystick'"
)


class PostgresStore(PostgresReader):
    """Implements `store.api.Store` on the database at `url`, whose tables are made or brought up where that is needed.

    Without `make` a database that lacks the tables is refused, and nothing is changed. With the `steps` from an earlier
    format it is brought to the present one, and `was_format` is the one it had. It reads from the start, and writes
    once it leads: `lead(term)` says which term its writes carry. Raises StoreError when the database cannot be used: of
    a later version, of an earlier one without steps, changed by another hand, or such that a commit is not durable.
    """

    def __init__(self, url: str, *, make: bool = True, steps: Steps | None = None) -> None:
        super().__init__(LoopThread("postgres"), url)
        self._term = -1
        """Term of the writes; no lease has this one, so that nothing is written before `lead`."""
        self._pool: Pool | None = None
        self._closed = False
        self._steps = steps or {}
        self.was_format = FORMAT
        self._alone = False
        """The lease is this store's own, and is given up with it."""
        try:
            with database_errors("opening the store", place_of(url)):
                self._thread.run(self._begin(make))
        except BaseException:
            self._thread.close()
            raise

    async def _begin(self, make: bool) -> None:
        self._link = Link(self._url)
        self._writer: Connection | None = None
        self._writing = asyncio.Lock()
        connection = await connect(self._url)
        try:
            await writing.require_synchronous(connection)
            if make:
                self.was_format = await bring_up(connection, self._url, self._steps)
            else:
                await require_present(connection, self._url)
            await require_ours(connection, self._url)
        finally:
            await end(connection)

    # ---- leading

    def stand_by(self) -> None:
        """Open the connections that a leader needs, so that whoever takes over need not wait for them.

        Raises StoreError.
        """
        with database_errors("opening the store", place_of(self._url)):
            self._thread.run(self._stand_by())

    async def _stand_by(self) -> None:
        await self._link.read(lease.look)
        async with self._writing:
            await self._new_writer()

    def lead(self, term: int) -> None:
        """Write in this term from now on."""
        self._term = term

    def lead_alone(self, leader: str, address: str = "") -> None:
        """Lead from now on, and keep the lease until `close`. Raises StoreInUse: another server leads; StoreError."""
        with database_errors("opening the store", place_of(self._url)):
            self.lead(self._thread.run(lease.take_alone(self._link, leader, address)))
        self._alone = True
        self._thread.begin(lease.keep(Link(self._url), self._term))

    # ---- writing

    def write(self, batch: WriteBatch) -> None:
        """Write as `Store.write` says. Raises `writing.Fenced` where a later term has begun.

        Where the connection is lost before the commit is answered, what became of it is read back, for `PATIENCE_S`;
        what was not written is written then.
        """
        with database_errors("write", place_of(self._url)):
            self._thread.run(self._write(batch))

    async def _write(self, batch: WriteBatch) -> None:
        async with self._writing:
            writer = self._writer
            if writer is None or writer.is_closed():
                writer = await self._new_writer()
            try:
                await writing.put(writer, self._term, batch)
                return
            except Exception as error:
                if not is_lost(error):
                    raise
            await self._settle(batch, writer.get_server_pid())

    def fill(self, view: Reader, progress: Progress) -> None:
        """Write everything of another store into this one, which is empty, in one transaction. Raises StoreError, what
        `progress` raises: nothing is written."""
        with database_errors("write", place_of(self._url)):
            self._thread.run(self._fill(view, progress))

    async def _fill(self, view: Reader, progress: Progress) -> None:
        connection = await connect(self._url)
        try:
            await copying.fill(connection, self._term, view, progress)
        finally:
            await end(connection)

    async def _new_writer(self) -> Connection:
        self._writer = writer = await connect(self._url, patience_s=CONNECT_S)
        await writer.execute(IDLE_IN_WRITE)
        return writer

    async def _settle(self, batch: WriteBatch, lost_pid: int) -> None:
        """Find out what became of a batch, and write it if nothing did. Raises StoreError, what the driver raises."""
        loop = asyncio.get_running_loop()
        until = loop.time() + PATIENCE_S
        while True:
            try:
                if self._writer is not None:
                    self._writer.terminate()
                writer = await self._new_writer()
                await _end_writer(writer, lost_pid)
                if not await writing.is_written(writer, self._term, batch):
                    lost_pid = writer.get_server_pid()
                    await writing.put(writer, self._term, batch)
                return
            except Exception as error:
                if not is_lost(error) or loop.time() >= until:
                    raise
            await asyncio.sleep(0.1)

    # ---- reading beside the writer

    async def _with(self, read: Callable[[Connection], Awaitable[T]]) -> T:
        return await self._link.read(read)

    async def _row(self, statement: str, values: tuple[Any, ...]) -> Any:
        pool = self._pool
        if pool is None or pool.loop is not asyncio.get_running_loop():
            pool = self._pool = Pool(self._url)
        with self._reading:
            return await pool.row(statement, values)

    def _walk(self, statement: str, *values: Any) -> Iterator[Any]:
        # A connection of its own: a long walk neither holds up the pages nor sees later commits.
        with closing(self.view()) as view:
            yield from view._walk(statement, *values)

    def view(self) -> PostgresView:
        return PostgresView(self._thread, self._url)

    async def leave(self) -> None:
        if self._pool is not None and self._pool.loop is asyncio.get_running_loop():
            await self._pool.close()
            self._pool = None

    def close(self) -> None:
        """Let go of the database. Harmless when called twice."""
        if not self._closed:
            self._closed = True
            self._thread.run(self._end())
            self._thread.close()

    async def _end(self) -> None:
        if self._alone:
            with suppress(*DRIVER_ERRORS):
                await self._link.read(lambda connection: lease.release(connection, self._term), patience_s=0)
        await self._link.close()
        if self._writer is not None:
            await end(self._writer)


async def _end_writer(writer: Connection, lost_pid: int) -> None:
    """End what the lost connection left behind, so that nothing of it comes later. Raises TimeoutError."""
    async with asyncio.timeout(CONNECT_S):
        while await writer.fetchval(_END_WRITER, lost_pid) is not None:  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.01)
