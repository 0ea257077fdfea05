"""Announcements of a server: where it serves, in words for a newcomer or as an object a line."""

from __future__ import annotations

import datetime as dt
import shlex
import shutil
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, NamedTuple

import click
from msgspec import Struct

from tallystick.cli.beside import Beside
from tallystick.cli.lines import Printer, json_line
from tallystick.server.control.text import iso
from tallystick.server.watcher import Row
from tallystick.venue import boot
from tallystick.venue.connection import CONNECTION, Connection
from tallystick.venue.markets import BY_HAND
from tallystick.venue.walk import is_walk

HELD = "Prices are those set with tally prices set; a new venue has none, and nobody there owes anything."
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

CONSOLE = "http://127.0.0.1:8081"
"""Address of the console, unless it is given another port."""
TRUST = """\
Clients must trust our certificate. Set before they start:
  export SSL_CERT_FILE={ca}         # python-okx, httpx, aiohttp, websockets
  export REQUESTS_CA_BUNDLE={ca}    # requests
  export NODE_EXTRA_CA_CERTS={ca}   # node
ccxt looks at none of them in Python: give ccxt.okx({{"requests_trust_env": True, ...}}), which then obeys
REQUESTS_CA_BUNDLE, and with async ccxt.pro.okx({{"cafile": "{ca}", ...}})."""


class Ready(Struct, frozen=True, kw_only=True):
    """First line of --log json: the venue serves at `url`. `users` may sign in with the keys in `connection`.

    `connection` is "" where nothing is kept. `console` and `code` are of the console beside it, "" without one. `now`
    is the venue's time; a clock whose `mode` is frozen stands still. One of several servers of a database tells none.
    """

    kind: Literal["ready"] = "ready"
    url: str
    market: str
    surface: str
    users: list[str]
    connection: str
    now: str = ""
    mode: str = ""
    speed: int = 0
    console: str = ""
    code: str = ""


class Stopped(Struct, frozen=True, kw_only=True):
    """Last line of --log json. `kept`: everything is on disk, and the next start goes on from here."""

    kind: Literal["stopped"] = "stopped"
    kept: bool


def shown_as(*, quiet: bool, as_json: bool, console: Beside | None) -> Shown:
    """Form of what is printed, with its printer and the console beside the venue."""
    return Shown(quiet, as_json, None if quiet else Printer(as_json=as_json), console)


class Shown(NamedTuple):
    """Form of what is printed: with `quiet` no requests and events, with `as_json` an object a line."""

    quiet: bool
    as_json: bool
    printer: Printer | None
    console: Beside | None

    def rows(self) -> Callable[[list[Row]], None] | None:
        """Printer of requests and events; None with `quiet`."""
        return None if self.printer is None else self.printer.show

    def close(self) -> None:
        """Print the last requests and events, and end the console."""
        if self.printer is not None:
            self.printer.close()
        if self.console is not None:
            self.console.close()

    def ready(
        self,
        connection: Connection,
        found: Ready,
        words: Callable[[], None],
        *,
        ca: Path | None,
        folder: Path | None,
    ) -> None:
        """Print where the venue serves, as JSON, as the address alone, or in words, and begin the console.

        Clients trust `ca`; None without TLS. `folder` is that of the venue, None where nothing is kept.
        """
        if self.as_json:
            click.echo(json_line(found))
        elif self.quiet:
            click.echo(found.url)
            if found.console:
                click.echo(f"{found.console} {found.code}")
        else:
            words()
        if self.console is not None:
            self.console.begin(found.url, connection.control_token, ca, of_folder(folder).strip())


def prices_words(market: str) -> str:
    """Line of the banner on where prices come from."""
    if market == BY_HAND:
        return HELD
    if is_walk(market):
        return f"Prices are made up: {market} is a random walk, the same at every start; USDC-USDT stands at 1."
    return f"Prices are those of the imported market {market}, replayed; `tally market list` tells more."


def page_words(found: Ready) -> str:
    """Line of the banner on the console beside the venue."""
    return f"A page to look at it and to move it: {found.console} in a browser, with the code {found.code}"


def ready(connection: Connection, opened: boot.Opened, console: Beside | None) -> Ready:
    """Record of a venue that serves, with the console beside it."""
    mode, speed = opened.venue.clock
    return Ready(
        url=connection.url,
        market=connection.market,
        surface=connection.surface,
        users=[user.name for user in connection.users],
        connection=str(opened.folder / CONNECTION) if opened.folder else "",
        now=iso(opened.venue.now_ms()),
        mode=mode,
        speed=speed,
        console="" if console is None else console.url,
        code="" if console is None else console.code,
    )


def of_folder(folder: Path | None) -> str:
    """Option of a command that names the folder of a venue, "" for the one that commands take by themselves."""
    return "" if folder is None or folder == Path(".tally") else f" --data {shlex.quote(str(folder))}"


def spelled() -> str:
    """Command line program as a shell of this folder finds it: by its name, or by the path that started it."""
    started = sys.argv[0]
    found = Path(started).name == "tally" and shutil.which("tally") is None
    return shlex.quote(started) if found else "tally"


def announce(connection: Connection, opened: boot.Opened, found: Ready, authority: Path | None, limited: bool) -> None:
    """Print what a newcomer needs: address, time, keys, and lines to paste. `limited` where there are rate limits."""
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
        if mode == "frozen" and limited:
            click.echo("Rate limits count the machine's time meanwhile, so whoever waits is let through.")
    click.echo("")
    if not connection.users:
        click.echo("Nothing is kept, and there are no users: POST /tally/v1/users makes them.")
        if found.console:
            click.echo(page_words(found))
        click.echo("\nCtrl-C stops it.")
        return
    for user in connection.users:
        for key in user.keys:
            click.echo(f"  {user.name:6} {','.join(key.permissions):16} {key.api_key}")
    for each in opened.venue.state.users.values():
        if not each.borrow_enabled:
            lever = f"{spelled()} users spot-borrow {each.name} on{of_folder(opened.folder)}"
            click.echo(f"\n{each.name} cannot borrow in Spot mode until {lever} switches it on.")
    click.echo(f"\nSecrets and the control token are in {(opened.folder or Path()) / CONNECTION}.")
    click.echo("Try it (pip install python-okx):\n")
    key = connection.users[0].keys[0]
    example = (BALANCES if by_hand else REPAY).format(
        api_key=key.api_key, secret_key=key.secret_key, passphrase=key.passphrase, url=connection.url
    )
    click.echo(example)
    base = connection.url.replace("http", "ws", 1)
    click.echo(f"\nStreams are at {base}/ws/v5/public, /private and /business.")
    if found.console:
        click.echo(page_words(found))
    elif find_spec("aiohttp") is not None:
        command = f"{spelled()} console{of_folder(opened.folder)}"
        click.echo(f"A page to look at it and to move it: {command} in a second terminal, then {CONSOLE}")
    if authority is not None:
        click.echo(TRUST.format(ca=authority.absolute()))
    click.echo("\nCtrl-C stops it.")
