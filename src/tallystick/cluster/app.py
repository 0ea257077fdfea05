"""The application of one server of several: it answers by itself what it may, and passes the rest on to the leader.

A leader answers everything, as long as its tenure lasts. A follower answers what is public and needs no turn at the
leader: public data, public streams and its own health. All else goes to the leader with the caller's address, so that
limits are counted in one place and nobody reads a past that he has seen beyond.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final

from tallystick.cluster.lease import Leading, Tenure
from tallystick.cluster.passing import NOBODY, REACHED, NoAnswer, NotDone, Passer, not_done, unknown
from tallystick.cluster.relay import COME_AGAIN, relay
from tallystick.cluster.secret import ClusterSecret
from tallystick.server import answers
from tallystick.server.answers import GONE, Answer
from tallystick.server.app import App, language_of
from tallystick.server.headers import PASSED
from tallystick.server.request import Busy, Gone, Request, TooLarge
from tallystick.server.services import Services
from tallystick.server.ws.protocol import Socket
from tallystick.venue.clock import Machine

if TYPE_CHECKING:
    from tallystick.server.exchange import Exchange
    from tallystick.server.protocol import Connection
    from tallystick.venue.following import FollowingVenue

log = logging.getLogger("tallystick")

HEALTH: Final = b"/tally/v1/health"
PUBLIC_SOCKET: Final = b"/ws/v5/public"
FRESH_MS: Final = 1_000
"""Age of the last look at the database up to which a follower answers from what it has applied."""
HEARD_MAX: Final = 4_096
OPENAPI: Final = (b"/tally/openapi.json", b"/tally/v1/openapi.json")

Reached = tuple[int, int]
"""Generation and number of an entry."""


class Heard:
    """Latest entry that callers of an address may have heard of from the leader, for the last `HEARD_MAX` addresses.

    Of others it is taken to be the latest one that was dropped.
    """

    def __init__(self) -> None:
        self._by_peer: OrderedDict[str, Reached] = OrderedDict()
        self._dropped: Reached = (0, 0)

    def by(self, peer: str) -> Reached:
        return self._by_peer.get(peer, self._dropped)

    def note(self, peer: str, reached: Reached) -> None:
        self._by_peer[peer] = max(self.by(peer), reached)
        self._by_peer.move_to_end(peer)
        if len(self._by_peer) > HEARD_MAX:
            self._dropped = max(self._dropped, self._by_peer.popitem(last=False)[1])


class ClusterApp:
    """Application of a server, whatever its role. The node sets the role with `stand_by`, `follow` and `lead`."""

    def __init__(self, name: str, secret: ClusterSecret, machine: Machine, app_without_role: App) -> None:
        self.name = name
        """Name of this server in the lease; nothing is taken that was passed on to another one."""
        self.secret = secret
        self.machine = machine
        self.inner = app_without_role
        """The app over the venue of the present role; while there is no role, one over an empty venue."""
        self.tenure: Tenure | None = None
        """Tenure of this server while it leads."""
        self.following: FollowingVenue | None = None
        self.passer: Passer | None = None
        """Way to the leader, if another server leads."""
        self.looked_ns = 0
        """Time of the last look at the database."""
        self._heard = Heard()
        self._closing: set[asyncio.Task[None]] = set()

    # ---- what connections ask

    @property
    def services(self) -> Services:
        return self.inner.services

    @property
    def sockets(self) -> ClusterApp:
        return self

    def answer(self, request: Request) -> Coroutine[Any, Any, Answer]:
        """Answer a request."""
        if PASSED in request.headers:
            return self._answer_passed(request)
        if self.tenure is not None:
            return self._lead(request, self.tenure)
        if self._is_mine(request):
            return self.inner.answer(request)
        return self._pass_on(request)

    def upgrade(self, connection: Connection, exchange: Exchange, rest: bytes) -> bytes | None:
        """Open a WebSocket, here or through to the leader; see `ws.sockets.Sockets.upgrade`."""
        if PASSED in exchange.headers:
            vouched = self.secret.vouched(exchange.headers[PASSED], self.name, exchange)
            if vouched is None or self.tenure is None or vouched[1] != self.tenure.term:
                return b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
            exchange.peer = vouched[0]
        sockets = self.inner.sockets
        if self.tenure is not None or (exchange.path == PUBLIC_SOCKET and self._is_fresh(exchange.peer)):
            return sockets.upgrade(connection, exchange, rest)
        socket = sockets.opened(connection, exchange, rest)
        if isinstance(socket, Socket):
            work = relay(socket, exchange, self.passer)
            connection.everybody.look_after(connection.loop.create_task(work))
            return None
        return socket

    # ---- roles

    def stand_by(self) -> None:
        """Have no role: everything is passed on, if another server leads."""
        self.tenure = self.following = None
        self.cut_sockets()

    def follow(self, inner: App, venue: FollowingVenue) -> None:
        self.inner, self.following, self.tenure = inner, venue, None
        if self.passer is not None:
            inner.control.about["term"] = self.passer.leading.term

    def lead(self, inner: App, tenure: Tenure) -> None:
        self.cut_sockets()
        self.inner, self.tenure, self.following = inner, tenure, None
        self.led_by(None)

    def led_by(self, leading: Leading | None) -> None:
        """Note who leads. What is under way to an earlier leader has no answer any more."""
        if leading is not None:
            self.inner.control.about["term"] = leading.term
        before = self.passer
        if leading is not None and before is not None and before.leading.term == leading.term:
            return
        self.passer = None if leading is None else Passer(leading, self.secret)
        if before is not None:
            closing = asyncio.get_running_loop().create_task(before.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    def cut_sockets(self) -> None:
        """End all streams of the present role; clients are to come again."""
        hub = self.inner.sockets.hub
        for session in tuple(hub.sessions):
            session.cut(*COME_AGAIN)
        hub.streams.clear()
        hub.by_topic.clear()

    # ---- a leader

    async def _lead(self, request: Request, tenure: Tenure) -> Answer:
        """Answer as the leader. After its tenure nobody learns what it answered."""
        inner = self.inner
        if tenure.over or inner.services.venue.halted is not None:
            return not_done(request, language_of(request.headers))
        answer = await inner.answer(request)
        if tenure.over or inner.services.venue.halted is not None:
            return unknown(request, language_of(request.headers))
        return answer

    async def _answer_passed(self, request: Request) -> Answer:
        """Answer a request that another server passed on, if this one leads in the term it was meant for."""
        tenure, language = self.tenure, language_of(request.headers)
        vouched = self.secret.vouched(request.headers[PASSED], self.name, request)
        if vouched is None:
            log.warning("a request that was passed on is not of a server that shares our secret")
        if vouched is None or tenure is None or vouched[1] != tenure.term or tenure.over:
            status, body, _ = not_done(request, language)
            return status, body, [(REACHED, NOBODY)]
        request.peer = vouched[0]
        inner = self.inner
        status, body, extra = await self._lead(request, tenure)
        venue = inner.services.venue
        return status, body, [*extra, (REACHED, b"%d %d" % (venue.generation, venue.state.seq))]

    # ---- a follower

    def _is_fresh(self, peer: str) -> bool:
        """True while this server follows closely, and this caller has heard of nothing later from the leader."""
        venue = self.following
        if venue is None or self.machine.since_boot_ns() - self.looked_ns > FRESH_MS * 1_000_000:
            return False
        return (venue.generation, venue.state.seq) >= self._heard.by(peer)

    def _is_mine(self, request: Request) -> bool:
        """True for a request that a follower answers by itself."""
        if request.path in OPENAPI:
            return True
        if self.following is None:
            return False
        if request.path == HEALTH:
            return True
        route = self.inner.routes.get(request.path, {}).get(request.method)
        return (
            route is not None
            and route.endpoint.permission is None
            and route.endpoint.method == "GET"
            and self._is_fresh(request.peer)
        )

    async def _pass_on(self, request: Request) -> Answer:
        """Pass a request on to the leader, and its answer back."""
        # A request begins without a task, and the client of HTTP needs one.
        await asyncio.sleep(0)
        language = language_of(request.headers)
        passer = self.passer
        try:
            body = await request.body() if request.has_body else b""
        except TooLarge:
            return answers.closing("51000/body", language)
        except Busy:
            return answers.closing("50013", language)
        except Gone:
            return GONE
        if passer is None or request.path == HEALTH:
            return not_done(request, language)
        try:
            answer, reached = await passer.send(request, body)
        except NotDone:
            return not_done(request, language)
        except NoAnswer:
            return unknown(request, language)
        generation, _, seq = reached.partition(b" ")
        if generation.isdigit() and seq.isdigit():
            self._heard.note(request.peer, (int(generation), int(seq)))
        return answer
