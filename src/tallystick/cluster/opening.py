"""Opening of a venue by one of several servers: as the one that leads, or as one that follows."""

from __future__ import annotations

import logging
from contextlib import closing
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from tallystick.cluster.leading import LeadingVenue
from tallystick.cluster.secret import ClusterSecret
from tallystick.store.api import GENESIS, Store, StoreError
from tallystick.store.format import FORMAT
from tallystick.store.postgres.connection import place_of
from tallystick.store.postgres.store import PostgresStore
from tallystick.venue import boot, markets
from tallystick.venue.clock import MACHINE, Clock, Machine, Mode
from tallystick.venue.connection import Connection, read_connection, write_connection
from tallystick.venue.following import FollowingVenue
from tallystick.venue.keys import Material, new_token, random_material
from tallystick.venue.own import NOTHING, Own
from tallystick.venue.parameters import load_parameters
from tallystick.venue.recovery import Recovering, generation_of, recover, silence
from tallystick.venue.stores import make_folder_of_keys
from tallystick.venue.upgrades import STEPS

log = logging.getLogger("tallystick")


class Wanted(Struct, frozen=True, kw_only=True):
    """Venue as the command line asks for it. Clock and time are those of a new venue; a kept one goes on."""

    market: str = markets.DEFAULT
    markets: Path = markets.HERE
    own: Own = NOTHING
    mode: Mode | None = None
    speed: int | None = None
    at_ms: int | None = None
    catch_up: bool = False
    machine: Machine = MACHINE


class Telling(Protocol):
    """Hearer of how far a start is, in any thread: entries of the journal that are read, then times in Unix ms."""

    def read(self, done: int, of: int) -> None: ...

    def catch_up(self, at_ms: int, until_ms: int) -> None: ...


def prepare(url: str) -> None:
    """Make the tables of a database, or bring them and what stands in them to what this version writes.

    Raises StoreError.
    """
    with closing(PostgresStore(url, steps=STEPS)) as store:
        if store.was_format != FORMAT:
            log.warning(
                "%s was upgraded from format %d to format %d: earlier versions can no longer serve it",
                place_of(url),
                store.was_format,
                FORMAT,
            )


def connection_of(folder: Path, market: str, secret: ClusterSecret | None) -> Connection:
    """Content of `connection.json`, written now if it is missing: with a secret it is the same at every server.

    Raises StoreError.
    """
    make_folder_of_keys(folder)
    found = read_connection(folder)
    if found is None:
        token = new_token() if secret is None else secret.control_token()
        found = Connection("", token, "", market, boot.seeded_users(material_of(secret)))
        write_connection(folder, found)
    return found


def material_of(secret: ClusterSecret | None) -> Material:
    return random_material if secret is None else secret.material


def leading_venue(
    store: Store,
    wanted: Wanted,
    connection: Connection,
    secret: ClusterSecret | None,
    before: FollowingVenue | None,
    *,
    progress: Recovering = silence,
) -> LeadingVenue:
    """Venue of the leader, new where the store is empty; it goes on from what a follower had applied.

    `progress` is that of `recovery.recover`. Raises JournalDamaged, StoreError, ValueError (clock).
    """
    new = store.get_meta("clock") is None
    clock = boot.clock_of(
        store,
        wanted.mode if new else None,
        wanted.speed if new else None,
        wanted.at_ms,
        wanted.machine,
        catch_up=wanted.catch_up,
    )
    venue, remarks = boot.venue_of(
        LeadingVenue,
        store,
        clock,
        market=wanted.market,
        source=markets.source_of(wanted.market, wanted.markets),
        own=wanted.own,
        keys=boot.new_keys(store, connection, material_of(secret)),
        recovered=None if before is None else before.handed_over(),
        traded=None if before is None else before.market,
        progress=progress,
    )
    for remark in remarks:
        log.warning("%s", remark)
    return venue


def following_venue(store: Store, wanted: Wanted, *, progress: Recovering = silence) -> FollowingVenue | None:
    """Venue of a follower, at the end of the journal; None while there is none.

    `progress` is that of `recovery.recover`. Raises JournalDamaged; StoreError where the database fails, or a
    generation begins meanwhile.
    """
    view = store.view()
    try:
        kept = view.get_meta("clock")
        if kept is None or view.get_meta(GENESIS) is None:
            return None
        recovered = recover(view, load_parameters(), 0, progress)
        generation = generation_of(view)
    finally:
        view.close()
    clock = Clock(at_ms=wanted.machine.wall_ms(), machine=wanted.machine)
    clock.follow(kept)
    venue, _ = boot.venue_of(
        FollowingVenue,
        store,
        clock,
        market=wanted.market,
        source=markets.source_of(wanted.market, wanted.markets),
        own=wanted.own,
        keys=(),
        recovered=recovered,
    )
    if venue.generation != generation:
        raise StoreError("a generation began while its journal was read")
    return venue
