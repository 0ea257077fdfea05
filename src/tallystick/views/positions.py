"""Positions: Spot mode has none. The value of the account is that of its balance."""

from __future__ import annotations

from tallystick.contract import positions as contract
from tallystick.contract.account import Balance
from tallystick.engine.state import State
from tallystick.views import account
from tallystick.views.candles import require
from tallystick.views.core import Caller, QueryView, View


def positions(state: State, request: contract.Positions, caller: Caller) -> tuple[contract.PositionsRow, ...]:
    """Positions: none; 51001 for an unknown instrument."""
    for name in request.instId:
        require(state, name)
    return ()


def positions_history(
    state: State, request: contract.PositionsHistory, caller: Caller
) -> tuple[contract.PositionsHistoryRow, ...]:
    """Closed positions: none; 51001 for an unknown instrument."""
    if request.instId:
        require(state, request.instId)
    return ()


def position_risk(state: State, request: contract.PositionRisk, caller: Caller) -> tuple[contract.PositionRiskRow]:
    """Balances in short; `adjEq` and `disEq` are those of `account/balance`."""
    (row,) = account.balance(state, Balance(), caller)
    return (
        contract.PositionRiskRow(
            adjEq=row.adjEq,
            balData=tuple(
                contract.RiskBalance(ccy=detail.ccy, disEq=detail.disEq, eq=detail.eq) for detail in row.details
            ),
            ts=str(caller.at_ms),
        ),
    )


VIEWS: dict[str, View] = {
    "positions": QueryView(contract.Positions, positions),
    "positions_history": QueryView(contract.PositionsHistory, positions_history),
    "position_risk": QueryView(contract.PositionRisk, position_risk),
}
