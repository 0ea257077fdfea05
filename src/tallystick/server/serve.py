"""Server process: bind, run and stop the venue over HTTP."""

from __future__ import annotations

import asyncio
import gc
import resource
import signal
import socket
import ssl
from collections.abc import Awaitable, Callable
from ipaddress import ip_address

import msgspec
from msgspec import Struct

from tallystick.contract.core import SURFACES
from tallystick.server.app import App, entrance_of
from tallystick.server.connections import Application, Bounds, Connections
from tallystick.server.control.service import Control
from tallystick.server.door import Door
from tallystick.server.event_loop import new_event_loop
from tallystick.server.limits import parse_generosity
from tallystick.server.services import Services
from tallystick.server.site import Site
from tallystick.server.staging import Stage
from tallystick.server.watcher import Row, Watcher
from tallystick.venue.boot import Opened
from tallystick.venue.connection import Connection
from tallystick.venue.keys import TOKEN_FORM, is_token
from tallystick.venue.sequencer import VenueHalted
from tallystick.venue.venue import Venue

BACKLOG = 1024
STOP_SECONDS_MAX = 10
YOUNG_OBJECTS_MAX = 5_000
"""Objects made and not freed since the last garbage collection that bring about the next: more than the requests under
way have, which are freed without one."""
FILES_BESIDE = 64
"""Open files the process needs beside one for each connection."""


class CannotServe(Exception):
    """The address cannot be served. The text is for the user."""


class Settings(Struct, frozen=True, kw_only=True):
    """Settings of the server.

    `limits` is exact, off or a number; `hosts` are names under which the control endpoints answer; `strict` refuses
    requests with parameters that are not read, `highest_tier` opens the channels of the highest fee tier,
    `expire_keys` lets unused keys expire.
    """

    host: str = "127.0.0.1"
    port: int = 8080
    surface: str = SURFACES[0]
    limits: str = "exact"
    control_token: str | None = None
    hosts: tuple[str, ...] = ()
    strict: bool = False
    highest_tier: bool = False
    expire_keys: bool = False
    connections: int = Bounds().connections
    connections_per_address: int = Bounds().per_address
    """Connections per address other than loopback."""
    certificate: str = ""
    """PEM file of the server's key and certificates; "" serves without TLS."""
    console: str = ""
    """Address of the console beside the server, "" without one."""


def check(settings: Settings) -> None:
    """Check the settings, before the data folder is touched. Raises ValueError, CannotServe."""
    if settings.surface not in SURFACES:
        raise ValueError(f"unknown surface {settings.surface!r}, known are {', '.join(SURFACES)}")
    parse_generosity(settings.limits)
    if settings.control_token is None and not is_loopback(settings.host):
        raise CannotServe("control API needs a token when not on loopback: give one in TALLY_CONTROL_TOKEN")
    if settings.control_token is not None and not is_token(settings.control_token):
        raise CannotServe(f"a control token has {TOKEN_FORM}")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def bind(host: str, port: int) -> socket.socket:
    """Open a listening socket. Raises CannotServe: the port is taken, or the address is not this machine's."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as problem:
        raise CannotServe(f"cannot find the address {host}: {problem.strerror}") from None
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as problem:
        listener.close()
        hint = "; choose another with --port" if problem.errno in (13, 98) else ""
        raise CannotServe(f"cannot serve {host}:{port}: {problem.strerror}{hint}") from None
    listener.setblocking(False)
    return listener


def url_of(listener: socket.socket, *, tls: bool = False) -> str:
    """URL of the server for a client on this machine."""
    host, port = listener.getsockname()[:2]
    if ip_address(host).is_unspecified:
        host = "127.0.0.1"
    scheme = "https" if tls else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def app_of(opened: Opened, settings: Settings, make: Callable[[Services, Control], App] = App) -> App:
    """The ASGI app of an opened venue, which `make` makes."""
    token = settings.control_token or opened.connection.control_token
    about: dict[str, str | int] = {
        "surface": settings.surface,
        "market": opened.connection.market,
        "limits": settings.limits,
    }
    services = Services(
        opened.venue,
        surface=settings.surface,
        generosity=parse_generosity(settings.limits),
        strict=settings.strict,
        highest_tier=settings.highest_tier,
        expire_keys=settings.expire_keys,
    )
    site = Site(frozenset((*settings.hosts, settings.host)))
    control = Control(opened.venue, token, site=site, about=about, faults=services.faults, seen=services.seen)
    control.after_reset = services.after_reset
    app = make(services, control)
    app.entrance = entrance_of(settings.console)
    return app


async def serve(
    opened: Opened,
    listener: socket.socket,
    settings: Settings,
    announce: Callable[[Connection], None],
    before: Callable[[], Awaitable[Connection]] | None = None,
    progress: Callable[[int, int], None] = lambda at_ms, until_ms: None,
    *,
    show: Callable[[list[Row]], None] | None = None,
    started: Callable[[], None] = lambda: None,
    stage: Callable[[App], Stage] | None = None,
) -> None:
    """Start the venue, answer until asked to stop (SIGINT, SIGTERM), then save everything.

    `announce` is called once requests are answered. The caller closes what was opened. `before` runs on
    the started venue before any request and returns its users. `progress` is that of `Venue.start`. A stop
    ends both at once. `show` takes what a `Watcher` gathers, and `stage` makes what plays scenarios. `started` is
    called before the first connection is accepted, by which time nobody else may accept on `listener`. Raises
    VenueHalted: the disk refused at the start or at the end, or the venue had halted before it was asked to stop.
    """
    loop = asyncio.get_running_loop()
    asked = Asked(opened.venue)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.stop)
    try:
        connection = await begun(opened, asked, before, progress)
        if connection is not None:
            opened = msgspec.structs.replace(opened, connection=connection)
            started()
            await answer(opened, listener, settings, announce, asked, show=show, stage=stage)
    finally:
        # The handlers stay in place until here: a second Ctrl-C must not keep the venue from its last snapshot.
        halted = await opened.venue.stop()
    if halted is not None:
        raise VenueHalted(halted)


async def begun(
    opened: Opened,
    asked: Asked,
    before: Callable[[], Awaitable[Connection]] | None,
    progress: Callable[[int, int], None],
) -> Connection | None:
    """Start the venue and return its users; None where it was asked to stop meanwhile. Raises VenueHalted."""

    started = False

    async def begin() -> Connection:
        nonlocal started
        await opened.venue.start(progress)
        started = True
        return opened.connection if before is None or asked.event.is_set() else await before()

    beginning = asyncio.ensure_future(begin())
    stop = asyncio.ensure_future(asked.event.wait())
    await asyncio.wait((beginning, stop), return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    if asked.event.is_set():
        # A start ends early by itself, and a new venue is always written whole.
        if started:
            beginning.cancel()
        await asyncio.wait((beginning,))
    try:
        connection = await beginning
    except (VenueHalted, asyncio.CancelledError):
        if asked.event.is_set() and opened.venue.halted is None:
            return None
        raise
    return None if asked.event.is_set() else connection


async def answer(
    opened: Opened,
    listener: socket.socket,
    settings: Settings,
    announce: Callable[[Connection], None],
    asked: Asked,
    *,
    show: Callable[[list[Row]], None] | None = None,
    stage: Callable[[App], Stage] | None = None,
) -> None:
    """Answer requests until asked to stop."""
    app = app_of(opened, settings)
    if stage is not None:
        app.control.stage = stage(app)
    # Objects that live as long as the process need no scan by every garbage collection.
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS_MAX)
    asked.everybody = everybody = connections_of(app, settings)
    url = url_of(listener, tls=bool(settings.certificate))
    connection = opened.served_at(url, settings.surface, settings.control_token)
    sweeper = asyncio.create_task(everybody.keep_sweeping())
    watcher = Watcher(app.services, app.sockets.hub, show)
    opened.venue.listen(watcher)
    watching = asyncio.create_task(watcher.run())
    door = Door(listener, everybody, context_of(settings.certificate))
    door.let_in()
    try:
        announce(connection)
        await asked.event.wait()
    finally:
        door.close()
        await everybody.stop(STOP_SECONDS_MAX)
        sweeper.cancel()
        watching.cancel()
        # What came since it last gathered; the venue's stop makes it durable, and so has it shown.
        watcher.gather()


def room_for(connections: int) -> int:
    """Number of connections the system has open files for. Raises the soft limit where it is too low."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + FILES_BESIDE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        return max(1, min(connections, soft - FILES_BESIDE))
    return connections


class Asked:
    """Request to stop the server. A second one does not wait for clients."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.event = asyncio.Event()
        self.everybody: Connections | None = None

    def stop(self) -> None:
        if self.event.is_set() and self.everybody is not None:
            self.everybody.drop_all()
        self.venue.leave_off()
        self.event.set()


def connections_of(app: Application, settings: Settings) -> Connections:
    bounds = Bounds(connections=room_for(settings.connections), per_address=settings.connections_per_address)
    return Connections(app, bounds, scheme="https" if settings.certificate else "http")


def context_of(certificate: str) -> ssl.SSLContext | None:
    """TLS context of a certificate; None without one. Raises OSError: the certificate cannot be read."""
    if not certificate:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def run(
    opened: Opened,
    listener: socket.socket,
    settings: Settings,
    announce: Callable[[Connection], None],
    before: Callable[[], Awaitable[Connection]] | None = None,
    progress: Callable[[int, int], None] = lambda at_ms, until_ms: None,
    *,
    show: Callable[[list[Row]], None] | None = None,
    started: Callable[[], None] = lambda: None,
    stage: Callable[[App], Stage] | None = None,
) -> None:
    """Run `serve` in an event loop of its own."""
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        runner.run(
            serve(opened, listener, settings, announce, before, progress, show=show, started=started, stage=stage)
        )
