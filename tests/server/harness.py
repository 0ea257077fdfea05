"""A venue in memory with a frozen clock, asked without a network, and the same behind a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from uvicorn.server import ServerState

from tallystick.engine.amounts import atoms_from_text
from tallystick.engine.parameters import Parameters
from tallystick.server import serve
from tallystick.server.app import App
from tallystick.server.body import TARGET
from tallystick.server.protocol import Connection
from tallystick.venue import boot
from tallystick.venue.clock import MACHINE, Machine, Mode
from tallystick.venue.keys import Credentials
from tallystick.venue.parameters import load_parameters
from tallystick.wire.sign import sign
from tests.engine.setups import with_currency

AT_MS = 1_768_500_000_000
"""2026-01-15 18:00 UTC."""
TOKEN = "control-token-of-the-tests"
Headers = dict[str, str | bytes | None]


class Response(NamedTuple):
    status: int
    headers: dict[bytes, bytes]
    body: bytes
    messages: list[dict[str, Any]]

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> Any:
        return self.json()["code"]


def iso(at_ms: int) -> str:
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at_ms % 1000:03d}Z"


class World:
    """`alice` may trade, `reader` is her key that may not."""

    def __init__(self, opened: boot.Opened, app: App) -> None:
        self.opened = opened
        self.venue = opened.venue
        self.app = app
        self.server = app.server
        self.alice, self.reader = opened.connection.users[0].keys
        self.bob = opened.connection.users[1].keys[0]

    async def ask(
        self,
        method: str,
        target: str,
        headers: list[tuple[bytes, bytes]] | None = None,
        body: bytes = b"",
        peer: str = "127.0.0.1",
    ) -> Response:
        """Through the ASGI door, the body in two pieces."""
        path, _, query = target.encode().partition(b"?")
        scope = {
            "type": "http",
            "method": method,
            "raw_path": path,
            "query_string": query,
            TARGET: target.encode(),
            "client": (peer, 4711),
            "headers": [(b"host", b"127.0.0.1:8080"), *(headers or [])],
        }
        if body and not any(name in (b"content-length", b"transfer-encoding") for name, _ in scope["headers"]):
            scope["headers"].append((b"content-length", b"%d" % len(body)))
        pieces = [body[: len(body) // 2], body[len(body) // 2 :]]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            piece = pieces.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        head, tail = sent
        return Response(head["status"], dict(head["headers"]), tail["body"], sent)

    def headers(
        self, key: Credentials, method: str, target: str, body: bytes = b"", *, at_ms: int | None = None
    ) -> dict[str, str | bytes | None]:
        """What a right client sends."""
        timestamp = iso(self.venue.now_ms() if at_ms is None else at_ms)
        return {
            "ok-access-key": key.api_key,
            "ok-access-passphrase": key.passphrase,
            "ok-access-timestamp": timestamp,
            "ok-access-sign": sign(key.secret_key, timestamp, method, target, body),
            "content-type": "application/json",
        }

    async def signed(
        self,
        method: str,
        target: str,
        body: object = None,
        *,
        key: Credentials | None = None,
        peer: str = "127.0.0.1",
        **changes: str | bytes | None,
    ) -> Response:
        """A private call; `changes` replace headers (underscores for dashes), None removes one."""
        raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = self.headers(key or self.alice, method, target, raw)
        headers |= {name.replace("_", "-"): value for name, value in changes.items()}
        pairs = [
            (name.encode(), value if isinstance(value, bytes) else value.encode())
            for name, value in headers.items()
            if value is not None
        ]
        return await self.ask(method, target, pairs, raw, peer)

    async def control(self, method: str, path: str, body: object = None, **changes: str | None) -> Response:
        headers: dict[str, str | None] = {"authorization": f"Bearer {TOKEN}", "content-type": "application/json"}
        headers |= {name.replace("_", "-"): value for name, value in changes.items()}
        pairs = [(name.encode(), value.encode()) for name, value in headers.items() if value is not None]
        raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.ask(method, f"/tally/v1/{path}", pairs, raw)

    async def seq_and_hash(self) -> tuple[int, str]:
        return await self.venue.state_hash()


@asynccontextmanager
async def world(
    *,
    limits: str = "off",
    surface: str = "2026-01",
    rates: Mapping[str, str] | None = None,
    highest_tier: bool = False,
    parameters: Parameters | None = None,
    strict: bool = False,
    expire_keys: bool = False,
    folder: Path | None = None,
    mode: Mode = "frozen",
    speed: int = 1,
    at_ms: int = AT_MS,
    machine: Machine = MACHINE,
) -> AsyncIterator[World]:
    """`rates` are borrowing rates a year set by hand; `parameters` other numbers than the packaged ones.

    The venue is in memory, or in `folder`.
    """
    parameters = parameters or load_parameters()
    for ccy, rate in (rates or {}).items():
        parameters = with_currency(ccy, parameters, rate_per_year=atoms_from_text(rate))
    opened = boot.open_venue(folder, mode=mode, speed=speed, at_ms=at_ms, machine=machine, parameters=parameters)
    settings = serve.Settings(
        limits=limits,
        control_token=TOKEN,
        surface=surface,
        highest_tier=highest_tier,
        strict=strict,
        expire_keys=expire_keys,
    )
    app = serve.app_of(opened, settings)
    # The machine's clock must not rescue a timestamp the venue's clock refuses.
    app.server.wall_ms = lambda: at_ms  # type: ignore[method-assign]
    await opened.venue.start()
    try:
        yield World(opened, app)
    finally:
        await opened.venue.stop()
        opened.close()


def within(story: Callable[[World], Awaitable[None]], **settings: Any) -> None:
    """Run one story in a world of its own."""

    async def run() -> None:
        async with world(**settings) as here:
            await story(here)

    asyncio.run(run())


class Socket:
    """A served world: `connections` are the server's ends, for moving their clock."""

    def __init__(self, here: World, port: int, state: ServerState) -> None:
        self.world = here
        self.port = port
        self.state = state

    @property
    def connections(self) -> set[Connection]:
        return self.state.connections  # type: ignore[return-value]

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def exchange(self, raw: bytes) -> bytes:
        """Send, then read until the server closes."""
        reader, writer = await self.open()
        writer.write(raw)
        try:
            return await asyncio.wait_for(reader.read(), 10)
        finally:
            writer.close()

    async def pass_seconds(self, seconds: float) -> None:
        """Let the server believe that this much time went by, and settle."""
        now = asyncio.get_running_loop().time() + seconds
        for connection in tuple(self.connections):
            connection.sweep(now)
        await asyncio.sleep(0)


@asynccontextmanager
async def served(**settings: Any) -> AsyncIterator[Socket]:
    async with world(**settings) as here:
        config = serve.config_of(here.app)
        config.load()
        state = ServerState()
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(lambda: Connection(config, state, {}, loop), "127.0.0.1", 0)
        try:
            yield Socket(here, listener.sockets[0].getsockname()[1], state)
        finally:
            listener.close()
            for connection in tuple(state.connections):
                connection.transport.abort()
            await asyncio.sleep(0)


def over_socket(story: Callable[[Socket], Awaitable[None]]) -> None:
    async def run() -> None:
        async with served() as socket:
            await story(socket)

    asyncio.run(run())
