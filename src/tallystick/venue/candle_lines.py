"""Lines of recorded candles as text, and the prices that one of them is played as.

Each candle gives four points at the quarters of its length: its open, then its low and high (the
low first when it closed at or above its open), then its close; so candles built from the points
are the recorded candles again.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from tallystick.engine.amounts import DECIMALS, ONE, unit_of

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 3_600_000
DAY_MS: Final = 86_400_000

HEADER: Final = "ts,open,high,low,close,vol"
_LINE: Final = re.compile(r"[0-9]{13}" + r",([0-9]{1,20}(?:\.[0-9]{1,18})?)" * 5, re.ASCII)
"""Line of a candle: time, open, high, low, close, volume of the base."""
_UNITS: Final = tuple(unit_of(decimals) for decimals in range(DECIMALS + 1))


class Point(NamedTuple):
    """One price. `volume` is the amount traded from here to the next point, in atoms of the base."""

    at_ms: int
    price: int
    range_rate: int
    volume: int


def _atoms(text: str) -> int:
    """Amount in atoms, as `amounts.atoms_from_text` reads it, of a line that was seen to hold plain decimals."""
    whole, _, fraction = text.partition(".")
    return int(whole + fraction) * _UNITS[len(fraction)]


def points_of(open_ms: int, length_ms: int, line: str) -> list[Point]:
    """Four points of a line, the first at `open_ms`. Raises ValueError: the line is of another form."""
    found = _LINE.fullmatch(line)
    if found is None:
        raise ValueError(f"not a line of a recording: {line[:100]!r}")
    first, high, low, last, volume = map(_atoms, found.groups())
    return points_of_candle(open_ms, length_ms, (first, high, low, last), volume)


def points_of_candle(open_ms: int, length_ms: int, prices: tuple[int, int, int, int], volume: int) -> list[Point]:
    """Four points of a candle's (open, high, low, close), per 10**18; `volume` in atoms of the base."""
    first, high, low, last = prices
    second, third = (low, high) if last >= first else (high, low)
    range_rate = (high - low) * ONE // first
    quarter_ms, quarter_volume = length_ms // 4, volume // 4
    return [
        Point(open_ms, first, range_rate, quarter_volume),
        Point(open_ms + quarter_ms, second, range_rate, quarter_volume),
        Point(open_ms + 2 * quarter_ms, third, range_rate, quarter_volume),
        Point(open_ms + 3 * quarter_ms, last, range_rate, volume - 3 * quarter_volume),
    ]
