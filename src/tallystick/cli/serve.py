"""`tally serve`: the venue over HTTP until Ctrl-C."""

from __future__ import annotations

import datetime as dt
import logging
import socket
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import click
from click.core import ParameterSource
from msgspec.structs import replace

from tallystick.cli.catching_up import CatchingUp
from tallystick.cli.frame.commands import command
from tallystick.cli.frame.failing import Stop
from tallystick.cli.lines import Printer
from tallystick.cli.market_options import BEGINNING, Beginning
from tallystick.cli.options import KEPT_IN, STORE, moment
from tallystick.contract.core import SURFACES
from tallystick.server import serve as services
from tallystick.server.watcher import Row
from tallystick.store.api import StoreError, StoreInUse
from tallystick.venue import boot
from tallystick.venue.clock import SPEED_MAX, Mode
from tallystick.venue.connection import CONNECTION, Connection
from tallystick.venue.markets import BY_HAND, PACKAGED
from tallystick.venue.sequencer import VenueHalted
from tallystick.venue.walk import is_walk

TOKEN_VARIABLE = "TALLY_CONTROL_TOKEN"
REPLAYED = "Prices are OKX's of January and February 2022, replayed; USDC-USDT stands at 1."
HELD = "Prices are those set with POST /tally/v1/market/price; a new venue has none, and nobody there owes anything."
REPAY = """\
from okx.Trade import TradeAPI
trade = TradeAPI("{api_key}", "{secret_key}", "{passphrase}", flag="0", domain="{url}")
print(trade.get_oneclick_repay_list_v2())
print(trade.oneclick_repay_v2("USDC", ["USDC", "BTC"]))
print(trade.oneclick_repay_history_v2())"""
BALANCES = """\
from okx.Account import AccountAPI
account = AccountAPI("{api_key}", "{secret_key}", "{passphrase}", flag="0", domain="{url}")
print(account.get_account_balance())"""

RESTART = "mend what is named and start again, which goes on from the last durable entry"
TRUST = """\
Clients must trust our certificate. Set before they start:
  export SSL_CERT_FILE={ca}         # python-okx, httpx, aiohttp, websockets
  export REQUESTS_CA_BUNDLE={ca}    # requests
  export NODE_EXTRA_CA_CERTS={ca}   # node
ccxt looks at none of them in Python: give ccxt.okx({{"requests_trust_env": True, ...}}), which then obeys
REQUESTS_CA_BUNDLE, and with async ccxt.pro.okx({{"cafile": "{ca}", ...}})."""


@command(
    zh="""运行平台直到 Ctrl-C；下次启动从停止处继续。

    数据文件夹不存在时会自动创建。它保持自己的行情和时钟（停止或运行）；另一个行情需要另一个文件夹。
    """
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Listen on this address.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Listen on this port; 0 takes a free one.",
)
@KEPT_IN
@STORE
@click.option(
    "--reached-at",
    metavar="URL",
    default="",
    help="With --store: the address at which the other servers of the database reach this one.",
)
@BEGINNING
@click.option(
    "--speed",
    type=click.IntRange(1, SPEED_MAX),
    help="Run the venue's clock N times faster than real time.",
    metavar="N",
)
@click.option("--frozen", is_flag=True, help="Stop the venue's clock; it moves only by control calls.")
@click.option(
    "--at",
    metavar="TIME",
    callback=moment,
    help="Begin a new venue at this time, such as 2026-01-20T09:00:00Z, else now. A kept venue goes on.",
)
@click.option(
    "--catch-up",
    is_flag=True,
    help="Start even where the machine's clock is more than 366 days past the venue's, and live through them all.",
)
@click.option(
    "--surface",
    type=click.Choice(SURFACES),
    default=SURFACES[0],
    show_default=True,
    help="Serve the API as it stood then.",
)
@click.option(
    "--limits", default="exact", show_default=True, help="Set rate limits: exact, off, or N times as generous."
)
@click.option(
    "--strict", is_flag=True, help="Refuse requests that are not as documented, instead of naming what is odd."
)
@click.option("--tls", is_flag=True, help="Serve https and wss with a certificate of our own, kept in the data folder.")
@click.option("--highest-tier", is_flag=True, help="Open the streams that need a high fee tier to everybody.")
@click.option(
    "--max-connections",
    type=click.IntRange(1, 1_000_000),
    default=services.Settings().connections,
    show_default=True,
    help="Accept at most so many connections at once.",
)
@click.option(
    "--max-connections-per-address",
    type=click.IntRange(1, 1_000_000),
    default=services.Settings().connections_per_address,
    show_default=True,
    help="Accept at most so many of one address other than loopback.",
)
@click.option(
    "--expire-keys", is_flag=True, help="End keys that may trade, are bound to no address and are not used for 14 days."
)
@click.option(
    "--control-token",
    envvar=TOKEN_VARIABLE,
    help="Use this token for control calls, else the one in connection.json. Others on this machine can read a command "
    f"line: set {TOKEN_VARIABLE} instead.",
)
@click.option("--allow-host", multiple=True, metavar="NAME", help="Accept control calls under this host name too.")
@click.option(
    "--in-memory", is_flag=True, help=f"Keep nothing and begin without users, for tests. Needs {TOKEN_VARIABLE}."
)
@click.option("--quiet", is_flag=True, help="Print the address only.")
@click.option(
    "--log",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="Print a line for each request and event, coloured on a terminal, or as JSON.",
)
def serve(
    host: str,
    port: int,
    folder: Path,
    address: str | None,
    reached_at: str,
    beginning: Beginning,
    speed: int | None,
    frozen: bool,
    at: int | None,
    catch_up: bool,
    surface: str,
    limits: str,
    strict: bool,
    tls: bool,
    highest_tier: bool,
    max_connections: int,
    max_connections_per_address: int,
    expire_keys: bool,
    control_token: str | None,
    allow_host: tuple[str, ...],
    in_memory: bool,
    quiet: bool,
    log: str,
) -> None:
    """Serve the venue until Ctrl-C; the next start goes on where this one stopped.

    The data folder is made when it is not there. It keeps its market and its clock, frozen or not; another market
    wants another folder.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    settings = services.Settings(
        host=host,
        port=port,
        surface=surface,
        limits=limits,
        strict=strict,
        control_token=control_token,
        hosts=tuple(name.lower() for name in allow_host),
        highest_tier=highest_tier,
        expire_keys=expire_keys,
        connections=max_connections,
        connections_per_address=max_connections_per_address,
    )
    mode = mode_of(speed, frozen=frozen)
    if in_memory:
        require_no_folder(control_token, address, tls=tls)
    try:
        services.check(settings)
        listener = services.bind(host, port)
        try:
            clock = ClockAsked(mode, speed, at, catch_up)
            show = None if quiet else Printer(as_json=log == "json").show
            if address is not None:
                from tallystick.cli import together

                servers = together.Place(address, reached_at, folder)
                together.serve(servers, listener, settings, beginning, clock=clock, tls=tls, show=show)
            else:
                place = None if in_memory else folder
                serve_alone(place, listener, settings, beginning, clock=clock, tls=tls, show=show)
        finally:
            listener.close()
    except StoreInUse as problem:
        raise Stop(f"{problem}: stop it first, or give --data another one") from None
    except VenueHalted as halted:
        raise Stop(f"the venue has halted: {halted}. Nothing acknowledged is lost; {RESTART}") from None
    except (services.CannotServe, StoreError, ValueError) as problem:
        raise Stop(str(problem)) from None
    if not quiet:
        kept = "Nothing is kept." if in_memory else "Everything is on disk; the next start goes on from here."
        click.echo(f"Stopped. {kept}")


class ClockAsked(NamedTuple):
    """Clock as the command line asks for it; see `boot.open_venue`."""

    mode: Mode | None
    speed: int | None
    at_ms: int | None
    catch_up: bool


def serve_alone(
    folder: Path | None,
    listener: socket.socket,
    settings: services.Settings,
    beginning: Beginning,
    *,
    clock: ClockAsked,
    tls: bool,
    show: Callable[[list[Row]], None] | None,
) -> None:
    """Serve a venue that is kept in a folder, or in memory without one. Without `show` the address alone is printed."""
    opened = beginning.venue_in(
        folder,
        mode=clock.mode,
        speed=clock.speed,
        at_ms=clock.at_ms,
        catch_up=clock.catch_up,
        users=folder is not None,
        address=None,
    )
    try:
        warn(opened)
        authority = None
        if tls and folder is not None:
            settings, authority = with_certificate(settings, folder)
        services.run(
            opened,
            listener,
            settings,
            lambda found: announce(found, opened, authority, quiet=show is None),
            progress=CatchingUp(opened.venue.machine, partial(click.echo, err=True)),
            show=show,
        )
    finally:
        opened.close()


def mode_of(speed: int | None, *, frozen: bool) -> Mode | None:
    """Mode of the clock that the options ask for; None where they ask for none. Raises Stop."""
    if frozen and speed is not None:
        raise Stop("a frozen clock has no speed: give --frozen or --speed")
    return "frozen" if frozen else "real" if speed is not None else None


def require_no_folder(control_token: str | None, address: str | None, *, tls: bool) -> None:
    """Require that a venue in memory needs nothing of a data folder or a database. Raises Stop."""
    if address is not None:
        raise Stop("--in-memory keeps nothing and --store keeps everything: leave one of them out")
    if control_token is None:
        raise Stop(f"with --in-memory no connection.json is written: give a control token in {TOKEN_VARIABLE}")
    if tls:
        raise Stop("a certificate lies in the data folder, and --in-memory has none: leave one of them out")


def warn(opened: boot.Opened) -> None:
    """Print warnings to standard error; with --quiet standard output stays the address alone."""
    remarks = list(opened.remarks)
    if click.get_current_context().get_parameter_source("control_token") is ParameterSource.COMMANDLINE:
        remarks.append(
            "everybody on this machine can read the control token in the list of processes: "
            f"set {TOKEN_VARIABLE} instead of --control-token"
        )
    for remark in remarks:
        click.echo(f"tally: warning: {remark}", err=True)


def with_certificate(settings: services.Settings, folder: Path) -> tuple[services.Settings, Path]:
    """The settings with a certificate for its names, and the file clients must trust. Raises StoreError."""
    # Cryptography takes its time to load, and most venues are served without it.
    from tallystick.server import tls

    authority, certificate = tls.prepare(folder, (settings.host, *settings.hosts))
    return replace(settings, certificate=str(certificate)), authority


def prices_words(market: str) -> str:
    """Line of the banner on where prices come from."""
    if market == BY_HAND:
        return HELD
    if market == PACKAGED:
        return REPLAYED
    if is_walk(market):
        return f"Prices walk at random as {market} says, the same at every start; USDC-USDT stands at 1."
    return f"Prices are those of the imported market {market}, replayed; `tally market list` tells more."


def announce(connection: Connection, opened: boot.Opened, authority: Path | None = None, *, quiet: bool) -> None:
    """Print what a newcomer needs: address, time, keys, and lines to paste."""
    if quiet:
        click.echo(connection.url)
        return
    click.echo(f"Tallystick serves {connection.url}  (market {connection.market}, surface {connection.surface})")
    by_hand = connection.market == BY_HAND
    click.echo(prices_words(connection.market))
    mode, speed = opened.venue.clock
    now_ms = opened.venue.now_ms()
    if (mode, speed) != ("real", 1) or abs(now_ms - opened.venue.machine.wall_ms()) > 60_000:
        pace = "as fast" if speed == 1 else f"{speed} times as fast"
        goes = "stands still" if mode == "frozen" else f"goes {pace} as the real one"
        now = dt.datetime.fromtimestamp(now_ms // 1000, dt.UTC)
        click.echo(f"It is {now:%Y-%m-%d %H:%M:%S} UTC here, and the clock {goes}.")
        if mode == "frozen":
            click.echo("Rate limits count the machine's time meanwhile, so whoever waits is let through.")
    click.echo("")
    if not connection.users:
        click.echo("Nothing is kept, and there are no users: POST /tally/v1/users makes them.\n\nCtrl-C stops it.")
        return
    for user in connection.users:
        for key in user.keys:
            click.echo(f"  {user.name:6} {','.join(key.permissions):16} {key.api_key}")
    for found in opened.venue.state.users.values():
        if not found.borrow_enabled:
            lever = f'POST /tally/v1/users/{found.name}/spot-borrow {{"enabled": true}}'
            click.echo(f"\n{found.name} cannot borrow in Spot mode until {lever} switches it on.")
    click.echo(f"\nSecrets and the control token are in {(opened.folder or Path()) / CONNECTION}.")
    click.echo("Try it (pip install python-okx):\n")
    key = connection.users[0].keys[0]
    example = (BALANCES if by_hand else REPAY).format(
        api_key=key.api_key, secret_key=key.secret_key, passphrase=key.passphrase, url=connection.url
    )
    click.echo(example)
    base = connection.url.replace("http", "ws", 1)
    click.echo(f"\nStreams are at {base}/ws/v5/public, /private and /business.")
    if authority is not None:
        click.echo(TRUST.format(ca=authority.absolute()))
    click.echo("\nCtrl-C stops it.")
