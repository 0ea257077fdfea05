"""Heads of answers that the sync half reads by itself, beside http.client; and heads of its requests."""

from __future__ import annotations

import http.client
import io
import time
from itertools import product
from typing import Any, Final

import pytest

from tallystick import Client
from tallystick.client.flows import call
from tallystick.client.steps import Failed, Headers, Received, Send
from tallystick.client.transport import HttpTransport, plain_head
from tests.client.test_calls import KEYS, READ
from tests.client.venue import TIME, Cut, Script, ok

BODY: Final = b'{"code":"0"}'
LINES: Final = (
    b"Content-Length: 12", b"content-length:12", b"CONTENT-LENGTH: 12 ", b"Content-Length: 5", b"Content-Length: +12",
    b"Content-Length: 12, 12", b"Content-Length: 0x0c", b"Content-Length: -1", b"Content-Length:",
    b"Content-Length : 12",
    b"Transfer-Encoding: chunked", b"transfer-encoding: identity", b"Connection: close", b"connection: keep-alive",
    b"X-Content-Length: 5", b"X: content-length: 5", b"X: Transfer-Encoding: chunked", b" Content-Length: 5",
    b"\tfolded", b"X: \xff", b"X: a\x00b", b"Date: Mon, 30 Nov 2026 12:00:00 GMT", b"X:", b": x", b"no colon",
)  # fmt: skip
STATUS: Final = (
    b"HTTP/1.1 200 OK", b"HTTP/1.1 200 ", b"HTTP/1.1 200", b"HTTP/1.0 200 OK", b"HTTP/1.1 204 No Content",
    b"HTTP/1.1 304 Not Modified", b"HTTP/1.1 100 Continue", b"HTTP/1.1 502 Bad Gateway", b"HTTP/2 200", b"",
)  # fmt: skip


class Sent:
    """Socket that has one answer to give."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def makefile(self, _: str) -> io.BytesIO:
        return io.BytesIO(self._answer)


def read_by_the_library(answer: bytes) -> tuple[int, bytes, bool]:
    """(status, body, whether the connection can be used again)."""
    socket: Any = Sent(answer)
    response = http.client.HTTPResponse(socket, method="GET")
    response.begin()
    body = response.read()
    return response.status, body, not response.will_close


@pytest.mark.parametrize("ends", [b"\r\n", b"\n"])
@pytest.mark.parametrize("status", STATUS)
def test_a_head_is_plain_only_where_the_library_reads_the_same(status: bytes, ends: bytes) -> None:
    """Every pair of lines, each alone, and none."""
    for lines in [(), *((line,) for line in LINES), *product(LINES, repeat=2)]:
        start = ends.join([status, *lines, b"", BODY])
        found = plain_head(start)
        if found is not None:
            head, length = found
            assert read_by_the_library(start) == (200, start[head : head + length], True), start


def test_the_usual_heads_are_plain() -> None:
    """Heads as a venue, a stub and a proxy before the exchange send them."""
    for lines in (
        b"Content-Type: application/json\r\nContent-Length: 12\r\n",
        b"content-type: application/json\r\ncontent-length: 12\r\ndate: Mon, 30 Nov 2026 12:00:00 GMT\r\n",
        b"Server: cloudflare\r\nCF-RAY: 8f-HKG\r\nContent-Length: 12\r\nset-cookie: a=b; path=/\r\n",
    ):
        head = b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n"
        assert plain_head(head + BODY) == (len(head), 12)


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_head_that_has_not_come_in_full_is_not_plain(cut: int) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n"
    assert len(head) == 39
    assert (plain_head(head[:cut]) is None) == (cut < 39)


def test_a_body_larger_than_any_is_refused_before_it_is_read() -> None:
    with Script(TIME, *[Cut(b"HTTP/1.1 200 OK\r\nContent-Length: 67108865\r\n\r\n{")] * 5) as server:
        transport = HttpTransport(server.url)
        assert isinstance(transport.send(request()), Received)
        assert transport.send(request()) == Failed(True, "cut (HTTPException)")
        transport.close()


def test_answers_of_every_form_on_one_connection() -> None:
    """A plain answer, one in pieces, a plain one: each is read whole, and nothing of it is left to the next."""
    row = b'{"code":"0","msg":"","data":[{"a":"2"}]}'
    pieces = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(row), row)
    with (
        Script(TIME, ok({"a": "1"}), pieces, ok({"a": "3"})) as server,
        Client(**KEYS, base_url=server.url, pace=False) as client,
    ):
        rows = [client._run(call(client._session, READ)).rows for _ in range(3)]
    assert rows == [[{"a": "1"}], [{"a": "2"}], [{"a": "3"}]]


# ---- requests


def request(target: str = "/api/v5/public/time", method: Any = "GET", body: bytes = b"", **more: str) -> Send:
    return Send(method, target, Headers(more), body, time.monotonic() + 5, repeatable=False)


def test_a_request_is_a_head_and_a_body_of_the_length_it_says() -> None:
    with Script(TIME) as server:
        transport = HttpTransport(server.url)
        transport.send(request("/api?ccy=USDT%2CBTC", "POST", b'{"a":"b"}', Accept="x/y"))
        transport.close()
    at = server.url.partition("//")[2].encode()
    assert server.requests == [
        b"POST /api?ccy=USDT%2CBTC HTTP/1.1\r\nHost: " + at + b'\r\nAccept: x/y\r\nContent-Length: 9\r\n\r\n{"a":"b"}'
    ]


@pytest.mark.parametrize(
    ("target", "field"),
    [
        ("/a b", "x"),
        ("/a\r\nX: y", "x"),
        ("/a\n", "x"),
        ("/a", "x\r\nY: z"),
        ("/a", "x\ny"),
        ("/a", "x\0"),
        ("/a", "\x7f"),
    ],
)
def test_what_would_begin_a_line_of_its_own_is_not_sent(target: str, field: str) -> None:
    with Script(TIME) as server:
        transport = HttpTransport(server.url)
        assert transport.send(request(target, Accept=field)) == Failed(True, "cut (ValueError)")
        transport.close()
        assert server.requests == []
