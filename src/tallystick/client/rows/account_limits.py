"""Typed rows of account limits.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick.client.readers import (
    Amount,
    Choice,
    Flag,
    MaybeAmount,
    MaybeChoice,
    MaybeFlag,
    MaybeText,
    MaybeTime,
    MaybeWhole,
    Objects,
    Parts,
    Text,
    Time,
    Words,
)
from tallystick.client.records import Record
from tallystick.client.rows.market import InstrumentChange


class MaxSizeRow(Record):
    """Row, or part of one, of `max_size`."""

    __slots__ = ()

    ccy = MaybeText()
    """Currency."""
    instId = Text()
    """Instrument, such as BTC-USDT."""
    maxBuy = Amount()
    """Largest buy, in base."""
    maxSell = Amount()
    """Largest sale, in quote."""


class MaxAvailSizeRow(Record):
    """Row, or part of one, of `max_avail_size`."""

    __slots__ = ()

    instId = Text()
    """Instrument, such as BTC-USDT."""
    availBuy = Amount()
    """What a buy could spend, in quote."""
    availSell = Amount()
    """What a sale could spend, in base."""


class MaxWithdrawalRow(Record):
    """Row, or part of one, of `max_withdrawal`, `subaccount_max_withdrawal`."""

    __slots__ = ()

    ccy = Text()
    """Currency."""
    maxWd = Amount()
    """What can be moved out without borrowing."""
    maxWdEx = MaybeAmount()
    """What can be moved out with borrowing."""
    spotOffsetMaxWd = MaybeAmount()
    """The same with spot as a hedge."""
    spotOffsetMaxWdEx = MaybeAmount()
    """The same with borrowing."""


class FeeGroup(Record):
    """Row, or part of one, of `trade_fee`."""

    __slots__ = ()

    groupId = Text()
    """Fee group."""
    maker = Amount()
    """Fee of a maker, negative when charged."""
    taker = Amount()
    """Fee of a taker, negative when charged."""
    elpMaker = MaybeAmount()
    """Maker rate of enhanced liquidity orders, if any."""
    rpiMaker = MaybeAmount()
    """Maker rate with retail price improvement, if any."""


class TradeFeeRow(Record):
    """Row, or part of one, of `trade_fee`."""

    __slots__ = ()

    category = Text()
    """Normal, or made by the venue in a liquidation."""
    delivery = MaybeAmount()
    """Fee of a delivery."""
    exercise = MaybeAmount()
    """Fee of an exercise."""
    feeGroup = Parts(FeeGroup)
    """Fees by group."""
    fiat = Objects()
    """Fees of fiat pairs."""
    instType = Choice[Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"]]()
    """Kind of instrument."""
    level = Text()
    """Fee tier."""
    maker = Amount()
    """Fee of a maker, negative when charged."""
    makerU = MaybeAmount()
    """No longer filled."""
    makerUSDC = MaybeAmount()
    """No longer filled."""
    ruleType = Text()
    """Trading rules."""
    settle = MaybeAmount()
    """Rate of a settlement, contracts only."""
    taker = Amount()
    """Fee of a taker, negative when charged."""
    takerU = MaybeAmount()
    """No longer filled."""
    takerUSDC = MaybeAmount()
    """No longer filled."""
    ts = Time()
    """Time, Unix milliseconds."""


class AccountInstrumentsRow(Record):
    """Row, or part of one, of `account_instruments`."""

    __slots__ = ()

    auctionEndTime = MaybeTime()
    """No longer used, see contTdSwTime."""
    baseCcy = MaybeText()
    """Base currency of the pair."""
    ctMult = MaybeAmount()
    """Contract multiplier."""
    ctType = MaybeText()
    """Linear or inverse contract."""
    ctVal = MaybeAmount()
    """Contract value."""
    ctValCcy = MaybeText()
    """Currency of the contract value."""
    contTdSwTime = MaybeTime()
    """When continuous trading began."""
    elp = MaybeChoice[Literal["0", "1", "2"]]()
    """Whether enhanced liquidity orders may be placed."""
    rpi = MaybeChoice[Literal["0", "1", "2"]]()
    """Leave for orders with retail price improvement, 0 none."""
    expTime = MaybeTime()
    """When it expires or is delisted."""
    futureSettlement = MaybeFlag()
    """Settles before it expires."""
    groupId = MaybeText()
    """Fee group."""
    instFamily = MaybeText()
    """Family, derivatives only."""
    instId = MaybeText()
    """Instrument, such as BTC-USDT."""
    instType = MaybeChoice[Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"]]()
    """Kind of instrument."""
    lever = MaybeAmount()
    """Highest leverage."""
    listTime = MaybeTime()
    """When it was listed."""
    lotSz = MaybeAmount()
    """Size step."""
    maxIcebergSz = MaybeAmount()
    """Largest iceberg order."""
    maxLmtAmt = MaybeAmount()
    """Largest limit order, USD."""
    maxLmtSz = MaybeAmount()
    """Largest limit order."""
    maxMktAmt = MaybeAmount()
    """Largest market order, USD."""
    maxMktSz = MaybeAmount()
    """Largest market order."""
    maxPlatOILmt = MaybeAmount()
    """Most open interest of the platform."""
    maxPlatOICoinLmt = MaybeAmount()
    """Limit of open contracts in coins."""
    longPosRemainingQuota = MaybeAmount()
    """What longs may still grow by, contracts only."""
    shortPosRemainingQuota = MaybeAmount()
    """What shorts may still grow by, contracts only."""
    maxStopSz = MaybeAmount()
    """Largest stop market order."""
    maxTriggerSz = MaybeAmount()
    """Largest trigger order."""
    maxTwapSz = MaybeAmount()
    """Largest time-weighted order."""
    minSz = MaybeAmount()
    """Smallest size."""
    optType = MaybeText()
    """Call or put."""
    openType = MaybeText()
    """How trading opened."""
    preMktSwTime = MaybeTime()
    """When it left the pre-market."""
    posLmtPct = MaybeAmount()
    """Largest share of the open interest."""
    posLmtAmt = MaybeAmount()
    """Largest position, USD."""
    quoteCcy = MaybeText()
    """Quote currency of the pair."""
    tradeQuoteCcyList = Words()
    """Quote currencies it can be traded in."""
    settleCcy = MaybeText()
    """Settlement currency."""
    state = MaybeText()
    """How it stands."""
    ruleType = MaybeText()
    """Trading rules."""
    stk = MaybeAmount()
    """Strike price."""
    tickSz = MaybeAmount()
    """Price step."""
    uly = MaybeText()
    """Underlying, derivatives only."""
    instIdCode = MaybeWhole()
    """Instrument as a number."""
    instCategory = MaybeText()
    """What the base is."""
    initPxLmtPct = MaybeAmount()
    """Price band just after listing."""
    floatPxLmtPct = MaybeAmount()
    """Price band."""
    maxPxLmtPct = MaybeAmount()
    """Widest price band."""
    upcChg = Parts(InstrumentChange)
    """Changes announced."""


class AdjustLeverageRow(Record):
    """Row, or part of one, of `adjust_leverage`."""

    __slots__ = ()

    estAvailQuoteTrans = MaybeAmount()
    """What could be moved out, in quote."""
    estAvailTrans = MaybeAmount()
    """What could be moved out."""
    estLiqPx = MaybeAmount()
    """Price that would liquidate."""
    estMaxAmt = Amount()
    """Largest loan."""
    estMgn = Amount()
    """Initial margin."""
    estQuoteMaxAmt = MaybeAmount()
    """Largest loan of the quote."""
    estQuoteMgn = MaybeAmount()
    """Initial margin of the quote."""
    existOrd = Flag()
    """Whether there are open orders."""
    maxLever = Amount()
    """Highest leverage."""
    minLever = Amount()
    """Lowest leverage."""
