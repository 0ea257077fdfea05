"""A venue in memory with a frozen clock, asked without a network, and the same behind a real socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import uvloop

from tallystick.engine.amounts import atoms_from_text
from tallystick.engine.parameters import Parameters
from tallystick.server import serve
from tallystick.server.answers import JSON
from tallystick.server.app import App
from tallystick.server.connections import Bounds, Connections
from tallystick.server.door import Door
from tallystick.server.request import Whole
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
DEFAULT_BOUNDS = Bounds()


class Response(NamedTuple):
    status: int
    headers: dict[bytes, bytes]
    body: bytes

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
        self.services = app.services
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
        """Straight into the pipeline."""
        pairs = [(b"host", b"127.0.0.1:8080"), *(headers or [])]
        if body and not any(name in (b"content-length", b"transfer-encoding") for name, _ in pairs):
            pairs.append((b"content-length", b"%d" % len(body)))
        status, answer, extra = await self.app.answer(Whole(method, target.encode(), pairs, body, peer=peer))
        return Response(status, dict([JSON, *extra]), answer)

    def headers(
        self, key: Credentials, method: str, target: str, body: bytes = b"", *, at_ms: int | None = None
    ) -> dict[str, Any]:
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
    app.services.wall_ms = lambda: at_ms  # type: ignore[method-assign]
    if machine is MACHINE:
        # Nor may its time let requests pass that a story counts under a frozen clock.
        opened.venue.line.clock.stood_ms = lambda: 0  # type: ignore[method-assign]
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
    """A served world: `everybody` are the server's ends, for moving their clock."""

    def __init__(self, here: World, port: int, everybody: Connections) -> None:
        self.world = here
        self.port = port
        self.everybody = everybody

    @property
    def connections(self) -> set[Any]:
        return self.everybody.members

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def exchange(self, raw: bytes) -> bytes:
        """Send, then read until the server closes."""
        reader, writer = await self.open()
        writer.write(raw)
        try:
            return await asyncio.wait_for(reader.read(), 30)
        finally:
            writer.close()

    async def pass_seconds(self, seconds: float) -> None:
        """Let the server believe that this much time went by, and settle."""
        self.everybody.sweep(asyncio.get_running_loop().time() + seconds)
        await asyncio.sleep(0)


@asynccontextmanager
async def served(bounds: Bounds = DEFAULT_BOUNDS, **settings: Any) -> AsyncIterator[Socket]:
    async with world(**settings) as here:
        listener = serve.bind("127.0.0.1", 0)
        everybody = Connections(here.app, bounds)
        door = Door(listener, everybody)
        door.let_in()
        try:
            yield Socket(here, listener.getsockname()[1], everybody)
        finally:
            door.close()
            listener.close()
            everybody.drop_all()
            await everybody.nobody.wait()
            # The clients' ends close too, before their loop does.
            for _ in range(9):
                await asyncio.sleep(0)


def over_socket(story: Callable[[Socket], Awaitable[None]], **settings: Any) -> None:
    """Run one story at a served world, on the loop that `tally serve` runs on."""

    async def run() -> None:
        async with served(**settings) as socket:
            await story(socket)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
