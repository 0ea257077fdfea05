"""Channels of the book: a snapshot and then its changes, or the best levels whole each time.

Every message carries `seqId`, the number of the last entry in it. A message of changes names in
`prevSeqId` the `seqId` of the one before, and the checksum of the book after it. Source: documented
(order-book-trading-market-data-ws-order-book-channel).
"""

from __future__ import annotations

import zlib
from itertools import chain, zip_longest

from tallystick.contract.channel_rows import BestRow, BookRow, FiveRow, Level
from tallystick.engine.state import State
from tallystick.views.channels.core import Latest, Say
from tallystick.views.core import Caller
from tallystick.views.market import book_levels

CHECKED_LEVELS = 25
QUIET_MS = 60_000
"""Time without a change after which an empty update is sent (documented: about once a minute)."""

Levels = tuple[Level, ...]


def checksum(asks: Levels, bids: Levels) -> int:
    """Signed CRC32 of price:size of the best 25 bids and asks in turn; the longer side goes on alone."""
    pairs = zip_longest(bids[:CHECKED_LEVELS], asks[:CHECKED_LEVELS])
    text = ":".join(f"{level[0]}:{level[1]}" for level in chain.from_iterable(pairs) if level is not None)
    number = zlib.crc32(text.encode("ascii"))
    return number - 2**32 if number >= 2**31 else number


def changed(before: Levels, after: Levels) -> Levels:
    """Levels that are new or changed, in the order of the side, then those that are gone, with size 0."""
    known = set(before)
    prices = {level[0] for level in after}
    gone = tuple((level[0], "0", "0", "0") for level in before if level[0] not in prices)
    return (*(level for level in after if level not in known), *gone)


class Book(Latest):
    """Snapshot and changes of `depth` levels a side; a level that moves beyond them is gone for the subscriber."""

    repeat_ms = QUIET_MS

    def __init__(self, instrument: str, depth: int) -> None:
        self.instrument = instrument
        self.depth = depth
        self.topics = (("instrument", instrument),)
        self.asks: Levels = ()
        self.bids: Levels = ()
        self.checksum = 0
        self.seq = -1

    def first(self, state: State, caller: Caller) -> Say:
        """The book as last sent, so that the next update fits; the current one where nothing was sent yet."""
        if self.seq < 0:
            self._take(state)
        return Say((self._row(self.asks, self.bids, -1, caller),), {"action": "snapshot"})

    def change(self, state: State, caller: Caller) -> Say | None:
        asks, bids, seq = self.asks, self.bids, self.seq
        self._take(state)
        new_asks, new_bids = changed(asks, self.asks), changed(bids, self.bids)
        if not new_asks and not new_bids:
            self.seq = seq
            return None
        return Say((self._row(new_asks, new_bids, seq, caller),), {"action": "update"})

    def again(self, state: State, caller: Caller) -> Say | None:
        return self.change(state, caller) or Say((self._row((), (), self.seq, caller),), {"action": "update"})

    def _take(self, state: State) -> None:
        instrument = state.parameters.instruments[self.instrument]
        self.asks = book_levels(state, instrument, "asks", self.depth)
        self.bids = book_levels(state, instrument, "bids", self.depth)
        self.checksum = checksum(self.asks, self.bids)
        self.seq = state.seq

    def _row(self, asks: Levels, bids: Levels, before: int, caller: Caller) -> BookRow:
        return BookRow(
            asks=asks,
            bids=bids,
            ts=str(caller.at_ms),
            checksum=self.checksum,
            prevSeqId=before,
            seqId=self.seq,
        )


class Best(Latest):
    """The best `depth` levels, whole each time they change. Five levels name their instrument too (documented)."""

    def __init__(self, instrument: str, depth: int) -> None:
        self.instrument = instrument
        self.depth = depth
        self.topics = (("instrument", instrument),)
        self.shown: tuple[Levels, Levels] | None = None

    def first(self, state: State, caller: Caller) -> Say:
        shown = self._levels(state)
        if self.shown is None:
            self.shown = shown
        return Say((self._row(shown, state.seq, caller),))

    def change(self, state: State, caller: Caller) -> Say | None:
        shown = self._levels(state)
        if shown == self.shown:
            return None
        self.shown = shown
        return Say((self._row(shown, state.seq, caller),))

    def _levels(self, state: State) -> tuple[Levels, Levels]:
        instrument = state.parameters.instruments[self.instrument]
        return (
            book_levels(state, instrument, "asks", self.depth),
            book_levels(state, instrument, "bids", self.depth),
        )

    def _row(self, shown: tuple[Levels, Levels], seq: int, caller: Caller) -> BestRow | FiveRow:
        asks, bids = shown
        at = str(caller.at_ms)
        if self.depth == 1:
            return BestRow(asks=asks, bids=bids, ts=at, seqId=seq)
        return FiveRow(asks=asks, bids=bids, instId=self.instrument, ts=at, seqId=seq)
