"""Settings of the account: Spot mode is what it is in, and what belongs to other modes is refused (decisions/027)."""

from __future__ import annotations

from typing import Final, NoReturn

from tallystick.contract import account_modes as contract
from tallystick.engine import ledger, open_orders
from tallystick.engine.state import State
from tallystick.views.core import Caller, QueryView, Refusal, View

SPOT: Final = "1"
NO_MARGIN = contract.SwitchMargin(acctAvailEq="", details=(), mgnRatio="")
"""The margin of Spot mode before and after: its figures are of modes 3 and 4, its details of mode 2 (documented)."""


def set_account_level(
    state: State, request: contract.SetAccountLevel, caller: Caller
) -> tuple[contract.SetAccountLevelRow]:
    """Spot mode may be chosen again; the others are not open to any account here (51070)."""
    if request.acctLv != SPOT:
        raise Refusal("51070")
    return (contract.SetAccountLevelRow(acctLv=request.acctLv),)


def switch_precheck(
    state: State, request: contract.SwitchPrecheck, caller: Caller
) -> tuple[contract.SwitchPrecheckRow]:
    """The mode one is in passes. Before another one stand open orders and debts; without them it is 51070.

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
    """What `config` shows may be chosen again; there is no isolated margin to set otherwise (51010)."""
    if request.isoMode != "automatic":
        raise Refusal("51010")
    return (contract.SetIsolatedModeRow(isoMode=request.isoMode),)


def set_settle_ccy(state: State, request: contract.SetSettleCcy, caller: Caller) -> NoReturn:
    """No contract settles in anything here (59686). Rejects: UNKNOWN_CCY."""
    ledger.require_ccy(state, request.settleCcy)
    raise Refusal("59686")


def set_fee_type(state: State, request: contract.SetFeeType, caller: Caller) -> tuple[contract.SetFeeTypeRow]:
    """Fees are taken in the coin received; the quote currency is not offered (59679)."""
    if request.feeType != "0":
        raise Refusal("59679")
    return (contract.SetFeeTypeRow(feeType=request.feeType),)


def set_trading_config(
    state: State, request: contract.SetTradingConfig, caller: Caller
) -> tuple[contract.SetTradingConfigRow]:
    """The general strategy is what Spot mode has; delta neutral is 59520."""
    if request.stgyType != "0":
        raise Refusal("59520")
    return (contract.SetTradingConfigRow(type=request.type, stgyType=request.stgyType),)


def set_auto_earn(state: State, request: contract.SetAutoEarn, caller: Caller) -> NoReturn:
    """No coin earns by itself here (59671). Rejects: UNKNOWN_CCY."""
    ledger.require_ccy(state, request.ccy)
    raise Refusal("59671", ccy=request.ccy)


def collateral_assets(
    state: State, request: contract.CollateralAssets, caller: Caller
) -> tuple[contract.CollateralAssetsRow, ...]:
    """Every currency, or those asked for: whether it counts for anybody. Rejects: UNKNOWN_CCY."""
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
