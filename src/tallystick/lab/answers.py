"""Answers of a run, each with its interval of 95 %: for the book, each coin pledged or held, each loan and account.

A probability has the interval of Wilson, a mean that of the normal approximation over paths, a median that of order
statistics, an expected shortfall that of its asymptotic variance. Paths are independent of one another; loans of one
path are not, so every figure of a group is made of one number for each path. The intervals say how far a figure of as
many paths may be from that of endlessly many of the same model; they say nothing of the model.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, TypeAlias

from msgspec.structs import replace

from tallystick.engine.interest import HOUR_MS
from tallystick.lab.book import Book
from tallystick.lab.forms import AccountOutcome, Answer, Figure, Outcome, PathOutcome

LOAN: Final = "loan"
ACCOUNT: Final = "account"
Member: TypeAlias = tuple[str, int]
"""Loan or account, by its number or that of its user."""
UNKNOWN: Final = Figure(None, None, None)
NORMAL: Final = 1.959963984540054
"""Quantile of the normal distribution that leaves 2.5 % above it."""
WORST: Final = 0.05
"""Share of the paths that an expected shortfall is the mean of."""


def answers(book: Book, hours: int, paths: Sequence[PathOutcome], *, costed: bool = True) -> list[Answer]:
    """Answers about the book, each coin, each loan and each account, from the outcomes of all paths.

    Outcomes of first events alone are not `costed`: they say nothing of losses and of what the fund pays.
    """
    members = {(LOAN, loan.loan_id): (set(loan.collateral), loan.debts) for loan in book.loans}
    members |= {(ACCOUNT, one.user.user_id): (set(one.held), one.debts) for one in book.accounts}
    quiet = {
        member: _quiet_interest(book, debts, hours, spot=member[0] == ACCOUNT) for member, (_, debts) in members.items()
    }
    groups = [("book", "", list(members))]
    for ccy in sorted({ccy for coins, _ in members.values() for ccy in coins}):
        groups.append(("coin", ccy, [member for member, (coins, _) in members.items() if ccy in coins]))
    found: dict[Member, list[tuple[int, Outcome | AccountOutcome]]] = {member: [] for member in members}
    for place, path in enumerate(paths):
        for outcome in path.loans:
            found[LOAN, outcome.loan].append((place, outcome))
        for account in path.accounts:
            found[ACCOUNT, account.account].append((place, account))
    groups += [(kind, str(number), [(kind, number)]) for kind, number in members]
    told = [
        _answer(book.hour_ms, scope, name, _Group(len(paths), {one: found[one] for one in some}, quiet))
        for scope, name, some in groups
    ]
    return told if costed else [replace(one, loss=UNKNOWN, shortfall=UNKNOWN, fund_pays=UNKNOWN) for one in told]


class _Group:
    """Numbers of a group of loans and accounts, one for each path."""

    def __init__(
        self,
        paths: int,
        found: dict[Member, list[tuple[int, Outcome | AccountOutcome]]],
        quiet: dict[Member, dict[str, Decimal]],
    ) -> None:
        self.paths = paths
        self.loans = sum(1 for kind, _ in found if kind == LOAN)
        self.accounts = len(found) - self.loans
        self.members = len(found)
        self.called = [0] * paths
        self.liquidated = [0] * paths
        self.hit = [0] * paths
        self.loss = [Decimal()] * paths
        self.pays = [Decimal()] * paths
        self.interest: dict[str, Decimal] = {}
        for member, outcomes in found.items():
            for ccy, amount in quiet[member].items():
                self.interest[ccy] = self.interest.get(ccy, Decimal()) + amount * (paths - len(outcomes))
            for place, outcome in outcomes:
                self._count(place, outcome)

    def _count(self, place: int, outcome: Outcome | AccountOutcome) -> None:
        self.called[place] = _earlier(self.called[place], outcome.called_ms)
        self.liquidated[place] = _earlier(self.liquidated[place], outcome.liquidated_ms)
        self.hit[place] += outcome.liquidated_ms > 0
        gains = Decimal(outcome.fund_gains) - Decimal(outcome.fund_pays)
        self.loss[place] += max(Decimal(), gains)
        self.pays[place] += max(Decimal(), -gains)
        if isinstance(outcome, AccountOutcome):
            self.loss[place] += Decimal(outcome.sales_cost)
        for ccy, text in outcome.interest.items():
            self.interest[ccy] = self.interest.get(ccy, Decimal()) + Decimal(text)


def _answer(hour_ms: int, scope: str, name: str, group: _Group) -> Answer:
    calls = [(at_ms - hour_ms) / HOUR_MS for at_ms in group.called if at_ms]
    falls = [(at_ms - hour_ms) / HOUR_MS for at_ms in group.liquidated if at_ms]
    losses = [float(loss) for loss in group.loss]
    return Answer(
        scope=scope,
        name=name,
        loans=group.loans,
        accounts=group.accounts,
        called=share(len(calls), group.paths),
        liquidated=share(len(falls), group.paths),
        each_liquidated=mean([hit / group.members for hit in group.hit]) if group.members else UNKNOWN,
        hours_to_call=median(calls),
        hours_to_liquidation=median(falls),
        loss=mean([loss for loss, at_ms in zip(losses, group.liquidated, strict=True) if at_ms]),
        shortfall=shortfall(losses),
        fund_pays=mean([float(paid) for paid in group.pays]),
        interest={ccy: _text(amount / group.paths) for ccy, amount in sorted(group.interest.items())},
    )


def _quiet_interest(book: Book, debts: dict[str, int], hours: int, *, spot: bool) -> dict[str, Decimal]:
    """Interest of a loan or an account to which nothing happens, the same on every path."""
    grown = {ccy: book.grown(ccy, debt, 0, hours, spot=spot)[hours] - debt for ccy, debt in debts.items()}
    return {ccy: Decimal(atoms).scaleb(-18) for ccy, atoms in grown.items()}


def _earlier(one_ms: int, other_ms: int) -> int:
    return min(one_ms, other_ms) if one_ms and other_ms else one_ms or other_ms


def _text(amount: Decimal) -> str:
    return format(amount.quantize(Decimal("1e-8")), "f")


# ---- statistics


def share(count: int, of: int) -> Figure:
    """Probability by the interval of Wilson."""
    if of == 0:
        return UNKNOWN
    square = NORMAL * NORMAL
    middle = (count + square / 2) / (of + square)
    half = NORMAL / (of + square) * math.sqrt(count * (of - count) / of + square / 4)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Figure(count / of, 0.0 if count == 0 else low, 1.0 if count == of else high)


def mean(values: Sequence[float]) -> Figure:
    """Mean; of a single value without an interval."""
    if not values:
        return UNKNOWN
    middle = math.fsum(values) / len(values)
    if len(values) == 1:
        return Figure(middle, None, None)
    half = NORMAL * math.sqrt(_variance(values, middle) / len(values))
    return Figure(middle, middle - half, middle + half)


def median(values: Iterable[float]) -> Figure:
    """Median; the interval is between two of the values, None where there are too few."""
    ordered = sorted(values)
    count = len(ordered)
    if not count:
        return UNKNOWN
    middle = (ordered[(count - 1) // 2] + ordered[count // 2]) / 2
    low = math.floor((count - NORMAL * math.sqrt(count)) / 2)
    if low < 1:
        return Figure(middle, None, None)
    return Figure(middle, ordered[low - 1], ordered[count - low])


def shortfall(values: Sequence[float]) -> Figure:
    """Mean of the largest `WORST` of the values, rounded up to whole ones."""
    if not values:
        return UNKNOWN
    ordered = sorted(values, reverse=True)
    worst = ordered[: max(1, math.ceil(WORST * len(ordered)))]
    middle = math.fsum(worst) / len(worst)
    if len(worst) == 1:
        return Figure(middle, None, None)
    spread = _variance(worst, middle) + (1 - WORST) * (middle - worst[-1]) ** 2
    half = NORMAL * math.sqrt(spread / len(worst))
    return Figure(middle, middle - half, middle + half)


def _variance(values: Sequence[float], middle: float) -> float:
    return math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1)
