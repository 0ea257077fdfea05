"""Typed rows of borrow.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick.client.readers import (
    Amount,
    Choice,
    Daily,
    Flag,
    Hourly,
    MaybeAmount,
    MaybeChoice,
    MaybeText,
    Part,
    Parts,
    Text,
    Time,
)
from tallystick.client.records import Record


class SetAutoRepayRow(Record):
    """Row, or part of one, of `set_auto_repay`."""

    __slots__ = ()

    autoRepay = Flag()
    """Repay by itself."""


class SpotManualBorrowRepayRow(Record):
    """Row, or part of one, of `spot_manual_borrow_repay`."""

    __slots__ = ()

    ccy = Text()
    """Currency."""
    side = Choice[Literal["borrow", "repay"]]()
    """Buy or sell; borrow or repay where that is the question."""
    amt = Amount()
    """Amount."""


class SpotBorrowRepayHistoryRow(Record):
    """Row, or part of one, of `spot_borrow_repay_history`."""

    __slots__ = ()

    accBorrowed = Amount()
    """Debt after it."""
    amt = Amount()
    """Amount."""
    ccy = Text()
    """Currency."""
    ts = Time()
    """Time, Unix milliseconds."""
    type = Choice[Literal["auto_borrow", "auto_repay", "manual_borrow", "manual_repay"]]()
    """Kind."""


class InterestAccruedRow(Record):
    """Row, or part of one, of `interest_accrued`."""

    __slots__ = ()

    ccy = Text()
    """Currency."""
    instId = MaybeText()
    """Instrument, such as BTC-USDT."""
    interest = Amount()
    """Interest of one hour."""
    interestRate = Hourly()
    """Rate an hour."""
    liab = Amount()
    """Debt that bears interest."""
    totalLiab = MaybeAmount()
    """Debt of the currency in all."""
    interestFreeLiab = MaybeAmount()
    """Part of the debt that costs nothing."""
    mgnMode = MaybeChoice[Literal["cross", "isolated"]]()
    """Margin mode."""
    ts = Time()
    """The full hour it was charged at, Unix milliseconds."""
    type = Choice[Literal["1", "2"]]()
    """Kind."""


class InterestRateRow(Record):
    """Row, or part of one, of `interest_rate`."""

    __slots__ = ()

    ccy = Text()
    """Currency."""
    interestRate = Hourly()
    """Rate an hour."""


class SurplusLimitDetails(Record):
    """Row, or part of one, of `interest_limits`."""

    __slots__ = ()


class InterestLimitsRecord(Record):
    """Row, or part of one, of `interest_limits`."""

    __slots__ = ()

    availLoan = MaybeAmount()
    """No longer filled."""
    avgRate = MaybeAmount()
    """No longer filled."""
    ccy = Text()
    """Currency."""
    interest = Amount()
    """Interest accrued and not yet added to the debt."""
    loanQuota = Amount()
    """Most that may be borrowed."""
    posLoan = MaybeAmount()
    """No longer filled."""
    rate = Daily()
    """Rate a day."""
    surplusLmt = Amount()
    """What is left of it."""
    surplusLmtDetails = Part(SurplusLimitDetails)
    """No longer filled."""
    usedLmt = Amount()
    """What is used of it."""
    usedLoan = MaybeAmount()
    """No longer filled."""
    interestFreeLiab = MaybeAmount()
    """Part of the debt that costs nothing."""
    potentialBorrowingAmt = MaybeAmount()
    """What open orders may yet borrow."""


class InterestLimitsRow(Record):
    """Row, or part of one, of `interest_limits`."""

    __slots__ = ()

    debt = Amount()
    """Debts of the account, USD."""
    interest = Amount()
    """Interest accrued and not yet added to the debt."""
    loanAlloc = MaybeAmount()
    """Share of the quota given to a sub-account, empty when shared."""
    nextDiscountTime = Time()
    """When interest next joins the debt."""
    nextInterestTime = Time()
    """When interest is next charged."""
    records = Parts(InterestLimitsRecord)
    """One entry per currency."""


class MaxLoanRow(Record):
    """Row, or part of one, of `max_loan`."""

    __slots__ = ()

    instId = MaybeText()
    """Instrument, such as BTC-USDT."""
    mgnMode = Choice[Literal["cross", "isolated"]]()
    """Margin mode."""
    mgnCcy = MaybeText()
    """Margin currency, margin modes only."""
    maxLoan = Amount()
    """Most that could still be borrowed."""
    ccy = Text()
    """Currency."""
    side = MaybeChoice[Literal["buy", "sell"]]()
    """Side of the order that would borrow it, empty by hand."""
