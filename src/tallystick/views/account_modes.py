"""Account modes: every account is in Spot mode, and settings of other modes are refused (decisions/027)."""

from __future__ import annotations

from typing import Final, NoReturn

from tallystick.contract import account_modes as contract
from tallystick.engine import ledger, open_orders
from tallystick.engine.state import State
from tallystick.views.core import Caller, QueryView, Refusal, View

SPOT: Final = "1"
NO_MARGIN = contract.SwitchMargin(acctAvailEq="", details=(), mgnRatio="")
"""The margin of Spot mode, empty: the figures belong to modes 3 and 4, the details to mode 2 (documented)."""


def set_account_level(
    state: State, request: contract.SetAccountLevel, caller: Caller
) -> tuple[contract.SetAccountLevelRow]:
    """Set the account mode. Spot mode may be chosen again; no account can enter the others (51070)."""
    if request.acctLv != SPOT:
        raise Refusal("51070")
    return (contract.SetAccountLevelRow(acctLv=request.acctLv),)


def switch_precheck(
    state: State, request: contract.SwitchPrecheck, caller: Caller
) -> tuple[contract.SwitchPrecheckRow]:
    """Check a change of mode. The current mode passes; open orders and debts block another one; 51070 without them.

    `mgnBf` and `mgnAft` are null where something stands in the way (documented: all but sCode 0 and 4).
    """
    unmatched = []
    if request.acctLv != SPOT:
        if open_orders.of(state).of_user(caller.user_id):
            unmatched.append(contract.Unmatched(type="pending_orders"))
        if ledger.debts(state, caller.user_id):
            unmatched.append(contract.Unmatched(type="repay_borrowings"))
        if not unmatched:
            raise Refusal("51070")
    margin = None if unmatched else NO_MARGIN
    return (
        contract.SwitchPrecheckRow(
            acctLv=request.acctLv,
            curAcctLv=SPOT,
            mgnAft=margin,
            mgnBf=margin,
            sCode="1" if unmatched else "0",
            unmatchedInfoCheck=tuple(unmatched),
        ),
    )


def set_isolated_mode(
    state: State, request: contract.SetIsolatedMode, caller: Caller
) -> tuple[contract.SetIsolatedModeRow]:
    """Set the isolated margin mode. Only `automatic`, as `config` shows it; no isolated margin exists (51010)."""
    if request.isoMode != "automatic":
        raise Refusal("51010")
    return (contract.SetIsolatedModeRow(isoMode=request.isoMode),)


def set_settle_ccy(state: State, request: contract.SetSettleCcy, caller: Caller) -> NoReturn:
    """Set the settlement currency: refused, no contract exists here (59686). Rejects: UNKNOWN_CCY."""
    ledger.require_ccy(state, request.settleCcy)
    raise Refusal("59686")


def set_fee_type(state: State, request: contract.SetFeeType, caller: Caller) -> tuple[contract.SetFeeTypeRow]:
    """Set the fee currency. Fees are taken in the coin received; the quote currency is refused (59679)."""
    if request.feeType != "0":
        raise Refusal("59679")
    return (contract.SetFeeTypeRow(feeType=request.feeType),)


def set_trading_config(
    state: State, request: contract.SetTradingConfig, caller: Caller
) -> tuple[contract.SetTradingConfigRow]:
    """Set the strategy. Spot mode has the general one; delta neutral is refused (59520)."""
    if request.stgyType != "0":
        raise Refusal("59520")
    return (contract.SetTradingConfigRow(type=request.type, stgyType=request.stgyType),)


def set_auto_earn(state: State, request: contract.SetAutoEarn, caller: Caller) -> NoReturn:
    """Set auto earn: refused, no coin has it here (59671). Rejects: UNKNOWN_CCY."""
    ledger.require_ccy(state, request.ccy)
    raise Refusal("59671", ccy=request.ccy)


def collateral_assets(
    state: State, request: contract.CollateralAssets, caller: Caller
) -> tuple[contract.CollateralAssetsRow, ...]:
    """Currencies, all or those asked for, with their use as collateral on or off. Rejects: UNKNOWN_CCY."""
    for ccy in request.ccy:
        ledger.require_ccy(state, ccy)
    return tuple(
        contract.CollateralAssetsRow(ccy=currency.ccy, collateralEnabled=currency.collateral)
        for currency in state.parameters.currencies.values()
        if (not request.ccy or currency.ccy in request.ccy) and request.collateralEnabled in (None, currency.collateral)
    )


VIEWS: dict[str, View] = {
    "set_account_level": QueryView(contract.SetAccountLevel, set_account_level),
    "switch_precheck": QueryView(contract.SwitchPrecheck, switch_precheck),
    "set_isolated_mode": QueryView(contract.SetIsolatedMode, set_isolated_mode),
    "set_settle_ccy": QueryView(contract.SetSettleCcy, set_settle_ccy),
    "set_fee_type": QueryView(contract.SetFeeType, set_fee_type),
    "set_trading_config": QueryView(contract.SetTradingConfig, set_trading_config),
    "set_auto_earn": QueryView(contract.SetAutoEarn, set_auto_earn),
    "collateral_assets": QueryView(contract.CollateralAssets, collateral_assets),
}
