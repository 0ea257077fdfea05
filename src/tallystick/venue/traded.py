"""Sums of the venue's own trades for the candles, beside the recording.

Sums are kept by the second, the minute and the hour, so that a candle of any length is a few dozen of
them. They follow from the stored trades, and are built from these at a start, when nobody waits yet.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from copy import copy
from typing import Any, Final

from tallystick.engine.amounts import atoms_from_text, mul_down
from tallystick.engine.core import Stamp
from tallystick.store.api import Reader
from tallystick.venue.recording import Candle, NoRecording, Recording
from tallystick.views import trades
from tallystick.views.core import Traded
from tallystick.views.tables import TRADES

HOUR_MS: Final = 3_600_000
LEVELS_MS: Final = (HOUR_MS, 60_000, 1_000)
AT_ONCE: Final = 10_000


class OwnTrades:
    """Past of the market: that of the recording, and the trades since this was made or `read`."""

    def __init__(self, recording: Recording | NoRecording) -> None:
        self._recording = recording
        self._sums: dict[str, dict[int, dict[int, Traded]]] = {}
        self._hours: dict[str, list[int]] = {}
        """Hours with trades, in order."""

    def note(self, stamp: Stamp, events: Sequence[Any]) -> None:
        """Count the trades of a command."""
        for event in events:
            if trades.is_match(event):
                self._count(event.instrument, stamp.at_ms, event.price, event.size)

    def take(self, other: OwnTrades) -> None:
        """Count the trades that another one has counted, and no others."""
        self._hours = {instrument: list(hours) for instrument, hours in other._hours.items()}
        self._sums = {
            instrument: {
                length_ms: {number: copy(traded) for number, traded in sums.items()}
                for length_ms, sums in levels.items()
            }
            for instrument, levels in other._sums.items()
        }

    async def read(self, store: Reader, newest: int) -> None:
        """Count the stored trades up to number `newest`. Call it before `note`."""
        for first in range(1, newest + 1, AT_ONCE):
            for body in reversed(
                await store.page(TRADES.name, trades.NOBODY, first, first + AT_ONCE - 1, limit=AT_ONCE)
            ):
                row = trades.read_row(body)
                self._count(row.instId, int(row.ts), atoms_from_text(row.px), atoms_from_text(row.sz))

    def _count(self, instrument: str, at_ms: int, price: int, size: int) -> None:
        levels = self._sums.setdefault(instrument, {length_ms: {} for length_ms in LEVELS_MS})
        quote = mul_down(size, price)
        hours = self._hours.setdefault(instrument, [])
        if not hours or hours[-1] != at_ms // HOUR_MS:
            hours.append(at_ms // HOUR_MS)
        for length_ms, sums in levels.items():
            found = sums.get(at_ms // length_ms)
            if found is None:
                sums[at_ms // length_ms] = Traded(price, price, price, price, size, quote, at_ms)
            else:
                _add(found, Traded(price, price, price, price, size, quote, at_ms))

    # ---- looking back

    def traded(self, instrument: str, from_ms: int, to_ms: int) -> Traded | None:
        """Sum of the trades from the second of `from_ms` to the one before `to_ms`; None without any."""
        levels = self._sums.get(instrument)
        if levels is None:
            return None
        found: Traded | None = None
        for part in _parts(levels, from_ms - from_ms % 1_000, to_ms):
            if found is None:
                found = Traded(part.open, part.high, part.low, part.close, part.volume, part.volume_quote, part.last_ms)
            else:
                _add(found, part)
        return found

    def last_before(self, instrument: str, at_ms: int) -> Traded | None:
        """Sum of a second, a minute or an hour that ends with the last trade before the second of `at_ms`."""
        levels = self._sums.get(instrument)
        if levels is None:
            return None
        for length_ms, longer_ms in ((1_000, 60_000), (60_000, HOUR_MS)):
            sums, number = levels[length_ms], at_ms // length_ms
            for earlier in range(number - 1, number - number % (longer_ms // length_ms) - 1, -1):
                if earlier in sums:
                    return sums[earlier]
        hours = self._hours[instrument]
        place = bisect_left(hours, at_ms // HOUR_MS)
        return levels[HOUR_MS][hours[place - 1]] if place else None

    def candle(self, instrument: str, open_ms: int, length_ms: int, to_ms: int) -> Candle | None:
        return self._recording.candle(instrument, open_ms, length_ms, to_ms)

    def price_at(self, instrument: str, at_ms: int) -> int:
        return self._recording.price_at(instrument, at_ms)

    def moved_at(self, instrument: str, at_ms: int) -> int:
        return self._recording.moved_at(instrument, at_ms)


def _parts(levels: dict[int, dict[int, Traded]], at_ms: int, to_ms: int) -> Iterable[Traded]:
    """Sums of [at_ms, to_ms) in order, each as long as fits."""
    while at_ms < to_ms:
        length_ms = next(
            (length for length in LEVELS_MS if at_ms % length == 0 and at_ms + length <= to_ms), LEVELS_MS[-1]
        )
        part = levels[length_ms].get(at_ms // length_ms)
        if part is not None:
            yield part
        at_ms += length_ms


def _add(sum_: Traded, later: Traded) -> None:
    sum_.high = max(sum_.high, later.high)
    sum_.low = min(sum_.low, later.low)
    sum_.close = later.close
    sum_.volume += later.volume
    sum_.volume_quote += later.volume_quote
    sum_.last_ms = later.last_ms
