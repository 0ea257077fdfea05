"""`tally serve --store`: one of several servers on a database."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import NamedTuple

import click

from tallystick.cli.frame.failing import Stop
from tallystick.cli.market_options import Beginning
from tallystick.cli.serve import ClockAsked
from tallystick.data.install import advice
from tallystick.server.serve import Settings
from tallystick.store.api import StoreError
from tallystick.venue.connection import CONNECTION, Connection


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
    quiet: bool,
) -> None:
    """Serve a venue that is kept in a database, beside other servers. Raises as `cluster.serve.serve`."""
    if tls:
        raise Stop("servers of one database speak plain HTTP: leave --tls out, and put a proxy before them")
    try:
        from tallystick.cluster import serve as servers
        from tallystick.cluster.opening import Wanted
        from tallystick.cluster.secret import VARIABLE
    except ModuleNotFoundError as missing:
        raise StoreError(f"a venue in PostgreSQL needs {missing.name}: {advice('postgres')}") from None

    def announce(connection: Connection) -> None:
        click.echo(connection.url if quiet else told(connection, place.folder))

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
    servers.run(here, wanted, settings, listener, announce)


def told(connection: Connection, folder: Path) -> str:
    """Lines for who started the server: its address, and where the keys are."""
    return (
        f"Tallystick serves {connection.url}  (market {connection.market}, surface {connection.surface})\n"
        "It is one of the servers of its database: GET /tally/v1/health says which of them leads.\n"
        f"Keys, secrets and the control token are in {folder / CONNECTION}.\n\nCtrl-C stops it."
    )
