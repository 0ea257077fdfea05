"""Review of debts after new prices, a new hour or new parameters.

Waiting lenders come first, then loans, then trading accounts, then the platform's collateral limits. A forced sale
that moves the index (decisions/015) starts another round: the lower price judges the next debt in the same entry.
"""

from __future__ import annotations

from tallystick.engine import collateral, loan_risk, spot_risk, triggers
from tallystick.engine.work import Work

ROUNDS_MAX = 1_000
"""Most rounds of one review. Each but the last sold something; the rest waits for the next price."""


def review(work: Work) -> None:
    """Warn users, liquidate and repay by force as due. Emits: the events of `loan_risk`, `spot_risk`, `collateral`."""
    state, companions, armed = work.state, work.noted, triggers.of(work.state)
    for _ in range(ROUNDS_MAX):
        work.judged = companions.index_changes
        if state.redemptions:
            for ccy in sorted(state.redemptions):
                loan_risk.force_repayment(work, ccy)
        if armed.anybody(state, work.stamp.at_ms):
            loan_risk.review(work)
            spot_risk.review(work)
        collateral.review(work)
        if companions.index_changes == work.judged:
            return
    work.judged = companions.index_changes


def review_moved_index(work: Work) -> None:
    """Review debts if trades of this command moved an index after the last review."""
    if work.noted.index_changes != work.judged:
        review(work)
