"""Markets of one's own on disk: a folder for each, with a file of candles for each instrument and a list of them.

    FOLDER/NAME/market.json           instruments, their files with digests, and the files they came from
    FOLDER/NAME/BTC-USDT.csv          a candle a line, the oldest first: ts,open,high,low,close,vol (ms, decimal text)

`importing` writes them. A venue reads them while it runs, an hour at a time, and changes nothing (decisions/048).
"""

from __future__ import annotations

import hashlib
import mmap
import re
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from tallystick.venue.candle_lines import DAY_MS, HEADER, HOUR_MS, Point, points_of
from tallystick.venue.sources import STEADY

FOLDER: Final = ".tally-markets"
"""Folder of the imported markets, beside the folder of a venue."""
LIST: Final = "market.json"
FORM: Final = 1
NAME_FORM: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}", re.ASCII)
PAIR_FORM: Final = re.compile(r"[A-Z0-9]{1,16}-[A-Z0-9]{1,16}", re.ASCII)
_TIME_DIGITS: Final = 13


class BadMarket(ValueError):
    """Error for a market that is not there or cannot be read. The text names it and the remedy."""


class ImportedFile(Struct, frozen=True, forbid_unknown_fields=True):
    """Origin of an instrument's candles: a file that a user brought."""

    file: str
    form: str
    rows: int


class ImportedSeries(Struct, frozen=True, forbid_unknown_fields=True):
    """Candles of one instrument. `gaps` counts the places where candles are missing; between them the price stands."""

    instrument: str
    step_ms: int
    rows: int
    first_ms: int
    last_ms: int
    gaps: int
    longest_gap_ms: int
    bytes: int
    sha256: str
    files: tuple[ImportedFile, ...] = ()


class MarketList(Struct, frozen=True, forbid_unknown_fields=True):
    """Content of `market.json`."""

    form: int
    name: str
    series: tuple[ImportedSeries, ...]

    @property
    def first_day_ms(self) -> int:
        """First midnight in UTC from which every instrument has a price."""
        first_ms = max(one.first_ms for one in self.series)
        return first_ms + -first_ms % DAY_MS

    @property
    def span_ms(self) -> int:
        """Whole days from there to the end of the shortest recording; 0 or less if there is none."""
        end_ms = min(one.last_ms + one.step_ms for one in self.series)
        return end_ms - end_ms % DAY_MS - self.first_day_ms

    @property
    def digest(self) -> str:
        """Digest of all candles."""
        told = "\n".join(f"{one.instrument} {one.sha256}" for one in self.series)
        return hashlib.sha256(told.encode()).hexdigest()


def names(folder: Path) -> list[str]:
    """Names of the imported markets in a folder."""
    if not folder.is_dir():
        return []
    return sorted(path.name for path in folder.iterdir() if NAME_FORM.fullmatch(path.name) and (path / LIST).is_file())


def listed(folder: Path, name: str) -> MarketList:
    """List of a market's instruments. Raises BadMarket: no name of a market, not there, damaged, of another version."""
    if not NAME_FORM.fullmatch(name):
        raise BadMarket(f"{name[:80]!r} is no name of a market: small letters, digits, - and _, at most 64")
    try:
        raw = (folder / name / LIST).read_bytes()
    except OSError:
        known = ", ".join(names(folder)) or "none"
        raise BadMarket(f"there is no market {name!r} in {folder}; there are: {known}") from None
    try:
        found = msgspec.json.decode(raw, type=MarketList)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise BadMarket(f"{folder / name / LIST} is damaged: {problem}. Import the market again") from None
    if found.form != FORM or found.span_ms <= 0 or not all(PAIR_FORM.fullmatch(one.instrument) for one in found.series):
        raise BadMarket(f"{folder / name / LIST} is not of form {FORM}, or has no whole day. Import the market again")
    return found


class Imported:
    """A market that was imported, as a source. Raises BadMarket: as `listed`, or a file is not the one imported.

    USDC-USDT stands at 1 where it was not imported, and other pairs of the venue have no price.
    """

    def __init__(self, folder: Path, name: str) -> None:
        found = listed(folder, name)
        self.name = name
        self.digest = found.digest
        self.first_day_ms = found.first_day_ms
        self.span_ms = found.span_ms
        self.instruments = tuple(one.instrument for one in found.series)
        self.steady = () if STEADY in self.instruments else (STEADY,)
        longest_ms = max(one.longest_gap_ms + one.step_ms for one in found.series)
        self.empty_hours = longest_ms // HOUR_MS + 1
        self.points_per_hour = max(4, 4 * HOUR_MS // min(one.step_ms for one in found.series))
        self._series = {one.instrument: _Candles(folder / name, one) for one in found.series}

    def points_of_hour(self, instrument: str, hour_ms: int, shift_ms: int) -> tuple[Point, ...]:
        return self._series[instrument].points_of_hour(hour_ms, shift_ms)


class _Candles:
    """File of an instrument's candles, searched by time. A line is found by bisection of the file's bytes."""

    def __init__(self, folder: Path, series: ImportedSeries) -> None:
        path = folder / f"{series.instrument}.csv"
        try:
            with path.open("rb") as file:
                self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as problem:
            raise BadMarket(f"{path} cannot be read: {problem}. Import the market again") from None
        if hashlib.sha256(self._bytes).hexdigest() != series.sha256:
            raise BadMarket(f"{path} is not what was imported: its digest is another. Import the market again")
        self._begin = len(HEADER) + 1
        self._step_ms = series.step_ms

    def points_of_hour(self, hour_ms: int, shift_ms: int) -> tuple[Point, ...]:
        end_ms = hour_ms + HOUR_MS
        found: list[Point] = []
        place = self._first_from(hour_ms - max(0, self._step_ms - HOUR_MS))
        while place < len(self._bytes):
            end = self._bytes.find(b"\n", place)
            line = self._bytes[place:end].decode("ascii")
            open_ms = int(line[:_TIME_DIGITS])
            if open_ms >= end_ms:
                break
            found += points_of(open_ms, self._step_ms, line)
            place = end + 1
        return tuple(point._replace(at_ms=point.at_ms + shift_ms) for point in found if hour_ms <= point.at_ms < end_ms)

    def _first_from(self, at_ms: int) -> int:
        """Place of the first line whose time is `at_ms` or later; the end of the file if there is none."""
        low, high = self._begin, len(self._bytes)
        while low < high:
            middle = (low + high) // 2
            start = self._bytes.rfind(b"\n", self._begin - 1, middle) + 1
            if int(self._bytes[start : start + _TIME_DIGITS]) < at_ms:
                low = self._bytes.find(b"\n", middle) + 1
            else:
                high = start
        return low
