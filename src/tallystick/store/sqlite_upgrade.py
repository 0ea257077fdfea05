"""Bringing a file of an earlier format to the present one: all of it in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import apsw
from msgspec.structs import astuple

from tallystick.store.api import GENESIS, Entry
from tallystick.store.format import FORMAT, Step
from tallystick.store.sqlite_schema import JOURNAL, SAVED_JOURNAL
from tallystick.store.upgrading import Rewriting

_ENTRIES = "SELECT seq, at_ms, command, events, hash FROM journal_before ORDER BY seq"
"""Every format has had these columns."""
_SAVED_SINCE = 3
"""First format with snapshots that users saved."""
_SAVED_ENTRIES = "SELECT seq, at_ms, command, events, hash FROM saved_journal_before WHERE saved = ? ORDER BY seq"


def upgrade(connection: apsw.Connection, version: int, way: Sequence[Step], check: Callable[[], None]) -> None:
    """Rewrite every entry and seal the chain anew; the snapshot goes, since the next start makes one.

    So it is with each snapshot that a user saved: it has a chain of its own, and its state is folded at a restore. Each
    entry is held against the chain it stands in first, and `check` looks at the tables at the end. Raises what
    that raises, JournalDamaged, OtherVersion: it holds what its format never had; apsw.Error.
    """
    with connection:
        connection.execute("ALTER TABLE journal RENAME TO journal_before")
        connection.execute(JOURNAL)
        genesis: Any = connection.execute("SELECT value FROM meta WHERE name = ?", (GENESIS,)).get
        if genesis is not None:
            rewriting = Rewriting(genesis, way)
            connection.execute("UPDATE meta SET value = ? WHERE name = ?", (rewriting.genesis, GENESIS))
            rewritten = _rows(rewriting, connection.execute(_ENTRIES))
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
        rewriting = Rewriting(genesis, way)
        values = (rewriting.genesis, number, GENESIS)
        connection.execute("UPDATE saved_meta SET value = ? WHERE saved = ? AND name = ?", values)
        rewritten = _rows(rewriting, connection.execute(_SAVED_ENTRIES, (number,)))
        connection.executemany(
            "INSERT INTO saved_journal VALUES (?, ?, ?, ?, ?, ?)", ((number, *columns) for columns in rewritten)
        )
    connection.execute("DROP TABLE saved_journal_before; DELETE FROM saved_snapshot")


def _rows(rewriting: Rewriting, entries: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Rows of the new table from those of the old one."""
    return (astuple(rewriting.entry(Entry(*columns))) for columns in entries)
