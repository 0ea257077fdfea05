"""A client of the `websockets` library at a served venue, and what its messages say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

from tallystick.venue.keys import Credentials
from tallystick.wire.sign import sign
from tests.patience import PATIENCE_S
from tests.server.harness import Socket, World, over_socket


def login_of(key: Credentials, at_s: int | str, **changes: Any) -> dict[str, Any]:
    """A right login, but for what is changed."""
    given = {
        "apiKey": key.api_key,
        "passphrase": key.passphrase,
        "timestamp": str(at_s),
        "sign": sign(key.secret_key, str(at_s), "GET", "/users/self/verify"),
    }
    return {"op": "login", "args": [given | changes]}


class Client:
    """One connection. `seen` keeps every message but the pongs, oldest first."""

    def __init__(self, world: World, connection: ClientConnection) -> None:
        self.world = world
        self.connection = connection

    async def send(self, message: Any) -> None:
        await self.connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    async def next(self) -> Any:
        """The next message: text as it is where it is no JSON."""
        text = await asyncio.wait_for(self.connection.recv(), PATIENCE_S)
        assert isinstance(text, str)
        return json.loads(text) if text.startswith("{") else text

    async def ask(self, message: Any) -> Any:
        await self.send(message)
        return await self.next()

    async def login(self, key: Credentials | None = None, **changes: Any) -> Any:
        return await self.ask(login_of(key or self.world.alice, self.world.venue.now_ms() // 1000, **changes))

    async def subscribe(self, channel: str, **arg: str) -> dict[str, Any]:
        """The acknowledgement; what else comes with it is there to be read."""
        answer: dict[str, Any] = await self.ask({"op": "subscribe", "args": [{"channel": channel, **arg}]})
        return answer

    async def nothing_more(self) -> None:
        """Everything sent so far has been answered: the pong is the next that comes."""
        assert await self.ask("ping") == "pong"

    async def closed(self) -> tuple[int | None, str | None]:
        """Code and reason the server ends the connection with, after what else it says."""
        try:
            while True:
                await asyncio.wait_for(self.connection.recv(), PATIENCE_S)
        except websockets.ConnectionClosed:
            return self.connection.close_code, self.connection.close_reason


@asynccontextmanager
async def connected(socket: Socket, path: str = "/ws/v5/public", **options: Any) -> AsyncIterator[Client]:
    async with websockets.connect(f"ws://127.0.0.1:{socket.port}{path}", proxy=None, **options) as connection:
        yield Client(socket.world, connection)


def over_websocket(story: Callable[[Socket], Awaitable[None]], **settings: Any) -> None:
    """Run one story at a venue of its own."""

    over_socket(story, **settings)
