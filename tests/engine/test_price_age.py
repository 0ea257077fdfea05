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
    driver.do(
        c.ChangeParameters(settings=(c.Setting(table="constants", row="", field="price_age_max_ms", value=limit_ms),))
    )
    driver.do(c.MoveMarket(instruments=("BTC-USDT", "ETH-USDT"), prices=(atoms("60000"), atoms("3000"))))
    return driver


def index(driver: Driver, instrument: str) -> str:
    return text(driver.state.markets[instrument].index)


def test_a_price_is_used_as_long_as_its_limit_and_a_millisecond_later_not() -> None:
    driver = recorded()
    driver.wait(LIMIT_MS)
    assert index(driver, "BTC-USDT") == "60000"
    driver.wait(1)
    assert all_of(driver, PricesExpired) == [PricesExpired(instruments=("BTC-USDT", "ETH-USDT"))]
    assert index(driver, "BTC-USDT") == "0"


def test_each_price_has_its_own_age() -> None:
    driver = recorded()
    driver.wait(LIMIT_MS)
    driver.do(c.MoveMarket(instruments=("BTC-USDT",), prices=(atoms("61000"),)))
    driver.wait(1)
    assert all_of(driver, PricesExpired) == [PricesExpired(instruments=("ETH-USDT",))]
    assert index(driver, "BTC-USDT") == "61000"


def test_without_a_limit_and_by_hand_no_price_grows_old() -> None:
    driver = recorded(limit_ms=0)
    driver.wait(400 * HOUR_MS)
    driver.price("BTC-USDT", "60000")
    driver.do(
        c.ChangeParameters(settings=(c.Setting(table="constants", row="", field="price_age_max_ms", value=LIMIT_MS),))
    )
    driver.wait(400 * HOUR_MS)
    assert all_of(driver, PricesExpired) == [PricesExpired(instruments=("ETH-USDT",))]
    assert index(driver, "BTC-USDT") == "60000"


def test_a_limit_set_late_forgets_at_the_next_tick() -> None:
    driver = recorded(limit_ms=0)
    driver.wait(HOUR_MS)
    driver.do(
        c.ChangeParameters(settings=(c.Setting(table="constants", row="", field="price_age_max_ms", value=LIMIT_MS),))
    )
    assert core.due_at_ms(driver.state) == NOON_MS + 1 + LIMIT_MS + 1
    driver.wait(0)
    assert index(driver, "BTC-USDT") == "0"


@pytest.mark.parametrize("ccy", ["USDT", "BTC"])
def test_what_is_owed_can_be_repaid_and_nothing_else_moves(ccy: str) -> None:
    """BTC lost its price: no borrowing of it or against it, no coins out; repaying and paying in stay open."""
    driver = recorded()
    driver.do(c.ManualBorrow(user_id=USER, ccy="BTC", amount=atoms("0.1")))
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("50")))
    driver.wait(LIMIT_MS + 1)
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy=ccy, amount=atoms("10"))) is (
        Reject.ABOVE_BORROW_LIMIT if ccy == "BTC" else Reject.MARGIN_INSUFFICIENT
    )
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy=ccy, amount=atoms("1"))) is Reject.MARGIN_INSUFFICIENT
    assert margin.max_loan(driver.state, driver.state.users[USER], ccy) == 0
    assert (
        driver.refuse(c.Transfer(user_id=USER, ccy="USDT", amount=atoms("1"), source="trading", target="funding"))
        is Reject.MARGIN_INSUFFICIENT
    )
    assert (
        driver.refuse(c.AdjustBalance(user_id=USER, account="trading", ccy="USDT", delta=-atoms("1")))
        is Reject.MARGIN_INSUFFICIENT
    )
    assert driver.refuse(c.SetLeverage(user_id=USER, ccy="BTC", leverage=atoms("2"))) is Reject.LEVERAGE_MARGIN
    driver.do(c.AdjustBalance(user_id=USER, account="trading", ccy="USDT", delta=atoms("1")))
    driver.do(c.ManualRepay(user_id=USER, ccy=ccy, amount=atoms("1000")))
    assert driver.debt(ccy) == "0"


def test_a_loan_is_not_judged_while_a_price_is_lost() -> None:
    driver = recorded()
    driver.deposit("ETH", "1", account="funding")
    driver.deposit("BTC", "1", account="funding")
    driver.do(
        c.BorrowLoan(
            user_id=USER,
            loan_id=0,
            ccy="USDT",
            amount=atoms("2000"),
            collateral=(("ETH", atoms("0.5")), ("BTC", atoms("0.03"))),
            client_order_id="a",
        )
    )
    driver.wait(LIMIT_MS + 1)
    driver.price("BTC-USDT", "100")
    (loan,) = driver.state.loans.values()
    assert loan_risk.exact_ltv(driver.state, loan) is None
    assert (
        driver.refuse(c.AdjustCollateral(user_id=USER, loan_id=0, add=False, ccy="ETH", amount=100))
        is Reject.ABOVE_REDEEMABLE
    )
    driver.do(c.AdjustCollateral(user_id=USER, loan_id=0, add=True, ccy="ETH", amount=atoms("0.1")))
    driver.do(c.MoveMarket(instruments=("ETH-USDT",), prices=(atoms("3000"),)))
    assert driver.state.loans == {}


def test_pledging_a_coin_that_never_had_a_price_stops_no_liquidation() -> None:
    """1,000 USDT on 0.03 BTC: due at 34,524.43 whatever is added that nobody can value; seized with the rest."""
    driver = recorded()
    for ccy in ("SOL", "BTC"):
        driver.deposit(ccy, "1", account="funding")
    driver.do(
        c.BorrowLoan(
            user_id=USER,
            loan_id=0,
            ccy="USDT",
            amount=atoms("1000"),
            collateral=(("BTC", atoms("0.03")),),
            client_order_id="a",
        )
    )
    driver.do(c.AdjustCollateral(user_id=USER, loan_id=0, add=True, ccy="SOL", amount=100))
    (loan,) = driver.state.loans.values()
    assert text(flexible_loan.thresholds(driver.state, loan)[2]) == "0.9655"
    driver.price("BTC-USDT", "34525")
    assert driver.state.loans != {}
    moved = of_kind(driver.do(c.SetPrices(prices=(("BTC-USDT", atoms("34524")),))), LoanMoved)
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
    driver.do(
        c.BorrowLoan(
            user_id=USER,
            loan_id=0,
            ccy="USDT",
            amount=atoms("1000"),
            collateral=(("BTC", atoms("0.03")),),
            client_order_id="a",
        )
    )
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100")))
    driver.wait(LIMIT_MS + 1)
    driver.price("BTC-USDT", "60000")
    assert (
        driver.refuse(c.AdjustCollateral(user_id=USER, loan_id=0, add=True, ccy="ETH", amount=100))
        is Reject.CCY_NOT_COLLATERAL
    )
    assert (
        driver.refuse(c.Transfer(user_id=USER, ccy="ETH", amount=100, source="funding", target="trading"))
        is Reject.MARGIN_INSUFFICIENT
    )
    driver.do(
        c.PlaceOrder(
            user_id=2, instrument="ETH-USDT", side="sell", kind="limit", size=atoms("0.001"), price=atoms("1000")
        )
    )
    buy = c.PlaceOrder(
        user_id=USER, instrument="ETH-USDT", side="buy", kind="ioc", size=atoms("0.001"), price=atoms("1000")
    )
    assert driver.refuse(buy) is Reject.MARGIN_INSUFFICIENT
    driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms("200")))
    driver.do(c.Transfer(user_id=USER, ccy="ETH", amount=100, source="funding", target="trading"))


def test_lenders_are_paid_from_coins_that_have_a_price() -> None:
    """Half of 1,000 USDT must come back; the SOL beside the BTC is passed over."""
    driver = recorded()
    for ccy in ("SOL", "BTC"):
        driver.deposit(ccy, "1", account="funding")
    driver.do(
        c.BorrowLoan(
            user_id=USER,
            loan_id=0,
            ccy="USDT",
            amount=atoms("1000"),
            collateral=(("BTC", atoms("0.03")),),
            client_order_id="a",
        )
    )
    driver.do(c.AdjustCollateral(user_id=USER, loan_id=0, add=True, ccy="SOL", amount=atoms("1")))
    driver.do(c.MovePool(ccy="USDT", delta=-driver.state.ledger["pool"]["USDT"] - atoms("500")))
    sold = [event.ccy for event in all_of(driver, LoanMoved) if event.kind == "forced_repayment_sell"]
    assert sold == ["BTC"]
    refused = c.RepayLoanWithCollateral(
        user_id=USER, loan_id=driver.state.last_loan_id, ccy="USDT", amount=atoms("10"), collateral_ccys=("SOL",)
    )
    assert driver.refuse(refused) is Reject.COLLATERAL_TOO_LITTLE
    driver.do(
        c.RepayLoanWithCollateral(
            user_id=USER,
            loan_id=driver.state.last_loan_id,
            ccy="USDT",
            amount=atoms("10"),
            collateral_ccys=("SOL", "BTC"),
        )
    )


def test_holding_a_coin_that_never_had_a_price_stops_no_liquidation() -> None:
    driver = recorded()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("50000")))
    driver.deposit("USDT", "-40000")
    driver.deposit("SOL", "1")
    events = driver.do(c.SetPrices(prices=(("BTC-USDT", atoms("20000")),)))
    assert of_kind(events, LiquidationStarted)
