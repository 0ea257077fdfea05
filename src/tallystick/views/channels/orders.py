"""Channels of a user's orders: a message for every new order, fill, amendment and end.

The state has only the filled size after an entry, which may have several fills. The size after each of them is
counted back from that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias, TypedDict, TypeGuard, assert_never, get_args

from tallystick.contract.channel_rows import FillsRow, OrdersRow
from tallystick.contract.errors import text
from tallystick.contract.trade import OrderState
from tallystick.engine import prices
from tallystick.engine.amounts import mul_down, mul_up
from tallystick.engine.core import Stamp
from tallystick.engine.events import AmendFailed, Event, OrderAmended, OrderClosed, OrderFilled, OrderPlaced
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import Order, State
from tallystick.views import kinds, trade
from tallystick.views.channels.core import Each, Say
from tallystick.views.core import Caller, amount
from tallystick.views.errors import refusal_of


class Orders(Each):
    """Changes of orders. `kind` is SPOT, MARGIN, ANY, or a type without orders here; `instrument` "" is all."""

    def __init__(self, user_id: int, kind: str, instrument: str) -> None:
        self.user_id = user_id
        self.topics = (("user", user_id),) if kind in ("SPOT", "MARGIN", "ANY") else ()
        self.kind = kind
        self.instrument = instrument

    def told(self, stamp: Stamp, events: Sequence[Event], state: State, caller: Caller) -> list[Say]:
        if self.kind not in ("ANY", trade.instrument_type(state.users[self.user_id])):
            return []
        mine = [
            event
            for event in events
            if of_an_order(event)
            and event.user_id == self.user_id
            and (not self.instrument or event.instrument == self.instrument)
        ]
        by_order: dict[int, list[OrderEvent]] = {}
        for event in mine:
            by_order.setdefault(event.order_id, []).append(event)
        counts = {order_id: _Count(found, state) for order_id, found in by_order.items()}
        rows = [counts[event.order_id].row(event, stamp, state) for event in mine]
        return [Say((row,)) for row in rows if row is not None]


OrderEvent: TypeAlias = OrderPlaced | OrderAmended | AmendFailed | OrderFilled | OrderClosed
KINDS = get_args(OrderEvent)


def of_an_order(event: Event) -> TypeGuard[OrderEvent]:
    """True for events of an order. An exact class is five times as fast as `isinstance`, and every subscriber asks."""
    return type(event) in KINDS


AMENDED, AMENDED_BY_USER, CANCELLED_INSTEAD = "0", "1", "1"
"""Values of `amendResult` and `amendSource` (documented)."""


class OrderNews(TypedDict, total=False):
    """Fields of an order's row that only the present change sets."""

    amendResult: str
    amendSource: str
    reqId: str
    code: str
    msg: str
    execType: Literal["T", "M"]
    fillFee: str
    fillFeeCcy: str
    fillNotionalUsd: str
    fillPx: str
    fillSz: str
    fillTime: str
    fillIdxPx: str
    tradeId: str


class _Count:
    """Counts of one order while the events of one entry are told."""

    def __init__(self, events: list[OrderEvent], state: State) -> None:
        last = events[-1]
        self.order: Order | OrderClosed = last if type(last) is OrderClosed else state.orders[last.order_id]
        self.fills = [event for event in events if type(event) is OrderFilled]
        self.filled = self.order.filled_size - sum(fill.size for fill in self.fills)
        self.quote = self.order.filled_quote - sum(_quote(fill) for fill in self.fills)
        self.fee = self.order.fee - sum(fill.fee for fill in self.fills)
        self.done = type(self.order) is OrderClosed and self.order.state == "filled"
        self.failed = next((event for event in events if type(event) is AmendFailed), None)

    def row(self, event: OrderEvent, stamp: Stamp, state: State) -> OrdersRow | None:
        """Row of an event; None for an end after its last fill told it, and for a failure that the end tells."""
        match event:
            case OrderFilled():
                self.filled += event.size
                self.quote += _quote(event)
                self.fee += event.fee
                is_end = self.done and event is self.fills[-1]
                return self._row(
                    "filled" if is_end else "partially_filled", stamp, state, _of_fill(event, stamp, state)
                )
            case OrderPlaced():
                return self._row("live", stamp, state, OrderNews())
            case OrderAmended():
                fresh = OrderNews(amendResult=AMENDED, amendSource=AMENDED_BY_USER, reqId=event.request_id)
                return self._row("partially_filled" if self.filled else "live", stamp, state, fresh)
            case AmendFailed():
                return None
            case OrderClosed():
                if self.done and self.fills:
                    return None
                fresh = OrderNews() if self.failed is None else _of_failure(self.failed)
                return self._row(kinds.ORDER_ENDS[event.state], stamp, state, fresh)
            case never:
                assert_never(never)

    def _row(self, name: OrderState, stamp: Stamp, state: State, fresh: OrderNews) -> OrdersRow:
        """Row of the order; `fresh` has the fields that only this change sets."""
        order = self.order
        shown = trade.order_row(order, state.users[order.user_id], name, stamp.at_ms)
        _, quote_ccy = order.instrument.split("-")
        market = state.markets.get(order.instrument)
        price = order.price or (prices.reference(market) if market else 0)
        worth = order.size if order.size_in_quote else mul_down(order.size, price)
        return OrdersRow(
            accFillSz=amount(self.filled),
            avgPx=trade.average_price(self.quote, self.filled),
            cancelSource=shown.cancelSource,
            category=shown.category,
            clOrdId=shown.clOrdId,
            cTime=shown.cTime,
            fee=amount(-self.fee),
            feeCcy=shown.feeCcy,
            instId=shown.instId,
            instType=shown.instType,
            notionalUsd=amount(prices.usd_value(state, quote_ccy, worth)),
            ordId=shown.ordId,
            ordType=shown.ordType,
            px=shown.px,
            rebateCcy=shown.rebateCcy,
            side=shown.side,
            state=shown.state,
            stpMode=shown.stpMode,
            sz=shown.sz,
            tag=shown.tag,
            tdMode=shown.tdMode,
            tgtCcy=shown.tgtCcy,
            tradeQuoteCcy=shown.tradeQuoteCcy,
            lastPx=amount(prices.reference(market)) if market else "",
            uTime=shown.uTime,
            **fresh,
        )


def _of_fill(fill: OrderFilled, stamp: Stamp, state: State) -> OrderNews:
    _, quote_ccy = fill.instrument.split("-")
    market = state.markets.get(fill.instrument)
    return {
        "execType": "M" if fill.maker else "T",
        "fillFee": amount(-fill.fee),
        "fillFeeCcy": fill.fee_ccy,
        "fillNotionalUsd": amount(prices.usd_value(state, quote_ccy, mul_down(fill.size, fill.price))),
        "fillPx": amount(fill.price),
        "fillSz": amount(fill.size),
        "fillTime": str(stamp.at_ms),
        "fillIdxPx": amount(market.index) if market else "",
        "tradeId": str(fill.trade_id),
    }


def _of_failure(failed: AmendFailed) -> OrderNews:
    """Reason an order was cancelled because it could not be amended."""
    no = refusal_of("amend_order", Rejected(Reject[failed.reason], **dict(failed.details)), "newSz")
    return {
        "amendResult": CANCELLED_INSTEAD,
        "amendSource": AMENDED_BY_USER,
        "reqId": failed.request_id,
        "code": no.code,
        "msg": text(no.key, **no.details),
    }


def _quote(fill: OrderFilled) -> int:
    """Amount of the quote currency that the fill moved, rounded as the ledger does."""
    return mul_up(fill.size, fill.price) if fill.side == "buy" else mul_down(fill.size, fill.price)


class Fills(Each):
    """Fills of a user: one message per taking order and price; a maker gets one for every match."""

    def __init__(self, user_id: int, instrument: str) -> None:
        self.user_id = user_id
        self.topics = (("user", user_id),)
        self.instrument = instrument

    def told(self, stamp: Stamp, events: Sequence[Event], state: State, caller: Caller) -> list[Say]:
        said: list[Say] = []
        group: list[OrderFilled] = []
        for event in events:
            if type(event) is not OrderFilled or event.user_id != self.user_id:
                continue
            if self.instrument and event.instrument != self.instrument:
                continue
            if group and (event.maker or (event.order_id, event.price) != (group[0].order_id, group[0].price)):
                said.append(_fills(group, events, stamp, state))
                group = []
            group.append(event)
        if group:
            said.append(_fills(group, events, stamp, state))
        return said


def _fills(group: list[OrderFilled], events: Sequence[Event], stamp: Stamp, state: State) -> Say:
    last = group[-1]
    client_id = _client_id(last.order_id, events, state)
    return Say(
        (
            FillsRow(
                instId=last.instrument,
                fillSz=amount(sum(fill.size for fill in group)),
                fillPx=amount(last.price),
                side=kinds.SIDES[last.side],
                ts=str(stamp.at_ms),
                ordId=str(last.order_id),
                clOrdId=client_id if client_id.isdigit() and 0 < int(client_id) < 2**63 else "0",
                tradeId=str(last.trade_id),
                execType="M" if last.maker else "T",
                count=str(len(group)),
            ),
        )
    )


def _client_id(order_id: int, events: Sequence[Event], state: State) -> str:
    order = state.orders.get(order_id)
    if order is not None:
        return order.client_order_id
    closed = (event for event in events if isinstance(event, OrderClosed))
    return next(event.client_order_id for event in closed if event.order_id == order_id)
