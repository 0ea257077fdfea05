"""What new prices, a new hour or new numbers of the exchange do to debts.

Lenders who wait come first, then loans, then trading accounts.
"""

from __future__ import annotations

from tallystick.engine import loan_risk, spot_risk
from tallystick.engine.turn import Turn


def review(turn: Turn) -> None:
    """Warn, liquidate and repay by force whoever is due. See the two rooms for what is emitted."""
    for ccy in sorted(turn.state.redemptions):
        loan_risk.force_repayment(turn, ccy)
    loan_risk.review(turn)
    spot_risk.review(turn)
