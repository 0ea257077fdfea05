"""Spot orders: a price-time book of users' orders, met by each other and by the house's quotes.

At one price users' resting orders fill before the house's quotes, earlier ones first. Fees are taken from the
coin received, rounded up. If borrowing is on, an order may spend more than is available (`spot_borrow`).
"""

from __future__ import annotations

from typing import Final

from tallystick.engine import borrow, exposure, ledger, numbers, open_orders, prices, refusals, spot_borrow
from tallystick.engine.amounts import ONE, cut, lift, mul_down, mul_up
from tallystick.engine.commands import AmendOrder, CancelOrder, PlaceOrder
from tallystick.engine.events import OrderClosed, OrderFilled, OrderPlaced
from tallystick.engine.kinds import BookSide, Category, CauseOrNone, OrderEnd, Side
from tallystick.engine.order_events import RESTING
from tallystick.engine.parameters import Instrument
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import Order, State, User
from tallystick.engine.work import Work

MARKET_RESERVE = ONE * 105 // 100
"""Reserve of a market order sized in the coin it receives: 5 % beyond the best price (documented for buys)."""

CANCEL_MAKER: Final = "cancel_maker"
CANCEL_TAKER: Final = "cancel_taker"
CANCEL_BOTH: Final = "cancel_both"
"""Modes of self-trade prevention: they say which order is cancelled if it meets another of its user."""
CROSS: Final = "cross"
WHOLE: Final = "whole"
REST: Final = "rest"
STP: Final = "stp"
"""Causes of cancellation by the matching of orders; see `events.OrderClosed`."""
FILLED: Final = "filled"
CANCELED: Final = "canceled"


# ---- commands


def place_order(work: Work, command: PlaceOrder) -> None:
    """Accept an order, then match it, and let the rest of it wait or cancel it.

    Rejects: UNKNOWN_USER, IN_LIQUIDATION, UNKNOWN_INSTRUMENT, SIZE_OFF_LOT, SIZE_BELOW_MIN, PRICE_OFF_TICK,
    STP_AGAINST_KIND (fill or kill that gives up both), DUPLICATE_ORDER_ID, TOO_MANY_ORDERS_HERE or TOO_MANY_ORDERS
    (an order of any kind), NO_PRICE (market order, empty side), SIZE_BELOW_MIN (sized in quote, at the best price),
    INSUFFICIENT_BALANCE, ORDER_ABOVE_TIER, ORDER_ABOVE_QUOTA, ORDER_POOL_EXHAUSTED, MARGIN_INSUFFICIENT,
    ORDER_COLLATERAL_RESTRICTED or ORDER_BORROW_RESTRICTED.
    Emits: OrderPlaced, Borrowed (what a fill lacks), OrderFilled (both sides), OrderClosed, Repaid (auto repay
    of what came in).
    """
    state, user = work.state, work.active_user(command.user_id)
    instrument = prices.require_instrument(state, command.instrument)
    buying = command.side == "buy"
    if not command.size_in_quote:
        if command.size % instrument.lot:
            raise refusals.off_lot(instrument, command.size)
        if command.size < instrument.min_size:
            raise refusals.below_min(instrument, command.size)
    if command.kind != "market" and command.price % instrument.tick:
        raise refusals.off_tick(instrument, command.price)
    if command.kind == "fok" and command.stp_mode == CANCEL_BOTH:
        raise Rejected(Reject.STP_AGAINST_KIND).because()
    if taken := open_orders.of(state).with_client_id(command.user_id, command.client_order_id):
        raise refusals.order_id_taken(taken)
    _require_place(state, command)
    held_ccy = instrument.quote_ccy if buying else instrument.base_ccy
    need = need_of(state, instrument, command)
    if command.size_in_quote:
        best = best_price(state, instrument, "asks" if buying else "bids")
        if best and command.size < mul_up(instrument.min_size, best):
            raise refusals.below_min_in_quote(instrument, command.size, mul_up(instrument.min_size, best))
    if command.may_shrink and _is_reserve(command):
        need = _within_balance(state, user, held_ccy, need, 1 if buying else instrument.lot)
    require_affordable(state, instrument, command, need)
    held = need if user.cross else min(need, ledger.available(state, user, held_ccy))
    order_id = numbers.next_order_id(state, work.stamp.at_ms, command.user_id)
    work.emit(
        OrderPlaced(
            order_id=order_id,
            user_id=command.user_id,
            instrument=command.instrument,
            side=command.side,
            kind=command.kind,
            price=command.price,
            size=command.size,
            size_in_quote=command.size_in_quote,
            held_ccy=held_ccy,
            held=held,
            client_order_id=command.client_order_id,
            tag=command.tag,
            placed_at_ms=work.stamp.at_ms,
            beyond=need - held,
            stp_mode=command.stp_mode,
        )
    )
    if command.kind == "post_only":
        if would_take(state, instrument, command.side, command.price):
            close(work, order_id, CANCELED, CROSS)
        return
    if command.kind == "fok" and not _fillable_at_once(state, instrument, command):
        close(work, order_id, CANCELED, WHOLE)
        return
    match(work, order_id, repays=True)
    if command.kind not in RESTING and order_id in state.orders:
        close(work, order_id, CANCELED, REST)


def cancel_order(work: Work, command: CancelOrder) -> None:
    """Cancel an open order.

    Rejects: UNKNOWN_USER, IN_LIQUIDATION, UNKNOWN_INSTRUMENT, UNKNOWN_ORDER. Emits: OrderClosed, Repaid.
    """
    user = work.active_user(command.user_id)
    prices.require_instrument(work.state, command.instrument)
    order = own_order(work.state, command)
    held_ccy, freed = order.held_ccy, order.held
    close(work, order.order_id, CANCELED)
    if freed:
        borrow.auto_repay(work, user, held_ccy)


def own_order(state: State, command: CancelOrder | AmendOrder) -> Order:
    """Open order that a command names; the order id wins over the client id. Rejects: UNKNOWN_ORDER."""
    order = state.orders.get(command.order_id)
    if command.order_id == 0:
        order = open_orders.of(state).with_client_id(command.user_id, command.client_order_id)
    if order is None or order.user_id != command.user_id or order.instrument != command.instrument:
        raise refusals.unknown_order(command)
    return order


def _require_place(state: State, command: PlaceOrder) -> None:
    """Require room for one more open order. Open orders count, whatever the kind of the new one (documented)."""
    parameters, own = state.parameters, open_orders.of(state)
    if own.count(command.user_id, command.instrument) >= parameters.orders_max_per_instrument:
        most = parameters.orders_max_per_instrument
        no = Rejected(Reject.TOO_MANY_ORDERS_HERE, id=command.instrument, max=str(most))
        raise no.because(instrument=command.instrument, most_count=most)
    if len(own.of_user(command.user_id)) >= parameters.orders_max:
        raise Rejected(Reject.TOO_MANY_ORDERS).because(most_count=parameters.orders_max)


def need_of(state: State, instrument: Instrument, command: PlaceOrder) -> int:
    """Most that the order may spend, in atoms of the coin it spends."""
    if command.side == "sell":
        bid = best_price(state, instrument, "bids") if command.kind == "market" else None
        if command.kind == "market" and bid is None:
            raise refusals.no_offer(instrument, "bids", instrument.base_ccy)
        if command.size_in_quote and bid:
            return lift(mul_up(command.size * ONE // bid, MARKET_RESERVE), instrument.lot)
        return command.size
    if command.kind != "market":
        return mul_up(command.size, command.price)
    best = best_price(state, instrument, "asks")
    if best is None:
        raise refusals.no_offer(instrument, "asks", instrument.quote_ccy)
    if command.size_in_quote:
        return command.size
    return mul_up(mul_up(command.size, best), MARKET_RESERVE)


def _is_reserve(command: PlaceOrder) -> bool:
    """Test whether a market order is sized in the coin it receives: then its need is estimated from the best price."""
    return command.kind == "market" and (command.side == "sell") == command.size_in_quote


def _within_balance(state: State, user: User, ccy: str, need: int, unit: int) -> int:
    """Need, cut to the available coins in whole units if any exist and the rest cannot be borrowed (documented)."""
    at_hand = cut(ledger.available(state, user, ccy), unit)
    return at_hand if 0 < at_hand < need and not spot_borrow.can_borrow(state, user, ccy) else need


def require_affordable(state: State, instrument: Instrument, command: PlaceOrder, need: int) -> None:
    """Require that the coins an order may spend are available or may be borrowed, and that the account stays sound.

    The order is judged as filled at its limit, or level by level at market. All it may borrow counts, with the reserve.
    Rejects: as `spot_borrow.require_room`, then as `spot_borrow.require_margin`.
    """
    user = state.users[command.user_id]
    spent_ccy = instrument.quote_ccy if command.side == "buy" else instrument.base_ccy
    if not spot_borrow.is_covered(state, user, spent_ccy, need):
        spot_borrow.require_room(state, user, spent_ccy, need)
    elif not ledger.debts(state, command.user_id):
        return
    if command.kind == "market":
        changes = _walk(state, instrument, command, need)
    else:
        changes = exposure.fill_changes(state, command, command.size)
    resting = exposure.limit_fill(state, command, command.size) if command.kind in RESTING else None
    spot_borrow.require_margin(state, user, changes, {spent_ccy: -need}, resting)


def _walk(state: State, instrument: Instrument, command: PlaceOrder, need: int) -> dict[str, int]:
    """Changes that a market order would make against the visible orders of others, the fee included."""
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


def best_price(state: State, instrument: Instrument, side: BookSide) -> int | None:
    """Best price on "bids" or "asks", of users and house together."""
    house = prices.house_levels(state, instrument, side)
    book = state.books.get(instrument.instrument)
    resting = (book.bids if side == "bids" else book.asks) if book else []
    offers = [house[0][0]] if house else []
    if resting:
        offers.append(abs(resting[0][0]))
    if not offers:
        return None
    return max(offers) if side == "bids" else min(offers)


def would_take(state: State, instrument: Instrument, side: Side, price: int) -> bool:
    """Test whether this price or a better one is already offered, also by the user's own orders."""
    best = best_price(state, instrument, "asks" if side == "buy" else "bids")
    return best is not None and (best <= price if side == "buy" else best >= price)


def _fillable_at_once(state: State, instrument: Instrument, command: PlaceOrder) -> bool:
    """Test whether an order fills at once. If the taker gives way, only offers before its own count (chosen: 026)."""
    buying = command.side == "buy"
    side: BookSide = "asks" if buying else "bids"
    total = 0
    own = _best_own(state, command, side) if command.stp_mode == CANCEL_TAKER else None
    for price, size in visible_levels(state, instrument, side, without=command.user_id):
        if (price > command.price if buying else price < command.price) or (
            own is not None and (price >= own if buying else price <= own)
        ):
            break
        total += size
    return total >= command.size


def _best_own(state: State, command: PlaceOrder, side: BookSide) -> int | None:
    """Price of the user's own best resting order on a side."""
    book = state.books.get(command.instrument)
    resting = (book.bids if side == "bids" else book.asks) if book else []
    own = (abs(price) for price, _, order_id in resting if state.orders[order_id].user_id == command.user_id)
    return next(own, None)


def visible_levels(state: State, instrument: Instrument, side: BookSide, *, without: int = 0) -> list[tuple[int, int]]:
    """Levels (price, size) of users and house together, best first; the orders of user `without` are left out."""
    levels: dict[int, int] = dict(prices.house_levels(state, instrument, side))
    book = state.books.get(instrument.instrument)
    if book:
        for key, _, order_id in book.bids if side == "bids" else book.asks:
            order = state.orders[order_id]
            if order.user_id != without:
                levels[abs(key)] = levels.get(abs(key), 0) + order.size - order.filled_size
    return sorted(levels.items(), reverse=side == "bids")


def match(
    work: Work, order_id: int, quote_max: int | None = None, *, base_max: int | None = None, repays: bool = False
) -> None:
    """Fill an order against the other side until it is done, its limit is reached or the other side is empty.

    `quote_max` bounds what a buy may spend (one-click legs), `base_max` the size that fills (by a fault). A filled
    order is closed. `repays`: auto repay follows each fill, from the coins that came in. It also follows the cancel of
    an own order that was met, from the coins it held. The coin that is spent only goes out. Legs and forced orders
    repay by themselves. A maker's fill always repays.
    """
    state = work.state
    order = state.orders[order_id]
    instrument = state.parameters.instruments[order.instrument]
    user = state.users[order.user_id]
    buying = order.side == "buy"
    received_ccy = instrument.base_ccy if buying else instrument.quote_ccy
    repays = repays and (user.auto_repay or user.cross)  # as `auto_repay` asks
    while order_id in state.orders:
        left = _left(order, instrument, quote_max, base_max)
        had = ledger.available(state, user, received_ccy) if repays else 0
        offer = None if left is None else _best_offer(work, order, instrument)
        if repays and ledger.available(state, user, received_ccy) > had:
            borrow.auto_repay(work, user, received_ccy)
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
                close(work, order_id, FILLED if order.filled_size else CANCELED)
            return
        if maker_id and not _may_fill(work, state.orders[maker_id], instrument, price, size, maker=True):
            continue
        if not _may_fill(work, order, instrument, price, size, maker=False):
            return
        _fill(work, order, instrument, price, size, maker=False, other=maker_id)
        if maker_id:
            maker = state.orders[maker_id]
            maker_user = state.users[maker.user_id]
            _fill(work, maker, instrument, price, size, maker=True, other=order_id)
            _close_if_done(work, maker, instrument)
            borrow.auto_repay(work, maker_user, instrument.quote_ccy if buying else instrument.base_ccy)
        _close_if_done(work, order, instrument)
        if repays:
            borrow.auto_repay(work, user, received_ccy)


def _left(order: Order, instrument: Instrument, quote_max: int | None, base_max: int | None) -> int | None:
    """Base size still wanted, cut to the lot; None when done."""
    if order.size_in_quote:
        return order.size - order.filled_quote if order.filled_quote < order.size else None
    most = order.size if base_max is None else min(order.size, base_max)
    left = cut(most, instrument.lot) - order.filled_size
    if quote_max is not None and order.filled_quote >= quote_max:
        return None
    return left if left > 0 else None


def _best_offer(work: Work, taker: Order, instrument: Instrument) -> tuple[int, int, int] | None:
    """Best offer within the taker's limit: (price, size, resting order id or 0 for the house).

    If the taker would meet another order of the same user, the taker's mode says which of them is cancelled. If the
    taker is cancelled there is no offer.
    """
    state = work.state
    buying = taker.side == "buy"

    def beyond(price: int) -> bool:
        return bool(taker.price) and (price > taker.price if buying else price < taker.price)

    while True:
        house = prices.house_levels(state, instrument, "asks" if buying else "bids")
        book = state.books.get(instrument.instrument)
        resting = (book.asks if buying else book.bids) if book else ()
        price, maker_id = (abs(resting[0][0]), resting[0][2]) if resting else (0, 0)
        if house and (not resting or (house[0][0] < price if buying else house[0][0] > price)):
            return None if beyond(house[0][0]) else (house[0][0], house[0][1], 0)
        if not resting or beyond(price):
            return None
        maker = state.orders[maker_id]
        if maker.user_id == taker.user_id:
            if taker.stp_mode != CANCEL_TAKER:
                close(work, maker_id, CANCELED, STP)
            if taker.stp_mode in (CANCEL_TAKER, CANCEL_BOTH):
                close(work, taker.order_id, CANCELED, STP)
                return None
            continue
        return (price, maker.size - maker.filled_size, maker_id)


def fill_crossed(work: Work, name: str) -> None:
    """Fill resting orders that new quotes of the house cross, at the orders' own price, as makers."""
    state = work.state
    book = state.books.get(name)
    if book is None:
        return
    instrument = state.parameters.instruments[name]
    for buying in (True, False):
        while resting := (book.bids if buying else book.asks):
            price, order_id = abs(resting[0][0]), resting[0][2]
            house = prices.house_levels(state, instrument, "asks" if buying else "bids")
            if not house or (house[0][0] > price if buying else house[0][0] < price):
                break
            order = state.orders[order_id]
            user = state.users[order.user_id]
            size = min(order.size - order.filled_size, house[0][1])
            if not _may_fill(work, order, instrument, price, size, maker=True):
                continue
            _fill(work, order, instrument, price, size, maker=True, other=0, house_price=house[0][0])
            _close_if_done(work, order, instrument)
            borrow.auto_repay(work, user, instrument.base_ccy if buying else instrument.quote_ccy)


def _may_fill(work: Work, order: Order, instrument: Instrument, price: int, size: int, *, maker: bool) -> bool:
    """Test whether the shortfall of a fill can be borrowed; if not, cancel the order. Emits: OrderClosed."""
    state = work.state
    user = state.users[order.user_id]
    if order.beyond == 0 and not user.cross:
        return True
    received, fee, spent, released = _amounts(state, order, price, size, maker=maker)
    lacking = spot_borrow.shortfall(state, order, spent, released)
    if lacking == 0:
        return True
    buying = order.side == "buy"
    received_ccy = instrument.base_ccy if buying else instrument.quote_ccy
    why = spot_borrow.refusal(state, order, lacking, {order.held_ccy: -spent, received_ccy: received - fee})
    if not why:
        return True
    before = borrow.before_gains(state, user) if maker else {}
    close(work, order.order_id, CANCELED, why)
    borrow.repay_gains(work, user, before)
    return False


def _amounts(state: State, order: Order, price: int, size: int, *, maker: bool) -> tuple[int, int, int, int]:
    """Amounts of a fill: (received, its fee, spent, released from the hold)."""
    parameters = state.parameters
    buying = order.side == "buy"
    received = size if buying else mul_down(size, price)
    fee = mul_up(received, parameters.maker_fee if maker else parameters.taker_fee)
    spent = mul_up(size, price) if buying else size
    at_limit = mul_up(size, order.price) if buying and order.price and order.held else spent
    return received, fee, spent, min(order.held, at_limit)


def _fill(
    work: Work,
    order: Order,
    instrument: Instrument,
    price: int,
    size: int,
    *,
    maker: bool,
    other: int,
    house_price: int = 0,
) -> None:
    state, buying = work.state, order.side == "buy"
    _, fee, spent, released = _amounts(state, order, price, size, maker=maker)
    user = state.users[order.user_id]
    if order.beyond or user.cross:
        lacking = spot_borrow.shortfall(state, order, spent, released)
        if lacking:
            spot_borrow.borrow(work, user, order.held_ccy, lacking)
    at_limit = mul_up(size, order.price) if buying and order.price else spent
    covered = min(order.beyond, at_limit - released)
    # Both sides of one trade have the same trade id: the taker's fill creates it.
    trade_id = state.last_trade_id + (0 if maker and other else 1)
    market = state.markets.get(order.instrument)
    work.emit(
        OrderFilled(
            order_id=order.order_id,
            user_id=order.user_id,
            trade_id=trade_id,
            instrument=order.instrument,
            side=order.side,
            price=price,
            size=size,
            fee=fee,
            fee_ccy=instrument.base_ccy if buying else instrument.quote_ccy,
            maker=maker,
            other_order_id=other,
            released=released,
            house_price=house_price or price,
            covered=covered,
            category=order.category,
            client_order_id=order.client_order_id,
            tag=order.tag,
            index=market.index if market else 0,
        )
    )


def _close_if_done(work: Work, order: Order, instrument: Instrument) -> None:
    done = (
        order.filled_quote >= order.size
        if order.size_in_quote
        else order.filled_size >= cut(order.size, instrument.lot)
    )
    if done:
        close(work, order.order_id, FILLED)


def take(
    work: Work,
    user: User,
    pair: Instrument,
    *,
    side: Side,
    price: int,
    size: int,
    held: int,
    category: Category = "normal",
    id_lag_ms: int = 0,
    base_max: int | None = None,
) -> Order:
    """Trade for a user by an immediate-or-cancel order that the venue itself makes. Returns the final order.

    `held` is the amount it may spend: base coins of a sale, quote coins of a purchase. The time in the order's number
    is `id_lag_ms` later than the order. At most `base_max` fills. Checks nothing. Emits: OrderPlaced, OrderFilled (both
    sides), OrderClosed.
    """
    placed_at_ms = work.stamp.at_ms
    order_id = numbers.next_order_id(work.state, placed_at_ms + id_lag_ms, user.user_id)
    work.emit(
        OrderPlaced(
            order_id=order_id,
            user_id=user.user_id,
            instrument=pair.instrument,
            side=side,
            kind="ioc",
            price=price,
            size=size,
            size_in_quote=False,
            held_ccy=pair.base_ccy if side == "sell" else pair.quote_ccy,
            held=held,
            client_order_id="",
            tag="",
            placed_at_ms=placed_at_ms,
            category=category,
        )
    )
    order = work.state.orders[order_id]
    match(work, order_id, held if side == "buy" else None, base_max=base_max)
    if order_id in work.state.orders:
        close(work, order_id, CANCELED, REST)
    return order


def close(work: Work, order_id: int, end: OrderEnd, cause: CauseOrNone = "") -> None:
    """Close an open order and release its held coins. `cause` is set if the venue cancels it. Emits: OrderClosed."""
    order = work.state.orders[order_id]
    work.emit(
        OrderClosed(
            order_id=order.order_id,
            user_id=order.user_id,
            instrument=order.instrument,
            side=order.side,
            kind=order.kind,
            price=order.price,
            size=order.size,
            size_in_quote=order.size_in_quote,
            client_order_id=order.client_order_id,
            tag=order.tag,
            placed_at_ms=order.placed_at_ms,
            state=end,
            filled_size=order.filled_size,
            filled_quote=order.filled_quote,
            last_price=order.last_price,
            last_size=order.last_size,
            last_trade_id=order.last_trade_id,
            last_fill_at_ms=order.last_fill_at_ms,
            fee=order.fee,
            fee_ccy=order.fee_ccy,
            released=order.held,
            category=order.category,
            cause=cause,
            stp_mode=order.stp_mode,
        )
    )
