"""WebSocket connections of a server, and the checks before one is opened."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from websockets.datastructures import Headers
from websockets.http11 import Request as Handshake
from websockets.http11 import Response
from websockets.protocol import State
from websockets.server import ServerProtocol

from tallystick.contract.core import Limit
from tallystick.engine.rejects import Fact
from tallystick.server import lint, reasons
from tallystick.server.faults.rules import Asked
from tallystick.server.protocol import OWN_SOCKET
from tallystick.server.seen import Asking
from tallystick.server.site import Site
from tallystick.server.ws import message_loop
from tallystick.server.ws.hub import Hub
from tallystick.server.ws.protocol import MESSAGE_BYTES_MAX, Socket
from tallystick.server.ws.session import Session, Wire

if TYPE_CHECKING:
    from tallystick.server.exchange import Exchange
    from tallystick.server.protocol import Connection
    from tallystick.server.services import Services

CONNECTS = Limit(3, 1_000, "ip")
TOO_FAST = "more than three connections of one address in a second, serve with --limits 2 or off to allow it"
"""Text of the refusal, logged too: clients over the internet rarely reach this limit, as handshakes take longer."""

HANDSHAKE = "handshake"
"""Name of a handshake in the list of requests."""
GENERATION = "x-tally-generation"
"""Header of a handshake's answer: the generation that every number of an entry on this connection belongs to."""


class Refusal(NamedTuple):
    """Refusal of a handshake. One that is made on purpose, by a fault, has no reason."""

    status: int
    text: str
    reason: reasons.Reason | None


class Sockets:
    """WebSocket connections of a server."""

    def __init__(self, services: Services, site: Site) -> None:
        self.services = services
        self.site = site
        self.hub = Hub(services.venue, services.surface, services.faults)
        self.numbers = count(1)

    def upgrade(self, connection: Connection, exchange: Exchange, rest: bytes) -> bytes | None:
        """Turn a connection into a WebSocket, or return the answer that refuses it; `rest` came after the handshake.

        Refused: a handshake that websockets does not accept, then as `refusal`.
        """
        socket = self.opened(connection, exchange, rest)
        if isinstance(socket, bytes):
            return socket
        session = self.session(socket, exchange.path, exchange.peer)
        connection.everybody.look_after(connection.loop.create_task(message_loop.run(session)))
        return None

    def opened(self, connection: Connection, exchange: Exchange, rest: bytes) -> Socket | bytes:
        """The WebSocket that a connection has become, or the answer that refuses it; see `upgrade`."""
        frames = ServerProtocol(state=State.OPEN, max_size=MESSAGE_BYTES_MAX)
        pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in exchange.headers.items()]
        response = frames.accept(Handshake(exchange.target.decode("latin-1"), Headers(pairs), exchange.method))
        if response.status_code == 101:
            refusal = self.refusal(exchange.path, exchange.headers, exchange.peer)
            if refusal is not None:
                response = frames.reject(refusal.status, refusal.text)
                self.tell(exchange, refusal, response)
        if response.status_code != 101:
            return response.serialize()
        everybody = connection.everybody
        response.headers[GENERATION] = str(self.services.venue.generation)
        socket = Socket(everybody, connection.transport, connection.peer, frames)
        connection.transport.set_protocol(socket)
        everybody.replace(connection, socket)
        socket.begin(response.serialize())
        if rest:
            socket.read(rest)
        return socket

    def session(self, wire: Wire, path: bytes, peer: str) -> Session:
        name = "" if path == OWN_SOCKET else path.rpartition(b"/")[2].decode("ascii")
        return Session(self.services, self.hub, wire, name, peer, next(self.numbers))

    def tell(self, exchange: Exchange, refusal: Refusal, response: Response) -> None:
        """Give a refused handshake its reason, and keep it among the refused requests."""
        found = () if refusal.reason is None else (refusal.reason,)
        for reason in found:
            response.headers[reasons.HEADER.decode()] = reason.line
        asked = Asking(self.services.now_ms(), 0, "GET", HANDSHAKE, exchange.target)
        self.services.seen.note(asked, refusal.status, refusal.text.encode(), 0, found)

    def refusal(self, path: bytes, headers: dict[bytes, bytes], peer: str) -> Refusal | None:
        """Refusal of a handshake; None where it is admitted.

        403 for a page of another site (chosen: browsers send an Origin, other clients do not): an Origin has to be
        this server's, and so has the Host, as for a control call. 429 for more than three connections of one address
        in a second (documented). Last comes a fault.
        """
        if b"origin" in headers and not (self.site.owns_host(headers) and self.site.owns_origin(headers)):
            reason = reasons.reason_of("another site", {}, "", {})
            return Refusal(403, "connections from other web pages are refused", reason)
        if not self.services.limiter.admit(("ws", peer), CONNECTS, self.services.venue.now_ms()):
            lint.tell("GET", path.decode("latin-1"), TOO_FAST)
            facts: dict[str, Fact] = {"requests_count": CONNECTS.requests, "period_span_ms": CONNECTS.period_ms}
            return Refusal(429, TOO_FAST, reasons.reason_of("connections", facts, "", {}))
        faults = self.services.faults
        asked = Asked(place="handshake", name="", user_id=None, key="")
        if faults.rules and faults.hit(asked, self.services.venue.now_ms()) is not None:
            return Refusal(503, "Service Unavailable", None)
        return None
