"""Prices that are missing or too old (F13): what they stop, what stays open, and what nobody can hide behind."""

from __future__ import annotations

import pytest

from tallystick.engine import commands as c
from tallystick.engine import core, flexible_loan, loan_risk, margin
from tallystick.engine.events import LiquidationStarted, LoanMoved, PricesExpired
from tallystick.engine.rejects import Reject
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import HOUR_MS, NOON_MS, all_of, of_kind

LIMIT_MS = 60_000


def recorded(limit_ms: int = LIMIT_MS) -> Driver:
    """BTC at 60,000 and ETH at 3,000 from the recording, SOL without a price; prices may be a minute old."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1", USDT="100")
    driver.do(c.ChangeParameters((c.Setting("constants", "", "price_age_max_ms", limit_ms),)))
    driver.do(c.MoveMarket((("BTC-USDT", atoms("60000"), 0), ("ETH-USDT", atoms("3000"), 0))))
    return driver


def index(driver: Driver, instrument: str) -> str:
    return text(driver.state.markets[instrument].index)


def test_a_price_is_used_as_long_as_its_limit_and_a_millisecond_later_not() -> None:
    driver = recorded()
    driver.wait(LIMIT_MS)
    assert index(driver, "BTC-USDT") == "60000"
    driver.wait(1)
    assert all_of(driver, PricesExpired) == [PricesExpired(("BTC-USDT", "ETH-USDT"))]
    assert index(driver, "BTC-USDT") == "0"


def test_each_price_has_its_own_age() -> None:
    driver = recorded()
    driver.wait(LIMIT_MS)
    driver.do(c.MoveMarket((("BTC-USDT", atoms("61000"), 0),)))
    driver.wait(1)
    assert all_of(driver, PricesExpired) == [PricesExpired(("ETH-USDT",))]
    assert index(driver, "BTC-USDT") == "61000"


def test_without_a_limit_and_by_hand_no_price_grows_old() -> None:
    driver = recorded(limit_ms=0)
    driver.wait(400 * HOUR_MS)
    driver.price("BTC-USDT", "60000")
    driver.do(c.ChangeParameters((c.Setting("constants", "", "price_age_max_ms", LIMIT_MS),)))
    driver.wait(400 * HOUR_MS)
    assert all_of(driver, PricesExpired) == [PricesExpired(("ETH-USDT",))]
    assert index(driver, "BTC-USDT") == "60000"


def test_a_limit_set_late_forgets_at_the_next_tick() -> None:
    driver = recorded(limit_ms=0)
    driver.wait(HOUR_MS)
    driver.do(c.ChangeParameters((c.Setting("constants", "", "price_age_max_ms", LIMIT_MS),)))
    assert core.due_at_ms(driver.state) == NOON_MS + 1 + LIMIT_MS + 1
    driver.wait(0)
    assert index(driver, "BTC-USDT") == "0"


@pytest.mark.parametrize("ccy", ["USDT", "BTC"])
def test_what_is_owed_can_be_repaid_and_nothing_else_moves(ccy: str) -> None:
    """BTC lost its price: no borrowing of it or against it, no coins out; repaying and paying in stay open."""
    driver = recorded()
    driver.do(c.ManualBorrow(USER, "BTC", atoms("0.1")))
    driver.do(c.ManualBorrow(USER, "USDT", atoms("50")))
    driver.wait(LIMIT_MS + 1)
    assert driver.refuse(c.ManualBorrow(USER, ccy, atoms("10"))) is (
        Reject.ABOVE_BORROW_LIMIT if ccy == "BTC" else Reject.MARGIN_INSUFFICIENT
    )
    assert driver.refuse(c.ManualBorrow(USER, ccy, atoms("1"))) is Reject.MARGIN_INSUFFICIENT
    assert margin.max_loan(driver.state, driver.state.users[USER], ccy) == 0
    assert driver.refuse(c.Transfer(USER, "USDT", atoms("1"), "trading", "funding")) is Reject.MARGIN_INSUFFICIENT
    assert driver.refuse(c.AdjustBalance(USER, "trading", "USDT", -atoms("1"))) is Reject.MARGIN_INSUFFICIENT
    assert driver.refuse(c.SetLeverage(USER, "BTC", atoms("2"))) is Reject.LEVERAGE_MARGIN
    driver.do(c.AdjustBalance(USER, "trading", "USDT", atoms("1")))
    driver.do(c.ManualRepay(USER, ccy, atoms("1000")))
    assert driver.debt(ccy) == "0"


def test_a_loan_is_not_judged_while_a_price_is_lost() -> None:
    driver = recorded()
    driver.deposit("ETH", "1", account="funding")
    driver.deposit("BTC", "1", account="funding")
    driver.do(c.BorrowLoan(USER, 0, "USDT", atoms("2000"), (("ETH", atoms("0.5")), ("BTC", atoms("0.03"))), "a"))
    driver.wait(LIMIT_MS + 1)
    driver.price("BTC-USDT", "100")
    (loan,) = driver.state.loans.values()
    assert loan_risk.exact_ltv(driver.state, loan) is None
    assert driver.refuse(c.AdjustCollateral(USER, 0, False, "ETH", 100)) is Reject.ABOVE_REDEEMABLE
    driver.do(c.AdjustCollateral(USER, 0, True, "ETH", atoms("0.1")))
    driver.do(c.MoveMarket((("ETH-USDT", atoms("3000"), 0),)))
    assert driver.state.loans == {}


def test_pledging_a_coin_that_never_had_a_price_stops_no_liquidation() -> None:
    """1,000 USDT on 0.03 BTC: due at 34,524.43 whatever is added that nobody can value; seized with the rest."""
    driver = recorded()
    for ccy in ("SOL", "BTC"):
        driver.deposit(ccy, "1", account="funding")
    driver.do(c.BorrowLoan(USER, 0, "USDT", atoms("1000"), (("BTC", atoms("0.03")),), "a"))
    driver.do(c.AdjustCollateral(USER, 0, True, "SOL", 100))
    (loan,) = driver.state.loans.values()
    assert text(flexible_loan.thresholds(driver.state, loan)[2]) == "0.9655"
    driver.price("BTC-USDT", "34525")
    assert driver.state.loans != {}
    moved = of_kind(driver.do(c.SetPrice("BTC-USDT", atoms("34524"))), LoanMoved)
    assert [(event.kind, event.ccy) for event in moved] == [
        ("forced_liquidation", "BTC"),
        ("forced_liquidation", "SOL"),
        ("forced_liquidation", "USDT"),
    ]


def test_nobody_can_hide_behind_a_coin_that_lost_its_price() -> None:
    """ETH lost its price: who owes cannot get the first of it, by pledging, transfer or trade."""
    driver = recorded()
    driver.user(2, ETH="1")
    for ccy in ("ETH", "BTC"):
        driver.deposit(ccy, "1", account="funding")
    driver.do(c.BorrowLoan(USER, 0, "USDT", atoms("1000"), (("BTC", atoms("0.03")),), "a"))
    driver.do(c.ManualBorrow(USER, "USDT", atoms("100")))
    driver.wait(LIMIT_MS + 1)
    driver.price("BTC-USDT", "60000")
    assert driver.refuse(c.AdjustCollateral(USER, 0, True, "ETH", 100)) is Reject.CCY_NOT_COLLATERAL
    assert driver.refuse(c.Transfer(USER, "ETH", 100, "funding", "trading")) is Reject.MARGIN_INSUFFICIENT
    driver.do(c.PlaceOrder(2, "ETH-USDT", "sell", "limit", atoms("0.001"), atoms("1000")))
    buy = c.PlaceOrder(USER, "ETH-USDT", "buy", "ioc", atoms("0.001"), atoms("1000"))
    assert driver.refuse(buy) is Reject.MARGIN_INSUFFICIENT
    driver.do(c.ManualRepay(USER, "USDT", atoms("200")))
    driver.do(c.Transfer(USER, "ETH", 100, "funding", "trading"))


def test_lenders_are_paid_from_coins_that_have_a_price() -> None:
    """Half of 1,000 USDT must come back; the SOL beside the BTC is passed over."""
    driver = recorded()
    for ccy in ("SOL", "BTC"):
        driver.deposit(ccy, "1", account="funding")
    driver.do(c.BorrowLoan(USER, 0, "USDT", atoms("1000"), (("BTC", atoms("0.03")),), "a"))
    driver.do(c.AdjustCollateral(USER, 0, True, "SOL", atoms("1")))
    driver.do(c.MovePool("USDT", -driver.state.ledger["pool"]["USDT"] - atoms("500")))
    sold = [event.ccy for event in all_of(driver, LoanMoved) if event.kind == "forced_repayment_sell"]
    assert sold == ["BTC"]
    refused = c.RepayLoanWithCollateral(USER, driver.state.last_loan_id, "USDT", atoms("10"), ("SOL",))
    assert driver.refuse(refused) is Reject.COLLATERAL_TOO_LITTLE
    driver.do(c.RepayLoanWithCollateral(USER, driver.state.last_loan_id, "USDT", atoms("10"), ("SOL", "BTC")))


def test_holding_a_coin_that_never_had_a_price_stops_no_liquidation() -> None:
    driver = recorded()
    driver.do(c.ManualBorrow(USER, "USDT", atoms("50000")))
    driver.deposit("USDT", "-40000")
    driver.deposit("SOL", "1")
    events = driver.do(c.SetPrice("BTC-USDT", atoms("20000")))
    assert of_kind(events, LiquidationStarted)
