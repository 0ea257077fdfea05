"""Bringing a database of an earlier format to the present one, in the transaction of whoever asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tallystick.store.api import GENESIS, Entry, StoreInUse
from tallystick.store.format import Step
from tallystick.store.postgres.connection import Connection
from tallystick.store.upgrading import Rewriting

AT_ONCE: Final = 1_000
"""Entries that are read and rewritten at a time."""
_TERM: Final = """
UPDATE lease SET term = term + 1, leader = '', address = '', until = '-infinity'
WHERE until <= clock_timestamp() RETURNING term
"""


async def begin_term(connection: Connection) -> None:
    """Begin a term that nobody leads in: no server of an earlier version writes any more. Raises StoreInUse."""
    if await connection.fetchval(_TERM) is None:
        leader, term = await connection.fetchrow("SELECT leader, term FROM lease")
        raise StoreInUse(
            f"the database is of an earlier format and in use by {leader}, which leads in term {term}: stop all its "
            "servers, then start one of this version"
        )


async def upgrade(connection: Connection, way: Sequence[Step]) -> None:
    """Rewrite every entry and seal the chain anew; the venue's own snapshots go, since the next start makes one.

    So it is with each snapshot that a user saved. Terms of entries stay. Raises JournalDamaged, OtherVersion: an entry
    holds what its format never had; what the driver raises.
    """
    await _rewrite(connection, "", "", way)
    for (number,) in await connection.fetch("SELECT number FROM saved ORDER BY number"):
        await _rewrite(connection, "saved_", f"saved = {number} AND ", way)
    await connection.execute("DELETE FROM snapshot; DELETE FROM saved_snapshot")


async def _rewrite(connection: Connection, prefix: str, scope: str, way: Sequence[Step]) -> None:
    genesis = await connection.fetchval(f"SELECT value FROM {prefix}meta WHERE {scope}name = $1", GENESIS)
    if genesis is None:
        return
    rewriting = Rewriting(genesis, way)
    set_genesis = f"UPDATE {prefix}meta SET value = $1 WHERE {scope}name = $2"
    await connection.execute(set_genesis, rewriting.genesis, GENESIS)
    # What a cursor gives does not change while it is read.
    cursor = await connection.cursor(
        f"SELECT seq, at_ms, command, events, hash FROM {prefix}journal WHERE {scope}true ORDER BY seq"
    )
    put = (
        f"UPDATE {prefix}journal AS kept SET command = new.command, events = new.events, hash = new.hash "
        "FROM unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[]) AS new (seq, command, events, hash) "
        f"WHERE {scope}kept.seq = new.seq"
    )
    while rows := await cursor.fetch(AT_ONCE):
        new = [rewriting.entry(Entry(*row)) for row in rows]
        columns = ([one.seq for one in new], [one.command for one in new], [one.events for one in new])
        await connection.execute(put, *columns, [one.hash for one in new])
