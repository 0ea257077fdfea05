"""Answers of a run, each with its interval of 95 %: for the book, each coin pledged or held, each loan and account.

A probability has the interval of Wilson, a mean that of the normal approximation over paths, a median that of order
statistics, an expected shortfall that of its asymptotic variance. What a mean can never be is cut off its interval:
amounts and shares are not below 0, and shares not above 1. That takes away nothing that could be true, so the interval
covers as much as before. Only sales against orders of users can be better than the index: where one is, nothing is cut.
Paths are independent of one another; loans of one
path are not, so every figure of a group is made of one number for each path. The intervals say how far a figure of as
many paths may be from that of endlessly many of the same model; they say nothing of the model.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from msgspec.structs import replace

from tallystick.engine.interest import HOUR_MS
from tallystick.lab.book import Book
from tallystick.lab.columns import opening_debts
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


def answers(book: Book, hours: int, paths: Iterable[PathOutcome], *, costed: bool = True) -> list[Answer]:
    """Answers about the book, each coin, each loan and each account, from the outcomes of all paths.

    Paths are taken one after the other, and a few numbers of each are kept. Outcomes of first events alone are not
    `costed`: they say nothing of losses and of what the fund pays.
    """
    members = {(LOAN, loan.loan_id): (set(loan.collateral), loan.debts) for loan in book.loans}
    members |= {(ACCOUNT, one.user.user_id): (set(one.held), one.debts) for one in book.accounts}
    scopes = [("book", ""), *(("coin", ccy) for ccy in sorted({ccy for coins, _ in members.values() for ccy in coins}))]
    groups = [_Group() for _ in scopes]
    singles = _Singles(members)
    within = {
        member: [groups[0], *(group for group, (_, ccy) in zip(groups, scopes, strict=True) if ccy in coins)]
        for member, (coins, _) in members.items()
    }
    for member, own in within.items():
        for group in own:
            group.add(member)
    count = 0
    for path in paths:
        count += 1
        both: list[Outcome | AccountOutcome] = [*path.loans, *path.accounts]
        for outcome in both:
            member = member_of(outcome)
            event = _event(outcome)
            singles.count(member, event, outcome.interest)
            for group in within[member]:
                group.count(event)
        for group in groups:
            group.end_path()
    interest = singles.interest(_quiet_interest(book, hours), count)
    told = [
        _answer(book.hour_ms, scope, group.numbers(), [interest[member] for member in group.members])
        for scope, group in zip(scopes, groups, strict=True)
    ]
    told += [
        _answer(book.hour_ms, (member[0], str(member[1])), numbers, [interest[member]])
        for member, numbers in singles.numbers(count)
    ]
    return told if costed else [replace(one, loss=UNKNOWN, shortfall=UNKNOWN, fund_pays=UNKNOWN) for one in told]


def member_of(outcome: Outcome | AccountOutcome) -> Member:
    """Loan or account of an outcome."""
    return (ACCOUNT, outcome.account) if isinstance(outcome, AccountOutcome) else (LOAN, outcome.loan)


class _Event(NamedTuple):
    """Numbers of one outcome: times in Unix milliseconds, 0 is never, and amounts of the transit coin."""

    called_ms: int
    liquidated_ms: int
    loss: Decimal
    pays: Decimal


def _event(outcome: Outcome | AccountOutcome) -> _Event:
    gains = Decimal(outcome.fund_gains) - Decimal(outcome.fund_pays)
    loss = max(Decimal(), gains)
    if isinstance(outcome, AccountOutcome):
        loss += Decimal(outcome.sales_cost)
    return _Event(outcome.called_ms, outcome.liquidated_ms, loss, max(Decimal(), -gains))


class _Numbers(NamedTuple):
    """Numbers of a group of so many loans and accounts: one for each path, in any order of paths.

    `hit` counts those that are liquidated on the path. `quiet` further paths have 0 for all numbers.
    """

    loans: int
    accounts: int
    called_ms: Sequence[int]
    liquidated_ms: Sequence[int]
    hit: Sequence[int]
    loss: Sequence[float]
    pays: Sequence[float]
    quiet: int = 0


NOTHING: Final = (0, 0, 0, Decimal(), Decimal())
"""Numbers of a path on which nothing happens: two times, those who are liquidated, and two amounts."""


class _Group:
    """Counter of the book or of a coin: numbers of the path that is under way, and of those before."""

    def __init__(self) -> None:
        self.members: list[Member] = []
        self._called, self._liquidated, self._hit = array("q"), array("q"), array("q")
        self._loss, self._pays = array("d"), array("d")
        self._now = NOTHING

    def add(self, member: Member) -> None:
        self.members.append(member)

    def count(self, event: _Event) -> None:
        """Count an outcome of the path that is under way."""
        called_ms, liquidated_ms, hit, loss, pays = self._now
        self._now = (
            _earlier(called_ms, event.called_ms),
            _earlier(liquidated_ms, event.liquidated_ms),
            hit + (event.liquidated_ms > 0),
            loss + event.loss,
            pays + event.pays,
        )

    def end_path(self) -> None:
        """Put the numbers of the path to those before."""
        called_ms, liquidated_ms, hit, loss, pays = self._now
        self._called.append(called_ms)
        self._liquidated.append(liquidated_ms)
        self._hit.append(hit)
        self._loss.append(float(loss))
        self._pays.append(float(pays))
        self._now = NOTHING

    def numbers(self) -> _Numbers:
        loans = sum(1 for kind, _ in self.members if kind == LOAN)
        others = len(self.members) - loans
        return _Numbers(
            loans=loans,
            accounts=others,
            called_ms=self._called,
            liquidated_ms=self._liquidated,
            hit=self._hit,
            loss=self._loss,
            pays=self._pays,
        )


class _Singles:
    """Counter of each loan and account: numbers of the paths on which something happens to it, as they come."""

    def __init__(self, members: Iterable[Member]) -> None:
        self._members = list(members)
        self._place = {member: place for place, member in enumerate(self._members)}
        self._of, self._called, self._liquidated = array("q"), array("q"), array("q")
        self._loss, self._pays = array("d"), array("d")
        self._paths = [0] * len(self._members)
        self._interest: list[dict[str, Decimal]] = [{} for _ in self._members]

    def count(self, member: Member, event: _Event, interest: Mapping[str, str]) -> None:
        """Count an outcome."""
        place = self._place[member]
        self._of.append(place)
        self._called.append(event.called_ms)
        self._liquidated.append(event.liquidated_ms)
        self._loss.append(float(event.loss))
        self._pays.append(float(event.pays))
        self._paths[place] += 1
        sums = self._interest[place]
        for ccy, text in interest.items():
            sums[ccy] = sums.get(ccy, Decimal()) + Decimal(text)

    def interest(self, quiet: Mapping[Member, Mapping[str, Decimal]], paths: int) -> dict[Member, dict[str, Decimal]]:
        """Interest of each loan and account on all paths; where nothing happens to it that of a `quiet` path."""
        found = {}
        for member, place in self._place.items():
            sums = dict(self._interest[place])
            for ccy, amount in quiet[member].items():
                sums[ccy] = sums.get(ccy, Decimal()) + amount * (paths - self._paths[place])
            found[member] = sums
        return found

    def numbers(self, paths: int) -> Iterator[tuple[Member, _Numbers]]:
        """Yield each loan and account with its numbers on all paths."""
        order = np.argsort(np.frombuffer(self._of, dtype=np.int64), kind="stable")
        columns = [
            np.frombuffer(column, dtype=column.typecode)[order]
            for column in (self._called, self._liquidated, self._loss, self._pays)
        ]
        end = 0
        for member, own in zip(self._members, self._paths, strict=True):
            start, end = end, end + own
            called, liquidated, loss, pays = (column[start:end].tolist() for column in columns)
            loan = int(member[0] == LOAN)
            yield (
                member,
                _Numbers(
                    loans=loan,
                    accounts=1 - loan,
                    called_ms=called,
                    liquidated_ms=liquidated,
                    hit=[int(at_ms > 0) for at_ms in liquidated],
                    loss=loss,
                    pays=pays,
                    quiet=paths - own,
                ),
            )


def _answer(
    hour_ms: int, scope: tuple[str, str], numbers: _Numbers, interest: Iterable[Mapping[str, Decimal]]
) -> Answer:
    calls = [(at_ms - hour_ms) / HOUR_MS for at_ms in numbers.called_ms if at_ms]
    falls = [(at_ms - hour_ms) / HOUR_MS for at_ms in numbers.liquidated_ms if at_ms]
    members, quiet = numbers.loans + numbers.accounts, numbers.quiet
    paths = len(numbers.hit) + quiet
    paid: dict[str, Decimal] = {}
    for own in interest:
        for ccy, amount in own.items():
            paid[ccy] = paid.get(ccy, Decimal()) + amount
    return Answer(
        scope=scope[0],
        name=scope[1],
        loans=numbers.loans,
        accounts=numbers.accounts,
        called=share(len(calls), paths),
        liquidated=share(len(falls), paths),
        each_liquidated=mean([hit / members for hit in numbers.hit], quiet, most=1.0) if members else UNKNOWN,
        hours_to_call=median(calls),
        hours_to_liquidation=median(falls),
        loss=mean([loss for loss, at_ms in zip(numbers.loss, numbers.liquidated_ms, strict=True) if at_ms]),
        shortfall=shortfall(numbers.loss, quiet),
        fund_pays=mean(numbers.pays, quiet),
        interest={ccy: _text(amount / paths) for ccy, amount in sorted(paid.items()) if paths},
    )


def _quiet_interest(book: Book, hours: int) -> dict[Member, dict[str, Decimal]]:
    """Interest of each loan and account where nothing happens to it, the same on every path."""
    owed = opening_debts(book, book.loans, max((len(loan.debts) for loan in book.loans), default=0), hours)
    grown: dict[Member, dict[str, int]] = {}
    for row, loan in enumerate(book.loans):
        grown[LOAN, loan.loan_id] = {ccy: debt - loan.debts[ccy] for ccy, debt in owed.at(row, hours).items()}
    for one in book.accounts:
        grown[ACCOUNT, one.user.user_id] = {
            ccy: book.grown(ccy, debt, 0, hours, spot=True)[hours] - debt for ccy, debt in one.debts.items()
        }
    return {member: {ccy: Decimal(atoms).scaleb(-18) for ccy, atoms in own.items()} for member, own in grown.items()}


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


def mean(values: Sequence[float], zeros: int = 0, *, most: float = math.inf) -> Figure:
    """Mean of values and so many zeros, none of them above `most`; of a single value without an interval."""
    count = len(values) + zeros
    if not count:
        return UNKNOWN
    middle = math.fsum(values) / count
    if count == 1:
        return Figure(middle, None, None)
    half = NORMAL * math.sqrt(_variance(values, middle, zeros) / count)
    return Figure(middle, max(_floor(values), middle - half), min(most, middle + half))


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


def shortfall(values: Sequence[float], zeros: int = 0) -> Figure:
    """Mean of the largest `WORST` of the values and so many zeros, rounded up to whole ones."""
    if not values and not zeros:
        return UNKNOWN
    count = max(1, math.ceil(WORST * (len(values) + zeros)))
    worst = sorted([*values, *[0.0] * min(zeros, count)], reverse=True)[:count]
    middle = math.fsum(worst) / len(worst)
    if len(worst) == 1:
        return Figure(middle, None, None)
    spread = _variance(worst, middle) + (1 - WORST) * (middle - worst[-1]) ** 2
    half = NORMAL * math.sqrt(spread / len(worst))
    return Figure(middle, max(_floor(values), middle - half), middle + half)


def _floor(values: Sequence[float]) -> float:
    """Least that the mean of such values can be."""
    return 0.0 if min(values, default=0.0) >= 0 else -math.inf


def _variance(values: Sequence[float], middle: float, zeros: int = 0) -> float:
    """Variance of values and so many zeros; the sum is exact, so that it does not matter how the zeros are counted."""
    squares = [(value - middle) ** 2 for value in values]
    squares += [math.ldexp((0.0 - middle) ** 2, bit) for bit in range(zeros.bit_length()) if zeros >> bit & 1]
    return math.fsum(squares) / (len(values) + zeros - 1)
