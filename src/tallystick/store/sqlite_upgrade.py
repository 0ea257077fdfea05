"""Bringing a file of an earlier format to the present one: all of it in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import apsw

from tallystick.store.api import GENESIS, Entry, JournalDamaged, OtherVersion, genesis_hash, is_sealed, seal
from tallystick.store.format import FORMAT, Step, Steps
from tallystick.store.sqlite_schema import JOURNAL

_ENTRIES = "SELECT seq, at_ms, command, events, hash FROM journal_before ORDER BY seq"
"""Every format has had these columns."""


def upgrade(connection: apsw.Connection, version: int, steps: Steps, check: Callable[[], None]) -> None:
    """Rewrite every entry and seal the chain anew; the snapshot goes, since the next start makes one.

    Each entry is held against the chain it stands in first, and `check` looks at the tables at the end. Raises what
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
            rewritten = _rewritten(connection, genesis_hash(genesis), genesis_hash(after), way)
            connection.executemany("INSERT INTO journal VALUES (?, ?, ?, ?, ?)", rewritten)
        connection.execute("DROP TABLE journal_before; DELETE FROM snapshot")
        for step in way:
            connection.execute(step.tables)
        connection.pragma("user_version", FORMAT)
        check()


def _new_genesis(genesis: str, way: Sequence[Step]) -> str:
    try:
        for step in way:
            genesis = step.genesis(genesis)
    except (ValueError, TypeError, LookupError) as error:
        raise OtherVersion(f"the state it starts from: {error}") from error
    return genesis


def _rewritten(
    connection: apsw.Connection, before: bytes, after: bytes, way: Sequence[Step]
) -> Iterator[tuple[int, int, bytes, bytes, bytes]]:
    """Rows of the new table; `before` and `after` are what the first hash covers in either chain."""
    rewrites = [step.entries() for step in way]
    for seq, columns in enumerate(connection.execute(_ENTRIES), start=1):
        old = Entry(*columns)
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
