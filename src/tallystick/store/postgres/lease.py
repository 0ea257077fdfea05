"""The lease row: who leads, until when on the database's clock, and the term that fences every earlier leader."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

from msgspec import Struct

from tallystick.store.api import StoreError, StoreInUse
from tallystick.store.postgres.connection import DRIVER_ERRORS, Connection, Link

LEASE_MS: Final = 1_000
"""Time a lease lasts, unless it is renewed."""

_LOOK: Final = """
SELECT term, leader, address, CASE WHEN until > clock_timestamp()
    THEN (extract(epoch FROM until - clock_timestamp()) * 1000)::bigint ELSE 0 END AS left_ms
FROM lease
"""
_TAKE: Final = """
UPDATE lease SET term = term + 1, leader = $1, address = $2,
    until = clock_timestamp() + $3::bigint * interval '1 millisecond'
WHERE until <= clock_timestamp() OR $4 AND until > clock_timestamp() + $3::bigint * interval '1 millisecond'
RETURNING term
"""
_RENEW: Final = """
UPDATE lease SET until = clock_timestamp() + $2::bigint * interval '1 millisecond'
WHERE term = $1 AND until > '-infinity' RETURNING term
"""
_RELEASE: Final = "UPDATE lease SET until = '-infinity' WHERE term = $1"


class Lease(Struct, frozen=True):
    """The row as the database sees it now. `left_ms` is 0 where the lease has run out, and nobody leads."""

    term: int
    leader: str
    address: str
    left_ms: int


async def look(connection: Connection) -> Lease:
    """Read the lease. Raises what the driver raises."""
    row = await connection.fetchrow(_LOOK)
    if row is None:
        raise StoreError("the table lease of the database is empty: put it back from a backup")
    return Lease(row["term"], row["leader"], row["address"], row["left_ms"])


async def take(
    connection: Connection, leader: str, address: str, lasts_ms: int = LEASE_MS, *, ahead: bool = False
) -> int | None:
    """Begin the next term where the lease has run out. Returns the term, None while another one leads.

    `ahead` takes one too that has more left than a lease lasts: the database's clock was set back, and for a whole
    lease nobody has renewed it. It waits for a write of the earlier leader that is under way. Raises what the driver
    raises.
    """
    term: int | None = await connection.fetchval(_TAKE, leader, address, lasts_ms, ahead)
    return term


async def renew(connection: Connection, term: int, lasts_ms: int = LEASE_MS) -> bool:
    """Prolong the lease of a term. Returns False if a later term has begun, or this one was given up.

    A renewal that was under way when the lease was given up does not bring it back. Raises what the driver raises.
    """
    return await connection.fetchval(_RENEW, term, lasts_ms) is not None


async def release(connection: Connection, term: int) -> None:
    """Give up the lease, so that the next leader need not wait. Raises what the driver raises."""
    await connection.execute(_RELEASE, term)


async def take_alone(link: Link, leader: str, address: str) -> int:
    """Begin the next term once the lease of a server that is gone has run out.

    Raises StoreInUse: somebody renews it; what the driver raises.
    """
    found, ahead = await link.read(look), False
    while True:
        term = await link.read(partial(take, leader=leader, address=address, ahead=ahead))
        if term is not None:
            return term
        before, found = found, await link.read(look)
        if found.left_ms > before.left_ms or found.term != before.term:
            raise StoreInUse(f"the database is in use by {found.leader}, which leads in term {found.term}")
        await asyncio.sleep(min(found.left_ms, LEASE_MS) / 1_000)
        ahead = found.left_ms > LEASE_MS


async def keep(link: Link, term: int) -> None:
    """Renew a lease until it is given up or a later term begins, then close `link`.

    A database that refuses or is away is asked again.
    """
    try:
        while await _renewed(link, term):  # noqa: ASYNC110 - nothing tells when it is time
            await asyncio.sleep(LEASE_MS / 3_000)
    finally:
        await link.close()


async def _renewed(link: Link, term: int) -> bool:
    try:
        return await link.read(lambda connection: renew(connection, term))
    except DRIVER_ERRORS:
        # Also a disk that is full, or a database that only reads while another one takes over: both pass.
        return True
