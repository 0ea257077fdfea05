"""The largest order and the largest transfer: each passes, and one step more is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tallystick.engine import commands as c
from tallystick.engine import headroom
from tallystick.engine.amounts import unit_of
from tallystick.engine.kinds import Side
from tallystick.engine.rejects import Reject
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import NOON_MS

OTHER = 2


def account(*, borrow: bool = True, **balances: str) -> Driver:
    """BTC at 60,000 and ETH at 3,000, with nobody in the books."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, balances, borrow=borrow)
    driver.price("BTC-USDT", "60000")
    driver.price("ETH-USDT", "3000")
    driver.price("USDC-USDT", "1")
    for name in ("BTC-USDT", "ETH-USDT"):
        driver.book(name, [], [])
    return driver


def plain() -> Driver:
    return account(borrow=False, USDT="10000", BTC="0.5")


def with_collateral() -> Driver:
    return account(BTC="1", USDT="10000")


def in_debt() -> Driver:
    driver = account(BTC="1", ETH="2", USDT="10000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDC", amount=atoms("30000")))
    return driver


def with_open_orders() -> Driver:
    """One buy that promises to borrow and one sale that holds coins."""
    driver = account(BTC="1", USDT="10000")
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.7"), price=atoms("50000")
        )
    )
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="sell", kind="limit", size=atoms("0.4"), price=atoms("70000")
        )
    )
    return driver


def at_the_quota() -> Driver:
    """So rich that the quota of 500,000 USDT, or 10 BTC, binds and not the margin."""
    return account(BTC="100", USDT="1000")


def at_high_leverage() -> Driver:
    driver = account(BTC="1", ETH="1")
    driver.do(c.SetLeverage(user_id=USER, ccy="USDT", leverage=atoms("10")))
    return driver


SETUPS = (plain, with_collateral, in_debt, with_open_orders, at_the_quota, at_high_leverage)
each_setup = pytest.mark.parametrize("setup", SETUPS, ids=lambda setup: setup.__name__)


@each_setup
@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize("price", ["1000", "54321.9", "60000", "61000", "120000"])
@pytest.mark.parametrize("instrument", ["BTC-USDT", "ETH-USDT"])
def test_the_largest_order_passes_and_one_lot_more_does_not(
    setup: Callable[[], Driver], side: Side, price: str, instrument: str
) -> None:
    driver = setup()
    state = driver.state
    pair = state.parameters.instruments[instrument]
    size = headroom.order_size(state, state.users[USER], pair, side, atoms(price))

    def order(amount: int) -> c.PlaceOrder:
        return c.PlaceOrder(
            user_id=USER, instrument=instrument, side=side, kind="limit", size=amount, price=atoms(price)
        )

    assert size % pair.lot == 0
    more = max(size + pair.lot, pair.min_size)
    assert driver.refuse(order(more)) in (
        Reject.INSUFFICIENT_BALANCE,
        Reject.ORDER_ABOVE_QUOTA,
        Reject.ORDER_ABOVE_TIER,
        Reject.ORDER_POOL_EXHAUSTED,
        Reject.MARGIN_INSUFFICIENT,
    )
    if size >= pair.min_size:
        driver.do(order(size))


def test_sizes_worked_by_hand() -> None:
    """10,000 USDT at 60,000: 0.1666666666..., cut to the lot. With a quota of 500,000: 501,000 / 60,000 = 8.35."""
    driver = plain()
    pair = driver.state.parameters.instruments["BTC-USDT"]
    poor, rich = driver.state.users[USER], at_the_quota()
    assert text(headroom.order_size(driver.state, poor, pair, "buy", atoms("60000"))) == "0.16666666"
    assert text(headroom.order_size(driver.state, poor, pair, "sell", atoms("60000"))) == "0.5"
    assert text(headroom.order_size(driver.state, poor, pair, "sell", 0)) == "0"
    assert text(headroom.order_size(rich.state, rich.state.users[USER], pair, "buy", atoms("60000"))) == "8.35"
    assert text(headroom.order_size(rich.state, rich.state.users[USER], pair, "sell", atoms("60000"))) == "110"


@each_setup
@pytest.mark.parametrize("ccy", ["BTC", "USDT", "ETH", "USDC"])
def test_the_largest_transfer_passes_and_a_grain_more_does_not(setup: Callable[[], Driver], ccy: str) -> None:
    driver = setup()
    most = headroom.transfer_size(driver.state, driver.state.users[USER], ccy)
    grain = unit_of(driver.state.parameters.currencies[ccy].decimals)

    def transfer(amount: int) -> c.Transfer:
        return c.Transfer(user_id=USER, ccy=ccy, amount=amount, source="trading", target="funding", client_id="")

    assert driver.refuse(transfer(most + grain)) in (Reject.FUNDING_INSUFFICIENT, Reject.MARGIN_INSUFFICIENT)
    if most:
        driver.do(transfer(most))


@each_setup
@pytest.mark.parametrize("ccy", ["BTC", "USDT", "ETH", "USDC"])
def test_the_largest_transfer_that_may_borrow_passes_and_a_grain_more_does_not(
    setup: Callable[[], Driver], ccy: str
) -> None:
    driver = setup()
    most = headroom.transfer_size(driver.state, driver.state.users[USER], ccy, may_borrow=True)
    grain = unit_of(driver.state.parameters.currencies[ccy].decimals)

    def transfer(amount: int) -> c.Transfer:
        return c.Transfer(
            user_id=USER, ccy=ccy, amount=amount, source="trading", target="funding", client_id="", may_borrow=True
        )

    assert driver.refuse(transfer(most + grain)) in (Reject.TRANSFER_ABOVE_AVAILABLE, Reject.TRANSFER_RISK)
    if most:
        driver.do(transfer(most))


def test_nothing_leaves_and_nothing_is_bought_while_debts_are_paid_by_force() -> None:
    driver = in_debt()
    user = driver.state.users[USER]
    user.liquidating = True
    pair = driver.state.parameters.instruments["BTC-USDT"]
    assert headroom.order_size(driver.state, user, pair, "buy", atoms("60000")) == 0
    assert headroom.transfer_size(driver.state, user, "ETH") == 0


def test_the_largest_of_what_is_accepted() -> None:
    for most in range(8):
        for bound in range(most + 1):
            assert headroom.largest(lambda number, bound=bound: number <= bound, most) == bound  # type: ignore[misc]
