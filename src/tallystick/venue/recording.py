"""The packaged market: recorded OKX candles played back as prices, day after day, over and over.

Each candle gives four points at the quarters of its length: its open, then its low and high (the
low first when it closed at or above its open), then its close; so candles built from the points
are the recorded candles again. An hour is played from its twelve candles of 5 minutes where all are
there, else from its hourly candle.

The recorded day 2022-01-16 is played on the UTC day the venue began, or was reset, on. At the end of the
recording (2022-02-26 00:00) it begins again, with a jump in price that no recording can avoid.
Before that day there are up to 51 recorded hours more, so that the first day has a
yesterday. USDC-USDT was not recorded and is at exactly 1.
"""

from __future__ import annotations

import gzip
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import Final, NamedTuple

from tallystick.engine.amounts import DECIMALS, ONE, mul_down, unit_of
from tallystick.engine.commands import MoveMarket

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000
FIRST_DAY_MS: Final = 1_642_291_200_000
"""First recorded day: 2022-01-16 00:00 UTC."""
DAYS: Final = 41
SPAN_MS: Final = DAYS * DAY_MS
RECORDED: Final = ("BTC", "ETH", "SOL", "DOGE", "DOT", "LTC", "OKB", "ADA", "AVAX")
STEADY: Final = ("USDC-USDT",)
MARKETS: Final = ("okx_2022q1",)
"""Names of the packaged recordings."""
ORIGIN: Final = "market_origin_ms"
"""Setting that holds the first day of the recording in the venue's time."""

SHORT_MS: Final = 5 * MINUTE_MS
RECORDED_DECIMALS: Final = 6
"""Decimals of recorded prices: none has more."""
UNIT: Final = unit_of(RECORDED_DECIMALS)
_LINE: Final = re.compile(r"[0-9]{13}" + r",([0-9]{1,20}(?:\.[0-9]{1,18})?)" * 5, re.ASCII)
"""Line of a candle: time, open, high, low, close, volume of the base."""
_UNITS: Final = tuple(unit_of(decimals) for decimals in range(DECIMALS + 1))


class Point(NamedTuple):
    """One price. `volume` is the amount traded from here to the next point, in atoms of the base."""

    at_ms: int
    price: int
    range_rate: int
    volume: int


class Candle(NamedTuple):
    """Prices per 10**18, volumes in atoms of base and quote; `at_ms` is the opening time."""

    at_ms: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    volume_quote: int


class _Series:
    """Candles of one instrument by opening time; lines are kept as text and parsed on demand."""

    def __init__(self, market: str, instrument: str) -> None:
        self._short = _lines(f"{market}/{instrument}_5m.csv.gz")
        self._long = _lines(f"{market}/{instrument}_1h.csv.gz")

    def points_of_hour(self, hour_ms: int, shift_ms: int) -> tuple[Point, ...]:
        """Points of one recorded hour, in order, with times put forward by `shift_ms`; empty without a recording."""
        opens = range(hour_ms, hour_ms + HOUR_MS, SHORT_MS)
        short = [self._short.get(open_ms) for open_ms in opens]
        found: list[Point] = []
        if all(short):
            for open_ms, line in zip(opens, short, strict=True):
                found += _points(open_ms + shift_ms, SHORT_MS, str(line))
        elif hour_ms in self._long:
            found = _points(hour_ms + shift_ms, HOUR_MS, self._long[hour_ms])
        return tuple(found)


@cache
def _lines(name: str) -> Mapping[int, str]:
    """Lines of one packaged file, read once per process however many venues it opens; nobody changes them."""
    raw = resources.files("tallystick.data").joinpath(name).read_bytes()
    lines = gzip.decompress(raw).decode("ascii").split("\n")
    return {int(line[:13]): line for line in lines[1:] if line}


def _atoms(text: str) -> int:
    """Amount in atoms, as `amounts.atoms_from_text` reads it, of a line that was seen to hold plain decimals."""
    whole, _, fraction = text.partition(".")
    return int(whole + fraction) * _UNITS[len(fraction)]


def _points(open_ms: int, length_ms: int, line: str) -> list[Point]:
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError(f"not a line of a recording: {line[:100]!r}")
    first, high, low, last, volume = map(_atoms, found.groups())
    second, third = (low, high) if last >= first else (high, low)
    range_rate = (high - low) * ONE // first
    quarter_ms, quarter_volume = length_ms // 4, volume // 4
    return [
        Point(open_ms, first, range_rate, quarter_volume),
        Point(open_ms + quarter_ms, second, range_rate, quarter_volume),
        Point(open_ms + 2 * quarter_ms, third, range_rate, quarter_volume),
        Point(open_ms + 3 * quarter_ms, last, range_rate, volume - 3 * quarter_volume),
    ]


class NoRecording:
    """Past of a venue whose prices are only set by hand."""

    def candle(self, instrument: str, open_ms: int, length_ms: int, to_ms: int) -> Candle | None:
        return None

    def price_at(self, instrument: str, at_ms: int) -> int:
        return 0

    def moved_at(self, instrument: str, at_ms: int) -> int:
        return 0


class Recording:
    """Feed of recorded prices for every instrument at every venue time. `origin_ms` is a UTC midnight of venue time.

    Recorded times are asked for by venue time; the mapping is in `_recorded_ms` alone.
    """

    def __init__(self, origin_ms: int, market: str = MARKETS[0]) -> None:
        if market not in MARKETS:
            raise ValueError(f"unknown market {market!r}, known are {', '.join(MARKETS)}")
        if origin_ms % DAY_MS:
            raise ValueError("the origin must be a midnight in UTC")
        self.market = market
        self.origin_ms = origin_ms
        self.instruments = tuple(f"{ccy}-USDT" for ccy in RECORDED)
        self._series = {instrument: _Series(market, instrument) for instrument in self.instruments}
        self._hour = lru_cache(maxsize=20_000)(self._load_hour)
        self._hour_candle = lru_cache(maxsize=20_000)(self._load_hour_candle)
        self._moves = lru_cache(maxsize=48)(self._load_moves)

    def begun_on(self, origin_ms: int) -> Recording:
        """Recording of the same market whose first day is another one; itself if that is its own."""
        return self if origin_ms == self.origin_ms else recording_of(origin_ms, self.market)

    # ---- the feed

    def next_at_ms(self, after_ms: int) -> int:
        """First time after `after_ms` at which some price moves."""
        hour_ms = after_ms - after_ms % HOUR_MS
        while True:
            times = self._moves(hour_ms)[0]
            index = bisect_right(times, after_ms)
            if index < len(times):
                return times[index]
            hour_ms += HOUR_MS

    def command_at(self, at_ms: int) -> MoveMarket:
        """Command with the instruments that have a point at exactly `at_ms` (one of `next_at_ms`)."""
        times, commands = self._moves(at_ms - at_ms % HOUR_MS)
        index = bisect_left(times, at_ms)
        if index == len(times) or times[index] != at_ms:
            raise ValueError(f"no price moves at {at_ms}")
        return commands[index]

    def command_now(self, at_ms: int) -> MoveMarket:
        """Command with every instrument at the price in force at `at_ms`."""
        instruments = (*self.instruments, *STEADY)
        points = [self._in_force(instrument, at_ms) for instrument in instruments]
        return _move(instruments, [point.price for point in points], [point.range_rate for point in points])

    def _load_moves(self, hour_ms: int) -> tuple[list[int], list[MoveMarket]]:
        at: dict[int, tuple[list[str], list[int], list[int]]] = {}
        for instrument in (*self.instruments, *STEADY):
            for at_ms, price, range_rate, _ in self._hour(instrument, hour_ms):
                columns = at.get(at_ms)
                if columns is None:
                    columns = at[at_ms] = ([], [], [])
                columns[0].append(instrument)
                columns[1].append(price)
                columns[2].append(range_rate)
        times = sorted(at)
        return times, [_move(*at[time]) for time in times]

    # ---- looking back

    def price_at(self, instrument: str, at_ms: int) -> int:
        """Recorded price in force, per 10**18; 0 before the recording. Raises KeyError: unknown instrument."""
        return self._in_force(instrument, at_ms).price

    def moved_at(self, instrument: str, at_ms: int) -> int:
        """Time the price in force was recorded; 0 before the recording. Raises KeyError: unknown instrument."""
        point = self._in_force(instrument, at_ms)
        return point.at_ms if point.price else 0

    def candle(self, instrument: str, open_ms: int, length_ms: int, to_ms: int) -> Candle | None:
        """Candle from `open_ms` for `length_ms`, as seen at `to_ms` (exclusive); None without any price.

        It opens at the price in force. Raises KeyError: unknown instrument.
        """
        end_ms = min(open_ms + length_ms, to_ms)
        carried = self._in_force(instrument, open_ms)
        first = [_of_point(carried._replace(at_ms=open_ms, volume=0))] if carried.price else []
        return _merged(open_ms, [*first, *self._parts(instrument, open_ms, end_ms)])

    def _parts(self, instrument: str, from_ms: int, end_ms: int) -> Iterator[Candle]:
        """Parts of a candle: whole hours as one candle each, the rest point by point."""
        hour_ms = from_ms - from_ms % HOUR_MS
        while hour_ms < end_ms:
            if from_ms <= hour_ms and hour_ms + HOUR_MS <= end_ms:
                whole = self._hour_candle(instrument, hour_ms)
                if whole is not None:
                    yield whole
            else:
                for point in self._hour(instrument, hour_ms):
                    if from_ms <= point.at_ms < end_ms:
                        yield _of_point(point)
            hour_ms += HOUR_MS

    def _load_hour_candle(self, instrument: str, hour_ms: int) -> Candle | None:
        return _merged(hour_ms, [_of_point(point) for point in self._hour(instrument, hour_ms)])

    def _in_force(self, instrument: str, at_ms: int) -> Point:
        hour_ms = at_ms - at_ms % HOUR_MS
        if instrument in STEADY:
            return Point(hour_ms, ONE, 0, 0)
        # The hour before is enough: no recorded hour is empty once the recording has begun.
        for hour in (hour_ms, hour_ms - HOUR_MS):
            for point in reversed(self._hour(instrument, hour)):
                if point.at_ms <= at_ms:
                    return point
        return Point(at_ms, 0, 0, 0)

    def _load_hour(self, instrument: str, hour_ms: int) -> tuple[Point, ...]:
        """Points of one hour in venue time."""
        if instrument in STEADY:
            return (Point(hour_ms, ONE, 0, 0),)
        shift_ms = hour_ms - self._recorded_ms(hour_ms)
        return self._series[instrument].points_of_hour(hour_ms - shift_ms, shift_ms)

    def _recorded_ms(self, at_ms: int) -> int:
        since_ms = at_ms - self.origin_ms
        return FIRST_DAY_MS + (since_ms % SPAN_MS if since_ms >= 0 else since_ms)


@lru_cache(maxsize=2)
def recording_of(origin_ms: int, market: str) -> Recording:
    """Recording with its hours in memory; the last two are kept, so that venues reset to one of two days share them.

    Raises as `Recording`.
    """
    return Recording(origin_ms, market)


def _move(instruments: Sequence[str], prices: list[int], ranges: list[int]) -> MoveMarket:
    """Command in the decimals of the recording if no price has more."""
    few = [price // UNIT for price in prices]
    # Cutting makes the sum smaller.
    exact = sum(few) * UNIT == sum(prices)
    return MoveMarket(
        instruments=tuple(instruments),
        prices=tuple(few if exact else prices),
        ranges=tuple(ranges),
        decimals=RECORDED_DECIMALS if exact else DECIMALS,
    )


def _of_point(point: Point) -> Candle:
    price = point.price
    return Candle(point.at_ms, price, price, price, price, point.volume, mul_down(point.volume, price))


def _merged(open_ms: int, parts: list[Candle]) -> Candle | None:
    """One candle merged from several in order."""
    if not parts:
        return None
    return Candle(
        open_ms,
        parts[0].open,
        max(part.high for part in parts),
        min(part.low for part in parts),
        parts[-1].close,
        sum(part.volume for part in parts),
        sum(part.volume_quote for part in parts),
    )
