"""Forced sales of a trading account: which coins are sold, and when nothing is left that could pay."""

from __future__ import annotations

from tallystick.engine import commands as c
from tallystick.engine.events import DebtCovered, LiquidationStarted, OrderClosed, Repaid
from tallystick.engine.rejects import Reject
from tests.engine.driver import USER, Driver, atoms
from tests.engine.setups import NOON_MS, all_of, of_kind, with_currency
from tests.engine.test_spot_risk import example, fall, forced, names, spend


def test_a_coin_that_is_no_collateral_is_not_sold() -> None:
    """1.999 BTC at 25,000 are 49,975 and pay less than the 50,000 owed; the fund pays the rest, 2 ETH or not."""
    driver = example(with_currency("ETH", collateral=False))
    driver.deposit("ETH", "2")
    events = fall(driver, "25000")
    assert {pair for pair, _, _ in forced(events)} == {"BTC-USDT"}
    assert len(of_kind(events, DebtCovered)) == 1
    assert (driver.cash("ETH"), driver.debt("USDT")) == ("2", "0")


def test_usdt_that_could_buy_the_debt_coin_keep_the_fund_out() -> None:
    """0.1 BTC owed, 10,000 USDT held. At 98,500 they are worth 150 more, and 9,850 x 2.6 % at least are needed. Nobody
    offers BTC now, but the 10,000 USDT could buy them, so the account stays frozen and the fund pays nothing."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, USDT="10000")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="BTC", amount=atoms("0.1")))
    spend(driver, "BTC", "0.1")
    driver.book("BTC-USDT", [("60000", "1")], [])
    events = fall(driver, "98500")
    assert "LiquidationStarted" in names(events)
    assert forced(events) == []
    assert all_of(driver, DebtCovered) == []
    assert (driver.state.users[USER].liquidating, driver.debt("BTC"), driver.cash("USDT")) == (True, "0.1", "10000")


def test_an_order_wholly_on_credit_is_judged_at_every_price_beside_a_small_debt() -> None:
    """10 USDT owed; 2.9 BTC at 50,000 ask for 145,000 / 3 = 48,333.33 of margin. At 50,500 the BTC held counts 49,490,
    and the order filled would lose 2.9 x (50,000 - 49,490) = 1,479: 48,011 are not enough, and the order goes."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("10")))
    spend(driver, "USDT", "10")
    order = c.PlaceOrder(
        user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("2.9"), price=atoms("50000")
    )
    driver.do(order)
    assert driver.state.users[USER].frozen == {}
    assert of_kind(fall(driver, "51500"), OrderClosed) == []
    (closed,) = of_kind(fall(driver, "50500"), OrderClosed)
    assert closed.cause == "risk"
    assert all_of(driver, LiquidationStarted) == []


def test_the_funding_account_of_a_frozen_user_is_free() -> None:
    driver = Driver(NOON_MS + 1)
    driver.user(USER, USDT="10000")
    driver.price("BTC-USDT", "60000")
    driver.price("ADA-USDT", "0.5")
    driver.do(c.ManualBorrow(user_id=USER, ccy="BTC", amount=atoms("0.1")))
    spend(driver, "BTC", "0.1")
    driver.deposit("ADA", "4", account="funding")
    driver.book("BTC-USDT", [("60000", "1")], [])
    fall(driver, "98500")
    assert driver.state.users[USER].liquidating
    driver.do(c.EasyConvert(user_id=USER, account="funding", source_ccys=("ADA",), target_ccy="USDT"))
    assert (driver.funding("ADA"), driver.funding("USDT")) == ("0", "1.996")
    trading = c.EasyConvert(user_id=USER, account="trading", source_ccys=("ADA",), target_ccy="USDT")
    assert driver.refuse(trading) is Reject.IN_LIQUIDATION


def test_of_coins_with_one_discount_the_most_valuable_goes_first() -> None:
    """10 ETH and 0.1 BTC count 0.98. At 1,950 for ETH they are worth 24,990 against 25,000 owed."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, ETH="10", BTC="0.1")
    driver.price("BTC-USDT", "60000")
    driver.price("ETH-USDT", "3000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("25000")))
    spend(driver, "USDT", "25000")
    assert next(pair for pair, _, _ in forced(fall(driver, "1950", "ETH-USDT"))) == "ETH-USDT"


def test_the_most_valuable_debt_is_paid_first() -> None:
    """50,000 USDT and 100 USDC are owed: a fifth of the USDT comes first, though USDC has the earlier name."""
    driver = example()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDC", amount=atoms("100")))
    spend(driver, "USDC", "100")
    first = of_kind(fall(driver, "25900"), Repaid)[0]
    assert (first.ccy, first.kind) == ("USDT", "forced_repay")


def test_a_debt_that_nobody_offers_keeps_no_other_from_being_paid() -> None:
    """12,000 are owed in BTC, which nobody offers, and 6,000 in USDT. At 1,880 the 10 ETH count 18,424, 424 more than
    that; 12,000 x 3.1 % and 6,000 x 2.1 % are 498. USDT are paid from ETH."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, ETH="10")
    driver.price("BTC-USDT", "60000")
    driver.price("ETH-USDT", "3000")
    for ccy, amount in (("BTC", "0.2"), ("USDT", "6000")):
        driver.do(c.ManualBorrow(user_id=USER, ccy=ccy, amount=atoms(amount)))
        spend(driver, ccy, amount)
    driver.book("BTC-USDT", [("60000", "1")], [])
    events = fall(driver, "1880", "ETH-USDT")
    assert {event.ccy for event in of_kind(events, Repaid)} == {"USDT"}
    assert driver.debt("BTC") == "0.2"
