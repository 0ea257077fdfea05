"""Turns: what one client has more of than its share is done bit by bit, beside everybody else's."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

TURNS_PER_ROUND = 8


class Turns:
    """A line for whoever has more to do. In each round of the loop a few are let go on, however many there are, so
    that the work of a round is bounded and those outside of the line hardly wait."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.line: deque[Callable[[], None]] = deque()

    def ask(self, go_on: Callable[[], None]) -> None:
        """Have `go_on` called when it is its turn."""
        if not self.line:
            self.loop.call_soon(self._round)
        self.line.append(go_on)

    async def turn(self) -> None:
        """Wait for a turn."""
        mine: asyncio.Future[None] = self.loop.create_future()
        self.ask(lambda: None if mine.done() else mine.set_result(None))
        await mine

    def _round(self) -> None:
        line = self.line
        for _ in range(min(TURNS_PER_ROUND, len(line))):
            line.popleft()()
        if line:
            self.loop.call_soon(self._round)
