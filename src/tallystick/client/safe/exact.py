"""Exact decimals: sums of amounts keep every digit, whatever the context of the thread says."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Context, Decimal, Inexact, Rounded
from typing import Final

ZERO: Final = Decimal(0)
EXACT: Final = Context(prec=200, traps=[Inexact, Rounded])
"""For sums: an amount has at most 38 digits, so that nothing is ever rounded; if it were, this raises."""
WIDE: Final = Context(prec=60)
"""For estimates with divisions."""


def total(amounts: Iterable[Decimal]) -> Decimal:
    found = ZERO
    for amount in amounts:
        found = EXACT.add(found, amount)
    return found


def less(first: Decimal, second: Decimal) -> Decimal:
    """The first without the second."""
    return EXACT.subtract(first, second)


def down(value: Decimal, step: Decimal) -> Decimal:
    """The largest multiple of a step that is not above the value."""
    return WIDE.multiply((WIDE.divide(value, step)).to_integral_value(ROUND_DOWN), step)


def up(value: Decimal, step: Decimal) -> Decimal:
    """The smallest multiple of a step that is not below the value."""
    return WIDE.multiply((WIDE.divide(value, step)).to_integral_value(ROUND_UP), step)


def half_up(value: Decimal, places: int) -> Decimal:
    """Rounded to so many places, without the zeros at its end."""
    return Decimal(format(value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, WIDE).normalize(WIDE), "f"))
