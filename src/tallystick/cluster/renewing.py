"""Renewals of a leader's lease, on whatever loop: a venue that is busy on its own loop leads on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from tallystick.cluster.database import Unreachable
from tallystick.cluster.lease import RENEWED_EVERY_S, Tenure
from tallystick.venue.clock import Machine

BUSY_MS: Final = 10_000
"""Longest time for which the loop of a leader may be busy. A venue that hangs does not keep others from leading."""


class Heartbeat:
    """Sign of life of the running loop, for another thread to ask for."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._loop = asyncio.get_running_loop()
        self._beat()

    def _beat(self) -> None:
        self._seen_ns = self._machine.since_boot_ns()

    def ask(self) -> bool:
        """Ask the loop for its next sign of life. False if the last one is too old, or the loop has ended."""
        if self._loop.is_closed() or self._machine.since_boot_ns() - self._seen_ns > BUSY_MS * 1_000_000:
            return False
        self._loop.call_soon_threadsafe(self._beat)
        return True


async def keep(tenure: Tenure, renew: Callable[[int], Awaitable[bool]], heartbeat: Heartbeat, machine: Machine) -> None:
    """Renew a lease until it is over, another's, or the venue hangs. `renew` raises Unreachable, which is borne."""
    while not tenure.over and heartbeat.ask():
        await asyncio.sleep(min(RENEWED_EVERY_S, tenure.left_s))
        asked_ns = machine.since_boot_ns()
        try:
            if not await asyncio.wait_for(renew(tenure.term), max(tenure.left_s, 0.001)):
                return
        except (Unreachable, TimeoutError):
            continue
        if not tenure.over:
            tenure.renewed(asked_ns)
