"""What a scenario can demand must be able to fail: each statement of `holds` meets a state it is not true of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tallystick.engine import commands as c
from tallystick.engine import ledger
from tallystick.engine.events import LoanMoved
from tallystick.engine.ledger import InvariantViolation
from tallystick.engine.state import State
from tallystick.testing.assertions import HOLDS
from tests.engine.driver import USER, Driver, atoms
from tests.engine.setups import NOON_MS

Seen = tuple[State, Sequence[Any]]


def venue() -> Driver:
    """A loan and a debt on BTC at 60,000."""
    driver = Driver(NOON_MS)
    driver.price("BTC-USDT", "60000")
    driver.user(USER, BTC="1")
    driver.deposit("BTC", "1", account="funding")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("1000")))
    driver.do(
        c.BorrowLoan(
            user_id=USER,
            loan_id=0,
            ccy="USDT",
            amount=atoms("40000"),
            collateral=(("BTC", atoms("1")),),
            client_order_id="one",
        )
    )
    return driver


def seen(driver: Driver) -> Seen:
    return driver.state, [event for _, _, events in driver.entries for event in events]


def judged_at(price: str) -> Seen:
    """Another index, set aside of the engine, which would act on it."""
    driver = venue()
    driver.state.markets["BTC-USDT"].index = atoms(price)
    return seen(driver)


def fallen() -> Seen:
    driver = venue()
    driver.price("BTC-USDT", "41000")
    return seen(driver)


def repaid() -> Seen:
    driver = venue()
    driver.do(
        c.RepayLoan(
            user_id=USER,
            loan_id=next(iter(driver.state.loans)),
            ccy="USDT",
            amount=atoms("40000"),
            client_order_id="two",
        )
    )
    assert not driver.state.loans
    return seen(driver)


def unbalanced() -> Seen:
    driver = venue()
    driver.state.ledger["market"] = {**driver.state.ledger.get("market", {}), "BTC": 1}
    return seen(driver)


def rows_lost() -> Seen:
    state, events = seen(venue())
    return state, [event for event in events if type(event) is not LoanMoved]


def frozen() -> Seen:
    """A liquidation that has not ended: nobody buys."""
    driver = venue()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("30000")))
    ledger.post(driver.state, "USDT", (f"trading:{USER}", -atoms("31000")), ("outside", atoms("31000")))
    ledger.spend_exempt(driver.state.users[USER], "USDT", atoms("31000"))
    driver.book("BTC-USDT", [], [])
    driver.price("BTC-USDT", "30000")
    assert driver.state.users[USER].liquidating
    return seen(driver)


UNTRUE: dict[str, Callable[[], Seen]] = {
    "books-balance": unbalanced,
    "no-loan-past-liquidation": lambda: judged_at("41000"),
    "some-loans-liquidated": lambda: seen(venue()),
    "no-loan-liquidated": fallen,
    "some-loans-survive": repaid,
    "healthy-loans-force-repaid": fallen,
    "loan-rows-reconcile": rows_lost,
    "some-account-liquidated": frozen,
    "no-account-past-liquidation": lambda: judged_at("20"),
    "rate-rose-tenfold": lambda: seen(venue()),
}


@pytest.mark.parametrize("name", HOLDS)
def test_it_can_fail(name: str) -> None:
    state, events = UNTRUE[name]()
    with pytest.raises((AssertionError, InvariantViolation)):
        HOLDS[name](state, events)


@pytest.mark.parametrize("name", HOLDS)
def test_it_says_in_a_line_what_it_demands(name: str) -> None:
    words = (HOLDS[name].__doc__ or "").strip()
    assert words.endswith(".")
    assert "\n" not in words
