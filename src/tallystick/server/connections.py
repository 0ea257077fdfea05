"""Everybody who is connected: how many there may be, what all of them may have waiting, and how they end.

Counted from the moment a connection is taken from the system, so handshakes count too. A sweep once a second looks
after the deadlines of each.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections import Counter
from email.utils import formatdate
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from tallystick.server.auth import plain
from tallystick.server.turns import COSTLY_SECONDS, Turns

if TYPE_CHECKING:
    from tallystick.server.app import App

log = logging.getLogger("tallystick")

READ_BYTES = 4 * 1024
"""Read of one connection in one go, and so the most that is kept of it unread."""
SWEEP_SECONDS = 1
COMPLAINT_SECONDS = 60
"""The log says so often at most that connections are refused."""
COSTLY_IN_A_ROW = 3
"""One that took long may have been interrupted."""
COSTLY_MAX = 1_000
NETWORK_BITS = 64
"""Of an IPv6 address: a host has a whole network of that size to itself, which counts as one address (chosen)."""


class Bounds(Struct, frozen=True, kw_only=True):
    """Most of what all connections together may have, and of what those of one address may."""

    connections: int = 4_096
    per_address: int = 256
    """Other than loopback."""
    body_bytes: int = 64 * 1024 * 1024
    """Of requests whose body is arriving or waits for its turn."""
    unsent_bytes: int = 256 * 1024 * 1024
    """Of answers and messages that clients do not take."""


class Member(Protocol):
    """A connection, of either kind."""

    transport: asyncio.Transport
    peer: str

    @property
    def unsent_bytes(self) -> int:
        """What waits to be taken by the client."""

    def sweep(self, now: float) -> None:
        """Look after the deadlines, at `now` of the loop's clock."""

    def shut(self) -> None:
        """The server stops: say so and end, after what is being answered."""

    def cut_off(self) -> None:
        """End, because too much waits to be taken."""


class Connections:
    """All methods belong to the event loop it was made on."""

    def __init__(self, app: App, bounds: Bounds, *, scheme: str = "http") -> None:
        self.app = app
        self.bounds = bounds
        self.scheme = scheme
        self.loop = asyncio.get_running_loop()
        self.turns = Turns(self.loop)
        self.buffer = memoryview(bytearray(READ_BYTES))
        """All read into the same: what has been read is dealt with before anything else is."""
        self.members: set[Member] = set()
        self.counted = 0
        self.by_address: Counter[str] = Counter()
        self.body_bytes = 0
        self.unsent_bytes = 0
        self.costly: dict[bytes, tuple[float, ...]] = {}
        """Paths, and how many seconds each of their last requests took, where all of these took long."""
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
        """The other half of `admit`."""
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
        """The connection goes on as another."""
        self.members.discard(member)
        self.members.add(successor)

    # ---- what waits

    def keep_unsent(self, change: int) -> None:
        """Count what waits to be taken. Above the bound whoever has most waiting is cut off."""
        self.unsent_bytes += change
        if change > 0 and self.unsent_bytes > self.bounds.unsent_bytes:
            max(self.members, key=lambda member: member.unsent_bytes).cut_off()

    # ---- whose turn it is

    def learn(self, path: bytes, seconds: float) -> None:
        """A request for this path took so long."""
        costly = self.costly
        if seconds >= COSTLY_SECONDS:
            if len(costly) >= COSTLY_MAX:
                costly.clear()
            costly[path] = (seconds, *costly.get(path, ())[: COSTLY_IN_A_ROW - 1])
        elif costly:
            costly.pop(path, None)

    def expected_seconds(self, path: bytes) -> float:
        """How long a request for this path is likely to take; 0 where that is little, or not known."""
        lately = self.costly.get(path, ())
        return min(lately) if len(lately) == COSTLY_IN_A_ROW else 0.0

    # ---- time

    def sweep(self, now: float) -> None:
        """A connection whose sweep fails is a bug: it is dropped, and the others keep their deadlines."""
        self._tell_time()
        for member in tuple(self.members):
            try:
                member.sweep(now)
            except Exception as bug:
                log.error("a bug, while looking after a connection", exc_info=bug)
                member.transport.abort()

    def _tell_time(self) -> None:
        self.date = b"date: %s\r\n" % formatdate(self.app.services.wall_ms() / 1000, usegmt=True).encode("ascii")

    async def keep_sweeping(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self.sweep(self.loop.time())

    # ---- the end

    async def stop(self, seconds_max: float) -> None:
        """Tell everybody, wait until they are gone, and drop who is not in time. Nobody new may be admitted."""
        self.stopping = True
        for member in tuple(self.members):
            try:
                member.shut()
            except Exception as bug:
                log.error("a bug, while a connection was told of the stop", exc_info=bug)
                member.transport.abort()
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
        """Keep a task from being forgotten, and have it end with the server."""
        if task is not None:
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)


def is_reset(transport: asyncio.Transport) -> bool:
    """The client has dropped the connection. Nobody else notices while nothing is read from it."""
    if transport.is_closing():
        return False
    its: socket.socket | None = transport.get_extra_info("socket")
    return its is not None and its.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) != 0


def counted_address(peer: str) -> str:
    """What connections are counted by; "" for this machine, whose are not."""
    try:
        address = plain(ip_address(peer))
    except ValueError:
        return peer
    if address.is_loopback:
        return ""
    if isinstance(address, IPv6Address):
        return str(IPv6Address(int(address) >> NETWORK_BITS << NETWORK_BITS))
    return str(address)
