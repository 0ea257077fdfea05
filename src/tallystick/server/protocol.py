"""HTTP/1.1 on one connection: httptools reads the requests, the app answers them one after the other.

Every state has a bound and a deadline, and faults are told in JSON before the connection ends. A few requests may wait
for their turn, then nothing more is read. A sweep once a second looks at all connections, so that a request costs no
timers. Sizes and times are chosen: the exchange's are not documented (decisions/030).
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

import httptools

from tallystick.contract.channels import PATHS
from tallystick.server import carrying_out, complaints, deadlines, heads
from tallystick.server.answers import Answer
from tallystick.server.complaints import (
    HEAD_BYTES_MAX,
    HEAD_TOO_LARGE,
    HEADERS_MAX,
    HOST_WANTED,
    MALFORMED,
    TARGET_BYTES_MAX,
    TARGET_FORM,
    TARGET_TOO_LONG,
    Complaint,
    HeadRefused,
)
from tallystick.server.connections import is_reset
from tallystick.server.exchange import Exchange, exchange_of
from tallystick.server.headers import SPELLED
from tallystick.server.heads import CLOSING, JSON_HEAD
from tallystick.server.request import Gone
from tallystick.server.turns import COSTLY_SECONDS, HALF_ROUND_SECONDS
from tallystick.venue.clock import stopwatch

if TYPE_CHECKING:
    from tallystick.server.connections import Connections

log = logging.getLogger("tallystick")

OWN_SOCKET = b"/tally/v1/stream"
"""Path with every channel, for clients that know one address only (decisions/028)."""
SOCKET_PATHS = frozenset(f"/ws/v5/{path}".encode("ascii") for path in PATHS) | {OWN_SOCKET}
WAITING_MAX = 16
"""Requests of one connection that may wait for their turn. With as many, or `WAITING_BYTES_MAX` of bodies, nothing
more is read; the last read may exceed both."""
WAITING_BYTES_MAX = 64 * 1024

METHODS = {b"GET": "GET", b"POST": "POST"}


class Connection(asyncio.BufferedProtocol):
    """HTTP connection. `reading_since` and `idle_since`: loop's time since a request arrives, or none; 0 is unset.

    `active` is the request that is being answered, `waiting` are those after it, `newest` is the one that came last.
    """

    __slots__ = (
        "active",
        "app",
        "arrived_bytes",
        "buffer",
        "closing_since",
        "complaint",
        "deaf",
        "everybody",
        "gone",
        "head_done",
        "headers",
        "idle_since",
        "in_line",
        "joined",
        "lingering_since",
        "loop",
        "newest",
        "other_headers",
        "parser",
        "paused_at",
        "peer",
        "read_paused",
        "read_seconds",
        "reading_since",
        "stalled_since",
        "taken_bytes",
        "transport",
        "turns",
        "unsent_bytes",
        "upgrading",
        "url",
        "used",
        "waiting",
        "write_paused",
        "written_bytes",
    )

    def __init__(self, everybody: Connections, peer: str) -> None:
        self.everybody = everybody
        self.app = everybody.app
        self.peer = peer
        self.loop = everybody.loop
        self.turns = everybody.turns
        self.buffer = everybody.buffer
        self.parser = httptools.HttpRequestParser(self)
        # Bytes after a request that ends the connection belong to no request, and are no fault of that one.
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.transport: asyncio.Transport
        self.joined = False
        self.gone = False
        self.used = 0.0
        self.read_seconds = 0.0
        """Time that the last read took."""
        self.active: Exchange | None = None
        self.waiting: deque[Exchange] = deque()
        self.newest: Exchange | None = None
        self.reading_since = self.loop.time()
        self.idle_since = 0.0
        self.lingering_since = 0.0
        self.closing_since = 0.0
        self.stalled_since = self.reading_since
        self.written_bytes = 0
        self.taken_bytes = 0
        self.unsent_bytes = 0
        self.read_paused = False
        self.paused_at = 0.0
        self.in_line = False
        """True while nothing is read until others had their turn. This time does not count for the client."""
        self.write_paused = False
        self.deaf = False
        """True when no input is a request any more."""
        self.complaint: Complaint | None = None
        self.url = b""
        self.headers: dict[bytes, bytes] = {}
        self.other_headers = 0
        self.head_done = True
        """True unless a head is partly read."""
        self.upgrading = False
        self.arrived_bytes = 0
        """Bytes since a head, a piece of a body or a body was complete. Its bound ends endless headers, chunk sizes and
        trailers."""

    # ---- called by the transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self.joined = True
        self.everybody.join(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.everybody.leave(self)
        self.gone = self.deaf = True
        self.count_unsent(0)
        for exchange in (self.active, self.newest, *self.waiting):
            if exchange is not None:
                exchange.abandon()
        self.waiting.clear()
        self.turns.forget()

    def pause_writing(self) -> None:
        self.write_paused = True

    def resume_writing(self) -> None:
        self.write_paused = False
        self.count_unsent(0)
        self.go_on()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self.buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self.deaf:
            return
        began, begun = stopwatch(), None
        self.idle_since = 0.0
        self.arrived_bytes += nbytes
        try:
            try:
                self.parser.feed_data(self.buffer[:nbytes])
            except httptools.HttpParserUpgrade as upgrade:
                self.upgrade(bytes(self.buffer[upgrade.args[0] : nbytes]))
            except httptools.HttpParserError:
                self.refuse(self.complaint or MALFORMED)
            begun = self.read_on()
        except Exception as bug:
            log.error("a bug, while reading from a connection", exc_info=bug)
            self.transport.abort()
        seconds = stopwatch() - began
        if begun is not None and (seconds >= COSTLY_SECONDS or self.everybody.costly):
            self.turns.charge(self, seconds, self.everybody.expected_seconds(begun.path))
            self.worked(begun, seconds)
        else:
            # `Turns.charge` for a short time, written out, as each request pays for it.
            self.used += seconds
            self.turns.spent += seconds
        if nbytes == len(self.buffer) and not self.upgrading:
            self.read_seconds = seconds
            self.wait_in_line()

    def wait_in_line(self) -> None:
        """Let others go on before more is read: uvloop reads 32 times in a row while the buffer fills."""
        if not (self.in_line or self.read_paused or self.transport.is_closing()):
            self.pause_reading()
            self.in_line = True
            self.turns.ask(self, self.leave_line, self.expected_of_read)

    def expected_of_read(self) -> float:
        return self.read_seconds

    def leave_line(self) -> None:
        self.in_line = False
        self.resume_reading()

    def pause_reading(self) -> None:
        if not (self.read_paused or self.in_line):
            self.paused_at = self.loop.time()
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        if self.read_paused or self.in_line or self.transport.is_closing():
            return
        if self.reading_since:
            # The time in which nothing was read does not count for the client.
            self.reading_since += self.loop.time() - self.paused_at
        self.transport.resume_reading()

    def eof_received(self) -> bool:
        """Handle the end of input. The client may still wait for answers, except over TLS; a half request is dropped.
        (A reset right after bytes is reported as this, and never again.)"""
        self.deaf = True
        self.reading_since = 0.0
        if is_reset(self.transport):
            self.transport.abort()
            return False
        self.drop_half()
        return self.everybody.scheme == "http" and self.active is not None

    # ---- reading

    def read_on(self) -> Exchange | None:
        """Handle the input: the active request gets its turn, and every state its deadline. Returns the request that
        began at once."""
        active, begun = self.active, None
        if active is not None and not active.in_line:
            turns = self.turns
            if (turns.line or turns.spent >= HALF_ROUND_SECONDS) and turns.busy:
                self.ask_turn(active)
            else:
                self.begin()
                begun = active
        if self.idle_since or self.deaf:
            return begun
        if self.arrived_bytes > HEAD_BYTES_MAX and self.half_read:
            self.refuse(HEAD_TOO_LARGE)
        elif self.waiting:
            self.pause_when_full()
        elif self.active is None and not (self.reading_since or self.write_paused):
            # Blank lines between requests, or the end of an unread body: neither may keep a connection open forever.
            self.reading_since = self.loop.time()
        return begun

    @property
    def half_read(self) -> bool:
        """True while a head or a body is not complete."""
        return not self.head_done or (self.newest is not None and not self.newest.whole)

    def upgrade(self, rest: bytes) -> None:
        """Go on as a WebSocket, whose first bytes are `rest`. Other upgrades are ignored: the request is answered as it
        is, and the bytes after it are not HTTP."""
        self.deaf = True
        if self.newest is None:
            return
        self.newest.keep_alive = False
        if self.upgrading and self.turns.busy:
            self.pause_reading()
            self.in_line = True
            self.turns.ask(self, partial(self.open_socket_in_turn, self.newest, rest), self.expected_of_active)
        elif self.upgrading:
            self.open_socket(self.newest, rest)

    def open_socket(self, handshake: Exchange, rest: bytes) -> None:
        refusal = self.app.sockets.upgrade(self, handshake, rest)
        if refusal is not None:
            self.write(refusal)
            self.end(at_once=False)

    def open_socket_in_turn(self, handshake: Exchange, rest: bytes) -> None:
        if self.drop_if_reset() or self.transport.is_closing():
            return
        try:
            self.leave_line()
            self.open_socket(handshake, rest)
        except Exception as bug:
            self.drop_for(bug)

    # Called by the parser, in this order.

    def on_url(self, url: bytes) -> None:
        if self.head_done:
            self.head_done = False
            self.reading_since = self.loop.time()
            self.headers = {}
            self.other_headers = 0
            self.url = url
        else:
            self.url += url
        if len(self.url) > TARGET_BYTES_MAX:
            self.stop(TARGET_TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        key, headers = SPELLED[name], self.headers
        if key and key not in headers and not self.head_done:
            headers[key] = value.strip(b" \t")
            return
        self.count_other()
        if key and not self.head_done:
            headers[key] = (headers[key] + b", " + value).strip(b" \t")

    def count_other(self) -> None:
        """Count a header that is not read, came before, or follows a body in chunks."""
        self.other_headers += 1
        if self.other_headers > HEADERS_MAX:
            self.stop(HEAD_TOO_LARGE)

    def on_headers_complete(self) -> None:
        parser, url, headers = self.parser, self.url, self.headers
        if len(headers) + self.other_headers > HEADERS_MAX or self.arrived_bytes > HEAD_BYTES_MAX + len(self.buffer):
            self.stop(HEAD_TOO_LARGE)
        self.head_done = True
        self.arrived_bytes = 0
        method = parser.get_method()
        exchange = self.newest = exchange_of(self, METHODS.get(method) or method.decode("ascii"), url, headers)
        exchange.keep_alive = parser.should_keep_alive()
        host = headers.get(b"host")
        if host is None or b"connection" in headers or b"expect" in headers:
            modern = parser.get_http_version() != "1.0"
            if host is None and modern:
                self.stop(HOST_WANTED)
            exchange.keep_alive = exchange.keep_alive and modern
            exchange.expects = modern and headers.get(b"expect", b"").lower() == b"100-continue"
            self.upgrading = modern and parser.should_upgrade() and self.wants_socket(exchange)
        if host is not None and b"," in host:
            self.stop(HOST_WANTED)
        if url[:1] != b"/":
            self.stop(TARGET_FORM)
        self.other_headers = 0
        if self.upgrading:
            return
        if self.active is None:
            self.active = exchange
        else:
            self.waiting.append(exchange)

    def wants_socket(self, exchange: Exchange) -> bool:
        """True for a handshake of a WebSocket on a path that has one, with no answer outstanding."""
        return (
            exchange.path in SOCKET_PATHS
            and exchange.headers.get(b"upgrade", b"").lower() == b"websocket"
            and self.active is None
        )

    def on_body(self, body: bytes) -> None:
        self.arrived_bytes = 0
        if self.newest is not None:
            self.newest.keep(body)

    def on_message_complete(self) -> None:
        self.reading_since = 0.0
        self.arrived_bytes = 0
        newest = self.newest
        if newest is not None:
            newest.whole = True
            if newest.waiter is not None:
                newest.wake()

    def stop(self, complaint: Complaint) -> None:
        self.complaint = complaint
        raise HeadRefused

    # ---- answering

    def ask_turn(self, exchange: Exchange) -> None:
        """Have the active request answered in its turn."""
        exchange.in_line = True
        self.turns.ask(self, self.begin_in_turn, self.expected_of_active)

    def expected_of_active(self) -> float:
        return self.expected_of(self.active)

    def expected_of(self, exchange: Exchange | None) -> float:
        return 0.0 if exchange is None or exchange.gone else self.everybody.expected_seconds(exchange.path)

    def begin(self) -> None:
        """Have the active request answered: before this returns, unless the answer has to wait."""
        exchange = self.active
        if exchange is None or exchange.begun or exchange.gone:
            return
        exchange.begun = exchange.in_line = True
        exchange.seconds = 0.0
        carrying_out.work_on(self, exchange, self.app.answer(exchange))

    def begin_in_turn(self) -> None:
        if self.drop_if_reset():
            return
        began, exchange = stopwatch(), self.active
        self.begin()
        if exchange is not None:
            self.worked(exchange, stopwatch() - began)

    def drop_if_reset(self) -> bool:
        """Drop a connection that the client has reset; True if so. Its requests are not worth a turn."""
        if (self.read_paused or self.in_line or self.deaf) and is_reset(self.transport):
            self.transport.abort()
            return True
        return False

    def worked(self, exchange: Exchange, seconds: float) -> None:
        """Record the time from the start of a request to its answer, or until it had to wait."""
        if exchange.gone:
            return
        if exchange.answered:
            self.everybody.learn(exchange.path, seconds)
        elif exchange.begun and not self.transport.is_closing():
            exchange.seconds += seconds

    def turn(self) -> Coroutine[Any, Any, None] | None:
        """Turn of a request that has waited, as many may have waited for the same; None where it may go on at once."""
        turns = self.turns
        waits = (turns.line or turns.spent >= HALF_ROUND_SECONDS) and turns.busy
        return self.wait_for_turn(self.active) if waits else None

    async def wait_for_turn(self, exchange: Exchange | None) -> None:
        await self.turns.turn(self, self.expected_of_active)
        if exchange is not None and exchange.gone and exchange.method == "GET":
            # It changes nothing, and nobody reads the answer.
            raise Gone

    def took(self, seconds: float) -> None:
        if self.active is not None:
            self.active.seconds += seconds
        self.charge(seconds, self.active)

    def charge(self, seconds: float, exchange: Exchange | None) -> None:
        if seconds >= COSTLY_SECONDS or self.everybody.costly:
            self.turns.charge(self, seconds, self.expected_of(exchange))
        else:  # As in `buffer_updated`.
            self.used += seconds
            self.turns.spent += seconds

    def drop_for(self, bug: Exception) -> None:
        log.error("a bug, while answering", exc_info=bug)
        self.transport.abort()

    def finish(self, exchange: Exchange, answer: Answer) -> None:
        exchange.answered = True
        if exchange.held:
            exchange.let_go()
        self.active = None
        if exchange.gone or self.transport.is_closing():
            return
        if exchange.delivery is None:
            self.send(exchange, answer)
        else:
            exchange.delivery(self, exchange, answer)
        if exchange.keep_alive:
            self.go_on()
        else:
            # Input after this request may be unread.
            self.end(at_once=exchange.whole and not self.waiting and (not self.deaf or self.everybody.stopping))

    def send(self, exchange: Exchange, answer: Answer) -> None:
        """Send head and body in one write."""
        status, body, extra = answer
        if exchange.expects and not exchange.whole:
            # The client may send the body or not: its next bytes cannot be told apart from a body.
            exchange.keep_alive = False
        head, date = JSON_HEAD[status], self.everybody.date
        if extra:
            head, date = heads.begun(status, extra), date + heads.others(extra)
            exchange.keep_alive = exchange.keep_alive and CLOSING not in extra
        end = b"\r\n" if exchange.keep_alive else b"connection: close\r\n\r\n"
        if exchange.method == "HEAD":
            self.write(b"%b%d\r\n%b%b" % (head, len(body), date, end))
        else:
            self.write(b"%b%d\r\n%b%b%b" % (head, len(body), date, end, body))

    def write(self, data: bytes) -> None:
        self.written_bytes += len(data)
        self.transport.write(data)
        if self.write_paused:
            self.count_unsent(self.transport.get_write_buffer_size())

    def count_unsent(self, unsent_bytes: int) -> None:
        change = unsent_bytes - self.unsent_bytes
        self.unsent_bytes = unsent_bytes
        if change:
            self.everybody.keep_unsent(change)

    def go_on(self) -> None:
        """Go on once the client takes the last answer: the next request gets its turn, and more is read."""
        if self.write_paused or self.active is not None:
            return
        if self.waiting:
            self.active = self.waiting.popleft()
            self.ask_turn(self.active)
        elif self.deaf:
            self.end(at_once=True)
        elif not self.reading_since:
            self.idle_since = self.loop.time()
        if self.read_paused and len(self.waiting) <= WAITING_MAX // 4:
            self.read_paused = False
            self.resume_reading()

    def pause_when_full(self) -> None:
        waiting = self.waiting
        if not self.read_paused and (
            len(waiting) >= WAITING_MAX or sum(len(exchange.held) for exchange in waiting) >= WAITING_BYTES_MAX
        ):
            self.pause_reading()
            self.read_paused = True

    # ---- ending

    def refuse(self, complaint: Complaint) -> None:
        """Read nothing more. Complete requests are answered, and the connection ends with the last of them, as a client
        must not take the complaint for the answer to one. Without any the complaint is sent."""
        self.deaf = True
        self.reading_since = 0.0
        self.drop_half()
        last = self.waiting[-1] if self.waiting else self.active
        if last is not None:
            last.keep_alive = False
            return
        complaints.tell(self, complaint)
        self.end(at_once=False)

    def drop_half(self) -> None:
        """Drop the newest request if its body is not complete."""
        newest = self.newest
        if newest is not None and not newest.whole and not newest.answered:
            newest.abandon()
            if self.waiting and self.waiting[-1] is newest:
                self.waiting.pop()
            elif self.active is newest:
                self.active = None

    def end(self, *, at_once: bool) -> None:
        """Close. Where more bytes may come, send the end first and read on for a moment: a close before unread bytes
        would reset the connection, and the client might never see the answer."""
        self.deaf = True
        self.reading_since = self.idle_since = 0.0
        if at_once or self.transport.is_closing() or not self.transport.can_write_eof():
            self.transport.close()
        else:
            self.lingering_since = self.loop.time()
            self.transport.write_eof()
            if self.read_paused:
                self.read_paused = False
                self.resume_reading()

    def shut(self) -> None:
        """End as the server stops: the active request is answered, waiting ones are dropped."""
        self.deaf = True
        for exchange in self.waiting:
            exchange.abandon()
        self.waiting.clear()
        active = self.active
        if active is None or not (active.begun and active.whole):
            if active is not None:
                active.abandon()
            self.transport.close()
        else:
            active.keep_alive = False

    def cut_off(self) -> None:
        self.transport.abort()
        self.count_unsent(0)

    def sweep(self, now: float) -> None:
        deadlines.look_after(self, now)
