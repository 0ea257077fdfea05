"""Clients that want to hurt, each in a process of its own: `python -m tests.torture.hostile KIND PORT SECONDS`.

Each opens a few connections and does one thing as fast as it can, until all of them have ended, the time is over or it
is told to (SIGTERM). Then it says as JSON what came of it.
"""

from __future__ import annotations

import base64
import json
import os
import selectors
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable

CONNECTIONS = 4
PIECE = 256 * 1024
TAKEN_BYTES = 4 * 1024
"""The system takes so much in the stead of a client that does not read."""
SEGMENT_BYTES = 1_400
"""As over a network. On loopback a segment has 64 KiB, and a server takes megabytes of such until its system is full;
of these it takes 150 KB, on every machine."""


class Line:
    """One connection. It sends `flood` over and over as fast as it is taken, and reads where `reads` is set."""

    def __init__(self, port: int, opening: bytes, flood: bytes, *, reads: bool) -> None:
        self.socket = socket.socket()
        self.socket.settimeout(10)
        # Both have to be said before the connection is made.
        if not reads:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, TAKEN_BYTES)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BYTES)
        self.socket.connect(("127.0.0.1", port))
        self.flood = flood
        self.reads = reads
        self.sent = self.received = 0
        self.ended_at = 0.0
        self._rest = memoryview(flood)
        if opening:
            self.socket.sendall(opening)
            while not self.socket.recv(65_536).endswith(b"\r\n\r\n"):
                continue
        self.socket.setblocking(False)

    def write(self) -> None:
        try:
            taken = self.socket.send(self._rest)
        except BlockingIOError:
            return
        except OSError:
            self._end()
            return
        self.sent += taken
        self._rest = self._rest[taken:] or memoryview(self.flood)

    def read(self) -> None:
        try:
            piece = self.socket.recv(PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        self.received += len(piece)
        if not piece:
            self._end()

    def _end(self) -> None:
        self.ended_at = time.monotonic()


def frame(opcode: int, payload: bytes, first: int = 0x80) -> bytes:
    """Masked with zeros, which is allowed."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else struct.pack(">BH", 0x80 | 126, size)
    return bytes([first | opcode]) + length + bytes(4) + payload


def opening(path: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


GET = b"GET /api/v5/public/time HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
LARGE = b"GET /api/v5/public/instruments?instType=SPOT HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
COSTLY = b"GET /api/v5/market/history-candles?instId=BTC-USDT&limit=300 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
BODY = b"x" * 60_000
POST = b"POST /api/v5/asset/transfer HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
SUBSCRIBE = json.dumps({"op": "subscribe", "args": [{"channel": "books", "instId": "BTC-USDT"}]}).encode()
NOT_SUBSCRIBED = json.dumps({"op": "unsubscribe", "args": [{"channel": "nope" * 200}] * 10}).encode()

KINDS: dict[str, tuple[str, bytes, bool]] = {
    "pipelining, not read": ("", GET * 2_000, False),
    "pipelining, read": ("", GET * 2_000, True),
    "large answers, not read": ("", LARGE * 2_000, False),
    "costly answers, read": ("", COSTLY * 200, True),
    "bodies, not read": ("", POST * 8, False),
    "pings, not read": ("/ws/v5/public", frame(9, b"x" * 125) * 500, False),
    "pings, read": ("/ws/v5/public", frame(9, b"x" * 125) * 500, True),
    "pongs nobody asked for": ("/ws/v5/public", frame(10, b"x" * 125) * 500, True),
    "text pings, not read": ("/ws/v5/public", frame(1, b"ping") * 2_000, False),
    "text pings, read": ("/ws/v5/public", frame(1, b"ping") * 2_000, True),
    "operations, not read": ("/ws/v5/public", frame(1, NOT_SUBSCRIBED) * 50, False),
    "operations, read": ("/ws/v5/public", frame(1, SUBSCRIBE) * 200, True),
    "empty pieces": ("/ws/v5/public", frame(1, b"", first=0) + frame(0, b"", first=0) * 5_000, True),
    "chunks of one byte": (
        "",
        b"POST /api/v5/asset/transfer HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"1\r\nx\r\n" * 5_000
        + b"0\r\n\r\n",
        True,
    ),
    "blank lines": ("", b"\r\n" * 50_000, True),
}


def attack(kind: str, port: int, seconds: float) -> dict[str, object]:
    path, flood, reads = KINDS[kind]
    lines = [Line(port, opening(path) if path else b"", flood, reads=reads) for _ in range(CONNECTIONS)]
    began = time.monotonic()
    told: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: told.append(number))
    chosen = selectors.DefaultSelector()
    for one in lines:
        wanted = selectors.EVENT_WRITE | (selectors.EVENT_READ if one.reads else 0)
        chosen.register(one.socket, wanted, one)
    while chosen.get_map() and not told and time.monotonic() - began < seconds:
        for key, events in chosen.select(0.1):
            line: Line = key.data
            if events & selectors.EVENT_WRITE:
                line.write()
            if events & selectors.EVENT_READ:
                line.read()
            if line.ended_at:
                chosen.unregister(line.socket)
                line.socket.close()
    return {
        "kind": kind,
        "sent": sum(line.sent for line in lines),
        "received": sum(line.received for line in lines),
        "ended_s": [round(line.ended_at - began, 1) for line in lines if line.ended_at],
    }


def main(arguments: list[str], say: Callable[[str], None]) -> None:
    kind, port, seconds = arguments
    say(json.dumps(attack(kind, int(port), float(seconds))))


if __name__ == "__main__":
    main(sys.argv[1:], print)
