"""Progress on standard error while a start catches up with a long time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from tallystick.venue.clock import Machine

EVERY_NS: Final = 3_000_000_000
"""Between two lines, and before the first, which most starts never get to."""


class CatchingUp:
    """Told the time reached and the one to reach, in Unix ms; says so now and then."""

    def __init__(self, machine: Machine, say: Callable[[str], None]) -> None:
        self._machine = machine
        self._say = say
        self._next_ns = machine.running_ns() + EVERY_NS

    def __call__(self, at_ms: int, until_ms: int) -> None:
        now_ns = self._machine.running_ns()
        if now_ns >= self._next_ns:
            self._next_ns = now_ns + EVERY_NS
            self._say(f"tally: catching up: {_day(at_ms)} of {_day(until_ms)}")


def _day(at_ms: int) -> str:
    return f"{dt.datetime.fromtimestamp(at_ms // 1000, dt.UTC):%Y-%m-%d}"
