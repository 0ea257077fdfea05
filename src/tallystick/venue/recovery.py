"""Recovery: fold the journal into the state, without deciding anything again.

The state before the first entry is kept beside the journal, parameters included, so that a later
version with other numbers goes on with the numbers the venue was started with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct

from tallystick.engine import core, transient
from tallystick.engine.commands import NoteKeys
from tallystick.engine.parameters import Parameters
from tallystick.engine.state import State
from tallystick.store.api import (
    GENERATION,
    GENESIS,
    Entry,
    HistoryRow,
    JournalDamaged,
    OtherVersion,
    Reader,
    StoreError,
    checked_entries,
    genesis_hash,
    snapshot_hash,
)
from tallystick.venue.entries import command_of, encode_command, events_of
from tallystick.views.rows import rows_of_charges

SEEDED_AT: Final = "seeded_at_ms"
"""Setting that holds the time of the first start, to which a reset with a frozen clock goes back."""
_NOTES: Final = encode_command(NoteKeys(digest="")).rpartition(b",")[0]


Recovering: TypeAlias = Callable[[int, int], None]
"""Callback of progress: (entries that are read, of how many). If it raises, the recovery ends."""
TOLD_EVERY: Final = 1_000
"""Entries between two reports of progress."""


def silence(done: int, of: int) -> None:
    """Report no progress."""


class Recovered(Struct, frozen=True):
    """Recovered venue: its state, and the hash that the next entry continues.

    `genesis` is the state before the first entry if the store has none and should store this one; else "".
    `keys_digest` is the digest of the API keys noted last, "" if none was noted.
    """

    state: State
    last_hash: bytes
    genesis: str = ""
    keys_digest: str = ""
    rows: Sequence[HistoryRow] = ()
    """Rows of all interest the journal books, if there was no snapshot.

    An earlier version wrote the rows of an account nobody asked for later than their entries, so the store of a folder
    it left may lack some.
    """


def genesis_text(parameters: Parameters, started_at_ms: int) -> str:
    return core.encode_state(core.new_state(parameters, started_at_ms)).decode()


def recover(store: Reader, parameters: Parameters, started_at_ms: int, progress: Recovering = silence) -> Recovered:
    """Recover the state at the end of the journal. An empty store begins with `parameters` at `started_at_ms`.

    Nothing is written. Every entry is checked, but only those after the snapshot are folded. Raises JournalDamaged,
    OtherVersion, StoreError.
    """
    try:
        return _recover(store, parameters, started_at_ms, progress)
    except msgspec.ValidationError as missed:
        raise OtherVersion(str(missed)) from None
    except msgspec.DecodeError as error:
        raise StoreError(f"the journal or its snapshot cannot be read: {error}") from None


def _recover(store: Reader, parameters: Parameters, started_at_ms: int, progress: Recovering) -> Recovered:
    last = store.last_entry()
    if store.get_meta(GENESIS) is None and last is None:
        genesis = genesis_text(parameters, started_at_ms)
        return Recovered(core.decode_state(genesis.encode()), genesis_hash(genesis), genesis)
    state, folded_from = starting_state(store), 0
    last_hash = genesis_hash(_genesis(store))
    snapshot = store.snapshot()
    tail: list[Entry] = []
    rows: list[HistoryRow] = []
    keys_digest = ""
    of = last.seq if last is not None else 0
    for entry in checked_entries(store):
        if entry.seq % TOLD_EVERY == 0:
            progress(entry.seq, of)
        last_hash = entry.hash
        keys_digest = noted_in(entry, keys_digest)
        if snapshot is not None and entry.seq == snapshot.seq:
            # A snapshot that does not belong here is only a lost shortcut; the journal is the truth.
            if snapshot.hash == snapshot_hash(entry.hash, snapshot.state):
                state, folded_from = core.decode_state(snapshot.state), entry.seq
                tail.clear()
                continue
            snapshot = None
        tail.append(entry)
        if snapshot is None or entry.seq > snapshot.seq:
            rows += _fold(state, tail, folded_from)
    if snapshot is not None and snapshot.seq > (tail[-1].seq if tail else folded_from):
        raise JournalDamaged(snapshot.seq, "the journal ends before its snapshot")
    rows += _fold(state, tail, folded_from)
    return Recovered(state, last_hash, keys_digest=keys_digest, rows=() if folded_from else rows)


def noted_in(entry: Entry, before: str) -> str:
    """Digest of the API keys after an entry; `before` is the one before it. Decodes no other command."""
    if not entry.command.startswith(_NOTES):
        return before
    command = command_of(entry)
    return command.digest if isinstance(command, NoteKeys) else before


def _genesis(store: Reader) -> str:
    genesis = store.get_meta(GENESIS)
    if genesis is None:
        raise JournalDamaged(1, "the state it starts from is missing")
    return genesis


def seeded_at_ms(store: Reader) -> int:
    """Time of the first start (Unix ms); 0 in a new store. Earlier versions kept only that of the last reset."""
    kept, genesis = store.get_meta(SEEDED_AT), store.get_meta(GENESIS)
    if kept is None:
        return 0 if genesis is None else starting_state(store).at_ms
    try:
        return int(kept)
    except ValueError as error:
        raise StoreError(f"the setting {SEEDED_AT} is damaged: {error}. Put the folder back from a copy") from None


def generation_of(store: Reader) -> int:
    """Number of the present generation; 1 in a new store, and in one of a version that did not count."""
    kept = store.get_meta(GENERATION) or "1"
    try:
        return int(kept)
    except ValueError as error:
        raise StoreError(f"the setting {GENERATION} is damaged: {error}. Put the folder back from a copy") from None


def starting_state(store: Reader) -> State:
    return core.decode_state(_genesis(store).encode())


def _fold(state: State, entries: list[Entry], after_seq: int) -> list[HistoryRow]:
    """Fold entries. Returns the rows of the interest they book."""
    rows: list[HistoryRow] = []
    for entry in entries:
        if entry.seq > after_seq:
            core.fold(state, core.Stamp(entry.seq, entry.at_ms), events_of(entry))
            rows += rows_of_charges(transient.of(state).charges)
    entries.clear()
    return rows
