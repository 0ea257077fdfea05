"""Typed rows of easy convert.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick.client.readers import Amount, Choice, Parts, Text, Time, Words
from tallystick.client.records import Record


class EasyConvertItem(Record):
    """Row, or part of one, of `easy_convert_currency_list`."""

    __slots__ = ()

    fromAmt = Amount()
    """Amount that could be given."""
    fromCcy = Text()
    """Currency to give."""


class EasyConvertCurrencyListRow(Record):
    """Row, or part of one, of `easy_convert_currency_list`."""

    __slots__ = ()

    fromData = Parts(EasyConvertItem)
    """Small balances."""
    toCcy = Words()
    """Currencies to choose from."""


class EasyConvertRow(Record):
    """Row, or part of one, of `easy_convert`."""

    __slots__ = ()

    fillFromSz = Amount()
    """Amount given."""
    fillToSz = Amount()
    """Amount got."""
    fromCcy = Text()
    """Currency to give."""
    status = Choice[Literal["running", "filled", "failed"]]()
    """How the convert stands."""
    toCcy = Text()
    """Currency to get."""
    uTime = Time()
    """Last change, Unix milliseconds."""


class EasyConvertHistoryRow(Record):
    """Row, or part of one, of `easy_convert_history`."""

    __slots__ = ()

    fillFromSz = Amount()
    """Amount given."""
    fillToSz = Amount()
    """Amount got."""
    fromCcy = Text()
    """Currency to give."""
    status = Choice[Literal["running", "filled", "failed"]]()
    """How the convert stands."""
    toCcy = Text()
    """Currency to get."""
    acct = Choice[Literal["6", "18"]]()
    """Account it is in, 6 funding or 18 trading."""
    uTime = Time()
    """Last change, Unix milliseconds."""
