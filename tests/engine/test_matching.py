"""Matching of orders to the last lot and atom: whose offer is met, what is held, borrowed and told. Numbers by hand."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import core, ledger, orders
from tallystick.engine.events import OrderClosed, OrderFilled, OrderPlaced, Repaid
from tallystick.engine.rejects import Reject
from tallystick.engine.state import Order
from tallystick.engine.work import Work
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import available, frozen, of_kind
from tests.engine.test_orders import OTHER, ends, fills, floor, limited, place
from tests.engine.test_spot_borrow import free_of_fees, holder, order


def work_on(driver: Driver) -> Work:
    return Work(driver.state, core.Stamp(driver.seq + 1, driver.at_ms))


def only_order(driver: Driver) -> Order:
    (found,) = driver.state.orders.values()
    return found


# ---- whose offer is met


def test_a_sale_meets_users_before_the_house_at_one_price() -> None:
    driver = floor(bids=[("60000", "5")])
    driver.do(place("buy", "1", "60000", user=OTHER))
    events = driver.do(place("sell", "1.5", "60000", "ioc"))
    assert [fill[2] for fill in fills(events) if fill[0] == USER] == ["1", "0.5"]


def test_the_best_ask_is_the_lower_one_of_users_and_house() -> None:
    driver = floor(asks=[("60001", "1")])
    driver.do(place("sell", "1", "60000", user=OTHER))
    assert ends(driver.do(place("buy", "0.1", "60000", "post_only"))) == [(USER, "canceled")]


def test_a_post_only_sale_looks_at_the_bids() -> None:
    driver = floor([("59999", "1")], [("60000", "1")])
    assert ends(driver.do(place("sell", "0.1", "60000", "post_only"))) == []


def test_fill_or_kill_that_gives_way_fills_where_no_own_order_stands() -> None:
    driver = floor(asks=[("60000", "1")])
    assert ends(driver.do(place("buy", "1", "60000", "fok", stp_mode="cancel_taker"))) == [(USER, "filled")]


@pytest.mark.parametrize(("bid", "end", "cause"), [("60000", "filled", ""), ("59000", "canceled", "whole")])
def test_a_sale_that_gives_way_counts_bids_above_its_own(bid: str, end: str, cause: str) -> None:
    """1 BTC is bid for by the house, the own bid is at 59,000: at the same price it would be met first."""
    driver = floor(bids=[(bid, "1")])
    driver.do(place("buy", "0.5", "59000"))
    closed = of_kind(driver.do(place("sell", "1", "59000", "fok", stp_mode="cancel_taker")), OrderClosed)
    assert [(event.state, event.cause) for event in closed] == [(end, cause)]


@pytest.mark.parametrize(("ask", "end", "cause"), [("59000", "filled", ""), ("60000", "canceled", "whole")])
def test_a_purchase_that_gives_way_counts_asks_below_its_own(ask: str, end: str, cause: str) -> None:
    """1 BTC is offered by the house, the own offer is at 60,000: at the same price it would be met first."""
    driver = floor(asks=[(ask, "1")])
    driver.do(place("sell", "0.5", "60000"))
    closed = of_kind(driver.do(place("buy", "1", "60000", "fok", stp_mode="cancel_taker")), OrderClosed)
    assert [(event.state, event.cause) for event in closed] == [(end, cause)]


def test_of_an_order_filled_in_part_the_rest_is_offered() -> None:
    driver = floor()
    driver.do(place("sell", "1", "60000", user=OTHER))
    driver.do(place("buy", "0.4", "60000"))
    events = driver.do(place("buy", "1", "60000"))
    assert [fill for fill in fills(events) if fill[3]] == [(OTHER, "60000", "0.6", True)]


def test_an_order_sized_in_quote_that_cannot_pay_for_a_lot_is_canceled() -> None:
    """0.6 USDT are the least at the own offer of 60,000, which goes; at 70,000,000 they are 0.0000000085 BTC."""
    driver = floor(asks=[("70000000", "1")])
    driver.do(place("sell", "0.001", "60000"))
    events = driver.do(place("buy", "0.6", kind="market", size_in_quote=True))
    assert (fills(events), ends(events)) == ([], [(USER, "canceled"), (USER, "canceled")])


def test_bids_that_are_not_crossed_keep_no_sale_from_being_crossed() -> None:
    driver = floor()
    driver.do(place("buy", "1", "50000"))
    driver.do(place("sell", "1", "61000"))
    events = driver.do(c.SetBook(instrument="BTC-USDT", bids=((atoms("61500"), atoms("1")),), asks=()))
    assert fills(events) == [(USER, "61000", "1", True)]


def test_an_order_filled_as_far_as_it_may_cancels_no_own_order() -> None:
    """0.5 of 1 BTC may fill, and the house bids for that; the own bid below is not met any more."""
    driver = floor(bids=[("60000", "0.5")])
    driver.do(place("buy", "0.1", "59000"))
    work, pair = work_on(driver), driver.parameters.instruments["BTC-USDT"]
    taken = orders.take(
        work,
        driver.state.users[USER],
        pair,
        side="sell",
        price=atoms("58000"),
        size=atoms("1"),
        held=atoms("1"),
        base_max=atoms("0.5"),
    )
    assert text(taken.filled_size) == "0.5"
    assert [text(left.price) for left in driver.state.orders.values()] == ["59000"]


def test_a_level_shows_what_is_left_of_an_order() -> None:
    driver = floor()
    driver.do(place("sell", "1", "60000", user=OTHER))
    driver.do(place("buy", "0.4", "60000"))
    pair = driver.parameters.instruments["BTC-USDT"]
    assert orders.visible_levels(driver.state, pair, "asks") == [(atoms("60000"), atoms("0.6"))]


# ---- what is held, spent and borrowed


def test_an_order_that_borrows_promises_what_the_rest_costs_at_its_limit() -> None:
    """30,000 held and 30,000 promised for 1 BTC at 60,000; half is bought for 29,500, and the rest may cost 30,000."""
    driver = holder(free_of_fees(), BTC="1", USDT="30000")
    driver.book("BTC-USDT", [("58000", "1")], [("59000", "0.5")])
    driver.do(order("buy", "1", "60000"))
    assert {ccy: text(amount) for ccy, amount in driver.state.users[USER].promised.items()} == {"USDT": "30000"}
    assert (frozen(driver, "USDT"), available(driver, "USDT")) == ("0", "500")


def test_a_market_purchase_is_cut_to_the_balance_and_no_further() -> None:
    """The lot is one of the coin bought: USDT are spent to the last digit that there is."""
    driver = floor(asks=[("60000", "1")])
    driver.user(4, borrow=False, USDT="100.123456789")
    events = driver.do(place("buy", "1", kind="market", user=4, may_shrink=True))
    assert [text(placed.held) for placed in of_kind(events, OrderPlaced)] == ["100.123456789"]


def test_possible_debts_need_margin_even_for_an_order_of_coins_at_hand() -> None:
    """2.5 BTC at 58,000 may borrow 145,000, whose margin is 48,333.33. 0.5 BTC left count 29,400, and 5,000 come in."""
    driver = holder(free_of_fees())
    driver.do(order("buy", "2.5", "58000"))
    assert driver.refuse(order("sell", "0.5", "10000")) is Reject.MARGIN_INSUFFICIENT


def walked(driver: Driver, command: c.PlaceOrder, need: str) -> dict[str, str]:
    pair = driver.parameters.instruments["BTC-USDT"]
    return {ccy: text(delta) for ccy, delta in orders._walk(driver.state, pair, command, atoms(need)).items()}


def test_a_market_purchase_is_judged_as_far_as_its_reserve_goes() -> None:
    """6,000 for 0.1, then 57,000 / 90,000 = 0.63333333 for 56,999.9997; the fee is a thousandth of 0.73333333."""
    driver = floor(asks=[("60000", "0.1"), ("90000", "5")])
    found = walked(driver, place("buy", "1", kind="market"), "63000")
    assert found == {"USDT": "-62999.9997", "BTC": "0.73259999667"}


def test_a_market_sale_is_judged_up_to_the_level_of_which_a_lot_is_too_much() -> None:
    """0.01 at 60,000 bring 600 of 600.0004; a lot at 50,000 brings 0.0005. The fee is 0.6."""
    driver = floor([("60000", "1"), ("50000", "1"), ("30000", "1")])
    found = walked(driver, place("sell", "600.0004", kind="market", size_in_quote=True), "1")
    assert found == {"BTC": "-0.01", "USDT": "599.4"}


@pytest.mark.parametrize(("usdt", "may"), [("2004.8", True), ("2004.799999999999999999", False)])
def test_a_fill_borrows_if_its_margin_is_there_to_the_atom(usdt: str, may: bool) -> None:
    """0.1 BTC at 60,000 bring 5,995.2 after the maker's fee of 0.08 %, and 6,000 are owed then: a third is needed."""
    driver = holder(USDT="10000")
    driver.book("BTC-USDT", [], [])
    driver.do(order("sell", "0.1", "60000"))
    resting = only_order(driver)
    gone = atoms("10000") - atoms(usdt)
    ledger.post(driver.state, "USDT", (f"trading:{USER}", -gone), ("outside", gone))
    pair = driver.parameters.instruments["BTC-USDT"]
    work = work_on(driver)
    assert orders._may_fill(work, resting, pair, atoms("60000"), atoms("0.1"), maker=True) is may
    assert [event.cause for event in of_kind(work.events, OrderClosed)] == ([] if may else ["risk"])


def test_a_fill_that_lacks_nothing_asks_for_no_margin() -> None:
    """0.1 BTC at 30,000 may borrow 3,000 USDT, which come in later. 30,000 owed in ETH ask for 10,000, and at 34,000
    there are 33,320 + 3,000 - 30,000: too little to borrow anything."""
    driver = holder()
    driver.do(order("buy", "0.1", "30000"))
    driver.do(c.ManualBorrow(user_id=USER, ccy="ETH", amount=atoms("10")))
    driver.deposit("ETH", "-10")
    driver.deposit("USDT", "3000")
    driver.price("BTC-USDT", "34000")
    events = driver.do(
        c.SetBook(instrument="BTC-USDT", bids=(), asks=((atoms("30000"), atoms("1")),)),
    )
    assert fills(events) == [(USER, "30000", "0.1", True)]


@pytest.mark.parametrize(("maker", "paid"), [(True, ["1000"]), (False, [])])
def test_coins_of_a_refused_fill_repay_for_a_maker_only(maker: bool, paid: list[str]) -> None:
    """1,000 USDT are held and owed. The coin that a taker spends only goes out."""
    driver = holder()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("1000")))
    driver.do(order("buy", "0.1", "50000"))
    user = driver.state.users[USER]
    user.auto_repay, user.borrow_enabled, user.exempt = True, False, {}
    pair = driver.parameters.instruments["BTC-USDT"]
    work = work_on(driver)
    assert not orders._may_fill(work, only_order(driver), pair, atoms("50000"), atoms("0.1"), maker=maker)
    assert [text(event.amount) for event in of_kind(work.events, Repaid)] == paid


# ---- what is told


def test_a_fee_is_told_in_the_coin_received() -> None:
    driver = floor()
    driver.do(place("sell", "0.4", "60000", user=OTHER))
    events = of_kind(driver.do(place("buy", "0.4", "60000")), OrderFilled)
    assert [(event.side, event.fee_ccy) for event in events] == [("buy", "BTC"), ("sell", "USDT")]


def test_refusals_name_the_limit_and_the_client_id() -> None:
    driver = limited(1, 3)
    driver.do(place("buy", "0.1", "50000", client_order_id="x"))
    assert driver.refusal(place("buy", "0.1", "50000")).details == {"id": "BTC-USDT", "max": "1"}
    assert driver.refusal(place("buy", "0.1", "50000", client_order_id="x")).details == {"clOrdId": "x"}


def test_the_end_of_an_order_tells_how_it_would_have_met_its_own() -> None:
    driver = floor()
    driver.do(place("buy", "0.1", "50000", stp_mode="cancel_both"))
    (closed,) = driver.do(c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=only_order(driver).order_id))
    assert closed.stp_mode == "cancel_both"


def test_an_order_of_the_venue_holds_the_coin_it_sells_and_says_why_it_ends() -> None:
    driver = floor()
    work, pair = work_on(driver), driver.parameters.instruments["BTC-USDT"]
    user = driver.state.users[USER]
    size = atoms("1")
    orders.take(work, user, pair, side="sell", price=atoms("1"), size=size, held=size, category="twap")
    placed, closed = work.events
    assert (placed.held_ccy, placed.client_order_id, placed.category) == ("BTC", "", "twap")
    assert (closed.category, closed.state, closed.cause) == ("twap", "canceled", "rest")


# ---- a change of an order


def test_a_coin_changes_when_a_changed_order_holds_more_of_it() -> None:
    driver = floor()
    driver.do(place("buy", "0.1", "50000"))
    order_id, user = only_order(driver).order_id, driver.state.users[USER]
    placed_at_ms = driver.at_ms
    driver.wait(1_000)
    driver.do(c.AmendOrder(user_id=USER, instrument="BTC-USDT", order_id=order_id, price=atoms("50001")))
    assert ledger.changed_at_ms(driver.state, user, "USDT") == placed_at_ms + 1_000


def test_a_coin_stays_as_it_was_when_a_changed_order_holds_the_same() -> None:
    driver = floor()
    driver.do(place("sell", "0.1", "70000"))
    order_id, user = only_order(driver).order_id, driver.state.users[USER]
    placed_at_ms = driver.at_ms
    driver.wait(1_000)
    driver.do(c.AmendOrder(user_id=USER, instrument="BTC-USDT", order_id=order_id, price=atoms("70001")))
    assert ledger.changed_at_ms(driver.state, user, "BTC") == placed_at_ms


def test_a_first_trade_of_a_pair_has_no_index() -> None:
    driver = floor()
    driver.deposit("SOL", "5", OTHER)
    sale = c.PlaceOrder(
        user_id=OTHER, instrument="SOL-USDT", side="sell", kind="limit", size=atoms("1"), price=atoms("100")
    )
    driver.do(sale)
    events = driver.do(replace(sale, user_id=USER, side="buy"))
    assert {event.index for event in of_kind(events, OrderFilled)} == {0}
