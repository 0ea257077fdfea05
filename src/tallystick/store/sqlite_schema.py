"""Tables and indexes of a SQLite store, and the check that a file has these and nothing else.

A trigger could drop what is written, a view could stand in for a table; neither shows in what is read back.
"""

from __future__ import annotations

import functools
from contextlib import closing
from typing import Any

import apsw

from tallystick.store.format import FORMAT

APPLICATION = 0x74616C79
"""Kept in `application_id`."""

JOURNAL = """CREATE TABLE journal (
    seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, command BLOB NOT NULL, events BLOB NOT NULL,
    hash BLOB NOT NULL
) STRICT"""

SAVED_JOURNAL = """CREATE TABLE saved_journal (
    saved INTEGER NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, command BLOB NOT NULL, events BLOB NOT NULL,
    hash BLOB NOT NULL, PRIMARY KEY (saved, seq)
) STRICT, WITHOUT ROWID"""

SNAPSHOT = """CREATE TABLE snapshot (
    seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, hash BLOB NOT NULL, state BLOB NOT NULL
) STRICT"""

SAVED_SNAPSHOT = """CREATE TABLE saved_snapshot (
    saved INTEGER PRIMARY KEY, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, hash BLOB NOT NULL, state BLOB NOT NULL
) STRICT"""

SAVED = f"""CREATE TABLE saved (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, at_ms INTEGER NOT NULL, seq INTEGER NOT NULL,
    generation INTEGER NOT NULL, bytes INTEGER NOT NULL
) STRICT;
{SAVED_JOURNAL};
CREATE TABLE saved_history (
    saved INTEGER NOT NULL, name TEXT NOT NULL, user_id INTEGER NOT NULL, key INTEGER NOT NULL, id INTEGER NOT NULL,
    a TEXT NOT NULL, b TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (saved, name, user_id, key, id)
) STRICT, WITHOUT ROWID;
{SAVED_SNAPSHOT};
CREATE TABLE saved_keys (
    saved INTEGER NOT NULL, api_key TEXT NOT NULL, user_id INTEGER NOT NULL, record BLOB NOT NULL,
    PRIMARY KEY (saved, api_key)
) STRICT, WITHOUT ROWID;
CREATE TABLE saved_meta (
    saved INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (saved, name)
) STRICT, WITHOUT ROWID;"""
"""Snapshots that users saved: a table for each of those above, with the number of the snapshot before its columns."""

SCHEMA = f"""
{JOURNAL};
CREATE TABLE history (
    name TEXT NOT NULL, user_id INTEGER NOT NULL, key INTEGER NOT NULL, id INTEGER NOT NULL,
    a TEXT NOT NULL, b TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (name, user_id, key, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX history_a ON history (name, user_id, a, key, id) WHERE a <> '';
CREATE INDEX history_b ON history (name, user_id, b, key, id) WHERE b <> '';
{SNAPSHOT};
CREATE TABLE keys (api_key TEXT PRIMARY KEY, user_id INTEGER NOT NULL, record BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
{SAVED}
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {FORMAT};
"""

_MADE = "SELECT type, name, tbl_name, sql FROM sqlite_schema"


def difference(connection: apsw.Connection) -> str:
    """Name what is in the file and not ours, or ours and not in the file or declared in another way; "" if nothing.

    Raises apsw.Error.
    """
    found, ours = _made(connection), _ours()
    for kind, name in sorted(found.keys() | ours.keys(), key=str):
        if (kind, name) not in ours:
            return f"it holds the {kind} {name}, which is none of ours"
        if (kind, name) not in found:
            return f"its {kind} {name} is missing"
        if found[kind, name] != ours[kind, name]:
            return f"its {kind} {name} is declared in another way"
    return ""


def _made(connection: apsw.Connection) -> dict[tuple[str, str], tuple[Any, ...]]:
    rows: list[Any] = connection.execute(_MADE).fetchall()
    return {(str(kind), str(name)): declared for kind, name, *declared in rows}


@functools.cache
def _ours() -> dict[tuple[str, str], tuple[Any, ...]]:
    with closing(apsw.Connection(":memory:")) as memory:
        memory.execute(SCHEMA)
        return _made(memory)
