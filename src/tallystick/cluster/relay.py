"""WebSockets that a follower passes on to the leader, message by message, and their end with the leader."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

import aiohttp

from tallystick.cluster.passing import NotDone, Passer
from tallystick.server.request import Request
from tallystick.server.ws.message import Message
from tallystick.server.ws.protocol import Said

COME_AGAIN: Final = (1012, "Another server is to lead. Please reconnect.")
"""End of a connection to a leader that is lost; 1012 is what a client also sees when a venue is restarted."""
NO_STATUS: Final = (1005, 1006)
"""Codes that stand for a close without a code, or for none at all; neither can be sent."""


class Wire(Protocol):
    """The client's side; see `server.ws.protocol.Socket`."""

    def push(self, message: Message) -> None: ...

    def cut(self, code: int, reason: str) -> None: ...

    async def receive(self) -> Said | None: ...


async def relay(wire: Wire, request: Request, passer: Passer | None) -> None:
    """Relay messages both ways until one side ends. The client's connection ends as the leader ended it."""
    if passer is None:
        wire.cut(*COME_AGAIN)
        return
    try:
        upstream = await passer.open_socket(request)
    except NotDone:
        wire.cut(*COME_AGAIN)
        return
    down = asyncio.create_task(_down(wire, upstream))
    up = asyncio.create_task(_up(wire, upstream))
    try:
        await asyncio.wait((down, up), return_when=asyncio.FIRST_COMPLETED)
        if down.done():
            wire.cut(*down.result())
    finally:
        for task in (down, up):
            task.cancel()
        await asyncio.gather(down, up, return_exceptions=True)
        await upstream.close()


async def _up(wire: Wire, upstream: aiohttp.ClientWebSocketResponse) -> None:
    while (said := await wire.receive()) is not None:
        if isinstance(said, bytes):
            await upstream.send_bytes(said)
        else:
            await upstream.send_str(said)


async def _down(wire: Wire, upstream: aiohttp.ClientWebSocketResponse) -> tuple[int, str]:
    """Pass on messages of the leader. Returns how it ended."""
    while True:
        message = await upstream.receive()
        if message.type is aiohttp.WSMsgType.TEXT:
            wire.push(Message(message.data.encode()))
        elif message.type is aiohttp.WSMsgType.CLOSE and message.data not in NO_STATUS:
            return message.data, message.extra or ""
        else:
            return COME_AGAIN
