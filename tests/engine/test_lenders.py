"""Lenders who come, leave and wait, and whose loans are called in for them. Numbers by hand."""

from __future__ import annotations

import pytest

from tallystick.engine import commands as c
from tallystick.engine import ledger, margin
from tallystick.engine.events import LoanSettled, OrderClosed, PoolMoved
from tallystick.engine.rejects import Reject
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import all_of, lose_price, of_kind
from tests.engine.test_loan_risk import BTC, fund, lend, rows, simple_discounts

OTHER = 2


def move(driver: Driver, amount: int) -> list[PoolMoved]:
    """Lenders of ETH put in or ask back; what moved in the pool."""
    return of_kind(driver.do(c.MovePool(ccy="ETH", delta=amount)), PoolMoved)


def moved(amount: str, waiting: str) -> PoolMoved:
    return PoolMoved(ccy="ETH", delta=atoms(amount), redemption=atoms(waiting))


def leave(driver: Driver, stay: int) -> None:
    """Lenders ask back all but `stay` of what was there at the start."""
    move(driver, stay - driver.parameters.currencies["ETH"].pool)


def stay_for(lent: str, less: int = 0) -> int:
    """The deposits of which 95 % are `lent`, or `less` atoms under it."""
    return -(-(atoms(lent) - less) * 100 // 95) if not less else (atoms(lent) * 100 - less) // 95


def booked(driver: Driver, account: str, ccy: str) -> str:
    return text(ledger.balance(driver.state, account, ccy))


def small_pool(deposits: str) -> Driver:
    """ETH that are there to be lent."""
    driver = simple_discounts()
    leave(driver, atoms(deposits))
    return driver


def test_what_lenders_put_in_is_there_at_once() -> None:
    driver = small_pool("10")
    outside = ledger.balance(driver.state, "outside", "ETH")
    assert move(driver, atoms("5")) == [moved("5", "0")]
    assert booked(driver, "pool", "ETH") == "15"
    assert ledger.balance(driver.state, "outside", "ETH") == outside - atoms("5")
    assert move(driver, -atoms("15")) == [moved("-15", "0")]
    assert booked(driver, "pool", "ETH") == "0"


def test_while_nobody_waits_nobody_is_called_in_however_much_is_lent() -> None:
    """10 of 10.2 ETH are lent, 98 %."""
    driver = small_pool("10.2")
    lend(driver, "ETH", "10", BTC="1")
    move(driver, 1)
    assert rows(driver)[2:] == []


def test_lenders_wait_for_what_is_lent_and_get_what_comes_first() -> None:
    """12 ETH, 10 of them lent, and no price, so that nothing can be called in.

    Of 3 asked back 2 are there and 1 is waited for. Of the 10 lent 9 can be asked back besides. 4 that others put in go
    to those who wait.
    """
    driver = small_pool("12")
    lend(driver, "ETH", "10", BTC="1")
    lose_price(driver, "ETH-USDT")
    assert move(driver, -atoms("3")) == [moved("-2", "1")]
    refused = driver.refusal(c.MovePool(ccy="ETH", delta=-atoms("9") - 1))
    assert (refused.reject, refused.details) == (Reject.WOULD_BE_NEGATIVE, {"ccy": "ETH"})
    assert move(driver, -atoms("9")) == [moved("0", "10")]
    assert move(driver, atoms("4")) == [moved("4", "10"), moved("-4", "6")]
    assert driver.state.redemptions == {"ETH": atoms("6")}
    assert margin.lendable(driver.state, "ETH") == 0


def test_the_larger_loan_of_a_user_is_called_in_first_and_then_the_other() -> None:
    """11 of 12 ETH are called in; a loan of USDT has no part in it.

    10 / 0.999 = 10.01001001..., to the lot 10.010011 at 3,000 = 30,030.033. That over 0.999 x 60,000 is 0.5010015515,
    lifted to 0.50100156 BTC: 30,060.0936 less 30.0600936 of fee. 0.010010011 ETH of fee, 10 for the debt, 0.000000989
    for the user. Of the other: 1.001002 ETH for 3,003.006, out of 0.05010021 BTC, 3,006.0126 less 3.0060126; less
    0.001001002 of fee 1.000000998 for the debt.
    """
    driver = simple_discounts()
    small = lend(driver, "ETH", "2", "small", BTC="1")
    large = lend(driver, "ETH", "10", "large", BTC="1")
    lend(driver, "USDT", "100", "dollars", BTC="0.01")
    before = len(rows(driver))
    leave(driver, stay_for("1"))
    assert rows(driver)[before:] == [
        ("forced_repayment_sell", "BTC", "-0.50100156"),
        ("forced_repayment_buy", "ETH", "10"),
        ("collateral_released", "BTC", "0.49899844"),
        ("forced_repayment_sell", "BTC", "-0.05010021"),
        ("forced_repayment_buy", "ETH", "1.000000998"),
    ]
    assert [event.loan_id for event in all_of(driver, LoanSettled)] == [large, large, small, small]
    assert text(driver.owes(driver.state.loans[small])["ETH"]) == "0.999999002"
    assert (booked(driver, "fee", "ETH"), booked(driver, "fee", "USDT")) == ("0.011011013", "33.0661062")
    # 30,030.0335064 - 30,030.033 and 3,003.0065874 - 3,003.006
    assert (driver.funding("ETH"), driver.funding("USDT")) == ("12.000000989", "100.0010938")
    assert [booked(driver, account, ccy) for account in ("insurance", "bad_debt") for ccy in ("ETH", "USDT")] == [
        "0",
        text(driver.parameters.insurance_fund),
        "0",
        "0",
    ]


@pytest.mark.parametrize("user", [USER, OTHER])
def test_an_atom_that_is_still_missing_is_called_in_too(user: int) -> None:
    """A lot of 0.000001 ETH costs 0.003, out of 0.00000006 BTC; 0.000000001 of it is the fee."""
    driver = simple_discounts()
    driver.user(OTHER)
    lend(driver, "ETH", "10", "large", BTC="1")
    lend(driver, "ETH", "2", "small", BTC="1", user=user)
    before = len(rows(driver, user)) + (3 if user == USER else 0)
    leave(driver, stay_for("2", 1))
    assert rows(driver, user)[before:] == [
        ("forced_repayment_sell", "BTC", "-0.00000006"),
        ("forced_repayment_buy", "ETH", "0.000000999"),
    ]


def test_a_loan_that_cannot_be_judged_is_passed_over() -> None:
    """The larger one is pledged with SOL too, whose price is lost."""
    driver = simple_discounts()
    driver.user(OTHER)
    lend(driver, "ETH", "10", BTC="1", SOL="1")
    lend(driver, "ETH", "2", BTC="1", user=OTHER)
    lose_price(driver, "SOL-USDT")
    before = len(rows(driver))
    leave(driver, stay_for("11"))
    assert rows(driver)[before:] == []
    assert rows(driver, OTHER)[2:] == [
        ("forced_repayment_sell", "BTC", "-0.05010021"),
        ("forced_repayment_buy", "ETH", "1.000000998"),
    ]


def test_of_equal_debts_the_older_user_comes_first() -> None:
    """One owes 2 ETH in the trading account, the other a loan of 2 and one of dollars, which adds nothing."""
    driver = simple_discounts()
    driver.deposit("BTC", "1")
    driver.user(OTHER)
    driver.do(c.ManualBorrow(user_id=USER, ccy="ETH", amount=atoms("2")))
    lend(driver, "USDT", "100", "dollars", BTC="0.01", user=OTHER)
    lend(driver, "ETH", "2", BTC="1", user=OTHER)
    leave(driver, stay_for("3"))
    assert rows(driver, OTHER)[4:] == []
    assert atoms(driver.debt("ETH")) <= atoms("1")


def test_the_dearest_collateral_is_sold_first_and_of_the_next_what_is_missing() -> None:
    """SOL of 30,000 bring 29,970; 60.033 of 30,030.033 are missing: 0.0010015515, lifted to 0.00100156 BTC."""
    driver = simple_discounts()
    lend(driver, "ETH", "10", BTC="0.3", SOL="200")
    before = len(rows(driver))
    leave(driver, 0)
    assert rows(driver)[before:] == [
        ("forced_repayment_sell", "SOL", "-200"),
        ("forced_repayment_sell", "BTC", "-0.00100156"),
        ("forced_repayment_buy", "ETH", "10"),
        ("collateral_released", "BTC", "0.29899844"),
    ]
    assert booked(driver, "fee", "USDT") == "30.0600936"
    assert driver.funding("USDT") == "0.0005064"


def test_what_all_the_collateral_does_not_pay_the_fund_pays() -> None:
    """At a fee of 4 % and an LTV of 0.952 all BTC, 31,500, bring 30,240: 10.08 ETH, of which 0.4032 are the fee.

    9.6768 of the 10 owed are repaid; 0.3232 at 3,000 are 969.6 of the fund.
    """
    driver = simple_discounts()
    lend(driver, "ETH", "10", BTC="0.75")
    driver.do(
        c.ChangeParameters(settings=(c.Setting(table="constants", row="", field="taker_fee", value=atoms("0.04")),))
    )
    driver.price(BTC, "42000")
    before = len(rows(driver))
    leave(driver, 0)
    assert rows(driver)[before:] == [
        ("forced_repayment_sell", "BTC", "-0.75"),
        ("forced_repayment_buy", "ETH", "9.6768"),
        ("partial_liquidation", "ETH", "-0.3232"),
    ]
    assert driver.state.loans == {}
    assert fund(driver) == "-969.6"


def test_collateral_without_a_price_is_not_sold_and_stays() -> None:
    """As above, with 5 DOGE besides, which never had a price."""
    driver = simple_discounts()
    loan_id = lend(driver, "ETH", "10", BTC="0.75")
    driver.deposit("DOGE", "5", USER, "funding")
    driver.do(c.AdjustCollateral(user_id=USER, loan_id=loan_id, add=True, ccy="DOGE", amount=atoms("5")))
    driver.do(
        c.ChangeParameters(settings=(c.Setting(table="constants", row="", field="taker_fee", value=atoms("0.04")),))
    )
    driver.price(BTC, "42000")
    before = len(rows(driver))
    leave(driver, 0)
    assert rows(driver)[before:] == [
        ("forced_repayment_sell", "BTC", "-0.75"),
        ("forced_repayment_buy", "ETH", "9.6768"),
    ]
    loan = driver.state.loans[loan_id]
    assert (driver.owes(loan), loan.collateral) == ({"ETH": atoms("0.3232")}, {"DOGE": atoms("5")})


def test_nothing_is_sold_of_a_coin_that_is_not_needed() -> None:
    """Without a fee 200 SOL of 30,000 are exactly what 10 ETH cost."""
    driver = simple_discounts()
    lend(driver, "ETH", "10", BTC="0.3", SOL="200")
    driver.do(c.ChangeParameters(settings=(c.Setting(table="constants", row="", field="taker_fee", value=0),)))
    before = len(rows(driver))
    leave(driver, 0)
    assert rows(driver)[before:] == [
        ("forced_repayment_sell", "SOL", "-200"),
        ("forced_repayment_buy", "ETH", "10"),
        ("collateral_released", "BTC", "0.3"),
    ]


def test_an_order_that_would_borrow_however_little_is_cancelled_while_lenders_wait() -> None:
    """3 ETH are sold, and 10^-16 of them are not there; of 12 ETH lenders have 10 are lent, and 3 are asked back."""
    driver = small_pool("12")
    driver.user(OTHER, BTC="1", ETH="2.9999999999999999")
    lend(driver, "ETH", "10", BTC="1")
    driver.do(
        c.PlaceOrder(
            user_id=OTHER, instrument="ETH-USDT", side="sell", kind="limit", size=atoms("3"), price=atoms("4000")
        )
    )
    events = driver.do(c.MovePool(ccy="ETH", delta=-atoms("3")))
    assert [(event.user_id, event.cause) for event in of_kind(events, OrderClosed)] == [(OTHER, "cap")]


def test_where_a_repayment_brings_what_lenders_wait_for_nobody_is_called_in() -> None:
    """1 ETH is waited for while there is no price, and repaid; 9 of the 9 left are lent when the price is back."""
    driver = small_pool("12")
    loan_id = lend(driver, "ETH", "10", BTC="1")
    lose_price(driver, "ETH-USDT")
    move(driver, -atoms("3"))
    before = len(rows(driver))
    driver.do(c.RepayLoan(user_id=USER, loan_id=loan_id, ccy="ETH", amount=atoms("1"), client_order_id="back"))
    driver.price("ETH-USDT", "3000")
    driver.price("ETH-USDT", "3001")
    assert rows(driver)[before:] == [("repaid", "ETH", "-1")]
    assert driver.state.redemptions == {}


def test_collateral_that_does_not_buy_a_lot_is_left_alone() -> None:
    """0.00000001 BTC is worth 0.0006, and the least lot of ETH costs 0.003."""
    driver = simple_discounts()
    lend(driver, "ETH", "0.0000001", BTC="0.00000001")
    before = len(rows(driver))
    leave(driver, 0)
    assert rows(driver)[before:] == []
    assert len(driver.state.loans) == 1
