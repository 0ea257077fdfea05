"""Typed rows of market.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick.client.readers import (
    Amount,
    Choice,
    Levels,
    MaybeAmount,
    MaybeChoice,
    MaybeFlag,
    MaybeText,
    MaybeTime,
    MaybeWhole,
    Parts,
    Text,
    Time,
    Words,
)
from tallystick.client.records import Record


class InstrumentChange(Record):
    """Row, or part of one, of `account_instruments`, `instruments`, `channel instruments`."""

    __slots__ = ()

    param = Choice[Literal["tickSz", "minSz", "maxMktSz"]]()
    """What will change."""
    newValue = Amount()
    """What it will be."""
    effTime = Time()
    """When, Unix milliseconds."""


class InstrumentsRow(Record):
    """Row, or part of one, of `instruments`, `channel instruments`."""

    __slots__ = ()

    alias = MaybeText()
    """Name of a delivery date, futures only."""
    auctionEndTime = MaybeTime()
    """No longer used, see contTdSwTime."""
    baseCcy = MaybeText()
    """Base currency of the pair."""
    category = MaybeText()
    """Normal, or made by the venue in a liquidation."""
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
    seriesId = MaybeText()
    """Series of event contracts, of which there are none."""
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
    rpiMinLevel = MaybeText()
    """Of orders with retail price improvement."""
    rpiMinPxBand = MaybeAmount()
    """The same, in basis points."""
    upcChg = Parts(InstrumentChange)
    """Changes announced."""
    freq = MaybeText()
    """Seen empty; the documents do not say."""
    longPosRemainingQuota = MaybeAmount()
    """What longs may still grow by, contracts only."""
    maxPlatOILmt = MaybeAmount()
    """Most open interest of the platform."""
    method = MaybeText()
    """Seen empty; the documents do not say."""
    posLmtAmt = MaybeAmount()
    """Largest position, USD."""
    posLmtPct = MaybeAmount()
    """Largest share of the open interest."""
    shortPosRemainingQuota = MaybeAmount()
    """What shorts may still grow by, contracts only."""


class TimeRow(Record):
    """Row, or part of one, of `time`."""

    __slots__ = ()

    ts = Time()
    """Time, Unix milliseconds."""


class TickerRow(Record):
    """Row, or part of one, of `tickers`, `ticker`, `channel tickers`."""

    __slots__ = ()

    instType = Choice[Literal["SPOT", "SWAP", "FUTURES", "OPTION", "EVENTS"]]()
    """Kind of instrument."""
    instId = Text()
    """Instrument, such as BTC-USDT."""
    last = Amount()
    """Last price."""
    lastSz = Amount()
    """Last size."""
    askPx = Amount()
    """Best ask."""
    askSz = Amount()
    """Size at the best ask."""
    bidPx = Amount()
    """Best bid."""
    bidSz = Amount()
    """Size at the best bid."""
    open24h = Amount()
    """Price 24 hours ago."""
    high24h = Amount()
    """Highest in 24 hours."""
    low24h = Amount()
    """Lowest in 24 hours."""
    volCcy24h = Amount()
    """Volume of 24 hours in quote."""
    vol24h = Amount()
    """Volume of 24 hours in base."""
    sodUtc0 = Amount()
    """Price at the start of the UTC day."""
    sodUtc8 = Amount()
    """Price at the start of the UTC+8 day."""
    ts = Time()
    """Time, Unix milliseconds."""


class BooksRow(Record):
    """Row, or part of one, of `books`."""

    __slots__ = ()

    asks = Levels()
    """Sell side, best first."""
    bids = Levels()
    """Buy side, best first."""
    ts = Time()
    """Time, Unix milliseconds."""
    seqId = MaybeWhole()
    """Sequence number of the book."""


class BooksFullRow(Record):
    """Row, or part of one, of `books_full`."""

    __slots__ = ()

    asks = Levels()
    """Sell side, best first."""
    bids = Levels()
    """Buy side, best first."""
    ts = Time()
    """Time, Unix milliseconds."""


class BooksLiteRow(Record):
    """Row, or part of one, of `books_lite`."""

    __slots__ = ()

    asks = Levels()
    """Sell side, best first."""
    bids = Levels()
    """Buy side, best first."""
    ts = Time()
    """Time, Unix milliseconds."""


class BooksRpiRow(Record):
    """Row, or part of one, of `books_rpi`."""

    __slots__ = ()

    asks = Levels()
    """Sell side, best first."""
    bids = Levels()
    """Buy side, best first."""
    ts = Time()
    """Time, Unix milliseconds."""
