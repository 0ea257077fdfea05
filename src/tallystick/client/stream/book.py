"""A book kept by its messages: levels by price, the number of the last message, and its checksum.

Source: documented (order-book-trading-market-data-ws-order-book-channel): sequence, and the CRC32 of 25 levels a side.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from tallystick.client.clock import from_ms
from tallystick.client.readers import Level

CHECKED: Final = 25
"""Levels a side that the checksum covers."""
WHOLE: Final = -1
"""`prevSeqId` of a whole book."""


class Side:
    """Levels of one side, as they were sent, in the order of their prices."""

    def __init__(self) -> None:
        self.prices: list[Decimal] = []
        self.levels: dict[Decimal, Sequence[str]] = {}

    def apply(self, rows: Iterable[Sequence[str]]) -> None:
        """Levels that changed; one of size 0 is gone."""
        for row in rows:
            price = Decimal(row[0])
            known = price in self.levels
            if Decimal(row[1]) == 0:
                if known:
                    del self.levels[price]
                    del self.prices[bisect_left(self.prices, price)]
            else:
                if not known:
                    self.prices.insert(bisect_left(self.prices, price), price)
                self.levels[price] = row


class Book:
    """A book as it stands after the last message. `asks` and `bids` are levels with the best first."""

    def __init__(self, instrument: str) -> None:
        self.instrument = instrument
        self.seq_id = WHOLE
        self.ts: datetime | None = None
        self._asks, self._bids = Side(), Side()

    @property
    def asks(self) -> list[Level]:
        return [_level(self._asks.levels[price]) for price in self._asks.prices]

    @property
    def bids(self) -> list[Level]:
        return [_level(self._bids.levels[price]) for price in reversed(self._bids.prices)]

    def whole(self, row: Mapping[str, Any]) -> None:
        """Begin with a whole book, as it was sent."""
        self._asks, self._bids = Side(), Side()
        self.change(row)

    def change(self, row: Mapping[str, Any]) -> None:
        """Take in what changed, as it was sent."""
        self._asks.apply(row["asks"])
        self._bids.apply(row["bids"])
        self.seq_id, self.ts = int(row["seqId"]), from_ms(int(row["ts"]))

    def checksum(self) -> int:
        """CRC32, signed: price and size of a bid, of an ask, of the next bid, as far as a side goes, with colons."""
        parts: list[str] = []
        for place in range(CHECKED):
            for side, number in ((self._bids, -1 - place), (self._asks, place)):
                if place < len(side.prices):
                    parts += side.levels[side.prices[number]][:2]
        number = zlib.crc32(":".join(parts).encode("ascii"))
        return number if number < 1 << 31 else number - (1 << 32)

    def __repr__(self) -> str:
        return f"<Book of {self.instrument}: {len(self._bids.prices)} bids, {len(self._asks.prices)} asks>"


def _level(row: Sequence[str]) -> Level:
    return Level(Decimal(row[0]), Decimal(row[1]), int(row[-1]))
