"""`tally serve`: the venue over HTTP until Ctrl-C."""

from __future__ import annotations

import logging
import socket
from functools import partial
from pathlib import Path
from typing import NamedTuple

import click
from click.core import ParameterSource
from msgspec.structs import replace

from tallystick.cli.announcing import Ready, Shown, Stopped, announce, ready, shown_as
from tallystick.cli.beside import beside
from tallystick.cli.catching_up import CatchingUp
from tallystick.cli.console import PORT
from tallystick.cli.frame.commands import Command, option
from tallystick.cli.frame.failing import Stop
from tallystick.cli.frame.options import LANG
from tallystick.cli.lines import json_line
from tallystick.cli.market_options import BEGINNING, Beginning
from tallystick.cli.options import KEPT_IN, STORE, moment
from tallystick.contract.core import SURFACES
from tallystick.server import serve as services
from tallystick.server.control import happened, watching
from tallystick.server.starting import Starting
from tallystick.server.watcher import Note
from tallystick.store.api import StoreError, StoreInUse
from tallystick.testing.stage import ScenarioStage
from tallystick.venue import boot
from tallystick.venue.clock import MACHINE, SPEED_MAX, Mode
from tallystick.venue.connection import Connection
from tallystick.venue.sequencer import VenueHalted

TOKEN_VARIABLE = "TALLY_CONTROL_TOKEN"
IN_MEMORY_VARIABLE = "TALLY_IN_MEMORY"
LIMITS_VARIABLE = "TALLY_LIMITS"
RESTART = "mend what is named and start again, which goes on from the last durable entry"


class Serving(Command):
    """Command that serves. With --log json it prints an object a line, of one of these records."""

    answers = (Ready, watching.Request, happened.Event, Note, Stopped)


@click.command(
    cls=Serving,
    zh="""运行平台直到 Ctrl-C；下次启动从停止处继续。

    数据目录不存在时会自动创建。它保持自己的行情和时钟（停止或运行）；另一个行情需要另一个目录。使用 --log json
    时每行一个 JSON 对象：首行给出地址，随后是请求和事件，末行说明已停止。
    """,
)
@option("--host", default="127.0.0.1", show_default=True, help="Listen on this address.", zh="监听此地址。")
@option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Listen on this port; 0 takes a free one.",
    zh="监听此端口；0 表示任一空闲端口。",
)
@KEPT_IN
@STORE
@option(
    "--reached-at",
    metavar="URL",
    default="",
    help="With --store: the address at which the other servers of the database reach this one.",
    zh="与 --store 同用：同一数据库的其他服务器访问本服务器的地址。",
)
@BEGINNING
@option(
    "--speed",
    type=click.IntRange(1, SPEED_MAX),
    help="Run the venue's clock N times faster than real time.",
    zh="平台时钟以真实时间的 N 倍运行。",
    metavar="N",
)
@option(
    "--frozen",
    is_flag=True,
    help="Stop the venue's clock; it moves only by control calls.",
    zh="停止平台时钟；只由控制调用推进。",
)
@option(
    "--at",
    metavar="TIME",
    callback=moment,
    help="Begin a new venue at this time, such as 2026-01-20T09:00:00Z, else now. A kept venue goes on.",
    zh="新平台从此时间开始，如 2026-01-20T09:00:00Z，未指定时为现在。已有的平台继续其时间。",
)
@option(
    "--catch-up",
    is_flag=True,
    help="Start even where the machine's clock is more than 366 days past the venue's, and live through them all.",
    zh="即使本机时钟比平台时钟晚 366 天以上也启动，并补过全部时间。",
)
@option(
    "--surface",
    type=click.Choice(SURFACES),
    default=SURFACES[0],
    show_default=True,
    help="Serve the API as it stood then.",
    zh="提供当时的 API。",
)
@option(
    "--limits",
    envvar=LIMITS_VARIABLE,
    default="exact",
    show_default=True,
    help=f"Set rate limits: exact, off, or N times as generous; {LIMITS_VARIABLE} sets them too.",
    zh=f"限速：exact（按文档）、off（关闭），或放宽到 N 倍；也可以用环境变量 {LIMITS_VARIABLE}。",
)
@option(
    "--strict",
    is_flag=True,
    help="Refuse requests that are not as documented, instead of naming what is odd.",
    zh="拒绝不符合文档的请求，而不只是指出其中的异常。",
)
@option(
    "--tls",
    is_flag=True,
    help="Serve https and wss with a certificate of our own, kept in the data folder.",
    zh="以自签证书提供 https 和 wss，证书保存在数据目录中。",
)
@option(
    "--highest-tier",
    is_flag=True,
    help="Open the streams that need a high fee tier to everybody.",
    zh="向所有人开放需要高费率等级的推送频道。",
)
@option(
    "--max-connections",
    type=click.IntRange(1, 1_000_000),
    default=services.Settings().connections,
    show_default=True,
    help="Accept at most so many connections at once.",
    zh="同时接受的最多连接数。",
)
@option(
    "--max-connections-per-address",
    type=click.IntRange(1, 1_000_000),
    default=services.Settings().connections_per_address,
    show_default=True,
    help="Accept at most so many of one address other than loopback.",
    zh="每个非本机地址的最多连接数。",
)
@option(
    "--expire-keys",
    is_flag=True,
    help="End keys that may trade, are bound to no address and are not used for 14 days.",
    zh="可交易、未绑定 IP 且 14 天未使用的密钥将失效。",
)
@option(
    "--control-token",
    envvar=TOKEN_VARIABLE,
    help="Use this token for control calls, else the one in connection.json. Others on this machine can read a command "
    f"line: set {TOKEN_VARIABLE} instead.",
    zh="控制调用使用此令牌，未指定时为 connection.json 中的令牌。本机其他用户能看到命令行："
    f"请改用环境变量 {TOKEN_VARIABLE}。",
)
@option(
    "--allow-host",
    multiple=True,
    metavar="NAME",
    help="Accept control calls under this host name too.",
    zh="也接受以此主机名发来的控制调用。",
)
@option(
    "--in-memory",
    envvar=IN_MEMORY_VARIABLE,
    is_flag=True,
    help=f"Keep nothing and begin without users, for tests; {IN_MEMORY_VARIABLE}=1 does the same. "
    f"Needs {TOKEN_VARIABLE}.",
    zh=f"不保存任何内容，启动时没有用户，供测试使用；{IN_MEMORY_VARIABLE}=1 与之相同。需要 {TOKEN_VARIABLE}。",
)
@option(
    "--console/--no-console",
    help="Serve the page of tally console too, on this machine only, by a process that ends with the venue.",
    zh="同时提供 tally console 的网页，仅限本机；它由独立的进程提供，随平台结束。",
)
@option(
    "--console-port",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    help="With --console: serve the page on this port; 0 takes a free one.",
    zh="与 --console 同用：在此端口提供网页；0 表示任一空闲端口。",
)
@option("--quiet", is_flag=True, help="Print the address only.", zh="只输出地址。")
@option(
    "--log",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="Print a line for each request and event, coloured on a terminal, or as JSON.",
    zh="为每个请求和事件输出一行：文本（终端上带颜色）或 JSON。",
)
@LANG
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
    console: bool,
    console_port: int,
    quiet: bool,
    log: str,
) -> None:
    """Serve the venue until Ctrl-C; the next start goes on where this one stopped.

    The data folder is made when it is not there. It keeps its market and its clock, frozen or not; another market
    wants another folder. With --log json it prints an object a line: where it serves, each request and event, its end.
    """
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    page = beside(console_port) if console else None
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
        console="" if page is None else page.url,
    )
    mode = mode_of(speed, frozen=frozen)
    shown = shown_as(quiet=quiet, as_json=log == "json", console=page)
    if in_memory:
        require_no_folder(control_token, address, tls=tls)
    try:
        services.check(settings)
        listener = services.bind(host, port)
        try:
            clock = ClockAsked(mode, speed, at, catch_up)
            if address is not None:
                from tallystick.cli import together

                servers = together.Place(address, reached_at, folder)
                together.serve(servers, listener, settings, beginning, clock=clock, tls=tls, shown=shown)
            else:
                place = None if in_memory else folder
                serve_alone(place, listener, settings, beginning, clock=clock, tls=tls, shown=shown)
        finally:
            listener.close()
            shown.close()
    except StoreInUse as problem:
        raise Stop(f"{problem}: stop it first, or give --data another one") from None
    except VenueHalted as halted:
        raise Stop(f"the venue has halted: {halted}. Nothing acknowledged is lost; {RESTART}") from None
    except (services.CannotServe, StoreError, ValueError) as problem:
        raise Stop(str(problem)) from None
    if shown.as_json:
        click.echo(json_line(Stopped(kept=not in_memory)))
    elif not quiet:
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
    shown: Shown,
) -> None:
    """Serve a venue that is kept in a folder, or in memory without one, with its console beside it."""
    authority = None
    is_kept = folder is not None and (folder / boot.JOURNAL).exists()
    if tls and folder is not None and is_kept:
        settings, authority = with_certificate(settings, folder)
    starting = Starting(listener, services.context_of(settings.certificate))
    told = CatchingUp(MACHINE, partial(click.echo, err=True), starting)
    # A new venue has no certificate yet, and begins in no time.
    if is_kept or not tls:
        starting.begin()
    try:
        opened = beginning.venue_in(
            folder,
            mode=clock.mode,
            speed=clock.speed,
            at_ms=clock.at_ms,
            catch_up=clock.catch_up,
            users=folder is not None,
            address=None,
            progress=told.read,
        )
        limited = settings.limits != "off"
        try:
            warn(opened)
            if tls and folder is not None and authority is None:
                settings, authority = with_certificate(settings, folder)
            services.run(
                opened,
                listener,
                settings,
                lambda at: tell(at, opened, shown, authority, limited=limited),
                progress=told.catch_up,
                show=shown.rows(),
                started=starting.close,
                stage=ScenarioStage,
            )
        finally:
            opened.close()
    finally:
        starting.close()


def tell(at: Connection, opened: boot.Opened, shown: Shown, authority: Path | None, *, limited: bool) -> None:
    """Print where the venue serves, and begin its console."""
    found = ready(at, opened, shown.console)
    shown.ready(at, found, lambda: announce(at, opened, found, authority, limited), ca=authority, folder=opened.folder)


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
