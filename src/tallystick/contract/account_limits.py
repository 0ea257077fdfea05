"""Limits of an account: largest orders and withdrawals, fees, instruments."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from tallystick.contract.core import (
    READ,
    UNSET,
    Amount,
    Ccy,
    CcyFilter,
    Either,
    Endpoint,
    Flag,
    InstFamily,
    InstId,
    Limit,
    Many,
    Request,
    Row,
    Since,
    Text,
    Unset,
    doc,
    documented,
)
from tallystick.contract.market import InstrumentChange, InstrumentType

SECTION = "account_limits"
TWENTY_PER_2S = (Limit(20, 2_000, "user_id"),)
FIVE_PER_2S = (Limit(5, 2_000, "user_id"),)

TdMode: TypeAlias = Literal["cash", "cross", "isolated", "spot_isolated"]
Instruments: TypeAlias = Annotated[tuple[InstId, ...], Many(most=5)]


class MaxSize(Request, frozen=True, kw_only=True):
    """`px` counts for a single instrument; several are asked for at their last prices."""

    instId: Instruments
    tdMode: TdMode
    ccy: Ccy = ""
    px: Amount = ""
    leverage: Amount = ""
    tradeQuoteCcy: Ccy = ""


class MaxSizeRow(Row, frozen=True, kw_only=True):
    ccy: str = ""
    instId: str
    maxBuy: str
    maxSell: str


class MaxAvailSize(Request, frozen=True, kw_only=True):
    instId: Instruments
    tdMode: TdMode
    ccy: Ccy = ""
    reduceOnly: Flag = False
    px: Amount = ""
    tradeQuoteCcy: Ccy = ""
    unSpotOffset: Annotated[Flag, doc("Of an older API, not looked at", "旧版参数，不使用")] = False
    quickMgnType: Text = ""


class MaxAvailSizeRow(Row, frozen=True, kw_only=True):
    instId: str
    availBuy: str
    availSell: str


class MaxWithdrawal(Request, frozen=True, kw_only=True):
    ccy: CcyFilter = ()


class MaxWithdrawalRow(Row, frozen=True, kw_only=True):
    ccy: str
    maxWd: Annotated[str, doc("What can be moved out without borrowing", "不借币时可转出的数量")]
    maxWdEx: str
    spotOffsetMaxWd: str = ""
    spotOffsetMaxWdEx: str = ""


class TradeFee(Request, frozen=True, kw_only=True):
    instType: InstrumentType
    instId: InstId = ""
    uly: InstFamily = ""
    instFamily: InstFamily = ""
    groupId: Text = ""
    category: Annotated[Text, doc("No longer used", "已不再使用")] = ""


class FeeGroup(Row, frozen=True, kw_only=True):
    groupId: str
    maker: str
    taker: str
    elpMaker: Annotated[str | Unset, Since("2026-08", always="")] = UNSET
    rpiMaker: Annotated[str | Unset, Since("2026-08", always="")] = UNSET


class TradeFeeRow(Row, frozen=True, kw_only=True):
    """Rates of fees are negative where they are charged."""

    category: str = "1"
    delivery: str = ""
    exercise: str = ""
    feeGroup: tuple[FeeGroup, ...]
    fiat: tuple[str, ...] = ()
    instType: InstrumentType
    level: str
    maker: str
    makerU: str = ""
    makerUSDC: str = ""
    ruleType: str = "normal"
    settle: Annotated[str | Unset, Since("2026-08", always="")] = UNSET
    taker: str
    takerU: str = ""
    takerUSDC: str = ""
    ts: str


class AccountInstruments(Request, frozen=True, kw_only=True):
    instType: InstrumentType
    uly: InstFamily = ""
    instFamily: InstFamily = ""
    seriesId: Annotated[Text, Since("2026-08")] = ""
    instId: InstId = ""


class AccountInstrumentsRow(Row, frozen=True, kw_only=True):
    auctionEndTime: str = ""
    baseCcy: str
    ctMult: str = ""
    ctType: str = ""
    ctVal: str = ""
    ctValCcy: str = ""
    contTdSwTime: str = ""
    elp: Literal["0", "1", "2"] = "0"
    rpi: Annotated[Literal["0", "1", "2"] | Unset, Since("2026-08", always="0")] = UNSET
    expTime: str = ""
    futureSettlement: bool = False
    groupId: str = "1"
    instFamily: str = ""
    instId: str
    instType: InstrumentType
    lever: str
    listTime: str
    lotSz: str
    maxIcebergSz: str
    maxLmtAmt: str
    maxLmtSz: str
    maxMktAmt: str
    maxMktSz: str
    maxPlatOILmt: str = ""
    maxPlatOICoinLmt: Annotated[str | Unset, Since("2026-08", always="")] = UNSET
    longPosRemainingQuota: Annotated[str | Unset, Since("2026-08", always="")] = UNSET
    shortPosRemainingQuota: Annotated[str | Unset, Since("2026-08", always="")] = UNSET
    maxStopSz: str
    maxTriggerSz: str
    maxTwapSz: str
    minSz: str
    optType: str = ""
    openType: str = ""
    preMktSwTime: str = ""
    posLmtPct: str = ""
    posLmtAmt: str = ""
    quoteCcy: str
    tradeQuoteCcyList: tuple[str, ...]
    settleCcy: str = ""
    state: str = "live"
    ruleType: str = "normal"
    stk: str = ""
    tickSz: str
    uly: str = ""
    instIdCode: int | None = None
    instCategory: Annotated[str | Unset, Since("2026-08", always="1")] = UNSET
    initPxLmtPct: Annotated[str | Unset, Since("2026-08", always="")] = UNSET
    floatPxLmtPct: Annotated[str | Unset, Since("2026-08", always="")] = UNSET
    maxPxLmtPct: Annotated[str | Unset, Since("2026-08", always="")] = UNSET
    upcChg: tuple[InstrumentChange, ...] = ()


class AdjustLeverage(Request, frozen=True, kw_only=True):
    """Spot mode knows the leverage of currencies: MARGIN, cross and `ccy`."""

    instType: Literal["MARGIN", "SWAP", "FUTURES"]
    mgnMode: Literal["cross", "isolated"]
    lever: Annotated[Amount, doc("Borrowing leverage", "借币杠杆倍数")]
    instId: InstId = ""
    ccy: Ccy = ""
    posSide: Literal["net", "long", "short"] | None = None


class AdjustLeverageRow(Row, frozen=True, kw_only=True):
    estAvailQuoteTrans: str = ""
    estAvailTrans: str = ""
    estLiqPx: str = ""
    estMaxAmt: str
    estMgn: str
    estQuoteMaxAmt: str = ""
    estQuoteMgn: str = ""
    existOrd: bool
    maxLever: str
    minLever: str


MAX_SIZE = Endpoint(
    name="max_size",
    method="GET",
    path="/api/v5/account/max-size",
    section=SECTION,
    title=doc("The largest order that would be accepted", "最大可下单数量"),
    request=MaxSize,
    answer=MaxSizeRow,
    permission=READ,
    limits=TWENTY_PER_2S,
    envelope="code,msg,data",
    source=documented("trading-account-rest-api-get-maximum-order-quantity"),
)

MAX_AVAIL_SIZE = Endpoint(
    name="max_avail_size",
    method="GET",
    path="/api/v5/account/max-avail-size",
    section=SECTION,
    title=doc("What an order could spend, borrowed coins included", "最大可用数量，含可借数量"),
    request=MaxAvailSize,
    answer=MaxAvailSizeRow,
    permission=READ,
    limits=TWENTY_PER_2S,
    envelope="code,msg,data",
    source=documented("trading-account-rest-api-get-maximum-available-balance-equity"),
)

MAX_WITHDRAWAL = Endpoint(
    name="max_withdrawal",
    method="GET",
    path="/api/v5/account/max-withdrawal",
    section=SECTION,
    title=doc("What can be moved to the funding account", "最大可转余额"),
    request=MaxWithdrawal,
    answer=MaxWithdrawalRow,
    permission=READ,
    limits=TWENTY_PER_2S,
    envelope="code,msg,data",
    source=documented("trading-account-rest-api-get-maximum-withdrawals"),
)

TRADE_FEE = Endpoint(
    name="trade_fee",
    method="GET",
    path="/api/v5/account/trade-fee",
    section=SECTION,
    title=doc("Fees of the account", "当前账户的交易手续费率"),
    request=TradeFee,
    answer=TradeFeeRow,
    permission=READ,
    limits=FIVE_PER_2S,
    source=documented("trading-account-rest-api-get-fee-rates"),
)

ACCOUNT_INSTRUMENTS = Endpoint(
    name="account_instruments",
    method="GET",
    path="/api/v5/account/instruments",
    section=SECTION,
    title=doc("Instruments this account can trade", "当前账户可交易的产品"),
    request=AccountInstruments,
    answer=AccountInstrumentsRow,
    permission=READ,
    limits=(Limit(20, 2_000, "user_id+instType"),),
    source=documented("trading-account-rest-api-get-instruments"),
)

ADJUST_LEVERAGE = Endpoint(
    name="adjust_leverage",
    method="GET",
    path="/api/v5/account/adjust-leverage-info",
    section=SECTION,
    title=doc("What another leverage would mean", "调整杠杆倍数的预估信息"),
    request=AdjustLeverage,
    answer=AdjustLeverageRow,
    permission=READ,
    limits=FIVE_PER_2S,
    either=(Either(("ccy", "instId")),),
    source=documented("trading-account-rest-api-get-leverage-estimated-info"),
)

ENDPOINTS = (MAX_SIZE, MAX_AVAIL_SIZE, MAX_WITHDRAWAL, TRADE_FEE, ACCOUNT_INSTRUMENTS, ADJUST_LEVERAGE)
