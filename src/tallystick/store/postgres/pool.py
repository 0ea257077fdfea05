"""Connections that pages are read over, on the loop of whoever asks: no page waits for another thread."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Final

from tallystick.store.postgres.connection import CONNECT_S, Connection, connect, end, is_lost

CONNECTIONS_MAX: Final = 4
"""Connections at most; whoever asks while all are busy waits for one."""


class Pool:
    """Reading connections of one event loop, opened as they are needed. `close` is awaited on that loop."""

    def __init__(self, url: str) -> None:
        self.loop = asyncio.get_running_loop()
        self._url = url
        self._idle: list[_Reading] = []
        self._opened = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def row(self, statement: str, values: tuple[Any, ...]) -> Any:
        """First row that a statement gives, read once more where the connection was lost. Raises what the driver
        raises."""
        try:
            return await self._row(statement, values)
        except Exception as error:
            if not is_lost(error):
                raise
        # A database that was started anew has ended the others too.
        while self._idle:
            self._opened -= 1
            self._idle.pop().connection.terminate()
        return await self._row(statement, values)

    async def _row(self, statement: str, values: tuple[Any, ...]) -> Any:
        reading = self._idle.pop() if self._idle else await self._another()
        try:
            prepared = reading.prepared.get(statement)
            if prepared is None:
                prepared = reading.prepared[statement] = await reading.connection.prepare(statement)
            found = await prepared.fetchrow(*values)
        except BaseException:
            # Whatever it was, the connection is in an unknown state.
            self._opened -= 1
            reading.connection.terminate()
            self._wake()
            raise
        self._idle.append(reading)
        if self._waiting:
            self._wake()
        return found

    async def _another(self) -> _Reading:
        while not self._idle and self._opened >= CONNECTIONS_MAX:
            turn: asyncio.Future[None] = self.loop.create_future()
            self._waiting.append(turn)
            await turn
        if self._idle:
            return self._idle.pop()
        self._opened += 1
        try:
            # In a task of its own: whoever asks may be no task, and the driver counts its time in one.
            return _Reading(await self.loop.create_task(connect(self._url, patience_s=CONNECT_S)))
        except BaseException:
            self._opened -= 1
            self._wake()
            raise

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    async def close(self) -> None:
        while self._idle:
            self._opened -= 1
            await end(self._idle.pop().connection)


class _Reading:
    """A connection, and the statements that were prepared on it: a handful, as pages differ in their filters alone."""

    __slots__ = ("connection", "prepared")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.prepared: dict[str, Any] = {}
