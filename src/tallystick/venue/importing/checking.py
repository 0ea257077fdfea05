"""Checks of candles: whatever is wrong is a fault with its file and line.

A batch is looked at as columns first, and row by row only where the columns say that something is wrong.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise, repeat
from typing import Any, Final

from msgspec import Struct

from tallystick.venue.candle_lines import HOUR_MS, MINUTE_MS
from tallystick.venue.importing.forms import unit_of
from tallystick.venue.importing.reading import Batch

STEPS: Final = tuple(n * MINUTE_MS for n in (1, 3, 5, 15, 30)) + tuple(n * HOUR_MS for n in (1, 2, 4, 6, 12, 24))
"""Lengths of candles that are played."""
LEAP: Final = 10
"""Prices of neighbouring candles that are so many times apart are in different units, and no market."""
FAULTS_MAX: Final = 20
"""Faults of one file that are named, and gaps; the others are counted."""
_NUMBER: Final = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,18})?", re.ASCII)
_DIGITS: Final = str.maketrans("", "", "0123456789.\n")
_TO_MS: Final[dict[str, Callable[[int], int]]] = {
    "seconds": lambda time: time * 1_000,
    "microseconds": lambda time: time // 1_000,
}


class Fault(Struct, frozen=True):
    """One thing that is wrong. `place` is empty for a fault of the whole file; a gap may be allowed."""

    file: str
    place: str
    why: str
    is_gap: bool = False

    def __str__(self) -> str:
        return f"{self.file}{', ' if self.place else ''}{self.place}: {self.why}"


class Row(Struct, frozen=True):
    """One candle as text, its time in ms, and where it stood."""

    at_ms: int
    prices: tuple[str, str, str, str]
    volume: str
    place: str


class Checker:
    """Check of one file's candles, batch by batch. `take` gives lines of the market's form, the oldest first."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self.more = 0
        self.more_gaps = 0
        self.instrument = ""
        self.title = ""
        self.unit = ""
        self.step_ms = 0
        self.rows = 0
        self.first: Row | None = None
        self.last: Row | None = None
        self.gaps = 0
        self.longest_gap_ms = 0

    def fault(self, place: str, why: str, *, is_gap: bool = False) -> None:
        if sum(one.is_gap == is_gap for one in self.faults) < FAULTS_MAX:
            self.faults.append(Fault(self.file, place, why, is_gap))
        elif is_gap:
            self.more_gaps += 1
        else:
            self.more += 1

    def take(self, batch: Batch) -> bytes:
        """Check a batch. Returns its lines; after a fault they are of no use."""
        self.title = batch.form.title
        for number, count in batch.odd:
            self.fault(f"{batch.place} {number}", f"columns: {count}, and {batch.form.title} has {batch.form.count}")
        columns = batch.columns
        if not columns or not self._names_agree(batch, columns) or not self._are_numbers(batch, columns):
            return b""
        times = self._times(batch, columns)
        if not times:
            return b""
        read: list[list[Any]] = [times, *(columns[place] for place in batch.form.columns[1:])]
        places = range(batch.number, batch.number + len(times))
        if batch.form.newest_first and len(times) > 1 and times[0] > times[-1]:
            read, places = [column[::-1] for column in read], places[::-1]
        return self._checked(batch.place, places, read)

    # ---- columns

    def _names_agree(self, batch: Batch, columns: list[list[str]]) -> bool:
        """Require one instrument throughout, and candles that are finished."""
        form = batch.form
        if form.name >= 0:
            self.instrument = self.instrument or columns[form.name][0]
        needed = ((form.name, self.instrument, "is of another instrument"), (form.confirm, "1", "is not finished"))
        fine = True
        for place, wanted, why in needed:
            if place < 0 or set(columns[place]) == {wanted}:
                continue
            fine = False
            for number, cell in enumerate(columns[place], start=batch.number):
                if cell != wanted:
                    self.fault(f"{batch.place} {number}", f"{why} ({cell[:40]!r}): leave it out")
        return fine

    def _are_numbers(self, batch: Batch, columns: list[list[str]]) -> bool:
        """Require plain decimals: a time of digits, and prices and a volume of at most 18 decimals."""
        time, *others = batch.form.columns
        if _are_plain(columns[time], most=20, dots=False) and all(
            _are_plain(columns[place], most=20, dots=True) for place in others
        ):
            return True
        fine = True
        cells = zip(*(columns[place] for place in (time, *others)), strict=True)
        for number, (at, *numbers) in enumerate(cells, start=batch.number):
            wrong = [cell for cell in numbers if not _NUMBER.fullmatch(cell)]
            if not (at.isascii() and at.isdigit() and len(at) <= 20):
                wrong.insert(0, at)
            if wrong:
                self.fault(f"{batch.place} {number}", f"{wrong[0][:40]!r} is no plain number")
                fine = False
        return fine

    def _times(self, batch: Batch, columns: list[list[str]]) -> list[int]:
        """Times in ms; none where one is in another unit."""
        found = [int(cell) for cell in columns[batch.form.columns[0]]]
        self.unit = self.unit or unit_of(found[0])
        odd = [unit_of(least) for least in (min(found), max(found))]
        if self.unit not in batch.form.units or odd != [self.unit, self.unit]:
            needed = self.unit if self.unit in batch.form.units else " or ".join(batch.form.units)
            for number, time in enumerate(found, start=batch.number):
                if unit_of(time) != needed:
                    unit = unit_of(time) or "no unit that is known"
                    self.fault(f"{batch.place} {number}", f"time {time} is in {unit}, {batch.form.title} has {needed}")
            return []
        if self.unit == "microseconds" and any(time % 1_000 for time in found):
            self.fault(f"{batch.place} {batch.number}", "times are not whole milliseconds")
            return []
        return found if self.unit == "milliseconds" else list(map(_TO_MS[self.unit], found))

    # ---- rows

    def _checked(self, word: str, places: Sequence[int], read: list[list[Any]]) -> bytes:
        times, texts = read[0], read[1:]
        opens, highs, lows, closes = (list(map(Decimal, column)) for column in texts[:4])

        def row(index: int) -> Row:
            prices = (texts[0][index], texts[1][index], texts[2][index], texts[3][index])
            return Row(times[index], prices, texts[4][index], f"{word} {places[index]}")

        self.step_ms = self.step_ms or _step(times if self.last is None else [self.last.at_ms, *times])
        if not _in_order(opens, highs, lows, closes):
            for index in range(len(times)):
                if why := _wrong_prices(opens[index], highs[index], lows[index], closes[index]):
                    self.fault(row(index).place, why)
        if self.last is not None:
            self.joins(self.last, row(0))
        if set(map(operator.sub, times[1:], times)) - {self.step_ms} or max(highs) > LEAP * min(lows):
            for index in range(1, len(times)):
                self.joins(row(index - 1), row(index))
        self.first = self.first or row(0)
        self.last = row(len(times) - 1)
        self.rows += len(times)
        lines = map(",".join, zip(map(str, times), *texts, strict=True))
        return ("\n".join(lines) + "\n").encode("ascii")

    def joins(self, before: Row, after: Row) -> None:
        """Require that one candle follows the other: later, at the next step, and near in price."""
        apart_ms = after.at_ms - before.at_ms
        if apart_ms == 0:
            self.fault(after.place, f"is a double: another candle has the time {after.at_ms} ({before.place})")
        elif apart_ms < 0:
            self.fault(after.place, f"is out of order: its time {after.at_ms} is before {before.at_ms}")
        elif apart_ms % self.step_ms:
            self.fault(after.place, f"its time {after.at_ms} is off the step of {self.step_ms // 1_000} s")
        elif apart_ms > self.step_ms:
            missing = apart_ms // self.step_ms - 1
            self.gaps += 1
            self.longest_gap_ms = max(self.longest_gap_ms, apart_ms - self.step_ms)
            self.fault(after.place, f"a gap before it, candles missing: {missing}, after {before.at_ms}", is_gap=True)
        close, opened = Decimal(before.prices[3]), Decimal(after.prices[0])
        if close and opened and max(close, opened) > LEAP * min(close, opened):
            self.fault(after.place, f"the price leaps from {close} to {opened}: is it in another unit?")


def _are_plain(column: list[str], *, most: int, dots: bool) -> bool:
    """Test whether all cells are digits, with one dot between them at most; some numbers that are fine fail too."""
    joined = "\n".join(column)
    if joined.translate(_DIGITS) or max(map(len, column)) > most or not all(column):
        return False
    if "." not in joined:
        return True
    framed = f"\n{joined}\n"
    single = sum(map(operator.contains, column, repeat("."))) == joined.count(".")
    return dots and single and "\n." not in framed and ".\n" not in framed


def _in_order(opens: list[Decimal], highs: list[Decimal], lows: list[Decimal], closes: list[Decimal]) -> bool:
    return min(lows) > 0 and all(
        all(map(operator.ge, above, below))
        for above, below in ((highs, opens), (highs, closes), (opens, lows), (closes, lows))
    )


def _wrong_prices(opened: Decimal, high: Decimal, low: Decimal, close: Decimal) -> str:
    """Reason why the four prices of a candle are none; "" if they are."""
    if min(opened, high, low, close) <= 0:
        return "a price is zero"
    if not low <= opened <= high or not low <= close <= high:
        return f"open {opened} and close {close} are not between low {low} and high {high}"
    return ""


def _step(times: list[int]) -> int:
    """Length of the candles: the shortest time between two that is one; else the shortest of all."""
    apart = [later - earlier for earlier, later in pairwise(times) if later > earlier]
    return min((one for one in apart if one in STEPS), default=min(apart, default=0))


def step_fault(step_ms: int, first_ms: int) -> str:
    """Reason why candles of this length, from this time on, are not played; "" if they are."""
    if step_ms not in STEPS:
        lengths = ", ".join(f"{one // MINUTE_MS}m" for one in STEPS)
        return f"its candles are {step_ms // 1_000} s apart, and these lengths are played: {lengths}"
    if first_ms % min(step_ms, HOUR_MS):
        return f"its candles do not begin at full steps of {step_ms // MINUTE_MS} minutes: {first_ms}"
    return ""
