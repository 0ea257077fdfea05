"""Sources of recorded prices: what a recording plays, and the one that the package brings."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final, Protocol

from tallystick.venue.candle_lines import DAY_MS, HOUR_MS, MINUTE_MS, Point, points_of

FIRST_DAY_MS: Final = 1_642_291_200_000
"""First recorded day of the packaged market: 2022-01-16 00:00 UTC."""
DAYS: Final = 41
SPAN_MS: Final = DAYS * DAY_MS
RECORDED: Final = ("BTC", "ETH", "SOL", "DOGE", "DOT", "LTC", "OKB", "ADA", "AVAX")
STEADY: Final = ("USDC-USDT",)
SHORT_MS: Final = 5 * MINUTE_MS


class Source(Protocol):
    """Recorded prices at recorded times; a `recording.Recording` plays them at times of a venue.

    `first_day_ms` is the midnight in UTC from which they are played, `span_ms` the whole days after which they begin
    again; 0 is never. Some hours before that day may be recorded too. `steady` are pairs that stand at exactly 1.
    After the first point of an instrument at most `empty_hours` follow one another without any. An hour has at most
    `points_per_hour` of an instrument.
    """

    @property
    def name(self) -> str: ...

    @property
    def first_day_ms(self) -> int: ...

    @property
    def span_ms(self) -> int: ...

    @property
    def instruments(self) -> tuple[str, ...]: ...

    @property
    def steady(self) -> tuple[str, ...]: ...

    @property
    def empty_hours(self) -> int: ...

    @property
    def points_per_hour(self) -> int: ...

    def points_of_hour(self, instrument: str, hour_ms: int, shift_ms: int) -> tuple[Point, ...]:
        """Points of one recorded hour, in order, with times put forward by `shift_ms`; empty without a recording."""

    def __hash__(self) -> int: ...


class Packaged:
    """OKX's candles of January and February 2022.

    An hour is played from its twelve candles of 5 minutes where all are there, else from its hourly candle. The first
    day is 2022-01-16; before it there are up to 51 recorded hours more, so that it has a yesterday. The recording ends
    at 2022-02-26 00:00. USDC-USDT was not recorded and is at exactly 1.
    """

    name = "okx_2022q1"
    first_day_ms = FIRST_DAY_MS
    span_ms = SPAN_MS
    instruments = tuple(f"{ccy}-USDT" for ccy in RECORDED)
    steady = STEADY
    empty_hours = 1
    points_per_hour = 48

    def points_of_hour(self, instrument: str, hour_ms: int, shift_ms: int) -> tuple[Point, ...]:
        short = _lines(f"{self.name}/{instrument}_5m.csv.gz")
        opens = range(hour_ms, hour_ms + HOUR_MS, SHORT_MS)
        lines = [short.get(open_ms) for open_ms in opens]
        found: list[Point] = []
        if all(lines):
            for open_ms, line in zip(opens, lines, strict=True):
                found += points_of(open_ms + shift_ms, SHORT_MS, str(line))
            return tuple(found)
        hourly = _lines(f"{self.name}/{instrument}_1h.csv.gz").get(hour_ms)
        return tuple(points_of(hour_ms + shift_ms, HOUR_MS, hourly)) if hourly else ()


OKX_2022: Final = Packaged()


@cache
def _lines(name: str) -> Mapping[int, str]:
    """Lines of one packaged file, read once per process however many venues it opens; nobody changes them."""
    raw = resources.files("tallystick.data").joinpath(name).read_bytes()
    lines = gzip.decompress(raw).decode("ascii").split("\n")
    return {int(line[:13]): line for line in lines[1:] if line}
