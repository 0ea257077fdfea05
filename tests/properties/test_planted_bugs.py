"""A check that cannot fail is a defect: each bug planted here must be caught by the check that is named for it.

A bug is caught either by random or directed runs, which must then break one of the named invariants, or by a
named test of the engine, which must then fail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tallystick.engine import ledger
from tests.engine import (
    test_auto_repay,
    test_exposure,
    test_margin,
    test_orders,
)
from tests.properties import caught_in, edges
from tests.properties.oracle import Broken
from tests.properties.planted_borrowing import BORROWING
from tests.properties.planted_convert import CONVERT
from tests.properties.planted_exposure import EXPOSED
from tests.properties.planted_ledger import LEDGER
from tests.properties.planted_loans import LENT
from tests.properties.planted_margin import MARGIN
from tests.properties.planted_orders import ORDERS
from tests.properties.planted_repay import ONE_CLICK
from tests.properties.planted_rows import ROWS
from tests.properties.planted_triggers import WATCHED
from tests.properties.planting import Bug, plant


def reported(bug: str, wanted: tuple[str, ...]) -> Counter[str]:
    """What runs report, up to the first of the identifiers that are wanted."""
    found: Counter[str] = Counter()
    for play in caught_in.first_there(bug):
        try:
            play()
        except Broken as broken:
            found[broken.identifier] += 1
            if broken.identifier in wanted:
                break
    return found


BUGS = [*BORROWING, *LEDGER, *MARGIN, *ORDERS, *CONVERT, *ROWS, *WATCHED, *EXPOSED, *LENT, *ONE_CLICK]


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_the_planted_bug_is_caught(bug: Bug, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, bug.function, bug.old, bug.new)
    if callable(bug.caught_by):
        with pytest.raises((AssertionError, ledger.InvariantViolation, pytest.fail.Exception)):
            bug.caught_by()
        return
    found = reported(bug.name, bug.caught_by)
    assert found.keys() & set(bug.caught_by), f"reported are {found}"


@pytest.mark.parametrize(
    "check",
    [
        edges.redeem,
        edges.interest,
        edges.due_interest,
        edges.bound,
        edges.curve,
        edges.quota,
        edges.liquidation,
        edges.level,
        edges.convert,
        edges.deep_haircut,
        edges.auction_step,
        test_auto_repay.test_a_cancelled_order_frees_coins_that_repay,
        test_orders.test_fok_does_not_count_own_orders,
        test_margin.test_open_orders_are_judged_together,
        test_exposure.test_another_fee_counts_for_orders_that_are_open,
        test_exposure.test_fills_carry_an_equity_over_the_end_of_a_slice,
        test_exposure.test_an_order_that_is_judged_anew_does_not_stand_in_its_own_way,
    ],
)
def test_the_checks_pass_without_a_bug(check: Callable[[], None]) -> None:
    check()
