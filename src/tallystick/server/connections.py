"""Connections of a server: their number, the bytes that wait for all of them, and their end.

A connection counts from the moment it is accepted, so handshakes count too. A sweep once a second enforces the
deadlines of each.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Coroutine
from email.utils import formatdate
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from tallystick.server.answers import Answer
from tallystick.server.auth import plain
from tallystick.server.seen import Requests
from tallystick.server.turns import COSTLY_SECONDS, Turns

if TYPE_CHECKING:
    from tallystick.server.exchange import Exchange
    from tallystick.server.protocol import Connection
    from tallystick.server.request import Request

log = logging.getLogger("tallystick")

READ_BYTES = 4 * 1024
"""Bytes of one read, and so the most unread bytes of a connection."""
SWEEP_SECONDS = 1
COMPLAINT_SECONDS = 60
"""Least time between two warnings in the log that connections are refused."""
COSTLY_IN_A_ROW = 3
"""Slow requests in a row that make a path costly; a single one may have been interrupted."""
COSTLY_MAX = 1_000
NETWORK_BITS = 64
"""Prefix of IPv6 addresses that counts as one address, as a host has such a network to itself (chosen)."""


class Bounds(Struct, frozen=True, kw_only=True):
    """Limits of all connections together, and of those of one address."""

    connections: int = 4_096
    per_address: int = 256
    """Connections of one address other than loopback."""
    body_bytes: int = 64 * 1024 * 1024
    """Bytes of bodies that are arriving or wait for their turn."""
    unsent_bytes: int = 256 * 1024 * 1024
    """Bytes of answers and messages that clients have not taken."""


class Member(Protocol):
    """A connection, HTTP or WebSocket."""

    transport: asyncio.Transport
    peer: str

    @property
    def unsent_bytes(self) -> int:
        """Bytes that wait for the client to take them."""

    def sweep(self, now: float) -> None:
        """Enforce the deadlines, at `now` of the loop's clock."""

    def shut(self) -> None:
        """End as the server stops, after the running answer."""

    def cut_off(self) -> None:
        """End, because too many bytes wait to be taken."""


class Upgrades(Protocol):
    """Door of the WebSockets; see `ws.sockets.Sockets`."""

    def upgrade(self, connection: Connection, exchange: Exchange, rest: bytes) -> bytes | None: ...


class Pulse(Protocol):
    """Time and end of an application, and what it has seen; see `services.Services`."""

    @property
    def seen(self) -> Requests: ...

    def now_ms(self) -> int:
        """The venue's time in Unix ms."""

    def wall_ms(self) -> int:
        """The machine's time in Unix ms."""

    def leave_off(self) -> None:
        """End the waiting that a fault makes, as the server stops."""


class Application(Protocol):
    """Application as connections see it; see `app.App`."""

    @property
    def sockets(self) -> Upgrades: ...

    @property
    def services(self) -> Pulse: ...

    def answer(self, request: Request) -> Coroutine[Any, Any, Answer]: ...


class Connections:
    """Connections of a server. Call all methods on the event loop it was made on."""

    def __init__(self, app: Application, bounds: Bounds, *, scheme: str = "http") -> None:
        self.app = app
        self.bounds = bounds
        self.scheme = scheme
        self.loop = asyncio.get_running_loop()
        self.turns = Turns(self.loop)
        self.buffer = memoryview(bytearray(READ_BYTES))
        """Buffer of all connections: each read is handled before the next."""
        self.members: set[Member] = set()
        self.counted = 0
        self.by_address: Counter[str] = Counter()
        self.body_bytes = 0
        self.unsent_bytes = 0
        self.costly: dict[bytes, tuple[float, ...]] = {}
        """Path -> seconds of its last requests, while all of these took long."""
        self.tasks: set[asyncio.Task[None]] = set()
        self.stopping = False
        self.date = b""
        self.nobody = asyncio.Event()
        self.nobody.set()
        self._complained_at = -float(COMPLAINT_SECONDS)
        self._tell_time()

    # ---- coming and going

    def admit(self, peer: str) -> bool:
        """Count a connection of this address, or refuse it."""
        address = counted_address(peer)
        reason = ""
        if self.counted >= self.bounds.connections:
            reason = f"{self.counted} are open (--max-connections)"
        elif address and self.by_address[address] >= self.bounds.per_address:
            reason = f"{self.by_address[address]} of {address} are open (--max-connections-per-address)"
        if reason:
            now = self.loop.time()
            if now - self._complained_at >= COMPLAINT_SECONDS:
                self._complained_at = now
                log.warning("connections are refused: %s", reason)
            return False
        self.counted += 1
        self.nobody.clear()
        if address:
            self.by_address[address] += 1
        return True

    def release(self, peer: str) -> None:
        """Uncount a connection that `admit` counted."""
        self.counted -= 1
        if self.counted == 0:
            self.nobody.set()
        address = counted_address(peer)
        if address:
            self.by_address[address] -= 1
            if not self.by_address[address]:
                del self.by_address[address]

    def join(self, member: Member) -> None:
        self.members.add(member)

    def leave(self, member: Member) -> None:
        self.members.discard(member)
        self.release(member.peer)

    def replace(self, member: Member, successor: Member) -> None:
        """Replace a member by its successor on the same connection."""
        self.members.discard(member)
        self.members.add(successor)

    # ---- what waits

    def keep_unsent(self, change: int) -> None:
        """Count bytes that wait to be taken. Above the bound the member with most of them is cut off."""
        self.unsent_bytes += change
        if change > 0 and self.unsent_bytes > self.bounds.unsent_bytes:
            max(self.members, key=lambda member: member.unsent_bytes).cut_off()

    # ---- whose turn it is

    def learn(self, path: bytes, seconds: float) -> None:
        """Record the time that a request for this path took."""
        costly = self.costly
        if seconds >= COSTLY_SECONDS:
            if len(costly) >= COSTLY_MAX:
                costly.clear()
            costly[path] = (seconds, *costly.get(path, ())[: COSTLY_IN_A_ROW - 1])
        elif costly:
            costly.pop(path, None)

    def expected_seconds(self, path: bytes) -> float:
        """Time that a request for this path will probably take; 0 where that is short or unknown."""
        lately = self.costly.get(path, ())
        return min(lately) if len(lately) == COSTLY_IN_A_ROW else 0.0

    # ---- time

    def sweep(self, now: float) -> None:
        """Sweep all members. One whose sweep fails is a bug: it is dropped, and the others keep their deadlines."""
        self._tell_time()
        for member in tuple(self.members):
            try:
                member.sweep(now)
            except Exception as bug:
                log.error("a bug, while looking after a connection", exc_info=bug)
                member.transport.abort()

    def _tell_time(self) -> None:
        self.date = self.date_in(0)

    def date_in(self, ms: int) -> bytes:
        """Line of the date that comes in so many ms, by the machine's clock."""
        return b"date: %s\r\n" % formatdate((self.app.services.wall_ms() + ms) / 1000, usegmt=True).encode("ascii")

    async def keep_sweeping(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self.sweep(self.loop.time())

    # ---- the end

    async def stop(self, seconds_max: float) -> None:
        """Shut all members, wait for their end, and drop those that are late. No new one may be admitted."""
        self.stopping = True
        for member in tuple(self.members):
            try:
                member.shut()
            except Exception as bug:
                log.error("a bug, while a connection was told of the stop", exc_info=bug)
                member.transport.abort()
        self.app.services.leave_off()
        try:
            await asyncio.wait_for(self.nobody.wait(), seconds_max)
        except TimeoutError:
            self.drop_all()
        for task in self.tasks:
            task.cancel()
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=seconds_max)

    def drop_all(self) -> None:
        for member in tuple(self.members):
            member.transport.abort()

    def look_after(self, task: asyncio.Task[None] | None) -> None:
        """Keep a reference to a task, and end it with the server."""
        if task is not None:
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)


def is_reset(transport: asyncio.Transport) -> bool:
    """True if the client has reset the connection, which is unnoticed while nothing is read from it."""
    if transport.is_closing():
        return False
    its: socket.socket | None = transport.get_extra_info("socket")
    return its is not None and its.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0


def counted_address(peer: str) -> str:
    """Address that connections are counted by; "" for this machine, whose connections are not."""
    try:
        address = plain(ip_address(peer))
    except ValueError:
        return peer
    if address.is_loopback:
        return ""
    if isinstance(address, IPv6Address):
        return str(IPv6Address(int(address) >> NETWORK_BITS << NETWORK_BITS))
    return str(address)
