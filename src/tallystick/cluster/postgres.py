"""The lease and the journal in PostgreSQL. Two connections: one listens and looks, the other holds the lease.

The second one belongs to a thread of its own, so that a leader whose loop is busy does not lose its lease over that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

from tallystick.cluster import renewing
from tallystick.cluster.database import Look, Unreachable
from tallystick.cluster.lease import LEASE_MS, Leading, Tenure
from tallystick.cluster.renewing import Heartbeat
from tallystick.store.api import GENERATION, Entry
from tallystick.store.postgres import lease
from tallystick.store.postgres.connection import CHANNEL, DRIVER_ERRORS, Connection, connect, end
from tallystick.store.postgres.threads import LoopThread
from tallystick.venue.clock import Machine
from tallystick.venue.present import SETTING

T = TypeVar("T")

ANSWER_S: Final = 1.0
"""Time for an answer of the database, after which it counts as out of reach."""
CONNECTED_S: Final = 2.0
"""The same where a connection has to be opened first, for which the database starts a process."""

LOOK: Final = """
SELECT lease.term, leader, address,
    (1000 * extract(epoch FROM greatest(until, clock_timestamp()) - clock_timestamp()))::bigint,
    (SELECT value FROM meta WHERE name = $3),
    (SELECT value FROM meta WHERE name = $4),
    journal.seq, journal.at_ms, command, events, hash
FROM lease LEFT JOIN LATERAL (SELECT * FROM journal WHERE seq > $1 ORDER BY seq LIMIT $2) AS journal ON true
ORDER BY journal.seq"""


class _Link:
    """Connection that is opened when it is needed, and given up at the first fault."""

    def __init__(self, url: str, opened: Callable[[Connection], Awaitable[None]] | None = None) -> None:
        self._url = url
        self._opened = opened
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()

    async def ask(self, ask: Callable[[Connection], Awaitable[T]]) -> T:
        """Answer of the database; whoever asks while another one does waits for its turn. Raises Unreachable."""
        try:
            async with self._turn:
                try:
                    async with asyncio.timeout(ANSWER_S if self._connection else CONNECTED_S):
                        return await ask(self._connection or await self._connected())
                except BaseException:
                    self.drop()
                    raise
        except DRIVER_ERRORS as problem:
            raise Unreachable(str(problem) or type(problem).__name__) from problem

    async def _connected(self) -> Connection:
        self._connection = connection = await connect(self._url)
        if self._opened is not None:
            await self._opened(connection)
        return connection

    def drop(self) -> None:
        """Give up the connection at once, whatever it is doing."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def close(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            await end(connection)


class PostgresDatabase:
    """Implements `cluster.database.Database` on the database at `url`, whose tables are there."""

    def __init__(self, url: str, machine: Machine) -> None:
        self._machine = machine
        self._news = asyncio.Event()
        self._journal = _Link(url, self._listen)
        self._thread = LoopThread("lease")
        self._lease = _Link(url)
        """Connection of the thread."""

    async def _listen(self, connection: Connection) -> None:
        await connection.add_listener(CHANNEL, self._heard)

    def _heard(self, *told: Any) -> None:
        self._news.set()

    async def look(self, after_seq: int, limit: int) -> Look:
        self._news.clear()
        rows = await self._journal.ask(lambda connection: connection.fetch(LOOK, after_seq, limit, GENERATION, SETTING))
        term, leader, address, left_ms, generation, clock = rows[0][:6]
        entries = [Entry(*row[6:]) for row in rows if row[6] is not None]
        return Look(Leading(term, leader, address, left_ms), int(generation or 0), clock or "", entries)

    async def news(self, timeout_s: float) -> None:
        try:
            await asyncio.wait_for(self._news.wait(), timeout_s)
        except TimeoutError:
            return

    async def take(self, leader: str, address: str, *, ahead: bool) -> int | None:
        return await self._of_lease(lambda connection: lease.take(connection, leader, address, LEASE_MS, ahead=ahead))

    async def keep(self, tenure: Tenure) -> None:
        machine = self._machine
        await self._thread.awaited(renewing.keep(tenure, self._renewed, Heartbeat(machine), machine))

    async def _renewed(self, term: int) -> bool:
        """Runs on the thread of the lease."""
        return await self._lease.ask(lambda connection: lease.renew(connection, term, LEASE_MS))

    async def release(self, term: int) -> None:
        async def release(connection: Connection) -> None:
            await lease.release(connection, term)
            await connection.execute("SELECT pg_notify($1, '')", CHANNEL)

        await self._of_lease(release)

    async def _of_lease(self, ask: Callable[[Connection], Awaitable[T]]) -> T:
        return await self._thread.awaited(self._lease.ask(ask))

    async def close(self) -> None:
        await self._journal.close()
        await self._thread.awaited(self._lease.close())
        await asyncio.to_thread(self._thread.close)
