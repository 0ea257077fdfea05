"""Source of prices: what a recording plays."""

from __future__ import annotations

from typing import Final, Protocol

from tallystick.venue.candle_lines import Point

STEADY: Final = "USDC-USDT"
"""Pair that stands at 1 where a market does not have it."""


class Source(Protocol):
    """Prices at recorded times; a `recording.Recording` plays them at times of a venue.

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
