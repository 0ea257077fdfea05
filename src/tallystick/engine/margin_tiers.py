"""Borrow tiers: the rates of margin that a debt asks for, by its size. Source: decisions/012."""

from __future__ import annotations

from typing import NamedTuple

from tallystick.engine.amounts import ONE, ratio_cut
from tallystick.engine.parameters import Currency

LEVERAGE_DECIMALS = 2


class Tier(NamedTuple):
    """One borrow tier: these rates apply to all of a debt that is above `lower` and up to `upper` (atoms)."""

    number: int
    lower: int
    upper: int
    maintenance: int
    initial: int

    @property
    def highest_leverage(self) -> int:
        """Highest leverage: one over the initial margin rate, per 10**18, cut to two decimals (observed)."""
        return ratio_cut(ONE, self.initial, LEVERAGE_DECIMALS)


def tiers_count(currency: Currency) -> int:
    """Number of tiers: those listed, and further ones of equal steps up to an initial margin of the whole value."""
    return len(currency.margin_tiers) + (ONE - currency.margin_tiers[-1][2]) // currency.margin_step


def tier(currency: Currency, number: int) -> Tier:
    """Tier with this number, counted from 1."""
    listed = currency.margin_tiers
    further = max(0, number - len(listed))
    upper, maintenance, initial = listed[number - further - 1]
    if further:
        upper += further * currency.margin_step_size
        more = further * currency.margin_step
        return Tier(number, upper - currency.margin_step_size, upper, maintenance + more, initial + more)
    return Tier(number, listed[number - 2][0] if number > 1 else 0, upper, maintenance, initial)


def tier_of(currency: Currency, amount: int) -> Tier:
    """Tier of a debt of `amount`: on a bound the lower one, beyond all bounds the last."""
    listed = currency.margin_tiers
    for number, (upper, _, _) in enumerate(listed, start=1):
        if amount <= upper:
            return tier(currency, number)
    further = -(-(amount - listed[-1][0]) // currency.margin_step_size)
    return tier(currency, min(len(listed) + further, tiers_count(currency)))


def tier_cap(currency: Currency, leverage: int) -> int:
    """Upper bound of the largest tier whose initial margin is at most one over `leverage`; 0 if there is none."""
    share = ONE * ONE // leverage
    number = sum(initial <= share for _, _, initial in currency.margin_tiers)
    if number == len(currency.margin_tiers):
        number += (min(share, ONE) - currency.margin_tiers[-1][2]) // currency.margin_step
    return tier(currency, number).upper if number else 0
