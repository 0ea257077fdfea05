"""Deciding a stretch of the journal again: from a snapshot, or from the beginning, up to the next snapshot.

Stretches need nothing of each other. Each one shows that its entries lead from the snapshot before them to the one
after them, so that all of them together show it of the whole journal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Final

import msgspec
from msgspec import Struct

from tallystick.engine import charging, core, transient
from tallystick.engine.commands import Command
from tallystick.engine.core import Stamp
from tallystick.engine.state import State
from tallystick.store.api import (
    GENESIS,
    Entry,
    HistoryRow,
    JournalDamaged,
    Reader,
    Snapshot,
    entries_following,
    genesis_hash,
    snapshot_hash,
)
from tallystick.venue.entries import encode_events, events_of, read
from tallystick.venue.recovery import noted_in, starting_state
from tallystick.views.rows import rows_of, rows_of_charges

OFTEN: Final = 256
"""Entries or rows between two calls of a progress callback."""


class Disagrees(Exception):
    """Difference that ends a check. `seq` is 0 if it belongs to no entry."""

    def __init__(self, problem: str, seq: int = 0, *, decisions_differ: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.seq = seq
        self.decisions_differ = decisions_differ


class Stretch(Struct, frozen=True):
    """The entries above `after` up to `until`. There is a snapshot of each that is neither 0 nor the last entry."""

    after: int
    until: int


class Decided(Struct, frozen=True):
    """What a stretch leads to: hash of the state, digest of the keys if it notes one, and rows of the histories.

    `ahead` are the rows of interest that is due at its end and not booked.
    """

    state_hash: str
    keys_digest: str
    rows: list[HistoryRow]
    ahead: list[HistoryRow]


def stretches_of(last: int, snapshots: Sequence[int]) -> list[Stretch]:
    """Stretches of a journal with `last` entries, divided at the snapshots, which are in rising order.

    Raises JournalDamaged: a snapshot was taken after more entries.
    """
    if snapshots and snapshots[-1] > last:
        raise JournalDamaged(snapshots[-1], "the journal ends before its snapshot")
    bounds = [0, *(seq for seq in snapshots if 0 < seq < last), last]
    return [Stretch(after, until) for after, until in pairwise(bounds)]


class Deciding:
    """One stretch that is decided again. `entries` is the number of the last entry that agreed."""

    def __init__(
        self, view: Reader, stretch: Stretch, expected: tuple[int, str] | None, progress: Callable[[int], None]
    ) -> None:
        self.view = view
        self.stretch = stretch
        self.expected = expected
        self.progress = progress
        self.entries = stretch.after

    def run(self) -> Decided:
        """Compare every entry, and the states at the end. Raises Disagrees, JournalDamaged, what decoding raises."""
        before, decided, folded = self._start()
        rows: dict[tuple[str, int, int, int], HistoryRow] = {}
        keys_digest = ""
        entry = before
        for entry in self._following(before):
            stamp = Stamp(entry.seq, entry.at_ms)
            command, events = read(entry)
            self.entries = entry.seq
            keys_digest = noted_in(entry, keys_digest)
            decide(decided, stamp, entry, command)
            core.fold(folded, stamp, events)
            for row in rows_of(stamp, events, folded):
                rows[row.table, row.user_id, row.key, row.id] = row
            if self.expected is not None and entry.seq == self.expected[0]:
                self._as_expected(decided, self.expected[1])
            if entry.seq % OFTEN == 0:
                self.progress(entry.seq)
        self._ends(decided, folded, entry)
        ahead = rows_of_charges(transient.of(charging.charged(decided)).charges)
        return Decided(core.state_hash(decided), keys_digest, list(rows.values()), list(ahead))

    def _start(self) -> tuple[Entry | None, State, State]:
        """The entry before the stretch, and the state after it, twice."""
        if self.stretch.after == 0:
            return None, starting_state(self.view), starting_state(self.view)
        before = next(self.view.entries(self.stretch.after - 1), None)
        if before is None or before.seq != self.stretch.after:
            raise JournalDamaged(self.stretch.after, "entry missing")
        snapshot = self.view.snapshot(self.stretch.after)
        if snapshot is None:
            raise Disagrees("the snapshot is missing", self.stretch.after)
        return before, state_of(snapshot, before), state_of(snapshot, before)

    def _following(self, before: Entry | None) -> Any:
        genesis = self.view.get_meta(GENESIS)
        if genesis is None:
            raise JournalDamaged(1, "the state it starts from is missing")
        previous, at_ms = (genesis_hash(genesis), 0) if before is None else (before.hash, before.at_ms)
        for entry in entries_following(self.view, self.stretch.after, previous, at_ms):
            if entry.seq > self.stretch.until:
                return
            yield entry

    def _ends(self, decided: State, folded: State, entry: Entry | None) -> None:
        snapshot = self.view.snapshot(self.stretch.until)
        if snapshot is not None and entry is not None:
            short = state_of(snapshot, entry)
            same(short, folded, entry.seq, "the snapshot differs from the state after the entries before it")
        same(folded, decided, self.entries, "the stored events lead to another state than the commands")

    def _as_expected(self, decided: State, state_hash: str) -> None:
        if core.state_hash(decided) != state_hash:
            raise Disagrees("the running venue has another state than its journal", decided.seq)


def state_of(snapshot: Snapshot, entry: Entry) -> State:
    """Decode a snapshot taken after an entry. Raises Disagrees."""
    if snapshot.hash != snapshot_hash(entry.hash, snapshot.state) or snapshot.at_ms != entry.at_ms:
        raise Disagrees("the snapshot is damaged, or of another journal; a start uses the journal alone", entry.seq)
    return core.decode_state(snapshot.state)


def same(one: State, other: State, seq: int, problem: str) -> None:
    """Require that two states are the same. Raises Disagrees."""
    if core.state_hash(one) != core.state_hash(other):
        raise Disagrees(problem, seq)


def decide(state: State, stamp: Stamp, entry: Entry, command: Command) -> None:
    """Decide a command again and compare its events with the stored ones. Raises Disagrees."""
    difference = _difference(state, stamp, entry, command)
    if difference:
        raise Disagrees(f"entry {entry.seq}: {difference}", entry.seq, decisions_differ=True)


def _difference(state: State, stamp: Stamp, entry: Entry, command: Command) -> str:
    """Difference of the newly decided events from the stored ones; "" if there is none."""
    name = type(command).__name__
    try:
        events = core.handle(state, stamp, command)
    except core.Rejected as rejected:
        return f"{name} was carried out then, and would be refused now with {rejected.reject.name}"
    if encode_events(command, events) == entry.events:
        return ""
    stored: list[Any] = events_of(entry)
    encode = msgspec.json.encode
    for index, (then, now) in enumerate(zip(stored, events, strict=False)):
        if encode(then) != encode(now):
            return f"{name}, event {index + 1}: then {encode(then).decode()}, now {encode(now).decode()}"
    return f"events of {name} then: {len(stored)}, now: {len(events)}"
