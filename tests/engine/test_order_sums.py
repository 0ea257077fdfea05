"""Sums over several levels and details of fills: what an order is judged by, and what its events say."""

from __future__ import annotations

import pytest

from tallystick.engine import commands as c
from tallystick.engine import orders
from tallystick.engine.events import OrderClosed, OrderFilled
from tallystick.engine.rejects import Reject
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import NOON_MS, all_of, of_kind
from tests.engine.test_orders import OTHER, THIRD, fills, floor, place


def buyer(held: str, *asks: tuple[str, str]) -> Driver:
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC=held)
    driver.price("BTC-USDT", "60000")
    driver.book("BTC-USDT", [("59999.9", "1")], list(asks))
    return driver


@pytest.mark.parametrize(
    ("held", "too_little", "asks"),
    [
        # Both levels bring coins: 1.998 BTC count 117,482.4 of the 120,000.1 that they cost.
        ("1", "0.75", (("60000", "1"), ("60000.1", "1"))),
        # No more is spent than the reserve, 126,000: 0.94285714 BTC at 70,000. It loses 11,874 of 54,201.
        ("0.9218", "0.91", (("60000", "1"), ("70000", "1"))),
        # No more is bought than was asked for, however much a level shows: it loses 2,517 of 44,579.
        ("0.75816", "0.757", (("60000", "5"),)),
    ],
)
def test_a_market_order_is_judged_level_by_level(held: str, too_little: str, asks: tuple[tuple[str, str], ...]) -> None:
    """2 BTC at market ask for 126,000 / 3 = 42,000 of margin, and the rest of the account has little more."""
    driver = buyer(held, *asks)
    order = c.PlaceOrder(user_id=USER, instrument="BTC-USDT", side="buy", kind="market", size=atoms("2"), price=0)
    assert of_kind(driver.do(order), OrderFilled)
    assert buyer(too_little, *asks).refuse(order) is Reject.MARGIN_INSUFFICIENT


def test_best_prices_and_levels_of_users() -> None:
    driver = floor()
    driver.do(place("buy", "1", "59000", user=USER))
    driver.do(place("buy", "2", "58000", user=OTHER))
    driver.do(place("sell", "3", "61000", user=THIRD))
    pair = driver.parameters.instruments["BTC-USDT"]
    assert orders.best_price(driver.state, pair, "bids") == atoms("59000")
    assert orders.best_price(driver.state, pair, "asks") == atoms("61000")
    levels = orders.visible_levels(driver.state, pair, "bids")
    assert [(text(price), text(size)) for price, size in levels] == [("59000", "1"), ("58000", "2")]
    left = orders.visible_levels(driver.state, pair, "bids", without=USER)
    assert [(text(price), text(size)) for price, size in left] == [("58000", "2")]


def test_fill_or_kill_adds_levels_up_on_its_side() -> None:
    driver = floor([("59999", "0.5"), ("59998", "0.5")], [("60000", "0.5"), ("60001", "0.5")])
    assert len(fills(driver.do(place("buy", "1", "60001", kind="fok")))) == 2
    assert len(fills(driver.do(place("sell", "1", "59998", kind="fok", user=OTHER)))) == 2


def test_fill_or_kill_passes_an_own_order_that_gives_way() -> None:
    """The maker is cancelled by default, and the next level fills."""
    driver = floor([], [("60001", "1")])
    driver.do(place("sell", "1", "60000"))
    assert fills(driver.do(place("buy", "1", "60001", kind="fok"))) == [(USER, "60001", "1", False)]


def test_trades_are_counted_once_for_both_sides_and_fees_are_in_what_comes_in() -> None:
    driver = floor()
    for _ in range(2):
        driver.do(place("sell", "1", "60000", user=OTHER))
        driver.do(place("buy", "1", "60000"))
    found = all_of(driver, OrderFilled)
    first = found[0].trade_id
    assert [fill.trade_id - first for fill in found] == [0, 0, 1, 1]
    assert [(fill.side, fill.fee_ccy) for fill in found[:2]] == [("buy", "BTC"), ("sell", "USDT")]


def test_the_end_of_an_order_tells_its_mode() -> None:
    driver = floor()
    driver.do(place("buy", "1", "59000", stp_mode="cancel_both"))
    (order_id,) = driver.state.orders
    (closed,) = of_kind(
        driver.do(c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=order_id, client_order_id="")),
        OrderClosed,
    )
    assert closed.stp_mode == "cancel_both"
