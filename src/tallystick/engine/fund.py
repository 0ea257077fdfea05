"""The insurance fund: its coins, and the stop to new lending while it is empty.

The fund never falls below zero. While it has no transit coins left, it could cover no shortfall, and the loss would
be everybody's. So nothing new is lent then, in the trading account (by hand and by orders) or as a loan.
Debts stay, and repayments, liquidations and interest go on. The fund fills by fees of liquidations
and by hand. Source: docs/rules/liquidation.md#fund (chosen: decisions/024).
"""

from __future__ import annotations

from tallystick.engine import ledger
from tallystick.engine.commands import MoveFund
from tallystick.engine.events import FundMoved
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import State
from tallystick.engine.work import Stamp, Work, applies


def holds(state: State) -> int:
    """Transit coins of the fund, in atoms; shortfalls are paid from them."""
    return ledger.balance(state, "insurance", state.parameters.transit_ccy)


def is_empty(state: State) -> bool:
    """Flag of a socialised loss: nothing is lent while it is set."""
    return holds(state) == 0


def move_fund(work: Work, command: MoveFund) -> None:
    """Put transit coins into the fund (plus) or take them out. Rejects: WOULD_BE_NEGATIVE. Emits: FundMoved."""
    state = work.state
    if holds(state) + command.delta < 0:
        no = Rejected(Reject.WOULD_BE_NEGATIVE, ccy=state.parameters.transit_ccy)
        raise no.because("fund", ccy=state.parameters.transit_ccy, free=holds(state), asked=-command.delta)
    if command.delta:
        work.emit(FundMoved(ccy=state.parameters.transit_ccy, delta=command.delta))


@applies(FundMoved)
def _moved(state: State, stamp: Stamp, event: FundMoved) -> None:
    ledger.post(state, event.ccy, ("insurance", event.delta), ("outside", -event.delta))
