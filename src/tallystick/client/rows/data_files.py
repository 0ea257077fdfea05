"""Typed rows of data files.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick.client.readers import Amount, Choice, MaybeText, Parts, Text, Time
from tallystick.client.records import Record


class DataFile(Record):
    """Row, or part of one, of `market_data_history`."""

    __slots__ = ()

    dateTs = Time()
    """Its day, Unix milliseconds."""
    filename = Text()
    """Name of the file."""
    sizeMB = Amount()
    """Size in MB."""
    url = Text()
    """Where to download it."""


class DataGroup(Record):
    """Row, or part of one, of `market_data_history`."""

    __slots__ = ()

    dateRangeEnd = Time()
    """Last day there is, Unix milliseconds."""
    dateRangeStart = Time()
    """First day there is, Unix milliseconds."""
    groupDetails = Parts(DataFile)
    """Files of it."""
    groupSizeMB = Amount()
    """Size of the group in MB."""
    instFamily = Text()
    """Family, derivatives only."""
    instId = MaybeText()
    """Instrument, such as BTC-USDT."""
    instType = Text()
    """Kind of instrument."""


class MarketDataHistoryRow(Record):
    """Row, or part of one, of `market_data_history`."""

    __slots__ = ()

    dateAggrType = Choice[Literal["daily", "monthly"]]()
    """Files by day or by month."""
    details = Parts(DataGroup)
    """Files of it."""
    totalSizeMB = Amount()
    """Size of all in MB."""
    ts = Time()
    """Time, Unix milliseconds."""
