"""Typed rows of candles.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick.client.readers import Amount, Choice, Time
from tallystick.client.records import Record


class CandlesRow(Record):
    """Row, or part of one, of `candles`, `history_candles`, `channel candle1s` and others."""

    __slots__ = ()
    places = (
        "ts",
        "o",
        "h",
        "l",
        "c",
        "vol",
        "volCcy",
        "volCcyQuote",
        "confirm",
    )

    ts = Time()
    """Time, Unix milliseconds."""
    o = Amount()
    """Open."""
    h = Amount()
    """High."""
    l = Amount()  # noqa: E741
    """Low."""
    c = Amount()
    """Close."""
    vol = Amount()
    """Volume in base."""
    volCcy = Amount()
    """Volume in quote."""
    volCcyQuote = Amount()
    """Volume in quote."""
    confirm = Choice[Literal["0", "1"]]()
    """1 when the candle is closed."""


class IndexCandlesRow(Record):
    """Row, or part of one, of `index_candles`, `history_index_candles`, `mark_price_candles` and others."""

    __slots__ = ()
    places = (
        "ts",
        "o",
        "h",
        "l",
        "c",
        "confirm",
    )

    ts = Time()
    """Time, Unix milliseconds."""
    o = Amount()
    """Open."""
    h = Amount()
    """High."""
    l = Amount()  # noqa: E741
    """Low."""
    c = Amount()
    """Close."""
    confirm = Choice[Literal["0", "1"]]()
    """1 when the candle is closed."""
