"""Server process of several on one database: bind, follow and lead by turns, and answer all the while."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from tallystick.cluster import addresses, opening
from tallystick.cluster.app import ClusterApp
from tallystick.cluster.leading import LeadingVenue
from tallystick.cluster.node import Node
from tallystick.cluster.opening import Telling, Wanted
from tallystick.cluster.postgres import PostgresDatabase
from tallystick.cluster.secret import ClusterSecret
from tallystick.cluster.showing import Show
from tallystick.server import serve as services
from tallystick.server.app import App
from tallystick.server.connections import Connections
from tallystick.server.door import Door
from tallystick.server.event_loop import new_event_loop
from tallystick.server.serve import STOP_SECONDS_MAX, Settings
from tallystick.store.api import Store
from tallystick.store.postgres.connection import pass_over_given_up
from tallystick.store.postgres.store import PostgresStore
from tallystick.venue import boot
from tallystick.venue.boot import Opened
from tallystick.venue.connection import Connection, write_connection
from tallystick.venue.following import FollowingVenue
from tallystick.venue.keys import new_token
from tallystick.venue.venue import Venue


class Place(Struct, frozen=True, kw_only=True):
    """Place of a server: the URL of its database, the folder of its `connection.json`, its secret and its address.

    `address` is the URL under which the other servers reach it, "" for the one it listens at.
    """

    url: str
    folder: Path
    secret: str = ""
    address: str = ""


class PostgresCrew:
    """Implements `cluster.node.Crew` on a database."""

    def __init__(
        self,
        place: Place,
        wanted: Wanted,
        settings: Settings,
        connection: Connection,
        secret: ClusterSecret | None,
        *,
        told: Telling,
    ) -> None:
        self._place = place
        self._wanted = wanted
        self._settings = settings
        self._connection = connection
        self._secret = secret
        self._told = told

    def open_store(self) -> Store:
        return PostgresStore(self._place.url)

    def leading_venue(self, store: Store, term: int, before: FollowingVenue | None) -> LeadingVenue:
        if isinstance(store, PostgresStore):
            store.lead(term)
        told = self._told.read
        return opening.leading_venue(store, self._wanted, self._connection, self._secret, before, progress=told)

    def following_venue(self, store: Store) -> FollowingVenue | None:
        if isinstance(store, PostgresStore):
            store.stand_by()
        return opening.following_venue(store, self._wanted, progress=self._told.read)

    def app_of(self, venue: Venue, role: str, term: int) -> App:
        app = services.app_of(Opened(venue, venue.store, self._connection, None), self._settings)
        app.control.about |= {"role": role, "term": term}
        return app


def run(
    place: Place,
    wanted: Wanted,
    settings: Settings,
    listener: socket.socket,
    *,
    announce: Callable[[Connection], None],
    told: Telling,
    started: Callable[[], None],
    show: Show | None = None,
) -> None:
    """Run `serve` in an event loop of its own."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(serve(place, wanted, settings, listener, announce=announce, told=told, started=started, show=show))


async def serve(
    place: Place,
    wanted: Wanted,
    settings: Settings,
    listener: socket.socket,
    *,
    announce: Callable[[Connection], None],
    told: Telling,
    started: Callable[[], None],
    show: Show | None = None,
) -> None:
    """Serve until asked to stop (SIGINT, SIGTERM). `announce` is called once requests are answered, in whatever role.

    `told` hears how far the start is. `started` is called in a thread before the first connection is accepted, and
    nobody else accepts on `listener` when it returns. `show` takes what this server shows while it runs; see `showing`.

    Raises StoreError: the database or the folder cannot be used, or the journal is damaged; VenueHalted: a bug.
    """
    asyncio.get_running_loop().set_exception_handler(pass_over_given_up)
    secret = ClusterSecret(place.secret) if place.secret else None
    # The tables are made, and what is wrong with them is told, before anything is answered.
    await asyncio.to_thread(opening.prepare, place.url)
    connection = connected(place, wanted, settings, services.url_of(listener, tls=bool(settings.certificate)), secret)
    node = node_of(place, wanted, settings, connection, secret, told=told, show=show)
    everybody = services.connections_of(node.app, settings)
    stopping = _Stopping(everybody)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopping.ask)
    sweeper = asyncio.create_task(everybody.keep_sweeping())
    door = Door(listener, everybody, services.context_of(settings.certificate))
    running = asyncio.create_task(node.run())
    ready = asyncio.create_task(node.ready.wait())
    try:
        await asyncio.wait((running, ready, stopping.asked), return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            # Its last answers take a moment, in which a leader has a lease to renew.
            await asyncio.to_thread(started)
            door.let_in()
            announce(connection)
            await asyncio.wait((running, stopping.asked), return_when=asyncio.FIRST_COMPLETED)
    finally:
        ready.cancel()
        door.close()
        await everybody.stop(STOP_SECONDS_MAX)
        sweeper.cancel()
        node.stop()
        await running


def connected(place: Place, wanted: Wanted, settings: Settings, url: str, secret: ClusterSecret | None) -> Connection:
    """Content of `connection.json`, written for whoever is to talk to this server. Raises StoreError."""
    kept = opening.connection_of(place.folder, wanted.market, secret)
    found = replace(
        kept,
        url=url,
        surface=settings.surface,
        market=wanted.market,
        control_token=settings.control_token or kept.control_token,
    )
    write_connection(place.folder, found)
    return found


def node_of(
    place: Place,
    wanted: Wanted,
    settings: Settings,
    connection: Connection,
    secret: ClusterSecret | None,
    *,
    told: Telling,
    show: Show | None,
) -> Node:
    """Node of this process. Nobody else can know the secret of a server that was given none: it serves alone."""
    shared = secret or ClusterSecret(new_token())
    crew = PostgresCrew(place, wanted, settings, connection, secret, told=told)
    nobody = boot.open_venue(None, boot.BY_HAND, users=False).venue
    # Two machines may have the same name, and a process the number of one before it.
    name = f"{socket.gethostname()}:{os.getpid()}.{new_token()[:8]}/{shared.fingerprint}"
    return Node(
        ClusterApp(name, shared, wanted.machine, crew.app_of(nobody, "follower", 0)),
        PostgresDatabase(place.url, wanted.machine),
        crew,
        address=addresses.named(place.address or connection.url, settings.certificate),
        machine=wanted.machine,
        told=told.catch_up,
        show=show,
    )


class _Stopping:
    """Request to stop the server. A second one does not wait for clients."""

    def __init__(self, everybody: Connections) -> None:
        self._everybody = everybody
        self.asked: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def ask(self) -> None:
        if self.asked.done():
            self._everybody.drop_all()
        else:
            self.asked.set_result(None)
