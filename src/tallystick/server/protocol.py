"""HTTP/1.1 on one connection: uvicorn's httptools protocol with limits and deadlines of our own.

uvicorn puts no bound on the size of a head, waits for ever for the rest of half a request, and says
what is wrong in plain text. Here every such case is a JSON body and a closed connection, and none
reaches the app. One answer is one write. A sweep once a second looks at all connections, so that a
request costs no timers. Sizes and times are chosen, the original's are not documented.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from tallystick.contract.channels import PATHS
from tallystick.server.body import TARGET

if TYPE_CHECKING:
    from uvicorn._types import ASGISendEvent

OWN_SOCKET = b"/tally/v1/stream"
"""Every channel on one path, for clients that know one address only (decisions/028)."""
SOCKET_PATHS = frozenset(f"/ws/v5/{path}".encode("ascii") for path in PATHS) | {OWN_SOCKET}
HEAD_BYTES_MAX = 16 * 1024
HEADERS_MAX = 100
TARGET_BYTES_MAX = 8 * 1024
HEAD_SECONDS_MAX = 8
BODY_SECONDS_MAX = 15
IDLE_SECONDS_MAX = 20
STALLED_SECONDS_MAX = 20
LINGER_SECONDS_MAX = 2
SWEEP_SECONDS = 1


def refusal(status: int, message: str) -> bytes:
    """A whole answer that ends the connection. `message` is plain ASCII of our own."""
    body = b'{"code":"51000","data":[],"msg":"%s"}' % message.encode("ascii")
    return b"%scontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%s" % (
        STATUS_LINE[status],
        len(body),
        body,
    )


MALFORMED = refusal(400, "Malformed HTTP request")
HEAD_TOO_LARGE = refusal(431, "Request head too large")
TARGET_TOO_LONG = refusal(414, "Request target too long")
HOST_WANTED = refusal(400, "Exactly one Host header is required")
TARGET_FORM = refusal(400, "The request target must be a path")
TOO_SLOW = refusal(408, "The request took too long to arrive")


class HeadRefused(Exception):
    """Raised inside a parser callback to stop parsing; the answer is kept in `Connection.refused_with`."""


class Exchange(RequestResponseCycle):
    """One request and its answer. Head and body leave in one write; the app states the length itself."""

    head: bytes = b""

    async def send(self, message: ASGISendEvent) -> None:
        if self.gone():
            return
        if not self.response_started:
            self.response_started = True
            self.waiting_for_100_continue = False
            parts = [STATUS_LINE[message["status"]]]  # type: ignore[typeddict-item]
            for name, value in message.get("headers", ()):  # type: ignore[attr-defined]
                parts += (name, b": ", value, b"\r\n")
                if name == b"connection" and value == b"close":
                    self.keep_alive = False
            parts.append(b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n")
            self.head = b"".join(parts)
            return
        if self.flow.write_paused:
            await self.flow.drain()
        if self.gone():
            return
        body = b"" if self.scope["method"] == "HEAD" else message["body"]  # type: ignore[typeddict-item]
        self.transport.write(self.head + body)
        self.response_complete = True
        self.message_event.set()
        self.on_response()

    def gone(self) -> bool:
        """Whether nobody waits for the answer any more. uvicorn notes it for the newest request of a connection only,
        which is not this one where others came right behind it."""
        self.disconnected = self.disconnected or self.transport.is_closing()
        return self.disconnected


class Connection(HttpToolsProtocol):
    """`reading_since` is the loop's time since a request is arriving, `idle_since` since none is; 0 is neither.

    `head_bytes` counts the headers the parser has told of, `arrived_bytes` all that came since the last
    head or body was whole, which bounds a header that never ends.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reading_since = 0.0
        self.idle_since = 0.0
        self.stalled_since = 0.0
        self.lingering_since = 0.0
        self.unsent_bytes = 0
        self.arrived_bytes = 0
        self.head_bytes = 0
        self.hosts = 0
        self.head_done = False
        self.upgrading = False
        self.refused_with = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.reading_since = self.loop.time()

    def data_received(self, data: bytes) -> None:
        if self.lingering_since:
            return
        self.idle_since = 0.0
        self.arrived_bytes += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self.upgrading:
                self.become_socket(data[upgrade.args[0] :])
                return
            # Nothing else is upgraded: the request is answered as it stands, and what follows is not HTTP.
            self.cycle.keep_alive = False
        except httptools.HttpParserError:
            self.refuse(self.refused_with or MALFORMED)
            return
        if not self.head_done and self.arrived_bytes > HEAD_BYTES_MAX:
            self.refuse(HEAD_TOO_LARGE)
        elif not self.reading_since and (self.cycle is None or self.cycle.response_complete):
            # Blank lines between requests; they must not keep a connection open for ever.
            self.reading_since = self.loop.time()

    def refuse(self, answer: bytes) -> None:
        """End the connection. A request that is being carried out is answered first, and this one not at all."""
        cycle = self.cycle
        self.head_done = True
        self.reading_since = 0.0
        if cycle is not None and not cycle.response_complete:
            if not cycle.more_body:
                # Whole before the fault: a client must not take our complaint for the answer to it.
                cycle.keep_alive = False
                self.flow.pause_reading()
                return
            cycle.disconnected = True
            cycle.message_event.set()
            if self.pipeline:
                self.transport.close()
                return
        self.transport.write(answer)
        self.linger()

    def linger(self) -> None:
        """Say that nothing more comes and read on for a moment: closing over unread bytes would reset the
        connection, and the client might never see the answer."""
        self.lingering_since = self.loop.time()
        self.reading_since = self.idle_since = 0.0
        if self.transport.can_write_eof():
            self.transport.write_eof()

    # Called by the parser, in this order.

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.reading_since = self.loop.time()
        self.head_bytes = 0
        self.hosts = 0
        self.head_done = False

    def on_url(self, url: bytes) -> None:
        self.url += url
        if len(self.url) > TARGET_BYTES_MAX:
            self.stop(TARGET_TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        headers = self.headers
        headers.append((name, value))
        self.head_bytes += len(name) + len(value)
        if name == b"host":
            self.hosts += 1
        elif name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        if self.head_bytes > HEAD_BYTES_MAX or len(headers) > HEADERS_MAX:
            self.stop(HEAD_TOO_LARGE)

    def on_headers_complete(self) -> None:
        self.head_done = True
        self.arrived_bytes = 0
        url = self.url
        version = self.parser.get_http_version()
        if self.hosts != 1 and (version != "1.0" or self.hosts):
            self.stop(HOST_WANTED)
        if url[:1] != b"/":
            self.stop(TARGET_FORM)
        scope = self.scope
        raw_path, _, query = url.partition(b"?")
        scope["method"] = self.parser.get_method().decode("ascii")
        scope["http_version"] = version
        scope["path"] = raw_path.decode("latin-1")
        scope["raw_path"] = raw_path
        scope["query_string"] = query
        scope[TARGET] = url  # type: ignore[literal-required]
        before = self.cycle
        self.upgrading = self.wants_socket()
        if self.upgrading:
            return
        self.cycle = cycle = Exchange(
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=[],
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and self.parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        if before is None or before.response_complete:
            self._start_asgi_task(cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def wants_socket(self) -> bool:
        """A WebSocket on a path that has one, with no answer outstanding."""
        return (
            self.parser.should_upgrade()
            and self.scope["raw_path"] in SOCKET_PATHS
            and self._get_upgrade() == b"websocket"
            and (self.cycle is None or self.cycle.response_complete)
        )

    def become_socket(self, rest: bytes) -> None:
        """From here on the connection is a WebSocket's; `rest` came with the head and belongs to it."""
        self.handle_websocket_upgrade()
        if rest:
            self.transport.get_protocol().data_received(rest)  # type: ignore[attr-defined]

    def on_body(self, body: bytes) -> None:
        if not self.cycle.response_complete:
            self.cycle.body += body
            self.cycle.message_event.set()

    def on_message_complete(self) -> None:
        self.reading_since = 0.0
        self.arrived_bytes = 0
        if self.upgrading:
            return
        self.cycle.more_body = False
        self.cycle.message_event.set()

    def stop(self, answer: bytes) -> None:
        self.refused_with = answer
        raise HeadRefused

    # Called when an answer has left, and by the sweep.

    def on_response_complete(self) -> None:
        self.server_state.total_requests += 1
        cycle = self.cycle
        if self.transport.is_closing():
            return
        if cycle.response_complete and not cycle.keep_alive:
            if cycle.more_body:
                self.linger()
            else:
                self.transport.close()
            return
        self.flow.resume_reading()
        if self.pipeline:
            following, app = self.pipeline.pop()
            self._start_asgi_task(following, app)
        elif not self.reading_since:
            self.idle_since = self.loop.time()

    def sweep(self, now: float) -> None:
        """Close what has waited too long, at `now` of the loop's clock."""
        transport = self.transport
        unsent_bytes = transport.get_write_buffer_size()
        if unsent_bytes and unsent_bytes == self.unsent_bytes:
            if now - self.stalled_since > STALLED_SECONDS_MAX:
                transport.abort()
                return
        else:
            self.unsent_bytes = unsent_bytes
            self.stalled_since = now
        if transport.is_closing():
            return
        if self.lingering_since:
            if now - self.lingering_since > LINGER_SECONDS_MAX:
                transport.close()
        elif self.idle_since:
            if now - self.idle_since > IDLE_SECONDS_MAX:
                transport.close()
        elif self.reading_since and not self.flow.read_paused:
            waited = now - self.reading_since
            if self.head_done and waited > BODY_SECONDS_MAX:
                self.refuse(TOO_SLOW)
            elif not self.head_done and waited > HEAD_SECONDS_MAX:
                transport.close()


def sweep_all(connections: set[Any]) -> None:
    now = asyncio.get_running_loop().time()
    for connection in tuple(connections):
        connection.sweep(now)


async def keep_sweeping(connections: set[Any]) -> None:
    while True:
        await asyncio.sleep(SWEEP_SECONDS)
        sweep_all(connections)
