"""The exchange's gauge: how near something forced is, from 0 to 5."""

from __future__ import annotations

from tallystick.engine.amounts import ONE

LEVELS = (ONE * 90 // 100, ONE * 93 // 100, ONE * 95 // 100, ONE * 97 // 100, ONE)
"""Share of the way, per 10**18, from which the gauge reads 1 to 5 (chosen: S19)."""


def reading(share: int) -> int:
    """`share` is of a pool the usage, and of a coin the usage over the point where its conversion begins."""
    return sum(share >= level for level in LEVELS)
