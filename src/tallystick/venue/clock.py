"""Clock of the venue: real, frozen, or at any whole speed. Only this file reads the machine's clocks.

The clock is a straight line from an anchor: at one moment it showed `at_ms`, and since then it has gone `speed` times
as fast (not at all when frozen). Moments are read from a clock of the machine that nobody can set. The wall clock is
read when the venue begins, and at a start at speed 1, so that unmodified clients, which sign with their own clock, are
in time (decisions/002).
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
"""Earliest time: 2002-01-01 00:00 UTC. Until some months before, times in ms had one digit less."""
LATEST_MS: Final = END_MS - 1
"""Latest time: the clock stops here."""
LIFETIME = "the time of a venue runs from 2002-01-01 to 2100-12-31 (UTC)"
DAY_MS: Final = 86_400_000
CATCH_UP_MS_MAX: Final = 366 * DAY_MS
"""Longest time by which a start follows the wall clock by itself."""
AHEAD_MS: Final = 1_000
"""Lead of the time kept on disk over the time told, in the machine's time."""
_SUSPEND_COUNTS: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Clock that goes on while the machine is suspended. Without CLOCK_BOOTTIME (macOS), CLOCK_MONOTONIC does that."""

stopwatch: Final = time.perf_counter
"""Timer of work in seconds; only differences mean anything. No answer of the venue depends on it."""


class Machine:
    """Clocks of this machine; tests replace them."""

    def wall_ms(self) -> int:
        """Wall clock in Unix milliseconds. It goes forwards and backwards as a person or a time server sets it."""
        return time.time_ns() // 1_000_000

    def since_boot_ns(self) -> int:
        """Nanoseconds since some moment; only differences mean anything. Goes on while the machine is suspended."""
        return time.clock_gettime_ns(_SUSPEND_COUNTS)

    def running_ns(self) -> int:
        """Nanoseconds as `since_boot_ns`, but stopped while the machine is suspended."""
        return time.monotonic_ns()


MACHINE = Machine()


class WrongDate(ValueError):
    """Error: the machine's clock shows a time outside of a venue's lifetime."""

    def __init__(self, wall_ms: int, hint: str = "") -> None:
        super().__init__(f"this machine's clock says {_day(wall_ms)}, and {LIFETIME}: set it right{hint}")


class FarAhead(ValueError):
    """Error: the machine's clock is far ahead of the kept venue. It may be wrong, and time never runs backwards."""

    def __init__(self, now_ms: int, last_ms: int) -> None:
        days = (now_ms - last_ms) // DAY_MS
        super().__init__(
            f"this machine's clock puts this venue at {_day(now_ms)}, but it stopped at {_day(last_ms)}, {days} "
            "days before: set the clock right, or give --catch-up to live through all of them, which cannot be undone"
        )


def required(at_ms: int) -> int:
    """Return the time if it is within a venue's lifetime. Raises ValueError."""
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
    """State of the clock, needed to go on after a restart; kept in the store's settings.

    When the wall clock showed `wall_ms`, the venue's clock showed `at_ms`. No time told was later than `least_ms`.
    """

    mode: Mode
    speed: int
    at_ms: int
    wall_ms: int
    least_ms: int


class Clock:
    """Clock that starts at `at_ms`; None is the machine's time.

    Raises ValueError for a speed that is not 1 to SPEED_MAX, or a time outside of a venue's lifetime (WrongDate, if
    it is the machine's).
    """

    def __init__(
        self, mode: Mode = "real", speed: int = 1, at_ms: int | None = None, machine: Machine = MACHINE
    ) -> None:
        self.machine = machine
        self.mode: Mode = "real"
        self._stood_ns = 0
        self._least_ms = 0
        if at_ms is None:
            at_ms = machine.wall_ms()
            if not EARLIEST_MS <= at_ms <= LATEST_MS:
                raise WrongDate(at_ms, ", or give --at")
        self._set(mode, speed, at_ms)

    def _set(self, mode: Mode, speed: int, at_ms: int) -> None:
        _require(mode, speed, at_ms)
        if self.mode == "frozen":
            self._stood_ns += self._steady_ns() - self._anchor_ns
        self.mode = mode
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
        # Each request reads the clock three times; comparisons cost less than calls of `max` and `min`.
        at_ms = self._line_ms()
        return at_ms if at_ms > self._least_ms else self._least_ms

    def _line_ms(self) -> int:
        if self.mode == "frozen":
            return self._at_ms
        passed_ns = self._steady_ns() - self._anchor_ns
        if passed_ns <= 0:
            return self._at_ms
        at_ms = self._at_ms + passed_ns * self.speed // 1_000_000
        return at_ms if at_ms < LATEST_MS else LATEST_MS

    def stood_ms(self) -> int:
        """Milliseconds of the machine's time that have passed while the clock was frozen."""
        stands_ns = self._steady_ns() - self._anchor_ns if self.mode == "frozen" else 0
        return (self._stood_ns + stands_ns) // 1_000_000

    def set(self, mode: Mode | None = None, speed: int | None = None, at_ms: int | None = None) -> None:
        """Change the given values and keep the rest. The time stays unless `at_ms` is given. Raises ValueError."""
        self._set(
            self.mode if mode is None else mode,
            self.speed if speed is None else speed,
            self.now_ms() if at_ms is None else at_ms,
        )
        self._least_ms = 0

    def checked(self, mode: Mode | None, speed: int | None, at_ms: int, now_ms: int) -> int:
        """Return `at_ms` if `set` would accept all three and it is not before `now_ms`. Raises ValueError."""
        if at_ms < now_ms:
            raise ValueError(f"the venue's time cannot run backwards: it is {now_ms} and {at_ms} was asked for")
        _require(self.mode if mode is None else mode, self.speed if speed is None else speed, at_ms)
        return at_ms

    def wait_s(self, until_ms: int) -> float | None:
        """Seconds of real time until the venue's clock shows `until_ms`; None if it stops before that."""
        if until_ms <= self.now_ms():
            return 0.0
        if self.mode == "frozen" or until_ms > LATEST_MS:
            return None
        return (until_ms - self._line_ms()) / 1_000 / self.speed

    def encode(self, told_ms: int) -> str:
        """Text of the clock to keep, so that no later start is at a time before `told_ms`."""
        kept = ClockState(self.mode, self.speed, self._kept_at_ms, self._kept_wall_ms, told_ms)
        return msgspec.json.encode(kept).decode()

    def follow(self, text: str) -> None:
        """Show about the time that the clock shows which wrote this text a moment ago, maybe on another machine."""
        kept = msgspec.json.decode(text, type=ClockState)
        at_ms = kept.at_ms
        if kept.mode == "real":
            # At another speed than 1 it is read from the time kept ahead of the time told.
            passed_ms = self.machine.wall_ms() - kept.wall_ms
            at_ms = at_ms + passed_ms if kept.speed == 1 else kept.least_ms - AHEAD_MS * kept.speed
        self._set(kept.mode, kept.speed, min(max(at_ms, EARLIEST_MS), LATEST_MS))

    @classmethod
    def restored(cls, text: str, not_before_ms: int, machine: Machine = MACHINE, *, catch_up: bool = False) -> Clock:
        """Clock of an earlier run. Its time is not before `not_before_ms`, the time of the last entry, or a time told.

        At speed 1 it has gone on while the venue was down, as real clocks do. At any other speed it goes on from its
        last time, since a night at speed 1000 would be three years. A wall clock that was set back is not followed.
        Raises WrongDate for a wall clock past the end of time; FarAhead for one more than CATCH_UP_MS_MAX ahead of all
        times told, unless `catch_up`; ValueError for a text with impossible values.
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
        # A killed venue had kept a time a little ahead of the time it told: the clock waits until that time has passed.
        if reckoned_ms >= least_ms - AHEAD_MS:
            clock._anchor(reckoned_ms)
            clock._least_ms = least_ms
        return clock
