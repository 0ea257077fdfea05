"""Typed rows of subaccounts.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick.client.readers import (
    Amount,
    Choice,
    Flag,
    MaybeAmount,
    MaybeChoice,
    MaybeFlag,
    MaybeText,
    MaybeTime,
    Parts,
    Text,
    Time,
    Words,
)
from tallystick.client.records import Record


class SubaccountListRow(Record):
    """Row, or part of one, of `subaccount_list`."""

    __slots__ = ()

    canTransOut = Flag()
    """May move funds to other sub-accounts by itself."""
    enable = Flag()
    """Not frozen."""
    frozenFunc = Words()
    """What it is barred from."""
    gAuth = Flag()
    """Logs in with an authenticator."""
    label = MaybeText()
    """Note on the sub-account."""
    mobile = MaybeText()
    """Phone number."""
    subAcct = Text()
    """Name of the sub-account."""
    ts = Time()
    """When it was made, Unix milliseconds."""
    type = Choice[Literal["1", "2", "5", "9", "12"]]()
    """1 is a standard sub-account."""
    uid = Text()
    """User id."""
    subAcctLv = Choice[Literal["1", "2"]]()
    """Level in the tree of sub-accounts."""
    firstLvSubAcct = Text()
    """Sub-account of the first level it belongs to."""
    ifDma = Flag()
    """Is a broker's sub-account."""


class SubaccountApikeyRow(Record):
    """Row, or part of one, of `subaccount_apikey`."""

    __slots__ = ()

    label = MaybeText()
    """Note on the key."""
    apiKey = Text()
    """The key's public part."""
    perm = Text()
    """What the key may do."""
    ip = MaybeText()
    """Addresses the key may be used from."""
    ts = Time()
    """When the key was made, Unix milliseconds."""


class SubaccountBalanceDetail(Record):
    """Row, or part of one, of `subaccount_balance`."""

    __slots__ = ()

    autoLendStatus = MaybeChoice[Literal["unsupported", "off", "pending", "active"]]()
    """State of automatic lending."""
    autoLendMtAmt = MaybeAmount()
    """Amount lent out."""
    accAvgPx = MaybeAmount()
    """Cumulative cost price: buys less sells, per coin that is left."""
    availBal = MaybeAmount()
    """Free balance."""
    availEq = MaybeAmount()
    """Equity free to use."""
    borrowFroz = MaybeAmount()
    """Margin taken by possible borrowing, USD."""
    cashBal = MaybeAmount()
    """Balance."""
    ccy = MaybeText()
    """Currency."""
    clSpotInUseAmt = MaybeAmount()
    """Spot in use as hedge, set by you."""
    crossLiab = MaybeAmount()
    """Debt in cross margin."""
    colRes = MaybeChoice[Literal["0", "1", "2"]]()
    """State of the platform's collateral cap."""
    collateralEnabled = MaybeFlag()
    """Counts as collateral."""
    collateralRestrict = MaybeFlag()
    """No longer used, see colRes."""
    colBorrAutoConversion = MaybeText()
    """Risk of automatic conversion."""
    disEq = MaybeAmount()
    """Equity in USD after discount."""
    eq = MaybeAmount()
    """Equity of the currency."""
    eqUsd = MaybeAmount()
    """Equity in USD."""
    fixedBal = MaybeAmount()
    """Locked by dip and peak orders."""
    frozenBal = MaybeAmount()
    """Frozen balance."""
    frpType = MaybeChoice[Literal["0", "1", "2"]]()
    """What a forced repayment would be based on."""
    imr = MaybeAmount()
    """Initial margin."""
    interest = MaybeAmount()
    """Interest accrued and not yet added to the debt."""
    isoEq = MaybeAmount()
    """Equity in isolated margin."""
    isoLiab = MaybeAmount()
    """Debt in isolated margin."""
    isoUpl = MaybeAmount()
    """Unrealised result in isolated margin."""
    liab = MaybeAmount()
    """Debt, a positive number."""
    maxLoan = MaybeAmount()
    """Most that could still be borrowed."""
    maxSpotInUse = MaybeAmount()
    """Most spot that can be used as hedge."""
    mgnRatio = MaybeAmount()
    """Margin level, empty when nothing is at risk."""
    mmr = MaybeAmount()
    """Maintenance margin."""
    notionalLever = MaybeAmount()
    """Leverage."""
    openAvgPx = MaybeAmount()
    """Average opening price."""
    ordFrozen = MaybeAmount()
    """Frozen by open orders."""
    rewardBal = MaybeAmount()
    """Trial funds."""
    smtSyncEq = MaybeAmount()
    """Equity in smart sync copying."""
    spotBal = MaybeAmount()
    """Bought by orders and not sold again."""
    spotCopyTradingEq = MaybeAmount()
    """Equity in spot copy trading."""
    spotInUseAmt = MaybeAmount()
    """Spot in use as hedge."""
    spotIsoBal = MaybeAmount()
    """Balance in isolated spot copying."""
    spotUpl = MaybeAmount()
    """Unrealised result on spot, at the average cost."""
    spotUplRatio = MaybeAmount()
    """The same as a ratio."""
    stgyEq = MaybeAmount()
    """Equity in strategies."""
    totalPnl = MaybeAmount()
    """Result on spot in all, at the cumulative cost."""
    totalPnlRatio = MaybeAmount()
    """The same as a ratio."""
    twap = MaybeChoice[Literal["0", "1", "2", "3", "4", "5"]]()
    """Risk level of a forced repayment, 0 to 5."""
    uTime = MaybeTime()
    """Last change, Unix milliseconds."""
    upl = MaybeAmount()
    """Unrealised result."""
    uplLiab = MaybeAmount()
    """Debt from unrealised losses."""


class SubaccountBalanceRow(Record):
    """Row, or part of one, of `subaccount_balance`."""

    __slots__ = ()

    adjEq = MaybeAmount()
    """Equity in USD, discounted, less losses and fees of open orders."""
    availEq = MaybeAmount()
    """Equity free to use."""
    borrowFroz = MaybeAmount()
    """Margin taken by possible borrowing, USD."""
    delta = MaybeAmount()
    """Delta in USD."""
    deltaLever = MaybeAmount()
    """Delta over equity."""
    deltaNeutralStatus = MaybeChoice[Literal["0", "1", "2"]]()
    """State of the delta neutral strategy."""
    details = Parts(SubaccountBalanceDetail)
    """One entry per currency."""
    imr = MaybeAmount()
    """Initial margin."""
    isoEq = MaybeAmount()
    """Equity in isolated margin."""
    mgnRatio = MaybeAmount()
    """Margin level, empty when nothing is at risk."""
    mmr = MaybeAmount()
    """Maintenance margin."""
    notionalUsd = MaybeAmount()
    """Value at risk in USD."""
    notionalUsdForBorrow = MaybeAmount()
    """Value of the debts in USD."""
    notionalUsdForFutures = MaybeAmount()
    """Value of futures in USD."""
    notionalUsdForOption = MaybeAmount()
    """Value of options in USD."""
    notionalUsdForSwap = MaybeAmount()
    """Value of perpetuals in USD."""
    ordFroz = MaybeAmount()
    """Margin frozen by open orders, USD."""
    totalEq = MaybeAmount()
    """Equity of all currencies in USD."""
    uTime = MaybeTime()
    """Last change, Unix milliseconds."""
    upl = MaybeAmount()
    """Unrealised result."""


class SubaccountBillsRow(Record):
    """Row, or part of one, of `subaccount_bills`."""

    __slots__ = ()

    amt = Amount()
    """Amount."""
    billId = Text()
    """Bill number; begins with the time."""
    ccy = Text()
    """Currency."""
    subAcct = Text()
    """Name of the sub-account."""
    ts = Time()
    """Time, Unix milliseconds."""
    type = Choice[Literal["0", "1"]]()
    """0: from the main account, 1: to the main account."""


class SubaccountTransferRow(Record):
    """Row, or part of one, of `subaccount_transfer`."""

    __slots__ = ()

    transId = Text()
    """Transfer number."""


class SetTransferOutRow(Record):
    """Row, or part of one, of `set_transfer_out`."""

    __slots__ = ()

    subAcct = Text()
    """Name of the sub-account."""
    canTransOut = Flag()
    """May move funds to other sub-accounts by itself."""
