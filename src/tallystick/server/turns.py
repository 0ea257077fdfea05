"""Turns: the owner that has used least goes first, and a round of the loop ends when its time is over."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from itertools import count
from typing import Protocol

from tallystick.venue.clock import stopwatch

log = logging.getLogger("tallystick")

ROUND_SECONDS = 0.004
"""Longest round of the loop, apart from the work under way at its end (chosen)."""
HALF_ROUND_SECONDS = ROUND_SECONDS / 2
TURNS_PER_ROUND = 64
"""Cap on turns in a round: some resume work whose time the round only expects."""
COSTLY_SECONDS = 0.001
"""Least time to expect of a request: shorter ones count 0 before their turn, and their real time after it."""
LATE_SHARE = 0.1
"""Lead of those who wait over those who come late: this share of the work done, divided by all who wait (chosen)."""


def own(seconds: float, expected: float) -> float:
    """Part of a time that counts for its owner. Far more than expected means that the system did other work."""
    return min(seconds, 2 * expected + COSTLY_SECONDS)


class Owner(Protocol):
    """A connection. `used` is the time it has used, in seconds on the scale of `Turns`; it begins with 0.

    `gone` is true once nobody waits for it: its work goes on without a turn and ends by itself.
    """

    used: float
    gone: bool


class Entry:
    """Work that waits for its turn. When it took its place its owner had used `used`, and it was to take `seconds`."""

    __slots__ = ("expected", "go_on", "number", "owner", "seconds", "used")

    def __init__(self, owner: Owner, go_on: Callable[[], object], expected: Callable[[], float], number: int) -> None:
        self.owner = owner
        self.go_on = go_on
        self.expected = expected
        self.number = number
        self.used = self.seconds = 0.0


class Turns:
    """Queue for work that cannot be done at once, fair by connection.

    After weighted fair queueing (Demers, Keshav and Shenker, 1989): the next turn goes to the owner that will have used
    least once it is over. So a client with one request goes before those that always have more, and quick work before
    slow work, however many wait.

    `now` is what the last owner to have a turn had used. Owners that come late begin there, so none saves up time.
    `now` advances a little with all work, so that those who wait have a turn however many come late.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.line: list[tuple[float, int, Entry]] = []
        """Heap of (time the owner will have used, number, entry)."""
        self.now = 0.0
        self.spent = 0.0
        """Seconds of this round that are used."""
        self._spent_in_turns = 0.0
        self._numbers = count()
        self._round_comes = False
        self._gone = 0

    @property
    def busy(self) -> bool:
        """True if work waits or the time of this round is over: then nothing may begin at once.

        Schedules the next round once half of this one is over.
        """
        if not self.line and self.spent < HALF_ROUND_SECONDS:
            return False
        self._see_to_a_round()
        return bool(self.line) or self.spent >= ROUND_SECONDS

    def _see_to_a_round(self) -> None:
        if not self._round_comes:
            self._round_comes = True
            self.loop.call_soon(self._round)

    def charge(self, owner: Owner, seconds: float, expected: float) -> None:
        """Charge the owner for work, done at once or after a turn."""
        owner.used = max(self.now, owner.used) + own(seconds, expected)
        self.spent += seconds

    def ask(self, owner: Owner, go_on: Callable[[], object], expected: Callable[[], float]) -> None:
        """Have `go_on` called in its turn. `expected` gives the likely seconds of it, or of the work it resumes."""
        self._see_to_a_round()
        if not self.line and self.now < owner.used:
            self.now = owner.used
        self._stand(Entry(owner, go_on, expected, next(self._numbers)))

    def _stand(self, entry: Entry) -> None:
        owner = entry.owner
        entry.used, entry.seconds = owner.used, entry.expected()
        heappush(self.line, (max(self.now, owner.used) + entry.seconds, entry.number, entry))

    def forget(self) -> None:
        """Note that an owner is gone. After a number of them the line is searched, and their work resumed."""
        self._gone += 1
        if self._gone <= max(TURNS_PER_ROUND, len(self.line) // 2):
            return
        self._gone = 0
        gone = [place[2] for place in self.line if place[2].owner.gone]
        self.line[:] = [place for place in self.line if not place[2].owner.gone]
        heapify(self.line)
        for entry in gone:
            let_go_on(entry)

    async def turn(self, owner: Owner, expected: Callable[[], float]) -> None:
        """Wait for a turn."""
        mine: asyncio.Future[None] = self.loop.create_future()
        self.ask(owner, lambda: None if mine.done() else mine.set_result(None), expected)
        await mine

    def _round(self) -> None:
        line = self.line
        before = stopwatch()
        # Input read and work done at once since the last round count for this one.
        at_once = spent = self.spent - self._spent_in_turns
        turns = 0
        while line and turns < TURNS_PER_ROUND and (not turns or spent + line[0][-1].seconds < ROUND_SECONDS):
            place, _, entry = heappop(line)
            owner = entry.owner
            if owner.gone:
                let_go_on(entry)
                continue
            if owner.used > entry.used or entry.expected() > entry.seconds:
                # The owner has used more since it asked, or a longer time is expected by now.
                self._stand(entry)
                continue
            turns += 1
            let_go_on(entry)
            after = stopwatch()
            took, before = after - before, after
            self.now = max(self.now + LATE_SHARE * took / (len(line) + 1), place - entry.seconds)
            owner.used = max(owner.used, place - entry.seconds) + own(took, entry.seconds)
            spent += max(took, entry.seconds)
        self.spent = self._spent_in_turns = spent - at_once
        self._round_comes = bool(line)
        if line:
            self.loop.call_soon(self._round)


def let_go_on(entry: Entry) -> None:
    try:
        entry.go_on()
    except Exception as bug:
        log.error("a bug, in a turn", exc_info=bug)
