"""A served venue in a thread, for clients that wait; and a server that answers what a test gives it."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self

import uvloop

from tallystick.venue.keys import Credentials
from tests.server import harness


class Served:
    """Address, keys and levers of a venue with a frozen clock."""

    def __init__(self, world: harness.World, port: int) -> None:
        self.world = world
        self.url = f"http://127.0.0.1:{port}"
        self.alice, self.reader, self.bob = world.alice, world.reader, world.bob

    def control(self, path: str, body: object = None) -> Any:
        """One control call; POST where there is a body."""
        request = urllib.request.Request(
            f"{self.url}/tally/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {harness.TOKEN}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def keys(self, key: Credentials | None = None) -> dict[str, Any]:
        """Constructor arguments of a client, of alice where nobody is named."""
        key = key or self.alice
        return {
            "api_key": key.api_key,
            "secret_key": key.secret_key,
            "passphrase": key.passphrase,
            "base_url": self.url,
        }


@contextmanager
def served(**settings: Any) -> Iterator[Served]:
    """A venue as `harness.served` makes it, with its own loop in a thread."""
    ready: list[Served] = []
    up = threading.Event()
    ends: list[Callable[[], object]] = []

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        ends.append(lambda: loop.call_soon_threadsafe(stop.set))
        async with harness.served(**settings) as here:
            ready.append(Served(here.world, here.port))
            up.set()
            await stop.wait()

    def thread() -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(run())
        finally:
            up.set()

    worker = threading.Thread(target=thread)
    worker.start()
    try:
        assert up.wait(30)
        yield ready[0]
    finally:
        for end in ends:
            end()
        worker.join(30)


class Cut(bytes):
    """An answer after which the connection is closed."""


class Script:
    """A server that reads a request, records it, and sends the next answer of a list, over one connection or several.

    An answer is bytes, sent as they are; None closes without a byte. After the last answer connections are closed.
    """

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []
        self.connections: list[socket.socket] = []
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.workers = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self.workers[0].start()
        return self

    def __exit__(self, *error: object) -> None:
        # A connection wakes the server up, which then sees that there is nothing left to answer.
        self.answers.clear()
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            socket.create_connection(self.listener.getsockname(), 5).close()
        for worker in self.workers:
            worker.join(30)
        self.listener.close()

    def _accept(self) -> None:
        while self.answers:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.settimeout(30)
            self.connections.append(connection)
            worker = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self.workers.append(worker)
            worker.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as reader, suppress(OSError):
            while self._one(connection, reader):
                pass

    def _one(self, connection: socket.socket, reader: Any) -> bool:
        """False where the connection is over."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = reader.readline()
            if not line:
                return False
            head += line
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        body = reader.read(length)
        with self.lock:
            self.requests.append(head + body)
            answer = self.answers.pop(0) if self.answers else None
        if answer is None:
            return False
        connection.sendall(answer)
        return not isinstance(answer, Cut)


def http(body: bytes | str | object, status: str = "200 OK", kind: str = "application/json", more: str = "") -> bytes:
    """An answer whole: an object becomes JSON."""
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(raw)}\r\n{more}\r\n"
    return head.encode() + raw


def ok(*rows: object) -> bytes:
    return http({"code": "0", "msg": "", "data": rows})


TIME = ok({"ts": str(harness.AT_MS)})
