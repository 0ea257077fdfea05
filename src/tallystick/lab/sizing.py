"""Collateral that is enough: the least amount of a coin with which a loan is liquidated on few enough paths.

The amount is found by bisection, each step of which plays the loan on all paths, so what is returned was tried, and so
was one unit less. With discount tiers more of a coin counts less and less, but never negatively: more does not hurt,
but for the cut of a line to 4 decimals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from tallystick.engine.loan_liquidation import SALE_UNIT
from tallystick.lab.book import Book
from tallystick.lab.jobs import LabFailed
from tallystick.lab.lives import Lives
from tallystick.lab.panels import Steps
from tallystick.lab.records import LIQUIDATED

TIMES_MOST: Final = 1_000
"""Most times of the present collateral that is tried."""


class Sized(NamedTuple):
    """Amount of a coin in atoms that is enough, the present one, and on how many paths each is liquidated."""

    enough: int
    liquidated: int
    present: int
    liquidated_at_present: int


def collateral_for(
    book: Book, loan_id: int, ccy: str, *, paths: Sequence[Steps], hours: int, points: int, most: int
) -> Sized:
    """Least amount of `ccy`, which the loan pledges, with which it is liquidated on at most `most` of the paths.

    Raises LabFailed: there is no such loan, it pledges none of the coin, or no amount is enough.
    """
    loan = next((loan for loan in book.loans if loan.loan_id == loan_id), None)
    if loan is None:
        raise LabFailed(
            f"the book has no loan {loan_id}; there are {', '.join(str(one.loan_id) for one in book.loans)}"
        )
    present = loan.collateral.get(ccy, 0)
    if not present:
        raise LabFailed(f"loan {loan_id} pledges no {ccy}, but {' '.join(loan.collateral)}")

    def liquidated(units: int) -> int:
        held = loan._replace(collateral={**loan.collateral, ccy: units * SALE_UNIT})
        lives = Lives(book, hours, points, loans=(held,))
        return sum(1 for steps in paths if any(life.first_ms(*LIQUIDATED) for life in lives.on(steps)))

    top = -(-present // SALE_UNIT) * TIMES_MOST
    if liquidated(top) > most:
        raise LabFailed(f"even {TIMES_MOST} times the {ccy} is not enough: other prices bring loan {loan_id} down")
    enough = _least(lambda units: liquidated(units) <= most, top)
    at_present = liquidated(-(-present // SALE_UNIT))
    return Sized(enough * SALE_UNIT, liquidated(enough), present, at_present)


def _least(fits: Callable[[int], bool], top: int) -> int:
    """Least number from 1 to `top` that fits; `top` does."""
    low, high = 0, top
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high
