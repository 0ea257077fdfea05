"""Prices of one path, as whole steps, as exact quotes and as floating-point numbers; and the moments loans are judged.

An hour of a path has one price at its full hour, or four a quarter of an hour apart. At each full hour the interest of
the hour joins the debts and is judged at the old prices; then the new prices come. So an hour with P prices has P + 1
moments, as in the engine (`core.DUE`).
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from tallystick.engine.amounts import ONE
from tallystick.engine.interest import HOUR_MS
from tallystick.engine.prices import Quotes
from tallystick.lab.book import Book
from tallystick.lab.draws import Floats

Steps: TypeAlias = NDArray[np.int64]
"""Prices of a path in whole steps: a row for each price in order of time, a column for each pair of the book."""
Places: TypeAlias = NDArray[np.intp]


class Moments:
    """Moments of a horizon: the place of the price that judges each, the hour whose interest is in the debts, its time.

    Price 0 is the present one; prices 1, 2, ... are the rows of a path.
    """

    def __init__(self, hour_ms: int, hours: int, points: int) -> None:
        self.hours = hours
        self.points = points
        self.per_hour = points + 1
        count = hours * self.per_hour
        hour, place = np.divmod(np.arange(count), self.per_hour)
        self.price: Places = hour * points + place
        self.hour: Places = hour + 1
        quarter_ms = np.maximum(place - 1, 0) * (HOUR_MS // points)
        self.at_ms: NDArray[np.int64] = (hour_ms + (hour + 1) * HOUR_MS + quarter_ms).astype(np.int64)


class Panel:
    """Prices of one path."""

    def __init__(self, book: Book, steps: Steps) -> None:
        self._book = book
        self._steps = steps
        self._quotes: dict[int, Quotes] = {}
        first = np.array([[index / ONE for index in book.first]])
        later = steps.astype(np.float64) * np.array([unit / ONE for unit in book.units])
        columns = np.concatenate((first, later))
        place = {pair: number for number, pair in enumerate(book.pairs)}
        self.usd: Floats = np.ones((len(columns), len(book.coins)))
        """Index of each coin in USD: a row for each price, a column for each coin of the book."""
        for number, ccy in enumerate(book.coins):
            for pair in book.chains[ccy]:
                self.usd[:, number] *= columns[:, place[pair]]

    def quotes(self, price: int) -> Quotes:
        """Exact quotes of a price by its place."""
        found = self._quotes.get(price)
        if found is None:
            found = self._quotes[price] = self._book.quotes(self.indices(price))
        return found

    def indices(self, price: int) -> tuple[int, ...]:
        """Exact index of each pair at a price by its place."""
        if price == 0:
            return self._book.first
        row = self._steps[price - 1].tolist()
        return tuple(steps * unit for steps, unit in zip(row, self._book.units, strict=True))
