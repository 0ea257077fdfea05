"""Progress on standard error while a start reads a long journal, or catches up with a long time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from tallystick.server.starting import Starting
from tallystick.venue.clock import Machine

EVERY_NS: Final = 3_000_000_000
"""Between two lines, and before the first, which most starts never get to."""


class CatchingUp:
    """Progress of a start: `read` is told entries, `catch_up` times in Unix ms.

    Both tell the `starting` server, and `say` so now and then.
    """

    def __init__(self, machine: Machine, say: Callable[[str], None], starting: Starting) -> None:
        self._machine = machine
        self._say = say
        self._starting = starting
        self._next_ns = machine.running_ns() + EVERY_NS

    def read(self, done: int, of: int) -> None:
        """Tell how many entries of the journal are read."""
        self._starting.read(done, of)
        if self._is_time():
            self._say(f"tally: reading the journal: {done:,} of {of:,} entries")

    def catch_up(self, at_ms: int, until_ms: int) -> None:
        """Tell the time that is reached, and the one to reach."""
        self._starting.catch_up(at_ms, until_ms)
        if self._is_time():
            self._say(f"tally: catching up: {_day(at_ms)} of {_day(until_ms)}")

    def _is_time(self) -> bool:
        now_ns = self._machine.running_ns()
        if now_ns < self._next_ns:
            return False
        self._next_ns = now_ns + EVERY_NS
        return True


def _day(at_ms: int) -> str:
    return f"{dt.datetime.fromtimestamp(at_ms // 1000, dt.UTC):%Y-%m-%d}"
