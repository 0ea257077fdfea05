"""Orders on the spot book: place, cancel, look up."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from tallystick.contract.core import (
    READ,
    TRADE,
    UNSET,
    Amount,
    Ccy,
    ClientId,
    Either,
    Endpoint,
    Flag,
    Grammar,
    Id,
    InstId,
    Limit,
    Request,
    Row,
    Since,
    Tag,
    Unset,
    Unsupported,
    doc,
    documented,
)

SECTION = "trade"
UNFILLED_KEPT_MS = 2 * 3_600_000
"""How long an order that ended without a fill can be read (documented)."""
SIXTY_PER_2S = (Limit(60, 2_000, "user_id+instId"),)

Side: TypeAlias = Literal["buy", "sell"]
TdMode: TypeAlias = Literal["cash", "cross", "isolated", "spot_isolated"]
OrdType: TypeAlias = Literal[
    "market", "limit", "post_only", "fok", "ioc", "optimal_limit_ioc", "mmp", "mmp_and_post_only", "elp", "rpi"
]
NoSlippage: TypeAlias = Annotated[str, Grammar("slippage", r"0(?:\.0{1,4})?")]
"""No limit of slippage is kept here, so that only none can be asked for (chosen: decisions/026)."""
StpMode: TypeAlias = Literal["cancel_maker", "cancel_taker", "cancel_both"]
OrderState: TypeAlias = Literal["live", "partially_filled", "filled", "canceled", "mmp_canceled"]


class PlaceOrder(Request, frozen=True, kw_only=True):
    instId: InstId
    tdMode: TdMode
    ccy: Ccy = ""
    clOrdId: ClientId = ""
    tag: Tag = ""
    side: Side
    posSide: Literal["net", "long", "short"] | None = None
    ordType: OrdType
    sz: Amount
    px: Annotated[Amount, doc("Limit price; not used for market orders", "委托价格，市价单不需要")] = ""
    outcome: Annotated[Unsupported, Since("2026-08")] = None
    pxUsd: Unsupported = None
    pxVol: Unsupported = None
    reduceOnly: Flag = False
    tgtCcy: Literal["base_ccy", "quote_ccy"] | None = None
    banAmend: Flag = False
    pxAmendType: Literal["0", "1"] = "0"
    tradeQuoteCcy: Ccy = ""
    slippagePct: Annotated[NoSlippage, Since("2026-08")] = ""
    stpMode: StpMode | None = None
    isElpTakerAccess: Flag = False
    rpiTakerAccess: Annotated[Flag, Since("2026-08")] = False
    rpiPxRound: Annotated[Flag, Since("2026-08")] = False
    attachAlgoOrds: Unsupported = None


class PlaceOrderRow(Row, frozen=True, kw_only=True):
    clOrdId: str
    ordId: str
    tag: str
    ts: str
    sCode: str = "0"
    sMsg: str = ""
    subCode: Annotated[str | Unset, Since("2026-08", always="")] = UNSET


class CancelOrder(Request, frozen=True, kw_only=True):
    instId: InstId
    ordId: Id | None = None
    clOrdId: ClientId = ""


class CancelOrderRow(Row, frozen=True, kw_only=True):
    clOrdId: str
    ordId: str
    ts: str
    sCode: str = "0"
    sMsg: str = ""


class GetOrder(Request, frozen=True, kw_only=True):
    instId: InstId
    ordId: Id | None = None
    clOrdId: ClientId = ""


class LinkedAlgoOrder(Row, frozen=True, kw_only=True):
    algoId: str = ""


class GetOrderRow(Row, frozen=True, kw_only=True):
    """`accFillSz` is in the base currency whatever the unit of `sz`; a negative `fee` is a charge."""

    accFillSz: str
    algoClOrdId: str = ""
    algoId: str = ""
    attachAlgoClOrdId: str = ""
    attachAlgoOrds: tuple[str, ...] = ()
    avgPx: str
    cTime: str
    cancelSource: str = ""
    cancelSourceReason: str = ""
    category: str = "normal"
    ccy: str = ""
    clOrdId: str
    fee: str
    feeCcy: str
    fillPx: str
    fillSz: str
    fillTime: str
    instId: str
    instType: str = "SPOT"
    isTpLimit: Literal["true", "false"] = "false"
    lever: str = ""
    linkedAlgoOrd: LinkedAlgoOrder = LinkedAlgoOrder()
    ordId: str
    ordType: OrdType
    pnl: str = "0"
    posSide: str = "net"
    px: str
    pxType: str = ""
    pxUsd: str = ""
    pxVol: str = ""
    quickMgnType: str = ""
    rebate: str = "0"
    rebateCcy: str
    reduceOnly: Literal["true", "false"] = "false"
    side: Side
    slOrdPx: str = ""
    slTriggerPx: str = ""
    slTriggerPxType: str = ""
    source: str = ""
    state: OrderState
    stpId: str = ""
    stpMode: str = ""
    sz: str
    tag: str
    tdMode: TdMode = "cash"
    tgtCcy: str = ""
    tpOrdPx: str = ""
    tpTriggerPx: str = ""
    tpTriggerPxType: str = ""
    tradeId: str
    tradeQuoteCcy: str
    outcome: Annotated[str | Unset, Since("2026-08", always="")] = UNSET
    uTime: str


PLACE_ORDER = Endpoint(
    name="place_order",
    method="POST",
    path="/api/v5/trade/order",
    section=SECTION,
    title=doc("Place an order", "下单"),
    request=PlaceOrder,
    answer=PlaceOrderRow,
    permission=TRADE,
    limits=SIXTY_PER_2S,
    envelope="code,msg,data",
    per_item=True,
    expires=True,
    source=documented("order-book-trading-trade-post-place-order"),
)

BATCH_ORDERS = Endpoint(
    name="batch_orders",
    method="POST",
    path="/api/v5/trade/batch-orders",
    section=SECTION,
    title=doc("Place up to twenty orders, one after another", "批量下单，最多二十笔，依次处理"),
    request=PlaceOrder,
    answer=PlaceOrderRow,
    permission=TRADE,
    limits=(Limit(300, 2_000, "user_id+instId"),),
    envelope="code,msg,data",
    per_item=True,
    expires=True,
    batch_max=20,
    single="place_order",
    source=documented("order-book-trading-trade-post-place-multiple-orders"),
)

CANCEL_ORDER = Endpoint(
    name="cancel_order",
    method="POST",
    path="/api/v5/trade/cancel-order",
    section=SECTION,
    title=doc("Cancel an order", "撤单"),
    request=CancelOrder,
    answer=CancelOrderRow,
    permission=TRADE,
    limits=SIXTY_PER_2S,
    envelope="code,msg,data",
    per_item=True,
    source=documented("order-book-trading-trade-post-cancel-order"),
)

GET_ORDER = Endpoint(
    name="get_order",
    method="GET",
    path="/api/v5/trade/order",
    section=SECTION,
    title=doc("One order as it stands", "查询单个订单"),
    request=GetOrder,
    answer=GetOrderRow,
    permission=READ,
    limits=SIXTY_PER_2S,
    either=(Either(("ordId", "clOrdId")),),
    source=documented("order-book-trading-trade-get-order-details"),
)

ENDPOINTS = (PLACE_ORDER, BATCH_ORDERS, CANCEL_ORDER, GET_ORDER)
