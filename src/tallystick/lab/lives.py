"""Lives of loans on one path: warnings, liquidations by the engine's own function, and what goes on after them.

The screen names the moments at which a loan may not be safe; doubts are decided by `loan_judging.standing` in whole
numbers. A loan that is due is liquidated by `loan_liquidation.liquidation`, and what is left of it is screened anew
from the next moment on, up to the end of the path. Loans do not touch one another (`conditions`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tallystick.engine import loan_judging
from tallystick.engine.loan_liquidation import Liquidation, Moved, Settled, liquidation
from tallystick.lab import screen
from tallystick.lab.book import Book, Held
from tallystick.lab.draws import Floats
from tallystick.lab.panels import Moments, Panel, Places, Steps
from tallystick.lab.screen import Codes, Screen, Shapes

CODE_OF: Final = {
    loan_judging.SAFE: screen.SAFE,
    loan_judging.CALLED: screen.CALLED,
    loan_judging.DUE: screen.DUE,
    loan_judging.UNPRICED: screen.SAFE,
}
WARNED: Final = "warned"
SETTLED: Final = "settled"
CLOSED: Final = "closed"


class Row(NamedTuple):
    """One thing that happens to a loan: its time, a kind of row or `warned`, `settled`, `closed`, coin and amount."""

    at_ms: int
    what: str
    ccy: str
    amount: int


class Life(NamedTuple):
    """Life of one loan on one path to which something happens, its rows in order. Amounts are atoms.

    `interest` is that of each coin up to the end of the path or of the loan.
    """

    loan_id: int
    rows: tuple[Row, ...]
    interest: dict[str, int]

    def first_ms(self, *whats: str) -> int:
        """Time of the first row of one of these kinds; 0 if there is none."""
        return next((row.at_ms for row in self.rows if row.what in whats), 0)

    def settled(self) -> tuple[int, int]:
        """Atoms of the transit coin that liquidations give to the insurance fund, and that it pays."""
        amounts = [row.amount for row in self.rows if row.what == SETTLED]
        return sum(amount for amount in amounts if amount > 0), -sum(amount for amount in amounts if amount < 0)


class Lives:
    """Lives of a book over a horizon, or of other `loans` at its prices. Their shapes are made once for every path."""

    def __init__(
        self,
        book: Book,
        hours: int,
        points: int,
        margin: float = screen.MARGIN,
        loans: Sequence[Held] | None = None,
    ) -> None:
        self.book = book
        self.moments = Moments(book.hour_ms, hours, points)
        self._hours = hours
        self._margin = margin
        self.screen = Screen(book, self.moments, margin)
        self._shapes = Shapes(book, book.loans if loans is None else loans, hours, margin=margin)
        self.decided = 0
        """Verdicts that were decided in whole numbers."""

    def on(self, steps: Steps) -> Iterator[Life]:
        """Yield the lives of the loans to which something happens on a path, in the order of the book.

        Raises ValueError: the path has not one row for each price of the horizon.
        """
        if len(steps) != self._hours * self.moments.points:
            raise ValueError(f"a path of {len(steps)} prices for {self._hours} hours of {self.moments.points}")
        panel = Panel(self.book, steps)
        extremes = self.screen.extremes(panel.usd)
        rows, moments = self.screen.not_safe(self._shapes, panel.usd, extremes)
        order = np.lexsort((moments, rows))
        rows, moments = rows[order], moments[order]
        codes = self.screen.verdicts(self._shapes, rows, moments, panel.usd)
        bad = codes != screen.SAFE
        rows, moments, codes = rows[bad], moments[bad], codes[bad]
        loans, starts = np.unique(rows, return_index=True)
        ends = [*starts.tolist(), len(rows)][1:]
        for loan, start, end in zip(loans.tolist(), starts.tolist(), ends, strict=True):
            life = self._live(panel, extremes, loan, moments[start:end], codes[start:end])
            if life.rows:
                yield life

    def _live(self, panel: Panel, extremes: tuple[Floats, Floats], number: int, moments: Places, codes: Codes) -> Life:
        """Follow one loan through the moments at which it may not be safe."""
        loan, shapes, row = self._shapes.loans[number], self._shapes, number
        rows: list[Row] = []
        interest: dict[str, int] = dict.fromkeys(loan.debts, 0)
        warned_ms = loan.warned_at_ms
        while True:
            left = shapes.loans[row]
            place, codes = self._first_due(panel, shapes, row, moments, codes)
            warned_ms = self._warn(rows, self.moments.at_ms[moments[:place]][codes[:place] == screen.CALLED], warned_ms)
            if place == len(moments):
                _add(interest, left.debts, shapes.debts(row, self._hours))
                return Life(loan.loan_id, tuple(rows), interest)
            moment = int(moments[place])
            hour = int(self.moments.hour[moment])
            debts = shapes.debts(row, hour)
            _add(interest, left.debts, debts)
            quotes = panel.quotes(int(self.moments.price[moment]))
            done = liquidation(self.book.parameters, quotes, debts, left.collateral, e_mode=left.e_mode)
            self._tell(rows, int(self.moments.at_ms[moment]), done)
            if done.closed:
                return Life(loan.loan_id, tuple(rows), interest)
            left = left._replace(debts=done.debts, collateral=done.collateral)
            shapes, row = Shapes(self.book, (left,), self._hours, since=hour, margin=self._margin), 0
            moments, codes = self._again(panel.usd, extremes, shapes, moment)

    def _first_due(self, panel: Panel, shapes: Shapes, row: int, moments: Places, codes: Codes) -> tuple[int, Codes]:
        """Place of the first moment at which the loan is due, and all verdicts up to it with no doubt left."""
        codes = codes.copy()
        for place in np.flatnonzero(codes >= screen.DUE).tolist():
            if codes[place] == screen.DOUBT:
                codes[place] = self._decide(panel, shapes, row, int(moments[place]))
            if codes[place] == screen.DUE:
                return place, codes
        return len(moments), codes

    def _decide(self, panel: Panel, shapes: Shapes, row: int, moment: int) -> int:
        """Verdict in whole numbers, by the engine."""
        self.decided += 1
        loan = shapes.loans[row]
        debts = shapes.debts(row, int(self.moments.hour[moment]))
        quotes = panel.quotes(int(self.moments.price[moment]))
        parameters = self.book.parameters
        judged = loan_judging.standing(parameters, quotes, debts, loan.collateral, e_mode=loan.e_mode)
        return CODE_OF[judged.verdict]

    def _again(self, usd: Floats, extremes: tuple[Floats, Floats], shapes: Shapes, moment: int) -> tuple[Places, Codes]:
        """Moments after `moment` at which the one loan may not be safe, and the verdicts on them."""
        before = int(self.moments.hour[moment]) - 1
        _, moments = self.screen.not_safe(shapes, usd, extremes, since=before)
        moments = np.sort(moments[moments > moment])
        codes = self.screen.verdicts(shapes, np.zeros_like(moments), moments, usd)
        bad = codes != screen.SAFE
        return moments[bad], codes[bad]

    def _warn(self, rows: list[Row], called_ms: NDArray[np.int64], warned_ms: int) -> int:
        """Put in the warnings of a loan that is called at these times. Returns the time of the last warning."""
        every_ms = self.book.parameters.loan_warning_every_ms
        place = 0
        while place < len(called_ms):
            if warned_ms:
                place += int(np.searchsorted(called_ms[place:], warned_ms + every_ms))
            if place == len(called_ms):
                break
            warned_ms = int(called_ms[place])
            rows.append(Row(warned_ms, WARNED, "", 0))
            place += 1
        return warned_ms

    def _tell(self, rows: list[Row], at_ms: int, done: Liquidation) -> None:
        for act in done.acts:
            match act:
                case Moved(kind, ccy, amount):
                    rows.append(Row(at_ms, kind, ccy, amount))
                case Settled(amount):
                    rows.append(Row(at_ms, SETTLED, self.book.parameters.transit_ccy, amount))
        if done.closed:
            rows.append(Row(at_ms, CLOSED, "", 0))


def _add(interest: dict[str, int], before: dict[str, int], after: dict[str, int]) -> None:
    for ccy, amount in after.items():
        interest[ccy] += amount - before[ccy]
