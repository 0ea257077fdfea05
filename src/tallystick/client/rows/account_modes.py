"""Typed rows of account modes.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

from typing import Literal

from tallystick.client.readers import (
    Amount,
    Choice,
    Flag,
    MaybeAmount,
    MaybePart,
    MaybeText,
    Parts,
    Text,
    Time,
    Words,
    Yearly,
)
from tallystick.client.records import Record


class SetAccountLevelRow(Record):
    """Row, or part of one, of `set_account_level`."""

    __slots__ = ()

    acctLv = Choice[Literal["1", "2", "3", "4"]]()
    """Account mode, 1 is Spot mode."""


class SwitchPresetRow(Record):
    """Row, or part of one, of `switch_preset`."""

    __slots__ = ()

    acctLv = Choice[Literal["1", "2", "3", "4"]]()
    """Account mode, 1 is Spot mode."""
    curAcctLv = Choice[Literal["1", "2", "3", "4"]]()
    """Account mode now."""
    lever = MaybeAmount()
    """Highest leverage."""
    riskOffsetType = MaybeText()
    """No longer filled."""


class SwitchMarginDetail(Record):
    """Row, or part of one, of `switch_precheck`."""

    __slots__ = ()

    availEq = Amount()
    """Equity free to use."""
    ccy = Text()
    """Currency."""
    mgnRatio = Amount()
    """Margin level, empty when nothing is at risk."""


class SwitchMargin(Record):
    """Row, or part of one, of `switch_precheck`."""

    __slots__ = ()

    acctAvailEq = MaybeAmount()
    """Equity free to use, USD."""
    details = Parts(SwitchMarginDetail)
    """One entry per currency."""
    mgnRatio = MaybeAmount()
    """Margin level, empty when nothing is at risk."""


class SwitchPosition(Record):
    """Row, or part of one, of `switch_precheck`."""

    __slots__ = ()

    lever = Amount()
    """Highest leverage."""
    posId = Text()
    """Position number."""


class SwitchTier(Record):
    """Row, or part of one, of `switch_precheck`."""

    __slots__ = ()

    instFamily = Text()
    """Family, derivatives only."""
    instType = Text()
    """Kind of instrument."""
    lever = Amount()
    """Highest leverage."""
    maxSz = Amount()
    """Largest position."""
    pos = Amount()
    """Size of the position."""


class Unmatched(Record):
    """Row, or part of one, of `switch_precheck`."""

    __slots__ = ()

    posList = Words()
    """Positions in the way."""
    totalAsset = MaybeAmount()
    """All assets."""
    type = Text()
    """What stands in the way."""


class SwitchPrecheckRow(Record):
    """Row, or part of one, of `switch_precheck`."""

    __slots__ = ()

    acctLv = Choice[Literal["1", "2", "3", "4"]]()
    """Account mode, 1 is Spot mode."""
    curAcctLv = Choice[Literal["1", "2", "3", "4"]]()
    """Account mode now."""
    mgnAft = MaybePart(SwitchMargin)
    """Margin after the switch."""
    mgnBf = MaybePart(SwitchMargin)
    """Margin before the switch."""
    posList = Parts(SwitchPosition)
    """Positions and their leverage."""
    posTierCheck = Parts(SwitchTier)
    """Positions beyond their tier."""
    riskOffsetType = MaybeText()
    """No longer filled."""
    sCode = Choice[Literal["0", "1", "3", "4"]]()
    """The verdict, 0 passes."""
    unmatchedInfoCheck = Parts(Unmatched)
    """What stands in the way."""


class SetPositionModeRow(Record):
    """Row, or part of one, of `set_position_mode`."""

    __slots__ = ()

    posMode = Choice[Literal["long_short_mode", "net_mode"]]()
    """How positions are kept."""


class SetIsolatedModeRow(Record):
    """Row, or part of one, of `set_isolated_mode`."""

    __slots__ = ()

    isoMode = Text()
    """How isolated margin is moved."""


class SetSettleCcyRow(Record):
    """Row, or part of one, of `set_settle_ccy`."""

    __slots__ = ()

    settleCcy = Text()
    """Settlement currency."""


class SetFeeTypeRow(Record):
    """Row, or part of one, of `set_fee_type`."""

    __slots__ = ()

    feeType = Choice[Literal["0", "1"]]()
    """Currency fees are taken in."""


class SetTradingConfigRow(Record):
    """Row, or part of one, of `set_trading_config`."""

    __slots__ = ()

    type = Choice[Literal["stgyType"]]()
    """Which setting."""
    stgyType = Choice[Literal["0", "1"]]()
    """Strategy of the account."""


class SetAutoEarnRow(Record):
    """Row, or part of one, of `set_auto_earn`."""

    __slots__ = ()

    earnType = Choice[Literal["0", "1"]]()
    """Kind of earning."""
    ccy = Text()
    """Currency."""
    action = Choice[Literal["turn_on", "turn_off"]]()
    """On or off."""
    apr = Yearly()
    """No longer filled."""


class SetAutoLoanRow(Record):
    """Row, or part of one, of `set_auto_loan`."""

    __slots__ = ()

    autoLoan = Flag()
    """Borrows by itself, margin modes only."""


class SetCollateralAssetsRow(Record):
    """Row, or part of one, of `set_collateral_assets`."""

    __slots__ = ()

    type = Choice[Literal["all", "custom"]]()
    """All coins, or those listed."""
    ccyList = Words()
    """Currencies."""
    collateralEnabled = Flag()
    """Counts as collateral."""


class CollateralAssetsRow(Record):
    """Row, or part of one, of `collateral_assets`."""

    __slots__ = ()

    ccy = Text()
    """Currency."""
    collateralEnabled = Flag()
    """Counts as collateral."""


class RiskStateRow(Record):
    """Row, or part of one, of `risk_state`."""

    __slots__ = ()

    atRisk = Flag()
    """Whether the account is at risk."""
    atRiskIdx = Words()
    """Derivatives at risk."""
    atRiskMgn = Words()
    """Margin at risk."""
    ts = Time()
    """Time, Unix milliseconds."""
