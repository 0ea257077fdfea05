"""The way bytes go over httptools, for the async half: connections of the loop, whose answers a parser in C reads."""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from typing import Any, Final
from urllib.parse import urlsplit

from tallystick.client.clock import monotonic
from tallystick.client.connection import Connection
from tallystick.client.deadlines import Deadlines
from tallystick.client.forks import watch
from tallystick.client.heads import Unsendable
from tallystick.client.steps import FORKED, Failed, Received, Send

CONNECTIONS_MAX: Final = 128
"""Requests under way at once in one loop, each on a connection; more wait for their turn."""
IDLE_S: Final = 15.0
"""A connection that nobody used for longer is closed rather than used: the other side may be about to close it."""
CLOSE_S: Final = 5.0
CLOSED: Final = "the client is closed"


class Pool:
    """Connections of one loop, and turns for as many requests. The connection used last is used next."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.deadlines = Deadlines()
        self.closed = False
        self.busy = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._idle: deque[Connection] = deque()
        """The one used last at the right."""
        self._open: set[Connection] = set()
        self._sweeper: asyncio.TimerHandle | None = None
        self._emptied: asyncio.Future[None] | None = None

    # ---- turns

    async def turn(self) -> None:
        """Wait until a request under way is over, and go on in its place."""
        waiter = self.loop.create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        except BaseException:
            if not waiter.cancelled():
                self.over()
            raise

    def over(self) -> None:
        """A request is over: the next one has its turn."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return
        self.busy -= 1

    # ---- connections

    def new(self) -> Connection:
        """A connection that is not open yet."""
        return Connection(self._gone)

    def opened(self, connection: Connection) -> None:
        """Have it closed with the pool."""
        self._open.add(connection)

    def kept(self) -> Connection | None:
        """A connection that was kept, which the other side has not closed, and on which nothing came unasked."""
        now = monotonic()
        while self._idle:
            connection = self._idle.pop()
            if now - connection.used_at < IDLE_S and connection.quiet():
                return connection
            connection.abort()
        return None

    def let_go(self, connection: Connection) -> None:
        """Keep the connection, or close it where its request still waits for an answer."""
        if self.closed or not connection.free():
            connection.abort()
            return
        connection.used_at = monotonic()
        self._idle.append(connection)
        if self._sweeper is None:
            self._sweeper = self.loop.call_later(IDLE_S, self._sweep)

    def _sweep(self) -> None:
        """Close what was not used for long."""
        now = monotonic()
        while self._idle and now - self._idle[0].used_at >= IDLE_S:
            self._idle.popleft().abort()
        left = IDLE_S - now + self._idle[0].used_at if self._idle else 0.0
        self._sweeper = self.loop.call_later(left, self._sweep) if self._idle else None

    def _gone(self, connection: Connection) -> None:
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        if self._emptied is not None and not self._open and not self._emptied.done():
            self._emptied.set_result(None)

    def abort(self) -> None:
        """Close all connections. Requests under way are cut off."""
        self.closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        if not self.busy:
            self.deadlines.close()
        self._idle.clear()
        for connection in list(self._open):
            connection.abort()

    async def close(self) -> None:
        """Close all connections, and return when the system has them back."""
        self.abort()
        if self._open:
            self._emptied = self.loop.create_future()
            await asyncio.wait([self._emptied], timeout=CLOSE_S)


class HttptoolsTransport:
    """Connections to one host. `url` is scheme and authority. Redirects are not followed, no proxy is used.

    A request is sent once. `Failed.sent` is False only where not a byte of it was written.
    """

    def __init__(self, url: str, *, ca: str | None = None) -> None:
        parts = urlsplit(url)
        self._authority = parts.netloc
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._context: Any = None
        if parts.scheme == "https":
            import ssl

            self._context = ssl.create_default_context(cafile=ca)
        self._pools: dict[asyncio.AbstractEventLoop, Pool] = {}
        self._closed = False
        self._forked = False
        watch(self)

    async def send(self, step: Send) -> Received | Failed:
        if self._forked:
            return FORKED
        if self._closed:
            return Failed(False, CLOSED)
        if monotonic() >= step.deadline:
            return Failed(False, "no time left")
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop) or self._pool_of(loop)
        task = pool.deadlines.begin(step.deadline)
        answer: asyncio.Future[Received | Failed] | None = None
        late = False
        try:
            try:
                if pool.busy < CONNECTIONS_MAX:
                    pool.busy += 1
                else:
                    await pool.turn()
                connection: Connection | None = None
                try:
                    connection = pool.kept() or await self._opened(pool, step.deadline)
                    answer = connection.ask(step, self._authority)
                    return await answer
                finally:
                    if connection is not None:
                        pool.let_go(connection)
                    pool.over()
            finally:
                late = pool.deadlines.end(task)
        except asyncio.CancelledError:
            if not late:
                raise
        except Unsendable as error:
            return Failed(False, str(error))
        except OSError as error:
            return Failed(False, _no_connection(error))
        if answer is None:
            return Failed(False, "no connection in time")
        # An answer may come in the instant in which the request is given up.
        return Failed(True, "no answer in time") if answer.cancelled() else answer.result()

    async def _opened(self, pool: Pool, deadline: float) -> Connection:
        """A connection to the first address of the host that takes one; each may take its share of the time left.

        Raises OSError.
        """
        addresses = await self._addresses(pool.loop)
        for number, (family, _, _, _, address) in enumerate(addresses, 1):
            share = (deadline - monotonic()) / (len(addresses) - number + 1)
            try:
                async with asyncio.timeout(share):
                    _, connection = await pool.loop.create_connection(
                        pool.new,
                        str(address[0]),
                        int(address[1]),
                        family=family,
                        ssl=self._context,
                        server_hostname=self._host if self._context is not None else None,
                    )
            except OSError:
                if number == len(addresses):
                    raise
                continue
            if pool.closed:
                connection.abort()
                raise OSError(CLOSED)
            # With TLS the system may hold bytes that are no answer: tickets to come back with.
            if not (connection.free() if self._context is not None else connection.quiet()):
                connection.abort()
                raise OSError("the other side spoke before it was asked, or closed")
            pool.opened(connection)
            return connection
        raise OSError("the host has no address")

    async def _addresses(self, loop: asyncio.AbstractEventLoop) -> list[Any]:
        """Addresses of the host. A number is its own, and needs no thread to look it up."""
        numeric = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        try:
            try:
                return socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM, flags=numeric)
            except OSError:
                return await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except UnicodeError:
            raise OSError("the name of the host is none") from None

    def _pool_of(self, loop: asyncio.AbstractEventLoop) -> Pool:
        """The pool of a loop that is new here. What loops had that have ended is gone with them."""
        for old in [old for old in self._pools if old.is_closed()]:
            del self._pools[old]
        return self._pools.setdefault(loop, Pool(loop))

    def after_fork(self) -> None:
        self._forked = True

    async def close(self) -> None:
        """Close the connections of this loop, and have other loops that run close theirs."""
        self._closed = True
        if self._forked:
            return
        here = asyncio.get_running_loop()
        for loop, pool in list(self._pools.items()):
            if loop is here:
                await pool.close()
            elif not loop.is_closed():
                loop.call_soon_threadsafe(pool.abort)


def _no_connection(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "no connection in time"
    return f"no connection ({type(error).__name__}: {error})"
