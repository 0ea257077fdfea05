"""The door: who may open a WebSocket, and on which path."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from tallystick.contract.core import Limit
from tallystick.server import lint
from tallystick.server.body import Receive, Scope, Send
from tallystick.server.headers import wanted
from tallystick.server.protocol import OWN_SOCKET
from tallystick.server.site import Site
from tallystick.server.ws import dialogue
from tallystick.server.ws.hub import Hub
from tallystick.server.ws.protocol import EXTENSION, Socket
from tallystick.server.ws.session import Session

if TYPE_CHECKING:
    from tallystick.server.server import Server

CONNECTS = Limit(3, 1_000, "ip")
TOO_FAST = "more than three connections of one address in a second, serve with --limits 2 or off to allow it"
"""Told in the log too: a handshake over the internet takes so long that a client which opens four seldom gets here."""
TEXT = [(b"content-type", b"text/plain"), (b"connection", b"close")]


class Sockets:
    """All WebSocket connections of a server."""

    def __init__(self, server: Server, site: Site) -> None:
        self.server = server
        self.site = site
        self.hub = Hub(server.venue, server.surface)
        self.numbers = count(1)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection from its handshake to its end.

        Refused: 403 for a page of another site (chosen: browsers send an Origin, other clients do not), 429 for more
        than three connections of one address in a second (documented).
        """
        await receive()
        peer = scope["client"][0] if scope["client"] else ""
        refusal = self.refusal(scope, peer)
        if refusal is not None:
            status, words = refusal
            headers = [*TEXT, (b"content-length", b"%d" % len(words))]
            await send({"type": "websocket.http.response.start", "status": status, "headers": headers})
            await send({"type": "websocket.http.response.body", "body": words})
            return
        await send({"type": "websocket.accept"})
        raw_path: bytes = scope["raw_path"]
        path = "" if raw_path == OWN_SOCKET else raw_path.rpartition(b"/")[2].decode("ascii")
        socket: Socket = scope["extensions"][EXTENSION]
        session = Session(self.server, self.hub, socket, path, peer, next(self.numbers))
        await dialogue.run(session, receive)

    def refusal(self, scope: Scope, peer: str) -> tuple[int, bytes] | None:
        """Who names a page has to name one of ours, under a host that is ours, as for a control call."""
        headers = wanted(scope["headers"])
        if b"origin" in headers and not (self.site.owns_host(headers) and self.site.owns_origin(headers)):
            return 403, b"connections from other web pages are refused"
        if not self.server.limiter.admit(("ws", peer), CONNECTS, self.server.venue.now_ms()):
            lint.tell("GET", scope["path"], TOO_FAST)
            return 429, TOO_FAST.encode()
        return None
