"""Account modes: the switch, what stands in its way, and the settings that belong to modes this venue lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NoReturn

from tallystick.contract import account_modes as contract
from tallystick.engine import ledger, modes
from tallystick.engine.core import Stamp
from tallystick.engine.events import Event
from tallystick.engine.kinds import AccountMode
from tallystick.engine.state import State
from tallystick.views import kinds
from tallystick.views.core import Caller, CommandView, QueryView, Refusal, View, amount

UNMATCHED: Final = "1"
MARGIN_FAILS: Final = "4"
PASSES: Final = "0"


def _mode(asked: contract.AccountMode) -> AccountMode:
    """Mode of a request. Refused: futures mode, which no account here can enter (51070)."""
    mode = kinds.mode_of(asked)
    if mode is None:
        raise Refusal("51070")
    return mode


def level_command(request: contract.SetAccountLevel, caller: Caller, state: State) -> modes.SwitchMode:
    """Command to change the mode; see `engine.modes.switch_mode`. Refused: futures mode (51070)."""
    return modes.SwitchMode(user_id=caller.user_id, mode=_mode(request.acctLv))


def level_reply(
    request: contract.SetAccountLevel, stamp: Stamp, events: Sequence[Event], state: State
) -> tuple[contract.SetAccountLevelRow]:
    return (contract.SetAccountLevelRow(acctLv=request.acctLv),)


def switch_preset(state: State, request: contract.SwitchPreset, caller: Caller) -> tuple[contract.SwitchPresetRow]:
    """Prepare a change of mode: without contracts there is nothing to prepare, so it is told and not remembered.

    Refused: a mode that is closed, as by the switch itself (51070, decisions/057).
    """
    user = state.users[caller.user_id]
    modes.require_open(user, _mode(request.acctLv))
    return (contract.SwitchPresetRow(acctLv=request.acctLv, curAcctLv=kinds.MODES[user.mode], lever=request.lever),)


def switch_precheck(
    state: State, request: contract.SwitchPrecheck, caller: Caller
) -> tuple[contract.SwitchPrecheckRow]:
    """Check a change of mode by the function that decides it, `engine.modes.standing`.

    Refused: a mode that is closed (51070), before what stands in the way. Verdict 1 lists all of that, 4 is a margin
    that does not carry the debts in the new mode. `mgnBf` and `mgnAft` stand beside verdicts 0 and 4, else they are
    null (documented).
    """
    user, mode = state.users[caller.user_id], _mode(request.acctLv)
    found = modes.standing(state, user, mode)
    verdict: contract.SwitchVerdict = UNMATCHED if found.items else PASSES if found.sound else MARGIN_FAILS
    return (
        contract.SwitchPrecheckRow(
            acctLv=request.acctLv,
            curAcctLv=kinds.MODES[user.mode],
            mgnAft=None if found.items else _margin(modes.figures(state, user, mode)),
            mgnBf=None if found.items else _margin(modes.figures(state, user, user.mode)),
            sCode=verdict,
            unmatchedInfoCheck=tuple(
                contract.Unmatched(
                    type=kinds.SWITCH_ITEMS[item],
                    totalAsset=amount(modes.total_equity(state, user.user_id)) if item == "assets" else "",
                )
                for item in found.items
            ),
        ),
    )


def _margin(found: modes.Figures) -> contract.SwitchMargin:
    """Margin of an account in a mode; "" where the mode or a lack of debts has no figure (documented)."""
    return contract.SwitchMargin(
        acctAvailEq=_text(found.available_equity), details=(), mgnRatio=_text(found.margin_ratio)
    )


def _text(figure: int | None) -> str:
    return "" if figure is None else amount(figure)


def set_position_mode(
    state: State, request: contract.SetPositionMode, caller: Caller
) -> tuple[contract.SetPositionModeRow]:
    """Set how positions are kept. Only `net_mode`, as `config` shows it; there are no positions (51010)."""
    if request.posMode != "net_mode":
        raise Refusal("51010").because("no positions")
    return (contract.SetPositionModeRow(posMode=request.posMode),)


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


VIEWS: dict[str, View] = {
    "set_account_level": CommandView(contract.SetAccountLevel, level_command, level_reply),
    "switch_preset": QueryView(contract.SwitchPreset, switch_preset),
    "switch_precheck": QueryView(contract.SwitchPrecheck, switch_precheck),
    "set_position_mode": QueryView(contract.SetPositionMode, set_position_mode),
    "set_isolated_mode": QueryView(contract.SetIsolatedMode, set_isolated_mode),
    "set_settle_ccy": QueryView(contract.SetSettleCcy, set_settle_ccy),
    "set_fee_type": QueryView(contract.SetFeeType, set_fee_type),
    "set_trading_config": QueryView(contract.SetTradingConfig, set_trading_config),
    "set_auto_earn": QueryView(contract.SetAutoEarn, set_auto_earn),
}
