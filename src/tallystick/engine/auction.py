"""Auction of lenders' bids: it sets the rate at which the bids cover all borrowed coins.

A bid is an amount and the least rate a year it is lent for. Bids are filled from the lowest rate up until
they cover what borrowers owe of the coin; the rate of the last one is what everybody pays in the next hour.
While nothing is owed that is the lowest bid, and where all bids together do not cover it the highest.
The bids set a price and nothing else: the coins of the pool stay where they are (`loan_risk.move_pool`).
Source: docs/rules/interest.md#auction (documented), the ends chosen (decisions/024).
"""

from __future__ import annotations

from tallystick.engine import ledger
from tallystick.engine.commands import SetBids
from tallystick.engine.events import BidsSet
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import State
from tallystick.engine.work import Stamp, Work, applies

BIDS_MAX = 1_000


def set_bids(work: Work, command: SetBids) -> None:
    """Replace all bids for a coin; without bids the curve sets its rate. Bids count from the next hour on.

    Rejects: UNKNOWN_CCY, TOO_MANY_BIDS, BID_IMPOSSIBLE (no amount, or a rate outside of the least and the most).
    Emits: BidsSet.
    """
    state = work.state
    ledger.require_ccy(state, command.ccy)
    if len(command.bids) > BIDS_MAX:
        no = Rejected(Reject.TOO_MANY_BIDS, max=str(BIDS_MAX))
        raise no.because(asked_count=len(command.bids), most_count=BIDS_MAX)
    least, most = state.parameters.rate_least, state.parameters.rate_most
    if any(amount <= 0 or not least <= rate <= most for amount, rate in command.bids):
        raise Rejected(Reject.BID_IMPOSSIBLE).because(least=least, most=most)
    work.emit(BidsSet(ccy=command.ccy, bids=tuple(sorted(command.bids, key=lambda bid: bid[1]))))


def rate(state: State, ccy: str) -> int | None:
    """Rate a year of an hour that would begin now, kept within the least and the most rate; None without bids."""
    bids = state.bids.get(ccy)
    if not bids:
        return None
    wanted = state.lent.get(ccy, 0)
    accepted = bids[-1][1]
    for amount, asked in bids:
        wanted -= amount
        if wanted <= 0:
            accepted = asked
            break
    return min(max(accepted, state.parameters.rate_least), state.parameters.rate_most)


@applies(BidsSet)
def _set(state: State, stamp: Stamp, event: BidsSet) -> None:
    if event.bids:
        state.bids[event.ccy] = event.bids
    else:
        state.bids.pop(event.ccy, None)
