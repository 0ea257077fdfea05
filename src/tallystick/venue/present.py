"""The present of a venue: its clock's time, held back while it catches up, and kept on disk before it is told.

No later present of a generation is before a time that was told, also after a crash and on a machine whose clock was
set back. The time kept is a little ahead of the time told, so that not every answer costs a write.
"""

from __future__ import annotations

from functools import partial

from tallystick.venue.clock import AHEAD_MS, LATEST_MS, Clock
from tallystick.venue.sequencer import GroupWriter

SETTING = "clock"


class Present:
    """Present of a venue. `writer` keeps the clock on disk."""

    def __init__(self, clock: Clock, writer: GroupWriter) -> None:
        self._clock = clock
        self._writer = writer
        self._told_ms = 0
        self._queued_ms = 0
        self._kept_ms = 0
        self._begun = 0
        """Number of generations begun since the start."""

    def begin(self, at_ms: int) -> None:
        """Begin a generation at this time, which may be before a time told in an earlier one."""
        self._told_ms = at_ms
        self._queued_ms = 0
        self._kept_ms = 0
        self._begun += 1

    def ms(self, done_ms: int, next_ms: int) -> int:
        """Present in Unix ms: if work at `next_ms` is overdue, the last moment before it. It never runs backwards.

        `done_ms` is the time of the last entry.
        """
        return self.at(self._clock.now_ms(), done_ms, next_ms)

    def at(self, clock_ms: int, done_ms: int, next_ms: int) -> int:
        """Present as `ms`, for a caller that has just read the clock."""
        told_ms = clock_ms if clock_ms < next_ms else next_ms - 1
        if told_ms < done_ms:
            told_ms = done_ms
        if told_ms > self._told_ms:
            self._told_ms = told_ms
        return self._told_ms

    def may_be_told(self, at_ms: int) -> bool:
        """Test that no later start can be earlier. If not sure yet, it is once the queued writes are durable."""
        if at_ms > self._queued_ms - self._ahead_ms() // 2:
            self.keep(at_ms)
        return at_ms <= self._kept_ms

    def keep(self, at_ms: int) -> None:
        """Queue the present clock for writing, and a time not before `at_ms` as one that may be told."""
        self._write(min(at_ms + self._ahead_ms(), LATEST_MS))

    def keep_last(self) -> None:
        """Queue the clock for writing, without a lead, since no time will be told any more."""
        self._write(self._told_ms)

    def _write(self, least_ms: int) -> None:
        self._queued_ms = least_ms
        self._writer.put_setting(SETTING, self._clock.encode(least_ms))
        self._writer.after(partial(self._is_kept, self._begun, least_ms))

    def _is_kept(self, begun: int, least_ms: int) -> None:
        """Note what is on disk; what an earlier generation kept says nothing about this one."""
        if begun == self._begun:
            self._kept_ms = least_ms

    def _ahead_ms(self) -> int:
        return 0 if self._clock.mode == "frozen" else AHEAD_MS * self._clock.speed
