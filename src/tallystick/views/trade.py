"""Orders: place, cancel and look up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec
from msgspec import Struct

from tallystick.contract import trade as contract
from tallystick.engine import open_orders
from tallystick.engine.amounts import unit_of
from tallystick.engine.commands import CancelOrder, PlaceOrder
from tallystick.engine.core import Stamp
from tallystick.engine.events import Event, OrderClosed, OrderPlaced
from tallystick.engine.state import Order, State, User
from tallystick.views import kinds
from tallystick.views.core import BatchView, Caller, CommandView, RecordView, Refusal, View, amount, atoms, only
from tallystick.views.tables import ORDERS

ACCOUNT_STP_MODE: Final = "cancel_maker"
"""Self-trade prevention of an order that does not set `stpMode` (documented)."""
AVERAGE_UNIT = unit_of(16)


def place_command(request: contract.PlaceOrder, caller: Caller, state: State) -> PlaceOrder:
    """Command to place an order.

    Refused, first that applies: a tdMode of another account mode (`require_trade_mode`); posSide of a position, order
    types of other products, another currency to trade in than the quote (51000); a price missing (51204); in
    multi-currency and portfolio margin a `tgtCcy` other than the usual one (59110).
    """
    user = state.users[caller.user_id]
    require_trade_mode(user, request.tdMode)
    if request.posSide in ("long", "short"):
        raise Refusal("51000", param="posSide")
    kind = kinds.order_kind_of(request.ordType)
    if kind is None:
        raise Refusal("51000", param="ordType")
    instrument = state.parameters.instruments.get(request.instId)
    if instrument is not None and request.tradeQuoteCcy not in ("", instrument.quote_ccy):
        raise Refusal("51000", param="tradeQuoteCcy")
    market = kind == "market"
    if not market and not request.px:
        raise Refusal("51204")
    # A market buy is sized in quote unless it says otherwise, a sell in base (documented).
    usual = "quote_ccy" if request.side == "buy" else "base_ccy"
    if market and user.cross and request.tgtCcy not in (None, usual):
        raise Refusal("59110", what="instId")
    in_quote = market and (request.tgtCcy or usual) == "quote_ccy"
    return PlaceOrder(
        user_id=caller.user_id,
        instrument=request.instId,
        side=kinds.side_of(request.side),
        kind=kind,
        size=atoms(request.sz),
        price=0 if market else atoms(request.px),
        size_in_quote=in_quote,
        client_order_id=request.clOrdId,
        tag=request.tag,
        stp_mode=kinds.stp_mode_of(request.stpMode or ACCOUNT_STP_MODE),
        may_shrink=market and not request.banAmend,
    )


def require_trade_mode(user: User, asked: str) -> None:
    """Require the tdMode of the account's mode: cash in Spot mode (else 51010), cross in the others.

    There it is 51000 with two blanks in its text (observed).
    """
    if asked != trade_mode(user):
        raise Refusal("51000/tdMode" if user.cross else "51010")


def trade_mode(user: User) -> Literal["cash", "cross"]:
    return "cross" if user.cross else "cash"


def instrument_type(user: User) -> Literal["SPOT", "MARGIN"]:
    """Type that orders, fills and bills of the account have: cross orders are MARGIN (chosen: decisions/057)."""
    return "MARGIN" if user.cross else "SPOT"


def place_reply(
    request: contract.PlaceOrder, stamp: Stamp, events: Sequence[Event], state: State
) -> tuple[contract.PlaceOrderRow]:
    placed = only(events, OrderPlaced)
    return (
        contract.PlaceOrderRow(
            clOrdId=placed.client_order_id, ordId=str(placed.order_id), tag=placed.tag, ts=str(stamp.at_ms)
        ),
    )


def cancel_command(request: contract.CancelOrder, caller: Caller, state: State) -> CancelOrder:
    """Command to cancel an order. Refused: neither id (51407, documented for cancelling)."""
    if request.ordId is None and not request.clOrdId:
        raise Refusal("51407")
    return CancelOrder(
        user_id=caller.user_id, instrument=request.instId, order_id=request.ordId or 0, client_order_id=request.clOrdId
    )


def cancel_reply(
    request: contract.CancelOrder, stamp: Stamp, events: Sequence[Event], state: State
) -> tuple[contract.CancelOrderRow]:
    closed = only(events, OrderClosed)
    return (contract.CancelOrderRow(clOrdId=closed.client_order_id, ordId=str(closed.order_id), ts=str(stamp.at_ms)),)


def living_order(state: State, request: contract.GetOrder, caller: Caller) -> contract.GetOrderRow | None:
    """Open order that is asked for, None without one; `ordId` wins over `clOrdId` (documented)."""
    if request.instId not in state.parameters.instruments:
        raise Refusal("51001")
    if request.ordId is not None:
        order = state.orders.get(request.ordId)
    else:
        order = open_orders.of(state).with_client_id(caller.user_id, request.clOrdId)
    if order is None or order.user_id != caller.user_id or order.instrument != request.instId:
        return None
    return open_row(order, state)


def open_row(order: Order, state: State) -> contract.GetOrderRow:
    updated_at_ms = max(order.last_fill_at_ms, order.amended_at_ms, order.placed_at_ms)
    user = state.users[order.user_id]
    return order_row(order, user, "partially_filled" if order.filled_size else "live", updated_at_ms)


class Ended(Struct):
    """Fields of a stored order that decide if it is shown."""

    ordId: str
    cTime: str
    uTime: str
    ordType: str
    accFillSz: str


read_ended = msgspec.json.Decoder(Ended).decode


def shown(body: bytes, now_ms: int) -> bool:
    """True while an ended order can be asked for: without a fill for two hours only (documented)."""
    order = read_ended(body)
    return order.accFillSz != "0" or int(order.uTime) >= now_ms - contract.UNFILLED_KEPT_MS


def average_price(quote: int, size: int) -> str:
    """Average price of the fills, cut at 16 decimals; "" before the first fill."""
    if not size:
        return ""
    average = quote * 10**18 // size
    return amount(average - average % AVERAGE_UNIT)


def order_row(
    order: Order | OrderClosed, user: User, order_state: contract.OrderState, updated_at_ms: int
) -> contract.GetOrderRow:
    """Row of an order of `user`, whose mode cannot change while it is open. A fee that is charged is negative."""
    base, quote = order.instrument.split("-")
    filled = order.filled_size
    received = base if order.side == "buy" else quote
    in_quote = "quote_ccy" if order.size_in_quote else "base_ccy"
    source = cancel_source(order) if order_state == "canceled" and isinstance(order, OrderClosed) else ""
    return contract.GetOrderRow(
        accFillSz=amount(filled),
        avgPx=average_price(order.filled_quote, filled),
        cTime=str(order.placed_at_ms),
        cancelSource=source,
        category=kinds.CATEGORIES[order.category],
        clOrdId=order.client_order_id,
        fee=amount(-order.fee),
        feeCcy=order.fee_ccy or received,
        fillPx=amount(order.last_price) if filled else "",
        fillSz=amount(order.last_size),
        fillTime=str(order.last_fill_at_ms) if filled else "",
        instId=order.instrument,
        instType=instrument_type(user),
        ordId=str(order.order_id),
        ordType=kinds.ORDER_TYPES[order.kind],
        px=amount(order.price) if order.price else "",
        rebateCcy=quote if order.side == "buy" else base,
        side=kinds.SIDES[order.side],
        state=order_state,
        stpMode=kinds.STP_MODES[order.stp_mode] if order.stp_mode else "",
        sz=amount(order.size),
        tag=order.tag,
        tdMode=trade_mode(user),
        tgtCcy=in_quote if order.kind == "market" else "",
        tradeId=str(order.last_trade_id) if filled else "",
        tradeQuoteCcy=quote,
        uTime=str(updated_at_ms),
    )


def cancel_source(order: OrderClosed) -> str:
    return kinds.CANCEL_SOURCES[order.cause] if order.cause else kinds.BY_USER


CANCEL = CommandView(contract.CancelOrder, cancel_command, cancel_reply)
PLACE = CommandView(contract.PlaceOrder, place_command, place_reply, amount_field="sz")

VIEWS: dict[str, View] = {
    "place_order": PLACE,
    "batch_orders": BatchView(contract.PlaceOrder, PLACE),
    "cancel_order": CANCEL,
    "get_order": RecordView(
        contract.GetOrder,
        ORDERS,
        living_order,
        lambda request: request.ordId,
        lambda request: ORDERS.asked(instId=request.instId, clOrdId=request.clOrdId),
        "51603",
        shown,
    ),
}
