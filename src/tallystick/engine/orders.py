"""Spot orders: a price-time book of users' orders, met by each other and by the house's quotes.

At one price users' resting orders go before the house, earlier ones first. Fees are taken from the
coin received, rounded up. With borrowing on an order may spend more than is there (`spot_borrow`).
"""

from __future__ import annotations

import bisect

from tallystick.engine import borrow, ledger, margin, prices, spot_borrow
from tallystick.engine.amounts import ONE, cut, lift, mul_down, mul_up
from tallystick.engine.commands import CancelOrder, PlaceOrder
from tallystick.engine.events import OrderClosed, OrderFilled, OrderPlaced
from tallystick.engine.parameters import Instrument
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import Book, Market, Order, State
from tallystick.engine.turn import Stamp, Turn, applies

ORDER_ID_EPOCH_MS = 1_672_502_400_000
ORDER_ID_SHIFT = 25
MARKET_RESERVE = ONE * 105 // 100
"""A market order sized in the coin it does not spend reserves 5 % beyond the best price (documented for buys)."""

FILLED = "filled"
CANCELED = "canceled"


def next_order_id(state: State, at_ms: int, user_id: int) -> int:
    """Milliseconds since 2023-01-01 UTC+8, then 25 bits of the user (observed in the one-click sample); rising."""
    wanted = ((at_ms - ORDER_ID_EPOCH_MS) << ORDER_ID_SHIFT) + user_id % (1 << ORDER_ID_SHIFT)
    return max(wanted, state.last_order_id + 1)


# ---- commands


def place_order(turn: Turn, command: PlaceOrder) -> None:
    """Accept, match, rest or cancel.

    Rejects: UNKNOWN_USER, IN_LIQUIDATION, UNKNOWN_INSTRUMENT, SIZE_OFF_LOT, SIZE_BELOW_MIN, PRICE_OFF_TICK,
    DUPLICATE_ORDER_ID, NO_PRICE (market order, empty side), SIZE_BELOW_MIN (sized in quote, at the best price),
    INSUFFICIENT_BALANCE, ORDER_ABOVE_TIER,
    ORDER_ABOVE_QUOTA, ORDER_POOL_EXHAUSTED, MARGIN_INSUFFICIENT, ORDER_COLLATERAL_RESTRICTED or
    ORDER_BORROW_RESTRICTED.
    Emits: OrderPlaced, Borrowed (what a fill lacks), OrderFilled (both sides), OrderClosed, Repaid (auto repay
    of what came in).
    """
    user = turn.active_user(command.user_id)
    instrument = prices.require_instrument(turn.state, command.instrument)
    buying = command.side == "buy"
    if not command.size_in_quote:
        if command.size % instrument.lot:
            raise Rejected(Reject.SIZE_OFF_LOT)
        if command.size < instrument.min_size:
            raise Rejected(Reject.SIZE_BELOW_MIN)
    if command.kind != "market" and command.price % instrument.tick:
        raise Rejected(Reject.PRICE_OFF_TICK)
    if command.client_order_id and find_open(turn.state, command.user_id, command.client_order_id):
        raise Rejected(Reject.DUPLICATE_ORDER_ID, clOrdId=command.client_order_id)
    held_ccy = instrument.quote_ccy if buying else instrument.base_ccy
    need = need_of(turn.state, instrument, command)
    if command.size_in_quote:
        best = best_price(turn.state, instrument, "asks" if buying else "bids")
        if best and command.size < mul_up(instrument.min_size, best):
            raise Rejected(Reject.SIZE_BELOW_MIN)
    require_affordable(turn.state, instrument, command, need)
    held = min(need, ledger.available(turn.state, user, held_ccy))
    received_ccy = instrument.base_ccy if buying else instrument.quote_ccy
    received_before = ledger.available(turn.state, user, received_ccy)
    order_id = next_order_id(turn.state, turn.stamp.at_ms, command.user_id)
    turn.emit(
        OrderPlaced(
            order_id,
            command.user_id,
            command.instrument,
            command.side,
            command.kind,
            command.price,
            command.size,
            command.size_in_quote,
            held_ccy,
            held,
            command.client_order_id,
            command.tag,
            turn.stamp.at_ms,
            need - held,
        )
    )
    if command.kind == "post_only":
        best = best_price(turn.state, instrument, "asks" if buying else "bids")
        if best is not None and (best <= command.price if buying else best >= command.price):
            close(turn, order_id, CANCELED)
        return
    if command.kind == "fok" and not _fillable_at_once(turn.state, instrument, command):
        close(turn, order_id, CANCELED)
        return
    match(turn, order_id)
    order = turn.state.orders.get(order_id)
    if order is not None and command.kind != "limit":
        close(turn, order_id, CANCELED)
    # Coins came in by fills, or an own order was met and gave back what it held. The other coin only goes out.
    if ledger.available(turn.state, user, received_ccy) > received_before:
        borrow.auto_repay(turn, user, received_ccy)


def cancel_order(turn: Turn, command: CancelOrder) -> None:
    """Take an order off the book.

    Rejects: UNKNOWN_USER, IN_LIQUIDATION, UNKNOWN_INSTRUMENT, UNKNOWN_ORDER. Emits: OrderClosed, Repaid.
    """
    user = turn.active_user(command.user_id)
    prices.require_instrument(turn.state, command.instrument)
    order = turn.state.orders.get(command.order_id)
    if command.order_id == 0:
        order = find_open(turn.state, command.user_id, command.client_order_id)
    if order is None or order.user_id != command.user_id or order.instrument != command.instrument:
        raise Rejected(Reject.UNKNOWN_ORDER)
    held_ccy, freed = order.held_ccy, order.held
    close(turn, order.order_id, CANCELED)
    if freed:
        borrow.auto_repay(turn, user, held_ccy)


def find_open(state: State, user_id: int, client_order_id: str) -> Order | None:
    """The user's open order with this client id."""
    for order in state.orders.values():
        if order.client_order_id == client_order_id and order.user_id == user_id:
            return order
    return None


def need_of(state: State, instrument: Instrument, command: PlaceOrder) -> int:
    """The most the order may spend, in atoms of the coin it spends."""
    if command.side == "sell":
        bid = best_price(state, instrument, "bids") if command.kind == "market" else None
        if command.kind == "market" and bid is None:
            raise Rejected(Reject.NO_PRICE)
        if command.size_in_quote and bid:
            return lift(mul_up(command.size * ONE // bid, MARKET_RESERVE), instrument.lot)
        return command.size
    if command.kind != "market":
        return mul_up(command.size, command.price)
    best = best_price(state, instrument, "asks")
    if best is None:
        raise Rejected(Reject.NO_PRICE)
    if command.size_in_quote:
        return command.size
    return mul_up(mul_up(command.size, best), MARKET_RESERVE)


def require_affordable(state: State, instrument: Instrument, command: PlaceOrder, need: int) -> None:
    """Whether what the order may spend is there or may be borrowed, and leaves the account sound.

    Judged filled at its limit, or level by level at market; what it may borrow counts whole, reserve included.
    Rejects: as `spot_borrow.require_room`, then as `spot_borrow.require_margin`.
    """
    user = state.users[command.user_id]
    spent_ccy = instrument.quote_ccy if command.side == "buy" else instrument.base_ccy
    spot_borrow.require_room(state, user, spent_ccy, need)
    covered = need <= ledger.available(state, user, spent_ccy) and not user.promised
    if covered and not ledger.debts(state, command.user_id):
        return
    if command.kind == "market":
        changes = _walk(state, instrument, command, need)
    else:
        changes = margin.fill_changes(state, command, command.size)
    spot_borrow.require_margin(state, user, changes, spent_ccy, need)


def _walk(state: State, instrument: Instrument, command: PlaceOrder, need: int) -> dict[str, int]:
    """What a market order would change against all that others show, the fee included."""
    base = quote = 0
    buying = command.side == "buy"
    for price, size in visible_levels(state, instrument, "asks" if buying else "bids", without=command.user_id):
        if command.size_in_quote:
            wanted = cut((command.size - quote) * ONE // price, instrument.lot)
        else:
            wanted = command.size - base
        at_hand = cut((need - quote) * ONE // price, instrument.lot) if buying else need - base
        taken = min(size, wanted, at_hand)
        if taken <= 0:
            break
        base += taken
        quote += mul_up(taken, price) if buying else mul_down(taken, price)
    fee = state.parameters.taker_fee
    if buying:
        return {instrument.quote_ccy: -quote, instrument.base_ccy: base - mul_up(base, fee)}
    return {instrument.base_ccy: -base, instrument.quote_ccy: quote - mul_up(quote, fee)}


# ---- matching


def best_price(state: State, instrument: Instrument, side: str) -> int | None:
    """Best price shown on "bids" or "asks" by users and house together."""
    house = prices.house_levels(state, instrument, side)
    book = state.books.get(instrument.instrument)
    resting = (book.bids if side == "bids" else book.asks) if book else []
    offers = [house[0][0]] if house else []
    if resting:
        offers.append(abs(resting[0][0]))
    if not offers:
        return None
    return max(offers) if side == "bids" else min(offers)


def _fillable_at_once(state: State, instrument: Instrument, command: PlaceOrder) -> bool:
    buying = command.side == "buy"
    side = "asks" if buying else "bids"
    total = 0
    for price, size in visible_levels(state, instrument, side, without=command.user_id):
        if price > command.price if buying else price < command.price:
            break
        total += size
    return total >= command.size


def visible_levels(state: State, instrument: Instrument, side: str, *, without: int = 0) -> list[tuple[int, int]]:
    """(price, size) of users and house together, best first; the orders of user `without` are left out."""
    levels: dict[int, int] = dict(prices.house_levels(state, instrument, side))
    book = state.books.get(instrument.instrument)
    if book:
        for key, _, order_id in book.bids if side == "bids" else book.asks:
            order = state.orders[order_id]
            if order.user_id != without:
                levels[abs(key)] = levels.get(abs(key), 0) + order.size - order.filled_size
    return sorted(levels.items(), reverse=side == "bids")


def match(turn: Turn, order_id: int, quote_max: int | None = None) -> None:
    """Fill an order against the other side until it is done, its limit is reached or nothing is left.

    `quote_max` bounds what a buy may spend (one-click legs). The order is closed when it is filled.
    """
    state = turn.state
    order = state.orders[order_id]
    instrument = state.parameters.instruments[order.instrument]
    buying = order.side == "buy"
    while order_id in state.orders:
        left = _left(order, instrument, quote_max)
        offer = None if left is None else _best_offer(turn, order, instrument)
        if left is None or offer is None:
            return
        price, size, maker_id = offer
        if order.size_in_quote:
            wanted = cut((order.size - order.filled_quote) * ONE // price, instrument.lot)
        elif buying and quote_max is not None:
            wanted = min(left, cut((quote_max - order.filled_quote) * ONE // price, instrument.lot))
        elif buying and order.kind == "market":
            wanted = min(left, cut((order.held + order.beyond) * ONE // price, instrument.lot))
        else:
            wanted = left
        if not buying:
            wanted = min(wanted, order.held + order.beyond)
        size = min(size, wanted)
        if size <= 0:
            if order.size_in_quote:
                close(turn, order_id, FILLED if order.filled_size else CANCELED)
            return
        if maker_id and not _may_fill(turn, state.orders[maker_id], instrument, price, size, maker=True):
            continue
        if not _may_fill(turn, order, instrument, price, size, maker=False):
            return
        _fill(turn, order, instrument, price, size, maker=False, other=maker_id)
        if maker_id:
            maker = state.orders[maker_id]
            maker_user = state.users[maker.user_id]
            _fill(turn, maker, instrument, price, size, maker=True, other=order_id)
            _close_if_done(turn, maker, instrument)
            borrow.auto_repay(turn, maker_user, instrument.quote_ccy if buying else instrument.base_ccy)
        _close_if_done(turn, order, instrument)


def _left(order: Order, instrument: Instrument, quote_max: int | None) -> int | None:
    """Base size still wanted, cut to the lot; None when done."""
    if order.size_in_quote:
        return order.size - order.filled_quote if order.filled_quote < order.size else None
    left = cut(order.size, instrument.lot) - order.filled_size
    if quote_max is not None and order.filled_quote >= quote_max:
        return None
    return left if left > 0 else None


def _best_offer(turn: Turn, taker: Order, instrument: Instrument) -> tuple[int, int, int] | None:
    """(price, size, resting order id or 0 for the house) within the taker's limit.

    The taker's own resting orders that he would meet are cancelled on the way.
    """
    state = turn.state
    buying = taker.side == "buy"

    def beyond(price: int) -> bool:
        return bool(taker.price) and (price > taker.price if buying else price < taker.price)

    while True:
        house = prices.house_levels(state, instrument, "asks" if buying else "bids")
        book = state.books.get(instrument.instrument)
        resting = (book.asks if buying else book.bids) if book else []
        price, maker_id = (abs(resting[0][0]), resting[0][2]) if resting else (0, 0)
        if house and (not resting or (house[0][0] < price if buying else house[0][0] > price)):
            return None if beyond(house[0][0]) else (house[0][0], house[0][1], 0)
        if not resting or beyond(price):
            return None
        maker = state.orders[maker_id]
        if maker.user_id == taker.user_id:
            close(turn, maker_id, CANCELED)
            continue
        return (price, maker.size - maker.filled_size, maker_id)


def fill_crossed(turn: Turn, name: str) -> None:
    """After the house quoted anew: resting orders it crosses fill at their own price, as makers."""
    state = turn.state
    book = state.books.get(name)
    if book is None:
        return
    instrument = state.parameters.instruments[name]
    for side in ("bids", "asks"):
        buying = side == "bids"
        while resting := (book.bids if buying else book.asks):
            price, order_id = abs(resting[0][0]), resting[0][2]
            house = prices.house_levels(state, instrument, "asks" if buying else "bids")
            if not house or (house[0][0] > price if buying else house[0][0] < price):
                break
            order = state.orders[order_id]
            user = state.users[order.user_id]
            size = min(order.size - order.filled_size, house[0][1])
            if not _may_fill(turn, order, instrument, price, size, maker=True):
                continue
            _fill(turn, order, instrument, price, size, maker=True, other=0, house_price=house[0][0])
            _close_if_done(turn, order, instrument)
            borrow.auto_repay(turn, user, instrument.base_ccy if buying else instrument.quote_ccy)


def _may_fill(turn: Turn, order: Order, instrument: Instrument, price: int, size: int, *, maker: bool) -> bool:
    """Whether what the fill lacks can be borrowed; an order that may not is cancelled. Emits: OrderClosed."""
    if order.beyond == 0:
        return True
    state = turn.state
    received, fee, spent, released = _amounts(state, order, price, size, maker=maker)
    lacking = spot_borrow.shortfall(state, order, spent, released)
    if lacking == 0:
        return True
    buying = order.side == "buy"
    received_ccy = instrument.base_ccy if buying else instrument.quote_ccy
    why = spot_borrow.refusal(state, order, lacking, {order.held_ccy: -spent, received_ccy: received - fee})
    if not why:
        return True
    user = state.users[order.user_id]
    before = borrow.before_gains(state, user) if maker else {}
    close(turn, order.order_id, CANCELED, why)
    borrow.repay_gains(turn, user, before)
    return False


def _amounts(state: State, order: Order, price: int, size: int, *, maker: bool) -> tuple[int, int, int, int]:
    """(received, fee of it, spent, released from the hold) of a fill."""
    parameters = state.parameters
    buying = order.side == "buy"
    received = size if buying else mul_down(size, price)
    fee = mul_up(received, parameters.maker_fee if maker else parameters.taker_fee)
    spent = mul_up(size, price) if buying else size
    at_limit = mul_up(size, order.price) if buying and order.price and order.held else spent
    return received, fee, spent, min(order.held, at_limit)


def _fill(
    turn: Turn,
    order: Order,
    instrument: Instrument,
    price: int,
    size: int,
    *,
    maker: bool,
    other: int,
    house_price: int = 0,
) -> None:
    buying = order.side == "buy"
    _, fee, spent, released = _amounts(turn.state, order, price, size, maker=maker)
    if order.beyond:
        lacking = spot_borrow.shortfall(turn.state, order, spent, released)
        if lacking:
            spot_borrow.borrow(turn, turn.state.users[order.user_id], order.held_ccy, lacking)
    at_limit = mul_up(size, order.price) if buying and order.price else spent
    covered = min(order.beyond, at_limit - released)
    # Both sides of one trade carry one trade id: the taker's fill mints it.
    trade_id = turn.state.last_trade_id + (0 if maker and other else 1)
    market = turn.state.markets.get(order.instrument)
    turn.emit(
        OrderFilled(
            order.order_id,
            order.user_id,
            trade_id,
            order.instrument,
            order.side,
            price,
            size,
            fee,
            instrument.base_ccy if buying else instrument.quote_ccy,
            maker,
            other,
            released,
            house_price or price,
            covered,
            order.category,
            order.client_order_id,
            order.tag,
            market.index if market else 0,
        )
    )


def _close_if_done(turn: Turn, order: Order, instrument: Instrument) -> None:
    done = (
        order.filled_quote >= order.size
        if order.size_in_quote
        else order.filled_size >= cut(order.size, instrument.lot)
    )
    if done:
        close(turn, order.order_id, FILLED)


def close(turn: Turn, order_id: int, state_name: str, cause: str = "") -> None:
    """End an open order; what is still held for it is released. `cause` is the venue's. Emits: OrderClosed."""
    order = turn.state.orders[order_id]
    turn.emit(
        OrderClosed(
            order.order_id,
            order.user_id,
            order.instrument,
            order.side,
            order.kind,
            order.price,
            order.size,
            order.size_in_quote,
            order.client_order_id,
            order.tag,
            order.placed_at_ms,
            state_name,
            order.filled_size,
            order.filled_quote,
            order.last_price,
            order.last_size,
            order.last_trade_id,
            order.last_fill_at_ms,
            order.fee,
            order.fee_ccy,
            order.held,
            order.category,
            cause,
        )
    )


# ---- events


def _sort_key(order: Order) -> tuple[int, int, int]:
    price = -order.price if order.side == "buy" else order.price
    return (price, order.number, order.order_id)


@applies(OrderPlaced)
def _placed(state: State, stamp: Stamp, event: OrderPlaced) -> None:
    state.last_order_number += 1
    state.last_order_id = max(state.last_order_id, event.order_id)
    order = Order(
        event.order_id,
        event.user_id,
        event.instrument,
        event.side,
        event.kind,
        event.price,
        event.size,
        event.size_in_quote,
        event.held_ccy,
        event.held,
        event.client_order_id,
        event.tag,
        event.placed_at_ms,
        state.last_order_number,
        event.beyond,
        event.category,
    )
    state.orders[event.order_id] = order
    user = state.users[event.user_id]
    if event.beyond:
        user.promised[event.held_ccy] = user.promised.get(event.held_ccy, 0) + event.beyond
    if event.held:
        user.frozen[event.held_ccy] = user.frozen.get(event.held_ccy, 0) + event.held
        ledger.touch(user, event.held_ccy, stamp.at_ms)
    if event.kind in ("limit", "post_only"):
        book = state.books.get(event.instrument)
        if book is None:
            book = state.books[event.instrument] = Book()
        bisect.insort(book.bids if event.side == "buy" else book.asks, _sort_key(order))


def _unfreeze(state: State, user_id: int, ccy: str, amount: int) -> None:
    _lower(state.users[user_id].frozen, ccy, amount, f"user {user_id} frozen")


def _lower(amounts: dict[str, int], ccy: str, amount: int, what: str) -> None:
    left = amounts.get(ccy, 0) - amount
    if left < 0:
        raise ledger.InvariantViolation("L4", f"{what} {ccy} would be {left} atoms")
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
        _unfreeze(state, event.user_id, order.held_ccy, event.released)
        order.held -= event.released
    if event.covered:
        _lower(user.promised, order.held_ccy, event.covered, f"user {event.user_id} promised")
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
    state.last_trade_id = event.trade_id
    prices.traded(state, market, event.price, event.size)
    if event.other_order_id == 0:
        _take_from_house(market, event)


def _take_from_house(market: Market, event: OrderFilled) -> None:
    taken = market.taken_asks if event.side == "buy" else market.taken_bids
    key = str(event.house_price)
    taken[key] = taken.get(key, 0) + event.size


@applies(OrderClosed)
def _closed(state: State, stamp: Stamp, event: OrderClosed) -> None:
    order = state.orders.pop(event.order_id)
    if event.released:
        _unfreeze(state, event.user_id, order.held_ccy, event.released)
        ledger.touch(state.users[event.user_id], order.held_ccy, stamp.at_ms)
    if order.beyond:
        _lower(state.users[event.user_id].promised, order.held_ccy, order.beyond, f"user {event.user_id} promised")
    book = state.books.get(event.instrument)
    if book is None or event.kind not in ("limit", "post_only"):
        return
    side = book.bids if event.side == "buy" else book.asks
    place = bisect.bisect_left(side, _sort_key(order))
    if place < len(side) and side[place][2] == event.order_id:
        del side[place]
    if not book.bids and not book.asks:
        del state.books[event.instrument]
    prices.market_of(state, event.instrument).book_number += 1
