"""Turns: who has used least goes first, and a round of the loop ends when its time is over, whoever waits."""

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
"""A round of the loop does no more than this, and the work that is under way then (chosen)."""
HALF_ROUND_SECONDS = ROUND_SECONDS / 2
TURNS_PER_ROUND = 64
"""And no more turns: some let work go on of which the round knows only what is expected."""
COSTLY_SECONDS = 0.001
"""Less than this counts with nothing when it is asked whose turn it is, and with what it took afterwards."""
LATE_SHARE = 0.1
"""Of what is done for one of all who wait: so much earlier is their turn than that of who comes late (chosen)."""


def own(seconds: float, expected: float) -> float:
    """What counts of the time something took: far more than was expected is not its owner's, the system had something
    else to do meanwhile."""
    return min(seconds, 2 * expected + COSTLY_SECONDS)


class Owner(Protocol):
    """A connection. `used` is what it has used, in seconds on the scale of `Turns`; it begins with 0. `gone` is that
    nobody waits for anything any more: what it asked for is let go on and ends by itself."""

    used: float
    gone: bool


class Entry:
    """What waits for its turn. When it took its place its owner had used `used`, and it was to take `seconds`."""

    __slots__ = ("expected", "go_on", "number", "owner", "seconds", "used")

    def __init__(self, owner: Owner, go_on: Callable[[], object], expected: Callable[[], float], number: int) -> None:
        self.owner = owner
        self.go_on = go_on
        self.expected = expected
        self.number = number
        self.used = self.seconds = 0.0


class Turns:
    """A line for what cannot be done at once, fair by connection (after weighted fair queueing: Demers, Keshav and
    Shenker, 1989): the next turn is of whoever will have used least once it is over. So a client with one thing to say
    goes on before those who always have more, and what is quick before what takes long, however many wait.

    `now` is what whoever went last had used. Who comes late begins there: nobody saves anything up. It goes on a little
    with whatever is done, so that who waits has a turn however many come late.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.line: list[tuple[float, int, Entry]] = []
        """By what the owner will have used, then by number."""
        self.now = 0.0
        self.spent = 0.0
        """Seconds of this round."""
        self._spent_in_turns = 0.0
        self._numbers = count()
        self._round_comes = False
        self._gone = 0

    @property
    def busy(self) -> bool:
        """Somebody waits, or the time of this round is over: then nothing is begun at once. Once half of it is, the
        next round is seen to."""
        if not self.line and self.spent < HALF_ROUND_SECONDS:
            return False
        self._see_to_a_round()
        return bool(self.line) or self.spent >= ROUND_SECONDS

    def _see_to_a_round(self) -> None:
        if not self._round_comes:
            self._round_comes = True
            self.loop.call_soon(self._round)

    def charge(self, owner: Owner, seconds: float, expected: float) -> None:
        """Something was done for the owner, at once or after a turn."""
        owner.used = max(self.now, owner.used) + own(seconds, expected)
        self.spent += seconds

    def ask(self, owner: Owner, go_on: Callable[[], object], expected: Callable[[], float]) -> None:
        """Have `go_on` called when it is its turn. `expected` is how many seconds it, or what it lets go on, will take,
        as far as is known by then."""
        self._see_to_a_round()
        if not self.line and self.now < owner.used:
            self.now = owner.used
        self._stand(Entry(owner, go_on, expected, next(self._numbers)))

    def _stand(self, entry: Entry) -> None:
        owner = entry.owner
        entry.used, entry.seconds = owner.used, entry.expected()
        heappush(self.line, (max(self.now, owner.used) + entry.seconds, entry.number, entry))

    def forget(self) -> None:
        """An owner is gone. So many that are have no place in the line: it is looked through for them now and then."""
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
        # What was read and done at once since the last round is of this one.
        at_once = spent = self.spent - self._spent_in_turns
        turns = 0
        while line and turns < TURNS_PER_ROUND and (not turns or spent + line[0][-1].seconds < ROUND_SECONDS):
            place, _, entry = heappop(line)
            owner = entry.owner
            if owner.gone:
                let_go_on(entry)
                continue
            if owner.used > entry.used or entry.expected() > entry.seconds:
                # It has used more since it asked, in the very turn that made it ask; or more is known by now.
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
