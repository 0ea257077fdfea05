"""Lists of orders and of fills.

An order is kept from the time it ended; without a fill for two hours only (documented).
"""

from __future__ import annotations

import msgspec

from tallystick.contract import orders as contract
from tallystick.contract.core import Page
from tallystick.contract.trade import UNFILLED_KEPT_MS, GetOrderRow
from tallystick.engine import open_orders, transient
from tallystick.engine.account import TRADING
from tallystick.engine.core import Stamp
from tallystick.engine.events import OrderClosed, OrderFilled
from tallystick.engine.kinds import PerCategory, PerSide
from tallystick.engine.state import State
from tallystick.store.api import HistoryRow
from tallystick.views import bills, kinds, trade
from tallystick.views.core import Caller, Look, PageView, QueryView, SiftedView, View, amount
from tallystick.views.tables import FILLS, ORDERS, Filters

SUB_TYPES: PerCategory[PerSide[str]] = {
    "normal": {"buy": "1", "sell": "2"},
    "full_liquidation": {"buy": "106", "sell": "107"},
    "twap": {"buy": "1", "sell": "2"},
    "auto_conversion": {"buy": "376", "sell": "377"},
}
"""Category of the order and side -> subType of its fills."""
_encode = msgspec.json.Encoder().encode


# ---- open orders


def pending(state: State, request: contract.OrdersPending, caller: Caller) -> tuple[GetOrderRow, ...]:
    """Open orders, newest first; both cursors are exclusive. None has a family, so `instFamily` filters nothing."""
    if request.instType not in (None, trade.instrument_type(state.users[caller.user_id])):
        return ()
    rows = []
    own = open_orders.of(state).of_user(caller.user_id)
    for order in sorted(own, key=lambda order: -order.order_id):
        number = order.order_id
        if (request.after is not None and number >= request.after) or number <= (request.before or 0):
            continue
        if request.instId not in ("", order.instrument) or (
            request.ordType and kinds.ORDER_TYPES[order.kind] not in request.ordType
        ):
            continue
        row = trade.open_row(order, state)
        if request.state in (None, row.state):
            rows.append(row)
        if len(rows) == request.limit:
            break
    return tuple(rows)


# ---- orders that ended


def look_week(request: contract.OrdersHistory, page: Page, now_ms: int) -> Look:
    return _look(request, now_ms - (page.kept_by_row_ms or 0), now_ms - UNFILLED_KEPT_MS)


def look_archive(request: contract.OrdersHistory, page: Page, now_ms: int) -> Look:
    """Filter of the archive, which never has orders without a fill (documented)."""
    return _look(request, now_ms - (page.kept_by_row_ms or 0), now_ms + 1)


def _look(request: contract.OrdersHistory, since_ms: int, unfilled_since_ms: int) -> Look:
    begin_ms = request.begin or 0
    end_ms = _or_never(request.end)

    def look(body: bytes) -> tuple[int, bool]:
        order = trade.read_ended(body)
        kept_since_ms = unfilled_since_ms if order.accFillSz == "0" else since_ms
        return int(order.ordId), (
            int(order.uTime) >= kept_since_ms
            and begin_ms <= int(order.cTime) <= end_ms
            and (not request.ordType or order.ordType in request.ordType)
        )

    return look


def _or_never(at_ms: int | None) -> int:
    return 2**63 if at_ms is None else at_ms


def _order_holding(request: contract.OrdersHistory) -> tuple[bytes, ...]:
    wanted = {"instType": request.instType, "state": request.state, "category": request.category}
    return tuple(bills.piece(name, value) for name, value in wanted.items() if value)


def ended_row(event: OrderClosed, stamp: Stamp, state: State) -> HistoryRow:
    """Row of an order that ended."""
    row = trade.order_row(event, state.users[event.user_id], kinds.ORDER_ENDS[event.state], stamp.at_ms)
    return ORDERS.row(event.user_id, event.order_id, 0, row, instId=event.instrument, clOrdId=event.client_order_id)


# ---- fills


def fill_row(event: OrderFilled, stamp: Stamp, place: int, state: State) -> HistoryRow:
    """Row of a fill, with the number of the bill of the coin received.

    `place` is the event's among those of its entry; `state` has just made or folded them.
    """
    noted = transient.of(state)
    begin = noted.ends[place - 1] if place else 0
    moved = bills.moved(noted.postings[begin : noted.ends[place]], noted.first_id + begin)
    number = moved[TRADING, event.user_id, event.fee_ccy][1]
    row = _fill(event, stamp.at_ms, number, state)
    return FILLS.row(event.user_id, number, 0, row, instId=event.instrument, ordId=str(event.order_id))


def _fill(event: OrderFilled, at_ms: int, number: int, state: State) -> contract.FillRow:
    parameters = state.parameters
    return contract.FillRow(
        side=kinds.SIDES[event.side],
        fillSz=amount(event.size),
        fillPx=amount(event.price),
        fee=amount(-event.fee),
        ordId=str(event.order_id),
        feeRate=amount(-(parameters.maker_fee if event.maker else parameters.taker_fee)),
        instId=event.instrument,
        instType=trade.instrument_type(state.users[event.user_id]),
        clOrdId=event.client_order_id,
        billId=str(number),
        subType=SUB_TYPES[event.category][event.side],
        tag=event.tag,
        fillTime=str(at_ms),
        execType="M" if event.maker else "T",
        fillIdxPx=amount(event.index) if event.index else "",
        tradeId=str(event.trade_id),
        feeCcy=event.fee_ccy,
        ts=str(at_ms),
        tradeQuoteCcy=parameters.instruments[event.instrument].quote_ccy,
    )


FillsAsked = contract.Fills | contract.FillsHistory


def _fill_filters(request: FillsAsked) -> Filters:
    return FILLS.asked(instId=request.instId, ordId=None if request.ordId is None else str(request.ordId))


def _fill_holding(request: FillsAsked) -> tuple[bytes, ...]:
    wanted = {"instType": request.instType, "subType": request.subType}
    return tuple(bills.piece(name, value) for name, value in wanted.items() if value)


def _by_instrument(request: contract.OrdersHistory) -> Filters:
    return ORDERS.asked(instId=request.instId)


VIEWS: dict[str, View] = {
    "orders_pending": QueryView(contract.OrdersPending, pending),
    "orders_history": SiftedView(contract.OrdersHistory, ORDERS, _by_instrument, _order_holding, look_week),
    "orders_history_archive": SiftedView(contract.OrdersHistory, ORDERS, _by_instrument, _order_holding, look_archive),
    "fills": PageView(contract.Fills, FILLS, _fill_filters, _fill_holding),
    "fills_history": PageView(contract.FillsHistory, FILLS, _fill_filters, _fill_holding),
}
