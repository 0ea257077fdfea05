"""The interface of a store, whatever it is made of.

A store keeps five things: the journal (the truth), rows of the histories (derived, written in the
journal's transaction), snapshots of the state that shorten a start and divide a check, API keys, and a few named
settings. Beside them it keeps copies of all five that users saved under a name. It knows bytes and whole numbers only;
what they mean is known above it.

There is one way to write: `Store.write`, a batch at a time. A running venue goes through
`venue.sequencer.GroupWriter`, which alone calls it, so that a write that fails halts the venue
whatever it was for. Everybody else is given a `Reader`.

Rows are read with `await`, so that a store behind a network never stops the loop for a page; memory and SQLite answer
at once.

Threads: `write` is called by one thread at a time, the reading methods by another; `entries` and
`history` may be walked in any thread.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, Protocol, TypeAlias, TypeVar

from msgspec import Struct

T = TypeVar("T")

KEY_MAX = 2**63 - 1
"""Largest key a row can have; cursors beyond it are cut to it."""


class Entry(Struct, frozen=True, gc=False):
    """One line of the journal. `hash` covers all the rest and the hash before it, so no line can change without a
    trace."""

    seq: int
    at_ms: int
    command: bytes
    events: bytes
    hash: bytes


class HistoryRow(Struct, frozen=True, gc=False):
    """One row of a history, ready as one line of JSON in `body`.

    Written again under the same (table, user, key, id), it replaces.

    `key` is what the cursor of the endpoint counts in (a time or a number), `id` makes it unique.
    `a` and `b` are what it can be filtered by; "" is nothing. `b` is the more selective one.
    """

    table: str
    user_id: int
    key: int
    id: int
    a: str
    b: str
    body: bytes


class KeyRecord(Struct, frozen=True):
    """An API key. The secret is needed in the clear to check signatures; the passphrase is not."""

    api_key: str
    secret_key: str
    passphrase_hash: bytes
    passphrase_salt: bytes
    user_id: int
    permissions: tuple[str, ...]
    ips: tuple[str, ...] = ()
    label: str = ""
    made_at_ms: int = 0
    """Time the key was made at; 0 for a key that the venue was seeded with."""


class Snapshot(Struct, frozen=True):
    """The state after entry `seq`. `hash` is `snapshot_hash` of that entry's hash and the state."""

    seq: int
    at_ms: int
    hash: bytes
    state: bytes


class Reset(Struct, frozen=True):
    """Forget journal, rows and snapshot, and all keys but `keep_keys` (their `api_key`); begin again with `genesis`."""

    genesis: str
    keep_keys: frozenset[str]


class Save(Struct, frozen=True):
    """Snapshot that a user asks for: everything as it is at `at_ms`, after entry `seq` of a generation."""

    name: str
    at_ms: int
    seq: int
    generation: int


class Saved(Save, frozen=True):
    """Snapshot that a user saved; `bytes` is what the store needs for it."""

    bytes: int


class WriteBatch(Struct, frozen=True, kw_only=True):
    """One transaction, written in the order of these fields. A row, key or setting replaces its namesake."""

    forget: str | None = None
    """Name of the saved snapshot to remove."""
    reset: Reset | None = None
    restore: str | None = None
    """Name of the saved snapshot that takes the place of everything, other saved ones excepted."""
    settings: Mapping[str, str] = {}
    keys: Sequence[KeyRecord] = ()
    entries: Sequence[Entry] = ()
    rows: Sequence[HistoryRow] = ()
    snapshot: Snapshot | None = None
    """Kept beside the ones before, of which a store drops those it has too many of (`store.records.superfluous`)."""
    save: Save | None = None
    """Snapshot to save, of everything as it is after the other fields. Its name is not taken."""


class StoreError(Exception):
    """The folder, file or disk cannot be used as asked. The text is for the person who started the venue."""


class StoreInUse(StoreError):
    """Another process writes to the same data folder."""


class JournalDamaged(StoreError):
    """The journal does not say what was once written to it."""

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(f"journal damaged at seq {seq}: {reason}")
        self.seq = seq
        self.reason = reason


class OtherVersion(StoreError):
    """The journal is whole, and made of what this version does not know or misses."""

    def __init__(self, missed: str) -> None:
        self.missed = missed
        super().__init__(
            f"this data folder was written by another version of Tallystick ({missed}): "
            "go on with that version, or begin anew with another --data"
        )


Alive: TypeAlias = Callable[[], None]
"""Is called now and then by what takes long, which breaks off with whatever it raises."""


class Reader(Protocol):
    """A store as everybody but its one writer sees it."""

    def view(self) -> Reader:
        """All of it as it stands at this moment, for one thread, whatever is written meanwhile; to be closed."""

    def opener(self) -> Callable[[], Reader] | None:
        """Function that opens this view in another process, for what can be checked beside each other; None where
        there is none. While it is used nobody writes to a store whose views are not of one moment there."""

    def faults(self, alive: Alive) -> list[str]:
        """Faults the store itself finds in its files; nothing where they are whole."""

    def entries(self, after_seq: int = 0) -> Iterator[Entry]:
        """Entries above `after_seq` in order, as committed when the walk begins."""

    async def entries_above(self, seq: int, limit: int) -> list[Entry]:
        """The first entries above `seq`, at most so many, in order."""

    def last_entry(self) -> Entry | None: ...

    def snapshot(self, seq: int | None = None) -> Snapshot | None:
        """The snapshot of the state after entry `seq`; without a number the last one."""

    def snapshots(self) -> list[int]:
        """Numbers of the entries after which snapshots are kept, in rising order; a saved snapshot has one at most."""

    async def page(
        self,
        table: str,
        user_id: int,
        min_key: int,
        max_key: int,
        a: str | None = None,
        b: str | None = None,
        limit: int = 100,
        holding: Sequence[bytes] = (),
    ) -> list[bytes]:
        """Bodies with min_key <= key <= max_key, newest (key, id) first. An empty filter is none.

        `holding` are pieces that must stand in a body: a filter no index helps, so that its cost is the range's.
        """

    async def run(
        self,
        table: str,
        user_id: int,
        min_key: int,
        max_key: int,
        a: str | None = None,
        b: str | None = None,
        limit: int = 100,
    ) -> tuple[Sequence[int], Sequence[bytes]]:
        """Keys and bodies of rows in the order of `page`, so that several pages can be cut out of them."""

    async def key_at(
        self,
        table: str,
        user_id: int,
        min_key: int,
        max_key: int,
        a: str | None = None,
        b: str | None = None,
        place: int = 0,
    ) -> int | None:
        """Key of the row so many places behind the newest one with min_key <= key <= max_key, None where there is
        none. Of both filters only `b` counts, so that the cost is that of an index: for pages looked through in
        pieces.
        """

    async def row(self, table: str, user_id: int, key: int) -> bytes | None:
        """The body at `key`; of several, the one with the highest id."""

    async def find(self, table: str, user_id: int, a: str | None = None, b: str | None = None) -> bytes | None:
        """The newest body that matches the filters."""

    def history(self) -> Iterator[HistoryRow]:
        """Every row, ordered by (table, user_id, key, id)."""

    def indexed(self, column: Literal["a", "b"]) -> Iterator[tuple[str, int, str, int, int]]:
        """(table, user_id, filter, key, id) of every row that has this filter, in this order, as pages find them."""

    def load_keys(self) -> list[KeyRecord]: ...

    def load_meta(self) -> dict[str, str]:
        """All named settings."""

    def get_meta(self, name: str) -> str | None: ...

    def bytes_held(self) -> int:
        """Bytes of all that is stored without the saved snapshots, about."""

    def saved(self) -> list[Saved]:
        """Snapshots that users saved, oldest first."""

    def saved_view(self, name: str) -> Reader | None:
        """A saved snapshot as a store of its own; None if there is none of this name. Use it in the same thread.

        Of its rows `page` finds those of keys, without filters, and `indexed` none: nobody is served from it.
        """

    async def aside(self, read: Callable[[], T]) -> T:
        """Result of a function that calls the methods above, for a caller on a loop: a store behind a network carries
        it out in a thread, and others have the loop meanwhile."""

    async def leave(self) -> None:
        """Let go of what belongs to the running loop, before it ends; reads after that are harmless."""

    def close(self) -> None:
        """Let go of the folder. Harmless when called twice."""


class Store(Reader, Protocol):
    """One interface, several memories; `tests/store` is one suite for all of them."""

    def write(self, batch: WriteBatch) -> None:
        """Write the whole batch in one transaction, durable on return; all of it or nothing.

        Raises StoreError where an entry does not follow the last one, or the disk refuses: then nobody knows what
        it holds, and what is in memory has to be read from it anew.
        """


GENESIS = "genesis"
"""Setting that holds the state before the first entry; the chain of hashes hangs from it."""
GENERATION = "generation"
"""Setting that counts the journals of a folder: 1 is the first, and each reset begins the next."""


def genesis_hash(genesis: str) -> bytes:
    """Hash that the hash of the first entry covers, in place of an entry before it."""
    return hashlib.sha256(genesis.encode()).digest()


def entry_hash(previous: bytes, seq: int, at_ms: int, command: bytes, events: bytes) -> bytes:
    """SHA-256 over previous, seq, time, length of the command, command and events: no two readings."""
    head = b"%d %d %d " % (seq, at_ms, len(command))
    return hashlib.sha256(b"".join((previous, head, command, events))).digest()


def seal(previous: bytes, seq: int, at_ms: int, command: bytes, events: bytes) -> Entry:
    return Entry(
        seq=seq,
        at_ms=at_ms,
        command=command,
        events=events,
        hash=entry_hash(previous, seq, at_ms, command, events),
    )


def snapshot_hash(last_hash: bytes, state: bytes) -> bytes:
    """Binds a snapshot to its place in the journal and shows damage to the state itself."""
    return hashlib.sha256(last_hash + state).digest()


def checked_entries(store: Reader) -> Iterator[Entry]:
    """All entries in order, each checked against the one before it. Raises JournalDamaged at the first fault."""
    genesis = store.get_meta(GENESIS)
    if genesis is None:
        if store.last_entry() is not None:
            raise JournalDamaged(1, "the state it starts from is missing")
        return
    yield from entries_following(store, 0, genesis_hash(genesis), 0)


def entries_following(store: Reader, seq: int, previous: bytes, at_ms: int) -> Iterator[Entry]:
    """Entries above `seq`, each checked against the one before it; `previous` and `at_ms` are hash and time of that.

    Raises JournalDamaged at the first fault.
    """
    for expected, entry in enumerate(store.entries(seq), start=seq + 1):
        if entry.seq != expected:
            raise JournalDamaged(expected, f"entry missing, {entry.seq} follows {expected - 1}")
        if not is_sealed(previous, entry):
            raise JournalDamaged(expected, "hash mismatch")
        if entry.at_ms < at_ms:
            raise JournalDamaged(expected, "time runs backwards")
        previous, at_ms = entry.hash, entry.at_ms
        yield entry


def is_sealed(previous: bytes, entry: Entry) -> bool:
    """The entry is the one that was written after the one with the hash `previous`."""
    try:
        return entry.hash == entry_hash(previous, entry.seq, entry.at_ms, entry.command, entry.events)
    except TypeError:
        # A flipped bit made text of bytes.
        return False
