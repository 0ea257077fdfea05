"""A venue that follows another one with the same journal: it answers queries, decides nothing and writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tallystick.engine import core
from tallystick.engine.commands import Command
from tallystick.engine.core import Stamp
from tallystick.store.api import Entry, JournalDamaged, is_sealed
from tallystick.venue.entries import events_of
from tallystick.venue.interfaces import Outcome
from tallystick.venue.kept_pages import KeptPages
from tallystick.venue.line import Line
from tallystick.venue.present import Present
from tallystick.venue.recovery import Recovered, noted_in
from tallystick.venue.venue import Venue


class PresentOfAnother(Present):
    """Present of a follower. The venue that leads keeps its time on disk, so nothing is written here."""

    def may_be_told(self, at_ms: int) -> bool:
        return True

    def keep(self, at_ms: int) -> None:
        """Keep nothing: the venue that leads does that."""


class FollowingLine(Line):
    """Line whose entries come from the journal. Nothing becomes due here: the time stands before a tick until its
    entry comes."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.present = PresentOfAnother(self.clock, self.writer)
        self.keys_digest = ""
        # Rows come into the store without being put here.
        self.pages = KeptPages(bytes_max=0)

    def enter_at_once(self) -> int | None:
        self.require_running()
        return self.now_ms()

    async def enter(self) -> int:
        self.require_running()
        return self.now_ms()

    def wake(self) -> None:
        """Do nothing when the alarm rings: what is due comes from the journal."""

    def carry_out(self, at_ms: int, command: Command) -> Outcome:
        raise RuntimeError(f"a follower was asked to carry out {type(command).__name__}")

    def follow(self, entry: Entry) -> None:
        """Take over the next entry. Raises JournalDamaged: one is missing, or the hash does not fit."""
        if entry.seq != self.state.seq + 1:
            raise JournalDamaged(self.state.seq + 1, f"entry missing, {entry.seq} follows {self.state.seq}")
        if not is_sealed(self.last_hash, entry):
            raise JournalDamaged(entry.seq, "hash mismatch")
        stamp, events = Stamp(entry.seq, entry.at_ms), events_of(entry)
        core.fold(self.state, stamp, events)
        self.market.note(stamp, events)
        self.last_hash = entry.hash
        self.keys_digest = noted_in(entry, self.keys_digest)
        self.plan()
        if self.listener is not None:
            self.tell_listener(self.listener, stamp, events)


class FollowingVenue(Venue):
    """Venue that takes its entries from the journal of another one, with `follow`."""

    LINE = FollowingLine
    line: FollowingLine

    async def start(self, progress: Callable[[int, int], None] = lambda at_ms, until_ms: None) -> None:
        """Read what the candles need. Nothing is written."""
        self.line.keys_digest = self._keys_digest
        self.line.writer.start()
        await self.line.market.read(self.store, self.line.state.last_trade_id)

    async def stop(self) -> str | None:
        self.line.halted = self.line.halted or "the venue follows no more"
        await self.line.writer.stop()
        return None

    def follow(self, entry: Entry) -> None:
        """Take over the next entry of the journal. Raises JournalDamaged."""
        self.line.follow(entry)

    def follow_clock(self, text: str) -> None:
        """Show about the time of the clock that wrote this text into the store."""
        self.line.clock.follow(text)

    def handed_over(self) -> Recovered:
        """All that a venue needs to go on from here."""
        return Recovered(self.line.state, self.line.last_hash, keys_digest=self.line.keys_digest)
