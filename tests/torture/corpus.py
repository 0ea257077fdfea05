"""Malformed requests without end, made from a seed: lines, heads, bodies and frames that no client should send.

Each is refused by whoever keeps to the protocol, so that none may leave a trace in the journal.
"""

from __future__ import annotations

import base64
import json
import random
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.torture.served import Venue, headers_of

TRANSFER = ("/api/v5/asset/transfer", {"ccy": "BTC", "amt": "0.0001", "from": "18", "to": "6"})
ORDER = (
    "/api/v5/trade/order",
    {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.01", "px": "10000"},
)
BORROW = ("/api/v5/account/spot-manual-borrow-repay", {"ccy": "USDT", "side": "borrow", "amt": "10"})
REPAY = ("/api/v5/trade/one-click-repay-v2", {"debtCcy": "USDC", "repayCcyList": ["USDC", "BTC"]})
LOAN = (
    "/api/v5/finance/flexible-loan/borrow",
    {
        "loanData": {"ccy": "USDT", "amt": "10"},
        "collateralData": [{"ccy": "BTC", "amt": "0.001"}],
        "clOrdId": "loan1",
    },
)
PRIVATE: tuple[tuple[str, dict[str, Any]], ...] = (TRANSFER, ORDER, BORROW, REPAY)
CONTROL: tuple[tuple[str, dict[str, Any]], ...] = (
    ("clock/advance", {"by": "1h"}),
    ("market/price", {"instId": "BTC-USDT", "px": "40000"}),
    ("users/bob/balance", {"account": "trading", "ccy": "BTC", "amt": "1"}),
    ("users/bob/keys", {"permissions": ["read"]}),
    ("pools", {"ccy": "USDT", "amt": "5"}),
)
GETS = (
    "/api/v5/public/time",
    "/api/v5/public/instruments?instType=SPOT",
    "/api/v5/market/candles?instId=BTC-USDT&limit=5",
    "/api/v5/account/balance?ccy=BTC",
    "/api/v5/trade/one-click-repay-history-v2?after=1&limit=3",
    "/tally/v1/health",
)
SOCKETS = ("/ws/v5/public", "/ws/v5/private", "/ws/v5/business", "/tally/v1/stream")

FREE = frozenset(("clOrdId",))
"""A client may call its loan what it likes."""
NEVER_RIGHT: tuple[Any, ...] = (
    "",
    "--1",
    "abc",
    "NaN",
    "Infinity",
    "0x10",
    "１",
    "\u0000",
    "\ud800",
    "9" * 5_000,
    "1e999999",
    "1_000",
    {},
    [],
    [[]],
    {"a": 1},
    -(10**400),
    [None],
)
"""In the place of an amount, a coin or an identifier. Some control calls take an amount below zero."""

BROKEN_JSON = (
    b"",
    b" ",
    b"{",
    b"}",
    b"nul",
    b"NaN",
    b'{"a":}',
    b'{"a":1,}',
    b"{'a':1}",
    b'{"a":1}{"b":2}',
    b'{"a":"\xff\xfe"}',
    b'\xef\xbb\xbf{"a":1}',
    b'{"a":"\\u12"}',
    b'{"a":1e}',
    b'{"a":01}',
    b'{"a":"\x00"}',
    b"[" * 50_000,
    b'{"a":' * 20_000,
    b'"text"',
    b"17",
    b"null",
    b"true",
    b"\x00" * 100,
)

NAMES = (b"Host", b"Content-Length", b"Transfer-Encoding", b"Connection", b"Expect", b"Upgrade", b"X-Any", b"Cookie")
HEADER_LINES = (
    b"Host : h",
    b"Host",
    b": h",
    b"X-A: a\r\n folded",
    b"X-A: a\x00b",
    b"X-A: a\rb",
    b"X-\xff: a",
    b"X A: a",
    b"Content-Length: -1",
    b"Content-Length: +3",
    b"Content-Length: 1_0",
    b"Content-Length: 99999999999999999999999999",
    b"Content-Length: 3\r\nContent-Length: 4",
    b"Content-Length: 5\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    b"Content-Encoding: gzip",
    b"Expect: nothing",
    b"X-Long: " + b"a" * 20_000,
    b"\r\n".join(b"X-%d: a" % number for number in range(150)),
)
METHODS = (
    b"",
    b"get",
    b"G\x00T",
    b"GET GET",
    b"PRI",
    b"CONNECT",
    b"TRACE",
    b"DELETE",
    b"A" * 3_000,
    b"\xff",
    b"(",
    b"PUT",
)
TARGETS = (
    b"",
    b"*",
    b"http://other/api/v5/public/time",
    b"other:80",
    b"//api/v5/public/time",
    b"/api/v5/../tally/v1/health",
    b"/api/v5/public/%zz",
    b"/api/v5/public/time?%",
    b"/api/v5/public/time?a=%ff%fe&a=%00",
    b"/\xff\xfe",
    b"/api/v5/public/time\x01",
    b"/api/v5/public/time?" + b"a=1&" * 3_000,
    b"/" + b"a" * 9_000,
    b"/api/v5/market/candles?instId=" + b"B" * 6_000,
    b"/api/v5/market/candles?limit=999999999999999999999&after=-1&before=abc",
    b"/tally/v1/users/%2e%2e/keys",
    b"/tally/v1/journal?after=99999999999999999999",
)
VERSIONS = (b"HTTP/9.9", b"HTTP/1", b"HTTP/1.10", b"HTTP/2.0", b"http/1.1", b"", b"HTTP/1.1 ", b"ICY")
EXTENSIONS = (
    b"permessage-deflate; server_max_window_bits=99999",
    b"permessage-deflate; client_max_window_bits=x",
    b"permessage-deflate; a; b; c",
    b";;;,,,",
    b"\xff",
    b"permessage-deflate" + b", permessage-deflate" * 300,
    b'x; y="\\',
)


@dataclass(frozen=True)
class Sent:
    """`frames` are behind a handshake that was accepted, in the order they are sent."""

    kind: str
    raw: bytes
    frames: tuple[bytes, ...] = ()


class Corpus:
    """Requests against one venue, right in all but what is meant to be wrong."""

    def __init__(self, venue: Venue, seed: int) -> None:
        self._venue = venue
        self._draw = random.Random(seed)
        self._kinds: tuple[Callable[[], Sent], ...] = (
            self._line,
            self._head,
            self._flipped,
            self._cut,
            self._noise,
            self._body,
            self._body,
            self._fields,
            self._fields,
            self._control,
            self._chunks,
            self._handshake,
            self._frames,
            self._messages,
        )

    def __iter__(self) -> Iterator[Sent]:
        while True:
            yield self._draw.choice(self._kinds)()

    # ---- HTTP

    def _request(self, method: bytes, target: bytes, lines: tuple[bytes, ...] = (), body: bytes = b"") -> bytes:
        length = (b"Content-Length: %d" % len(body),) if body else ()
        return b"\r\n".join((b"%s %s HTTP/1.1" % (method, target), b"Host: 127.0.0.1", *length, *lines, b"", body))

    def _get(self) -> bytes:
        return self._request(b"GET", self._draw.choice(GETS).encode())

    def _line(self) -> Sent:
        part, draw = self._draw.randrange(3), self._draw
        method = draw.choice(METHODS) if part == 0 else b"GET"
        target = draw.choice(TARGETS) if part == 1 else b"/api/v5/public/time"
        version = draw.choice(VERSIONS) if part == 2 else b"HTTP/1.1"
        return Sent("line", b"%s %s %s\r\nHost: 127.0.0.1\r\n\r\n" % (method, target, version))

    def _head(self) -> Sent:
        line = self._draw.choice(HEADER_LINES)
        if self._draw.random() < 0.3:
            value = bytes(self._draw.randrange(256) for _ in range(self._draw.randrange(30)))
            line = self._draw.choice(NAMES) + b":" + value
        return Sent("head", b"POST /api/v5/asset/transfer HTTP/1.1\r\nHost: 127.0.0.1\r\n" + line + b"\r\n\r\n")

    def _flipped(self) -> Sent:
        """A request nobody signed, with some of its bytes changed."""
        path, body = self._draw.choice(PRIVATE)
        raw = bytearray(self._request(b"POST", path.encode(), body=json.dumps(body).encode()))
        for _ in range(self._draw.randint(1, 8)):
            raw[self._draw.randrange(len(raw))] = self._draw.randrange(256)
        return Sent("flipped", bytes(raw))

    def _cut(self) -> Sent:
        raw = self._signed(*self._draw.choice(PRIVATE))
        return Sent("cut", raw[: self._draw.randrange(len(raw) - 2)])

    def _noise(self) -> Sent:
        return Sent("noise", self._draw.randbytes(self._draw.randint(1, 2_000)))

    def _signed(self, path: str, body: object, raw: bytes | None = None) -> bytes:
        raw = json.dumps(body).encode() if raw is None else raw
        lines = headers_of(self._venue.alice, "POST", path, raw) | {"Content-Type": "application/json"}
        head = tuple(f"{name}: {value}".encode() for name, value in lines.items())
        return self._request(b"POST", path.encode(), head, raw)

    def _body(self) -> Sent:
        """Signed as it should be, but no JSON object."""
        path, body = self._draw.choice(PRIVATE)
        broken = self._draw.choice(BROKEN_JSON)
        if self._draw.random() < 0.3:
            whole = json.dumps(body).encode()
            broken = whole[: self._draw.randrange(1, len(whole) - 1)]
        return Sent("body", self._signed(path, body, broken))

    def _fields(self) -> Sent:
        """Signed JSON, one field of which is missing or can never be right."""
        path, body = self._draw.choice((*PRIVATE, LOAN))
        return Sent("fields", self._signed(path, self._spoilt(body)))

    def _spoilt(self, body: dict[str, Any]) -> dict[str, Any]:
        spoilt, name = dict(body), self._draw.choice([name for name in body if name not in FREE])
        if self._draw.random() < 0.2:
            del spoilt[name]
        else:
            spoilt[name] = self._draw.choice(NEVER_RIGHT)
        return spoilt

    def _control(self) -> Sent:
        path, body = self._draw.choice(CONTROL)
        raw = json.dumps(self._spoilt(body)).encode()
        if self._draw.random() < 0.5:
            raw = self._draw.choice(BROKEN_JSON) or b"["
        lines = (b"Authorization: Bearer " + self._venue.token.encode(), b"Content-Type: application/json")
        return Sent("control", self._request(b"POST", b"/tally/v1/" + path.encode(), lines, raw))

    def _chunks(self) -> Sent:
        sizes = (b"-1", b"0x1", b"zz", b"", b"ffffffffffffffff", b"1;" + b"a" * 20_000, b"1\x00", b"2", b" 1")
        body = b"".join(b"%s\r\na\r\n" % self._draw.choice(sizes) for _ in range(self._draw.randint(1, 4)))
        lines = (b"Transfer-Encoding: chunked",)
        return Sent("chunks", self._request(b"POST", b"/api/v5/asset/transfer", lines) + body + b"0\r\n\r\n")

    # ---- WebSocket

    def _opening(self, **changes: bytes) -> bytes:
        lines = {
            "Upgrade": b"websocket",
            "Connection": b"Upgrade",
            "Sec-WebSocket-Key": base64.b64encode(self._draw.randbytes(16)),
            "Sec-WebSocket-Version": b"13",
        } | {name.replace("_", "-"): value for name, value in changes.items()}
        head = tuple(name.encode() + b": " + value for name, value in lines.items())
        return self._request(b"GET", self._draw.choice(SOCKETS).encode(), head)

    def _handshake(self) -> Sent:
        wrong: dict[str, tuple[bytes, ...]] = {
            "Sec_WebSocket_Key": (b"", b"short", b"\xff" * 24, b"a" * 8_200),
            "Sec_WebSocket_Version": (b"", b"12", b"-1", b"13, 13", b"x" * 8_200),
            "Sec_WebSocket_Extensions": EXTENSIONS,
            "Sec_WebSocket_Protocol": (b",", b"\xff", b"a" * 8_200),
            "Connection": (b"close", b"", b"keep-alive, Upgrade, \xff"),
            "Origin": (b"http://evil.example", b"null", b"\xff"),
            "X_Long": (b"a" * 8_200, b"a" * 15_000),
        }
        name = self._draw.choice(list(wrong))
        opening = self._opening(**{name: self._draw.choice(wrong[name])})
        return Sent("handshake", opening + self._frame(1, b"ping") * self._draw.randrange(3))

    def _frame(self, opcode: int, payload: bytes, *, first: int = 0x80, mask: bool = True, length: int = -1) -> bytes:
        size = len(payload) if length < 0 else length
        head = bytes([first | opcode])
        bit = 0x80 if mask else 0
        if size < 126:
            head += bytes([bit | size])
        elif size < 65_536:
            head += struct.pack(">BH", bit | 126, size)
        else:
            head += struct.pack(">BQ", bit | 127, size)
        if not mask:
            return head + payload
        key = self._draw.randbytes(4)
        return head + key + bytes(byte ^ key[place % 4] for place, byte in enumerate(payload))

    def _close(self) -> bytes:
        return self._frame(8, struct.pack(">H", 1000))

    def _frames(self) -> Sent:
        """Frames that are against the protocol."""
        frame = self._frame
        wrong = (
            lambda: frame(self._draw.choice((3, 7, 11, 15)), b"x"),
            lambda: frame(1, b"x", first=0x80 | self._draw.choice((0x10, 0x20, 0x40, 0x70))),
            lambda: frame(1, b"ping", mask=False),
            lambda: frame(9, b"x" * 126),
            lambda: frame(9, b"x", first=0),
            lambda: frame(0, b"x"),
            lambda: frame(1, b"a", first=0) + frame(1, b"b"),
            lambda: frame(1, b"\xff\xfe"),
            lambda: frame(1, b"\xed\xa0\x80"),
            lambda: frame(2, b"\x00\x01"),
            lambda: frame(1, b"", length=2**63),
            lambda: frame(1, b"", length=2**40),
            lambda: frame(1, b"x" * 65_537),
            lambda: frame(8, b"\x03"),
            lambda: frame(8, struct.pack(">H", self._draw.choice((0, 999, 1004, 1005, 1006, 65_535)))),
            lambda: frame(8, b"\x03\xe8\xff\xff"),
            lambda: self._draw.randbytes(self._draw.randint(1, 400)),
        )
        return Sent("frames", self._opening(), (self._draw.choice(wrong)(), self._close()))

    def _messages(self) -> Sent:
        """Messages that say nothing the venue understands."""
        said: tuple[Any, ...] = (
            {"op": "nope"},
            {"op": []},
            {"op": "subscribe"},
            {"op": "subscribe", "args": [{"channel": "x" * 5_000}]},
            {"op": "subscribe", "args": [[], 1, None, {"channel": 7}]},
            {"op": "unsubscribe", "args": {}},
            {"op": "login", "args": [{"apiKey": "a", "passphrase": [], "timestamp": "x", "sign": 1}]},
            {"op": "order", "id": "1", "args": [ORDER[1]]},
            {"op": "order", "id": "\u0000", "args": "x"},
            {"op": "batch-orders", "id": "1", "args": [{}] * 200},
            {"id": {}, "op": "cancel-order"},
            "text",
            7,
            None,
            [],
        )
        texts = [*BROKEN_JSON, *(json.dumps(one).encode() for one in said)]
        chosen = (self._draw.choice(texts)[:60_000] for _ in range(self._draw.randint(1, 3)))
        return Sent("messages", self._opening(), (*(self._frame(1, text) for text in chosen), self._close()))
