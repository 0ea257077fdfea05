"""Integer amounts: 10**18 atoms to one coin, prices and rates per 10**18, and a name for every rounding.

Nothing here is a float and nothing rounds without saying which way. `down` gives the user less or
takes less precision than asked; `up` charges the user more; `half_up` exists only where a recorded
answer of the exchange shows it (the raw sizes of one-click legs).
"""

from __future__ import annotations

import re
from typing import TypeAlias

ONE = 10**18
DECIMALS = 18
_TENS: dict[int, int] = {places: 10**places for places in range(DECIMALS + 1)}
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,19})(?:\.([0-9]{1,18}))?", re.ASCII)

Atoms: TypeAlias = int
"""An amount of one currency: 10**18 atoms to the coin."""


def atoms_from_text(text: str) -> Atoms:
    """Read plain decimal text (at most 20 whole and 18 fraction digits, no sign). Raises ValueError."""
    match = _AMOUNT.fullmatch(text)
    if match is None:
        raise ValueError(f"not a plain decimal amount: {text[:40]!r}")
    whole, fraction = match.groups("")
    return int(whole + fraction.ljust(DECIMALS, "0"))


def text_from_atoms(atoms: Atoms) -> str:
    """Write plain decimal text: no exponent, no trailing zeros, no minus before zero."""
    sign = "-" if atoms < 0 else ""
    whole, fraction = divmod(abs(atoms), ONE)
    if fraction == 0:
        return f"{sign}{whole}"
    return f"{sign}{whole}.{fraction:018d}".rstrip("0")


def mul_down(left: int, right: int) -> int:
    """left x right, both per 10**18, rounded towards minus infinity."""
    return left * right // ONE


def mul_up(left: int, right: int) -> int:
    """left x right, both per 10**18, rounded towards plus infinity."""
    return -(-left * right // ONE)


def div_down(left: int, right: int) -> int:
    """left / right, both per 10**18, rounded towards minus infinity."""
    return left * ONE // right


def unit_of(decimals: int) -> int:
    """Number of atoms in one unit of the given decimal place."""
    return _TENS[DECIMALS - decimals]


def cut(value: int, unit: int) -> int:
    """The largest multiple of `unit` not above `value`."""
    return value - value % unit


def lift(value: int, unit: int) -> int:
    """The smallest multiple of `unit` not below `value`."""
    return -(-value // unit) * unit


def ratio_cut(numerator: int, denominator: int, decimals: int) -> int:
    """numerator / denominator as a rate per 10**18, cut to `decimals` places."""
    rate: int = numerator * _TENS[decimals] // denominator * _TENS[DECIMALS - decimals]
    return rate


def ratio_half_up(numerator: int, denominator: int, decimals: int) -> int:
    """numerator / denominator per 10**18, rounded half up at `decimals` places (observed in the one-click sample)."""
    scale: int = 10**decimals
    return (2 * numerator * scale + denominator) // (2 * denominator) * unit_of(decimals)
