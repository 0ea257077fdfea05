"""The feed of a recording: prices of a source, played back at the times of a venue, over and over.

The first day of the source is played on the UTC day the venue began, or was reset, on. At the end of the source it
begins again, with a jump in price that no recording can avoid.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from tallystick.engine.amounts import DECIMALS, ONE, mul_down, unit_of
from tallystick.engine.commands import MoveMarket
from tallystick.venue.candle_lines import DAY_MS, HOUR_MS, MINUTE_MS, Point
from tallystick.venue.sources import Source

__all__ = ["DAY_MS", "HOUR_MS", "MINUTE_MS", "ORIGIN", "Candle", "NoRecording", "Recording"]

ORIGIN: Final = "market_origin_ms"
"""Setting that holds the first day of the recording in the venue's time."""

RECORDED_DECIMALS: Final = 6
"""Decimals of prices that are stored short: those of a walk have no more."""
UNIT: Final = unit_of(RECORDED_DECIMALS)
MOVES_KEPT: Final = 50_000
"""Commands that are kept in memory: all of a market that has no more, and the last of one without an end. What was
played is played again, after the end or a reset."""
FEW_HOURS: Final = 48
"""Hours of a longer market whose commands are kept."""
HOURS_KEPT: Final = 20_000
"""Hours of instruments that are kept in memory; of finer candles as many as have `POINTS_KEPT` points."""
POINTS_KEPT: Final = 48 * HOURS_KEPT


class Candle(NamedTuple):
    """Prices per 10**18, volumes in atoms of base and quote; `at_ms` is the opening time."""

    at_ms: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    volume_quote: int


_Moves: TypeAlias = tuple[tuple[str, ...], tuple[int, ...], tuple[int, ...]]
"""Moves of one time: instruments, their prices and their ranges."""


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

    Recorded times are asked for by venue time; the mapping is in `_recorded_ms` alone. An instrument that the source
    does not have has no price.
    """

    def __init__(self, origin_ms: int, source: Source) -> None:
        if origin_ms % DAY_MS:
            raise ValueError("the origin must be a midnight in UTC")
        self.source = source
        self.origin_ms = origin_ms
        self.instruments = self.source.instruments
        self._steady = self.source.steady
        self._moving = frozenset(self.instruments)
        self._places = {name: place for place, name in enumerate((*self.instruments, *self._steady))}
        hours = min(HOURS_KEPT, POINTS_KEPT // source.points_per_hour)
        self._hour = lru_cache(maxsize=hours)(self._load_hour)
        self._hour_candle = lru_cache(maxsize=HOURS_KEPT)(self._load_hour_candle)
        most = MOVES_KEPT // source.points_per_hour
        kept = (source.span_ms // HOUR_MS) or most
        self._moves = lru_cache(maxsize=kept if kept <= most else FEW_HOURS)(self._load_moves)
        self._last: tuple[int, tuple[list[int], list[MoveMarket]]] = (-1, ([], []))

    def begun_on(self, origin_ms: int) -> Recording:
        """Recording of the same market whose first day is another one; itself if that is its own."""
        return self if origin_ms == self.origin_ms else recording_of(origin_ms, self.source)

    # ---- the feed

    def next_at_ms(self, after_ms: int) -> int:
        """First time after `after_ms` at which some price moves."""
        offset_ms = after_ms % HOUR_MS
        hour_ms = after_ms - offset_ms
        while True:
            offsets = self._moves_of(hour_ms)[0]
            index = bisect_right(offsets, offset_ms)
            if index < len(offsets):
                return hour_ms + offsets[index]
            hour_ms += HOUR_MS
            offset_ms = -1

    def command_at(self, at_ms: int) -> MoveMarket:
        """Command with the instruments that have a point at exactly `at_ms` (one of `next_at_ms`)."""
        offset_ms = at_ms % HOUR_MS
        offsets, commands = self._moves_of(at_ms - offset_ms)
        index = bisect_left(offsets, offset_ms)
        if index == len(offsets) or offsets[index] != offset_ms:
            raise ValueError(f"no price moves at {at_ms}")
        return commands[index]

    def _moves_of(self, hour_ms: int) -> tuple[list[int], list[MoveMarket]]:
        """Times of the moves of an hour after its beginning, and their commands; the last hour is at hand."""
        last = self._last
        if last[0] != hour_ms:
            last = self._last = hour_ms, self._moves(self._recorded_ms(hour_ms))
        return last[1]

    def command_now(self, at_ms: int) -> MoveMarket:
        """Command with every instrument at the price in force at `at_ms`."""
        instruments = (*self.instruments, *self._steady)
        points = [self._in_force(instrument, at_ms) for instrument in instruments]
        return _move(instruments, tuple(point.price for point in points), tuple(point.range_rate for point in points))

    def _load_moves(self, recorded_ms: int) -> tuple[list[int], list[MoveMarket]]:
        """Commands of one recorded hour, and their times after its beginning."""
        together: dict[tuple[int, ...], list[tuple[str, tuple[int, ...], tuple[int, ...]]]] = {}
        for instrument in self.instruments:
            points = self.source.points_of_hour(instrument, recorded_ms, -recorded_ms)
            if points:
                times, prices, ranges, _ = zip(*points, strict=True)
                together.setdefault(times, []).append((instrument, prices, ranges))
        for instrument in self._steady:
            together.setdefault((0,), []).append((instrument, (ONE,), (0,)))
        # Most instruments move at the same times: they are turned from columns into rows at once.
        at: dict[int, list[_Moves]] = {}
        for times, columns in together.items():
            names, prices, ranges = zip(*columns, strict=True)
            rows = zip(times, zip(*prices, strict=True), zip(*ranges, strict=True), strict=True)
            for offset_ms, row_prices, row_ranges in rows:
                at.setdefault(offset_ms, []).append((names, row_prices, row_ranges))
        offsets = sorted(at)
        return offsets, [_move(*self._in_order(at[offset_ms])) for offset_ms in offsets]

    def _in_order(self, moves: list[_Moves]) -> _Moves:
        """All moves of one time, in the order of the instruments."""
        if len(moves) == 1:
            return moves[0]
        rows = [row for some in moves for row in zip(*some, strict=True)]
        rows.sort(key=lambda row: self._places[row[0]])
        names, prices, ranges = zip(*rows, strict=True)
        return names, prices, ranges

    # ---- looking back

    def price_at(self, instrument: str, at_ms: int) -> int:
        """Recorded price in force, per 10**18; 0 before the recording."""
        return self._in_force(instrument, at_ms).price

    def moved_at(self, instrument: str, at_ms: int) -> int:
        """Time the price in force was recorded; 0 before the recording."""
        point = self._in_force(instrument, at_ms)
        return point.at_ms if point.price else 0

    def candle(self, instrument: str, open_ms: int, length_ms: int, to_ms: int) -> Candle | None:
        """Candle from `open_ms` for `length_ms`, as seen at `to_ms` (exclusive); None without any price.

        It opens at the price in force.
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
        if instrument in self._steady:
            return Point(hour_ms, ONE, 0, 0)
        for hour in range(hour_ms, hour_ms - HOUR_MS * (self.source.empty_hours + 1), -HOUR_MS):
            for point in reversed(self._hour(instrument, hour)):
                if point.at_ms <= at_ms:
                    return point
        return Point(at_ms, 0, 0, 0)

    def _load_hour(self, instrument: str, hour_ms: int) -> tuple[Point, ...]:
        """Points of one hour in venue time."""
        if instrument in self._steady:
            return (Point(hour_ms, ONE, 0, 0),)
        if instrument not in self._moving:
            return ()
        recorded_ms = self._recorded_ms(hour_ms)
        return self.source.points_of_hour(instrument, recorded_ms, hour_ms - recorded_ms)

    def _recorded_ms(self, at_ms: int) -> int:
        since_ms, span_ms = at_ms - self.origin_ms, self.source.span_ms
        return self.source.first_day_ms + (since_ms % span_ms if span_ms and since_ms >= 0 else since_ms)


@lru_cache(maxsize=2)
def recording_of(origin_ms: int, source: Source) -> Recording:
    """Recording with its hours in memory; the last two are kept, so that venues reset to one of two days share them.

    Raises as `Recording`.
    """
    return Recording(origin_ms, source)


def _move(instruments: tuple[str, ...], prices: tuple[int, ...], ranges: tuple[int, ...]) -> MoveMarket:
    """Command in the decimals of the recording if no price has more."""
    few = [price // UNIT for price in prices]
    # Cutting makes the sum smaller.
    exact = sum(few) * UNIT == sum(prices)
    return MoveMarket(
        instruments=instruments,
        prices=tuple(few) if exact else prices,
        ranges=ranges,
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
