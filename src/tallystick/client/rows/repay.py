"""Typed rows of repay.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick.client.readers import Amount, Choice, Parts, Text, Time, Words
from tallystick.client.records import Record


class DebtItem(Record):
    """Row, or part of one, of `one_click_repay_currency_list_v2`."""

    __slots__ = ()

    debtAmt = Amount()
    """Amount owed, interest included."""
    debtCcy = Text()
    """Currency owed."""


class RepayItem(Record):
    """Row, or part of one, of `one_click_repay_currency_list_v2`."""

    __slots__ = ()

    repayAmt = Amount()
    """Amount that can be used."""
    repayCcy = Text()
    """Currency that can be used."""


class OneClickRepayCurrencyListV2Row(Record):
    """Row, or part of one, of `one_click_repay_currency_list_v2`."""

    __slots__ = ()

    debtData = Parts(DebtItem)
    """What is owed."""
    repayData = Parts(RepayItem)
    """What it can be paid with."""


class OneClickRepayV2Row(Record):
    """Row, or part of one, of `one_click_repay_v2`."""

    __slots__ = ()

    debtCcy = Text()
    """Currency owed."""
    repayCcyList = Words()
    """Currencies to pay with, in order."""
    ts = Time()
    """Time, Unix milliseconds."""


class RepayOrder(Record):
    """Row, or part of one, of `one_click_repay_history_v2`."""

    __slots__ = ()

    cTime = Time()
    """When it was made, Unix milliseconds."""
    fillPx = Amount()
    """Price of the last fill."""
    fillSz = Amount()
    """Size of the last fill."""
    instId = Text()
    """Instrument, such as BTC-USDT."""
    ordId = Text()
    """Order or loan number."""
    ordType = Choice[Literal["ioc"]]()
    """Order type."""
    px = Amount()
    """Price."""
    side = Choice[Literal["buy", "sell"]]()
    """Buy or sell; borrow or repay where that is the question."""
    state = Choice[Literal["filled", "canceled"]]()
    """How it stands."""
    sz = Amount()
    """Size."""


class OneClickRepayHistoryV2Row(Record):
    """Row, or part of one, of `one_click_repay_history_v2`."""

    __slots__ = ()

    debtCcy = Text()
    """Currency owed."""
    fillDebtSz = Amount()
    """Amount of the owed currency obtained."""
    ordIdInfo = Parts(RepayOrder)
    """Orders made on the way, newest first."""
    repayCcyList = Words()
    """Currencies to pay with, in order."""
    status = Choice[Literal["running", "filled", "failed"]]()
    """How the repay stands."""
    ts = Time()
    """Time, Unix milliseconds."""
