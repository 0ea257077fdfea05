"""What open orders would lose, answered from sums: the same atoms as one order after the other."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import core, discount, exposure, margin, open_orders
from tallystick.engine.amounts import ONE
from tallystick.engine.discount import valuation
from tallystick.engine.exposure import Exposure
from tallystick.engine.kinds import Side
from tallystick.engine.parameters import Currency
from tallystick.engine.state import Order, State
from tallystick.venue.parameters import load_parameters
from tests.engine import one_by_one
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import NOON_MS, with_currency

COINS = {"BTC": 60_000, "ETH": 3_000, "USDC": 1, "SOL": 0}
"""Coins traded against USDT and their prices; the last one has none."""
RATES = (0, ONE // 2, ONE * 95 // 100, ONE * 98 // 100, ONE)


def some_tiers(dice: random.Random, currency: Currency) -> Currency:
    """Few narrow slices, so that orders carry an equity over their ends; some rates rise again."""
    bounds = sorted(dice.sample(range(1, 40), dice.randrange(4)))
    return replace(
        currency,
        discount_tiers=tuple((bound * ONE // 4 + dice.randrange(2), dice.choice(RATES)) for bound in bounds),
        discount_step=dice.choice((0, ONE // 10, ONE // 7)),
        discount_step_size=dice.choice((ONE // 3, 2 * ONE)),
        collateral=dice.random() < 0.9,
    )


def some_state(dice: random.Random) -> State:
    packaged = load_parameters()
    fee = dice.choice((0, ONE // 1_000, 7))
    currencies = {ccy: some_tiers(dice, packaged.currencies[ccy]) for ccy in ("USDT", *COINS)}
    parameters = replace(packaged, currencies=currencies, taker_fee=fee, maker_fee=fee // 2)
    parameters = replace(parameters, instruments={f"{ccy}-USDT": packaged.instruments[f"{ccy}-USDT"] for ccy in COINS})
    state = core.new_state(parameters, NOON_MS)
    core.handle(
        state,
        core.Stamp(1, NOON_MS),
        c.SetPrices(prices=(("USDT-USD", dice.choice((ONE, ONE * 999 // 1_000 + 1))),)),
    )
    for coin, price in COINS.items():
        if price:
            core.handle(state, core.Stamp(state.seq + 1, NOON_MS), c.SetPrices(prices=((f"{coin}-USDT", price * ONE),)))
    return state


def some_order(dice: random.Random, number: int) -> Order:
    """Near the price at which it neither gains nor loses, often exactly there; of an atom, or of coins."""
    coin = dice.choice(list(COINS))
    side: Side = dice.choice(("buy", "sell"))
    price = (COINS[coin] or 5) * dice.choice((*RATES[1:], ONE * 999 // 1_000, ONE * 1_001 // 1_000, 2 * ONE))
    size = dice.choice((1, dice.randrange(1, 50), dice.randrange(1, ONE), ONE // 10, ONE // 10, ONE, 5 * ONE))
    if dice.random() < 0.5:
        price += dice.randrange(-5, 6) * 10 ** dice.randrange(17)
    order = Order(
        order_id=number,
        user_id=USER,
        instrument=f"{coin}-USDT",
        side=side,
        kind="limit",
        price=price,
        size=size,
        size_in_quote=False,
        held_ccy="",
        held=0,
        client_order_id="",
        tag="",
        placed_at_ms=0,
        number=number,
    )
    order.filled_size = dice.choice((0, 0, size // 2))
    return order


def some_equities(dice: random.Random) -> dict[str, int]:
    """Around nothing and around the ends of slices, in coins or a few atoms off."""
    amounts = (0, 0, dice.randrange(-40, 41) * ONE // 4)
    return {ccy: dice.choice(amounts) + dice.randrange(-3, 4) for ccy in ("USDT", *COINS) if dice.random() < 0.9}


def compare(state: State, kept: Exposure, orders: dict[int, Order], dice: random.Random) -> None:
    without = dice.choice([0, *orders])
    equities = some_equities(dice)
    plain = dict(equities)
    one_by_one.fill_losing(state, list(orders.values()), plain, without)
    kept.fill_losing(valuation(state), equities, without)
    assert {ccy: amount for ccy, amount in equities.items() if amount} == {
        ccy: amount for ccy, amount in plain.items() if amount
    }


@pytest.fixture(params=[None, (16, 4, 2)])
def lengths(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line as it is cut, and in pieces so short that a few orders make many."""
    if request.param:
        monkeypatch.setattr(exposure, "LENGTHS", request.param)
        monkeypatch.setattr(exposure, "FEW", 1)


@pytest.mark.usefixtures("lengths")
@pytest.mark.parametrize("seed", range(40))
def test_sums_answer_as_one_order_after_the_other(seed: int) -> None:
    """Orders come, change and go; after each the fills are those of the plain way, whatever is owned."""
    dice = random.Random(seed)
    state = some_state(dice)
    orders: dict[int, Order] = {}
    kept = Exposure(state, ())
    for number in range(1, 120):
        act = dice.random()
        if orders and act < 0.25:
            gone = dice.choice(list(orders))
            del orders[gone]
            kept.remove(gone)
        elif orders and act < 0.4:
            changed = dice.choice(list(orders))
            orders[changed] = some_order(dice, changed)
            kept.put(state, orders[changed])
        else:
            orders[number] = some_order(dice, number)
            kept.put(state, orders[number])
        compare(state, kept, orders, dice)


@pytest.mark.parametrize("seed", range(3))
def test_sums_answer_alike_for_as_many_orders_as_may_be_open(seed: int) -> None:
    dice = random.Random(1_000 + seed)
    state = some_state(dice)
    orders = {number: some_order(dice, number) for number in range(1, 4_001)}
    kept = Exposure(state, orders.values())
    for _ in range(3):
        compare(state, kept, orders, dice)
    for gone in dice.sample(list(orders), 3_950):
        del orders[gone]
        kept.remove(gone)
    for _ in range(20):
        compare(state, kept, orders, dice)


def curves() -> Iterator[Currency]:
    dice = random.Random(5)
    packaged = load_parameters().currencies
    yield from packaged.values()
    for _ in range(200):
        yield some_tiers(dice, packaged["BTC"])


def test_slices_kept_as_sums_count_as_slice_by_slice() -> None:
    dice = random.Random(6)
    for currency in curves():
        ends = [bound for bound, _ in currency.discount_tiers] or [ONE]
        amounts = (
            *(end + near for end in ends for near in (-1, 0, 1)),
            *(ends[-1] + number * currency.discount_step_size + near for number in (1, 2, 300) for near in (-1, 0, 1)),
            *(dice.randrange(1, 20 * ends[-1]) for _ in range(20)),
            *(0, -1, -ONE),
        )
        for amount in amounts:
            assert discount.counted(currency, amount) == one_by_one.counted(currency, amount), (currency, amount)


def test_slopes_hold_for_every_step_between_two_equities() -> None:
    """The value moves by the slope, give or take what is said to be noise."""
    dice = random.Random(7)
    for _ in range(100):
        state = some_state(dice)
        values = valuation(state)
        for ccy in state.parameters.currencies:
            low = dice.randrange(-12 * ONE, 12 * ONE)
            high = low + dice.randrange(1, 12 * ONE)
            least, greatest, noise = values.usd_slopes(ccy, low, high)
            for _ in range(20):
                start, end = sorted(dice.randrange(low, high + 1) for _ in range(2))
                moved = (values.usd_value(ccy, end) - values.usd_value(ccy, start)) * 10**36
                assert least * (end - start) - noise * 10**36 <= moved <= greatest * (end - start) + noise * 10**36


# ---- in the engine


def two_orders() -> Driver:
    """58,800 of collateral, 60,000 USDT owed and there; a buy at 59,900 that loses 550 and costs 29.95."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("60000")))
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.5"), price=atoms("59900")
        )
    )
    assert text(margin.adjusted_equity(driver.state, USER)) == "58220.05"
    return driver


def crowd(driver: Driver) -> None:
    """More orders than are asked one by one; they gain, whatever else there is."""
    driver.price("ETH-USDT", "3000")
    for _ in range(exposure.FEW):
        driver.do(
            c.PlaceOrder(
                user_id=USER, instrument="ETH-USDT", side="buy", kind="limit", size=atoms("0.001"), price=atoms("1000")
            )
        )


def test_an_order_filled_in_part_would_lose_by_what_is_left() -> None:
    """0.2 are sold to it: 0.19984 BTC, the fee of a maker (0.08 %) taken off, come in for 11,980 USDT. What is left of
    it loses 0.3 x 1,100 = 330 and costs 0.1 % of 17,970.

    58,800 + 0.19984 x 58,800 - 11,980 - 330 - 17.97 = 58,222.622.
    """
    driver = two_orders()
    driver.book("BTC-USDT", [("59000", "1")], [("60000", "1")])
    driver.user(2, BTC="1")
    driver.do(
        c.PlaceOrder(
            user_id=2, instrument="BTC-USDT", side="sell", kind="limit", size=atoms("0.2"), price=atoms("59900")
        )
    )
    assert text(margin.adjusted_equity(driver.state, USER)) == "58222.622"


def test_an_amended_order_would_lose_by_what_it_became() -> None:
    """At 59,800 it gives 29,900 for 29,400: 500 off, and 29.9 of fee. At half the size half of it."""
    driver = two_orders()
    order_id = next(iter(driver.state.orders))
    driver.do(c.AmendOrder(user_id=USER, instrument="BTC-USDT", order_id=order_id, price=atoms("59800")))
    assert text(margin.adjusted_equity(driver.state, USER)) == "58270.1"
    driver.do(c.AmendOrder(user_id=USER, instrument="BTC-USDT", order_id=order_id, size=atoms("0.25")))
    assert text(margin.adjusted_equity(driver.state, USER)) == "58535.05"


def test_a_cancelled_order_loses_nothing() -> None:
    """The order that stays costs 5, a thousandth of 0.1 x 50,000."""
    driver = two_orders()
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.1"), price=atoms("50000")
        )
    )
    driver.do(c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=next(iter(driver.state.orders))))
    assert text(margin.adjusted_equity(driver.state, USER)) == "58795"


def test_another_fee_counts_for_orders_that_are_open() -> None:
    """550, and 0.2 % of 29,950: 59.9."""
    driver = two_orders()
    driver.do(
        c.ChangeParameters(settings=(c.Setting(table="constants", row="", field="taker_fee", value=atoms("0.002")),))
    )
    assert text(margin.adjusted_equity(driver.state, USER)) == "58190.1"


def test_a_state_read_back_answers_alike() -> None:
    driver = two_orders()
    again = core.decode_state(core.encode_state(driver.state))
    assert margin.adjusted_equity(again, USER) == margin.adjusted_equity(driver.state, USER)
    assert open_orders.of(again).count(USER, "BTC-USDT") == 1


def test_fills_carry_an_equity_over_the_end_of_a_slice() -> None:
    """The first BTC counts 0.9, further ones 0.8: a buy of 1 at 59,000 loses 5,000 by the first and 11,000 by others.

    One at 50,000 gains 4,000 as the first, and loses 2,000 behind the one at 59,000. Asked before it, it gains.
    """
    parameters = with_currency(
        "BTC", discount_tiers=((ONE, ONE * 9 // 10),), discount_step=ONE // 10, discount_step_size=100 * ONE
    )
    for prices, lost in ((("59000", "50000"), "7000"), (("50000", "59000"), "5000")):
        driver = Driver(NOON_MS + 1, replace(parameters, taker_fee=0, maker_fee=0))
        driver.user(USER, USDT="300000", ETH="10")
        driver.price("BTC-USDT", "60000")
        driver.price("ETH-USDT", "3000")
        driver.do(c.ManualBorrow(user_id=USER, ccy="ETH", amount=atoms("1")))
        before = margin.adjusted_equity(driver.state, USER)
        for price in prices:
            driver.do(
                c.PlaceOrder(
                    user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("1"), price=atoms(price)
                )
            )
        crowd(driver)
        assert text(before - margin.adjusted_equity(driver.state, USER)) == lost


def test_an_order_that_is_judged_anew_does_not_stand_in_its_own_way() -> None:
    """Without it nothing is lost; with 0.1 of it filled 5,990 USDT become 0.0999 BTC, which count 5,874.12. The fees of
    the crowd are 16 x 0.001, 0.1 % of 1 USDT each."""
    driver = two_orders()
    crowd(driver)
    order_id = next(iter(driver.state.orders))
    assert text(margin.adjusted_equity(driver.state, USER, without=order_id)) == "58799.984"
    changes = {"USDT": -atoms("5990"), "BTC": atoms("0.0999")}
    assert text(margin.adjusted_equity(driver.state, USER, changes, order_id)) == "58684.104"
