"""One batch as one transaction: a single statement where that is enough, so that nothing waits for the client in it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import msgspec

from tallystick.store.api import GENERATION, GENESIS, Entry, HistoryRow, Reset, StoreError, WriteBatch
from tallystick.store.postgres import saving
from tallystick.store.postgres.connection import CHANNEL, Connection
from tallystick.store.postgres.queries import BETWEEN_BODIES
from tallystick.store.records import SNAPSHOTS_KEPT, superfluous

PUT: Final = f"""
WITH fence AS MATERIALIZED (
    SELECT term FROM lease
    WHERE term = $1 AND current_setting('synchronous_commit') <> 'off'
        AND ($2::bigint IS NULL OR $2 = (SELECT coalesce(max(seq), 0) FROM journal))
    FOR SHARE
), settings AS (
    INSERT INTO meta (name, value) SELECT new.name, new.value
    FROM fence, unnest($3::text[], $4::text[]) AS new (name, value)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value RETURNING 1
), keyring AS (
    INSERT INTO keys (api_key, user_id, record) SELECT new.api_key, new.user_id, new.record
    FROM fence, unnest($5::text[], $6::bigint[], $7::bytea[]) AS new (api_key, user_id, record)
    ON CONFLICT (api_key) DO UPDATE SET user_id = excluded.user_id, record = excluded.record RETURNING 1
), entries AS (
    INSERT INTO journal (seq, at_ms, term, command, events, hash)
    SELECT new.seq, new.at_ms, fence.term, new.command, new.events, new.hash
    FROM fence, unnest($8::bigint[], $9::bigint[], $10::bytea[], $11::bytea[], $12::bytea[])
        AS new (seq, at_ms, command, events, hash)
    RETURNING 1
), rows AS (
    INSERT INTO history (name, user_id, key, id, a, b, body)
    SELECT new.name, new.user_id, new.key, new.id, new.a, new.b, new.body
    FROM fence, unnest($13::text[], $14::bigint[], $15::bigint[], $16::bigint[], $17::text[], $18::text[], $19::bytea[])
        AS new (name, user_id, key, id, a, b, body)
    ON CONFLICT (name, user_id, key, id) DO UPDATE SET a = excluded.a, b = excluded.b, body = excluded.body
    RETURNING 1
)
SELECT (SELECT count(*) FROM fence) AS fence, (SELECT count(*) FROM settings) AS settings,
    (SELECT count(*) FROM keyring) AS keys, (SELECT count(*) FROM entries) AS entries,
    (SELECT count(*) FROM rows) AS rows,
    CASE WHEN cardinality($8::bigint[]) > 0 THEN pg_notify('{CHANNEL}', $1 || ' ' || $8[cardinality($8::bigint[])]) END
"""
"""Everything but a reset, a restore, and snapshots. Nothing of it is written unless the fence has its row: the term is
the writer's, and the first entry follows the last one. The lock on that row holds up a takeover until the commit."""
_FENCE: Final = "SELECT term FROM lease WHERE term = $1 FOR SHARE"
_STAND: Final = "SELECT term, hash FROM journal WHERE seq = $1"
_UNDER_WAY: Final = "SELECT term FROM lease FOR UPDATE"


class Fenced(StoreError):
    """Error: a later term has begun, and this writer writes no more. Nothing was written."""

    def __init__(self, mine: int, term: int, leader: str) -> None:
        super().__init__(f"write failed: another server leads ({leader}, term {term}), and this one led in term {mine}")


async def put(connection: Connection, term: int, batch: WriteBatch) -> None:
    """Write a batch, durable on return. Raises StoreError: nothing of it is written; what the driver raises."""
    require_in_order(batch.entries)
    if all(part is None for part in (batch.forget, batch.reset, batch.restore, batch.snapshot, batch.save)):
        await _put_plain(connection, term, batch)
        return
    async with connection.transaction():
        if await connection.fetchval(_FENCE, term) is None:
            await _refuse(connection, term, batch)
        if batch.forget is not None:
            await saving.forget(connection, batch.forget)
        if batch.reset is not None:
            await _reset(connection, batch.reset)
        if batch.restore is not None:
            await saving.restore(connection, batch.restore)
        await _put_plain(connection, term, batch)
        await _put_snapshot(connection, batch)
        if batch.save is not None:
            await saving.save(connection, batch.save)


async def is_written(connection: Connection, term: int, batch: WriteBatch) -> bool:
    """Find out whether a batch was written whose COMMIT was not answered; once nothing of it is under way any more.

    Entries are told by term, number and hash, which covers the command; a reset and a restore also by the generation
    they begin, a saved snapshot by its name. Other batches can be written twice without harm. Raises what the driver
    raises.
    """
    async with connection.transaction():
        # The write under way holds this row; the database ends it, one way or the other, before it is given.
        await connection.fetchval(_UNDER_WAY)
        if batch.save is not None:
            return await saving.is_saved(connection, batch.save)
        if batch.reset is not None or batch.restore is not None:
            generation = await connection.fetchval("SELECT value FROM meta WHERE name = $1", GENERATION)
            if generation != batch.settings.get(GENERATION):
                return False
        if not batch.entries:
            return False
        last = batch.entries[-1]
        row = await connection.fetchrow(_STAND, last.seq)
        return row is not None and (row["term"], row["hash"]) == (term, last.hash)


def require_in_order(entries: Sequence[Entry]) -> None:
    """Require that entries follow each other. Raises StoreError."""
    for before, entry in pairwise(entries):
        if entry.seq != before.seq + 1:
            raise StoreError(f"entry {entry.seq} does not follow entry {before.seq}")


async def _put_plain(connection: Connection, term: int, batch: WriteBatch) -> None:
    keys = {key.api_key: key for key in batch.keys}
    rows = {(row.table, row.user_id, row.key, row.id): row for row in batch.rows}
    if any(BETWEEN_BODIES in row.body for row in rows.values()):
        raise StoreError("write failed: the body of a row has more than one line")
    values = (
        term,
        batch.entries[0].seq - 1 if batch.entries else None,
        list(batch.settings),
        list(batch.settings.values()),
        list(keys),
        [key.user_id for key in keys.values()],
        [msgspec.json.encode(key) for key in keys.values()],
        *_columns_of_entries(batch.entries),
        *_columns_of_rows(list(rows.values())),
    )
    (written,) = await connection.fetch(PUT, *values)
    if not written["fence"]:
        await _refuse(connection, term, batch)
    asked = {"settings": len(batch.settings), "keys": len(keys), "entries": len(batch.entries), "rows": len(rows)}
    for name, count in asked.items():
        if written[name] != count:
            raise StoreError(f"write failed: {written[name]} {name} were changed where {count} were to be written")


def _columns_of_entries(entries: Sequence[Entry]) -> tuple[list[Any], ...]:
    return (
        [entry.seq for entry in entries],
        [entry.at_ms for entry in entries],
        [entry.command for entry in entries],
        [entry.events for entry in entries],
        [entry.hash for entry in entries],
    )


def _columns_of_rows(rows: Sequence[HistoryRow]) -> tuple[list[Any], ...]:
    return (
        [row.table for row in rows],
        [row.user_id for row in rows],
        [row.key for row in rows],
        [row.id for row in rows],
        [row.a for row in rows],
        [row.b for row in rows],
        [row.body for row in rows],
    )


async def _refuse(connection: Connection, term: int, batch: WriteBatch) -> None:
    """Say why the fence let nothing through. Raises StoreError."""
    lease = await connection.fetchrow("SELECT term, leader FROM lease")
    if lease is None or lease["term"] != term:
        raise Fenced(term, *(("no term", "nobody") if lease is None else tuple(lease)))
    await require_synchronous(connection)
    last = await connection.fetchval("SELECT coalesce(max(seq), 0) FROM journal")
    raise StoreError(f"entry {batch.entries[0].seq if batch.entries else 0} does not follow entry {last}")


async def require_synchronous(connection: Connection) -> None:
    """Require that a commit is on disk when it is answered. Raises StoreError."""
    for name, cure in (("synchronous_commit", "on"), ("fsync", "on"), ("full_page_writes", "on")):
        if await connection.fetchval("SELECT current_setting($1)", name) == "off":
            raise StoreError(
                f"the database has {name} off, so that a crash could take back what was acknowledged: "
                f"set {name} = {cure} for it, and start again"
            )


async def _reset(connection: Connection, reset: Reset) -> None:
    await connection.execute("DELETE FROM journal; DELETE FROM history; DELETE FROM snapshot")
    await connection.execute("DELETE FROM keys WHERE api_key <> ALL ($1::text[])", list(reset.keep_keys))
    await connection.execute(
        "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        GENESIS,
        reset.genesis,
    )


async def _put_snapshot(connection: Connection, batch: WriteBatch) -> None:
    if (kept := batch.snapshot) is None:
        return
    await connection.execute(
        "INSERT INTO snapshot (seq, at_ms, hash, state) VALUES ($1, $2, $3, $4) ON CONFLICT (seq) DO UPDATE "
        "SET at_ms = excluded.at_ms, hash = excluded.hash, state = excluded.state",
        kept.seq,
        kept.at_ms,
        kept.hash,
        kept.state,
    )
    held = [row["seq"] for row in await connection.fetch("SELECT seq FROM snapshot ORDER BY seq")]
    await connection.execute("DELETE FROM snapshot WHERE seq = ANY ($1::bigint[])", superfluous(held, SNAPSHOTS_KEPT))
