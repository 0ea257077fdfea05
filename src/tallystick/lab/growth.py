"""Growth of debts: the engine's interest of each hour, for many debts at once, to the atom.

Interest of an hour is the debt times the rate, rounded up to a whole unit. A floating-point product says which unit,
unless it is within a hundred-trillionth of a whole one: then `interest.loan_hour` says it. Few debts are left to
`interest.loan_hours` altogether, which is quicker for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tallystick.engine.amounts import ONE
from tallystick.engine.interest import HOURS_PER_YEAR, LOAN_UNIT, loan_hour, loan_hours
from tallystick.lab.draws import Floats

Units: TypeAlias = NDArray[np.int64]
"""Interest in whole units of `LOAN_UNIT`."""
FEW: Final = 12
DOUBT: Final = 1e-14
"""Share of a product that covers its rounding thirty times over."""


def grow(bases: Sequence[int], grown: Units, rates: Sequence[int], since: NDArray[np.intp], until: int) -> Units:
    """Interest of debts up to hour `until`: a row for each, a column for each hour from the least of `since` on.

    A debt is its atoms in `bases` and the interest `grown`, which it has at the end of hour `since`; before that its
    row says the same. `rates` are a year's, per 10**18.
    """
    first = int(since.min())
    if len(bases) < FEW:
        return _few(bases, grown, rates, since.tolist(), until)
    owed = np.array([base / LOAN_UNIT for base in bases])
    factors = np.array([rate / (HOURS_PER_YEAR * ONE) for rate in rates])
    found = np.empty((until - first + 1, len(bases)), dtype=np.int64)
    found[0] = now = grown.copy()
    last = int(since.max())
    for hour in range(first + 1, until + 1):
        units, doubts = units_of((owed + now) * factors)
        for place in doubts.tolist():
            debt = bases[place] + int(now[place]) * LOAN_UNIT
            units[place] = loan_hour(debt, rates[place]) // LOAN_UNIT
        now += np.where(since < hour, units, 0).astype(np.int64) if hour <= last else units.astype(np.int64)
        found[hour - first] = now
    return np.ascontiguousarray(found.T)


def units_of(products: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """Products rounded up to whole units, and the places of those that may be another one."""
    doubts = np.flatnonzero(np.abs(products - np.rint(products)) < DOUBT * products)
    return np.ceil(products), doubts


def _few(bases: Sequence[int], grown: Units, rates: Sequence[int], since: list[int], until: int) -> Units:
    first = min(since)
    found = np.empty((len(bases), until - first + 1), dtype=np.int64)
    for row, (base, units, rate, hour) in enumerate(zip(bases, grown.tolist(), rates, since, strict=True)):
        debts = loan_hours(base + units * LOAN_UNIT, rate, until - hour)
        found[row, : hour - first + 1] = units
        found[row, hour - first + 1 :] = [(debt - base) // LOAN_UNIT for debt in debts]
    return found
