"""The insurance fund: filled and drained by hand, and what stops while it is empty (decisions/024)."""

from __future__ import annotations

from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import fund, ledger, margin
from tallystick.engine.events import Borrowed, DebtCovered, FundMoved, LiquidationFeeTaken, OrderClosed, Repaid
from tallystick.engine.rejects import Reject
from tallystick.venue.parameters import load_parameters
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import HOUR_MS, NOON_MS, of_kind, spot_charges

OTHER = 2


def dry(**balances: str) -> Driver:
    """A user with 1 BTC and a fund without a coin."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, balances or {"BTC": "1"})
    driver.price("BTC-USDT", "60000")
    driver.price("USDC-USDT", "1")
    driver.do(c.MoveFund(delta=-fund.holds(driver.state)))
    return driver


def test_it_is_filled_and_drained_by_hand_and_never_below_zero() -> None:
    driver = Driver(NOON_MS + 1)
    before = fund.holds(driver.state)
    outside = ledger.balance(driver.state, "outside", "USDT")
    assert driver.do(c.MoveFund(delta=atoms("12.5"))) == [FundMoved(ccy="USDT", delta=atoms("12.5"))]
    assert ledger.balance(driver.state, "outside", "USDT") == outside - atoms("12.5")
    refused = driver.refusal(c.MoveFund(delta=-before - atoms("12.5") - 1))
    assert (refused.reject, refused.details) == (Reject.WOULD_BE_NEGATIVE, {"ccy": "USDT"})
    assert not fund.is_empty(driver.state)
    driver.do(c.MoveFund(delta=-before - atoms("12.5")))
    assert fund.is_empty(driver.state)
    assert driver.do(c.MoveFund(delta=0)) == []


def test_nothing_new_is_lent_while_it_is_empty() -> None:
    driver = dry()
    driver.deposit("BTC", "1", USER, "funding")
    borrow = c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100"))
    order = c.PlaceOrder(
        user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.01"), price=atoms("10000")
    )
    loan = c.BorrowLoan(
        user_id=USER, loan_id=0, ccy="USDT", amount=atoms("100"), collateral=(("BTC", atoms("1")),), client_order_id="a"
    )
    assert driver.refuse(borrow) is Reject.POOL_EXHAUSTED
    assert driver.refuse(order) is Reject.ORDER_POOL_EXHAUSTED
    assert driver.refuse(loan) is Reject.ABOVE_LOAN_LIMIT
    assert margin.max_loan(driver.state, driver.state.users[USER], "USDT") == 0
    driver.do(c.MoveFund(delta=1))
    for command in (borrow, order, loan):
        driver.do(command)


def test_an_order_that_rests_is_cancelled_where_it_would_borrow() -> None:
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.01"), price=atoms("50000")
        )
    )
    driver.do(c.MoveFund(delta=-fund.holds(driver.state)))
    events = driver.do(c.SetPrices(prices=(("BTC-USDT", atoms("49000")),)))
    assert [(event.state, event.cause) for event in of_kind(events, OrderClosed)] == [("canceled", "cap")]
    assert of_kind(events, Borrowed) == []


def test_what_needs_no_loan_goes_on() -> None:
    """Orders of own coins, interest, repayment."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1", USDT="1000")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100")))
    driver.do(c.MoveFund(delta=-fund.holds(driver.state)))
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.01"), price=atoms("50000")
        )
    )
    driver.wait(HOUR_MS)
    driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms("40")))
    assert [text(charge.debt_before) for charge in spot_charges(driver)] == ["100"]


def test_a_shortfall_raises_the_flag_and_the_next_fee_lifts_it() -> None:
    """10 USDT do not cover a lost debt in USDC; the fee of a liquidation in USDT is coins again."""
    driver = Driver(NOON_MS + 1, replace(load_parameters(), insurance_fund=atoms("10")))
    driver.user(USER, BTC="1")
    driver.user(OTHER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.price("USDC-USDT", "1")
    driver.do(c.ManualBorrow(user_id=OTHER, ccy="USDT", amount=atoms("15000")))
    driver.deposit("USDT", "-15000", OTHER)
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDC", amount=atoms("40000")))
    driver.deposit("USDC", "-40000")
    events = driver.do(c.SetPrices(prices=(("BTC-USDT", atoms("20000")),)))
    (covered,) = of_kind(events, DebtCovered)
    assert covered.bad_debt > 0
    assert fund.is_empty(driver.state)
    assert driver.refuse(c.ManualBorrow(user_id=OTHER, ccy="USDT", amount=atoms("1"))) is Reject.MARGIN_INSUFFICIENT
    driver.deposit("USDT", "1000", OTHER)
    driver.deposit("BTC", "1", OTHER)
    assert driver.refuse(c.ManualBorrow(user_id=OTHER, ccy="USDT", amount=atoms("1"))) is Reject.POOL_EXHAUSTED
    events = driver.do(c.SetPrices(prices=(("BTC-USDT", atoms("7300")),)))
    fees = sum(fee.amount for fee in of_kind(events, LiquidationFeeTaken))
    assert of_kind(events, Repaid)
    assert fund.holds(driver.state) == fees > 0
    driver.deposit("BTC", "10", OTHER)
    driver.do(c.ManualBorrow(user_id=OTHER, ccy="USDT", amount=atoms("1")))
