"""Words for what happened: one line for each event that people want to see."""

from __future__ import annotations

from typing import Any

from tallystick.engine import events as e
from tallystick.engine.amounts import cut, text_from_atoms, unit_of
from tallystick.engine.interest import Charge
from tallystick.venue.settings import changed_by


def event_words(event: Any) -> str:
    """A line for what people want to see; "" for the rest."""
    amount = text_from_atoms
    match event:
        case e.LoanMoved():
            return f"{event.kind} {amount(event.amount)} {event.ccy}"
        case e.LoanWarned():
            return f"margin call at LTV {amount(cut(event.ltv, unit_of(4)))}"
        case Charge():
            return f"interest {amount(event.interest)} {event.ccy} on {amount(event.debt_before)}"
        case e.Borrowed() | e.Repaid():
            return f"{event.kind} {amount(event.amount)} {event.ccy}, owes {amount(event.debt_after)}"
        case e.OrderFilled():
            return f"{event.side} {amount(event.size)} {event.instrument} at {amount(event.price)}"
        case e.SpotWarned() | e.LiquidationStarted():
            what = "warning" if type(event) is e.SpotWarned else "liquidation begins"
            return f"{what} at margin ratio {amount(cut(event.ratio, unit_of(4)))}"
        case e.LiquidationEnded():
            return "liquidation ends"
        case e.DebtCovered():
            return f"the fund pays {amount(event.amount)} {event.ccy}, bad debt {amount(event.bad_debt)}"
        case e.ParametersChanged():
            return ", ".join(f"{path} is {text}" for path, text in changed_by(event))
        case _:
            return ""
