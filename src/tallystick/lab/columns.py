"""Loans as columns of numbers, a row for each: what they pledge, what of it counts, and their debts at some hour.

The sums of the screen (`screen`) are weights times prices, so a loan has a weight for each coin and each sum. Debts are
exact: whole atoms, and the interest since then in whole units.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tallystick.engine import discount
from tallystick.engine.amounts import ONE, unit_of
from tallystick.engine.interest import LOAN_UNIT
from tallystick.engine.loan_judging import LTV_DECIMALS
from tallystick.lab.book import Book, Held
from tallystick.lab.draws import Floats
from tallystick.lab.growth import Units, grow
from tallystick.lab.panels import Places

MARGIN: Final = 1e-9
COIN_UNIT: Final = LOAN_UNIT / ONE
"""Unit of interest in coins."""
LINE_CUT: Final = unit_of(LTV_DECIMALS) / ONE


class Columns(NamedTuple):
    """Columns in floating-point numbers: a row for each loan, a column for each coin of the book.

    `called`, `due` and `within` are the weights of the sums; `coin` and `owed` have a layer for each debt of a loan:
    the place of its coin, and what it owes without `Debts.grown`.
    """

    amount: Floats
    counted: Floats
    called: Floats
    due: Floats
    within: Floats
    e_mode: NDArray[np.bool_]
    coin: Places
    owed: Floats

    def take(self, rows: Places) -> Columns:
        """Columns of these rows alone."""
        return Columns(
            amount=self.amount[rows],
            counted=self.counted[rows],
            called=self.called[rows],
            due=self.due[rows],
            within=self.within[rows],
            e_mode=self.e_mode[rows],
            coin=self.coin[:, rows],
            owed=self.owed[:, rows],
        )

    def join(self, other: Columns) -> Columns:
        """Columns of both, one after the other."""
        layered = ("coin", "owed")
        joined = [
            np.concatenate(parts, axis=1 if name in layered else 0)
            for name, *parts in zip(self._fields, self, other, strict=True)
        ]
        return Columns(*joined)


def columns_of(book: Book, loans: Sequence[Held], margin: float, layers: int) -> Columns:
    """Columns of loans; `layers` is the most debts that one of them has."""
    parameters = book.parameters
    place = {ccy: number for number, ccy in enumerate(book.coins)}
    size = len(loans)
    amount, counted = np.zeros((size, len(place))), np.zeros((size, len(place)))
    coin, owed = np.zeros((layers, size), dtype=np.intp), np.zeros((layers, size))
    e_mode = np.array([loan.e_mode for loan in loans], dtype=bool)
    for row, loan in enumerate(loans):
        for ccy, atoms in loan.collateral.items():
            amount[row, place[ccy]] = atoms / ONE
            counted[row, place[ccy]] = discount.counted(parameters.currencies[ccy], atoms) / ONE
        for layer, (ccy, debt) in enumerate(loan.debts.items()):
            coin[layer, row] = place[ccy]
            owed[layer, row] = debt / ONE
    gap, cut = parameters.loan_margin_call_gap / ONE, LINE_CUT + margin
    on = e_mode[:, None]
    line = counted / (parameters.loan_liquidation / ONE)
    called = np.where(
        on,
        (parameters.loan_e_mode_margin_call / ONE - margin) * amount,
        line - (gap + cut) * amount,
    )
    due = np.where(on, (parameters.loan_e_mode_liquidation / ONE - margin) * amount, line - cut * amount)
    within = np.where(
        on,
        (parameters.loan_e_mode_initial / ONE - margin) * amount,
        counted / (parameters.loan_initial / ONE) - margin * amount,
    )
    return Columns(
        amount=amount,
        counted=counted,
        called=called,
        due=due,
        within=within,
        e_mode=e_mode,
        coin=coin,
        owed=owed,
    )


class Debts:
    """Debts of loans over hours: `grown` has a layer for each debt of a loan, a row for each loan, a column an hour."""

    def __init__(self, loans: Sequence[Held], layers: int) -> None:
        self.loans = list(loans)
        shape = (layers, len(loans))
        self.bases = [[0] * len(loans) for _ in range(layers)]
        self.rates = [[0] * len(loans) for _ in range(layers)]
        self.grown: Units = np.zeros((*shape, 1), dtype=np.int64)
        self.first = 0
        """Hour of the first column."""

    @classmethod
    def of(cls, book: Book, loans: Sequence[Held], layers: int) -> Debts:
        """Debts of loans that owe what they say now."""
        made = cls(loans, layers)
        for row, loan in enumerate(loans):
            for layer, (ccy, debt) in enumerate(loan.debts.items()):
                made.bases[layer][row], made.rates[layer][row] = debt, book.yearly[ccy][1]
        return made

    def grow(self, since: Places, until: int) -> None:
        """Let debts grow from the hours `since`, of which they say what they are now, to hour `until`."""
        self.first = int(since.min())
        layers = zip(self.bases, self.grown, self.rates, strict=True)
        self.grown = np.stack([grow(bases, grown[:, -1], rates, since, until) for bases, grown, rates in layers])

    @property
    def last(self) -> int:
        """Hour of the last column."""
        return self.first + int(self.grown.shape[2]) - 1

    def at(self, row: int, hour: int) -> dict[str, int]:
        """Debts of a loan at the end of an hour, in atoms."""
        place = hour - self.first
        return {
            ccy: debt + int(self.grown[layer, row, place]) * LOAN_UNIT
            for layer, (ccy, debt) in enumerate(self.loans[row].debts.items())
        }

    def interest(self, rows: Places, hours: Places) -> list[dict[str, int]]:
        """Interest of loans, each of them up to the end of its hour, in atoms."""
        grown = zip(*self.grown[:, rows, hours - self.first].tolist(), strict=True)
        return [
            {ccy: units * LOAN_UNIT for ccy, units in zip(self.loans[row].debts, own, strict=False)}
            for row, own in zip(rows.tolist(), grown, strict=True)
        ]

    def take(self, rows: Places) -> Debts:
        """Debts of these rows alone, as they are in the last column."""
        numbers = rows.tolist()
        made = Debts([self.loans[row] for row in numbers], len(self.bases))
        made.bases = [[layer[row] for row in numbers] for layer in self.bases]
        made.rates = [[layer[row] for row in numbers] for layer in self.rates]
        made.grown, made.first = self.grown[:, rows, -1:], self.last
        return made

    def join(self, other: Debts) -> Debts:
        """Debts of both, one after the other, as they are in the last column."""
        made = Debts([*self.loans, *other.loans], len(self.bases))
        made.bases = [[*one, *more] for one, more in zip(self.bases, other.bases, strict=True)]
        made.rates = [[*one, *more] for one, more in zip(self.rates, other.rates, strict=True)]
        made.grown = np.concatenate((self.grown[:, :, -1:], other.grown[:, :, -1:]), axis=1)
        made.first = self.last
        return made


def opening_debts(book: Book, loans: Sequence[Held], layers: int, hours: int) -> Debts:
    """Debts of the loans of a book from its own hour on; the running hour ends as hour 1, at a rate of its own."""
    made = Debts.of(book, loans, layers)
    if not loans:
        return made
    later = made.rates
    made.rates = [[0] * len(loans) for _ in range(layers)]
    for row, loan in enumerate(loans):
        for layer, ccy in enumerate(loan.debts):
            made.rates[layer][row] = book.yearly[ccy][0]
    start: Places = np.zeros(len(loans), dtype=np.intp)
    made.grow(start, 1)
    first = made.grown
    made.rates = later
    made.grow(start + 1, hours)
    made.grown, made.first = np.concatenate((first[:, :, :1], made.grown), axis=2), 0
    return made
