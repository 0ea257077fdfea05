"""Alarm: the event loop calls when the venue's clock shows a time, so time passes even without requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from tallystick.venue.clock import Clock

LOOK_AGAIN_S: Final = 1.0
"""Longest wait between two looks at the clock, which may count suspended time; the loop's timers do not."""


class Alarm:
    """Alarm that calls `ring` once, when it is time or a second has passed."""

    def __init__(self, clock: Clock, ring: Callable[[], None]) -> None:
        self._clock = clock
        self._ring = ring
        self._at_ms = 0
        self._timer: asyncio.TimerHandle | None = None

    def set(self, at_ms: int) -> None:
        """Set the alarm for this time and no other."""
        self.off()
        wait_s = self._clock.wait_s(at_ms)
        seconds = LOOK_AGAIN_S if wait_s is None else min(wait_s, LOOK_AGAIN_S)
        self._at_ms = at_ms
        self._timer = asyncio.get_running_loop().call_later(seconds, self._ring)

    def bring_forward(self, at_ms: int) -> None:
        """Set the alarm for this time if it is set for a later one."""
        if self._timer is not None and at_ms < self._at_ms:
            self.set(at_ms)

    def off(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
