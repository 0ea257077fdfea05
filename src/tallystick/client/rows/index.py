"""Typed rows of index.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from tallystick.client.readers import Amount, Parts, Text, Time
from tallystick.client.records import Record


class IndexTickersRow(Record):
    """Row, or part of one, of `index_tickers`, `channel index-tickers`."""

    __slots__ = ()

    instId = Text()
    """Instrument, such as BTC-USDT."""
    idxPx = Amount()
    """Index."""
    high24h = Amount()
    """Highest in 24 hours."""
    sodUtc0 = Amount()
    """Price at the start of the UTC day."""
    open24h = Amount()
    """Price 24 hours ago."""
    low24h = Amount()
    """Lowest in 24 hours."""
    sodUtc8 = Amount()
    """Price at the start of the UTC+8 day."""
    ts = Time()
    """Time, Unix milliseconds."""


class IndexComponent(Record):
    """Row, or part of one, of `index_components`."""

    __slots__ = ()

    symbol = Text()
    """Pair of the component."""
    symPx = Amount()
    """Price of the component."""
    wgt = Amount()
    """Weight of the component."""
    cnvPx = Amount()
    """Its price in the index's quote."""
    exch = Text()
    """Where the price is from."""


class IndexComponentsRow(Record):
    """Row, or part of one, of `index_components`."""

    __slots__ = ()

    components = Parts(IndexComponent)
    """What it is made of."""
    last = Amount()
    """Last price."""
    index = Text()
    """Index, named like the pair."""
    ts = Time()
    """Time, Unix milliseconds."""


class ExchangeRateRow(Record):
    """Row, or part of one, of `exchange_rate`."""

    __slots__ = ()

    usdCny = Amount()
    """Yuan for a dollar."""
