"""Typed rows of account.

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
    MaybeText,
    Parts,
    Text,
    Time,
    Words,
)
from tallystick.client.records import Record


class BalanceDetail(Record):
    """Row, or part of one, of `balance`."""

    __slots__ = ()

    autoLendStatus = Choice[Literal["unsupported", "off", "pending", "active"]]()
    """State of automatic lending."""
    autoLendMtAmt = Amount()
    """Amount lent out."""
    availBal = Amount()
    """Free balance."""
    availEq = MaybeAmount()
    """Equity free to use."""
    borrowFroz = MaybeAmount()
    """Margin taken by possible borrowing, USD."""
    cashBal = Amount()
    """Balance."""
    ccy = Text()
    """Currency."""
    crossLiab = MaybeAmount()
    """Debt in cross margin."""
    colRes = Choice[Literal["0", "1", "2"]]()
    """State of the platform's collateral cap."""
    collateralEnabled = Flag()
    """Counts as collateral."""
    collateralRestrict = Flag()
    """No longer used, see colRes."""
    colBorrAutoConversion = Text()
    """Risk of automatic conversion."""
    disEq = MaybeAmount()
    """Equity in USD after discount."""
    eq = Amount()
    """Equity of the currency."""
    eqUsd = Amount()
    """Equity in USD."""
    smtSyncEq = Amount()
    """Equity in smart sync copying."""
    spotCopyTradingEq = Amount()
    """Equity in spot copy trading."""
    fixedBal = Amount()
    """Locked by dip and peak orders."""
    frozenBal = Amount()
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
    mgnRatio = MaybeAmount()
    """Margin level, empty when nothing is at risk."""
    mmr = MaybeAmount()
    """Maintenance margin."""
    notionalLever = MaybeAmount()
    """Leverage."""
    ordFrozen = Amount()
    """Frozen by open orders."""
    rewardBal = Amount()
    """Trial funds."""
    spotInUseAmt = MaybeAmount()
    """Spot in use as hedge."""
    clSpotInUseAmt = MaybeAmount()
    """Spot in use as hedge, set by you."""
    maxSpotInUse = MaybeAmount()
    """Most spot that can be used as hedge."""
    spotIsoBal = Amount()
    """Balance in isolated spot copying."""
    stgyEq = Amount()
    """Equity in strategies."""
    twap = MaybeChoice[Literal["0", "1", "2", "3", "4", "5"]]()
    """Risk level of a forced repayment, 0 to 5."""
    uTime = Time()
    """Last change, Unix milliseconds."""
    upl = MaybeAmount()
    """Unrealised result."""
    uplLiab = MaybeAmount()
    """Debt from unrealised losses."""
    spotBal = MaybeAmount()
    """Bought by orders and not sold again."""
    openAvgPx = MaybeAmount()
    """Average opening price."""
    accAvgPx = MaybeAmount()
    """Cumulative cost price: buys less sells, per coin that is left."""
    spotUpl = MaybeAmount()
    """Unrealised result on spot, at the average cost."""
    spotUplRatio = MaybeAmount()
    """The same as a ratio."""
    totalPnl = MaybeAmount()
    """Result on spot in all, at the cumulative cost."""
    totalPnlRatio = MaybeAmount()
    """The same as a ratio."""


class BalanceRow(Record):
    """Row, or part of one, of `balance`."""

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
    details = Parts(BalanceDetail)
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
    totalEq = Amount()
    """Equity of all currencies in USD."""
    uTime = Time()
    """Last change, Unix milliseconds."""
    upl = MaybeAmount()
    """Unrealised result."""


class ConfigRow(Record):
    """Row, or part of one, of `config`."""

    __slots__ = ()

    acctLv = Choice[Literal["1", "2", "3", "4"]]()
    """Account mode, 1 is Spot mode."""
    acctStpMode = Choice[Literal["cancel_maker", "cancel_taker", "cancel_both"]]()
    """What gives way when you meet yourself, by default."""
    autoLoan = Flag()
    """Borrows by itself, margin modes only."""
    ctIsoMode = Choice[Literal["automatic", "autonomy"]]()
    """Isolated margin for contracts."""
    enableSpotBorrow = Flag()
    """Borrowing is on in Spot mode."""
    greeksType = Choice[Literal["PA", "BS"]]()
    """How Greeks are shown."""
    feeType = Choice[Literal["0", "1"]]()
    """Currency fees are taken in."""
    ip = MaybeText()
    """Addresses the key may be used from."""
    type = Choice[Literal["0", "1", "2", "5", "9", "12"]]()
    """Kind."""
    kycLv = Choice[Literal["0", "1", "2", "3"]]()
    """Level of identification."""
    label = MaybeText()
    """Note on the key."""
    level = Text()
    """Level of the main account; sets the borrowing quota."""
    levelTmp = MaybeText()
    """Fee tier for a time."""
    liquidationGear = Choice[Literal["3", "-1", "0"]]()
    """Margin level that warns, in multiples."""
    mainUid = Text()
    """User id of the main account."""
    mgnIsoMode = Choice[Literal["auto_transfers_ccy", "automatic", "quick_margin"]]()
    """Isolated margin for spot."""
    opAuth = Choice[Literal["0", "1"]]()
    """Options are open to the account."""
    perm = Text()
    """What the key may do."""
    posMode = Choice[Literal["long_short_mode", "net_mode"]]()
    """How positions are kept."""
    roleType = Choice[Literal["0", "1", "2"]]()
    """Role in contract copying."""
    spotBorrowAutoRepay = Flag()
    """Automatic repayment is on in Spot mode."""
    spotOffsetType = MaybeText()
    """No longer used."""
    spotRoleType = Choice[Literal["0", "1", "2"]]()
    """Role in spot copying."""
    spotTraderInsts = Words()
    """Instruments led in spot copying."""
    stgyType = Choice[Literal["0", "1"]]()
    """Strategy of the account."""
    traderInsts = Words()
    """Instruments led in contract copying."""
    uid = Text()
    """User id."""
    settleCcy = MaybeText()
    """Settlement currency."""
    settleCcyList = Words()
    """Settlement currencies to choose from."""


class SetLeverageRow(Record):
    """Row, or part of one, of `set_leverage`."""

    __slots__ = ()

    lever = Amount()
    """Borrowing leverage."""
    mgnMode = Choice[Literal["cross", "isolated"]]()
    """Margin mode."""
    instId = MaybeText()
    """Instrument, such as BTC-USDT."""
    posSide = MaybeText()
    """Position side; spot orders leave it out."""


class LeverageInfoRow(Record):
    """Row, or part of one, of `leverage_info`."""

    __slots__ = ()

    ccy = MaybeText()
    """Currency."""
    instId = MaybeText()
    """Instrument, such as BTC-USDT."""
    mgnMode = Choice[Literal["cross", "isolated"]]()
    """Margin mode."""
    posSide = MaybeText()
    """Position side; spot orders leave it out."""
    lever = Amount()
    """Borrowing leverage."""
