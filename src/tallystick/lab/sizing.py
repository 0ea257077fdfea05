"""Collateral that is enough: the least of a coin with which a loan or account is liquidated on few enough paths.

The amount is found by bisection, each step of which plays it on all paths, so what is returned was tried, and so
was one unit less. With discount tiers more of a coin counts less and less, but never negatively: more does not hurt,
but for the cut of a line to 4 decimals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from typing import Final, NamedTuple

from tallystick.engine.loan_liquidation import SALE_UNIT
from tallystick.lab.account_lives import AccountLives
from tallystick.lab.account_rows import STARTED
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
        raise LabFailed(f"the book has no loan {loan_id}; there are {_numbers(one.loan_id for one in book.loans)}")
    present = loan.collateral.get(ccy, 0)
    if not present:
        raise LabFailed(f"loan {loan_id} pledges no {ccy}, but {' '.join(loan.collateral)}")

    def liquidated(amount: int) -> int:
        held = loan._replace(collateral={**loan.collateral, ccy: amount})
        lives = Lives(book, hours, points, loans=(held,))
        return sum(1 for steps in paths if any(life.first_ms(*LIQUIDATED) for life in lives.on(steps)))

    return _sized(liquidated, present, most, f"the {ccy} of loan {loan_id}")


def holding_for(
    book: Book, user_id: int, ccy: str, *, paths: Sequence[Steps], hours: int, points: int, most: int
) -> Sized:
    """Least amount of `ccy`, which the account of a user holds, with which it is liquidated on at most `most` paths.

    The first liquidation of an account does not depend on others, so it is followed alone and to there.

    Raises LabFailed: no such account owes, it is being liquidated, it holds none of the coin, or no amount is enough.
    """
    account = next((one for one in book.accounts if one.user.user_id == user_id), None)
    if account is None:
        owing = _numbers(one.user.user_id for one in book.accounts)
        raise LabFailed(f"the book has no account {user_id} that owes; there are {owing}")
    if account.user.liquidating:
        raise LabFailed(f"account {user_id} is being liquidated: no amount keeps it from that")
    present = account.held.get(ccy, 0)
    if not present:
        raise LabFailed(f"account {user_id} holds no {ccy}, but {' '.join(account.held)}")
    alone = copy(book)
    alone.loans = ()

    def liquidated(amount: int) -> int:
        alone.accounts = (account._replace(held={**account.held, ccy: amount}),)
        lives = AccountLives(alone, hours, points, first_events=True)
        return sum(1 for steps in paths if any(life.first_ms(STARTED) for life in lives.on(steps)))

    return _sized(liquidated, present, most, f"the {ccy} of account {user_id}")


def _sized(liquidated: Callable[[int], int], present: int, most: int, name: str) -> Sized:
    """Bisection by what counts the paths with a liquidation. Raises LabFailed: no amount is enough."""
    whole = -(-present // SALE_UNIT)
    top = whole * TIMES_MOST
    if liquidated(top * SALE_UNIT) > most:
        raise LabFailed(f"even {TIMES_MOST} times {name} is not enough: other prices bring it down")
    enough = _least(lambda units: liquidated(units * SALE_UNIT) <= most, top) * SALE_UNIT
    return Sized(enough, liquidated(enough), present, liquidated(whole * SALE_UNIT))


def _numbers(found: Iterable[int]) -> str:
    return ", ".join(str(number) for number in found) or "none"


def _least(fits: Callable[[int], bool], top: int) -> int:
    """Least number from 1 to `top` that fits; `top` does."""
    low, high = 0, top
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle, high)
    return high
