"""The exchange's gauge: nearness of a forced sale or repayment, from 0 to 5."""

from __future__ import annotations

from tallystick.engine.amounts import ONE
from tallystick.engine.kinds import Gauge

LEVELS = (ONE * 90 // 100, ONE * 93 // 100, ONE * 95 // 100, ONE * 97 // 100, ONE)
"""Shares, per 10**18, from which the gauge reads 1 to 5 (chosen: decisions/012)."""
READINGS: tuple[Gauge, ...] = (0, 1, 2, 3, 4, 5)


def reading(share: int) -> Gauge:
    """Gauge at a share: of a pool its usage; of a coin its usage over the point where its conversion begins."""
    return READINGS[sum(share >= level for level in LEVELS)]
