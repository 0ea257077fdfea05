"""Bringing a file of an earlier format to the present one: all of it in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import apsw

from tallystick.store.api import GENESIS, Entry, JournalDamaged, OtherVersion, genesis_hash, is_sealed, seal
from tallystick.store.format import FORMAT, Step, Steps
from tallystick.store.sqlite_schema import JOURNAL, SAVED_JOURNAL

_ENTRIES = "SELECT seq, at_ms, command, events, hash FROM journal_before ORDER BY seq"
"""Every format has had these columns."""
_SAVED_SINCE = 3
"""First format with snapshots that users saved."""
_SAVED_ENTRIES = "SELECT seq, at_ms, command, events, hash FROM saved_journal_before WHERE saved = ? ORDER BY seq"


def upgrade(connection: apsw.Connection, version: int, steps: Steps, check: Callable[[], None]) -> None:
    """Rewrite every entry and seal the chain anew; the snapshot goes, since the next start makes one.

    So it is with each snapshot that a user saved: it has a chain of its own, and its state is folded at a restore. Each
    entry is held against the chain it stands in first, and `check` looks at the tables at the end. Raises what
    that raises, JournalDamaged, OtherVersion: it holds what its format never had; apsw.Error.
    """
    way = [steps[number] for number in range(version, FORMAT)]
    with connection:
        connection.execute("ALTER TABLE journal RENAME TO journal_before")
        connection.execute(JOURNAL)
        genesis: Any = connection.execute("SELECT value FROM meta WHERE name = ?", (GENESIS,)).get
        if genesis is not None:
            after = _new_genesis(genesis, way)
            connection.execute("UPDATE meta SET value = ? WHERE name = ?", (after, GENESIS))
            entries = (Entry(*columns) for columns in connection.execute(_ENTRIES))
            rewritten = _rewritten(entries, genesis_hash(genesis), genesis_hash(after), way)
            connection.executemany("INSERT INTO journal VALUES (?, ?, ?, ?, ?)", rewritten)
        connection.execute("DROP TABLE journal_before; DELETE FROM snapshot")
        if version >= _SAVED_SINCE:
            _upgrade_saved(connection, way)
        for step in way:
            connection.execute(step.tables)
        connection.pragma("user_version", FORMAT)
        check()


def _upgrade_saved(connection: apsw.Connection, way: Sequence[Step]) -> None:
    connection.execute("ALTER TABLE saved_journal RENAME TO saved_journal_before")
    connection.execute(SAVED_JOURNAL)
    numbers: list[Any] = connection.execute("SELECT number FROM saved").fetchall()
    for (number,) in numbers:
        genesis: Any = connection.execute(
            "SELECT value FROM saved_meta WHERE saved = ? AND name = ?", (number, GENESIS)
        ).get
        after = _new_genesis(genesis, way)
        connection.execute("UPDATE saved_meta SET value = ? WHERE saved = ? AND name = ?", (after, number, GENESIS))
        entries = (Entry(*columns) for columns in connection.execute(_SAVED_ENTRIES, (number,)))
        rewritten = _rewritten(entries, genesis_hash(genesis), genesis_hash(after), way)
        connection.executemany(
            "INSERT INTO saved_journal VALUES (?, ?, ?, ?, ?, ?)", ((number, *columns) for columns in rewritten)
        )
    connection.execute("DROP TABLE saved_journal_before; DELETE FROM saved_snapshot")


def _new_genesis(genesis: str, way: Sequence[Step]) -> str:
    try:
        for step in way:
            genesis = step.genesis(genesis)
    except (ValueError, TypeError, LookupError) as error:
        raise OtherVersion(f"the state it starts from: {error}") from error
    return genesis


def _rewritten(
    entries: Iterable[Entry], before: bytes, after: bytes, way: Sequence[Step]
) -> Iterator[tuple[int, int, bytes, bytes, bytes]]:
    """Rows of the new table; `before` and `after` are what the first hash covers in either chain."""
    rewrites = [step.entries() for step in way]
    for seq, old in enumerate(entries, start=1):
        if old.seq != seq or not is_sealed(before, old):
            raise JournalDamaged(seq, "hash mismatch, so it was not brought to another format")
        command, events = old.command, old.events
        try:
            for rewrite in rewrites:
                command, events = rewrite(command, events)
        except (ValueError, TypeError, LookupError) as error:
            raise OtherVersion(f"entry {seq}: {error}") from error
        new = seal(after, seq, old.at_ms, command, events)
        before, after = old.hash, new.hash
        yield new.seq, new.at_ms, new.command, new.events, new.hash
