"""Screen of the lab: it passes over the loans and the hours that are safe, in floating-point numbers with a margin.

A loan is safe where L, its debts in USD, is at most S, the larger of two sums over its collateral:

    A = sum of price x (counted / liquidation divisor - (gap + line cut + margin) x amount)
    B = sum of price x (counted / initial divisor - margin x amount)

A is below the margin call wherever its cut has put it, B below the initial LTV; in E-Mode both are shares of the
amount. Neither sum depends on anything but prices, so the lowest and the highest prices of a path, then of blocks of
hours, show which loans are safe throughout. A without the gap is below the liquidation line, so that a loan which may
not be warned again yet is passed over where it is not due. The rest is judged at each moment: first by S, then by the
lines as they are cut. A verdict that the margin could change is a doubt, and `lives` decides it in whole numbers.

The margin of 1e-9 is a million times the rounding of these sums; values below a millionth of a dollar, where cutting to
atoms matters, are doubts too. Loans of several paths are judged together; they stand in the order of their paths.
Source: chosen (decisions/058).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tallystick.engine.amounts import ONE
from tallystick.engine.loan_judging import LTV_DECIMALS
from tallystick.engine.parameters import Parameters
from tallystick.lab.columns import LINE_CUT, MARGIN, Columns
from tallystick.lab.draws import Floats
from tallystick.lab.panels import Moments, Places

TINY_USD: Final = 1e-6
SLACK_USD: Final = 1e-12
LINES: Final = 10**LTV_DECIMALS
BLOCK_HOURS: Final = 24

SAFE: Final = 0
CALLED: Final = 1
DUE: Final = 2
DOUBT: Final = 3
Codes = NDArray[np.int8]


class Rules(NamedTuple):
    """Numbers of the venue by which loans are judged, and the margin; `slack` is USD added to what is owed."""

    initial: float
    liquidation: float
    gap: float
    e_initial: float
    e_called: float
    e_due: float
    margin: float
    slack: float


def rules_of(parameters: Parameters, margin: float) -> Rules:
    """Rules of a venue."""
    return Rules(
        initial=parameters.loan_initial / ONE,
        liquidation=parameters.loan_liquidation / ONE,
        gap=parameters.loan_margin_call_gap / ONE,
        e_initial=parameters.loan_e_mode_initial / ONE,
        e_called=parameters.loan_e_mode_margin_call / ONE,
        e_due=parameters.loan_e_mode_liquidation / ONE,
        margin=margin,
        slack=SLACK_USD if margin else 0.0,
    )


class Prices(NamedTuple):
    """Prices in USD that loans are judged at: a layer for each path, a row for each price, a column for each coin.

    `path` is the layer of each loan, in rising order.
    """

    usd: Floats
    path: Places

    def of_coins(self, coins: Places) -> Floats:
        """Prices of one coin for each loan."""
        found: Floats = self.usd[0].T[coins] if len(self.usd) == 1 else self.usd[self.path, :, coins]
        return found

    def times(self, weights: Floats) -> Floats:
        """Sum of weights times prices for each loan: a column for each price."""
        if len(self.usd) == 1:
            alone: Floats = weights @ self.usd[0].T
            return alone
        found = np.empty((len(weights), self.usd.shape[1]))
        bounds = np.searchsorted(self.path, np.arange(len(self.usd) + 1)).tolist()
        for layer, (start, end) in enumerate(pairwise(bounds)):
            if start < end:
                np.matmul(weights[start:end], self.usd[layer].T, out=found[start:end])
        return found


class Passed(NamedTuple):
    """Tests that loans are safe, or at least not due, throughout stretches: a loan a row, a stretch a column."""

    safe: NDArray[np.bool_]
    not_due: NDArray[np.bool_]


class Screen:
    """Screen of one book over one horizon. `looked` counts the pairs of a loan and an hour that were judged singly.

    With `compiled` verdicts come from machine code, which needs numba.
    """

    def __init__(
        self,
        parameters: Parameters,
        moments: Moments,
        margin: float = MARGIN,
        block_hours: int = BLOCK_HOURS,
        *,
        compiled: bool = False,
    ) -> None:
        self._compiled = compiled
        self._rules = rules_of(parameters, margin)
        self._points = moments.points
        self._price = moments.price.reshape(moments.hours, moments.per_hour)
        """Place of the price of each moment: an hour a row."""
        starts = range(0, moments.hours, block_hours)
        self.blocks = [(start, min(start + block_hours, moments.hours)) for start in starts]
        """Blocks of hours: from the end of the first number to the end of the second."""
        self.looked = 0

    def extremes(self, usd: Floats) -> tuple[Floats, Floats]:
        """Lowest and highest prices of each block: a layer for each path, a row for each block."""
        spans = [slice(start * self._points, end * self._points + 1) for start, end in self.blocks]
        lows = np.stack([usd[:, span].min(axis=1) for span in spans], axis=1)
        highs = np.stack([usd[:, span].max(axis=1) for span in spans], axis=1)
        return lows, highs

    def passed(self, columns: Columns, owed: Floats, lows: Floats, highs: Floats, path: Places) -> Passed:
        """Test which loans are passed over throughout stretches with these lowest and highest prices.

        `owed` are the debts in coins at the end of each stretch, a layer for each debt.
        """
        low, high = Prices(lows, path), Prices(highs, path)
        most = np.full(owed.shape[1:], self._rules.slack)
        for coins, debts in zip(columns.coin, owed, strict=True):
            most += debts * high.of_coins(coins)
        most[(lows.min(axis=2) < TINY_USD)[path]] = np.inf
        within = most <= _least(columns.within, low, high)
        called, due = (_least(weights, low, high) for weights in (columns.called, columns.due))
        return Passed(safe=within | (most <= called), not_due=within | (most <= due))

    def codes(self, columns: Columns, owed: Floats, usd: Floats, path: Places) -> Codes:
        """Verdicts on loans at the moments of a stretch of hours: safe, called, due or a doubt.

        `owed` are the debts in coins at the end of each hour, `usd` the prices from the one before the stretch on. A
        row for each loan, then the moments in order.
        """
        hours = owed.shape[2]
        self.looked += len(path) * hours
        places = self._price[:hours]
        if self._compiled:
            from tallystick.lab.compiled import codes

            quick: Codes = codes(columns, owed, usd, path, places=places, rules=self._rules)
            return quick.reshape(len(path), places.size)
        found = np.zeros((len(path), *places.shape), dtype=np.int8)
        prices = Prices(usd, path)
        safe = np.maximum(prices.times(columns.called), prices.times(columns.within))
        safe[(usd.min(axis=2) < TINY_USD)[path]] = -1.0
        due = _debts_usd(columns, owed, prices, places)
        beyond = due + self._rules.slack > safe[:, places]
        rows = np.flatnonzero(beyond.any(axis=(1, 2)))
        if len(rows):
            verdicts = self._verdicts(columns.take(rows), due[rows], Prices(usd, path[rows]), places)
            found[rows] = np.where(beyond[rows], verdicts, SAFE)
        return found.reshape(len(path), places.size)

    def _verdicts(self, columns: Columns, due: Floats, prices: Prices, places: Places) -> Codes:
        """Verdicts by the lines as they are cut, in USD owed: called from the first one on, due from the second."""
        rules = self._rules
        value, counted = prices.times(columns.amount), prices.times(columns.counted)
        share = counted / value
        initial, rough_initial = _cut(share / rules.initial, rules.margin)
        line, rough_line = _cut(share / rules.liquidation, rules.margin)
        on = columns.e_mode[:, None]
        called = np.where(on, rules.e_called, np.maximum(initial, line - rules.gap)) * value
        line = np.where(on, rules.e_due, line) * value
        within = np.where(on, rules.e_initial * value, counted / rules.initial)
        first, second = np.maximum(called, within), np.maximum(line, within)
        near = np.where((rough_initial | rough_line) & ~on, 1.1 * LINE_CUT, rules.margin) * value
        if rules.margin:
            near[(value < TINY_USD) | (prices.usd.min(axis=2) < TINY_USD)[prices.path]] = np.inf
        first, second, near = first[:, places], second[:, places], near[:, places]
        found: Codes = (due >= first).astype(np.int8) + (due >= second)
        if rules.margin:
            apart = np.minimum(np.abs(due - first), np.abs(due - second))
            found[(apart <= near) | (due < TINY_USD)] = DOUBT
        return found


def _least(weights: Floats, low: Prices, high: Prices) -> Floats:
    """Least sum of weights times prices between the lowest and the highest ones; few books have weights below 0."""
    if weights.min(initial=0.0) >= 0.0:
        return low.times(weights)
    return low.times(np.maximum(weights, 0.0)) + high.times(np.minimum(weights, 0.0))


def _debts_usd(columns: Columns, owed: Floats, prices: Prices, places: Places) -> Floats:
    """Debts in USD of each loan: an hour a row, each of its moments a column."""
    found = np.zeros((len(prices.path), *places.shape))
    for coins, debts in zip(columns.coin, owed, strict=True):
        found += debts[:, :, None] * prices.of_coins(coins)[:, places]
    return found


def _cut(ratio: Floats, margin: float) -> tuple[Floats, NDArray[np.bool_]]:
    """Ratios cut to 4 decimals, and which of them the margin could cut to the next one."""
    scaled = ratio * LINES
    whole = np.floor(scaled)
    rest = scaled - whole
    edge = LINES * margin
    return whole / LINES, (rest <= edge) | (rest >= 1.0 - edge)
