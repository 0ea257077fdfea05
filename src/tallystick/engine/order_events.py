"""Appliers of order events: they change the book, held and promised coins, and balances at a fill."""

from __future__ import annotations

import bisect
from typing import Final

from tallystick.engine import ledger, open_orders, prices, spot_cost
from tallystick.engine.amounts import mul_down, mul_up
from tallystick.engine.events import AmendFailed, OrderAmended, OrderClosed, OrderFilled, OrderPlaced
from tallystick.engine.sparse import own
from tallystick.engine.state import Book, Market, Order, State, User
from tallystick.engine.work import Stamp, applies

RESTING: Final = ("limit", "post_only")
"""Kinds that wait in the book."""


def _sort_key(order: Order) -> tuple[int, int, int]:
    price = -order.price if order.side == "buy" else order.price
    return (price, order.number, order.order_id)


@applies(OrderPlaced)
def _placed(state: State, stamp: Stamp, event: OrderPlaced) -> None:
    state.last_order_number += 1
    state.last_order_id = max(state.last_order_id, event.order_id)
    order = Order(
        order_id=event.order_id,
        user_id=event.user_id,
        instrument=event.instrument,
        side=event.side,
        kind=event.kind,
        price=event.price,
        size=event.size,
        size_in_quote=event.size_in_quote,
        held_ccy=event.held_ccy,
        held=event.held,
        client_order_id=event.client_order_id,
        tag=event.tag,
        placed_at_ms=event.placed_at_ms,
        number=state.last_order_number,
        beyond=event.beyond,
        category=event.category,
        stp_mode=event.stp_mode,
    )
    open_orders.of(state).add(state, order)
    state.orders[event.order_id] = order
    user = state.users[event.user_id]
    if event.beyond:
        own(user, "promised", user.promised)[event.held_ccy] = user.promised.get(event.held_ccy, 0) + event.beyond
    if event.held:
        own(user, "frozen", user.frozen)[event.held_ccy] = user.frozen.get(event.held_ccy, 0) + event.held
        ledger.touch(user, event.held_ccy, stamp.at_ms)
    if event.kind in RESTING:
        into_book(state, order)


def into_book(state: State, order: Order) -> None:
    book = state.books.get(order.instrument)
    if book is None:
        book = state.books[order.instrument] = Book()
    bisect.insort(book.bids if order.side == "buy" else book.asks, _sort_key(order))


def _out_of_book(state: State, order: Order) -> None:
    book = state.books[order.instrument]
    side = book.bids if order.side == "buy" else book.asks
    del side[bisect.bisect_left(side, _sort_key(order))]
    if not book.bids and not book.asks:
        del state.books[order.instrument]


def _change(user: User, name: str, amounts: dict[str, int], ccy: str, delta: int) -> None:
    """Change one of the amounts that a user has under this name."""
    left = amounts.get(ccy, 0) + delta
    if left < 0:
        raise ledger.InvariantViolation("L4", f"user {user.user_id} {name} {ccy} would be {left} atoms")
    if left:
        amounts[ccy] = left
    else:
        amounts.pop(ccy, None)


@applies(OrderFilled)
def _filled(state: State, stamp: Stamp, event: OrderFilled) -> None:
    order = state.orders[event.order_id]
    instrument = state.parameters.instruments[event.instrument]
    user = state.users[event.user_id]
    trading = f"trading:{event.user_id}"
    market = prices.market_of(state, event.instrument)
    if event.released:
        _change(user, "frozen", user.frozen, order.held_ccy, -event.released)
        order.held -= event.released
    if event.covered:
        _change(user, "promised", user.promised, order.held_ccy, -event.covered)
        order.beyond -= event.covered
    if event.side == "buy":
        quote = mul_up(event.size, event.price)
        spent_ccy, spent, received_ccy, received = instrument.quote_ccy, quote, instrument.base_ccy, event.size
    else:
        quote = mul_down(event.size, event.price)
        spent_ccy, spent, received_ccy, received = instrument.base_ccy, event.size, instrument.quote_ccy, quote
    ledger.post(state, spent_ccy, (trading, -spent), ("market", spent))
    ledger.post(state, received_ccy, ("market", -received), (trading, received - event.fee), ("fee", event.fee))
    ledger.spend_exempt(user, spent_ccy, spent)
    ledger.touch(user, spent_ccy, stamp.at_ms)
    ledger.touch(user, received_ccy, stamp.at_ms)
    order.filled_size += event.size
    order.filled_quote += quote
    order.last_price = event.price
    order.last_size = event.size
    order.last_trade_id = event.trade_id
    order.last_fill_at_ms = stamp.at_ms
    order.fee += event.fee
    order.fee_ccy = event.fee_ccy
    open_orders.of(state).change(state, order)
    state.last_trade_id = event.trade_id
    spot_cost.traded(state, user, event)
    prices.traded(state, market, event.price, event.size)
    if event.other_order_id == 0:
        _take_from_house(market, event)


def _take_from_house(market: Market, event: OrderFilled) -> None:
    taken = market.taken_asks if event.side == "buy" else market.taken_bids
    key = str(event.house_price)
    taken[key] = taken.get(key, 0) + event.size


@applies(OrderClosed)
def _closed(state: State, stamp: Stamp, event: OrderClosed) -> None:
    order, user = state.orders[event.order_id], state.users[event.user_id]
    open_orders.of(state).remove(order)
    del state.orders[event.order_id]
    if event.released:
        _change(user, "frozen", user.frozen, order.held_ccy, -event.released)
        ledger.touch(user, order.held_ccy, stamp.at_ms)
    if order.beyond:
        _change(user, "promised", user.promised, order.held_ccy, -order.beyond)
    if event.kind in RESTING:
        _out_of_book(state, order)


@applies(OrderAmended)
def _amended(state: State, stamp: Stamp, event: OrderAmended) -> None:
    """Change the order. An order that loses its place goes behind all others of its price."""
    order = state.orders[event.order_id]
    user = state.users[event.user_id]
    _out_of_book(state, order)
    _change(user, "frozen", own(user, "frozen", user.frozen), order.held_ccy, event.held - order.held)
    _change(user, "promised", own(user, "promised", user.promised), order.held_ccy, event.beyond - order.beyond)
    if event.held != order.held:
        ledger.touch(user, order.held_ccy, stamp.at_ms)
    order.price, order.size, order.held, order.beyond = event.price, event.size, event.held, event.beyond
    order.amended_at_ms = stamp.at_ms
    open_orders.of(state).change(state, order)
    if event.loses_place:
        state.last_order_number += 1
        order.number = state.last_order_number
    into_book(state, order)


@applies(AmendFailed)
def _amend_failed(state: State, stamp: Stamp, event: AmendFailed) -> None:
    """Change nothing: the end of the order is an event of its own."""
