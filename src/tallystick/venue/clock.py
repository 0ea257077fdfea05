"""What time it is at the venue: real, frozen, or at any whole speed. The only file that reads the wall clock.

The clock is a straight line from an anchor: at wall time `wall_ms` it showed `at_ms`, and since then
it has gone `speed` times as fast (not at all when frozen). At speed 1 and never moved it shows the
real time, so that unmodified clients, who sign with their own clock, are in time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

import msgspec
from msgspec import Struct

Mode = Literal["real", "frozen"]
SPEED_MAX = 1_000_000


def wall_ms() -> int:
    """Unix milliseconds of the machine."""
    return time.time_ns() // 1_000_000


class ClockState(Struct, frozen=True):
    """Everything needed to go on after a restart; kept in the store's settings."""

    mode: Mode
    speed: int
    at_ms: int
    wall_ms: int


class Clock:
    """`at_ms` None begins at the present. Raises ValueError for a speed that is not 1 to SPEED_MAX."""

    def __init__(
        self, mode: Mode = "real", speed: int = 1, at_ms: int | None = None, wall: Callable[[], int] = wall_ms
    ) -> None:
        self._wall = wall
        self._set(mode, speed, wall() if at_ms is None else at_ms)

    def _set(self, mode: Mode, speed: int, at_ms: int) -> None:
        if mode not in ("real", "frozen"):
            raise ValueError(f"unknown clock mode {mode!r}, known are real and frozen")
        if not 1 <= speed <= SPEED_MAX:
            raise ValueError(f"speed must be 1 to {SPEED_MAX}")
        self.mode: Mode = mode
        self.speed = speed
        self._at_ms = at_ms
        self._anchor_wall_ms = self._wall()

    def now_ms(self) -> int:
        if self.mode == "frozen":
            return self._at_ms
        return self._at_ms + (self._wall() - self._anchor_wall_ms) * self.speed

    def set(self, mode: Mode | None = None, speed: int | None = None, at_ms: int | None = None) -> None:
        """Change what is given and keep the rest; the time shown stays, unless `at_ms` is given."""
        self._set(
            self.mode if mode is None else mode,
            self.speed if speed is None else speed,
            self.now_ms() if at_ms is None else at_ms,
        )

    def wait_s(self, until_ms: int) -> float | None:
        """Seconds of real time until the venue's clock shows `until_ms`; None when it stands still before that."""
        missing_ms = until_ms - self.now_ms()
        if missing_ms <= 0:
            return 0.0
        return None if self.mode == "frozen" else missing_ms / 1_000 / self.speed

    def encode(self) -> str:
        return msgspec.json.encode(ClockState(self.mode, self.speed, self._at_ms, self._anchor_wall_ms)).decode()

    @classmethod
    def restored(cls, text: str, not_before_ms: int, wall: Callable[[], int] = wall_ms) -> Clock:
        """The clock of an earlier run, never earlier than `not_before_ms`, the time of the last entry.

        At speed 1 it has gone on while the venue was down, as real clocks do; at any other speed it
        goes on from where the journal stopped, since a night at speed 1000 would be three years.
        """
        kept = msgspec.json.decode(text, type=ClockState)
        at_ms = kept.at_ms
        if kept.mode == "real":
            at_ms = kept.at_ms + (wall() - kept.wall_ms) if kept.speed == 1 else not_before_ms
        return cls(kept.mode, kept.speed, max(at_ms, not_before_ms), wall)
