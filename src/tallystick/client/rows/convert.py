"""Typed rows of convert.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick.client.readers import Amount, Choice, MaybeAmount, MaybeText, Text, Time, Whole
from tallystick.client.records import Record


class ConvertCurrenciesRow(Record):
    """Row, or part of one, of `convert_currencies`."""

    __slots__ = ()

    min = MaybeAmount()
    """No longer filled."""
    max = MaybeAmount()
    """No longer filled."""
    ccy = Text()
    """Currency."""


class ConvertCurrencyPairRow(Record):
    """Row, or part of one, of `convert_currency_pair`."""

    __slots__ = ()

    baseCcy = Text()
    """Base currency of the pair."""
    baseCcyMax = Amount()
    """Most of the base."""
    baseCcyMin = Amount()
    """Least of the base."""
    instId = Text()
    """Instrument, such as BTC-USDT."""
    quoteCcy = Text()
    """Quote currency of the pair."""
    quoteCcyMax = Amount()
    """Most of the quote."""
    quoteCcyMin = Amount()
    """Least of the quote."""


class ConvertEstimateQuoteRow(Record):
    """Row, or part of one, of `convert_estimate_quote`."""

    __slots__ = ()

    baseCcy = Text()
    """Base currency of the pair."""
    baseSz = Amount()
    """Amount of the base."""
    clQReqId = MaybeText()
    """Your own id for the quote."""
    cnvtPx = Amount()
    """Price, quote per base."""
    origRfqSz = Amount()
    """Size as it was asked for."""
    quoteCcy = Text()
    """Quote currency of the pair."""
    quoteId = Text()
    """Quote to trade against."""
    quoteSz = Amount()
    """Amount of the quote."""
    quoteTime = Time()
    """When it was quoted, Unix milliseconds."""
    rfqSz = Amount()
    """Size asked for."""
    rfqSzCcy = Text()
    """Currency of that size."""
    side = Choice[Literal["buy", "sell"]]()
    """Buy or sell; borrow or repay where that is the question."""
    ttlMs = Whole()
    """How long it holds, milliseconds."""


class ConvertTradeRow(Record):
    """Row, or part of one, of `convert_trade`."""

    __slots__ = ()

    baseCcy = Text()
    """Base currency of the pair."""
    clTReqId = MaybeText()
    """Your own id for the trade."""
    fillBaseSz = Amount()
    """Amount of the base."""
    fillPx = Amount()
    """Price of the last fill."""
    fillQuoteSz = Amount()
    """Amount of the quote."""
    instId = Text()
    """Instrument, such as BTC-USDT."""
    quoteCcy = Text()
    """Quote currency of the pair."""
    quoteId = Text()
    """Quote to trade against."""
    side = Choice[Literal["buy", "sell"]]()
    """Buy or sell; borrow or repay where that is the question."""
    state = Choice[Literal["fullyFilled", "rejected"]]()
    """How it stands."""
    tradeId = Text()
    """Trade number."""
    ts = Time()
    """Time, Unix milliseconds."""


class ConvertHistoryRow(Record):
    """Row, or part of one, of `convert_history`."""

    __slots__ = ()

    clTReqId = MaybeText()
    """Your own id for the trade."""
    instId = Text()
    """Instrument, such as BTC-USDT."""
    side = Choice[Literal["buy", "sell"]]()
    """Buy or sell; borrow or repay where that is the question."""
    fillPx = Amount()
    """Price of the last fill."""
    baseCcy = Text()
    """Base currency of the pair."""
    quoteCcy = Text()
    """Quote currency of the pair."""
    fillBaseSz = Amount()
    """Amount of the base."""
    state = Choice[Literal["fullyFilled", "rejected"]]()
    """How it stands."""
    tradeId = Text()
    """Trade number."""
    fillQuoteSz = Amount()
    """Amount of the quote."""
    ts = Time()
    """Time, Unix milliseconds."""
