"""Typed rows of flexible loan.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick.client.readers import Amount, Choice, MaybeAmount, MaybeText, Part, Parts, Text, Time, Yearly
from tallystick.client.records import Record


class LoanCurrenciesRow(Record):
    """Row, or part of one, of `loan_currencies`."""

    __slots__ = ()

    borrowCcy = Text()
    """Currency to borrow."""


class LoanAsset(Record):
    """Row, or part of one, of `loan_collateral_assets`."""

    __slots__ = ()

    amt = Amount()
    """Amount."""
    ccy = Text()
    """Currency."""
    notionalUsd = Amount()
    """Value in USD, not discounted."""


class LoanCollateralAssetsRow(Record):
    """Row, or part of one, of `loan_collateral_assets`."""

    __slots__ = ()

    assets = Parts(LoanAsset)
    """One entry per currency."""


class LoanMaxLoanRow(Record):
    """Row, or part of one, of `loan_max_loan`."""

    __slots__ = ()

    borrowCcy = Text()
    """Currency to borrow."""
    maxLoan = Amount()
    """Most that could be borrowed now."""
    notionalUsd = Amount()
    """Value of that in USD."""
    remainingQuota = Amount()
    """What the cap of the currency still allows."""


class LoanMaxRedeemRow(Record):
    """Row, or part of one, of `loan_max_redeem`."""

    __slots__ = ()

    ccy = Text()
    """Currency."""
    maxRedeemAmt = Amount()
    """Most that could be released."""


class LoanBorrowRow(Record):
    """Row, or part of one, of `loan_borrow`."""

    __slots__ = ()

    ordId = Text()
    """Order or loan number."""
    eMode = Choice[Literal["0", "1"]]()
    """Efficiency mode, 1 is on."""
    clOrdId = MaybeText()
    """Your own id for the order."""


class LoanRepayRow(Record):
    """Row, or part of one, of `loan_repay`."""

    __slots__ = ()

    ordId = Text()
    """Order or loan number."""
    ccy = Text()
    """Currency."""
    amt = Amount()
    """Amount."""
    clOrdId = MaybeText()
    """Your own id for the order."""


class LoanAdjustCollateralRow(Record):
    """Row, or part of one, of `loan_adjust_collateral`."""

    __slots__ = ()


class LoanCcyAmount(Record):
    """Row, or part of one, of `loan_info`."""

    __slots__ = ()

    amt = Amount()
    """Amount."""
    ccy = Text()
    """Currency."""


class LoanRiskWarning(Record):
    """Row, or part of one, of `loan_info`."""

    __slots__ = ()

    instId = MaybeText()
    """Instrument, such as BTC-USDT."""
    liqPx = MaybeAmount()
    """Price that would liquidate."""


class LoanInfoRow(Record):
    """Row, or part of one, of `loan_info`."""

    __slots__ = ()

    ordId = MaybeText()
    """Order or loan number."""
    collateralData = Parts(LoanCcyAmount)
    """What is locked for it."""
    collateralNotionalUsd = Amount()
    """Value of the collateral, USD."""
    curLTV = Amount()
    """Loan to value now."""
    liqLTV = Amount()
    """Loan to value that liquidates."""
    loanData = Parts(LoanCcyAmount)
    """What is borrowed."""
    loanNotionalUsd = Amount()
    """Value of the loan, USD."""
    marginCallLTV = Amount()
    """Loan to value that warns."""
    riskWarningData = Part(LoanRiskWarning)
    """Where liquidation would happen."""


class LoanHistoryRow(Record):
    """Row, or part of one, of `loan_history`."""

    __slots__ = ()

    amt = Amount()
    """Amount."""
    ccy = Text()
    """Currency."""
    refId = Text()
    """Number of the record."""
    ts = Time()
    """Time, Unix milliseconds."""
    type = Choice[
        Literal[
            "borrowed",
            "repaid",
            "collateral_locked",
            "collateral_released",
            "forced_repayment_buy",
            "forced_repayment_sell",
            "forced_liquidation",
            "partial_liquidation",
            "sell_collateral",
            "buy_transition_coin",
            "sell_transition_coin",
            "buy_borrowed_coin",
        ]
    ]()
    """Kind."""


class LoanInterestAccruedRow(Record):
    """Row, or part of one, of `loan_interest_accrued`."""

    __slots__ = ()

    ccy = Text()
    """Currency."""
    interest = Amount()
    """Interest of one hour."""
    interestRate = Yearly()
    """Rate a year."""
    loan = Amount()
    """Debt the interest was charged on."""
    refId = Text()
    """Number of the record."""
    ts = Time()
    """The full hour it was charged at, Unix milliseconds."""


class LoanEModeInfoRow(Record):
    """Row, or part of one, of `loan_e_mode_info`."""

    __slots__ = ()

    collateralCcy = Text()
    """Collateral currency."""
    borrowCcy = Text()
    """Currency to borrow."""
