"""Snapshots that users saved, in a SQLite store: tables beside those of the venue, and what moves rows between them."""

from __future__ import annotations

import apsw

from tallystick.store.api import Save, StoreError

_NUMBER = "SELECT number FROM saved WHERE name = ?"
_KEPT = {
    "journal": "seq, at_ms, command, events, hash",
    "history": "name, user_id, key, id, a, b, body",
    "keys": "api_key, user_id, record",
    "meta": "name, value",
}
"""Table of the venue -> its columns; `saved_TABLE` has the same and the number of the snapshot before them."""
_IDENTITY = {
    "journal": ("seq",),
    "history": ("name", "user_id", "key", "id"),
    "keys": ("api_key",),
    "meta": ("name",),
}
"""Columns that tell the rows of a table apart."""
_COPY = "INSERT INTO saved_{table} SELECT ?, {columns} FROM {table}"
_DROP = "DELETE FROM {table} WHERE NOT EXISTS (SELECT 1 FROM saved_{table} AS kept WHERE kept.saved = ? AND {alike})"
_ADD = (
    "INSERT INTO {table} SELECT {columns} FROM saved_{table} AS kept WHERE kept.saved = ? "
    "AND NOT EXISTS (SELECT 1 FROM {table} WHERE {same})"
)
_FORGET = "DELETE FROM saved_{table} WHERE saved = ?"


def number_of(connection: apsw.Connection, name: str) -> int | None:
    found: int | None = connection.execute(_NUMBER, (name,)).get
    return found


def bytes_in(connection: apsw.Connection) -> int:
    """Bytes of all pages of the file that hold something."""
    held: int = connection.pragma("page_count") - connection.pragma("freelist_count")
    return held * int(connection.pragma("page_size"))


def save(connection: apsw.Connection, asked: Save) -> None:
    """Copy the venue as it stands into a snapshot."""
    before = bytes_in(connection)
    connection.execute(
        "INSERT INTO saved (name, at_ms, seq, generation, bytes) VALUES (?, ?, ?, ?, 0)",
        (asked.name, asked.at_ms, asked.seq, asked.generation),
    )
    number = number_of(connection, asked.name)
    for table, columns in _KEPT.items():
        connection.execute(_COPY.format(table=table, columns=columns), (number,))
    # Of the venue's own snapshots only the last one.
    connection.execute(
        "INSERT INTO saved_snapshot SELECT ?, seq, at_ms, hash, state FROM snapshot ORDER BY seq DESC LIMIT 1",
        (number,),
    )
    grown = max(bytes_in(connection) - before, 0)
    connection.execute("UPDATE saved SET bytes = ? WHERE number = ?", (grown, number))


def restore(connection: apsw.Connection, name: str) -> None:
    """Put a snapshot in the place of the venue. Raises StoreError: there is none of this name."""
    number = number_of(connection, name)
    if number is None:
        raise StoreError(f"write failed: there is no snapshot {name!r}")
    for table, columns in _KEPT.items():
        # What is alike stays: most of a venue is older than its snapshot, and indexes are dear to make anew.
        alike = " AND ".join(f"kept.{column} = {table}.{column}" for column in columns.split(", "))
        same = " AND ".join(f"kept.{column} = {table}.{column}" for column in _IDENTITY[table])
        connection.execute(_DROP.format(table=table, alike=alike), (number,))
        connection.execute(_ADD.format(table=table, columns=columns, same=same), (number,))
    connection.execute("DELETE FROM snapshot")
    connection.execute(
        "INSERT INTO snapshot SELECT seq, at_ms, hash, state FROM saved_snapshot WHERE saved = ?", (number,)
    )


def forget(connection: apsw.Connection, name: str) -> None:
    """Remove a snapshot; nothing happens if there is none of this name."""
    number = number_of(connection, name)
    for table in (*_KEPT, "snapshot"):
        connection.execute(_FORGET.format(table=table), (number,))
    connection.execute("DELETE FROM saved WHERE number = ?", (number,))
