"""What can be streamed: every channel with its path, its arguments and what one element of its data is.

`arguments` lists the fields of a subscription beside `channel`; the row's fields stand in the order of
the documented sample. Where a row is that of a REST endpoint, it is the very same record.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Struct

from tallystick.contract.candles import STREAMED_BARS, CandlesRow
from tallystick.contract.core import (
    UNSET,
    Ccy,
    Doc,
    Grammar,
    InstFamily,
    InstId,
    Request,
    Row,
    Since,
    Source,
    Unset,
    doc,
    documented,
)
from tallystick.contract.index import IndexTickersRow
from tallystick.contract.market import InstrumentsRow, InstrumentType, TickerRow
from tallystick.contract.public import MarkPriceRow, PriceLimitRow
from tallystick.contract.trade import LinkedAlgoOrder, OrderState, OrdType, Side, TdMode

Path: TypeAlias = Literal["public", "private", "business"]
PATHS: tuple[Path, ...] = ("public", "private", "business")

OrdersType: TypeAlias = Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS", "ANY"]
Level: TypeAlias = tuple[str, str, str, str]
"""Price, size, "0" and the number of orders."""
ExtraParams: TypeAlias = Annotated[str, Grammar("JSON text", r"[\t\n\r\x20-\x7e]{1,128}")]


# ---- arguments


class NoArgument(Request, frozen=True, kw_only=True):
    pass


class OfInstrument(Request, frozen=True, kw_only=True):
    instId: InstId


class OfType(Request, frozen=True, kw_only=True):
    instType: InstrumentType


class OfAccount(Request, frozen=True, kw_only=True):
    ccy: Ccy = ""
    extraParams: Annotated[
        ExtraParams,
        doc(
            'JSON text; with updateInterval "0" only changes are pushed',
            "JSON 字符串，updateInterval 为 0 时仅在变化时推送",
        ),
    ] = ""


class OfOrders(Request, frozen=True, kw_only=True):
    instType: OrdersType
    instFamily: InstFamily = ""
    instId: InstId = ""


class OfPositions(Request, frozen=True, kw_only=True):
    instType: Literal["MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS", "ANY"]
    instFamily: InstFamily = ""
    instId: InstId = ""


class OfFills(Request, frozen=True, kw_only=True):
    instId: InstId = ""


# ---- public rows


class BookRow(Row, frozen=True, kw_only=True):
    """A whole book, or the levels of it that changed; there a level of size 0 is gone. `prevSeqId` -1 is a whole."""

    asks: tuple[Level, ...]
    bids: tuple[Level, ...]
    ts: str
    checksum: Annotated[int, doc("CRC32 of the first 25 levels of both sides", "前 25 档的 CRC32 校验和")]
    prevSeqId: Annotated[int, doc("seqId of the message before this one", "上一条消息的 seqId")]
    seqId: int


class BestRow(Row, frozen=True, kw_only=True):
    asks: tuple[Level, ...]
    bids: tuple[Level, ...]
    ts: str
    seqId: int


class FiveRow(Row, frozen=True, kw_only=True):
    asks: tuple[Level, ...]
    bids: tuple[Level, ...]
    instId: str
    ts: str
    seqId: int


class TradeRow(Row, frozen=True, kw_only=True):
    """What one order took at one price, from `count` others; `side` is the taker's."""

    instId: str
    tradeId: str
    px: str
    sz: str
    side: Side
    ts: str
    count: Annotated[str, doc("How many matches are in it", "聚合的成交笔数")]
    source: Literal["0", "1"] = "0"
    seqId: int


class SingleTradeRow(Row, frozen=True, kw_only=True):
    instId: str
    tradeId: str
    px: str
    sz: str
    side: Side
    source: Literal["0", "1"] = "0"
    ts: str


class StatusRow(Row, frozen=True, kw_only=True):
    begin: Annotated[str, doc("When it begins, Unix milliseconds", "开始时间，Unix 毫秒")]
    end: Annotated[str, doc("When it ends, Unix milliseconds", "结束时间，Unix 毫秒")]
    href: Annotated[str, doc("Where more is said", "详情链接")]
    preOpenBegin: Annotated[str, doc("When orders are taken again", "预开放时间")]
    scheDesc: Annotated[str, doc("How it was put off", "改期说明")]
    serviceType: Annotated[str, doc("Which service", "服务类型")]
    state: Literal["scheduled", "ongoing", "pre_open", "completed", "canceled"]
    system: Annotated[str, doc("Which system", "系统")]
    maintType: Annotated[str, doc("Kind of maintenance", "维护类型")]
    env: Annotated[str, doc("Live or demo", "环境")]
    title: Annotated[str, doc("What it is called", "标题")]
    ts: str


# ---- private rows


class AccountDetail(Row, frozen=True, kw_only=True):
    """One currency as `balance` tells it, but for `coinUsdPrice` and the longer name of `maxSpotInUseAmt`."""

    autoLendStatus: Annotated[
        Literal["unsupported", "off", "pending", "active"] | Unset, Since("2026-08", always="unsupported")
    ] = UNSET
    autoLendMtAmt: Annotated[str | Unset, Since("2026-08", always="0")] = UNSET
    availBal: str
    availEq: str = ""
    borrowFroz: str = ""
    cashBal: str
    ccy: str
    coinUsdPrice: Annotated[str, doc("Price of one coin in USD", "币种的美元价格")]
    crossLiab: str = ""
    colRes: Literal["0", "1", "2"] = "0"
    collateralEnabled: bool = False
    collateralRestrict: bool = False
    colBorrAutoConversion: str = "0"
    disEq: str = ""
    eq: str
    eqUsd: str
    smtSyncEq: str = "0"
    spotCopyTradingEq: str = "0"
    fixedBal: str = "0"
    frozenBal: str
    frpType: Literal["", "0", "1", "2"] = "0"
    imr: str = ""
    interest: str = ""
    isoEq: str = ""
    isoLiab: str = ""
    isoUpl: str = ""
    liab: str = ""
    maxLoan: str = ""
    mgnRatio: str = ""
    mmr: str = ""
    notionalLever: str = ""
    ordFrozen: str
    rewardBal: str = "0"
    spotInUseAmt: str = ""
    clSpotInUseAmt: str = ""
    maxSpotInUseAmt: Annotated[
        str, doc("Largest amount used as spot hedge, portfolio margin", "现货对冲最大占用，组合保证金")
    ] = ""
    spotIsoBal: str = "0"
    stgyEq: str = "0"
    twap: Literal["", "0", "1", "2", "3", "4", "5"] = "0"
    uTime: str
    upl: str = ""
    uplLiab: str = ""
    spotBal: str = ""
    openAvgPx: str = ""
    accAvgPx: str = ""
    spotUpl: str = ""
    spotUplRatio: str = ""
    totalPnl: str = ""
    totalPnlRatio: str = ""


class AccountRow(Row, frozen=True, kw_only=True):
    adjEq: str = ""
    availEq: str = ""
    borrowFroz: str = ""
    delta: str = ""
    deltaLever: str = ""
    deltaNeutralStatus: Literal["", "0", "1", "2"] = "0"
    details: tuple[AccountDetail, ...]
    imr: str = ""
    isoEq: str = ""
    mgnRatio: str = ""
    mmr: str = ""
    notionalUsd: str = ""
    notionalUsdForBorrow: str = ""
    notionalUsdForFutures: str = ""
    notionalUsdForOption: str = ""
    notionalUsdForSwap: str = ""
    ordFroz: str = ""
    totalEq: str
    uTime: str
    upl: str = ""


BalanceEvent: TypeAlias = Literal[
    "snapshot", "delivered", "exercised", "transferred", "filled", "liquidation", "claw_back", "adl", "funding_fee",
    "adjust_margin", "set_leverage", "interest_deduction", "settlement",
]  # fmt: skip


class CashRow(Row, frozen=True, kw_only=True):
    ccy: str
    cashBal: str
    uTime: str


class TradeReference(Row, frozen=True, kw_only=True):
    instId: str
    tradeId: str


class BalanceAndPositionRow(Row, frozen=True, kw_only=True):
    pTime: Annotated[str, doc("When it was pushed, Unix milliseconds", "推送时间，Unix 毫秒")]
    eventType: Annotated[BalanceEvent, doc("What changed the balance", "引起变化的事件")]
    balData: Annotated[tuple[CashRow, ...], doc("Balances that changed", "变化的余额")]
    posData: Annotated[tuple[str, ...], doc("Positions; Spot mode has none", "持仓，现货模式为空")] = ()
    trades: Annotated[tuple[TradeReference, ...], doc("The fills behind it", "相关成交")] = ()


class PositionRow(Row, frozen=True, kw_only=True):
    """Spot mode has no positions, so none of these is ever made."""


class OrdersRow(Row, frozen=True, kw_only=True):
    """One change of an order. Fields that begin with `fill`, `tradeId` and `execType` are of this change alone."""

    accFillSz: str
    algoClOrdId: str = ""
    algoId: str = ""
    amendResult: Annotated[str, doc("0 when an amendment worked, -1 when not", "改单结果，0 成功，-1 失败")] = ""
    amendSource: Annotated[str, doc("Who amended, 1 is the user", "改单来源，1 为用户")] = ""
    avgPx: str
    cancelSource: str = ""
    category: str = "normal"
    ccy: str = ""
    clOrdId: str
    code: Annotated[str, doc("Error code, 0 when all is well", "错误码，正常为 0")] = "0"
    cTime: str
    execType: Annotated[Literal["", "T", "M"], doc("T taker, M maker", "T 吃单，M 挂单")] = ""
    fee: str
    feeCcy: str
    fillFee: Annotated[str, doc("Fee of this fill, negative where charged", "本次成交手续费，负数为收取")] = "0"
    fillFeeCcy: Annotated[str, doc("Currency of that fee", "本次成交手续费币种")] = ""
    fillNotionalUsd: Annotated[str, doc("Value of this fill in USD", "本次成交的美元价值")] = ""
    fillPx: str = ""
    fillSz: str = "0"
    fillPnl: Annotated[str, doc("Profit of this fill, positions only", "本次成交收益，仅持仓")] = "0"
    fillTime: str = ""
    fillPxVol: Annotated[str, doc("Options only", "仅期权")] = ""
    fillPxUsd: Annotated[str, doc("Options only", "仅期权")] = ""
    fillMarkVol: Annotated[str, doc("Options only", "仅期权")] = ""
    fillFwdPx: Annotated[str, doc("Options only", "仅期权")] = ""
    fillMarkPx: Annotated[str, doc("Derivatives only", "仅衍生品")] = ""
    fillIdxPx: Annotated[str, doc("Index price at the fill", "成交时的指数价格")] = ""
    instId: str
    instType: str = "SPOT"
    lever: str = ""
    msg: Annotated[str, doc("Text of the error code", "错误信息")] = ""
    notionalUsd: Annotated[str, doc("Value of the order in USD", "订单的美元价值")]
    ordId: str
    ordType: OrdType
    pnl: str = "0"
    posSide: str = ""
    px: str
    pxUsd: str = ""
    pxVol: str = ""
    pxType: str = ""
    quickMgnType: str = ""
    rebate: str = "0"
    rebateCcy: str
    reduceOnly: Literal["true", "false"] = "false"
    reqId: Annotated[str, doc("Your id of the amendment", "改单的自定义 ID")] = ""
    side: Side
    attachAlgoClOrdId: str = ""
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
    attachAlgoOrds: tuple[str, ...] = ()
    tradeId: str = ""
    tradeQuoteCcy: str
    outcome: Annotated[str | Unset, Since("2026-08", always="")] = UNSET
    lastPx: Annotated[str, doc("Last price of the instrument", "产品最新成交价")]
    uTime: str
    isTpLimit: Literal["true", "false"] = "false"
    linkedAlgoOrd: LinkedAlgoOrder = LinkedAlgoOrder()


class FillsRow(Row, frozen=True, kw_only=True):
    instId: str
    fillSz: str
    fillPx: str
    side: Side
    ts: str
    ordId: str
    clOrdId: Annotated[str, doc("Your own id where it is a number, else 0", "自定义订单 ID，非数字时为 0")]
    tradeId: str
    execType: Annotated[Literal["T", "M"], doc("T taker, M maker", "T 吃单，M 挂单")]
    count: Annotated[str, doc("How many matches are in it", "聚合的成交笔数")]


# ---- channels


class Channel(Struct, frozen=True, kw_only=True):
    """`name` is what a subscription says. `login` asks for a login first; `tier` for a fee tier beyond the first.

    `interval_ms` is how far two messages are apart at least, 0 for every change a message; `counted` limits how
    many connections of one user may have it.
    """

    name: str
    path: Path
    title: Doc
    arguments: type[Request]
    row: type[Row]
    source: Source
    login: bool = False
    tier: bool = False
    interval_ms: int = 0
    counted: bool = False
    example: str = ""
    """Of channels that share one sample: the one it stands under."""


BOOK_ANCHOR = documented("order-book-trading-market-data-ws-order-book-channel")

PUBLIC = (
    Channel(
        name="bbo-tbt",
        path="public",
        title=doc("Best bid and ask", "买卖一档"),
        arguments=OfInstrument,
        row=BestRow,
        interval_ms=10,
        source=BOOK_ANCHOR,
    ),
    Channel(
        name="books-l2-tbt",
        path="public",
        title=doc("As books, every 10 ms", "四百档深度，每 10 毫秒"),
        arguments=OfInstrument,
        row=BookRow,
        login=True,
        tier=True,
        interval_ms=10,
        source=BOOK_ANCHOR,
        example="books",
    ),
    Channel(
        name="books50-l2-tbt",
        path="public",
        title=doc("As books, 50 levels every 10 ms", "五十档深度，每 10 毫秒"),
        arguments=OfInstrument,
        row=BookRow,
        login=True,
        tier=True,
        interval_ms=10,
        source=BOOK_ANCHOR,
        example="books",
    ),
    Channel(
        name="books",
        path="public",
        title=doc("The book, 400 levels a side, and then its changes", "四百档深度及其变化"),
        arguments=OfInstrument,
        row=BookRow,
        interval_ms=100,
        source=BOOK_ANCHOR,
    ),
    Channel(
        name="books5",
        path="public",
        title=doc("Five levels a side", "五档深度"),
        arguments=OfInstrument,
        row=FiveRow,
        interval_ms=100,
        source=BOOK_ANCHOR,
    ),
    Channel(
        name="tickers",
        path="public",
        title=doc("Last price, best quotes and 24 hour figures", "最新价、买卖一档和日内数据"),
        arguments=OfInstrument,
        row=TickerRow,
        interval_ms=100,
        source=documented("order-book-trading-market-data-ws-tickers-channel"),
    ),
    Channel(
        name="trades",
        path="public",
        title=doc("Trades, matches at one price together", "成交，同价聚合"),
        arguments=OfInstrument,
        row=TradeRow,
        source=documented("order-book-trading-market-data-ws-trades-channel"),
    ),
    Channel(
        name="index-tickers",
        path="public",
        title=doc("Index prices", "指数行情"),
        arguments=OfInstrument,
        row=IndexTickersRow,
        interval_ms=100,
        source=documented("public-data-websocket-index-tickers-channel"),
    ),
    Channel(
        name="mark-price",
        path="public",
        title=doc("Mark prices", "标记价格"),
        arguments=OfInstrument,
        row=MarkPriceRow,
        interval_ms=200,
        source=documented("public-data-websocket-mark-price-channel"),
    ),
    Channel(
        name="price-limit",
        path="public",
        title=doc("Highest and lowest price an order may have", "限价"),
        arguments=OfInstrument,
        row=PriceLimitRow,
        interval_ms=200,
        source=documented("public-data-websocket-price-limit-channel"),
    ),
    Channel(
        name="instruments",
        path="public",
        title=doc("Instruments, and then those that change", "产品列表及其变化"),
        arguments=OfType,
        row=InstrumentsRow,
        source=documented("public-data-websocket-instruments-channel"),
    ),
    Channel(
        name="status",
        path="public",
        title=doc("Maintenance; there never is any here", "系统维护，本系统没有"),
        arguments=NoArgument,
        row=StatusRow,
        source=documented("status-ws-status-channel"),
    ),
)
"""The books first and in this order, in which one connection is told of one change (documented)."""

PRIVATE = (
    Channel(
        name="account",
        path="private",
        title=doc("Balances, debts and margin, as they change", "余额、负债和保证金的变化"),
        arguments=OfAccount,
        row=AccountRow,
        login=True,
        interval_ms=50,
        counted=True,
        source=documented("trading-account-websocket-account-channel"),
    ),
    Channel(
        name="balance_and_position",
        path="private",
        title=doc("Cash balances as they change, and why", "余额变化及其原因"),
        arguments=NoArgument,
        row=BalanceAndPositionRow,
        login=True,
        counted=True,
        source=documented("trading-account-websocket-balance-and-position-channel"),
    ),
    Channel(
        name="positions",
        path="private",
        title=doc("Positions; Spot mode has none", "持仓，现货模式没有"),
        arguments=OfPositions,
        row=PositionRow,
        login=True,
        counted=True,
        source=documented("trading-account-websocket-positions-channel"),
    ),
    Channel(
        name="liquidation-warning",
        path="private",
        title=doc("Warnings about positions; Spot mode has none", "持仓爆仓预警，现货模式没有"),
        arguments=OfPositions,
        row=PositionRow,
        login=True,
        counted=True,
        source=documented("trading-account-websocket-position-risk-warning"),
    ),
    Channel(
        name="orders",
        path="private",
        title=doc("Every change of every order", "订单的每次变化"),
        arguments=OfOrders,
        row=OrdersRow,
        login=True,
        counted=True,
        source=documented("order-book-trading-trade-ws-order-channel"),
    ),
    Channel(
        name="fills",
        path="private",
        title=doc("Fills of your orders", "订单成交"),
        arguments=OfFills,
        row=FillsRow,
        login=True,
        tier=True,
        source=documented("order-book-trading-trade-ws-fills-channel"),
    ),
)

BUSINESS = (
    Channel(
        name="trades-all",
        path="business",
        title=doc("Trades, one by one", "逐笔成交"),
        arguments=OfInstrument,
        row=SingleTradeRow,
        source=documented("order-book-trading-market-data-ws-all-trades-channel"),
    ),
    *(
        Channel(
            name=f"candle{bar}",
            path="business",
            title=doc(f"Candles of {bar}", f"K 线（{bar}）"),
            arguments=OfInstrument,
            row=CandlesRow,
            interval_ms=1_000,
            source=documented("order-book-trading-market-data-ws-candlesticks-channel"),
            example="candle1D",
        )
        for bar in STREAMED_BARS
    ),
)

CHANNELS: tuple[Channel, ...] = (*PUBLIC, *PRIVATE, *BUSINESS)
by_name: dict[str, Channel] = {channel.name: channel for channel in CHANNELS}

OPERATIONS: dict[str, str] = {
    "order": "/api/v5/trade/order",
    "batch-orders": "/api/v5/trade/batch-orders",
    "cancel-order": "/api/v5/trade/cancel-order",
    "batch-cancel-orders": "/api/v5/trade/cancel-batch-orders",
    "amend-order": "/api/v5/trade/amend-order",
    "batch-amend-orders": "/api/v5/trade/amend-batch-orders",
    "mass-cancel": "/api/v5/trade/mass-cancel",
}
"""Order operations of the private path, each with the path of the endpoint it is the twin of."""
