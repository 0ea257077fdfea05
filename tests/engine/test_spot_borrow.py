"""Automatic borrowing: nothing while an order rests, the exact lack when it fills (docs/rules/borrowing.md)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import core, margin
from tallystick.engine.events import Borrowed, OrderClosed, OrderFilled, OrderPlaced
from tallystick.engine.kinds import OrderKind, Side
from tallystick.engine.parameters import Parameters
from tallystick.engine.rejects import Reject
from tallystick.venue.parameters import load_parameters
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import HOUR_MS, NOON_MS, available, frozen, of_kind, repaid, with_currency

OTHER = 2


def free_of_fees(parameters: Parameters | None = None) -> Parameters:
    """The worked numbers leave fees out."""
    return replace(parameters or load_parameters(), taker_fee=0, maker_fee=0)


def holder(parameters: Parameters | None = None, **balances: str) -> Driver:
    """BTC at 60,000 with a deep book a tick round it; 1 BTC where nothing else is said."""
    driver = Driver(NOON_MS + 1, parameters)
    driver.user(USER, balances or {"BTC": "1"})
    driver.price("BTC-USDT", "60000")
    driver.price("ETH-USDT", "3000")
    driver.book("BTC-USDT", [("59999.9", "100")], [("60000", "100")])
    return driver


def order(side: Side, size: str, price: str, kind: OrderKind = "limit", user: int = USER) -> c.PlaceOrder:
    return c.PlaceOrder(user_id=user, instrument="BTC-USDT", side=side, kind=kind, size=atoms(size), price=atoms(price))


def market(side: Side, size: str, *, quote: bool = False) -> c.PlaceOrder:
    return c.PlaceOrder(
        user_id=USER, instrument="BTC-USDT", side=side, kind="market", size=atoms(size), price=0, size_in_quote=quote
    )


def auto_borrowed(events: list[Any]) -> list[tuple[str, str, str]]:
    return [(e.ccy, text(e.amount), text(e.debt_after)) for e in of_kind(events, Borrowed) if e.kind == "auto_borrow"]


def frozen_for_borrowing(driver: Driver) -> str:
    return text(margin.potential_margin(driver.state, driver.state.users[USER]))


# ---- at the fill


def test_the_worked_purchase() -> None:
    """1 BTC and 10,000 USDT buy 1 BTC for 60,000: 50,000 borrowed, 1.999 BTC with the fee in BTC."""
    driver = holder(BTC="1", USDT="10000")
    events = driver.do(order("buy", "1", "60000"))
    assert auto_borrowed(events) == [("USDT", "50000", "50000")]
    assert (driver.cash("BTC"), driver.cash("USDT"), driver.debt("USDT")) == ("1.999", "0", "50000")
    assert available(driver, "USDT") == "0"
    state = driver.state
    assert text(margin.adjusted_equity(state, USER)) == "67541.2"
    assert text(margin.maintenance_margin(state, USER)) == "1000"  # 2 %
    assert text(margin.max_loan(state, state.users[USER], "USDT")) == "152623.6"


def test_the_debt_stands_before_the_coins_are_spent() -> None:
    """One row per fill that lacks something; what is there is used first."""
    driver = holder(BTC="1", USDT="10000")
    driver.book("BTC-USDT", [("59990", "1")], [("59998", "0.1"), ("59999", "0.1"), ("60000", "0.1")])
    events = driver.do(order("buy", "0.3", "60000"))
    # 5,999.8 from what is there; then 10,000 - 5,999.8 = 4,000.2 of 5,999.9; then all of 6,000
    assert [type(event) for event in events[1:-1]] == [OrderFilled, Borrowed, OrderFilled, Borrowed, OrderFilled]
    assert auto_borrowed(events) == [("USDT", "1999.7", "1999.7"), ("USDT", "6000", "7999.7")]
    assert len(driver.table("spot_borrow_repay")) == 2


def test_selling_coins_that_are_not_there() -> None:
    driver = holder(USDT="100000")
    events = driver.do(order("sell", "0.5", "59999.9"))
    assert auto_borrowed(events) == [("BTC", "0.5", "0.5")]
    assert driver.cash("USDT") == "129969.95005"  # 100,000 + 29,999.95 less 0.1 %


@pytest.mark.parametrize("quote", [True, False])
def test_a_market_order_borrows_for_what_it_spends_and_not_for_its_reserve(quote: bool) -> None:
    """Sized in BTC it is judged with 5 % more, but owes what it paid."""
    driver = holder()
    events = driver.do(market("buy", "6000" if quote else "0.1", quote=quote))
    assert auto_borrowed(events) == [("USDT", "6000", "6000")]
    assert driver.state.users[USER].promised == {}


def test_the_reserve_counts_in_the_check() -> None:
    """A quota of 6,299 lets 6,299 be borrowed, and not 1.05 x 6,000."""
    driver = holder(with_currency("USDT", quota=atoms("6299")))
    assert driver.refuse(market("buy", "0.1")) is Reject.ORDER_ABOVE_QUOTA
    assert auto_borrowed(driver.do(market("buy", "6000", quote=True))) == [("USDT", "6000", "6000")]


def test_coins_of_a_manual_borrow_are_spent_first() -> None:
    driver = holder()
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("1000")))
    events = driver.do(order("buy", "0.1", "60000"))
    assert auto_borrowed(events) == [("USDT", "5000", "6000")]
    assert driver.state.users[USER].exempt == {}
    # what comes in now repays: nothing of it is kept back
    assert repaid(driver.do(c.AdjustBalance(user_id=USER, account="trading", ccy="USDT", delta=atoms("10")))) == [
        ("USDT", "auto_repay", "10", "5990")
    ]


def test_auto_repay_takes_the_proceeds_of_what_was_bought_on_credit() -> None:
    driver = holder()
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    driver.do(order("buy", "0.1", "60000"))
    events = driver.do(order("sell", "0.05", "59999.9"))
    assert repaid(events) == [("USDT", "auto_repay", "2996.995005", "3003.004995")]
    assert driver.cash("USDT") == "0"


# ---- while it rests


def test_the_worked_resting_order() -> None:
    """Own 1 BTC, buy 0.5 at 58,000: 29,000 possible, 9,666.67 frozen for it, nothing owed, nothing charged."""
    driver = holder(free_of_fees())
    (placed,) = driver.do(order("buy", "0.5", "58000"))
    assert type(placed) is OrderPlaced
    assert (placed.held, text(placed.beyond)) == (0, "29000")
    assert frozen_for_borrowing(driver).startswith("9666.66666666666666")
    assert text(margin.adjusted_equity(driver.state, USER)) == "58800"
    driver.wait(3 * HOUR_MS)
    assert driver.debt("USDT") == "0"
    assert frozen(driver, "USDT") == "0"


def test_the_worked_resting_order_that_would_lose() -> None:
    """At a limit of 61,000: 30,500 possible, 10,166.67 frozen, 0.5 x (61,000 - 58,800) = 1,100 off adjEq."""
    driver = holder(free_of_fees())
    driver.book("BTC-USDT", [("59999.9", "1")], [("62000", "1")])
    driver.do(order("buy", "0.5", "61000"))
    assert frozen_for_borrowing(driver).startswith("10166.66666666666666")
    assert text(margin.adjusted_equity(driver.state, USER)) == "57700"


def test_an_order_freezes_what_is_there_and_no_more() -> None:
    driver = holder(BTC="1", USDT="10000")
    (placed,) = driver.do(order("buy", "0.5", "58000"))
    assert (text(placed.held), text(placed.beyond)) == ("10000", "19000")
    assert (frozen(driver, "USDT"), available(driver, "USDT")) == ("10000", "0")
    (closed,) = driver.do(c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=placed.order_id))
    assert closed.released == atoms("10000")
    assert (driver.state.users[USER].promised, frozen_for_borrowing(driver)) == ({}, "0")


def test_coins_that_come_later_are_used_before_anything_is_borrowed() -> None:
    driver = holder()
    driver.do(order("buy", "0.5", "58000"))
    driver.deposit("USDT", "9000")
    assert text(margin.potential(driver.state, driver.state.users[USER])["USDT"]) == "20000"
    driver.price("BTC-USDT", "58000")
    driver.book("BTC-USDT", [("57990", "1")], [("58000", "1")])
    assert driver.debt("USDT") == "20000"


def test_coins_of_another_order_are_not_used() -> None:
    driver = holder(BTC="1", USDT="10000")
    driver.do(order("buy", "0.1", "50000"))
    events = driver.do(order("buy", "0.1", "60000"))
    assert auto_borrowed(events) == [("USDT", "1000", "1000")]
    assert frozen(driver, "USDT") == "5000"


# ---- the check


def test_the_worked_largest_order() -> None:
    """58,800 / (1/3 + 0.02) = 166,415.09 USDT; a lot more is refused (a lot is 0.0006 USDT here)."""
    driver = holder(free_of_fees())
    assert driver.refuse(order("buy", "2.77358491", "60000")) is Reject.MARGIN_INSUFFICIENT
    events = driver.do(order("buy", "2.77358490", "60000"))
    ((_, spent, _),) = auto_borrowed(events)
    assert spent == "166415.094"
    assert margin.adjusted_equity(driver.state, USER) >= margin.initial_margin(driver.state, USER)


def test_open_orders_count_together() -> None:
    driver = holder(free_of_fees())
    driver.book("BTC-USDT", [("59990", "1")], [("60010", "1")])
    driver.do(order("buy", "1.5", "60000"))
    assert driver.refuse(order("buy", "1.27358491", "60000")) is Reject.MARGIN_INSUFFICIENT
    driver.do(order("buy", "1.27358490", "60000"))


SMALL_TIER = {"margin_tiers": ((atoms("1500"), atoms("0.03"), atoms("0.3")),)}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"quota": atoms("5999.9999999999999999")}, Reject.ORDER_ABOVE_QUOTA),
        ({"quota": atoms("6000")}, None),
        ({"quota": atoms("6000.0000000000000001")}, None),
        ({"pool": atoms("5999.9999999999999999")}, Reject.ORDER_POOL_EXHAUSTED),
        ({"pool": atoms("6000")}, None),
        ({"pool": atoms("6000.0000000000000001")}, None),
        # leverage 3 allows tiers up to 33 %: 3 more of 1 % each after the first, here of 1,500
        ({"margin_step_size": atoms("1499.9999999999999999"), **SMALL_TIER}, Reject.ORDER_ABOVE_TIER),
        ({"margin_step_size": atoms("1500"), **SMALL_TIER}, None),
        ({"borrowable": False}, Reject.INSUFFICIENT_BALANCE),
    ],
)
def test_each_limit_to_the_last_digit(changes: dict[str, Any], why: Reject | None) -> None:
    """0.1 BTC at 60,000 lack 6,000 USDT."""
    driver = holder(with_currency("USDT", **changes))
    if why is None:
        assert auto_borrowed(driver.do(order("buy", "0.1", "60000"))) == [("USDT", "6000", "6000")]
    else:
        assert driver.refuse(order("buy", "0.1", "60000")) is why


def test_without_a_price_nothing_is_borrowed() -> None:
    """F13: SOL has a book by hand and no index."""
    driver = holder()
    driver.book("SOL-USDT", [("100", "1")], [("101", "1")])
    sale = c.PlaceOrder(
        user_id=USER, instrument="SOL-USDT", side="sell", kind="ioc", size=atoms("0.5"), price=atoms("100")
    )
    assert driver.refuse(sale) is Reject.MARGIN_INSUFFICIENT


def test_with_borrowing_off_the_coins_are_needed() -> None:
    driver = holder()
    driver.do(c.SwitchSpotBorrow(user_id=USER, enabled=False))
    assert driver.refuse(order("buy", "0.1", "60000")) is Reject.INSUFFICIENT_BALANCE


def test_borrowing_cannot_be_switched_off_under_an_order_that_needs_it() -> None:
    driver = holder()
    (placed,) = driver.do(order("buy", "0.1", "50000"))
    assert driver.refuse(c.SwitchSpotBorrow(user_id=USER, enabled=False)) is Reject.DEBT_OUTSTANDING
    driver.do(c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=placed.order_id))
    driver.do(c.SwitchSpotBorrow(user_id=USER, enabled=False))


def test_what_orders_may_borrow_holds_coins_back() -> None:
    """1 BTC carries 58,800; 2.5 BTC at 58,000 may borrow 145,000, whose margin is 48,333.33: 0.178... BTC may go."""
    driver = holder(free_of_fees())
    driver.do(order("buy", "2.5", "58000"))
    assert driver.refuse(
        c.Transfer(user_id=USER, ccy="BTC", amount=atoms("0.17800454"), source="trading", target="funding")
    ) is (Reject.MARGIN_INSUFFICIENT)
    driver.do(c.Transfer(user_id=USER, ccy="BTC", amount=atoms("0.17800453"), source="trading", target="funding"))


def test_a_manual_borrow_leaves_room_for_open_orders() -> None:
    """(58,800 - 145,000 / 3) x 3 = 31,400."""
    driver = holder(free_of_fees())
    driver.do(order("buy", "2.5", "58000"))
    state = driver.state
    assert text(margin.max_loan(state, state.users[USER], "USDT")) == "31400"
    assert (
        driver.refuse(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("31400.0000000000000001")))
        is Reject.MARGIN_INSUFFICIENT
    )
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("31400")))


# ---- when a fill can no longer be carried


def closed(events: list[Any]) -> list[tuple[str, str]]:
    return [(event.state, event.cause) for event in of_kind(events, OrderClosed)]


def test_a_fill_that_the_pool_cannot_lend_any_more_cancels_the_order() -> None:
    driver = holder(with_currency("USDT", pool=atoms("6000")))
    driver.user(OTHER, BTC="1")
    driver.do(order("buy", "0.1", "59000"))
    driver.do(c.ManualBorrow(user_id=OTHER, ccy="USDT", amount=atoms("1000")))
    driver.price("BTC-USDT", "59000")
    events = driver.do(
        c.SetBook(instrument="BTC-USDT", bids=((atoms("58990"), atoms("1")),), asks=((atoms("59000"), atoms("1")),))
    )
    assert closed(events) == [("canceled", "cap")]
    assert (driver.debt("USDT"), driver.cash("BTC")) == ("0", "1")


def test_a_fall_cancels_what_it_leaves_uncovered_before_it_fills() -> None:
    """1 BTC at 20,000 counts 19,600 and carries 58,800 at most: 2.5 at 58,000 is not bought at 20,000."""
    driver = holder()
    driver.do(order("buy", "2.5", "58000"))
    driver.do(c.ReleaseMarket(instrument="BTC-USDT"))
    events = driver.do(c.SetPrices(prices=(("BTC-USDT", atoms("20000")),)))
    assert closed(events) == [("canceled", "risk")]
    assert driver.debt("USDT") == "0"


def test_a_maker_who_can_no_longer_borrow_gives_way_to_the_next() -> None:
    driver = holder(with_currency("USDT", pool=atoms("6000")), BTC="1")
    driver.user(OTHER, BTC="1")
    driver.book("BTC-USDT", [("58000", "1")], [("61000", "1")])
    driver.do(order("buy", "0.1", "59000"))
    driver.do(c.ManualBorrow(user_id=OTHER, ccy="USDT", amount=atoms("1000")))
    events = driver.do(order("sell", "0.1", "58000", "ioc", OTHER))
    assert closed(events) == [("canceled", "cap"), ("filled", "")]
    assert [text(fill.price) for fill in of_kind(events, OrderFilled)] == ["58000"]


def take_by_user(driver: Driver) -> list[Any]:
    return driver.do(order("sell", "0.1", "58000", "ioc", OTHER))


def cross_by_house(driver: Driver) -> list[Any]:
    return driver.do(c.SetBook(instrument="BTC-USDT", bids=(), asks=((atoms("58990"), atoms("1")),)))


@pytest.mark.parametrize("met", [take_by_user, cross_by_house])
def test_what_the_order_of_such_a_maker_held_repays(met: Callable[[Driver], list[Any]]) -> None:
    """A buy for 5,900 USDT holds the 2,000 at hand; it can borrow no more, and they go into the debt of 3,000."""
    driver = holder(with_currency("USDT", pool=atoms("6000")), BTC="1", USDT="2000")
    driver.user(OTHER, BTC="1")
    driver.book("BTC-USDT", [("58000", "1")], [("61000", "1")])
    driver.do(order("buy", "0.1", "59000"))
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("3000")))
    driver.deposit("USDT", "-3000")
    driver.do(c.ManualBorrow(user_id=OTHER, ccy="USDT", amount=atoms("1000")))
    events = met(driver)
    assert closed(events)[0] == ("canceled", "cap")
    assert repaid(events) == [("USDT", "auto_repay", "2000", "1000")]


def test_other_ways_out_never_borrow() -> None:
    """O7: transfers, conversions and one-click legs take what is available."""
    driver = holder(BTC="1", USDT="100")
    driver.price("USDC-USDT", "1")
    assert (
        driver.refuse(c.Transfer(user_id=USER, ccy="USDT", amount=atoms("101"), source="trading", target="funding"))
        is Reject.FUNDING_INSUFFICIENT
    )
    (quote,) = driver.do(
        c.AskQuote(user_id=USER, base_ccy="BTC", quote_ccy="USDT", side="buy", size=atoms("101"), size_ccy="USDT")
    )
    trade = c.TradeQuote(
        user_id=USER,
        quote_id=quote.quote_id,
        base_ccy="BTC",
        quote_ccy="USDT",
        side="buy",
        size=atoms("101"),
        size_ccy="USDT",
    )
    assert driver.refuse(trade) is Reject.INSUFFICIENT_BALANCE
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDC", amount=atoms("50")))
    driver.deposit("USDC", "-50")
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("USDT",)))
    driver.wait(60_000)
    assert (driver.debt("USDT"), driver.debt("USDC")) == ("0", "0")


def test_replay_of_borrowing_orders_gives_the_same_state() -> None:
    driver = holder(BTC="1", USDT="10000")
    driver.do(order("buy", "0.5", "58000"))
    driver.do(order("buy", "0.3", "60000"))
    driver.price("BTC-USDT", "57000")
    driver.book("BTC-USDT", [("56990", "1")], [("57000", "1")])
    driver.wait(2 * HOUR_MS)
    again = core.new_state(driver.parameters, NOON_MS + 1)
    for stamp, _, events in driver.entries:
        core.fold(again, stamp, events)
    assert core.state_hash(again) == core.state_hash(driver.state)
