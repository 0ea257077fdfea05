"""Elements of the data of channels where they are no rows of an endpoint, in the order of the documented samples."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from tallystick.contract.core import UNSET, Row, Since, Unset, doc
from tallystick.contract.trade import LinkedAlgoOrder, OrderState, OrdType, Side, TdMode

Level: TypeAlias = tuple[str, str, str, str]
"""Price, size, "0" and the number of orders."""


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
    """Amount that one order took at one price, from `count` others; `side` is the taker's."""

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
