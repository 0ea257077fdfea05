"""What time it is at the venue: real, frozen, or at any whole speed. The only file that reads the machine's clocks.

The clock is a straight line from an anchor: at a moment it showed `at_ms`, and since then it has gone `speed` times
as fast (not at all when frozen). The moments are those of a clock of the machine that nobody can set. The wall clock
is looked at when the venue begins, and at a start at speed 1, so that unmodified clients, who sign with their own
clock, are in time (decisions/002).
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import msgspec
from msgspec import Struct

from tallystick.engine.numbers import END_MS

Mode = Literal["real", "frozen"]
SPEED_MAX = 1_000_000
EARLIEST_MS: Final = 1_009_843_200_000
"""2002-01-01 00:00 UTC. Some months before, times in ms had a digit less."""
LATEST_MS: Final = END_MS - 1
"""The clock stands still from here on."""
LIFETIME = "the time of a venue runs from 2002-01-01 to 2100-12-31 (UTC)"
DAY_MS: Final = 86_400_000
CATCH_UP_MS_MAX: Final = 366 * DAY_MS
"""A start follows the wall clock so far by itself."""
AHEAD_MS: Final = 1_000
"""What is kept on disk is so far ahead of what is told, in the machine's time."""
_SUSPEND_COUNTS: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Where there is no CLOCK_BOOTTIME (macOS), CLOCK_MONOTONIC goes on while the machine is suspended."""

stopwatch: Final = time.perf_counter
"""Seconds; only the differences mean anything. For how long work takes: nothing that the venue tells hangs on it."""


class Machine:
    """The clocks of this machine; tests put others in their place."""

    def wall_ms(self) -> int:
        """Unix milliseconds. Goes forwards and backwards as somebody, or a time server, sets it."""
        return time.time_ns() // 1_000_000

    def since_boot_ns(self) -> int:
        """Only the differences mean anything. Goes on while the machine is suspended."""
        return time.clock_gettime_ns(_SUSPEND_COUNTS)

    def running_ns(self) -> int:
        """As `since_boot_ns`, and stands still while the machine is suspended."""
        return time.monotonic_ns()


MACHINE = Machine()


class WrongDate(ValueError):
    """The machine's clock shows a time no venue can be at."""

    def __init__(self, wall_ms: int, hint: str = "") -> None:
        super().__init__(f"this machine's clock says {_day(wall_ms)}, and {LIFETIME}: set it right{hint}")


class FarAhead(ValueError):
    """The machine's clock is so far past the kept venue's that it may be wrong, and time told never runs backwards."""

    def __init__(self, now_ms: int, last_ms: int) -> None:
        days = (now_ms - last_ms) // DAY_MS
        super().__init__(
            f"by this machine's clock it is {_day(now_ms)} at this venue, which stopped at {_day(last_ms)}, {days} "
            "days before: set the clock right, or give --catch-up to live through them all, which cannot be undone"
        )


def required(at_ms: int) -> int:
    """The time itself. Raises ValueError where no venue can be at it."""
    if not EARLIEST_MS <= at_ms <= LATEST_MS:
        raise ValueError(f"{LIFETIME}, and {_day(at_ms)} is outside of it")
    return at_ms


def _require(mode: Mode, speed: int, at_ms: int) -> None:
    if mode not in ("real", "frozen"):
        raise ValueError(f"unknown clock mode {mode!r}, known are real and frozen")
    if not 1 <= speed <= SPEED_MAX:
        raise ValueError(f"speed must be 1 to {SPEED_MAX}")
    required(at_ms)


def _day(at_ms: int) -> str:
    try:
        return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms):%Y-%m-%d}"
    except OverflowError:
        return f"{at_ms} ms"


class ClockState(Struct, frozen=True):
    """Everything needed to go on after a restart; kept in the store's settings.

    When the wall clock showed `wall_ms` it was `at_ms` here. `least_ms` is not below any time that was told.
    """

    mode: Mode
    speed: int
    at_ms: int
    wall_ms: int
    least_ms: int


class Clock:
    """`at_ms` None begins at the machine's time. Raises ValueError for a speed that is not 1 to SPEED_MAX, and for a
    time no venue can be at (WrongDate, where it is the machine's)."""

    def __init__(
        self, mode: Mode = "real", speed: int = 1, at_ms: int | None = None, machine: Machine = MACHINE
    ) -> None:
        self.machine = machine
        self._least_ms = 0
        if at_ms is None:
            at_ms = machine.wall_ms()
            if not EARLIEST_MS <= at_ms <= LATEST_MS:
                raise WrongDate(at_ms, ", or give --at")
        self._set(mode, speed, at_ms)

    def _set(self, mode: Mode, speed: int, at_ms: int) -> None:
        _require(mode, speed, at_ms)
        self.mode: Mode = mode
        self.speed = speed
        self._kept_at_ms, self._kept_wall_ms = at_ms, self.machine.wall_ms()
        self._anchor(at_ms)

    def _anchor(self, at_ms: int) -> None:
        self._at_ms = at_ms
        self._anchor_ns = self._steady_ns()

    def _steady_ns(self) -> int:
        # At speed 1 it is the real time, of which a suspended machine misses nothing; at 1,000 times the speed a
        # night with the lid closed would be a year.
        return self.machine.since_boot_ns() if self.speed == 1 else self.machine.running_ns()

    def now_ms(self) -> int:
        return max(self._least_ms, self._line_ms())

    def _line_ms(self) -> int:
        if self.mode == "frozen":
            return self._at_ms
        passed_ns = max(self._steady_ns() - self._anchor_ns, 0)
        return min(self._at_ms + passed_ns * self.speed // 1_000_000, LATEST_MS)

    def set(self, mode: Mode | None = None, speed: int | None = None, at_ms: int | None = None) -> None:
        """Change what is given and keep the rest; the time shown stays, unless `at_ms` is given. Raises ValueError."""
        self._set(
            self.mode if mode is None else mode,
            self.speed if speed is None else speed,
            self.now_ms() if at_ms is None else at_ms,
        )
        self._least_ms = 0

    def checked(self, mode: Mode | None, speed: int | None, at_ms: int, now_ms: int) -> int:
        """`at_ms`, where `set` would take all three and it is not before `now_ms`. Raises ValueError."""
        if at_ms < now_ms:
            raise ValueError(f"the venue's time cannot run backwards: it is {now_ms} and {at_ms} was asked for")
        _require(self.mode if mode is None else mode, self.speed if speed is None else speed, at_ms)
        return at_ms

    def wait_s(self, until_ms: int) -> float | None:
        """Seconds of real time until the venue's clock shows `until_ms`; None when it stands still before that."""
        if until_ms <= self.now_ms():
            return 0.0
        if self.mode == "frozen" or until_ms > LATEST_MS:
            return None
        return (until_ms - self._line_ms()) / 1_000 / self.speed

    def encode(self, told_ms: int) -> str:
        """What to keep, so that no later start is at a time before `told_ms`."""
        kept = ClockState(self.mode, self.speed, self._kept_at_ms, self._kept_wall_ms, told_ms)
        return msgspec.json.encode(kept).decode()

    @classmethod
    def restored(cls, text: str, not_before_ms: int, machine: Machine = MACHINE, *, catch_up: bool = False) -> Clock:
        """The clock of an earlier run, never earlier than `not_before_ms`, the time of the last entry, or than what
        was told then.

        At speed 1 it has gone on while the venue was down, as real clocks do; at any other speed it goes on from
        where it stopped, since a night at speed 1000 would be three years. A wall clock that was set back is not
        followed. Raises WrongDate for one past the end of time, FarAhead for one more than CATCH_UP_MS_MAX ahead of
        all that was told, unless `catch_up`, ValueError for a text that says the impossible.
        """
        kept = msgspec.json.decode(text, type=ClockState)
        least_ms = max(kept.least_ms, not_before_ms)
        if kept.mode == "frozen" or kept.speed != 1:
            return cls(kept.mode, kept.speed, max(kept.at_ms if kept.mode == "frozen" else 0, least_ms), machine)
        reckoned_ms = kept.at_ms + machine.wall_ms() - kept.wall_ms
        if machine.wall_ms() > LATEST_MS:
            raise WrongDate(machine.wall_ms())
        reckoned_ms = min(reckoned_ms, LATEST_MS)
        if reckoned_ms - least_ms > CATCH_UP_MS_MAX and not catch_up:
            raise FarAhead(reckoned_ms, least_ms)
        clock = cls(kept.mode, kept.speed, least_ms, machine)
        clock._kept_at_ms, clock._kept_wall_ms = kept.at_ms, kept.wall_ms
        # A venue that was killed has told a little less than it kept: it stands still until that is over.
        if reckoned_ms >= least_ms - AHEAD_MS:
            clock._anchor(reckoned_ms)
            clock._least_ms = least_ms
        return clock
