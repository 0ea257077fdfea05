"""Positions, of which Spot mode has none, and what the account is worth beside them."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from tallystick.contract.core import (
    READ,
    Endpoint,
    Id,
    InstId,
    Limit,
    LimitNumber,
    Many,
    Ms,
    Page,
    QuoteId,
    Request,
    Row,
    doc,
    documented,
)

SECTION = "positions"

PositionType: TypeAlias = Literal["MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"]


class Positions(Request, frozen=True, kw_only=True):
    instType: PositionType | None = None
    instId: Annotated[tuple[InstId, ...], Many(most=10)] = ()
    posId: Annotated[tuple[QuoteId, ...], Many(most=20)] = ()


class PositionsRow(Row, frozen=True, kw_only=True):
    """Never made here: coins that are borrowed stand in the balance."""

    adl: str
    availPos: str
    avgPx: str
    baseBal: str
    baseBorrowed: str
    baseInterest: str
    bePx: str
    bizRefId: str
    bizRefType: str
    cTime: str
    ccy: str
    clSpotInUseAmt: str
    closeOrderAlgo: tuple[str, ...]
    deltaBS: str
    deltaPA: str
    fee: str
    fundingFee: str
    gammaBS: str
    gammaPA: str
    hedgedPos: str
    idxPx: str
    imr: str
    instId: str
    instType: str
    interest: str
    last: str
    lever: str
    liab: str
    liabCcy: str
    liqPenalty: str
    liqPx: str
    margin: str
    markPx: str
    maxSpotInUseAmt: str
    mgnMode: str
    mgnRatio: str
    mmr: str
    nonSettleAvgPx: str
    notionalUsd: str
    optVal: str
    pendingCloseOrdLiabVal: str
    pnl: str
    pos: str
    posCcy: str
    posId: str
    posSide: str
    quoteBal: str
    quoteBorrowed: str
    quoteInterest: str
    realizedPnl: str
    settledPnl: str
    spotInUseAmt: str
    spotInUseCcy: str
    thetaBS: str
    thetaPA: str
    tradeId: str
    uTime: str
    upl: str
    uplLastPx: str
    uplRatio: str
    uplRatioLastPx: str
    usdPx: str
    vegaBS: str
    vegaPA: str


class PositionsHistory(Request, frozen=True, kw_only=True):
    instType: PositionType | None = None
    instId: InstId = ""
    mgnMode: Literal["cross", "isolated"] | None = None
    type: Annotated[Literal["1", "2", "3", "4", "5", "6"] | None, doc("How it was closed", "平仓方式")] = None
    posId: Id | None = None
    after: Ms | None = None
    before: Ms | None = None
    limit: LimitNumber = 100


class PositionsHistoryRow(Row, frozen=True, kw_only=True):
    """Never made here."""

    cTime: str
    ccy: str
    closeAvgPx: str
    closeTotalPos: str
    direction: str
    fee: str
    fundingFee: str
    instId: str
    instType: str
    lever: str
    liqPenalty: str
    mgnMode: str
    nonSettleAvgPx: str
    openAvgPx: str
    openMaxPos: str
    pnl: str
    pnlRatio: str
    posId: str
    posSide: str
    realizedPnl: str
    settledPnl: str
    triggerPx: str
    type: str
    uTime: str
    uly: str


class PositionRisk(Request, frozen=True, kw_only=True):
    instType: PositionType | None = None


class RiskBalance(Row, frozen=True, kw_only=True):
    ccy: str
    disEq: str
    eq: str


class PositionRiskRow(Row, frozen=True, kw_only=True):
    """Balances and positions at one instant; there are no positions."""

    adjEq: str
    balData: tuple[RiskBalance, ...]
    posData: tuple[str, ...] = ()
    ts: str


POSITIONS = Endpoint(
    name="positions",
    method="GET",
    path="/api/v5/account/positions",
    section=SECTION,
    title=doc("Open positions, of which Spot mode has none", "持仓信息，现货模式没有"),
    request=Positions,
    answer=PositionsRow,
    permission=READ,
    limits=(Limit(10, 2_000, "user_id"),),
    source=documented("trading-account-rest-api-get-positions"),
)

POSITIONS_HISTORY = Endpoint(
    name="positions_history",
    method="GET",
    path="/api/v5/account/positions-history",
    section=SECTION,
    title=doc("Closed positions, of which Spot mode has none", "历史持仓，现货模式没有"),
    request=PositionsHistory,
    answer=PositionsHistoryRow,
    permission=READ,
    limits=(Limit(10, 2_000, "user_id"),),
    page=Page(cursor="uTime", inclusive=False, retention_ms=None, identity=("posId",)),
    source=documented("trading-account-rest-api-get-positions-history"),
)

POSITION_RISK = Endpoint(
    name="position_risk",
    method="GET",
    path="/api/v5/account/account-position-risk",
    section=SECTION,
    title=doc("Balances and positions at one instant", "同一时刻的余额与持仓"),
    request=PositionRisk,
    answer=PositionRiskRow,
    permission=READ,
    limits=(Limit(10, 2_000, "user_id"),),
    source=documented("trading-account-rest-api-get-account-and-position-risk"),
)

ENDPOINTS = (POSITIONS, POSITIONS_HISTORY, POSITION_RISK)
