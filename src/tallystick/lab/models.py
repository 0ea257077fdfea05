"""Models of price paths: blocks of recorded hours, a correlated walk with jumps, a historical window, and a shock.

Model, seed and number of the path decide every byte of it (`draws`). A path has a row for each price, one an hour or
four, and a column for each pair of the book, in whole steps of the pair. Every path begins at the present prices; a
pair that a model does not move stands still. Source: chosen (decisions/058).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Protocol, TypeAlias

import numpy as np
from msgspec import Struct

from tallystick.engine.amounts import ONE, atoms_from_text
from tallystick.engine.interest import HOUR_MS, HOURS_PER_YEAR
from tallystick.engine.prices import dollar_pair
from tallystick.lab.book import Book
from tallystick.lab.draws import Floats, exp, normals, shares, words
from tallystick.lab.panels import Steps
from tallystick.venue.sources import Source

WALK_HOURS: Final = 41 * 24
"""Hours that are taken of a market without an end."""
STEPS_MOST: Final = 2.0**53
PathOf: TypeAlias = Callable[[int], Steps]
"""Maker of the path of a number."""


class BadModel(ValueError):
    """Error for a model that cannot make paths for this book. The text says why and what to change."""


class Model(Protocol):
    """Model of paths. `limit` is the number of paths it has; None is as many as are asked for."""

    @property
    def limit(self) -> int | None: ...

    def told(self) -> dict[str, str]:
        """Name and settings, for the manifest."""

    def paths(self, book: Book, seed: int, hours: int, points: int) -> PathOf:
        """Prepare the making of paths. Raises BadModel."""


class Blocks(Struct, frozen=True):
    """Blocks of `length` recorded hours in random order, all coins together, laid on the present prices."""

    market: Source
    length: int = 24
    limit: int | None = None

    def told(self) -> dict[str, str]:
        return {"model": "blocks", "market": self.market.name, "length": str(self.length)}

    def paths(self, book: Book, seed: int, hours: int, points: int) -> PathOf:
        recorded = _recorded(self.market, book, points)
        # A block begins at the price of one hour and moves through those of the next ones.
        last = len(recorded) // points - self.length - 1
        if self.length < 1 or last < 0:
            raise BadModel(f"blocks of {self.length} hours: {self.market.name} has blocks of 1 to {last + self.length}")
        count = -(-hours // self.length)

        def path(number: int) -> Steps:
            level = _present(book)
            parts = []
            for word in words(seed, number, count).tolist():
                start = word % (last + 1) * points
                moved = recorded[start + 1 : start + 1 + self.length * points] / recorded[start]
                parts.append(level * moved)
                level = parts[-1][-1]
            return _in_steps(book, np.concatenate(parts)[: hours * points])

        return path


class Walk(Struct, frozen=True):
    """Walk of all coins together: log prices move by normal steps with one common part, and at times by a common jump.

    `yearly` is the volatility a year of each pair, `usual` that of pairs it does not name; stable coins stand still
    unless named. `together` is the share of the variance that is common. A jump comes with `jumps_per_year` and moves
    every pair that moves by a normal step of the size `jump`.
    """

    yearly: Mapping[str, float] = {}
    usual: float = 0.8
    together: float = 0.7
    jumps_per_year: float = 6.0
    jump: float = 0.08
    limit: int | None = None

    def told(self) -> dict[str, str]:
        named = {f"yearly {pair}": repr(size) for pair, size in self.yearly.items()}
        numbers = {name: repr(getattr(self, name)) for name in ("usual", "together", "jumps_per_year", "jump")}
        return {"model": "walk", **numbers, **named}

    def paths(self, book: Book, seed: int, hours: int, points: int) -> PathOf:
        sizes = [self._size(book, pair) for pair in book.pairs]
        if min((*sizes, self.usual, self.jumps_per_year, self.jump), default=0.0) < 0 or not 0 <= self.together <= 1:
            raise BadModel("a walk: sizes are 0 or more, and the common share of the variance is from 0 to 1")
        each = np.array(sizes) / float(np.sqrt(np.float64(HOURS_PER_YEAR * points)))
        moving = np.array(sizes) > 0.0
        common, own = (float(np.sqrt(np.float64(share))) for share in (self.together, 1.0 - self.together))
        chance = self.jumps_per_year / (HOURS_PER_YEAR * points)

        def path(number: int) -> Steps:
            drawn = words(seed, number, hours * points * (3 + len(sizes))).reshape(hours * points, 3 + len(sizes))
            jumps = np.where(shares(drawn[:, 0]) < chance, self.jump * normals(drawn[:, 1]), 0.0)
            market = normals(drawn[:, 2])
            steps = each * (common * market[:, None] + own * normals(drawn[:, 3:])) - 0.5 * each * each
            logs = np.add.accumulate(steps + moving * jumps[:, None], axis=0)
            return _in_steps(book, _present(book) * exp(np.clip(logs, -30.0, 30.0)))

        return path

    def _size(self, book: Book, pair: str) -> float:
        still = pair == dollar_pair(book.state) or pair.split("-")[0] in book.parameters.stable_ccys
        return float(self.yearly.get(pair, 0.0 if still else self.usual))


class Window(Struct, frozen=True):
    """Recorded hours in a row from hour `start` of a market on, laid on the present prices.

    Path N begins N hours later, as long as the recording lasts.
    """

    market: Source
    start: int = 0
    limit: int | None = None

    def told(self) -> dict[str, str]:
        return {"model": "window", "market": self.market.name, "start": str(self.start)}

    def paths(self, book: Book, seed: int, hours: int, points: int) -> PathOf:
        recorded = _recorded(self.market, book, points)
        last = len(recorded) // points - hours - 1
        if not 0 <= self.start <= last:
            raise BadModel(f"a window of {hours} hours begins at hour 0 to {last} of {self.market.name}: ask for fewer")

        def path(number: int) -> Steps:
            if self.start + number > last:
                raise BadModel(f"path {number}: the recording has windows 0 to {last - self.start} only")
            start = (self.start + number) * points
            moved = recorded[start + 1 : start + 1 + hours * points] / recorded[start]
            return _in_steps(book, _present(book) * moved)

        return path


class Shock(Struct, frozen=True):
    """One path: within `hours` prices go in a straight line to those of `prices`, or fall by `fall`, and stay there.

    `prices` are decimal texts by pair; `fall` is a share of each price of a coin that is not stable, such as 0.4.
    """

    prices: Mapping[str, str] = {}
    fall: str = "0"
    hours: int = 1
    limit: int | None = 1

    def told(self) -> dict[str, str]:
        return {"model": "shock", **dict(self.prices), "fall": self.fall, "hours": str(self.hours)}

    def paths(self, book: Book, seed: int, hours: int, points: int) -> PathOf:
        unknown = [pair for pair in self.prices if pair not in book.pairs]
        if unknown:
            raise BadModel(f"no loan of the book depends on {', '.join(unknown)}; there are {', '.join(book.pairs)}")
        if self.hours < 1:
            raise BadModel("a shock takes 1 hour or more")
        present = _present(book)
        after = np.array([self._after(book, pair, price) for pair, price in zip(book.pairs, present, strict=True)])
        done = np.minimum(np.arange(1, hours * points + 1) / float(self.hours * points), 1.0)

        def path(number: int) -> Steps:
            return _in_steps(book, present + (after - present) * done[:, None])

        return path

    def _after(self, book: Book, pair: str, price: float) -> float:
        if pair in self.prices:
            return atoms_from_text(self.prices[pair]) / ONE
        still = pair == dollar_pair(book.state) or pair.split("-")[0] in book.parameters.stable_ccys
        return price if still else price * (1.0 - atoms_from_text(self.fall) / ONE)


# ---- prices


def _present(book: Book) -> Floats:
    return np.array([index / ONE for index in book.first])


def _in_steps(book: Book, prices: Floats) -> Steps:
    """Prices in whole steps, to the nearest one and at least one. Raises BadModel: a price is out of all measure."""
    steps = np.rint(prices / np.array([unit / ONE for unit in book.units]))
    if not bool(np.all(steps < STEPS_MOST)):
        raise BadModel("a price grows beyond 2**53 steps: ask for a smaller volatility or fewer days")
    found: Steps = np.maximum(steps, 1.0).astype(np.int64)
    return found


def _recorded(source: Source, book: Book, points: int) -> Floats:
    """Recorded prices of the book's pairs at each full hour, or each quarter of one; steady pairs are 1.

    Raises BadModel: the market lacks a pair, or has no price at its beginning.
    """
    hours = (source.span_ms // HOUR_MS) or WALK_HOURS
    columns = []
    for pair in book.pairs:
        if pair in source.instruments:
            columns.append(column_of(source, pair, hours, points))
        elif pair in source.steady or pair == dollar_pair(book.state):
            columns.append(np.ones(hours * points))
        else:
            raise BadModel(f"market {source.name} has no prices of {pair}, on which a loan of the book depends")
    found: Floats = np.stack(columns, axis=1)
    return found


def column_of(source: Source, pair: str, hours: int, points: int) -> Floats:
    """Recorded prices of one pair at each full hour, or each quarter of one. Raises BadModel: it has none at first."""
    price, found = 0, []
    for hour in range(hours):
        at_ms = source.first_day_ms + hour * HOUR_MS
        later = list(source.points_of_hour(pair, at_ms, 0))
        for quarter in range(points):
            while later and later[0].at_ms <= at_ms + quarter * (HOUR_MS // points):
                price = later.pop(0).price
            if price <= 0:
                raise BadModel(f"market {source.name} has no price of {pair} at its beginning")
            found.append(price / ONE)
        if later:
            price = later[-1].price
    return np.array(found)
