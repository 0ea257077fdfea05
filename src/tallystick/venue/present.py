"""The present: what the clock shows, held back while there is something to catch up with, and kept on disk ahead of
what is told.

What was told is the least every later present is, also after a crash and on a machine whose clock was set back. So
that not every telling costs a write, the time that is kept is a little in the future of the one that is told.
"""

from __future__ import annotations

from functools import partial

from tallystick.venue.clock import AHEAD_MS, LATEST_MS, Clock
from tallystick.venue.sequencer import GroupWriter

SETTING = "clock"


class Present:
    """`writer` is where the clock is kept."""

    def __init__(self, clock: Clock, writer: GroupWriter) -> None:
        self._clock = clock
        self._writer = writer
        self._told_ms = 0
        self._queued_ms = 0
        self._kept_ms = 0

    def ms(self, done_ms: int, next_ms: int) -> int:
        """The present of a venue whose last entry was made at `done_ms` and which has something to do at `next_ms`:
        where that is overdue, the last moment before it. Never earlier than before."""
        self._told_ms = max(self._told_ms, done_ms, min(self._clock.now_ms(), next_ms - 1))
        return self._told_ms

    def may_be_told(self, at_ms: int) -> bool:
        """No start to come is earlier. Where that is not sure yet, it is as soon as what is queued is durable."""
        if at_ms > self._queued_ms - self._ahead_ms() // 2:
            self.keep(at_ms)
        return at_ms <= self._kept_ms

    def keep(self, at_ms: int) -> None:
        """Queue the clock as it is now, and a time not before `at_ms` as what may be told."""
        self._write(min(at_ms + self._ahead_ms(), LATEST_MS))

    def keep_last(self) -> None:
        """Queue the clock, and nothing ahead of it, since nothing will be told any more."""
        self._write(self._told_ms)

    def _write(self, least_ms: int) -> None:
        self._queued_ms = least_ms
        self._writer.put_setting(SETTING, self._clock.encode(least_ms))
        self._writer.after(partial(self._is_kept, least_ms))

    def _is_kept(self, least_ms: int) -> None:
        self._kept_ms = least_ms

    def _ahead_ms(self) -> int:
        return 0 if self._clock.mode == "frozen" else AHEAD_MS * self._clock.speed
