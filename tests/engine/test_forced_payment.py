"""Forced payment at its edges: least orders, nothing left to pay, a book that is taken empty.

BTC at 60,000 and ETH at 3,000, whose least order is 0.001; a forced order goes 1 % off. Numbers by hand.
"""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.engine import commands as c
from tallystick.engine import core, forced_sale, ledger
from tallystick.engine.events import OrderPlaced
from tallystick.engine.forced_sale import Terms
from tallystick.engine.work import Work
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import NOON_MS, of_kind
from tests.engine.test_spot_risk import spend

NO_FEE = Terms(forced_sale.FORCED_REPAYMENT, 0)
Placed = tuple[str, str, str]


def owing(ccy: str, debt: str, **coins: str) -> Driver:
    """A debt of which nothing is left, beside 1 BTC in another account's stead; deep books at the index."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1")
    for pair, price in (("BTC-USDT", "60000"), ("ETH-USDT", "3000")):
        driver.price(pair, price)
        driver.book(pair, [(price, "100")], [(text(atoms(price) + atoms("0.1")), "100")])
    driver.do(c.ManualBorrow(user_id=USER, ccy=ccy, amount=atoms("10")))
    spend(driver, ccy, "10")
    driver.do(c.AdjustBalance(user_id=USER, account="trading", ccy=ccy, delta=atoms("10") - atoms(debt)))
    driver.do(c.ManualRepay(user_id=USER, ccy=ccy, amount=atoms("10") - atoms(debt)))
    spend(driver, "BTC", "1")
    for coin, amount in coins.items():
        ledger.post(driver.state, coin, (f"trading:{USER}", atoms(amount)), ("outside", -atoms(amount)))
    assert driver.debt(ccy) == debt
    return driver


def paid(driver: Driver, ccy: str, amount: str) -> tuple[str, list[Placed]]:
    """Amount paid, and (pair, side, size) of the orders."""
    work = Work(driver.state, core.Stamp(driver.seq + 1, driver.at_ms))
    got = forced_sale.pay(work, driver.state.users[USER], ccy, atoms(amount), NO_FEE)
    return text(got), placed(work.events)


def placed(events: list[Any]) -> list[Placed]:
    return [(event.instrument, event.side, text(event.size)) for event in of_kind(events, OrderPlaced)]


@pytest.mark.parametrize("eth", ["2", "3"])
def test_coins_that_pay_all_leave_nothing_to_buy(eth: str) -> None:
    assert paid(owing("ETH", "2", ETH=eth, USDT="1000"), "ETH", "5") == ("2", [])


def test_a_purchase_of_exactly_the_least_order_is_made() -> None:
    """0.0005 ETH are owed, and 0.001 is the least: 0.000999 come in."""
    assert paid(owing("ETH", "0.0005", USDT="1000"), "ETH", "1") == ("0.0005", [("ETH-USDT", "buy", "0.001")])


def test_nothing_is_sold_when_a_purchase_has_emptied_the_book() -> None:
    """3.1 USDT buy the 0.001 ETH that are offered; then BTC would be sold for nothing."""
    driver = owing("ETH", "2", USDT="3.1", BTC="1")
    driver.book("ETH-USDT", [], [("3000", "0.001")])
    assert paid(driver, "ETH", "1") == ("0.000999", [("ETH-USDT", "buy", "0.001023")])


def test_a_sale_is_as_large_as_its_bound_and_fee_ask() -> None:
    """999 / 0.999 = 1,000, / 59,400 = 0.016835016..., up to the lot."""
    driver = owing("USDT", "5", BTC="1")
    work = Work(driver.state, core.Stamp(driver.seq + 1, driver.at_ms))
    forced_sale._sell(work, driver.state.users[USER], "BTC", atoms("999"), NO_FEE)
    assert placed(work.events) == [("BTC-USDT", "sell", "0.01683502")]


@pytest.mark.parametrize(("btc", "found"), [("0.00001", ["BTC"]), ("0.00000999", [])])
def test_a_coin_of_exactly_the_least_order_can_be_sold(btc: str, found: list[str]) -> None:
    """USDT stand before it in the account and are no coin to sell."""
    driver = owing("ETH", "2", USDT="1", BTC=btc)
    assert forced_sale.sources(driver.state, driver.state.users[USER], "ETH") == found


@pytest.mark.parametrize(("usdt", "can"), [("3.03", True), ("3.029999999999999999", False)])
def test_usdt_for_exactly_the_least_purchase_can_pay(usdt: str, can: bool) -> None:
    """0.001 ETH at 3,030."""
    driver = owing("ETH", "2", USDT=usdt)
    assert forced_sale.can_give(driver.state, driver.state.users[USER], "ETH") is can


def test_nothing_wanted_is_nothing_sold_or_bought() -> None:
    driver = owing("ETH", "2", USDT="1000", BTC="1")
    work = Work(driver.state, core.Stamp(driver.seq + 1, driver.at_ms))
    user = driver.state.users[USER]
    forced_sale._sell(work, user, "BTC", 0, NO_FEE)
    assert forced_sale._cost(driver.state, "ETH", 0) == 0
    driver.state.markets.pop("ETH-USDT")
    forced_sale._buy(work, user, "ETH", 0, NO_FEE)
    assert work.events == []


def test_a_coin_without_a_pair_cannot_be_bought() -> None:
    assert not forced_sale._can_buy(owing("ETH", "2").state, "USDT")


def test_an_offer_at_the_very_bound_is_taken() -> None:
    """1,000 USDT at 3,030 are 0.330033 ETH to the lot, 0.329702967 after the fee."""
    driver = owing("ETH", "2", USDT="1000")
    driver.book("ETH-USDT", [], [("3030", "1")])
    assert paid(driver, "ETH", "1") == ("0.329702967", [("ETH-USDT", "buy", "0.330033")])


def test_a_sale_of_exactly_the_least_order_is_made() -> None:
    """0.5 / 0.999 / 59,400 = 0.0000084 BTC, and 0.00001 is the least: 0.5994 come in."""
    assert paid(owing("USDT", "0.5", BTC="1"), "USDT", "1") == ("0.5", [("BTC-USDT", "sell", "0.00001")])


def test_a_sale_that_would_bring_just_enough_is_a_lot_larger() -> None:
    """0.0001 BTC at 59,400 less the fee are the 5.93406 owed; many fills could leave some atoms of it."""
    assert paid(owing("USDT", "5.93406", BTC="1"), "USDT", "10") == ("5.93406", [("BTC-USDT", "sell", "0.00010001")])
