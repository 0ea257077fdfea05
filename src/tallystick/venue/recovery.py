"""From bytes to state: fold the journal, deciding nothing anew; and the check that deciding anew would agree.

The state before the first entry is kept beside the journal, parameters included, so that a later
version with other numbers goes on with the numbers the venue was started with.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from tallystick.engine import core, derived, ledger
from tallystick.engine.journaled import AnyCommand, AnyEvent
from tallystick.engine.parameters import Parameters
from tallystick.engine.state import State
from tallystick.store.api import (
    GENESIS,
    Entry,
    HistoryRow,
    JournalDamaged,
    OtherVersion,
    Reader,
    checked_entries,
    genesis_hash,
    snapshot_hash,
)
from tallystick.views.rows import comes_with_a_charge, rows_of, rows_of_charges

decode_command = msgspec.json.Decoder(AnyCommand).decode
decode_events = msgspec.json.Decoder(list[AnyEvent]).decode
encode = msgspec.json.encode


class Recovered(Struct, frozen=True):
    """Where the venue stopped: its state and the hash the next entry carries on from.

    `genesis` is the state before the first entry, where the store has none and is to be given this one; else "".
    """

    state: State
    last_hash: bytes
    genesis: str = ""


def genesis_text(parameters: Parameters, started_at_ms: int) -> str:
    return core.encode_state(core.new_state(parameters, started_at_ms)).decode()


def recover(store: Reader, parameters: Parameters, started_at_ms: int) -> Recovered:
    """The state at the end of the journal; an empty store begins with `parameters` at `started_at_ms`.

    Nothing is written. Every entry is checked, but only those after the snapshot are folded. Raises JournalDamaged,
    OtherVersion.
    """
    try:
        return _recover(store, parameters, started_at_ms)
    except msgspec.ValidationError as missed:
        raise OtherVersion(str(missed)) from None


def _recover(store: Reader, parameters: Parameters, started_at_ms: int) -> Recovered:
    if store.get_meta(GENESIS) is None and store.last_entry() is None:
        genesis = genesis_text(parameters, started_at_ms)
        return Recovered(core.decode_state(genesis.encode()), genesis_hash(genesis), genesis)
    state, folded_from = _starting_state(store), 0
    last_hash = genesis_hash(_genesis(store))
    snapshot = store.snapshot()
    tail: list[Entry] = []
    for entry in checked_entries(store):
        last_hash = entry.hash
        if snapshot is not None and entry.seq == snapshot.seq:
            # A snapshot that does not belong here is only a lost shortcut; the journal is the truth.
            if snapshot.hash == snapshot_hash(entry.hash, snapshot.state):
                state, folded_from = core.decode_state(snapshot.state), entry.seq
                tail.clear()
                continue
            snapshot = None
        tail.append(entry)
        if snapshot is None or entry.seq > snapshot.seq:
            _fold(state, tail, folded_from)
    if snapshot is not None and snapshot.seq > (tail[-1].seq if tail else folded_from):
        raise JournalDamaged(snapshot.seq, "the journal ends before its snapshot")
    _fold(state, tail, folded_from)
    return Recovered(state, last_hash)


def _genesis(store: Reader) -> str:
    genesis = store.get_meta(GENESIS)
    if genesis is None:
        raise JournalDamaged(1, "the state it starts from is missing")
    return genesis


def _starting_state(store: Reader) -> State:
    return core.decode_state(_genesis(store).encode())


def _fold(state: State, entries: list[Entry], after_seq: int) -> None:
    for entry in entries:
        if entry.seq > after_seq:
            core.fold(state, core.Stamp(entry.seq, entry.at_ms), decode_events(entry.events))
    # Their rows were written in the transactions of these entries.
    derived.of(state).take_charges()
    entries.clear()


class Verdict(Struct, frozen=True):
    """What `verify` found. `seq` is where the first difference is, 0 when there is none.

    `decisions_differ`: the journal is whole, but this version would have decided otherwise at `seq`.
    """

    ok: bool
    entries: int
    state_hash: str
    problem: str = ""
    seq: int = 0
    decisions_differ: bool = False


def verify(store: Reader, until_seq: int | None = None, expected_hash: str | None = None) -> Verdict:
    """Re-run every command from the start and compare events, rows of histories and final state.

    `expected_hash` is the state hash of the running venue after `until_seq`. Stops at the first difference. Raises
    OtherVersion.
    """
    try:
        return _verify(store, until_seq, expected_hash)
    except JournalDamaged as error:
        return Verdict(False, error.seq - 1, "", str(error), error.seq)
    except msgspec.ValidationError as missed:
        raise OtherVersion(str(missed)) from None


def _verify(store: Reader, until_seq: int | None, expected_hash: str | None) -> Verdict:
    if store.get_meta(GENESIS) is None and store.last_entry() is None:
        return Verdict(True, 0, "")
    decided, folded = _starting_state(store), _starting_state(store)
    rows: dict[tuple[str, int, int, int], HistoryRow] = {}
    count = 0
    for entry in checked_entries(store):
        if until_seq is not None and entry.seq > until_seq:
            break
        count = entry.seq
        stamp = core.Stamp(entry.seq, entry.at_ms)
        difference = _difference(decided, stamp, entry)
        if difference:
            return Verdict(False, count, "", f"entry {count}: {difference}", count, decisions_differ=True)
        # The rows are made from the folded state; these would only pile up.
        derived.of(decided).take_charges()
        events = decode_events(entry.events)
        core.fold(folded, stamp, events)
        for row in (*rows_of(stamp, events, folded), *rows_of_charges(derived.of(folded).take_charges())):
            rows[(row.table, row.user_id, row.key, row.id)] = row
    ledger.settle_all(folded)
    for row in rows_of_charges(derived.of(folded).take_charges()):
        rows[(row.table, row.user_id, row.key, row.id)] = row
    found = core.state_hash(decided)
    if core.state_hash(folded) != found:
        return Verdict(False, count, found, "the stored events lead to another state than the commands", count)
    if expected_hash is not None and expected_hash != found:
        return Verdict(False, count, found, "the running venue has another state than its journal", count)
    if until_seq is None:
        problem = _rows_differ(store, rows)
        if problem:
            return Verdict(False, count, found, problem, count)
    return Verdict(True, count, found)


def _difference(state: State, stamp: core.Stamp, entry: Entry) -> str:
    """What deciding anew gives instead of the stored events; "" when it is the same."""
    command = decode_command(entry.command)
    name = type(command).__name__
    try:
        events = core.handle(state, stamp, command)
    except core.Rejected as rejected:
        return f"{name} was carried out then, and would be refused now with {rejected.reject.name}"
    if encode(events) == entry.events:
        return ""
    stored: list[Any] = decode_events(entry.events)
    for index, (then, now) in enumerate(zip(stored, events, strict=False)):
        if encode(then) != encode(now):
            return f"{name}, event {index + 1}: then {encode(then).decode()}, now {encode(now).decode()}"
    return f"{name} gave {len(stored)} events then, and would give {len(events)} now"


def _rows_differ(store: Reader, rows: dict[tuple[str, int, int, int], HistoryRow]) -> str:
    """What is wrong with the histories; "" where nothing is. The newest rows of interest may still be to come."""
    newest: dict[tuple[str, int, str], int] = {}
    for row in store.history():
        if rows.pop((row.table, row.user_id, row.key, row.id), None) != row:
            return f"history {row.table} of user {row.user_id}: row {row.key}/{row.id} does not follow from the journal"
        newest[row.table, row.user_id, row.b] = row.key
    for row in rows.values():
        if not comes_with_a_charge(row) or row.key < newest.get((row.table, row.user_id, row.b), 0):
            return f"history {row.table} of user {row.user_id}: row {row.key}/{row.id} is missing"
    return ""
