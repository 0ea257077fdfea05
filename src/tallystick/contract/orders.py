"""Lists of orders, open and done, and of their fills."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from tallystick.contract.core import (
    READ,
    Endpoint,
    Grammar,
    Id,
    InstFamily,
    InstId,
    Limit,
    LimitNumber,
    Many,
    Ms,
    Page,
    Request,
    Row,
    doc,
    documented,
)
from tallystick.contract.trade import GetOrderRow, Side

SECTION = "orders"
DAY_MS = 86_400_000
BILL_IDS_PER_MS = 1_000_000

InstType: TypeAlias = Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"]
AnyOrdType: TypeAlias = Literal[
    "market",
    "limit",
    "post_only",
    "fok",
    "ioc",
    "optimal_limit_ioc",
    "mmp",
    "mmp_and_post_only",
    "op_fok",
    "elp",
    "rpi",
]
OrdTypes: TypeAlias = Annotated[tuple[AnyOrdType, ...], Many()]
SubType: TypeAlias = Annotated[str, Grammar("bill type", r"[0-9]{1,4}")]
OlderOrder: TypeAlias = Annotated[Id | None, doc("Orders with a lower ordId than this", "返回 ordId 小于此值的订单")]
NewerOrder: TypeAlias = Annotated[Id | None, doc("Orders with a higher ordId than this", "返回 ordId 大于此值的订单")]
OlderFill: TypeAlias = Annotated[Id | None, doc("Fills with a lower billId than this", "返回 billId 小于此值的成交")]
NewerFill: TypeAlias = Annotated[Id | None, doc("Fills with a higher billId than this", "返回 billId 大于此值的成交")]
Begin: TypeAlias = Annotated[Ms | None, doc("From this time on, Unix milliseconds", "起始时间，Unix 毫秒")]
End: TypeAlias = Annotated[Ms | None, doc("Up to this time, Unix milliseconds", "结束时间，Unix 毫秒")]


class OrdersPending(Request, frozen=True, kw_only=True):
    instType: InstType | None = None
    instFamily: InstFamily = ""
    instId: InstId = ""
    ordType: OrdTypes = ()
    state: Literal["live", "partially_filled"] | None = None
    after: OlderOrder = None
    before: NewerOrder = None
    limit: LimitNumber = 100


class OrdersHistory(Request, frozen=True, kw_only=True):
    instType: InstType
    instFamily: InstFamily = ""
    instId: InstId = ""
    ordType: OrdTypes = ()
    state: Literal["canceled", "filled", "mmp_canceled"] | None = None
    category: Literal["twap", "adl", "full_liquidation", "partial_liquidation", "delivery", "ddh"] | None = None
    after: OlderOrder = None
    before: NewerOrder = None
    begin: Begin = None
    end: End = None
    limit: LimitNumber = 100


class Fills(Request, frozen=True, kw_only=True):
    instType: InstType | None = None
    instFamily: InstFamily = ""
    instId: InstId = ""
    ordId: Annotated[Id | None, doc("Fills of this order only", "只返回该订单的成交")] = None
    subType: SubType = ""
    after: OlderFill = None
    before: NewerFill = None
    begin: Begin = None
    end: End = None
    limit: LimitNumber = 100


class FillsHistory(Request, frozen=True, kw_only=True):
    instType: InstType
    instFamily: InstFamily = ""
    instId: InstId = ""
    ordId: Annotated[Id | None, doc("Fills of this order only", "只返回该订单的成交")] = None
    subType: SubType = ""
    after: OlderFill = None
    before: NewerFill = None
    begin: Begin = None
    end: End = None
    limit: LimitNumber = 100


class FillRow(Row, frozen=True, kw_only=True):
    """`billId` is the number of the bill of the coin that came in; a negative `fee` and `feeRate` are a charge."""

    side: Side
    fillSz: Annotated[str, doc("Size of this fill, in base currency", "成交数量，单位为交易货币")]
    fillPx: Annotated[str, doc("Price of this fill", "成交价格")]
    fillPxVol: str = ""
    fillFwdPx: str = ""
    fee: str
    fillPnl: str = "0"
    ordId: str
    feeRate: str
    instType: str = "SPOT"
    fillPxUsd: str = ""
    instId: str
    clOrdId: str
    posSide: str = "net"
    billId: str
    subType: str
    fillMarkVol: str = ""
    tag: str
    fillTime: Annotated[str, doc("Time of this fill, Unix milliseconds", "成交时间，Unix 毫秒")]
    execType: Literal["T", "M"]
    fillIdxPx: str
    tradeId: str
    fillMarkPx: str = ""
    feeCcy: str
    ts: str
    tradeQuoteCcy: str


def _orders_page(days: int) -> Page:
    """Kept by the time an order ended, while the cursor counts from when it was placed: rows are looked at."""
    return Page(
        cursor="ordId",
        inclusive=False,
        retention_ms=None,
        kept_by_row_ms=days * DAY_MS,
    )


def _fills_page(days: int) -> Page:
    return Page(
        cursor="billId",
        inclusive=False,
        retention_ms=days * DAY_MS,
        cursors_per_ms=BILL_IDS_PER_MS,
        bounded=True,
    )


ORDERS_PENDING = Endpoint(
    name="orders_pending",
    method="GET",
    path="/api/v5/trade/orders-pending",
    section=SECTION,
    title=doc("Open orders", "未成交订单列表"),
    request=OrdersPending,
    answer=GetOrderRow,
    permission=READ,
    limits=(Limit(60, 2_000, "user_id"),),
    page=Page(cursor="ordId", inclusive=False, retention_ms=None),
    source=documented("order-book-trading-trade-get-order-list"),
)

ORDERS_HISTORY = Endpoint(
    name="orders_history",
    method="GET",
    path="/api/v5/trade/orders-history",
    section=SECTION,
    title=doc("Orders that ended in the last seven days", "近七天的历史订单"),
    request=OrdersHistory,
    answer=GetOrderRow,
    permission=READ,
    limits=(Limit(40, 2_000, "user_id"),),
    page=_orders_page(days=7),
    source=documented("order-book-trading-trade-get-order-history-last-7-days"),
)

ORDERS_HISTORY_ARCHIVE = Endpoint(
    name="orders_history_archive",
    method="GET",
    path="/api/v5/trade/orders-history-archive",
    section=SECTION,
    title=doc("Orders with a fill that ended in the last three months", "近三个月有成交的历史订单"),
    request=OrdersHistory,
    answer=GetOrderRow,
    permission=READ,
    limits=(Limit(20, 2_000, "user_id"),),
    page=_orders_page(days=90),
    source=documented("order-book-trading-trade-get-order-history-last-3-months"),
)

FILLS = Endpoint(
    name="fills",
    method="GET",
    path="/api/v5/trade/fills",
    section=SECTION,
    title=doc("Fills of the last three days", "近三天的成交明细"),
    request=Fills,
    answer=FillRow,
    permission=READ,
    limits=(Limit(60, 2_000, "user_id"),),
    page=_fills_page(days=3),
    source=documented("order-book-trading-trade-get-transaction-details-last-3-days"),
)

FILLS_HISTORY = Endpoint(
    name="fills_history",
    method="GET",
    path="/api/v5/trade/fills-history",
    section=SECTION,
    title=doc("Fills of the last three months", "近三个月的成交明细"),
    request=FillsHistory,
    answer=FillRow,
    permission=READ,
    limits=(Limit(10, 2_000, "user_id"),),
    page=_fills_page(days=90),
    source=documented("order-book-trading-trade-get-transaction-details-last-3-months"),
)

ENDPOINTS = (ORDERS_PENDING, ORDERS_HISTORY, ORDERS_HISTORY_ARCHIVE, FILLS, FILLS_HISTORY)
