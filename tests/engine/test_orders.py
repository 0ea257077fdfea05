"""Orders: price before time, kinds, fees, holds, self-trade, crossing by the market. Numbers by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.engine import commands as c
from tallystick.engine import core, open_orders
from tallystick.engine.events import OrderClosed, OrderFilled, OrderPlaced
from tallystick.engine.kinds import OrderKind, Side
from tallystick.engine.orders import visible_levels
from tallystick.engine.rejects import Reject
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import NOON_MS, available, frozen, of_kind

OTHER, THIRD = 2, 3


def place(
    side: Side, size: str, price: str = "0", kind: OrderKind = "limit", user: int = USER, **more: Any
) -> c.PlaceOrder:
    return c.PlaceOrder(
        user_id=user, instrument="BTC-USDT", side=side, kind=kind, size=atoms(size), price=atoms(price), **more
    )


def floor(bids: list[tuple[str, str]] | None = None, asks: list[tuple[str, str]] | None = None) -> Driver:
    """Three users with 10 BTC and 1,000,000 USDT each; the house shows exactly what is given."""
    driver = Driver(NOON_MS + 1)
    for user in (USER, OTHER, THIRD):
        driver.user(user, BTC="10", USDT="1000000")
    driver.price("BTC-USDT", "60000")
    driver.book("BTC-USDT", bids or [], asks or [])
    return driver


def fills(events: list[Any]) -> list[tuple[int, str, str, bool]]:
    """(user, price, size, maker) of every fill."""
    return [(e.user_id, text(e.price), text(e.size), e.maker) for e in of_kind(events, OrderFilled)]


def ends(events: list[Any]) -> list[tuple[int, str]]:
    return [(event.user_id, event.state) for event in of_kind(events, OrderClosed)]


# ---- priority


def test_better_prices_first_then_earlier_orders() -> None:
    driver = floor()
    driver.do(place("sell", "1", "60010", user=OTHER))
    driver.do(place("sell", "1", "60000", user=THIRD))
    driver.do(place("sell", "1", "60000", user=OTHER))
    events = driver.do(place("buy", "2.5", "60010"))
    taken = [fill for fill in fills(events) if fill[3]]
    assert taken == [(THIRD, "60000", "1", True), (OTHER, "60000", "1", True), (OTHER, "60010", "0.5", True)]
    assert ends(events) == [(THIRD, "filled"), (OTHER, "filled"), (USER, "filled")]


def test_users_stand_before_the_house_at_one_price() -> None:
    driver = floor(asks=[("60000", "5"), ("60001", "5")])
    driver.do(place("sell", "1", "60001", user=OTHER))
    events = driver.do(place("buy", "6.5", "60001"))
    assert [(fill[1], fill[2]) for fill in fills(events) if fill[0] == USER] == [
        ("60000", "5"), ("60001", "1"), ("60001", "0.5")
    ]  # fmt: skip


def test_both_sides_of_one_trade_carry_one_id() -> None:
    driver = floor()
    driver.do(place("sell", "1", "60000", user=OTHER))
    taker, maker = of_kind(driver.do(place("buy", "0.4", "60000")), OrderFilled)
    assert taker.trade_id == maker.trade_id
    assert (taker.other_order_id, maker.other_order_id) == (maker.order_id, taker.order_id)


# ---- fees and holds


def test_fees_come_off_what_is_received() -> None:
    """0.5 BTC at 60,000: the taker gets 0.5 less 0.1 %, the maker 30,000 less 0.08 %."""
    driver = floor()
    driver.do(place("sell", "0.5", "60000", user=OTHER))
    driver.do(place("buy", "0.5", "60000"))
    assert (driver.cash("BTC"), driver.cash("USDT")) == ("10.4995", "970000")
    assert (driver.cash("BTC", OTHER), driver.cash("USDT", OTHER)) == ("9.5", "1029976")
    assert {ccy: text(fee) for ccy, fee in driver.state.ledger["fee"].items()} == {"BTC": "0.0005", "USDT": "24"}
    assert driver.state.ledger.get("market", {}) == {}


def test_a_hold_is_exactly_the_limit_value_and_is_given_back_exactly() -> None:
    driver = floor()
    driver.do(place("buy", "0.12345678", "59999.9", client_order_id="b"))
    driver.do(place("sell", "0.5", "61000", client_order_id="s"))
    # 0.12345678 x 59,999.9
    assert (frozen(driver, "USDT"), frozen(driver, "BTC")) == ("7407.394454322", "0.5")
    assert available(driver, "USDT") == "992592.605545678"
    driver.do(c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=0, client_order_id="b"))
    driver.do(c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=0, client_order_id="s"))
    assert driver.state.users[USER].frozen == {}
    assert (available(driver, "USDT"), available(driver, "BTC")) == ("1000000", "10")


def test_a_partial_fill_at_a_better_price_keeps_only_what_the_rest_needs() -> None:
    """1 BTC at 60,000 wanted, 0.4 at 59,000 there: 36,000 stay held for 0.6."""
    driver = floor(asks=[("59000", "0.4")])
    driver.do(place("buy", "1", "60000"))
    assert frozen(driver, "USDT") == "36000"
    assert available(driver, "USDT") == "940400"  # 1,000,000 - 23,600 - 36,000


def test_a_maker_is_paid_his_own_price() -> None:
    driver = floor()
    driver.do(place("buy", "1", "59500", user=OTHER))
    events = driver.do(place("sell", "1", "58000"))
    assert {fill[1] for fill in fills(events)} == {"59500"}
    assert frozen(driver, "USDT", OTHER) == "0"


def test_the_coins_are_needed_to_place() -> None:
    driver = floor()
    driver.do(c.SwitchSpotBorrow(user_id=USER, enabled=False))
    assert driver.refuse(place("buy", "16.66666667", "60000")) is Reject.INSUFFICIENT_BALANCE
    driver.do(place("buy", "16.66666666", "60000"))
    assert driver.refuse(place("sell", "10.00000001", "61000")) is Reject.INSUFFICIENT_BALANCE
    driver.do(place("sell", "10", "61000"))
    assert driver.refuse(place("sell", "0.00001", "61000")) is Reject.INSUFFICIENT_BALANCE


# ---- kinds


def test_ioc_takes_what_is_there_and_cancels_the_rest() -> None:
    driver = floor(asks=[("60000", "0.4"), ("60001", "1")])
    events = driver.do(place("buy", "1", "60000", "ioc"))
    assert fills(events) == [(USER, "60000", "0.4", False)]
    assert ends(events) == [(USER, "canceled")]
    assert driver.state.orders == {}
    assert frozen(driver, "USDT") == "0"


def test_fok_takes_all_or_nothing() -> None:
    driver = floor(asks=[("60000", "0.4"), ("60001", "1")])
    nothing = driver.do(place("buy", "0.40000001", "60000", "fok"))
    assert (fills(nothing), ends(nothing)) == ([], [(USER, "canceled")])
    everything = driver.do(place("buy", "1", "60001", "fok"))
    assert [fill[2] for fill in fills(everything)] == ["0.4", "0.6"]
    assert ends(everything) == [(USER, "filled")]


def test_fok_does_not_count_own_orders() -> None:
    """An own sell of 0.5 would be cancelled on the way, so 0.9 cannot be filled at once: nothing is."""
    driver = floor(asks=[("60000", "0.4")])
    driver.do(place("sell", "0.5", "60000"))
    events = driver.do(place("buy", "0.9", "60000", "fok"))
    assert (fills(events), ends(events)) == ([], [(USER, "canceled")])
    assert len(driver.state.orders) == 1


def test_post_only_rests_or_is_cancelled() -> None:
    driver = floor([("59999", "1")], [("60000", "1")])
    assert ends(driver.do(place("buy", "0.1", "60000", "post_only"))) == [(USER, "canceled")]
    assert ends(driver.do(place("sell", "0.1", "59999", "post_only"))) == [(USER, "canceled")]
    assert ends(driver.do(place("buy", "0.1", "59999.9", "post_only"))) == []
    assert ends(driver.do(place("sell", "0.1", "59999.9", "post_only", OTHER))) == [(OTHER, "canceled")]
    assert len(driver.state.orders) == 1


def test_a_market_buy_in_base() -> None:
    """1 BTC over two levels; 5 % above the best ask are held and what is not spent comes back."""
    driver = floor(asks=[("60000", "0.4"), ("60100", "1")])
    events = driver.do(place("buy", "1", kind="market"))
    (placed,) = of_kind(events, OrderPlaced)
    assert text(placed.held) == "63000"
    assert driver.cash("USDT") == "939940"  # 24,000 + 36,060 spent
    assert driver.cash("BTC") == "10.999"
    assert (ends(events), frozen(driver, "USDT")) == ([(USER, "filled")], "0")


def test_a_market_buy_in_base_stops_where_its_hold_ends() -> None:
    """63,000 held; 0.1 at 60,000, then 57,000 / 90,000 = 0.63333333."""
    driver = floor(asks=[("60000", "0.1"), ("90000", "5")])
    events = driver.do(place("buy", "1", kind="market"))
    assert [fill[2] for fill in fills(events)] == ["0.1", "0.63333333"]
    assert ends(events) == [(USER, "canceled")]


def test_a_market_buy_in_quote() -> None:
    """100,000 USDT: 0.4 at 60,000 for 24,000, then 76,000 / 60,100 = 1.26455906 to the lot for 75,999.999506."""
    driver = floor(asks=[("60000", "0.4"), ("60100", "5")])
    events = driver.do(place("buy", "100000", kind="market", size_in_quote=True))
    assert [fill[2] for fill in fills(events)] == ["0.4", "1.26455906"]
    assert driver.cash("USDT") == "900000.000494"
    assert (ends(events), frozen(driver, "USDT")) == ([(USER, "filled")], "0")


def test_a_market_sale_in_base_and_in_quote() -> None:
    driver = floor([("59000", "0.5"), ("58000", "5")])
    driver.do(place("sell", "1", kind="market"))
    assert driver.cash("USDT") == "1058441.5"  # 29,500 + 29,000 less 0.1 %
    events = driver.do(place("sell", "5800", kind="market", user=OTHER, size_in_quote=True))
    assert fills(events) == [(OTHER, "58000", "0.1", False)]
    assert ends(events) == [(OTHER, "filled")]
    assert frozen(driver, "BTC", OTHER) == "0"


def test_a_market_order_meets_an_empty_side() -> None:
    """The words of the refusal name the coin that would be spent."""
    driver = floor()
    sides: tuple[tuple[Side, str], ...] = (("buy", "USDT"), ("sell", "BTC"))
    for side, ccy in sides:
        refused = driver.refusal(place(side, "1", kind="market"))
        assert (refused.reject, refused.details) == (Reject.NO_PRICE, {"ccy": ccy})


# ---- one's own orders


def test_a_taker_cancels_his_own_resting_order() -> None:
    driver = floor(asks=[("60001", "1")])
    driver.do(place("sell", "0.5", "60000"))
    driver.do(place("sell", "0.5", "60000", user=OTHER))
    events = driver.do(place("buy", "1", "60001"))
    assert ends(events)[0] == (USER, "canceled")
    assert [(fill[0], fill[1], fill[2]) for fill in fills(events)] == [
        (USER, "60000", "0.5"),
        (OTHER, "60000", "0.5"),
        (USER, "60001", "0.5"),
    ]
    assert frozen(driver, "BTC") == "0"


def test_an_own_order_that_would_not_be_met_stays() -> None:
    driver = floor([("59000", "1")], [("62000", "1")])
    driver.do(place("buy", "0.5", "59500"))
    driver.do(place("sell", "0.5", "61000"))
    driver.do(place("sell", "0.5", "59500.1", "ioc"))
    assert [text(order.price) for order in driver.state.orders.values()] == ["59500", "61000"]


def test_a_client_id_is_free_again_when_its_order_ended() -> None:
    driver = floor(asks=[("60000", "1")])
    driver.do(place("buy", "0.1", "59000", client_order_id="x"))
    assert driver.refuse(place("buy", "0.1", "59000", client_order_id="x")) is Reject.DUPLICATE_ORDER_ID
    driver.do(place("buy", "0.1", "59000", user=OTHER, client_order_id="x"))
    driver.do(c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=0, client_order_id="x"))
    driver.do(place("buy", "0.1", "60000", client_order_id="x"))
    driver.do(place("buy", "0.1", "60000", client_order_id="x"))


# ---- the market moves


def test_a_market_that_crosses_fills_resting_orders_at_their_own_price() -> None:
    """The house comes to 58,000: the resting buy at 59,000 fills there, as maker, with his fee."""
    driver = floor()
    driver.do(place("buy", "1", "59000"))
    driver.do(place("buy", "1", "57000", user=OTHER))
    events = driver.do(
        c.SetBook(instrument="BTC-USDT", bids=((atoms("57990"), atoms("1")),), asks=((atoms("58000"), atoms("5")),))
    )
    assert fills(events) == [(USER, "59000", "1", True)]
    assert (driver.cash("BTC"), driver.cash("USDT")) == ("10.9992", "941000")
    assert driver.state.markets["BTC-USDT"].taken_asks == {str(atoms("58000")): atoms("1")}
    assert len(driver.state.orders) == 1


def test_crossing_takes_no_more_than_the_house_shows() -> None:
    driver = floor()
    driver.do(place("sell", "3", "61000"))
    driver.do(place("sell", "3", "61500", user=OTHER))
    events = driver.do(
        c.SetBook(instrument="BTC-USDT", bids=((atoms("62000"), atoms("2")), (atoms("61000"), atoms("1.5"))), asks=())
    )
    assert fills(events) == [(USER, "61000", "2", True), (USER, "61000", "1", True)]
    # 0.5 at 61,000 are left in the house, under the other's 61,500
    assert visible_levels(driver.state, driver.parameters.instruments["BTC-USDT"], "bids") == [
        (atoms("61000"), atoms("0.5"))
    ]


def test_a_recorded_price_fills_too() -> None:
    driver = floor()
    driver.do(c.ReleaseMarket(instrument="BTC-USDT"))
    driver.do(place("buy", "0.01", "59000"))
    events = driver.do(c.MoveMarket(instruments=("BTC-USDT",), prices=(atoms("58000"),)))
    assert fills(events) == [(USER, "59000", "0.01", True)]


def test_giving_the_market_back_fills_what_the_house_then_crosses() -> None:
    """By hand the house shows nothing; released, it quotes round 60,000 again, above which the buy rests."""
    driver = floor()
    driver.do(place("buy", "0.01", "61000"))
    assert len(driver.state.orders) == 1
    assert fills(driver.do(c.ReleaseMarket(instrument="BTC-USDT"))) == [(USER, "61000", "0.01", True)]


def test_what_is_taken_from_the_house_stays_taken_until_it_quotes_anew() -> None:
    driver = floor(asks=[("60000", "1"), ("60001", "1")])
    driver.do(place("buy", "1", "60000"))
    assert fills(driver.do(place("buy", "0.5", "60001", user=OTHER))) == [(OTHER, "60001", "0.5", False)]
    driver.book("BTC-USDT", [], [("60000", "1"), ("60001", "1")])
    assert fills(driver.do(place("buy", "0.5", "60001", user=OTHER))) == [(OTHER, "60000", "0.5", False)]


@pytest.mark.parametrize(
    ("bids", "asks", "reject"),
    [
        ([("60000", "1")], [("60000", "1")], Reject.PRICE_NOT_POSITIVE),
        ([("59000", "1"), ("59500", "1")], [], Reject.PRICE_NOT_POSITIVE),
        ([], [("60000", "0")], Reject.PRICE_NOT_POSITIVE),
        ([], [("60000.05", "1")], Reject.PRICE_OFF_TICK),
        ([("59999.9", "0.000000001")], [], Reject.SIZE_OFF_LOT),
    ],
)
def test_a_book_by_hand_obeys_tick_lot_and_order(
    bids: list[tuple[str, str]], asks: list[tuple[str, str]], reject: Reject
) -> None:
    driver = floor()
    levels = [tuple((atoms(price), atoms(size)) for price, size in side) for side in (bids, asks)]
    assert driver.refuse(c.SetBook(instrument="BTC-USDT", bids=levels[0], asks=levels[1])) is reject


# ---- so many and no more


def limited(per_instrument: int, everywhere: int) -> Driver:
    driver = floor()
    driver.price("ETH-USDT", "3000")
    numbers = {"orders_max_per_instrument": per_instrument, "orders_max": everywhere}
    driver.do(
        c.ChangeParameters(
            settings=tuple(
                c.Setting(table="constants", row="", field=name, value=most) for name, most in numbers.items()
            )
        )
    )
    return driver


def ether(price: str = "2000", user: int = USER) -> c.PlaceOrder:
    return c.PlaceOrder(
        user_id=user, instrument="ETH-USDT", side="buy", kind="limit", size=atoms("0.01"), price=atoms(price)
    )


def test_the_packaged_limits_are_the_documented_ones() -> None:
    parameters = floor().parameters
    assert (parameters.orders_max_per_instrument, parameters.orders_max) == (500, 4000)


def test_so_many_open_orders_and_no_more() -> None:
    """Two for an instrument, three in all; each user has his own, and each end of an order makes room for one."""
    driver = limited(2, 3)
    driver.do(place("buy", "0.1", "50000", client_order_id="x"))
    driver.do(place("sell", "0.1", "70000"))
    assert driver.refuse(place("buy", "0.1", "50000")) is Reject.TOO_MANY_ORDERS_HERE
    driver.do(place("buy", "0.1", "50000", user=OTHER))
    driver.do(ether())
    assert driver.refuse(ether()) is Reject.TOO_MANY_ORDERS
    driver.do(c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=0, client_order_id="x"))
    driver.do(ether())
    assert driver.refuse(place("buy", "0.1", "50000")) is Reject.TOO_MANY_ORDERS
    # A fill ends the sell at 70,000; the order that fills it is the other's second one and does not stay.
    driver.do(place("buy", "0.1", "70000", user=OTHER))
    driver.do(place("buy", "0.1", "50000"))
    assert driver.refuse(ether()) is Reject.TOO_MANY_ORDERS_HERE


@pytest.mark.parametrize("kind", ["limit", "post_only", "ioc", "fok", "market"])
def test_with_all_places_taken_no_kind_of_order_comes_in(kind: OrderKind) -> None:
    """Documented: the limit counts for orders that would not stay as well."""
    driver = limited(1, 3)
    driver.do(place("buy", "0.1", "50000"))
    price = "0" if kind == "market" else "60000"
    assert driver.refuse(place("buy", "0.1", price, kind)) is Reject.TOO_MANY_ORDERS_HERE


def test_an_order_that_is_changed_takes_no_second_place() -> None:
    driver = limited(1, 1)
    (placed,) = driver.do(place("buy", "0.1", "50000"))
    driver.do(c.AmendOrder(user_id=USER, instrument="BTC-USDT", order_id=placed.order_id, price=atoms("50001")))
    assert driver.refuse(place("buy", "0.1", "50000")) is Reject.TOO_MANY_ORDERS_HERE


def test_a_limit_below_what_is_open_takes_nothing_away() -> None:
    driver = floor()
    for _ in range(3):
        driver.do(place("buy", "0.1", "50000"))
    driver.do(
        c.ChangeParameters(settings=(c.Setting(table="constants", row="", field="orders_max_per_instrument", value=2),))
    )
    assert len(driver.state.orders) == 3
    driver.do(c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=next(iter(driver.state.orders))))
    assert driver.refuse(place("buy", "0.1", "50000")) is Reject.TOO_MANY_ORDERS_HERE


def test_a_state_fresh_from_its_bytes_counts_the_same() -> None:
    driver = limited(2, 3)
    for order in (place("buy", "0.1", "50000"), place("buy", "0.1", "50000"), ether()):
        driver.do(order)
    driver.state = core.decode_state(core.encode_state(driver.state))
    assert driver.refuse(place("buy", "0.1", "50000")) is Reject.TOO_MANY_ORDERS_HERE
    assert driver.refuse(ether()) is Reject.TOO_MANY_ORDERS
    for number in tuple(driver.state.orders):
        driver.do(c.CancelOrder(user_id=USER, instrument=driver.state.orders[number].instrument, order_id=number))
    assert not open_orders.of(driver.state).of_user(USER)


# ---- refusals


def test_refusals_of_an_order_in_their_order() -> None:
    driver = floor()
    driver.do(c.SwitchSpotBorrow(user_id=USER, enabled=False))
    driver.do(place("buy", "0.1", "59000", client_order_id="x"))

    def refuse(instrument: str, size: str, price: str, user: int = USER, kind: OrderKind = "limit") -> Reject:
        return driver.refuse(
            c.PlaceOrder(
                user_id=user,
                instrument=instrument,
                side="buy",
                kind=kind,
                size=atoms(size),
                price=atoms(price),
                client_order_id="x",
            )
        )

    assert refuse("NONE", "0.000000001", "0.01", 9) is Reject.UNKNOWN_USER
    assert refuse("NONE", "0.000000001", "0.01") is Reject.UNKNOWN_INSTRUMENT
    assert refuse("BTC-USDT", "0.000000001", "0.01") is Reject.SIZE_OFF_LOT
    assert refuse("BTC-USDT", "0.00000999", "0.01") is Reject.SIZE_BELOW_MIN
    assert refuse("BTC-USDT", "0.00001", "0.01") is Reject.PRICE_OFF_TICK
    driver.do(c.ChangeParameters(settings=(c.Setting(table="constants", row="", field="orders_max", value=1),)))
    assert refuse("BTC-USDT", "0.00001", "0", kind="market") is Reject.DUPLICATE_ORDER_ID
    driver.do(c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=0, client_order_id="x"))
    driver.do(ether())
    assert refuse("BTC-USDT", "0.00001", "0", kind="market") is Reject.TOO_MANY_ORDERS
    (order,) = driver.state.orders
    driver.do(c.CancelOrder(user_id=USER, instrument="ETH-USDT", order_id=order))
    assert refuse("BTC-USDT", "0.00001", "0", kind="market") is Reject.NO_PRICE
    assert refuse("BTC-USDT", "100", "60000") is Reject.INSUFFICIENT_BALANCE
    driver.do(place("buy", "0.00001", "0.1"))


def test_refusals_of_a_cancellation_in_their_order() -> None:
    driver = floor()
    (placed,) = driver.do(place("buy", "0.1", "59000", client_order_id="x"))
    number = placed.order_id
    assert driver.refuse(c.CancelOrder(user_id=9, instrument="NONE", order_id=number)) is Reject.UNKNOWN_USER
    assert driver.refuse(c.CancelOrder(user_id=USER, instrument="NONE", order_id=number)) is Reject.UNKNOWN_INSTRUMENT
    assert driver.refuse(c.CancelOrder(user_id=USER, instrument="ETH-USDT", order_id=number)) is Reject.UNKNOWN_ORDER
    assert driver.refuse(c.CancelOrder(user_id=OTHER, instrument="BTC-USDT", order_id=number)) is Reject.UNKNOWN_ORDER
    assert (
        driver.refuse(c.CancelOrder(user_id=OTHER, instrument="BTC-USDT", order_id=0, client_order_id="x"))
        is Reject.UNKNOWN_ORDER
    )
    assert (
        driver.refuse(c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=0, client_order_id="y"))
        is Reject.UNKNOWN_ORDER
    )
    driver.do(c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=number))
    assert driver.refuse(c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=number)) is Reject.UNKNOWN_ORDER


def test_a_market_order_sized_in_quote_must_buy_the_least_size() -> None:
    """Least size 0.00001 BTC at a best ask of 60,000: 0.6 USDT will do, 0.59 will not."""
    driver = Driver()
    driver.user(USER, USDT="10", borrow=False)
    driver.price("BTC-USDT", "60000")
    driver.book("BTC-USDT", [("59990", "1")], [("60000", "1")])
    small = c.PlaceOrder(
        user_id=USER, instrument="BTC-USDT", side="buy", kind="market", size=atoms("0.59"), price=0, size_in_quote=True
    )
    assert driver.refuse(small) is Reject.SIZE_BELOW_MIN
    driver.do(
        c.PlaceOrder(
            user_id=USER,
            instrument="BTC-USDT",
            side="buy",
            kind="market",
            size=atoms("0.6"),
            price=0,
            size_in_quote=True,
        )
    )
    assert driver.cash("BTC") == "0.00000999"
