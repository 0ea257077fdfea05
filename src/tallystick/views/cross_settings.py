"""Settings of multi-currency and portfolio margin: auto-loan, and which coins count as collateral."""

from __future__ import annotations

from collections.abc import Sequence

from tallystick.contract import account_modes as contract
from tallystick.contract.core import Nothing
from tallystick.engine import cross_settings, ledger
from tallystick.engine.core import Stamp
from tallystick.engine.cross_settings import ChooseCollateral, SetAutoLoan
from tallystick.engine.events import Event
from tallystick.engine.state import State
from tallystick.views.core import Caller, CommandView, QueryView, Refusal, View


def auto_loan_command(request: contract.SetAutoLoan, caller: Caller, state: State) -> SetAutoLoan:
    return SetAutoLoan(user_id=caller.user_id, enabled=request.autoLoan)


def auto_loan_reply(
    request: contract.SetAutoLoan, stamp: Stamp, events: Sequence[Event], state: State
) -> tuple[contract.SetAutoLoanRow]:
    return (contract.SetAutoLoanRow(autoLoan=request.autoLoan),)


def collateral_command(request: contract.SetCollateralAssets, caller: Caller, state: State) -> ChooseCollateral:
    """Command to choose what counts as collateral; a list beside `all` is not read.

    Refused: `custom` without a list (50014).
    """
    custom = request.type == "custom"
    if custom and not request.ccyList:
        raise Refusal("50014", param="ccyList")
    ccys = tuple(dict.fromkeys(request.ccyList)) if custom else ()
    return ChooseCollateral(user_id=caller.user_id, ccys=ccys, enabled=request.collateralEnabled)


def collateral_reply(
    request: contract.SetCollateralAssets, stamp: Stamp, events: Sequence[Event], state: State
) -> tuple[contract.SetCollateralAssetsRow]:
    """Row of the reply: the coins that the choice was about, all of them for `all` (as in the sample)."""
    ccys = request.ccyList if request.type == "custom" else ()
    return (
        contract.SetCollateralAssetsRow(
            type=request.type,
            ccyList=cross_settings.named_coins(state, tuple(ccys), request.collateralEnabled),
            collateralEnabled=request.collateralEnabled,
        ),
    )


def collateral_assets(
    state: State, request: contract.CollateralAssets, caller: Caller
) -> tuple[contract.CollateralAssetsRow, ...]:
    """Currencies, all or those asked for, with their use as collateral on or off. Rejects: UNKNOWN_CCY.

    It is the venue's own list, less what an account in multi-currency margin has taken out.
    """
    for ccy in request.ccy:
        ledger.require_ccy(state, ccy)
    out = state.users[caller.user_id].uncounted
    counts = {c.ccy: c.collateral and c.ccy not in out for c in state.parameters.currencies.values()}
    return tuple(
        contract.CollateralAssetsRow(ccy=ccy, collateralEnabled=enabled)
        for ccy, enabled in counts.items()
        if (not request.ccy or ccy in request.ccy) and request.collateralEnabled in (None, enabled)
    )


def risk_state(state: State, request: Nothing, caller: Caller) -> tuple[contract.RiskStateRow]:
    """Risk state of portfolio margin. It is about positions, and there are none."""
    return (contract.RiskStateRow(atRisk=False, atRiskIdx=(), atRiskMgn=(), ts=str(caller.at_ms)),)


VIEWS: dict[str, View] = {
    "risk_state": QueryView(Nothing, risk_state),
    "set_auto_loan": CommandView(contract.SetAutoLoan, auto_loan_command, auto_loan_reply),
    "set_collateral_assets": CommandView(contract.SetCollateralAssets, collateral_command, collateral_reply),
    "collateral_assets": QueryView(contract.CollateralAssets, collateral_assets),
}
