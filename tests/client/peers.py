"""The other side of a transport, byte by byte, in the loop of the test, which says when it answers and closes."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final, Literal, Self, TypeVar

import pytest
import uvloop

from tallystick.client.clock import monotonic
from tallystick.client.steps import Failed, Headers, Received, Send
from tallystick.client.transport_httptools import HttptoolsTransport
from tests.patience import PATIENCE_S

T = TypeVar("T")
Run = Callable[[Awaitable[T]], T]
DONE: Final[Received | Failed] = Received(200, b"{}")
HEAD: Final = b"HTTP/1.1 200 OK\r\n"
OK: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def run_in(loop: str, what: Awaitable[T]) -> T:
    """Run to the end in a new loop, asyncio's or uvloop's. Raises TimeoutError for what hangs."""

    async def patiently() -> T:
        return await asyncio.wait_for(what, PATIENCE_S)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop if loop == "uvloop" else None) as runner:
        return runner.run(patiently())


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Run[Any]:
    return lambda what: run_in(request.param, what)


def step(
    target: str = "/x",
    *,
    method: Literal["GET", "POST"] = "GET",
    body: bytes = b"",
    within_s: float = PATIENCE_S,
    **headers: str,
) -> Send:
    return Send(method, target, Headers(headers), body, monotonic() + within_s, repeatable=method == "GET")


class Peer:
    """One connection, as the server has it."""

    def __init__(self, plug: socket.socket) -> None:
        self.plug = plug
        self.plug.setblocking(False)
        self._read = b""

    async def request(self) -> bytes:
        """The next request, whole. Raises EOFError where the connection ends before it does."""
        while not (whole := self._whole()):
            await self._more()
        self._read = self._read[len(whole) :]
        return whole

    def _whole(self) -> bytes:
        head, end, body = self._read.partition(b"\r\n\r\n")
        lengths = [int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        length = sum(lengths)
        return head + end + body[:length] if end and len(body) >= length else b""

    async def _more(self) -> None:
        try:
            data = await asyncio.get_running_loop().sock_recv(self.plug, 65_536)
        except ConnectionError:
            data = b""
        if not data:
            raise EOFError
        self._read += data

    async def some(self, size: int) -> bytes:
        """The first bytes of a request, so many or more."""
        while len(self._read) < size:
            await self._more()
        return self._read

    async def say(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self.plug, data)

    async def ended(self) -> bool:
        """Wait until the other side has closed, and tell whether it said anything more before."""
        with suppress(EOFError):
            while True:
                await self._more()
        return not self._read

    def close(self, *, reset: bool = False) -> None:
        if reset:
            self.plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.plug.close()


class Peers:
    """The server: `next` is the next connection that somebody makes."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server((host, 0), family=family)
        self.listener.setblocking(False)
        authority = f"[{host}]" if ":" in host else host
        self.url = f"http://{authority}:{self.listener.getsockname()[1]}"
        self.all: list[Peer] = []

    async def next(self) -> Peer:
        plug, _ = await asyncio.get_running_loop().sock_accept(self.listener)
        self.all.append(Peer(plug))
        return self.all[-1]

    def nobody(self) -> bool:
        """True where no connection waits to be taken."""
        try:
            plug, _ = self.listener.accept()
        except BlockingIOError:
            return True
        plug.close()
        return False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for peer in self.all:
            peer.close()
        self.listener.close()


class Wire(asyncio.Transport):
    """A connection of the loop without a network."""

    def __init__(self) -> None:
        self.written = b""
        self.unwritten = 0
        self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += data

    def abort(self) -> None:
        self.aborted = True

    def is_closing(self) -> bool:
        return self.aborted

    def get_write_buffer_size(self) -> int:
        return self.unwritten

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return socket.socket if name == "x" else self

    def fileno(self) -> int:
        return -1


class Full:
    """A listener whose queue is full, so that connections to it are never made."""

    def __enter__(self) -> socket.socket:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self._plugs = [socket.socket() for _ in range(8)]
        for plug in self._plugs:
            plug.setblocking(False)
            plug.connect_ex(self._listener.getsockname())
        return self._listener

    def __exit__(self, *error: object) -> None:
        for plug in (*self._plugs, self._listener):
            plug.close()


@asynccontextmanager
async def transport_to(url: str, **options: Any) -> AsyncIterator[HttptoolsTransport]:
    transport = HttptoolsTransport(url, **options)
    try:
        yield transport
    finally:
        await transport.close()


def sending(transport: HttptoolsTransport, what: Send | None = None) -> asyncio.Task[Received | Failed]:
    return asyncio.ensure_future(transport.send(what or step()))


def sockets_open() -> int:
    """Sockets of this process, as the system counts them."""
    held = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
    return sum(os.path.lexists(file) and os.readlink(file).startswith("socket:") for file in held)


async def until(true: Callable[[], bool]) -> None:
    """Let the loop run until something is true."""
    loop = asyncio.get_running_loop()
    while not true():
        turn = loop.create_future()
        loop.call_soon(turn.set_result, None)
        await turn
