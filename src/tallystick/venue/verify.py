"""Check that a data folder agrees with its journal, by deciding every command again.

The journal is the reference: its chain of hashes, its commands and its events. The check compares with it the
snapshot, the API keys (by the digest it notes of them), the rows of the histories and their indexes. A snapshot that
a user saved has a journal of its own, and is checked in the same way. SQLite checks its file, too. The settings of
clock and market, and `connection.json`, follow from nothing and are not covered (decisions/033).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Literal, TypeAlias

import msgspec
from msgspec import Struct

from tallystick.engine.state import State
from tallystick.store.api import GENESIS, HistoryRow, JournalDamaged, OtherVersion, Reader, StoreError
from tallystick.venue.deciding import OFTEN, Decided, Disagrees, Stretch, stretches_of
from tallystick.venue.keys import require_noted
from tallystick.venue.sequencer import VenueHalted
from tallystick.venue.stretches import Expected, Fault, beside_each_other, one_by_one

Place: TypeAlias = tuple[str, int, int, int]
"""Table, user, key and id of a row."""
Progress: TypeAlias = Callable[[str, int, int], None]
"""Callback of progress: (what is checked, how many are done, of how many). If it raises, the check ends."""


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


def verify(store: Reader, expected: Expected = None, progress: Progress | None = None, *, workers: int = 1) -> Verdict:
    """Compare all that a store holds at this moment. Stops at the first difference.

    The order is: the file (SQLite's own check), every entry (chain of hashes, events decided again) and with it the
    snapshot and the state, the API keys, the rows of the histories, their indexes; then each saved snapshot, whose
    `problem` begins with its name and whose `seq` is an entry of its journal. `expected` is number and state
    hash of an entry as the running venue knows them. With several `workers` the stretches between the venue's own
    snapshots are decided in as many processes, if nobody writes to the store meanwhile. Raises OtherVersion, and what
    `progress` raises.
    """
    return verify_view(store.view(), expected, progress, workers=workers)


def verify_view(
    view: Reader, expected: Expected = None, progress: Progress | None = None, *, workers: int = 1
) -> Verdict:
    """Verify one moment of a store as `verify` does, then close it."""
    try:
        verdict = _verdict(_Check(view, expected, progress or _silence, workers=workers))
        return _with_saved(view, verdict, progress or _silence) if verdict.ok else verdict
    finally:
        view.close()


def _verdict(check: _Check) -> Verdict:
    try:
        return check.run()
    except JournalDamaged as error:
        return check.failed(Disagrees(str(error), error.seq))
    except Disagrees as found:
        return check.failed(found)
    except OtherVersion:
        raise
    except StoreError as error:
        return check.failed(Disagrees(str(error)))


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


class Progressing(Struct, frozen=True):
    """How far a check is: so many of so many of what it looks at."""

    what: str
    done: int
    of: int


async def verify_running(
    store: Reader,
    state_now: Callable[[], State],
    state_hash: Callable[[], Awaitable[tuple[int, str]]],
    leaving: Callable[[], bool],
    progress: Progress | None = None,
) -> Verdict:
    """Verify a running venue beside its work, as `verify` does. Raises VenueHalted: `leaving`, or it has halted.

    `progress` is told from another thread how far it is.
    """
    state = None
    while state is not state_now():  # A reset begins another journal.
        state = state_now()
        expected = await state_hash()

    def while_open(what: str, done: int, of: int) -> None:
        if leaving():
            raise VenueHalted("the venue is being stopped, and its check with it")
        if progress is not None:
            progress(what, done, of)

    return await asyncio.to_thread(verify_view, store.view(), expected, while_open)


def _silence(what: str, done: int, of: int) -> None:
    pass


class _Check:
    """One walk through a store."""

    def __init__(
        self, view: Reader, expected: Expected, progress: Progress, *, workers: int = 1, indexed: bool = True
    ) -> None:
        self.view = view
        self.workers = workers
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
        last, snapshots = self.view.last_entry(), self.view.snapshots()
        if last is None and self.view.get_meta(GENESIS) is None:
            return Verdict(True, 0, "")
        self._journal(last.seq if last else 0, snapshots)
        keys, remark = self._keys()
        self._rows()
        if self.indexed:
            self._index("a")
            self._index("b")
        snapshot_seq = snapshots[-1] if snapshots else 0
        found = Verdict(True, self.entries, self.state_hash, snapshot_seq=snapshot_seq, rows=len(self.met))
        return msgspec.structs.replace(found, keys=keys, remark=remark)

    def failed(self, found: Disagrees) -> Verdict:
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
            raise Disagrees(f"the file is damaged: {faults[0]}")
        self.progress("file", 1, 1)

    # ---- journal, snapshots, state

    def _journal(self, of: int, snapshots: Sequence[int]) -> None:
        """Check every entry of the journal, stretch by stretch from one snapshot to the next."""
        stretches = stretches_of(of, snapshots)
        if self.expected is not None and self.expected[0] > of:
            raise JournalDamaged(self.expected[0], "the running venue has gone further")
        for found in self._results(stretches, lambda seq: self.progress("entries", seq, of)):
            if isinstance(found, Fault):
                self.entries = found.entries
                if found.missed:
                    raise OtherVersion(found.missed)
                raise Disagrees(found.problem, found.seq, decisions_differ=found.decisions_differ)
            self.keys_digest = found.keys_digest or self.keys_digest
            self.to_come.update((_place(row), row) for row in found.rows)
            self.ahead = {_place(row): row for row in found.ahead}
            self.state_hash = found.state_hash
        self.entries = of
        self.progress("entries", of, of)

    def _results(self, stretches: Sequence[Stretch], progress: Callable[[int], None]) -> Iterator[Decided | Fault]:
        opener = self.view.opener() if self.workers > 1 and len(stretches) > 1 and self.expected is None else None
        if opener is None:
            return one_by_one(self.view, stretches, self.expected, progress)
        return beside_each_other(opener, stretches, min(self.workers, len(stretches)), progress)

    def _keys(self) -> tuple[int, str]:
        """Compare the API keys. Returns the number compared, and a remark if none could be. Raises StoreError."""
        keys = self.view.load_keys()
        if keys and not self.keys_digest:
            return 0, f"the journal does not tell of the {len(keys)} API keys yet; the next start has it do so"
        require_noted(keys, self.keys_digest)
        return len(keys), ""

    # ---- histories

    def _rows(self) -> None:
        """Check that every row follows from an entry, and that none is missing.

        Rows of due interest may be there before it is booked, as earlier versions wrote them.
        """
        of = len(self.to_come)
        for row in self.view.history():
            place = _place(row)
            if row not in (self.to_come.pop(place, None), self.ahead.get(place)):
                raise Disagrees(f"{_words(row)} does not follow from the journal")
            self.met[place] = row
            if len(self.met) % OFTEN == 0:
                self.progress("rows", len(self.met), of)
        for row in self.to_come.values():
            raise Disagrees(f"{_words(row)} is missing")
        self.progress("rows", of, of)

    def _index(self, column: Literal["a", "b"]) -> None:
        """Check an index: a filter finds every row that has its value, in the order of the pages, and no other row."""
        of = sum(1 for row in self.met.values() if _filter(row, column))
        found, before = 0, None
        for place in self.view.indexed(column):
            table, user_id, value, key, row_id = place
            row = self.met.get((table, user_id, key, row_id))
            if row is None or _filter(row, column) != value or (before is not None and place <= before):
                raise Disagrees(f"index {column} of the histories: {place} is not where it belongs")
            found, before = found + 1, place
            if found % OFTEN == 0:
                self.progress(f"index {column}", found, of)
        if found != of:
            raise Disagrees(f"index {column} of the histories: rows missing in it: {of - found} of {of}")
        self.progress(f"index {column}", of, of)


def _place(row: HistoryRow) -> Place:
    return row.table, row.user_id, row.key, row.id


def _filter(row: HistoryRow, column: Literal["a", "b"]) -> str:
    return row.a if column == "a" else row.b


def _words(row: HistoryRow) -> str:
    return f"history {row.table} of user {row.user_id}: row {row.key}/{row.id}"
