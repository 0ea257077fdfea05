"""ASGI interface of the app, for programs that embed the venue under a server of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, TypeAlias

from tallystick.server.answers import JSON
from tallystick.server.headers import wanted
from tallystick.server.heads import CONTENT_TYPE
from tallystick.server.protocol import SOCKET_PATHS
from tallystick.server.request import BODY_BYTES_MAX, Gone, TooLarge, announces_body, require_small
from tallystick.server.ws import message_loop
from tallystick.server.ws.message import Message
from tallystick.server.ws.protocol import BUFFER_FULL, SILENT, Said
from tallystick.server.ws.sockets import GENERATION

if TYPE_CHECKING:
    from tallystick.server.app import App
    from tallystick.server.faults.delivery import Delivery

# As the ASGI specification has them: it gives no types for the values.
Event: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Event]]
Send: TypeAlias = Callable[[Event], Awaitable[None]]

UNSENT_MAX = 10_000
"""Cap on messages that wait for the other server to take them."""


class AsgiRequest:
    """Request from an ASGI scope.

    ASGI does not tell `/path?` from `/path`: a question mark without a query, which a client may have signed, is lost.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self.method: str = scope["method"]
        self.path: bytes = scope["raw_path"]
        self.query: bytes = scope["query_string"]
        self.target = self.path + b"?" + self.query if self.query else self.path
        self.headers = wanted(scope["headers"])
        self.peer: str = scope["client"][0] if scope["client"] else ""
        self.scheme: str = scope.get("scheme", "http")
        self.delivery: Delivery | None = None
        self.whole = False
        """False to the end: the other server has the body."""
        self._receive = receive

    @property
    def has_body(self) -> bool:
        return announces_body(self.headers)

    async def body(self) -> bytes:
        require_small(self.headers)
        body = bytearray()
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Gone
            body += message.get("body", b"")
            if len(body) > BODY_BYTES_MAX:
                raise TooLarge
            if not message.get("more_body", False):
                return bytes(body)

    async def pass_over(self) -> int:
        # The other server has it, and bounds it.
        return len(await self.body())


class AsgiSocket:
    """WebSocket of another server; see `ws.session.Wire`. The other server bounds the unread messages."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self.idle_seconds = 0
        self.farewell: Message | None = None
        self.mute = False
        self.ended = False
        self.unsent: asyncio.Queue[Message | tuple[int, str]] = asyncio.Queue(UNSENT_MAX)
        self._receive = receive
        self._send = send

    @property
    def unread(self) -> bool:
        """Always False: the other server does not tell if messages wait unread."""
        return False

    def push(self, message: Message) -> None:
        if self.mute:
            return
        if self.unsent.qsize() >= UNSENT_MAX - 1:
            self.cut(*BUFFER_FULL)
        else:
            self.unsent.put_nowait(message)

    def cut(self, code: int, reason: str) -> None:
        if not self.mute:
            self.mute = self.ended = True
            self.unsent.put_nowait((code, reason))

    def drop(self, *, reset: bool) -> None:
        """End the connection; how is up to the other server."""
        self.mute = True

    async def receive(self) -> Said | None:
        """Next message; silence ends the connection as on the server's own sockets."""
        if self.mute:
            return None
        try:
            event = await asyncio.wait_for(self._receive(), self.idle_seconds or None)
        except TimeoutError:
            self.cut(*SILENT)
            return None
        if event["type"] != "websocket.receive":
            self.mute = True
            return None
        text: str | None = event.get("text")
        return text if text is not None else bytes(event.get("bytes") or b"")

    async def turn(self) -> None:
        await asyncio.sleep(0)

    async def deliver(self) -> None:
        """Send pushed messages until the end."""
        while True:
            said = await self.unsent.get()
            if isinstance(said, tuple):
                await self._send({"type": "websocket.close", "code": said[0], "reason": said[1]})
                return
            await self._send({"type": "websocket.send", "text": said.text.decode("utf-8")})


async def serve(app: App, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve a request, or a stream from handshake to end. Raises ValueError for other scopes, such as lifespan."""
    if scope["type"] == "websocket":
        await _serve_socket(app, scope, receive, send)
    elif scope["type"] == "http":
        request = AsgiRequest(scope, receive)
        status, body, extra = await app.answer(request)
        if request.delivery is not None:
            # A fault of the connection, which is the other server's: that one ends a request without an answer.
            return
        declared = [] if any(name == CONTENT_TYPE for name, _ in extra) else [JSON]
        headers = [*declared, (b"content-length", b"%d" % len(body)), *extra]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
    else:
        raise ValueError(f"{scope['type']} is not served")


async def _serve_socket(app: App, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve a stream. Refused, with a close before the handshake: an unknown path, and as `Sockets.refusal`."""
    await receive()
    path: bytes = scope["raw_path"]
    peer: str = scope["client"][0] if scope["client"] else ""
    if path not in SOCKET_PATHS or app.sockets.refusal(path, wanted(scope["headers"]), peer) is not None:
        await send({"type": "websocket.close", "code": 1008})
        return
    generation = (GENERATION.encode(), b"%d" % app.services.venue.generation)
    await send({"type": "websocket.accept", "headers": [generation]})
    socket = AsgiSocket(receive, send)
    delivery = asyncio.create_task(socket.deliver())
    try:
        await message_loop.run(app.sockets.session(socket, path, peer))
        if socket.ended:
            await delivery
    finally:
        delivery.cancel()
