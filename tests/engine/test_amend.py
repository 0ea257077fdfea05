"""Changing open orders, meeting oneself, market orders cut to the balance, and the dead man's switch. By hand."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import core
from tallystick.engine.events import AmendFailed, CancelTimerSet, OrderAmended, OrderClosed
from tallystick.engine.kinds import OrderKind
from tallystick.engine.rejects import Reject
from tallystick.venue.parameters import load_parameters
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import available, frozen, of_kind, repaid
from tests.engine.test_orders import OTHER, THIRD, ends, fills, floor, place
from tests.engine.test_spot_borrow import auto_borrowed, holder
from tests.engine.test_spot_borrow import order as limit


def amend(number: int, size: str = "0", price: str = "0", user: int = USER, **more: Any) -> c.AmendOrder:
    return c.AmendOrder(
        user_id=user,
        instrument="BTC-USDT",
        order_id=number,
        client_order_id="",
        size=atoms(size),
        price=atoms(price),
        **more,
    )


def placed(driver: Driver, command: c.PlaceOrder) -> int:
    number: int = driver.do(command)[0].order_id
    return number


def causes(events: list[Any]) -> list[tuple[int, str]]:
    return [(event.order_id, event.cause) for event in of_kind(events, OrderClosed)]


# ---- size and price


def test_what_an_order_holds_follows_its_size_and_price() -> None:
    driver = floor()
    number = placed(driver, place("buy", "1", "50000"))
    driver.do(amend(number, "2"))
    assert frozen(driver, "USDT") == "100000"
    driver.do(amend(number, price="40000"))
    assert frozen(driver, "USDT") == "80000"
    (event,) = driver.do(amend(number, "0.5", "60000", request_id="r1"))
    assert (text(event.price), text(event.size), text(event.held), event.request_id) == ("60000", "0.5", "30000", "r1")
    assert frozen(driver, "USDT") == "30000"
    driver.do(c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=number))
    assert available(driver, "USDT") == "1000000"


def test_an_order_is_found_by_its_client_id_too() -> None:
    driver = floor()
    driver.do(place("sell", "1", "70000", client_order_id="mine"))
    (event,) = driver.do(
        c.AmendOrder(user_id=USER, instrument="BTC-USDT", order_id=0, client_order_id="mine", size=atoms("2"))
    )
    assert (event.client_order_id, text(event.size)) == ("mine", "2")
    assert frozen(driver, "BTC") == "2"


def test_the_size_counts_what_is_filled() -> None:
    """0.4 of 1 sold; a size of 1.5 leaves 1.1, one of 0.4 or less leaves nothing and the order is filled."""
    driver = floor([("60000", "0.4")])
    number = placed(driver, place("sell", "1", "60000"))
    driver.do(amend(number, "1.5"))
    assert frozen(driver, "BTC") == "1.1"
    events = driver.do(amend(number, "0.3"))
    assert ends(events) == [(USER, "filled")]
    (closed,) = of_kind(events, OrderClosed)
    assert (text(closed.size), text(closed.filled_size), closed.cause) == ("0.4", "0.4", "")
    assert frozen(driver, "BTC") == "0"


@pytest.mark.parametrize(
    ("size", "price", "first"),
    [
        ("0.9", "0", "changed"),
        ("1", "60000", "changed"),
        ("1.1", "0", "other"),
        ("0.9", "60000", "changed"),
    ],
)
def test_only_a_smaller_order_keeps_its_place(size: str, price: str, first: str) -> None:
    driver = floor()
    number = placed(driver, place("sell", "1", "60000", user=OTHER))
    driver.do(place("sell", "1", "60000", user=THIRD))
    driver.do(amend(number, size, price, user=OTHER))
    maker = next(fill for fill in fills(driver.do(place("buy", "0.1", "60000"))) if fill[3])
    assert maker[0] == (OTHER if first == "changed" else THIRD)


def test_another_price_and_back_loses_the_place() -> None:
    driver = floor()
    number = placed(driver, place("sell", "1", "60000", user=OTHER))
    driver.do(place("sell", "1", "60000", user=THIRD))
    driver.do(amend(number, price="60001", user=OTHER))
    driver.do(amend(number, price="60000", user=OTHER))
    assert [fill[0] for fill in fills(driver.do(place("buy", "0.1", "60000"))) if fill[3]] == [THIRD]


def test_a_price_that_others_offer_is_matched_at_once() -> None:
    """As a taker at the maker's 60,000: 0.6 of 1 bought, fee 0.1 % of it; the rest waits at 60,010."""
    driver = floor()
    driver.do(place("sell", "0.6", "60000", user=OTHER))
    number = placed(driver, place("buy", "1", "59000"))
    events = driver.do(amend(number, price="60010"))
    assert fills(events) == [(USER, "60000", "0.6", False), (OTHER, "60000", "0.6", True)]
    assert driver.cash("BTC") == "10.5994"
    # 0.4 x 60,010
    assert frozen(driver, "USDT") == "24004"


def test_post_only_must_not_take() -> None:
    driver = floor(asks=[("60000", "1")])
    number = placed(driver, place("buy", "1", "59000", "post_only"))
    assert driver.refuse(amend(number, price="60000")) is Reject.POST_ONLY_WOULD_TAKE
    driver.do(amend(number, price="59999.9"))
    # Only another price can take: with the book come nearer the size may still change.
    driver.do(amend(number, "2"))
    assert frozen(driver, "USDT") == "119999.8"


def test_refusals_in_their_order() -> None:
    driver = floor()
    driver.do(c.SwitchSpotBorrow(user_id=USER, enabled=False))
    number = placed(driver, place("buy", "1", "50000"))
    wrong = c.AmendOrder(user_id=9, instrument="NONE", order_id=number, client_order_id="", size=1, price=1)
    assert driver.refuse(wrong) is Reject.UNKNOWN_USER
    assert driver.refuse(replace(wrong, user_id=USER)) is Reject.UNKNOWN_INSTRUMENT
    assert driver.refuse(amend(number, "0.000000001", "0.01", user=OTHER)) is Reject.UNKNOWN_ORDER
    assert driver.refuse(amend(number + 1, "0.000000001", "0.01")) is Reject.UNKNOWN_ORDER
    assert (
        driver.refuse(
            c.AmendOrder(user_id=USER, instrument="ETH-USDT", order_id=number, client_order_id="", size=1, price=1)
        )
        is Reject.UNKNOWN_ORDER
    )
    # Neither number nor client id means no order, not one without a client id.
    assert driver.refuse(amend(0, "1")) is Reject.UNKNOWN_ORDER
    assert driver.refuse(amend(number, "0.000000001", "0.01")) is Reject.SIZE_OFF_LOT
    assert driver.refuse(amend(number, "0.00000999", "0.01")) is Reject.SIZE_BELOW_MIN
    assert driver.refuse(amend(number, "1", "0.01")) is Reject.PRICE_OFF_TICK
    # 20 x 50,000 are all there is; a lot more is too much.
    assert driver.refuse(amend(number, "20.00000001")) is Reject.INSUFFICIENT_BALANCE
    driver.do(amend(number, "20"))


def test_an_order_that_cannot_be_changed_is_given_up_where_that_is_asked_for() -> None:
    driver = floor()
    driver.do(c.SwitchSpotBorrow(user_id=USER, enabled=False))
    number = placed(driver, place("buy", "1", "50000"))
    events = driver.do(amend(number, "21", cancel_on_fail=True, request_id="r2"))
    (failed,) = of_kind(events, AmendFailed)
    assert (failed.reason, failed.details, failed.request_id) == ("INSUFFICIENT_BALANCE", (("ccy", "USDT"),), "r2")
    assert causes(events) == [(number, "amend")]
    assert (frozen(driver, "USDT"), driver.state.orders) == ("0", {})
    # An order that is not there cannot be given up.
    assert driver.refuse(amend(number, "1", cancel_on_fail=True)) is Reject.UNKNOWN_ORDER


# ---- on credit


def test_a_larger_order_may_borrow_what_lacks() -> None:
    """10,000 USDT and 1 BTC: 0.1 BTC at 50,000 holds 5,000; 0.3 hold 10,000 and promise 5,000 more."""
    driver = holder(BTC="1", USDT="10000")
    number = placed(driver, limit("buy", "0.1", "50000"))
    (event,) = driver.do(amend(number, "0.3"))
    assert (text(event.held), text(event.beyond)) == ("10000", "5000")
    assert driver.debt("USDT") == "0"
    # At 60,000 it fills: 18,000 are paid, 8,000 of them borrowed.
    assert auto_borrowed(driver.do(amend(number, price="60000"))) == [("USDT", "8000", "8000")]


def test_a_smaller_order_gives_back_its_promise_first() -> None:
    driver = holder(BTC="1", USDT="10000")
    number = placed(driver, limit("buy", "0.3", "50000"))
    (event,) = driver.do(amend(number, "0.22"))
    assert (text(event.held), text(event.beyond)) == ("10000", "1000")
    (event,) = driver.do(amend(number, "0.1"))
    assert (text(event.held), text(event.beyond)) == ("5000", "0")
    assert driver.state.users[USER].promised == {}


def test_a_change_may_not_outgrow_margin_and_limits() -> None:
    """A quota of 6,000: 0.3 BTC at 50,000 with 10,000 at hand would borrow 5,000, 0.33 would borrow 6,500."""
    parameters = load_parameters()
    usdt = replace(parameters.currencies["USDT"], quota=atoms("6000"))
    parameters = replace(parameters, currencies={**parameters.currencies, "USDT": usdt})
    driver = holder(parameters, BTC="1", USDT="10000")
    number = placed(driver, limit("buy", "0.1", "50000"))
    driver.do(amend(number, "0.3"))
    assert driver.refuse(amend(number, "0.33")) is Reject.ORDER_ABOVE_QUOTA
    driver.do(c.SwitchSpotBorrow(user_id=USER, enabled=True))
    # 600 BTC at 50,000 are 30 million on the margin of one BTC; nothing of it is there at 60,000 either.
    driver = holder(BTC="1")
    number = placed(driver, limit("buy", "0.1", "50000"))
    assert driver.refuse(amend(number, "8", "60000")) is Reject.MARGIN_INSUFFICIENT


def test_what_a_smaller_order_frees_repays() -> None:
    """5,000 USDT borrowed by hand and 5,000 more held by an order; freed, auto repay takes them."""
    driver = holder(BTC="1", USDT="5000")
    number = placed(driver, limit("buy", "0.1", "50000"))
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("3000")))
    assert driver.debt("USDT") == "3000"
    assert repaid(driver.do(amend(number, "0.04"))) == [("USDT", "auto_repay", "3000", "0")]


def test_in_liquidation_nothing_is_changed() -> None:
    driver = floor()
    number = placed(driver, place("buy", "1", "50000"))
    driver.state.users[USER].liquidating = True
    assert driver.refuse(amend(number, "2")) is Reject.IN_LIQUIDATION


# ---- meeting oneself


@pytest.mark.parametrize(
    ("mode", "met", "cancelled"),
    [
        ("cancel_maker", ["0.3", "0.7"], ["maker"]),
        ("cancel_taker", ["0.3"], ["taker"]),
        ("cancel_both", ["0.3"], ["maker", "taker"]),
    ],
)
def test_who_gives_way_where_a_user_meets_himself(mode: str, met: list[str], cancelled: list[str]) -> None:
    """Others offer 0.3 at 60,000 and 1 at 60,002, the user himself 1 at 60,001; he buys 1 for up to 60,002."""
    driver = floor()
    driver.do(place("sell", "0.3", "60000", user=OTHER))
    own = placed(driver, place("sell", "1", "60001", stp_mode="cancel_maker"))
    driver.do(place("sell", "1", "60002", user=OTHER))
    events = driver.do(place("buy", "1", "60002", stp_mode=mode))
    assert [size for user, _, size, maker in fills(events) if user == USER and not maker] == met
    closed = ["maker" if number == own else "taker" for number, cause in causes(events) if cause == "stp"]
    assert closed == cancelled
    assert (own in driver.state.orders) is (mode == "cancel_taker")
    assert frozen(driver, "USDT") == "0"


def test_an_order_changed_so_that_it_meets_oneself() -> None:
    driver = floor()
    own = placed(driver, place("sell", "1", "60001"))
    number = placed(driver, place("buy", "1", "59000", stp_mode="cancel_taker"))
    events = driver.do(amend(number, price="60001"))
    assert causes(events) == [(number, "stp")]
    assert (own in driver.state.orders, frozen(driver, "USDT")) == (True, "0")


def test_fill_or_kill_and_oneself() -> None:
    """All or nothing: what is better than the own order counts, and both cannot give way."""
    driver = floor(asks=[("60000", "1"), ("60002", "1")])
    driver.do(place("sell", "1", "60001"))
    assert driver.refuse(place("buy", "1", "60002", "fok", stp_mode="cancel_both")) is Reject.STP_AGAINST_KIND
    events = driver.do(place("buy", "1.5", "60002", "fok", stp_mode="cancel_taker"))
    assert (fills(events), [cause for _, cause in causes(events)]) == ([], ["whole"])
    events = driver.do(place("buy", "1", "60002", "fok", stp_mode="cancel_taker"))
    assert [fill[2] for fill in fills(events)] == ["1"]


@pytest.mark.parametrize(
    ("kind", "price", "cause"),
    [("post_only", "60000", "cross"), ("fok", "60000", "whole"), ("ioc", "60000", "rest"), ("market", "0", "rest")],
)
def test_why_an_order_ended_that_nobody_cancelled(kind: OrderKind, price: str, cause: str) -> None:
    driver = floor(asks=[("60000", "1")])
    events = driver.do(place("buy", "2", price, kind))
    assert [found for _, found in causes(events)] == [cause]


# ---- market orders that are cut


def test_a_market_buy_sized_in_base_is_cut_to_what_the_balance_pays() -> None:
    """30,000 USDT, 1 BTC wanted at 60,000: half a BTC; not where the order says so or the rest can be borrowed."""
    driver = Driver(1_700_049_600_001)
    driver.user(USER, borrow=False, USDT="30000")
    driver.price("BTC-USDT", "60000")
    driver.book("BTC-USDT", [], [("60000", "5")])
    assert driver.refuse(place("buy", "1", kind="market")) is Reject.INSUFFICIENT_BALANCE
    events = driver.do(place("buy", "1", kind="market", may_shrink=True))
    assert fills(events) == [(USER, "60000", "0.5", False)]
    assert driver.cash("USDT") == "0"
    # Nothing at all is no balance to cut to.
    assert driver.refuse(place("buy", "1", kind="market", may_shrink=True)) is Reject.INSUFFICIENT_BALANCE


def test_a_market_sale_sized_in_quote_is_cut_to_whole_lots() -> None:
    driver = Driver(1_700_049_600_001)
    driver.user(USER, borrow=False, BTC="0.500000005")
    driver.price("BTC-USDT", "60000")
    driver.book("BTC-USDT", [("60000", "5")], [])
    events = driver.do(place("sell", "60000", kind="market", size_in_quote=True, may_shrink=True))
    assert fills(events) == [(USER, "60000", "0.5", False)]


def test_a_size_in_the_coin_that_is_spent_is_not_cut() -> None:
    driver = Driver(1_700_049_600_001)
    driver.user(USER, borrow=False, USDT="30000")
    driver.price("BTC-USDT", "60000")
    driver.book("BTC-USDT", [], [("60000", "5")])
    order = place("buy", "30001", kind="market", size_in_quote=True, may_shrink=True)
    assert driver.refuse(order) is Reject.INSUFFICIENT_BALANCE


# ---- the dead man's switch


def test_the_switch_cancels_everything_at_its_time() -> None:
    driver = floor()
    first = placed(driver, place("buy", "1", "50000"))
    driver.do(c.SetCancelTimer(user_id=USER, timeout_ms=10_000))
    second = placed(driver, place("sell", "1", "70000", tag="a"))
    driver.do(place("buy", "1", "50000", user=OTHER))
    set_at_ms = driver.at_ms
    assert core.due_at_ms(driver.state) == set_at_ms + 10_000
    driver.pass_to(set_at_ms + 9_999)
    assert len(driver.state.orders) == 3
    driver.pass_to(set_at_ms + 10_000)
    assert [order.user_id for order in driver.state.orders.values()] == [OTHER]
    events = driver.entries[-1][2]
    assert causes(events) == [(first, "timer"), (second, "timer")]
    assert of_kind(events, CancelTimerSet) == [CancelTimerSet(user_id=USER, tag="", trigger_at_ms=0)]
    assert driver.state.cancel_timers == {}
    assert (frozen(driver, "USDT"), frozen(driver, "BTC")) == ("0", "0")


def test_put_off_and_switched_off() -> None:
    driver = floor()
    driver.do(place("buy", "1", "50000"))
    driver.do(c.SetCancelTimer(user_id=USER, timeout_ms=10_000))
    driver.wait(9_000)
    driver.do(c.SetCancelTimer(user_id=USER, timeout_ms=10_000))
    driver.wait(9_000)
    driver.do(c.SetCancelTimer(user_id=USER, timeout_ms=0))
    driver.wait(120_000)
    assert len(driver.state.orders) == 1
    assert driver.state.cancel_timers == {}
    driver.do(c.SetCancelTimer(user_id=USER, timeout_ms=0))


def test_a_tag_has_a_timer_of_its_own() -> None:
    driver = floor()
    driver.do(place("buy", "1", "50000", tag="a"))
    driver.do(place("buy", "1", "50000", tag="b"))
    driver.do(place("buy", "1", "50000"))
    driver.do(c.SetCancelTimer(user_id=USER, timeout_ms=10_000, tag="a"))
    driver.do(c.SetCancelTimer(user_id=USER, timeout_ms=20_000))
    driver.wait(10_000)
    assert [order.tag for order in driver.state.orders.values()] == ["b", ""]
    driver.wait(10_000)
    assert driver.state.orders == {}


def test_twenty_tags_and_no_more() -> None:
    driver = floor()
    for number in range(20):
        driver.do(c.SetCancelTimer(user_id=USER, timeout_ms=10_000, tag=f"t{number}"))
    assert driver.refuse(c.SetCancelTimer(user_id=USER, timeout_ms=10_000, tag="one")) is Reject.TOO_MANY_TIMERS
    assert driver.refuse(c.SetCancelTimer(user_id=9, timeout_ms=10_000)) is Reject.UNKNOWN_USER
    driver.do(c.SetCancelTimer(user_id=USER, timeout_ms=10_000))
    driver.do(c.SetCancelTimer(user_id=USER, timeout_ms=20_000, tag="t7"))
    driver.do(c.SetCancelTimer(user_id=OTHER, timeout_ms=10_000, tag="one"))
    driver.do(c.SetCancelTimer(user_id=USER, timeout_ms=0, tag="t7"))
    driver.do(c.SetCancelTimer(user_id=USER, timeout_ms=10_000, tag="one"))


def test_what_a_timer_frees_repays() -> None:
    driver = holder(BTC="1", USDT="5000")
    driver.do(limit("buy", "0.1", "50000"))
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("3000")))
    driver.do(c.SetCancelTimer(user_id=USER, timeout_ms=10_000))
    driver.wait(10_000)
    assert repaid(driver.entries[-1][2]) == [("USDT", "auto_repay", "3000", "0")]


def test_changed_orders_survive_a_snapshot() -> None:
    driver = floor()
    number = placed(driver, place("sell", "1", "60000", user=OTHER))
    driver.do(place("sell", "1", "60000", user=THIRD))
    driver.do(amend(number, "2", user=OTHER))
    driver.do(c.SetCancelTimer(user_id=OTHER, timeout_ms=60_000, tag="a"))
    copy = core.decode_state(core.encode_state(driver.state))
    command = place("buy", "1.5", "60000")
    stamp = core.Stamp(driver.seq + 1, driver.at_ms)
    assert core.handle(copy, stamp, command) == driver.do(command)
    assert core.state_hash(copy) == core.state_hash(driver.state)
    assert of_kind([event for _, _, events in driver.entries for event in events], OrderAmended)[0].loses_place
