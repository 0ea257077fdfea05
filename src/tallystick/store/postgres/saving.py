"""Snapshots that users saved, on PostgreSQL: tables beside those of the venue, and what moves rows between them."""

from __future__ import annotations

from typing import Final

from tallystick.store.api import Save, StoreError
from tallystick.store.postgres.connection import Connection

_KEPT: Final = {
    "journal": "seq, at_ms, term, command, events, hash",
    "history": "name, user_id, key, id, a, b, body",
    "keys": "api_key, user_id, record",
    "meta": "name, value",
}
"""Table of the venue -> its columns; `saved_TABLE` has the same and the number of the snapshot before them."""
_IDENTITY: Final = {
    "journal": ("seq",),
    "history": ("name", "user_id", "key", "id"),
    "keys": ("api_key",),
    "meta": ("name",),
}
"""Columns that tell the rows of a table apart."""
_LAST: Final = "seq, at_ms, hash, state"
"""Columns of the venue's own snapshots, of which only the last one is saved."""
_BYTES: Final = 24
"""Bytes of a row's head."""


async def number_of(connection: Connection, name: str) -> int | None:
    number: int | None = await connection.fetchval("SELECT number FROM saved WHERE name = $1", name)
    return number


async def save(connection: Connection, asked: Save) -> None:
    """Copy the venue as it stands into a snapshot."""
    number = await connection.fetchval(
        "INSERT INTO saved (name, at_ms, seq, generation, bytes) VALUES ($1, $2, $3, $4, 0) RETURNING number",
        asked.name,
        asked.at_ms,
        asked.seq,
        asked.generation,
    )
    for table, columns in _KEPT.items():
        await connection.execute(f"INSERT INTO saved_{table} SELECT {number}, {columns} FROM {table}")
    await connection.execute(
        f"INSERT INTO saved_snapshot SELECT {number}, {_LAST} FROM snapshot ORDER BY seq DESC LIMIT 1"
    )
    await count_bytes(connection, number)


async def count_bytes(connection: Connection, number: int) -> None:
    """Note what the rows of a snapshot hold, with the head of each."""
    held = " + ".join(
        f"(SELECT coalesce(sum(pg_column_size(kept.*) + {_BYTES}), 0) "
        f"FROM saved_{table} AS kept WHERE saved = {number})"
        for table in (*_KEPT, "snapshot")
    )
    await connection.execute(f"UPDATE saved SET bytes = ({held})::bigint WHERE number = {number}")


async def is_saved(connection: Connection, asked: Save) -> bool:
    found = await connection.fetchrow("SELECT at_ms, seq, generation FROM saved WHERE name = $1", asked.name)
    return found is not None and tuple(found) == (asked.at_ms, asked.seq, asked.generation)


async def restore(connection: Connection, name: str) -> None:
    """Put a snapshot in the place of the venue. Raises StoreError: there is none of this name."""
    number = await number_of(connection, name)
    if number is None:
        raise StoreError(f"write failed: there is no snapshot {name!r}")
    for table, columns in _KEPT.items():
        # What is alike stays: most of a venue is older than its snapshot, and indexes are dear to make anew.
        alike = " AND ".join(f"kept.{column} = {table}.{column}" for column in columns.split(", "))
        same = " AND ".join(f"kept.{column} = {table}.{column}" for column in _IDENTITY[table])
        await connection.execute(
            f"DELETE FROM {table} WHERE NOT EXISTS "
            f"(SELECT 1 FROM saved_{table} AS kept WHERE kept.saved = $1 AND {alike})",
            number,
        )
        await connection.execute(
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM saved_{table} AS kept WHERE kept.saved = $1 "
            f"AND NOT EXISTS (SELECT 1 FROM {table} WHERE {same})",
            number,
        )
    await connection.execute("DELETE FROM snapshot")
    await connection.execute(f"INSERT INTO snapshot SELECT {_LAST} FROM saved_snapshot WHERE saved = $1", number)


async def forget(connection: Connection, name: str) -> None:
    """Remove a snapshot; nothing happens if there is none of this name."""
    number = await number_of(connection, name)
    for table in (*_KEPT, "snapshot"):
        await connection.execute(f"DELETE FROM saved_{table} WHERE saved = $1", number)
    await connection.execute("DELETE FROM saved WHERE number = $1", number)
