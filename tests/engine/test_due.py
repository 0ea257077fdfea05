"""Order of what is due at one instant: one thing a tick, and nothing of it early."""

from __future__ import annotations

from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import core, late_interest
from tallystick.engine.convert import FORGET_AFTER_MS
from tallystick.venue.parameters import load_parameters
from tests.engine.driver import USER, Driver, atoms
from tests.engine.setups import HOUR_MS, NOON_MS

FIRST_DELAY_MS, SETTLEMENT_MS, TIMER_MS, QUOTE_MS, AGE_MS = 474, 1_000, 10_000, 5_000, 60_000
"""Packaged, but for the life of a quote and the age of a price, which are chosen so that both end at the hour."""


def all_due_at(due_ms: int) -> Driver:
    """A quote, a recorded price, a timer, a loan request and a one-click run, asked for in the order of their times."""
    parameters = replace(load_parameters(), convert_ttl_ms=QUOTE_MS, price_age_max_ms=AGE_MS)
    driver = Driver(due_ms - FORGET_AFTER_MS - QUOTE_MS, parameters)
    driver.price("USDC-USDT", "1")
    driver.price("BTC-USDT", "60000")
    driver.user(USER, USDT="1000", BTC="1")
    driver.do(
        c.AskQuote(user_id=USER, base_ccy="BTC", quote_ccy="USDT", side="buy", size=atoms("100"), size_ccy="USDT")
    )
    driver.pass_to(due_ms - AGE_MS - 1)
    driver.do(c.MoveMarket(instruments=("ETH-USDT",), prices=(atoms("3000"),)))
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDC", amount=atoms("100")))
    driver.deposit("USDC", "-100")
    driver.deposit("BTC", "1", account="funding")
    driver.pass_to(due_ms - TIMER_MS)
    driver.do(c.SetCancelTimer(user_id=USER, timeout_ms=TIMER_MS))
    driver.pass_to(due_ms - SETTLEMENT_MS)
    driver.do(
        c.BorrowLoan(
            user_id=USER,
            loan_id=0,
            ccy="USDT",
            amount=atoms("100"),
            collateral=(("BTC", atoms("0.1")),),
            client_order_id="one",
            settles_later=True,
        )
    )
    driver.pass_to(due_ms - FIRST_DELAY_MS)
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("BTC",)))
    return driver


def test_everything_due_at_one_hour_in_its_order() -> None:
    """Interest that a fault puts off waits for less than an hour, so that it is never due at a full one."""
    driver = all_due_at(NOON_MS + HOUR_MS)
    at_the_hour = [due for due in core.DUE if due.at is not late_interest.due_at_ms]
    assert len(at_the_hour) == len(core.DUE) - 1
    assert {due.at(driver.state) for due in at_the_hour} == {NOON_MS + HOUR_MS}
    driver.pass_to(NOON_MS + HOUR_MS - 1)
    before = len(driver.entries)
    driver.pass_to(NOON_MS + HOUR_MS)
    first = [type(events[0]).__name__ for _, _, events in driver.entries[before:]]
    assert first == ["HourPassed", "OrderPlaced", "LoanOpened", "CancelTimerSet", "QuotesExpired", "PricesExpired"]


def test_a_tick_before_its_time_does_nothing() -> None:
    driver = all_due_at(NOON_MS + HOUR_MS)
    driver.pass_to(NOON_MS + HOUR_MS - 1)
    assert driver.do(c.Tick()) == []
