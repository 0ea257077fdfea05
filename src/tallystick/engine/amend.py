"""Amending an open order: a new price, a new size, or both.

The order keeps its number and, made smaller only, its place in the line; with another price or a larger size it
stands behind the others (chosen: decisions/026). What it holds and may borrow is worked out anew for what is left
of it. A new price that others already offer is matched at once.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from tallystick.engine import borrow, exposure, ledger, orders, prices, refusals, spot_borrow, transient
from tallystick.engine.amounts import mul_up
from tallystick.engine.commands import AmendOrder
from tallystick.engine.events import AmendFailed, OrderAmended
from tallystick.engine.parameters import Instrument
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import Order, State, User
from tallystick.engine.work import Work

FAILED: Final = "amend"
"""Cause of cancellation for an order that could not be amended."""


class _Change(Struct, frozen=True):
    price: int
    size: int
    held: int
    beyond: int


def amend_order(work: Work, command: AmendOrder) -> None:
    """Change an open order, then match it. Close it if its new size is already filled.

    Rejects: UNKNOWN_USER, IN_LIQUIDATION, UNKNOWN_INSTRUMENT, UNKNOWN_ORDER, SIZE_OFF_LOT, SIZE_BELOW_MIN,
    PRICE_OFF_TICK, POST_ONLY_WOULD_TAKE, INSUFFICIENT_BALANCE, ORDER_ABOVE_TIER, ORDER_ABOVE_QUOTA,
    ORDER_POOL_EXHAUSTED, MARGIN_INSUFFICIENT, ORDER_COLLATERAL_RESTRICTED or ORDER_BORROW_RESTRICTED. From
    SIZE_OFF_LOT on, with `cancel_on_fail`, they are no refusals: the order is cancelled.
    Emits: OrderAmended, Borrowed, OrderFilled, OrderClosed, Repaid; or AmendFailed, OrderClosed, Repaid.
    Source: documented (post-amend-order); what becomes of priority is chosen (decisions/026).
    """
    state = work.state
    user = work.active_user(command.user_id)
    instrument = prices.require_instrument(state, command.instrument)
    order = orders.own_order(state, command)
    try:
        change = _change_of(state, user, order, instrument, command)
    except Rejected as no:
        if not command.cancel_on_fail:
            raise
        _give_up(work, user, order, command, no)
        return
    before = borrow.before_gains(state, user)
    requeued = change.price != order.price or change.size > order.size
    work.emit(
        OrderAmended(
            order_id=order.order_id,
            user_id=order.user_id,
            instrument=order.instrument,
            side=order.side,
            price=change.price,
            size=change.size,
            held=change.held,
            beyond=change.beyond,
            loses_place=requeued,
            client_order_id=order.client_order_id,
            request_id=command.request_id,
        )
    )
    if order.filled_size >= order.size:
        orders.close(work, order.order_id, orders.FILLED)
    elif requeued:
        orders.match(work, order.order_id, repays=True)
    borrow.repay_gains(work, user, before)


def _change_of(state: State, user: User, order: Order, instrument: Instrument, command: AmendOrder) -> _Change:
    """The amended order. Rejects: as `amend_order`, from SIZE_OFF_LOT on."""
    size, price = command.size or order.size, command.price or order.price
    if size % instrument.lot:
        raise refusals.off_lot(instrument, size)
    if size < instrument.min_size:
        raise refusals.below_min(instrument, size)
    if price % instrument.tick:
        raise refusals.off_tick(instrument, price)
    # A total at or below what is filled makes the order a filled one (documented).
    size = max(size, order.filled_size)
    left = size - order.filled_size
    moved = price != order.price
    if left and moved and order.kind == "post_only" and orders.would_take(state, instrument, order.side, price):
        best = orders.best_price(state, instrument, "asks" if order.side == "buy" else "bids") or 0
        raise Rejected(Reject.POST_ONLY_WOULD_TAKE).because(asked=price, best=best, instrument=order.instrument)
    need = mul_up(left, price) if order.side == "buy" else left
    more = need - order.held - order.beyond
    if left and (more > 0 or moved):
        _require_cover(state, user, order, price, left, more)
    held = need if user.cross else min(need, ledger.available(state, user, order.held_ccy) + order.held)
    return _Change(price, size, held, need - held)


def _require_cover(state: State, user: User, order: Order, price: int, left: int, more: int) -> None:
    """Require limits and margin for an order that needs `more` coins, judged as a new order in place of the old one."""
    ccy = order.held_ccy
    if more > 0:
        spot_borrow.require_room(state, user, ccy, more)
    if spot_borrow.is_covered(state, user, ccy, more) and not ledger.debts(state, user.user_id):
        return
    amended = replace(order, price=price)
    changes, resting = exposure.fill_changes(state, amended, left), exposure.limit_fill(state, amended, left)
    spot_borrow.require_margin(state, user, changes, {ccy: -more}, resting, without=order.order_id)


def _give_up(work: Work, user: User, order: Order, command: AmendOrder, no: Rejected) -> None:
    before = borrow.before_gains(work.state, user)
    transient.of(work.state).refused = no
    work.emit(
        AmendFailed(
            order_id=order.order_id,
            user_id=order.user_id,
            instrument=order.instrument,
            client_order_id=order.client_order_id,
            request_id=command.request_id,
            reason=no.reject.name,
            details=tuple(no.details.items()),
        )
    )
    orders.close(work, order.order_id, orders.CANCELED, FAILED)
    borrow.repay_gains(work, user, before)
