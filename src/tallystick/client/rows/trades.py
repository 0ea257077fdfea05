"""Typed rows of trades.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick.client.readers import Amount, Choice, MaybeText, Text, Time
from tallystick.client.records import Record


class TradesRow(Record):
    """Row, or part of one, of `trades`, `history_trades`."""

    __slots__ = ()

    instId = Text()
    """Instrument, such as BTC-USDT."""
    side = Choice[Literal["buy", "sell"]]()
    """Buy or sell; borrow or repay where that is the question."""
    sz = Amount()
    """Size."""
    source = Choice[Literal["0", "1"]]()
    """Where the order came from."""
    px = Amount()
    """Price."""
    tradeId = Text()
    """Trade number."""
    ts = Time()
    """Time, Unix milliseconds."""


class PlatformVolumeRow(Record):
    """Row, or part of one, of `platform_volume`."""

    __slots__ = ()

    volCny = Amount()
    """Turnover, yuan."""
    volUsd = Amount()
    """Turnover, USD."""
    ts = Time()
    """Time, Unix milliseconds."""


class BlockTickersRow(Record):
    """Row, or part of one, of `block_tickers`, `block_ticker`."""

    __slots__ = ()

    instType = Choice[Literal["SPOT", "SWAP", "FUTURES", "OPTION", "EVENTS"]]()
    """Kind of instrument."""
    instId = Text()
    """Instrument, such as BTC-USDT."""
    volCcy24h = Amount()
    """Volume of 24 hours in quote."""
    vol24h = Amount()
    """Volume of 24 hours in base."""
    ts = Time()
    """Time, Unix milliseconds."""


class BlockTradesRow(Record):
    """Row, or part of one, of `block_trades`."""

    __slots__ = ()

    fillVol = Amount()
    """Implied volatility, options only."""
    fwdPx = Amount()
    """Forward price, options only."""
    groupId = MaybeText()
    """Group of legs."""
    idxPx = Amount()
    """Index."""
    instId = Text()
    """Instrument, such as BTC-USDT."""
    markPx = Amount()
    """Mark price."""
    px = Amount()
    """Price."""
    side = Choice[Literal["buy", "sell"]]()
    """Buy or sell; borrow or repay where that is the question."""
    sz = Amount()
    """Size."""
    tradeId = Text()
    """Trade number."""
    ts = Time()
    """Time, Unix milliseconds."""


class CallAuctionRow(Record):
    """Row, or part of one, of `call_auction`."""

    __slots__ = ()

    instId = Text()
    """Instrument, such as BTC-USDT."""
    unmatchedSz = Amount()
    """Size left without a match."""
    eqPx = Amount()
    """Equilibrium price."""
    matchedSz = Amount()
    """Size matched."""
    state = Choice[Literal["call_auction", "continuous_trading"]]()
    """How it stands."""
    auctionEndTime = Time()
    """No longer used, see contTdSwTime."""
    ts = Time()
    """Time, Unix milliseconds."""
