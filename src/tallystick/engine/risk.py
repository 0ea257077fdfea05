"""What new prices, a new hour or new numbers of the exchange do to debts.

Lenders who wait come first, then loans, then trading accounts, then the platform's collateral limits. A forced sale
that moves the index (decisions/015) begins the round again: the lower price judges the next debt in the same entry.
"""

from __future__ import annotations

from tallystick.engine import collateral, derived, loan_risk, spot_risk
from tallystick.engine.turn import Turn

ROUNDS_MAX = 1_000
"""Rounds of one review. Each but the last sold something; what is left then waits for the next price."""


def review(turn: Turn) -> None:
    """Warn, liquidate and repay by force whoever is due. See the three rooms for what is emitted."""
    companions = derived.of(turn.state)
    for _ in range(ROUNDS_MAX):
        turn.judged = companions.index_changes
        for ccy in sorted(turn.state.redemptions):
            loan_risk.force_repayment(turn, ccy)
        loan_risk.review(turn)
        spot_risk.review(turn)
        collateral.review(turn)
        if companions.index_changes == turn.judged:
            return
    turn.judged = companions.index_changes


def review_moved_index(turn: Turn) -> None:
    """Review if trades of this command moved an index that has judged nobody yet."""
    if derived.of(turn.state).index_changes != turn.judged:
        review(turn)
