"""One client's connection: what it says is read message by message, each answered before the next is looked at."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from tallystick.contract import channels as contract
from tallystick.contract.errors import text
from tallystick.server.limits import Window
from tallystick.server.ws import login, orders, subscriptions
from tallystick.server.ws.hub import Key
from tallystick.server.ws.protocol import IDLE_SECONDS_MAX, Socket, frame_of
from tallystick.store.api import KeyRecord
from tallystick.venue.venue import VenueHalted
from tallystick.views import Refusal
from tallystick.wire import frames
from tallystick.wire.decode import Fault

if TYPE_CHECKING:
    from tallystick.server.app import Server
    from tallystick.server.body import Receive
    from tallystick.server.ws.hub import Hub

log = logging.getLogger("tallystick")

OPERATIONS_PER_HOUR = 480
HOUR_MS = 3_600_000

CLOSING = "64008"
WITHOUT_NOTICE = ("business",)
"""The notice before a stop is for the public and the private path (documented)."""
LOGIN_FAILED = (4001, "Login Failed")
NO_BINARY = (1003, "Messages are text")
KEY_GONE = (4007, "API key has been updated or deleted. Please reconnect.")
RESET = (1012, "The venue begins anew")
_PONG = frame_of(frames.PONG)


class Session:
    """`path` is public, private, business, or "" for our own, on which every channel lives."""

    def __init__(self, server: Server, hub: Hub, socket: Socket, path: str, peer: str, number: int) -> None:
        self.server = server
        self.hub = hub
        self.socket = socket
        self.path = path
        self.peer = peer
        self.conn_id = f"{number:08x}"
        self.key: KeyRecord | None = None
        self.subscribed: dict[Key, contract.Channel] = {}
        generosity = server.limiter.generosity
        self.operations = Window(OPERATIONS_PER_HOUR * generosity, HOUR_MS) if generosity else None
        socket.idle_seconds = IDLE_SECONDS_MAX * generosity
        if path not in WITHOUT_NOTICE:
            socket.farewell = frame_of(frames.notice(CLOSING, text(CLOSING), self.conn_id))

    # ---- out

    def push(self, frame: bytes) -> None:
        self.socket.push(frame)

    def say(self, message: bytes) -> None:
        self.socket.push(frame_of(message))

    def complain(self, fault: Fault | Refusal, request_id: str = "") -> None:
        self.say(frames.error(fault.code, text(fault.key, **fault.details), self.conn_id, request_id))

    def cut(self, code: int, reason: str) -> None:
        self.socket.cut(code, reason)

    def after_reset(self) -> tuple[int, str]:
        """Why this connection ends when the venue begins anew."""
        gone = self.key is not None and self.key.api_key not in self.server.keys
        return KEY_GONE if gone else RESET

    # ---- in

    async def run(self, receive: Receive) -> None:
        """Until the client goes or is cut off."""
        self.hub.sessions.add(self)
        try:
            while (message := await receive())["type"] == "websocket.receive":
                said = message.get("text")
                if said is None:
                    self.cut(*NO_BINARY)
                elif said == frames.PING:
                    self.push(_PONG)
                else:
                    await self.hear(said)
        finally:
            self.hub.sessions.discard(self)
            for key in self.subscribed:
                self.hub.unsubscribe(self, key)

    async def hear(self, said: str) -> None:
        """One request. What cannot be read is 60012, an operation nobody knows 60019; a bug ends nothing but it."""
        request_id = ""
        op = ""
        try:
            request = frames.read(said)
            request_id = frames.id_of(request)
            op = said_op if isinstance(said_op := request.get("op"), str) else ""
            operation = OPERATIONS.get(op)
            if operation is not None:
                self.count()
                await operation(self, request, request_id)
            elif op in contract.OPERATIONS:
                await orders.run(self, op, request, request_id)
            else:
                raise Fault("60019", op=frames.short(op))
        except (Fault, Refusal) as fault:
            self.complain(fault, request_id)
        except VenueHalted:
            self.complain(Fault("64007", op=op), request_id)
        except Exception as bug:
            log.error("a bug, while answering %s", op or "a message", exc_info=bug)
            self.complain(Fault("64007", op=op), request_id)

    def count(self) -> None:
        """Raises Fault 60014: too many logins, subscriptions and unsubscriptions on this connection in an hour."""
        if self.operations is None:
            return
        now_ms = self.server.venue.now_ms()
        if not self.operations.admits(now_ms):
            raise Fault("60014")
        self.operations.passed.append(now_ms)


async def _login(session: Session, request: dict[str, Any], request_id: str) -> None:
    """A second login changes nothing and is told so (60031); one that fails ends the connection, and so does a bug."""
    if session.key is not None:
        raise Fault("60031")
    server = session.server
    try:
        session.key = login.checked(server, request.get("args"), session.peer, server.venue.now_ms())
    except Fault as fault:
        session.complain(fault, request_id)
        session.cut(*LOGIN_FAILED)
        return
    except Exception as bug:
        log.error("a bug, while somebody logged in", exc_info=bug)
        session.complain(Fault("63999"), request_id)
        session.cut(*LOGIN_FAILED)
        return
    session.say(frames.logged_in(session.conn_id, request_id))


async def _subscribe(session: Session, request: dict[str, Any], request_id: str) -> None:
    subscriptions.subscribe(session, request.get("args"), request_id)


async def _unsubscribe(session: Session, request: dict[str, Any], request_id: str) -> None:
    subscriptions.unsubscribe(session, request.get("args"), request_id)


OPERATIONS: dict[str, Callable[[Session, dict[str, Any], str], Awaitable[None]]] = {
    "login": _login,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
}
