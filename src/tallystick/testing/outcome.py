"""Outcome of a scenario in few numbers: liquidations in order, who paid, the price that judges now, and times."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final

from tallystick.engine import ledger, loan_risk
from tallystick.engine.amounts import text_from_atoms
from tallystick.engine.events import LiquidationEnded, LiquidationStarted, LoanMoved, LoanWarned, SpotWarned
from tallystick.engine.state import State
from tallystick.testing.assertions import FORCED
from tallystick.testing.kit.text import counted
from tallystick.testing.scenario import Outcome, Times, duration_ms, duration_text

TIMED: Final[dict[type, str]] = {
    SpotWarned: "warned",
    LoanWarned: "warned",
    LiquidationStarted: "liquidation_begins",
    LiquidationEnded: "liquidation_ends",
}
"""Events whose times may be asked for: their list in `Times`."""


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


def times_of(moments: Iterable[tuple[int, Any]], names: Mapping[int, str], start_ms: int) -> dict[str, Times]:
    """Times of each user's warnings and liquidations since the start, from events with their times."""
    found = {name: Times([], [], []) for name in names.values()}
    for at_ms, event in moments:
        if (what := TIMED.get(type(event))) is not None:
            getattr(found[names[event.user_id]], what).append(duration_text(at_ms - start_ms))
    return found


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
    if wanted.times is not None:
        late = list(_late(wanted.times, found.times or {}))
        faults += late
        if not late:
            held.append(f"warnings and liquidations come at their times: {counted(len(wanted.times), 'user')}")
    return held, faults


def _late(wanted: Mapping[str, Times], found: Mapping[str, Times]) -> Iterator[str]:
    """Yield a sentence for each list of times that is not as wanted, with the first time that differs."""
    for name, times in wanted.items():
        for what in dict.fromkeys(TIMED.values()):
            asked: list[str] | None = getattr(times, what)
            if asked is None:
                continue
            came: list[str] = getattr(found.get(name, Times([], [], [])), what)
            for number, (one, other) in enumerate(zip_longest(came, asked), start=1):
                if one is None or other is None or duration_ms(one) != duration_ms(other):
                    yield f"{what} of {name}, number {number}: {_after(one)}, not {_after(other)}"
                    break


def _after(text: str | None) -> str:
    return "never" if text is None else f"after {text}"


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
