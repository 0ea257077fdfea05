"""One connection of the transport over httptools: sends a request and reads the answer to it, and to nothing else.

It repeats nothing. Bytes that no request waits for end it: an answer that comes twice, late or unasked is never taken
for the answer to the next request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import httptools

from tallystick.client import heads, steps
from tallystick.client.plugs import readable
from tallystick.client.steps import Failed, Received, Send

HEAD_MAX: Final = 65_536
"""Largest head of an answer with its interim answers, a read of the loop more or less. No field of it is kept."""
SWITCHING: Final = 101


class _Fields:
    """Reader of a head: does it say where the body ends? Few answers, which end with EOF, are read a second time so."""

    def __init__(self) -> None:
        self.told = False

    def on_message_begin(self) -> None:
        self.told = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.told = self.told or name.lower() in (b"content-length", b"transfer-encoding")


class Connection(asyncio.Protocol):
    """Connection that one request uses at a time. `gone` is told when it is over."""

    def __init__(self, gone: Callable[[Connection], None]) -> None:
        self.used_at = 0.0
        self._gone = gone
        self._usable = True
        self._answer: asyncio.Future[Received | Failed] | None = None
        """Result of the request that waits for an answer."""
        self._parser = httptools.HttpResponseParser(self)
        self._reset()

    def _reset(self) -> None:
        """Nothing is known of the next answer."""
        self._size = 0
        self._head = b""
        """Bytes up to the end of the head, and what came with it."""
        self._head_read = False
        self._status = 0
        self._body: bytes | bytearray = b""
        self._whole = False
        self._last = False
        """Nothing may follow on this connection."""
        self._reason = ""

    # ---- the request

    def free(self) -> bool:
        """True where the next request may use it."""
        return self._usable and self._answer is None and not self._transport.is_closing()

    def quiet(self) -> bool:
        """False also where bytes or an end lie in the system that the loop has not read yet."""
        return self.free() and not readable(self._fileno)

    def ask(self, step: Send, authority: str) -> asyncio.Future[Received | Failed]:
        """Send a request; what is returned will have the answer, or `Failed`. Raises Unsendable."""
        data = heads.request(step, authority)
        self._reset()
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        return self._answer

    def abort(self) -> None:
        """Close it now. What is not written yet is not sent any more."""
        self._usable = False
        self._transport.abort()

    # ---- the loop's

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport
        self._fileno: int = transport.get_extra_info("socket").fileno()

    def data_received(self, data: bytes) -> None:
        if self._answer is None:
            self.abort()
            return
        self._size += len(data)
        if not self._head_read:
            self._head += data
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self._whole:
                self._fail(self._reason or f"cut ({type(error).__name__}: {error})")
                return
            # An answer, and more than the answer.
            self._last = True
        if self._whole:
            self._deliver()
        elif self._size > (2 * steps.BODY_MAX if self._head_read else HEAD_MAX):
            self._fail("the answer is too large")

    def eof_received(self) -> None:
        self._usable = False
        if self._answer is not None and self._head_read and not self._length_told():
            self._last = True
            self._deliver()

    def connection_lost(self, error: Exception | None) -> None:
        self._usable = False
        if self._answer is not None:
            words = f" ({type(error).__name__})" if error is not None else ""
            self._fail(("the answer was cut off" if self._size else "cut before an answer") + words)
        self._gone(self)

    # ---- the answer, as httptools reads it

    def on_message_begin(self) -> None:
        if self._whole:
            raise ValueError("an answer that nobody asked for")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 100:
            raise ValueError("no status")
        # Interim answers come before the answer; of one that switches protocols nothing follows.
        if status >= 200 or status == SWITCHING:
            self._status, self._head_read = status, True

    def on_body(self, part: bytes) -> None:
        if len(self._body) + len(part) > steps.BODY_MAX:
            self._reason = f"the body is larger than {steps.BODY_MAX} bytes"
            raise ValueError(self._reason)
        if not self._body:
            self._body = part
            return
        if isinstance(self._body, bytes):
            self._body = bytearray(self._body)
        self._body += part

    def on_message_complete(self) -> None:
        if self._head_read:
            self._whole, self._last = True, not self._parser.should_keep_alive()

    # ---- the end of a request

    def _length_told(self) -> bool:
        fields = _Fields()
        httptools.HttpResponseParser(fields).feed_data(self._head)
        return fields.told

    def _deliver(self) -> None:
        """Give the answer to whoever waits. Where a part of the request is still to be written, nothing may follow."""
        last = self._last or self._transport.get_write_buffer_size() > 0
        self._end(Received(self._status, bytes(self._body)), last=last)

    def _fail(self, reason: str) -> None:
        self._end(Failed(True, reason), last=True)

    def _end(self, result: Received | Failed, *, last: bool) -> None:
        answer, self._answer = self._answer, None
        self._head = self._body = b""
        if last:
            self.abort()
        if answer is not None and not answer.done():
            answer.set_result(result)
