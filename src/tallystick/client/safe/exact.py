"""Exact decimals: sums of amounts keep every digit, whatever the context of the thread says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import ROUND_DOWN, ROUND_HALF_UP, ROUND_UP, Context, Decimal, Inexact, InvalidOperation, Rounded
from typing import Final

from tallystick.client.texts import plain

ZERO: Final = Decimal(0)
DIGITS_MAX: Final = 60
"""An amount has at most 38 digits; one of far more is none."""
AMOUNT: Final = re.compile(r"[0-9]*\.?[0-9]*(?:[eE][+-]?[0-9]+)?")
EXACT: Final = Context(prec=200, traps=[Inexact, Rounded])
"""For sums: an amount has at most 38 digits, so that nothing is ever rounded; if it were, this raises."""
WIDE: Final = Context(prec=60)
"""For estimates with divisions."""


def positive(name: str, value: object) -> Decimal:
    """An amount that a user gave: finite, above zero, and of no more digits than one can have.

    Raises TypeError for a float, a bool and other kinds, ValueError for what is no amount.
    """
    if isinstance(value, float):
        plain(name, value)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise TypeError(f"{name} is {value!r}: give the amount as text, an int or a Decimal, such as '12.5'")
    text = str(value)
    try:
        found = Decimal(text) if AMOUNT.fullmatch(text) else ZERO
    except InvalidOperation:
        found = ZERO
    if found <= 0 or abs(found.adjusted()) > DIGITS_MAX or len(found.as_tuple().digits) > DIGITS_MAX:
        raise ValueError(f"{name} is {text[:DIGITS_MAX]!r}: an amount is a decimal number above zero, such as '12.5'")
    return found


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
