"""Prices set by hand in one command: all or none, and debts are judged by all of them together."""

from __future__ import annotations

import pytest

from tallystick.engine import commands as c
from tallystick.engine.events import LiquidationStarted, OrderFilled, PriceHeld
from tallystick.engine.rejects import Reject
from tests.engine.driver import USER, Driver, atoms
from tests.engine.setups import of_kind


def owing() -> Driver:
    """1 BTC at 60,000 against 10 ETH at 3,000, which are owed and spent: 30,000 of 60,000 USD."""
    driver = Driver()
    for instrument, price in (("BTC-USDT", "60000"), ("ETH-USDT", "3000"), ("USDC-USDT", "1")):
        driver.price(instrument, price)
    driver.user(USER, BTC="1")
    driver.do(c.ManualBorrow(user_id=USER, ccy="ETH", amount=atoms("10")))
    driver.deposit("ETH", "-10")
    return driver


def together(**prices: str) -> c.SetPrices:
    return c.SetPrices(prices=tuple((f"{ccy}-USDT", atoms(price)) for ccy, price in prices.items()))


def test_debts_are_judged_by_all_of_them_and_not_on_the_way() -> None:
    """Both halve: 15,000 of 30,000, as sound as before. BTC halved alone leaves 30,000 for 30,000: it is sold."""
    driver = owing()
    assert of_kind(driver.do(together(BTC="30000", ETH="1500")), LiquidationStarted) == []
    alone = owing()
    assert of_kind(alone.do(together(BTC="30000")), LiquidationStarted)


def test_one_after_the_other_would_have_sold_the_account() -> None:
    driver = owing()
    assert of_kind(driver.do(together(BTC="30000")), LiquidationStarted)
    assert of_kind(driver.do(together(ETH="1500")), LiquidationStarted) == []


@pytest.mark.parametrize(
    ("bad", "reject"),
    [(("NONE-USDT", 1), Reject.UNKNOWN_INSTRUMENT), (("ETH-USDT", 0), Reject.PRICE_NOT_POSITIVE)],
)
def test_all_or_none(bad: tuple[str, int], reject: Reject) -> None:
    driver = owing()
    refusal = driver.refuse(c.SetPrices(prices=(("BTC-USDT", atoms("59000")), bad, ("USDT-USD", atoms("1")))))
    assert refusal is reject
    assert driver.state.markets["BTC-USDT"].recorded == atoms("60000")


def test_no_price_is_no_event() -> None:
    assert owing().do(c.SetPrices(prices=())) == []


def test_every_price_is_held_before_the_first_order_fills() -> None:
    """A buy at 58,000 rests. It fills when the price comes to it, and both prices are there by then."""
    driver = owing()
    driver.user(2, USDT="100000")
    driver.do(
        c.PlaceOrder(
            user_id=2, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.1"), price=atoms("58000")
        )
    )
    events = driver.do(together(BTC="57000", ETH="2900"))
    assert [type(event) for event in events[:3]] == [PriceHeld, PriceHeld, OrderFilled]
    assert (events[0].instrument, events[1].instrument) == ("BTC-USDT", "ETH-USDT")
