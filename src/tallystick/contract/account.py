"""The trading account: what is in it and how it is set.

Fields that do not apply in Spot mode are "" in the answers; they are the defaults here, so that a
view names only what it knows.
"""

from __future__ import annotations

from typing import Annotated, Literal

from tallystick.contract.core import (
    READ,
    TRADE,
    Amount,
    Ccy,
    CcyFilter,
    Either,
    Endpoint,
    InstId,
    Limit,
    Many,
    Nothing,
    Request,
    Row,
    doc,
    documented,
)

SECTION = "account"


class Balance(Request, frozen=True, kw_only=True):
    ccy: CcyFilter = ()


class BalanceDetail(Row, frozen=True, kw_only=True):
    """One currency. `availEq` must stay "" in Spot mode: ccxt takes a filled one for the free balance."""

    autoLendStatus: Literal["unsupported", "off", "pending", "active"] = "unsupported"
    autoLendMtAmt: str = "0"
    availBal: str
    availEq: str = ""
    borrowFroz: str = ""
    cashBal: str
    ccy: str
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
    maxSpotInUse: str = ""
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


class BalanceRow(Row, frozen=True, kw_only=True):
    adjEq: str = ""
    availEq: str = ""
    borrowFroz: str = ""
    delta: str = ""
    deltaLever: str = ""
    deltaNeutralStatus: Literal["", "0", "1", "2"] = "0"
    details: tuple[BalanceDetail, ...]
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


class ConfigRow(Row, frozen=True, kw_only=True):
    acctLv: Literal["1", "2", "3", "4"] = "1"
    acctStpMode: Literal["cancel_maker", "cancel_taker", "cancel_both"] = "cancel_maker"
    autoLoan: bool = False
    ctIsoMode: Literal["automatic", "autonomy"] = "automatic"
    enableSpotBorrow: bool
    greeksType: Literal["PA", "BS"] = "PA"
    feeType: Literal["0", "1"] = "0"
    ip: str
    type: Literal["0", "1", "2", "5", "9", "12"] = "0"
    kycLv: Literal["0", "1", "2", "3"] = "3"
    label: str
    level: Annotated[str, doc("Level of the main account; sets the borrowing quota", "母账户的等级，决定借币额度")]
    levelTmp: str = ""
    liquidationGear: Literal["3", "-1", "0"] = "-1"
    mainUid: str
    mgnIsoMode: Literal["auto_transfers_ccy", "automatic", "quick_margin"] = "automatic"
    opAuth: Literal["0", "1"] = "0"
    perm: str
    posMode: Literal["long_short_mode", "net_mode"] = "net_mode"
    roleType: Literal["0", "1", "2"] = "0"
    spotBorrowAutoRepay: bool
    spotOffsetType: str = ""
    spotRoleType: Literal["0", "1", "2"] = "0"
    spotTraderInsts: tuple[str, ...] = ()
    stgyType: Literal["0", "1"] = "0"
    traderInsts: tuple[str, ...] = ()
    uid: str
    settleCcy: str = ""
    settleCcyList: tuple[str, ...] = ()


class SetLeverage(Request, frozen=True, kw_only=True):
    """Spot mode sets the leverage of a currency: `ccy` with `mgnMode` cross."""

    lever: Annotated[Amount, doc("Borrowing leverage", "借币杠杆倍数")]
    mgnMode: Literal["cross", "isolated"]
    ccy: Ccy = ""
    instId: InstId = ""
    posSide: Literal["long", "short"] | None = None


class SetLeverageRow(Row, frozen=True, kw_only=True):
    lever: Annotated[str, doc("Borrowing leverage", "借币杠杆倍数")]
    mgnMode: Literal["cross", "isolated"]
    instId: str = ""
    posSide: str = ""


class LeverageInfo(Request, frozen=True, kw_only=True):
    """Spot mode knows the leverage of currencies: `ccy` with `mgnMode` cross."""

    mgnMode: Literal["cross", "isolated"]
    instId: Annotated[tuple[InstId, ...], Many(most=20)] = ()
    ccy: CcyFilter = ()


class LeverageInfoRow(Row, frozen=True, kw_only=True):
    ccy: str
    instId: str = ""
    mgnMode: Literal["cross", "isolated"]
    posSide: str = ""
    lever: Annotated[str, doc("Borrowing leverage", "借币杠杆倍数")]


BALANCE = Endpoint(
    name="balance",
    method="GET",
    path="/api/v5/account/balance",
    section=SECTION,
    title=doc("Balances, debts and margin of the trading account", "交易账户的余额、负债和保证金"),
    request=Balance,
    answer=BalanceRow,
    permission=READ,
    limits=(Limit(10, 2_000, "user_id"),),
    source=documented("trading-account-rest-api-get-balance"),
)

CONFIG = Endpoint(
    name="config",
    method="GET",
    path="/api/v5/account/config",
    section=SECTION,
    title=doc("Settings of the account and of the key that asks", "账户设置及当前 API key 的设置"),
    request=Nothing,
    answer=ConfigRow,
    permission=READ,
    limits=(Limit(5, 2_000, "user_id"),),
    source=documented("trading-account-rest-api-get-account-configuration"),
)

TWENTY_PER_2S = (Limit(20, 2_000, "user_id"),)

SET_LEVERAGE = Endpoint(
    name="set_leverage",
    method="POST",
    path="/api/v5/account/set-leverage",
    section=SECTION,
    title=doc("Set the borrowing leverage of a currency", "设置币种的借币杠杆倍数"),
    request=SetLeverage,
    answer=SetLeverageRow,
    permission=TRADE,
    limits=TWENTY_PER_2S,
    envelope="code,msg,data",
    either=(Either(("ccy", "instId")),),
    source=documented("trading-account-rest-api-set-leverage"),
)

LEVERAGE_INFO = Endpoint(
    name="leverage_info",
    method="GET",
    path="/api/v5/account/leverage-info",
    section=SECTION,
    title=doc("Borrowing leverage of currencies", "查询币种的借币杠杆倍数"),
    request=LeverageInfo,
    answer=LeverageInfoRow,
    permission=READ,
    limits=TWENTY_PER_2S,
    envelope="code,msg,data",
    either=(Either(("ccy", "instId")),),
    source=documented("trading-account-rest-api-get-leverage"),
)

ENDPOINTS = (BALANCE, CONFIG, SET_LEVERAGE, LEVERAGE_INFO)
