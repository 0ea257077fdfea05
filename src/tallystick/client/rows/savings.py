"""Typed rows of savings.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from tallystick.client.readers import MaybeAmount, MaybeYearly, Text, Time, Yearly
from tallystick.client.records import Record


class LendingRateSummaryRow(Record):
    """Row, or part of one, of `lending_rate_summary`."""

    __slots__ = ()

    ccy = Text()
    """Currency."""
    avgAmt = MaybeAmount()
    """No longer filled."""
    avgAmtUsd = MaybeAmount()
    """No longer filled."""
    avgRate = Yearly()
    """Mean borrowing rate a year of the last 24 hours."""
    preRate = Yearly()
    """Borrowing rate a year of the running hour."""
    estRate = Yearly()
    """Borrowing rate a year the next hour would have now."""


class LendingRateHistoryRow(Record):
    """Row, or part of one, of `lending_rate_history`."""

    __slots__ = ()

    ccy = Text()
    """Currency."""
    amt = MaybeAmount()
    """Amount."""
    rate = Yearly()
    """Borrowing rate a year."""
    lendingRate = MaybeYearly()
    """What lenders earn of it a year."""
    ts = Time()
    """The full hour it begins with, Unix milliseconds."""
