"""Reasons for which an order is refused while a coin is restricted: judged once more with that coin, all else alike.

BTC at 60,000, of which 0.98 count; 40,000 USDC are owed and spent, a third of which is the margin: 13,333.33. BTC is
4 % over its collateral limit. Numbers by hand.
"""

from __future__ import annotations

from msgspec.structs import replace

from tallystick.engine import collateral, margin
from tallystick.engine import commands as c
from tallystick.engine.kinds import Side
from tallystick.engine.parameters import Parameters
from tallystick.engine.rejects import Reject
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import NOON_MS
from tests.engine.test_collateral import lend, levels, limit
from tests.engine.test_spot_borrow import free_of_fees


def owing(btc: str, usdt: str, parameters: Parameters | None = None) -> Driver:
    driver = Driver(NOON_MS + 1, parameters)
    driver.user(USER, BTC=btc, USDT=usdt)
    driver.price("BTC-USDT", "60000")
    driver.price("USDC-USDT", "1")
    lend(driver, "USDC", "40000")
    return driver


def order(side: Side, size: str, price: str) -> c.PlaceOrder:
    return c.PlaceOrder(
        user_id=USER, instrument="BTC-USDT", side=side, kind="limit", size=atoms(size), price=atoms(price)
    )


def test_an_amended_order_is_judged_in_place_of_the_old_one_with_the_restricted_coin_too() -> None:
    """0.39 BTC at 150,000 cost 58,500 and bring 22,932: 35,568 of 78,800 are lost, and 78 more at 150,200.

    That is once: 43,154 are left, but both orders together would leave less than the margin.
    """
    driver = owing("1", "60000")
    driver.book("BTC-USDT", [("59990", "1")], [("200000", "1")])
    driver.do(order("buy", "0.39", "150000"))
    (order_id,) = driver.state.orders
    limit(driver, "BTC", "19000")
    assert levels(driver)["BTC"][0] == collateral.RESTRICTED
    amended = c.AmendOrder(user_id=USER, instrument="BTC-USDT", order_id=order_id, price=atoms("150200"))
    assert driver.refuse(amended) is Reject.ORDER_COLLATERAL_RESTRICTED
    limit(driver, "BTC", "0")
    driver.do(amended)


def test_an_order_that_rests_is_judged_as_resting_with_the_restricted_coin_too() -> None:
    """29,400 + 23,948.34 - 40,000 are 15.01 over the margin. 0.7 BTC at 30,000 are a gain once they are bought; until
    then their fee counts, 0.1 % of 21,000 USDT."""
    driver = owing("0.5", "23948.34")
    driver.book("BTC-USDT", [("59990", "1")], [("60010", "1")])
    limit(driver, "BTC", "21200")
    assert levels(driver)["BTC"][0] == collateral.RESTRICTED
    assert text(margin.adjusted_equity(driver.state, USER)) == "13348.34"
    assert driver.refuse(order("buy", "0.7", "30000")) is Reject.MARGIN_INSUFFICIENT
    # The fee of 0.4 BTC is 12: the restricted coin alone is in the way.
    assert driver.refuse(order("buy", "0.4", "30000")) is Reject.ORDER_COLLATERAL_RESTRICTED


def carried_by_bitcoin(usdt: str, most: str, parameters: Parameters | None = None) -> Driver:
    """1 BTC and `usdt`, less than debt and margin come to: the account is sound by its BTC alone, which is restricted.

    Bids begin at 57,990, so that sales above it rest.
    """
    driver = owing("1", usdt, parameters)
    driver.book("BTC-USDT", [("57990", "1")], [("60010", "1")])
    limit(driver, "BTC", most)
    assert levels(driver)["BTC"][0] == collateral.RESTRICTED
    return driver


def test_an_order_that_would_borrow_is_refused_while_the_rest_does_not_carry_the_margin_as_it_rests() -> None:
    """40 ETH for 60,000 USDT, of which 15,000 are missing, are worth 120,000. Until then 5,000 of 18,333 are there."""
    driver = carried_by_bitcoin("45000", "21700")
    driver.price("ETH-USDT", "3000")
    bargain = replace(order("buy", "40", "1500"), instrument="ETH-USDT")
    assert driver.refuse(bargain) is Reject.ORDER_BORROW_RESTRICTED


def test_a_sale_of_the_restricted_coin_for_a_gain_is_taken_while_the_rest_does_not_carry_the_margin() -> None:
    driver = carried_by_bitcoin("50000", "20800")
    driver.do(order("sell", "0.1", "61000"))
    assert len(driver.state.orders) == 1


def test_an_order_may_be_amended_for_a_smaller_loss_while_the_rest_does_not_carry_the_margin() -> None:
    """0.1 BTC at 58,000 lose 80, at 58,790 they lose 1. 5,000 and 5,879 are less than the margin with either."""
    driver = owing("1", "45000")
    driver.book("BTC-USDT", [("57990", "1")], [("60010", "1")])
    driver.do(order("sell", "0.1", "58000"))
    (order_id,) = driver.state.orders
    limit(driver, "BTC", "21700")
    assert levels(driver)["BTC"][0] == collateral.RESTRICTED
    driver.do(c.AmendOrder(user_id=USER, instrument="BTC-USDT", order_id=order_id, price=atoms("58790")))
    assert text(driver.state.orders[order_id].price) == "58790"


def test_an_order_that_leaves_the_equity_as_it_is_is_taken_while_the_rest_does_not_carry_the_margin() -> None:
    """0.1 BTC count 5,880, and bring as much at 58,800 where there is no fee; for a tick less it is refused."""
    driver = carried_by_bitcoin("45000", "21700", free_of_fees())
    assert driver.refuse(order("sell", "0.1", "58799.9")) is Reject.ORDER_COLLATERAL_RESTRICTED
    driver.do(order("sell", "0.1", "58800"))
    assert len(driver.state.orders) == 1
