"""Loans far from their line, in groups: what is safe need not be judged one by one.

A start knows of no triggers, and a change of the parameters makes all there are worth nothing. Most of a million loans
are far from their line then. For each the worst is reckoned in whole numbers: what it owes, with interest at the
highest rate since it was charged, against what its collateral covers at the rate of the first discount tier. Loans of
the same coins that are covered about as well share a group, and a group has one trigger for each pair of its coins, as
a loan that is covered like the least of them would have. A trigger that is reached has all loans of its group judged.

A loan that is not clearly far is judged at once: in E-Mode, without a price, of a dollar or less, with more of a coin
than its first discount tier, or within a 16,384th of its line. Source: chosen (decisions/016).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

from tallystick.engine import discount, prices
from tallystick.engine.amounts import ONE
from tallystick.engine.interest import HOUR_MS, HOURS_PER_YEAR, LOAN_UNIT
from tallystick.engine.loan_judging import LINE_CUT
from tallystick.engine.single import Single
from tallystick.engine.state import Loan, State
from tallystick.engine.triggers import HAIR, HOURS_MOST, PARTS, TINY, Group, Triggers

TIMES_MOST: Final = 4 * PARTS
"""Parts of its debt from which a loan is covered so well that no difference is made."""
STEPS: Final = 16
"""Groups by which the distance from a line is halved."""
MEMBERS_MAX: Final = 256
"""Most loans of a group, which are judged together."""
LEAST: Final = 10**6 * TINY * ONE * ONE
"""Least debt of a loan in a group, in USD per 10**36: its value may fall to a millionth before roundings matter."""
_Alike: TypeAlias = dict[int, list[int]]
"""Numbers of loans of the same coins, by the parts of their debts that are covered."""
Coins: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]
"""Owed coins and pledged coins of a loan."""


def sort_out(state: State, armed: Triggers) -> None:
    """Have the loans that are far from their line watched in groups, and all others judged now."""
    alike: dict[Coins, _Alike] = {}
    sorting = Sorting(state, alike)
    near: list[int] = []
    for loan_id, loan in state.loans.items():
        booked, pledged, charged_ms = loan.booked, loan.collateral, loan.charged_ms
        # Most loans have one coin of each: what follows is `_times` for them, with all that is alike looked up at once.
        if isinstance(booked, Single) and isinstance(pledged, Single):
            roundings, atom, most, covering, found = sorting[charged_ms, booked.ccy, pledged.ccy]
            owed, amount = (booked.amount + roundings) * atom, pledged.amount
            times = amount * covering // owed if owed >= LEAST and amount <= most else 0
        else:
            found = alike.setdefault((tuple(booked), tuple(pledged)), {})
            times = _times(loan, sorting)
        if times <= PARTS or loan.e_mode:
            near.append(loan_id)
            continue
        # The farther, the coarser: a group is as wide as a sixteenth of its distance at most.
        spare = times - PARTS if times < TIMES_MOST else TIMES_MOST - PARTS
        if spare >= 2 * STEPS:
            fine = spare.bit_length() - STEPS.bit_length()
            spare = spare >> fine << fine
        times = PARTS + spare
        if times in found:
            found[times].append(loan_id)
        else:
            found[times] = [loan_id]
    armed.sort_loans(state, near, _groups(alike))


def _times(loan: Loan, sorting: Sorting) -> int:
    """Parts of a loan's debts (`PARTS` are all) that its collateral covers at its next line at least; 0 if unclear."""
    owed = covered = 0
    for ccy, amount in loan.booked.items():
        roundings, atom = sorting.owing[loan.charged_ms, ccy]
        owed += (amount + roundings) * atom
    for ccy, amount in loan.collateral.items():
        most, covering = sorting.covers[ccy]
        if amount > most:
            return 0
        covered += amount * covering
    return covered // owed if owed >= LEAST else 0


def _groups(alike: dict[Coins, _Alike]) -> Iterable[Group]:
    for (owed, pledged), found in alike.items():
        for times, loan_ids in found.items():
            for first in range(0, len(loan_ids), MEMBERS_MAX):
                yield Group(owed, pledged, times, loan_ids[first : first + MEMBERS_MAX])


class Sorting(dict[tuple[int, str, str], tuple[int, int, int, int, _Alike]]):
    """Numbers that loans of one owed and one pledged coin share while they are charged up to the same hour."""

    def __init__(self, state: State, alike: dict[Coins, _Alike]) -> None:
        super().__init__()
        self.covers, self.owing, self._alike = Covers(state), Owing(state), alike

    def __missing__(self, place: tuple[int, str, str]) -> tuple[int, int, int, int, _Alike]:
        charged_ms, owed, pledged = place
        found = self._alike.setdefault(((owed,), (pledged,)), {})
        self[place] = common = (*self.owing[charged_ms, owed], *self.covers[pledged], found)
        return common


class Covers(dict[str, tuple[int, int]]):
    """For each pledged coin: the most atoms that count alike, and the USD that an atom covers, per 10**36 and `PARTS`.

    A coin that covers nothing, or of which that is not known, has -1 as its most.
    """

    def __init__(self, state: State) -> None:
        super().__init__()
        self._parameters, self._quotes = state.parameters, prices.quotes(state)

    def __missing__(self, ccy: str) -> tuple[int, int]:
        parameters, price = self._parameters, self._quotes.usd[ccy]
        most, rate = discount.curves(parameters)[ccy].first
        share = rate * ONE // parameters.loan_liquidation - parameters.loan_margin_call_gap - LINE_CUT
        known = price > 0 and share > 0 and ccy not in self._quotes.lost
        # One hair for the roundings of values and weights, as in `triggers`, and one for those of what counts.
        self[ccy] = found = (most, price * share * PARTS * (ONE - 2 * HAIR) // ONE) if known else (-1, 0)
        return found


class Owing(dict[tuple[int, str], tuple[int, int]]):
    """For the hour up to which a loan is charged, and an owed coin: atoms of roundings, and USD an atom, per 10**36.

    The first are all roundings of interest since that hour and until the loan is judged again; the second has the
    interest since then, at the highest rate of that time. Without a price an atom is worth 0.
    """

    def __init__(self, state: State) -> None:
        super().__init__()
        self._state, self._usd = state, prices.indices(state)

    def __missing__(self, place: tuple[int, str]) -> tuple[int, int]:
        charged_ms, ccy = place
        highest = 0
        for began_ms, rate in reversed(self._state.rates[ccy]):
            highest = max(highest, rate)
            if began_ms <= charged_ms:
                break
        hours, grown = (self._state.hour_ms - charged_ms) // HOUR_MS, ONE
        for _ in range(hours):
            grown += -(-grown * highest // (HOURS_PER_YEAR * ONE))
        self[place] = found = (hours + HOURS_MOST) * LOAN_UNIT, grown * max(0, self._usd[ccy])
        return found
