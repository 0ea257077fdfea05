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
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from tallystick.engine.interest import HOUR_MS
from tallystick.lab.book import Book
from tallystick.lab.columns import opening_debts
from tallystick.lab.counting import ACCOUNT, LOAN, Counter, Member, Numbers
from tallystick.lab.forms import Answer, Figure, PathOutcome

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
    counter = Counter(book, costed=costed)
    for path in paths:
        counter.take(path)
    interest = counter.interest(_quiet_interest(book, hours))
    told = [
        _answer(book.hour_ms, scope, numbers, [interest[member] for member in own], costed=costed)
        for scope, own, numbers in counter.together()
    ]
    told += [
        _answer(book.hour_ms, (kind, str(number)), numbers, [interest[kind, number]], costed=costed)
        for (kind, number), numbers in counter.singly()
    ]
    return told


def _answer(
    hour_ms: int, scope: tuple[str, str], numbers: Numbers, interest: Iterable[Mapping[str, Decimal]], *, costed: bool
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
        loss=mean([loss for loss, at_ms in zip(numbers.loss, numbers.liquidated_ms, strict=True) if at_ms])
        if costed
        else UNKNOWN,
        shortfall=shortfall(numbers.loss, quiet) if costed else UNKNOWN,
        fund_pays=mean(numbers.pays, quiet) if costed else UNKNOWN,
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
