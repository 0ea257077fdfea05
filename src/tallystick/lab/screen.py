"""Screen of the lab: it passes over the loans and the hours that are safe, in floating-point numbers with a margin.

A loan is safe where L, its debts in USD, is at most S, the larger of two sums over its collateral:

    A = sum of price x (counted / liquidation divisor - (gap + line cut + margin) x amount)
    B = sum of price x (counted / initial divisor - margin x amount)

A is below the margin call wherever its cut has put it, B below the initial LTV; in E-Mode both are shares of the
amount. Neither sum depends on anything but prices, so the lowest and the highest prices of a path, then of blocks of
hours, show which loans are safe throughout. The rest is judged at each moment: first by S, then by the lines as they
are cut. A verdict that the margin could change is a doubt, and `lives` decides it in whole numbers.

The margin of 1e-9 is a million times the rounding of these sums; values below a millionth of a dollar, where cutting to
atoms matters, are doubts too. Source: chosen (decisions/058).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tallystick.engine import discount
from tallystick.engine.amounts import ONE, unit_of
from tallystick.engine.interest import LOAN_UNIT
from tallystick.engine.loan_judging import LTV_DECIMALS
from tallystick.lab.book import Book, Held
from tallystick.lab.draws import Floats
from tallystick.lab.panels import Moments, Places

MARGIN: Final = 1e-9
TINY_USD: Final = 1e-6
SLACK_USD: Final = 1e-12
LINE_CUT: Final = unit_of(LTV_DECIMALS) / ONE
LINES: Final = 10**LTV_DECIMALS
BLOCK_HOURS: Final = 24

SAFE: Final = 0
CALLED: Final = 1
DUE: Final = 2
DOUBT: Final = 3
Codes = NDArray[np.int8]
_NOTHING: Final = np.zeros(0, dtype=np.intp)


class Shapes:
    """Loans as columns of numbers. `since` is the hour at the end of which all of them owe their debts."""

    def __init__(
        self, book: Book, loans: Sequence[Held], hours: int, *, since: int = 0, margin: float = MARGIN
    ) -> None:
        parameters = book.parameters
        place = {ccy: number for number, ccy in enumerate(book.coins)}
        size, owes = len(loans), max((len(loan.debts) for loan in loans), default=0)
        self.loans = loans
        self.size = size
        self.amount: Floats = np.zeros((size, len(book.coins)))
        self.counted: Floats = np.zeros((size, len(book.coins)))
        self.owed_coin: Places = np.zeros((owes, size), dtype=np.intp)
        self.owed: Floats = np.zeros((owes, size, hours + 1))
        """Debts in coins: a layer for each debt of a loan, a row for each loan, a column for each hour."""
        self._grown: NDArray[np.int64] = np.zeros((owes, size, hours + 1), dtype=np.int64)
        """Interest so far in whole units of `LOAN_UNIT`, in the same places."""
        self.e_mode = np.array([loan.e_mode for loan in loans], dtype=bool)
        for row, loan in enumerate(loans):
            for ccy, amount in loan.collateral.items():
                self.amount[row, place[ccy]] = amount / ONE
                self.counted[row, place[ccy]] = discount.counted(parameters.currencies[ccy], amount) / ONE
            for layer, (ccy, debt) in enumerate(loan.debts.items()):
                self.owed_coin[layer, row] = place[ccy]
                grown = book.grown(ccy, debt, since, hours)
                self._grown[layer, row, since:] = [(amount - debt) // LOAN_UNIT for amount in grown]
                self.owed[layer, row, since:] = self._grown[layer, row, since:] * (LOAN_UNIT / ONE) + debt / ONE
        self._weigh(book, margin)

    def debts(self, row: int, hour: int) -> dict[str, int]:
        """Exact debts of a loan at the end of an hour, in atoms."""
        return {
            ccy: debt + int(self._grown[layer, row, hour]) * LOAN_UNIT
            for layer, (ccy, debt) in enumerate(self.loans[row].debts.items())
        }

    def _weigh(self, book: Book, margin: float) -> None:
        """Weights of both sums, and their parts above and below 0."""
        parameters = book.parameters
        divisor, initial = parameters.loan_liquidation / ONE, parameters.loan_initial / ONE
        gap = parameters.loan_margin_call_gap / ONE + LINE_CUT + margin
        called = self.counted / divisor - gap * self.amount
        within = self.counted / initial - margin * self.amount
        on = self.e_mode[:, None]
        called = np.where(on, (parameters.loan_e_mode_margin_call / ONE - margin) * self.amount, called)
        within = np.where(on, (parameters.loan_e_mode_initial / ONE - margin) * self.amount, within)
        self.weights = (called, within)
        self.above = tuple(np.maximum(weight, 0.0) for weight in self.weights)
        self.below = tuple(np.minimum(weight, 0.0) for weight in self.weights)

    def debts_usd(self, rows: Places, hours: Places, usd: Floats) -> Floats:
        """Debts in USD of loans `rows` in all `hours`: `usd` has a row of prices for each hour."""
        found = np.zeros((len(rows), len(hours)))
        for coins, owed in zip(self.owed_coin, self.owed, strict=True):
            found += owed[np.ix_(rows, hours)] * usd[:, coins[rows]].T
        return found


class Screen:
    """Screen of one book over one horizon. `looked` counts the pairs of a loan and an hour that were judged singly."""

    def __init__(self, book: Book, moments: Moments, margin: float = MARGIN, block_hours: int = BLOCK_HOURS) -> None:
        self._parameters = book.parameters
        self._moments = moments
        self._margin = margin
        self._slack = SLACK_USD if margin else 0.0
        self._block_hours = block_hours
        starts = range(0, moments.hours, block_hours)
        self._blocks = [(start, min(start + block_hours, moments.hours)) for start in starts]
        """Blocks of hours: from the end of the first number to the end of the second."""
        self.looked = 0

    def extremes(self, usd: Floats) -> tuple[Floats, Floats]:
        """Lowest and highest prices of a path: a row for each block."""
        points = self._moments.points
        lows = np.array([usd[a * points : b * points + 1].min(axis=0) for a, b in self._blocks])
        highs = np.array([usd[a * points : b * points + 1].max(axis=0) for a, b in self._blocks])
        return lows, highs

    def not_safe(
        self, shapes: Shapes, usd: Floats, extremes: tuple[Floats, Floats], *, since: int = 0
    ) -> tuple[Places, Places]:
        """Pairs (row of a loan, moment) that S does not show to be safe, in no certain order.

        Blocks that end by hour `since` are left out.
        """
        first = since // self._block_hours
        lows, highs = (prices[first:] for prices in extremes)
        blocks = self._blocks[first:]
        if not blocks:
            return _NOTHING, _NOTHING
        everyone = np.arange(shapes.size)
        low, high = lows.min(axis=0)[None], highs.max(axis=0)[None]
        left = everyone[~self._pass(shapes, everyone, np.array([self._moments.hours]), low, high)[:, 0]]
        if not len(left):
            return _NOTHING, _NOTHING
        ends = np.array([end for _, end in blocks])
        passed = self._pass(shapes, left, ends, lows, highs)
        found = [self._at_moments(shapes, left[~passed[:, n]], *block, usd) for n, block in enumerate(blocks)]
        rows, moments = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return rows, moments

    def _pass(self, shapes: Shapes, rows: Places, ends: Places, lows: Floats, highs: Floats) -> NDArray[np.bool_]:
        """Test which loans are safe throughout stretches that end with the hours `ends`: a column for each stretch."""
        least = [
            above[rows] @ lows.T + below[rows] @ highs.T
            for above, below in zip(shapes.above, shapes.below, strict=True)
        ]
        most = shapes.debts_usd(rows, ends, highs)
        passed: NDArray[np.bool_] = (most + self._slack <= np.maximum(*least)) & (lows.min(axis=1) >= TINY_USD)
        return passed

    def _at_moments(self, shapes: Shapes, rows: Places, start: int, end: int, usd: Floats) -> tuple[Places, Places]:
        """Pairs that are not safe among loans `rows` and the moments of one block."""
        per_hour = self._moments.per_hour
        span = np.arange(start * per_hour, end * per_hour)
        self.looked += len(rows) * (end - start)
        if not len(rows):
            return _NOTHING, _NOTHING
        quoted = usd[self._moments.price[span]]
        owed = shapes.debts_usd(rows, self._moments.hour[span], quoted)
        safe = np.maximum(*(weight[rows] @ quoted.T for weight in shapes.weights))
        row, place = np.nonzero((owed + self._slack > safe) | (quoted.min(axis=1) < TINY_USD))
        return rows[row], span[place]

    def verdicts(self, shapes: Shapes, rows: Places, moments: Places, usd: Floats) -> Codes:
        """Verdict on each pair of a loan and a moment by its lines as they are cut: safe, called, due or a doubt."""
        parameters, margin = self._parameters, self._margin
        quoted = usd[self._moments.price[moments]]
        hours = self._moments.hour[moments]
        pairs = np.arange(len(rows))
        owed = np.zeros(len(rows))
        for coins, debts in zip(shapes.owed_coin, shapes.owed, strict=True):
            owed += debts[rows, hours] * quoted[pairs, coins[rows]]
        value = np.einsum("ij,ij->i", shapes.amount[rows], quoted)
        counted = np.einsum("ij,ij->i", shapes.counted[rows], quoted)
        e_mode = shapes.e_mode[rows]
        ltv, share = owed / value, counted / value
        initial, rough_initial = _cut(share / (parameters.loan_initial / ONE), margin)
        line, rough_line = _cut(share / (parameters.loan_liquidation / ONE), margin)
        called = np.maximum(initial, line - parameters.loan_margin_call_gap / ONE)
        line = np.where(e_mode, parameters.loan_e_mode_liquidation / ONE, line)
        called = np.where(e_mode, parameters.loan_e_mode_margin_call / ONE, called)
        rough = (rough_initial | rough_line) & ~e_mode
        room = np.where(
            e_mode,
            parameters.loan_e_mode_initial / ONE * value - owed,
            counted - parameters.loan_initial / ONE * owed,
        )
        codes = np.where(ltv >= line, DUE, CALLED)
        codes = np.where((ltv < called) | (room >= 0.0), SAFE, codes)
        apart = np.minimum(np.abs(ltv - called), np.abs(ltv - line))
        doubt = (apart <= np.where(rough, 1.1 * LINE_CUT, margin)) | (np.abs(room) <= margin * value)
        if margin:
            doubt |= (value < TINY_USD) | (owed < TINY_USD) | (quoted.min(axis=1) < TINY_USD)
        found: Codes = np.where(doubt & (margin > 0.0), DOUBT, codes).astype(np.int8)
        return found


def _cut(ratio: Floats, margin: float) -> tuple[Floats, NDArray[np.bool_]]:
    """Ratios cut to 4 decimals, and which of them the margin could cut to the next one."""
    scaled = ratio * LINES
    whole = np.floor(scaled)
    rest = scaled - whole
    edge = LINES * margin
    return whole / LINES, (rest <= edge) | (rest >= 1.0 - edge)
