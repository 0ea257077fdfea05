"""Typed rows of positions.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from tallystick.client.readers import Amount, MaybeAmount, MaybeText, MaybeTime, Objects, Parts, Text, Time
from tallystick.client.records import Record


class PositionsRow(Record):
    """Row, or part of one, of `positions`."""

    __slots__ = ()

    adl = MaybeText()
    """Rank in auto-deleveraging."""
    availPos = MaybeAmount()
    """What can be closed."""
    avgPx = MaybeAmount()
    """Average fill price."""
    baseBal = MaybeAmount()
    """No longer filled."""
    baseBorrowed = MaybeAmount()
    """No longer filled."""
    baseInterest = MaybeAmount()
    """No longer filled."""
    bePx = MaybeAmount()
    """Price at which it breaks even."""
    bizRefId = MaybeText()
    """Business it belongs to."""
    bizRefType = MaybeText()
    """Kind of that business."""
    cTime = MaybeTime()
    """When it was made, Unix milliseconds."""
    ccy = MaybeText()
    """Currency."""
    clSpotInUseAmt = MaybeAmount()
    """Spot in use as hedge, set by you."""
    closeOrderAlgo = Objects()
    """Orders that close it."""
    deltaBS = MaybeAmount()
    """Delta in USD."""
    deltaPA = MaybeAmount()
    """Delta in coins."""
    fee = MaybeAmount()
    """Fee; for an order negative when charged."""
    fundingFee = MaybeAmount()
    """Funding paid."""
    gammaBS = MaybeAmount()
    """Gamma in USD."""
    gammaPA = MaybeAmount()
    """Gamma in coins."""
    hedgedPos = MaybeAmount()
    """Size that is hedged."""
    idxPx = MaybeAmount()
    """Index."""
    imr = MaybeAmount()
    """Initial margin."""
    instId = MaybeText()
    """Instrument, such as BTC-USDT."""
    instType = MaybeText()
    """Kind of instrument."""
    interest = MaybeAmount()
    """Interest accrued and not yet added to the debt."""
    last = MaybeAmount()
    """Last price."""
    lever = MaybeAmount()
    """Highest leverage."""
    liab = MaybeAmount()
    """Debt, a positive number."""
    liabCcy = MaybeText()
    """Currency of the debt."""
    liqPenalty = MaybeAmount()
    """Fee of a liquidation."""
    liqPx = MaybeAmount()
    """Price that would liquidate."""
    margin = MaybeAmount()
    """Margin of the position."""
    markPx = MaybeAmount()
    """Mark price."""
    maxSpotInUseAmt = MaybeAmount()
    """Most spot that can be used as hedge."""
    mgnMode = MaybeText()
    """Margin mode."""
    mgnRatio = MaybeAmount()
    """Margin level, empty when nothing is at risk."""
    mmr = MaybeAmount()
    """Maintenance margin."""
    nonSettleAvgPx = MaybeAmount()
    """Average price before settlements."""
    notionalUsd = MaybeAmount()
    """Value at risk in USD."""
    optVal = MaybeAmount()
    """Value of an option."""
    pendingCloseOrdLiabVal = MaybeAmount()
    """Debt that closing orders would pay."""
    pnl = MaybeAmount()
    """Profit or loss, 0 on spot."""
    pos = MaybeAmount()
    """Size of the position."""
    posCcy = MaybeText()
    """Currency of the position."""
    posId = MaybeText()
    """Position number."""
    posSide = MaybeText()
    """Position side; spot orders leave it out."""
    quoteBal = MaybeAmount()
    """No longer filled."""
    quoteBorrowed = MaybeAmount()
    """No longer filled."""
    quoteInterest = MaybeAmount()
    """No longer filled."""
    realizedPnl = MaybeAmount()
    """Result so far."""
    settledPnl = MaybeAmount()
    """Result settled so far."""
    spotInUseAmt = MaybeAmount()
    """Spot in use as hedge."""
    spotInUseCcy = MaybeText()
    """Spot in use as hedge."""
    thetaBS = MaybeAmount()
    """Theta in USD."""
    thetaPA = MaybeAmount()
    """Theta in coins."""
    tradeId = MaybeText()
    """Trade number."""
    uTime = MaybeTime()
    """Last change, Unix milliseconds."""
    upl = MaybeAmount()
    """Unrealised result."""
    uplLastPx = MaybeAmount()
    """Unrealised result at the last price."""
    uplRatio = MaybeAmount()
    """Unrealised result as a ratio."""
    uplRatioLastPx = MaybeAmount()
    """The same at the last price."""
    usdPx = MaybeAmount()
    """Price of the coin, USD."""
    vegaBS = MaybeAmount()
    """Vega in USD."""
    vegaPA = MaybeAmount()
    """Vega in coins."""


class PositionsHistoryRow(Record):
    """Row, or part of one, of `positions_history`."""

    __slots__ = ()

    cTime = MaybeTime()
    """When it was made, Unix milliseconds."""
    ccy = MaybeText()
    """Currency."""
    closeAvgPx = MaybeAmount()
    """Average price it was closed at."""
    closeTotalPos = MaybeAmount()
    """Size closed."""
    direction = MaybeText()
    """Long or short."""
    fee = MaybeAmount()
    """Fee; for an order negative when charged."""
    fundingFee = MaybeAmount()
    """Funding paid."""
    instId = MaybeText()
    """Instrument, such as BTC-USDT."""
    instType = MaybeText()
    """Kind of instrument."""
    lever = MaybeAmount()
    """Highest leverage."""
    liqPenalty = MaybeAmount()
    """Fee of a liquidation."""
    mgnMode = MaybeText()
    """Margin mode."""
    nonSettleAvgPx = MaybeAmount()
    """Average price before settlements."""
    openAvgPx = MaybeAmount()
    """Average opening price."""
    openMaxPos = MaybeAmount()
    """Largest size."""
    pnl = MaybeAmount()
    """Profit or loss, 0 on spot."""
    pnlRatio = MaybeAmount()
    """Result as a ratio."""
    posId = MaybeText()
    """Position number."""
    posSide = MaybeText()
    """Position side; spot orders leave it out."""
    realizedPnl = MaybeAmount()
    """Result so far."""
    settledPnl = MaybeAmount()
    """Result settled so far."""
    triggerPx = MaybeAmount()
    """Price that closed it."""
    type = MaybeText()
    """Kind."""
    uTime = MaybeTime()
    """Last change, Unix milliseconds."""
    uly = MaybeText()
    """Underlying, derivatives only."""


class RiskBalance(Record):
    """Row, or part of one, of `position_risk`."""

    __slots__ = ()

    ccy = Text()
    """Currency."""
    disEq = Amount()
    """Equity in USD after discount."""
    eq = Amount()
    """Equity of the currency."""


class PositionRiskRow(Record):
    """Row, or part of one, of `position_risk`."""

    __slots__ = ()

    adjEq = Amount()
    """Equity in USD, discounted, less losses and fees of open orders."""
    balData = Parts(RiskBalance)
    """Balances."""
    posData = Objects()
    """Positions."""
    ts = Time()
    """Time, Unix milliseconds."""
