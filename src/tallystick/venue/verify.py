"""Check that a data folder agrees with its journal, by deciding every command again.

The journal is the reference: its chain of hashes, its commands and its events. The check compares with it the
snapshot, the API keys (by the digest it notes of them), the rows of the histories and their indexes. A snapshot that
a user saved has a journal of its own, and is checked in the same way. SQLite checks its file, too. The settings of
clock and market, and `connection.json`, follow from nothing and are not covered (decisions/033).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final, Literal, TypeAlias

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
    OtherVersion,
    Reader,
    Snapshot,
    StoreError,
    checked_entries,
    snapshot_hash,
)
from tallystick.venue.entries import encode_events, events_of, read
from tallystick.venue.keys import require_noted
from tallystick.venue.recovery import noted_in, starting_state
from tallystick.venue.sequencer import VenueHalted
from tallystick.views.rows import rows_of, rows_of_charges

Place: TypeAlias = tuple[str, int, int, int]
"""Table, user, key and id of a row."""
Progress: TypeAlias = Callable[[str, int, int], None]
"""Callback of progress: (what is checked, how many are done, of how many). If it raises, the check ends."""
OFTEN: Final = 256
"""Entries or rows between two calls of `Progress`."""


class Verdict(Struct, frozen=True):
    """Result of `verify`. `seq` is the entry of the first difference, 0 if there is none.

    `decisions_differ`: the journal is whole, but this version would decide otherwise at `seq`. `snapshot_seq` is the
    entry after which the snapshot was taken, 0 without one. `rows` and `keys` are the numbers compared, `saved` that of
    the snapshots that users saved. `remark` says what could not be compared, and why.
    """

    ok: bool
    entries: int
    state_hash: str
    problem: str = ""
    seq: int = 0
    decisions_differ: bool = False
    snapshot_seq: int = 0
    rows: int = 0
    keys: int = 0
    saved: int = 0
    remark: str = ""


class _Disagrees(Exception):
    """Difference that ends the check. `seq` is 0 if it belongs to no entry."""

    def __init__(self, problem: str, seq: int = 0, *, decisions_differ: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.seq = seq
        self.decisions_differ = decisions_differ


def verify(store: Reader, expected: tuple[int, str] | None = None, progress: Progress | None = None) -> Verdict:
    """Compare all that a store holds at this moment. Stops at the first difference.

    The order is: the file (SQLite's own check), every entry (chain of hashes, events decided again) and with it the
    snapshot and the state, the API keys, the rows of the histories, their indexes; then each saved snapshot, whose
    `problem` begins with its name and whose `seq` is an entry of its journal. `expected` is number and state
    hash of an entry as the running venue knows them. Raises OtherVersion, and what `progress` raises.
    """
    return verify_view(store.view(), expected, progress)


def verify_view(view: Reader, expected: tuple[int, str] | None = None, progress: Progress | None = None) -> Verdict:
    """Verify one moment of a store as `verify` does, then close it."""
    try:
        verdict = _verdict(_Check(view, expected, progress or _silence))
        return _with_saved(view, verdict, progress or _silence) if verdict.ok else verdict
    finally:
        view.close()


def _verdict(check: _Check) -> Verdict:
    try:
        return check.run()
    except JournalDamaged as error:
        return check.failed(_Disagrees(str(error), error.seq))
    except _Disagrees as found:
        return check.failed(found)
    except msgspec.ValidationError as missed:
        raise OtherVersion(str(missed)) from None
    except msgspec.DecodeError as error:
        return check.failed(_Disagrees(f"what is stored cannot be read: {error}", check.entries))
    except OtherVersion:
        raise
    except StoreError as error:
        return check.failed(_Disagrees(str(error)))


def _with_saved(view: Reader, verdict: Verdict, progress: Progress) -> Verdict:
    """Verdict on the venue and on each snapshot that a user saved; the first that differs is told."""
    for number, saved in enumerate(view.saved(), start=1):
        copy = view.saved_view(saved.name)
        check = None if copy is None else _Check(copy, None, progress, indexed=False)
        found = None if check is None else _verdict(check)
        problem = "it is missing" if found is None else found.problem
        if not problem and found is not None and found.entries != saved.seq:
            problem = f"it was saved after entry {saved.seq} and ends with {found.entries}"
        if problem:
            problem = f"saved snapshot {saved.name}: {problem}"
            return msgspec.structs.replace(found or verdict, ok=False, problem=problem, saved=number)
        verdict = msgspec.structs.replace(verdict, saved=number)
    return verdict


async def verify_running(
    store: Reader,
    state_now: Callable[[], State],
    state_hash: Callable[[], Awaitable[tuple[int, str]]],
    leaving: Callable[[], bool],
) -> Verdict:
    """Verify a running venue beside its work, as `verify` does. Raises VenueHalted: `leaving`, or it has halted."""
    state = None
    while state is not state_now():  # A reset begins another journal.
        state = state_now()
        expected = await state_hash()

    def while_open(what: str, done: int, of: int) -> None:
        if leaving():
            raise VenueHalted("the venue is being stopped, and its check with it")

    return await asyncio.to_thread(verify_view, store.view(), expected, while_open)


def _silence(what: str, done: int, of: int) -> None:
    pass


class _Check:
    """One walk through a store."""

    def __init__(
        self, view: Reader, expected: tuple[int, str] | None, progress: Progress, *, indexed: bool = True
    ) -> None:
        self.view = view
        self.indexed = indexed
        """True for a venue; a saved snapshot is in the venue's file, and has no indexes."""
        self.expected = expected
        self.progress = progress
        self.entries = 0
        self.state_hash = ""
        self.to_come: dict[Place, HistoryRow] = {}
        """Rows that follow from the events and have not been found in the histories yet."""
        self.ahead: dict[Place, HistoryRow] = {}
        """Rows of interest that is due at the end of the journal and not booked."""
        self.met: dict[Place, HistoryRow] = {}
        self.keys_digest = ""

    def run(self) -> Verdict:
        if self.indexed:
            self._file()
        last, snapshot = self.view.last_entry(), self.view.snapshot()
        if last is None and self.view.get_meta(GENESIS) is None:
            return Verdict(True, 0, "")
        self._journal(last.seq if last else 0, snapshot)
        keys, remark = self._keys()
        self._rows()
        if self.indexed:
            self._index("a")
            self._index("b")
        snapshot_seq = snapshot.seq if snapshot else 0
        found = Verdict(True, self.entries, self.state_hash, snapshot_seq=snapshot_seq, rows=len(self.met))
        return msgspec.structs.replace(found, keys=keys, remark=remark)

    def failed(self, found: _Disagrees) -> Verdict:
        entries = self.entries if found.decisions_differ or not found.seq else found.seq - 1
        return Verdict(
            ok=False,
            entries=entries,
            state_hash=self.state_hash,
            problem=found.problem,
            seq=found.seq,
            decisions_differ=found.decisions_differ,
        )

    def _file(self) -> None:
        self.progress("file", 0, 1)
        faults = self.view.faults(lambda: self.progress("file", 0, 1))
        if faults:
            raise _Disagrees(f"the file is damaged: {faults[0]}")
        self.progress("file", 1, 1)

    # ---- journal, snapshot, state

    def _journal(self, of: int, snapshot: Snapshot | None) -> None:
        """Check every entry of the journal.

        `decided` is the state from the commands, `folded` that from the events, `short` that from the snapshot and the
        events after it.
        """
        decided, folded = starting_state(self.view), starting_state(self.view)
        short: State | None = None
        for entry in checked_entries(self.view):
            stamp = Stamp(entry.seq, entry.at_ms)
            command, events = read(entry)
            self.entries = entry.seq
            self.keys_digest = noted_in(entry, self.keys_digest)
            _decide(decided, stamp, entry, command)
            core.fold(folded, stamp, events)
            self._keep(rows_of(stamp, events, folded))
            if short is not None:
                core.fold(short, stamp, events_of(entry))
            if snapshot is not None and entry.seq == snapshot.seq:
                short = _state_of(snapshot, entry)
                _same(short, folded, entry.seq, "the snapshot differs from the state after the entries before it")
            if self.expected is not None and entry.seq == self.expected[0]:
                self._as_expected(decided, self.expected[1])
            if entry.seq % OFTEN == 0:
                self.progress("entries", entry.seq, of)
        self._ends(decided, folded, short, snapshot)
        self.progress("entries", of, of)

    def _ends(self, decided: State, folded: State, short: State | None, snapshot: Snapshot | None) -> None:
        if snapshot is not None and snapshot.seq > self.entries:
            raise JournalDamaged(snapshot.seq, "the journal ends before its snapshot")
        if self.expected is not None and self.expected[0] > self.entries:
            raise JournalDamaged(self.expected[0], "the running venue has gone further")
        _same(folded, decided, self.entries, "the stored events lead to another state than the commands")
        if short is not None:
            _same(short, decided, self.entries, "the snapshot and the rest lead to another state than the commands")
        whole = charging.charged(decided)
        self.ahead = {_place(row): row for row in rows_of_charges(transient.of(whole).charges)}
        self.state_hash = core.state_hash(decided)

    def _as_expected(self, decided: State, state_hash: str) -> None:
        if core.state_hash(decided) != state_hash:
            raise _Disagrees("the running venue has another state than its journal", decided.seq)

    def _keys(self) -> tuple[int, str]:
        """Compare the API keys. Returns the number compared, and a remark if none could be. Raises StoreError."""
        keys = self.view.load_keys()
        if keys and not self.keys_digest:
            return 0, f"the journal does not tell of the {len(keys)} API keys yet; the next start has it do so"
        require_noted(keys, self.keys_digest)
        return len(keys), ""

    def _keep(self, rows: Iterable[HistoryRow]) -> None:
        for row in rows:
            self.to_come[_place(row)] = row

    # ---- histories

    def _rows(self) -> None:
        """Check that every row follows from an entry, and that none is missing.

        Rows of due interest may be there before it is booked, as earlier versions wrote them.
        """
        of = len(self.to_come)
        for row in self.view.history():
            place = _place(row)
            if row not in (self.to_come.pop(place, None), self.ahead.get(place)):
                raise _Disagrees(f"{_words(row)} does not follow from the journal")
            self.met[place] = row
            if len(self.met) % OFTEN == 0:
                self.progress("rows", len(self.met), of)
        for row in self.to_come.values():
            raise _Disagrees(f"{_words(row)} is missing")
        self.progress("rows", of, of)

    def _index(self, column: Literal["a", "b"]) -> None:
        """Check an index: a filter finds every row that has its value, in the order of the pages, and no other row."""
        of = sum(1 for row in self.met.values() if _filter(row, column))
        found, before = 0, None
        for place in self.view.indexed(column):
            table, user_id, value, key, row_id = place
            row = self.met.get((table, user_id, key, row_id))
            if row is None or _filter(row, column) != value or (before is not None and place <= before):
                raise _Disagrees(f"index {column} of the histories: {place} is not where it belongs")
            found, before = found + 1, place
            if found % OFTEN == 0:
                self.progress(f"index {column}", found, of)
        if found != of:
            raise _Disagrees(f"index {column} of the histories: {of - found} of {of} rows are missing in it")
        self.progress(f"index {column}", of, of)


def _place(row: HistoryRow) -> Place:
    return row.table, row.user_id, row.key, row.id


def _filter(row: HistoryRow, column: Literal["a", "b"]) -> str:
    return row.a if column == "a" else row.b


def _words(row: HistoryRow) -> str:
    return f"history {row.table} of user {row.user_id}: row {row.key}/{row.id}"


def _state_of(snapshot: Snapshot, entry: Entry) -> State:
    """Decode a snapshot taken after an entry. Raises _Disagrees."""
    if snapshot.hash != snapshot_hash(entry.hash, snapshot.state) or snapshot.at_ms != entry.at_ms:
        raise _Disagrees("the snapshot is damaged, or of another journal; a start uses the journal alone", entry.seq)
    return core.decode_state(snapshot.state)


def _same(one: State, other: State, seq: int, problem: str) -> None:
    """Require that two states are the same. Raises _Disagrees."""
    if core.state_hash(one) != core.state_hash(other):
        raise _Disagrees(problem, seq)


def _decide(state: State, stamp: Stamp, entry: Entry, command: Command) -> None:
    """Decide a command again and compare its events with the stored ones. Raises _Disagrees."""
    difference = _difference(state, stamp, entry, command)
    if difference:
        raise _Disagrees(f"entry {entry.seq}: {difference}", entry.seq, decisions_differ=True)


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
    return f"{name} gave {len(stored)} events then, and would give {len(events)} now"
