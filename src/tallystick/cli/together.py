"""`tally serve --store`: one of several servers on a database."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import click
from msgspec.structs import replace

from tallystick.cli.announcing import TRUST, Ready, Shown, page_words
from tallystick.cli.beside import Beside
from tallystick.cli.catching_up import CatchingUp
from tallystick.cli.frame.failing import Stop
from tallystick.cli.market_options import Beginning
from tallystick.cli.serve import ClockAsked, with_certificate
from tallystick.data.install import advice
from tallystick.server.serve import Settings, context_of
from tallystick.server.starting import Starting
from tallystick.store.api import StoreError
from tallystick.venue.clock import MACHINE
from tallystick.venue.connection import CONNECTION, Connection
from tallystick.venue.stores import make_folder_of_keys


class Place(NamedTuple):
    """Address of the database, address at which other servers reach this one, and folder of `connection.json`."""

    database: str
    reached_at: str
    folder: Path


def serve(
    place: Place,
    listener: socket.socket,
    settings: Settings,
    beginning: Beginning,
    *,
    clock: ClockAsked,
    tls: bool,
    shown: Shown,
) -> None:
    """Serve a venue that is kept in a database, beside other servers. Raises as `cluster.serve.serve`."""
    if tls and place.reached_at and not place.reached_at.startswith("https://"):
        raise Stop(f"with --tls the other servers reach this one by https, not at {place.reached_at}")
    try:
        from tallystick.cluster import serve as servers
        from tallystick.cluster.opening import Wanted
        from tallystick.cluster.secret import VARIABLE
    except ModuleNotFoundError as missing:
        raise StoreError(f"a venue in PostgreSQL needs {missing.name}: {advice('postgres')}") from None

    authority: Path | None = None
    if tls:
        settings, authority = certified(place, settings)

    wanted = Wanted(
        market=beginning.market,
        markets=beginning.markets,
        own=beginning.own,
        mode=clock.mode,
        speed=clock.speed,
        at_ms=clock.at_ms,
        catch_up=clock.catch_up,
    )
    here = servers.Place(
        url=place.database, folder=place.folder, secret=os.environ.get(VARIABLE, ""), address=place.reached_at
    )
    with answering(listener, settings) as (starting, progress):
        servers.run(
            here,
            wanted,
            settings,
            listener,
            announce=lambda connection: tell(connection, place.folder, shown, authority),
            told=progress,
            started=starting.close,
            show=shown.rows(),
        )


@contextmanager
def answering(listener: socket.socket, settings: Settings) -> Iterator[tuple[Starting, CatchingUp]]:
    """Answer whoever asks while this server starts; what is told how far it is says so on the terminal too."""
    from tallystick.cluster.passing import NOT_DONE

    starting = Starting(listener, context_of(settings.certificate), code=NOT_DONE)
    starting.begin()
    try:
        yield starting, CatchingUp(MACHINE, partial(click.echo, err=True), starting)
    finally:
        starting.close()


def certified(place: Place, settings: Settings) -> tuple[Settings, Path]:
    """Settings with a certificate that also names the host at which the other servers reach this one, and its CA."""
    make_folder_of_keys(place.folder)
    host = urlsplit(place.reached_at).hostname
    named = replace(settings, hosts=(*settings.hosts, *([host] if host else [])))
    with_names, authority = with_certificate(named, place.folder)
    return replace(settings, certificate=with_names.certificate), authority


def tell(connection: Connection, folder: Path, shown: Shown, authority: Path | None) -> None:
    """Print where the server answers, and begin its console."""
    found = ready(connection, folder, shown.console)
    words = told(connection, folder, found, authority)
    shown.ready(connection, found, lambda: click.echo(words), ca=authority, folder=folder)


def ready(connection: Connection, folder: Path, page: Beside | None) -> Ready:
    """Record of a server that serves, with the console beside it."""
    return Ready(
        url=connection.url,
        market=connection.market,
        surface=connection.surface,
        users=[user.name for user in connection.users],
        connection=str(folder / CONNECTION),
        console="" if page is None else page.url,
        code="" if page is None else page.code,
    )


def told(connection: Connection, folder: Path, found: Ready, authority: Path | None) -> str:
    """Lines for who started the server: its address, its console, where the keys are, and with TLS whom to trust."""
    trust = "" if authority is None else TRUST.format(ca=authority.absolute()) + "\n\n"
    console = page_words(found) + "\n\n" if found.console else ""
    return (
        f"Tallystick serves {connection.url}  (market {connection.market}, surface {connection.surface})\n"
        "It is one of the servers of its database: GET /tally/v1/health says which of them leads.\n"
        f"Keys, secrets and the control token are in {folder / CONNECTION}.\n\n{trust}{console}Ctrl-C stops it."
    )
