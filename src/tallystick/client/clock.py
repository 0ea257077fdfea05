"""The exchange's clock as this machine knows it: an offset, measured by its public time and kept."""

from __future__ import annotations

import functools
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

MEASURED_FOR_S: Final = 600.0
"""An offset is measured anew after this long. A clock that runs 1 % wrong is then off by 6 s of the 30 s allowed."""
LAST_MS: Final = 253_370_764_800_000
"""Times are before this, the year 9999 (Unix ms): later ones have no form as text."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


monotonic = time.monotonic
wall = time.time
sleep = time.sleep
jitter = random.random
"""The machine's clocks and chance: the client has them from here."""


def fresh_id() -> str:
    """A client number that no other request has."""
    return f"tally{random.SystemRandom().getrandbits(80):020x}"


class Clock:
    """Offset of the exchange's clock to this machine's, in ms; nothing is known before the first `measured`.

    Threads and tasks share it: what is known is one value, which is replaced whole.
    """

    def __init__(self, wall: Callable[[], float] = wall, monotonic: Callable[[], float] = monotonic) -> None:
        self._wall = wall
        self.monotonic = monotonic
        self._known: tuple[float, int] | None = None
        self._due = True
        self.uncertain_ms = 0
        """Half the time the measurement took: the offset is right to within this much."""

    def stale(self) -> bool:
        """True where the offset is to be measured (anew)."""
        known = self._known
        return self._due or known is None or self.monotonic() - known[0] > MEASURED_FOR_S

    def forget(self) -> None:
        """Have the offset measured before the next signed request. Until then others go on by the one that is known."""
        self._due = True

    def measured(self, exchange_ms: int, asked_at: float, answered_at: float) -> None:
        """Take in what the exchange's clock said between two moments of the monotonic clock."""
        self._known = ((asked_at + answered_at) / 2, exchange_ms)
        self._due = False
        self.uncertain_ms = int((answered_at - asked_at) * 500)

    def told_ms(self) -> int:
        """The exchange's clock as it told it last, this machine's before. No later event there has an earlier time.

        `now_ms` may be ahead of it: the clock of a venue stands still, or goes slower.
        """
        known = self._known
        return self.wall_ms() if known is None else known[1]

    def wall_ms(self) -> int:
        """Unix milliseconds by this machine's clock."""
        return int(self._wall() * 1000)

    def now_ms(self) -> int:
        """Unix milliseconds by the exchange's clock; by this machine's as long as nothing was measured."""
        known = self._known
        if known is None:
            return self.wall_ms()
        return known[1] + int((self.monotonic() - known[0]) * 1000)


@functools.lru_cache(maxsize=4)
def _second(at_s: int) -> str:
    return f"{_EPOCH + timedelta(seconds=at_s):%Y-%m-%dT%H:%M:%S}"


def stamp(at_ms: int) -> str:
    """The form of the timestamp header: 2026-01-15T18:00:00.000Z."""
    return f"{_second(at_ms // 1000)}.{at_ms % 1000:03d}Z"


def from_ms(at_ms: int) -> datetime:
    """Aware datetime of Unix milliseconds."""
    return _EPOCH + timedelta(milliseconds=at_ms)


def to_ms(moment: datetime) -> int:
    """Unix milliseconds of an aware datetime. Raises TypeError for a naive one, which could mean any zone."""
    if moment.tzinfo is None:
        raise TypeError("a datetime without a time zone could mean any: give one, such as datetime.now(UTC)")
    return (moment - _EPOCH) // timedelta(milliseconds=1)
