"""Session of one client: its key, its subscriptions, and the way to send to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tallystick.contract import channels as contract
from tallystick.contract.errors import text
from tallystick.server.call import No, Refused
from tallystick.server.faults import streams
from tallystick.server.limits import Window
from tallystick.server.reasons import reason_of
from tallystick.server.seen import Asking
from tallystick.server.ws.hub import Key
from tallystick.server.ws.message import Message
from tallystick.server.ws.protocol import IDLE_SECONDS_MAX, Said
from tallystick.store.api import KeyRecord
from tallystick.wire import frames

if TYPE_CHECKING:
    from tallystick.server.faults.rules import Rule
    from tallystick.server.services import Services
    from tallystick.server.ws.hub import Hub

OPERATIONS_PER_HOUR = 480
HOUR_MS = 3_600_000

CLOSING = "64008"
WITHOUT_NOTICE = ("business",)
"""Paths without the notice before a stop, which is for public and private (documented)."""
KEY_GONE = (4007, "API key has been updated or deleted. Please reconnect.")
RESET = (1012, "The venue begins anew")


class Wire(Protocol):
    """Connection to a client; see `ws.protocol.Socket`."""

    idle_seconds: int
    farewell: Message | None
    mute: bool
    ended: bool

    @property
    def unread(self) -> bool: ...

    def push(self, message: Message) -> None: ...

    def cut(self, code: int, reason: str) -> None: ...

    def drop(self, *, reset: bool) -> None: ...

    async def receive(self) -> Said | None: ...

    async def turn(self) -> None: ...


class Session:
    """One client's session. `path` is public, private, business, or "" for the venue's own, which has every channel."""

    def __init__(self, services: Services, hub: Hub, socket: Wire, path: str, peer: str, number: int) -> None:
        self.services = services
        self.hub = hub
        self.socket = socket
        self.path = path
        self.peer = peer
        self.conn_id = f"{number:08x}"
        self.key: KeyRecord | None = None
        self.in_hand = False
        """True while a request runs."""
        self.ending: tuple[int, str] | None = None
        """Code and reason to end the connection, once all requests that came are answered."""
        self.subscribed: dict[Key, contract.Channel] = {}
        self.held: streams.Held | None = None
        """Messages that a fault holds back; None without any."""
        generosity = services.limiter.generosity
        self.operations = Window(OPERATIONS_PER_HOUR * generosity, HOUR_MS) if generosity else None
        socket.idle_seconds = IDLE_SECONDS_MAX * generosity
        if path not in WITHOUT_NOTICE:
            socket.farewell = Message(frames.notice(CLOSING, text(CLOSING), self.conn_id))

    # ---- out

    def push(self, message: Message, channel: str = "") -> None:
        """Send a message of a channel, or an answer without one."""
        if self.held is not None or self.services.faults.rules:
            streams.push(self, message, channel)
        else:
            self.socket.push(message)

    def say(self, text: bytes) -> None:
        self.push(Message(text))

    def hit_at_once(self, rule: Rule) -> None:
        """Meet a rule that was made while the stream is open."""
        streams.hit_open(self, rule)

    def complain(self, no: No, request_id: str = "") -> None:
        said = frames.error(no.code, text(no.key, **no.details), self.conn_id, request_id)
        finding, facts = (no.reason, no.facts) if isinstance(no, Refused) else ("", {})
        why = reason_of(finding or no.key, facts, no.key, no.details)
        user_id = 0 if self.key is None else self.key.user_id
        asked = Asking(self.services.venue.now_ms(), user_id, "WS", "message", self.path.encode("ascii"))
        self.services.seen.note(asked, 0, said, 0, (why,))
        self.say(said)

    def cut(self, code: int, reason: str) -> None:
        self.socket.cut(code, reason)

    def end_when_answered(self, code: int, reason: str) -> None:
        """End the connection once every request that came is answered. No more are read meanwhile, so these are few."""
        self.ending = self.ending or (code, reason)
        self.end_where_answered()

    def end_where_answered(self) -> None:
        if self.ending is not None and not self.in_hand and not self.socket.unread:
            self.cut(*self.ending)

    def after_reset(self) -> tuple[int, str]:
        """Code and reason to end this connection after a reset."""
        gone = self.key is not None and self.key.api_key not in self.services.keys
        return KEY_GONE if gone else RESET
