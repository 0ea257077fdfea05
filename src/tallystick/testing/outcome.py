"""Outcome of a scenario in few numbers: liquidations in order, who paid, and the price that judges now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tallystick.engine import ledger, loan_risk
from tallystick.engine.amounts import text_from_atoms
from tallystick.engine.events import LiquidationStarted, LoanMoved
from tallystick.engine.state import State
from tallystick.testing.assertions import FORCED
from tallystick.testing.scenario import Outcome


def outcome_of(state: State, events: Sequence[Any], names: Mapping[int, str]) -> Outcome:
    """Everything that can be asked for, as it is."""
    begun = [
        event.user_id
        for event in events
        if type(event) is LiquidationStarted or (type(event) is LoanMoved and event.kind in FORCED)
    ]
    transit = state.parameters.transit_ccy
    return Outcome(
        liquidated=[names[user_id] for user_id in dict.fromkeys(begun)],
        bad_debt=text_from_atoms(-ledger.balance(state, "bad_debt", transit)),
        index={name: text_from_atoms(market.index) for name, market in state.markets.items()},
    )


def compare(wanted: Outcome, found: Outcome) -> tuple[list[str], list[str]]:
    """(what holds, what does not), in words; what was not asked for is not compared."""
    held: list[str] = []
    faults: list[str] = []
    if wanted.liquidated is not None:
        who = ", ".join(found.liquidated or ()) or "nobody"
        said = f"liquidated in this order: {who}"
        _tell(held, faults, wanted.liquidated == found.liquidated, said, ", ".join(wanted.liquidated) or "nobody")
    if wanted.bad_debt is not None:
        said = f"bad debt in all: {found.bad_debt}"
        _tell(held, faults, wanted.bad_debt == found.bad_debt, said, wanted.bad_debt)
    known = found.index or {}
    for instrument, price in (wanted.index or {}).items():
        said = f"the index of {instrument} is {known.get(instrument, 'unknown')}"
        _tell(held, faults, known.get(instrument) == price, said, price)
    return held, faults


def _tell(held: list[str], faults: list[str], holds: bool, said: str, wanted: str) -> None:
    if holds:
        held.append(said)
    else:
        faults.append(f"{said}, not {wanted}")


def summary(state: State, events: Sequence[Any], names: Mapping[int, str]) -> dict[str, str]:
    """Column of words and numbers by which plays of one scenario are compared."""
    found = outcome_of(state, events, names)
    accounts = {event.user_id for event in events if type(event) is LiquidationStarted}
    loans = {event.loan_id for event in events if type(event) is LoanMoved and event.kind in FORCED}
    ltvs = [loan_risk.exact_ltv(state, loan) for loan in state.loans.values()]
    return {
        **{f"index of {instrument}": price for instrument, price in (found.index or {}).items()},
        "trading accounts liquidated": str(len(accounts)),
        "loans liquidated": str(len(loans)),
        "loans still open": str(len(state.loans)),
        "highest LTV": _four(max((ltv for ltv in ltvs if ltv is not None), default=0)),
        "bad debt": found.bad_debt or "0",
    }


def _four(rate: int) -> str:
    return text_from_atoms(rate - rate % 10**14)
