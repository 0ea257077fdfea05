"""Requests that a follower passes on to the leader, and what it tells its client where no answer comes back."""

from __future__ import annotations

import asyncio
from typing import Final

import aiohttp
from yarl import URL

from tallystick.cluster import addresses
from tallystick.cluster.lease import Leading
from tallystick.cluster.secret import ClusterSecret
from tallystick.server import answers, reasons
from tallystick.server.answers import NO_HEADERS, Answer
from tallystick.server.control.service import error
from tallystick.server.headers import PASSED
from tallystick.server.request import Request

OWN_PREFIX: Final = b"/tally/"
NOT_DONE: Final = "50001/standby"
"""Code of a request that nobody carried out, since no server leads."""
UNKNOWN: Final = "50004"
"""Code of a request that may have been carried out."""
REACHED: Final = b"x-tally-reached"
"""Header of an answer to a server: the leader's generation and the entry it had reached, or `nobody`."""
NOBODY: Final = b"nobody"

CONNECT_S: Final = 1.0
ANSWER_S: Final = 30.0
"""Time for the leader to answer a call of the exchange's API."""
CONTROL_S: Final = 3_600.0
"""Time for a control call, which may put the clock forward by a year."""
CONNECTIONS: Final = 200
"""Cap on connections to the leader; it is below what a server accepts of one address."""
IDLE_S: Final = 10.0
"""Time that a connection may be kept without a request: less than the leader keeps it."""
NOT_PASSED: Final = frozenset(
    {
        PASSED,
        b"connection",
        b"content-length",
        b"expect",
        b"transfer-encoding",
        b"upgrade",
        b"sec-websocket-extensions",
        b"sec-websocket-key",
        b"sec-websocket-protocol",
        b"sec-websocket-version",
    }
)
"""Headers that belong to one connection."""
NOT_RETURNED: Final = frozenset({b"connection", b"content-length", b"date", b"keep-alive", b"transfer-encoding"})
MADE_BY_AIOHTTP: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")


NOT_REACHED: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ServerFingerprintMismatch)
"""Errors before anything is sent: nobody is there, or somebody with another certificate."""


class NotDone(Exception):
    """The leader did not get the request, or refused to answer since it leads no more."""


class NoAnswer(Exception):
    """The leader may have got the request, and its answer did not come."""


class Passer:
    """Way to one leader in one term. Call `close` when another leads: what is under way is unknown then."""

    def __init__(self, leading: Leading, secret: ClusterSecret) -> None:
        self.leading = leading
        self._url, self._certificate = addresses.parted(leading.address)
        self._secret = secret
        connector = aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=IDLE_S)
        self._session = aiohttp.ClientSession(connector=connector, auto_decompress=False)

    def url(self, target: bytes) -> URL:
        return URL(self._url + target.decode("latin-1"), encoded=True)

    def headers(self, request: Request) -> dict[str, str]:
        """Headers of a request, with the address of its caller."""
        passed = {
            name.decode("ascii"): value.decode("latin-1")
            for name, value in request.headers.items()
            if name not in NOT_PASSED
        }
        vouched = self._secret.vouch(request.peer, self.leading.term, self.leading.leader, request)
        return passed | {PASSED.decode("ascii"): vouched}

    async def send(self, request: Request, body: bytes) -> tuple[Answer, bytes]:
        """Answer of the leader, and where it stood; see `REACHED`. Raises NotDone, NoAnswer."""
        control = request.path.startswith(OWN_PREFIX)
        timeout = aiohttp.ClientTimeout(total=CONTROL_S if control else ANSWER_S, connect=CONNECT_S)
        try:
            async with self._session.request(
                request.method,
                self.url(request.target),
                headers=self.headers(request),
                skip_auto_headers=MADE_BY_AIOHTTP,
                data=body or None,
                allow_redirects=False,
                timeout=timeout,
                ssl=self._certificate,
            ) as response:
                found = await response.read()
                reached = response.headers.get(REACHED.decode("ascii"), "").encode("latin-1")
                if reached == NOBODY:
                    raise NotDone
                return (response.status, found, returned(response.raw_headers)), reached
        except (
            aiohttp.ClientConnectorError,
            aiohttp.ConnectionTimeoutError,
            aiohttp.ServerFingerprintMismatch,
        ) as problem:
            raise NotDone from problem
        except (aiohttp.ClientError, OSError, TimeoutError, RuntimeError) as problem:
            # A RuntimeError says that the session was closed meanwhile.
            raise NoAnswer from problem

    async def open_socket(self, request: Request) -> aiohttp.ClientWebSocketResponse:
        """A WebSocket to the leader. Raises NotDone."""
        try:
            async with asyncio.timeout(CONNECT_S):
                return await self._session.ws_connect(
                    self.url(request.target),
                    headers=self.headers(request),
                    autoclose=True,
                    max_msg_size=0,
                    ssl=self._certificate,
                )
        except (aiohttp.ClientError, OSError, TimeoutError, RuntimeError) as problem:
            raise NotDone from problem

    async def close(self) -> None:
        await self._session.close()


def returned(headers: tuple[tuple[bytes, bytes], ...]) -> answers.Headers:
    """Headers of the leader's answer that go to the client."""
    found = [(name.lower(), value) for name, value in headers]
    kept = [
        (name, value)
        for name, value in found
        if name not in NOT_RETURNED and name != REACHED and (name, value) != answers.JSON
    ]
    return kept or NO_HEADERS


def not_done(request: Request, language: str) -> Answer:
    """Answer to a request that was not carried out, since no server leads."""
    if request.path.startswith(OWN_PREFIX):
        said = error("no server leads now, and nothing was carried out", "try again in a second")
        return 503, said, _why("no leader")
    status, said, _ = answers.of_code(NOT_DONE, {}, language)
    return status, said, _why("no leader")


def unknown(request: Request, language: str) -> Answer:
    """Answer to a request that may have been carried out. One that only reads was not, in any way that matters."""
    if request.method == "GET":
        return not_done(request, language)
    if request.path.startswith(OWN_PREFIX):
        message = "the server that leads did not answer: nobody knows whether this was carried out"
        return 504, error(message, "look before you call again"), _why("leader silent")
    status, said, _ = answers.of_code(UNKNOWN, {}, language)
    return status, said, _why("leader silent")


def _why(name: str) -> answers.Headers:
    return reasons.header((reasons.reason_of(name, {}, "", {}),))
