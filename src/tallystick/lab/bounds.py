"""Bounds of rates that usage moves: the least and the most that the venue's own can ever be.

A debt grows no slower at a higher rate, rounded up as it is, and what it stands on does not depend on the rate. So at
the most rate a loan or an account comes to a line no later than on the venue, and at the least rate no earlier. That
holds for the first liquidation of each, and for its first event of either kind; not for warnings alone, which a
liquidation may forestall, and not for what comes after a liquidation. Source: chosen (decisions/058).
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from tallystick.engine import core, ledger
from tallystick.engine.state import State
from tallystick.lab.lists import with_rates

Rates: TypeAlias = Literal["venue", "first-hour", "least", "most"]
"""Rates of coins whose rate is not set: the venue's, those of the first hour, or a bound of the venue's."""
VENUE: Final = "venue"
FIRST_HOUR: Final = "first-hour"
RATES: Final[tuple[Rates, ...]] = (VENUE, FIRST_HOUR, "least", "most")
TOLD: Final[dict[Rates, str]] = {
    VENUE: "the venue's",
    FIRST_HOUR: "held at the first hour: not the venue's, and no bound",
    "least": "the least the venue's can be: its first liquidations come no later",
    "most": "the most the venue's can be: its first liquidations come no earlier",
}
"""Words of a manifest."""


def at_bound(state: State, rates: Rates) -> State:
    """Copy of a state in which every unset rate of an owed coin is a bound from the next hour on; else the state."""
    if rates in (VENUE, FIRST_HOUR):
        return state
    parameters = state.parameters
    rate = parameters.rate_least if rates == "least" else parameters.rate_most
    owed = {ccy for loan in state.loans.values() for ccy in ledger.loan_debts(state, loan)}
    owed = owed.union(*(ledger.debts(state, user_id) for user_id in state.users))
    unset = {ccy: rate for ccy in sorted(owed) if not parameters.currencies[ccy].rate_per_year}
    made = core.decode_state(core.encode_state(state))
    made.parameters = with_rates(parameters, unset)
    return made
