"""Collateral value of an amount, slice by slice and exact, for the second model of the venue."""

from __future__ import annotations

import functools
from fractions import Fraction

COIN = 10**18


@functools.lru_cache(maxsize=10_000)
def counted(tiers: tuple[tuple[int, int], ...], step: int, step_size: int, amount: int) -> Fraction:
    """Atoms that count of an amount, kept for the next time: what nobody moved is asked for at every command."""
    total, lower, rate = Fraction(0), 0, 0
    for upper, rate in tiers:
        total += Fraction(max(0, min(amount, upper) - lower) * rate, COIN)
        lower = upper
    while amount > lower:
        if not step or not step_size:
            return total + Fraction((amount - lower) * rate, COIN)
        rate -= step
        if rate <= 0:
            break
        total += Fraction(min(amount - lower, step_size) * rate, COIN)
        lower += step_size
    return total
