"""Connections that are left half-way: every state of one from which nothing more comes, or a byte now and then."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass

from tests.torture.hostile import frame, opening

POST = b"POST /api/v5/asset/transfer HTTP/1.1\r\nHost: 127.0.0.1\r\n"
TIME = b"GET /api/v5/public/time HTTP/1.1\r\nHost: 127.0.0.1\r\n"
UPGRADE = opening("/ws/v5/public")


@dataclass(frozen=True)
class State:
    """`first` is sent at once, `then` where the handshake was accepted, and a byte of `drips` every half second."""

    name: str
    first: bytes
    then: bytes = b""
    drips: bytes = b""

    @property
    def handshake(self) -> bool:
        return b"Upgrade" in self.first


def _with_line(line: bytes) -> bytes:
    return UPGRADE.replace(b"\r\n\r\n", b"\r\n" + line + b"\r\n\r\n")


HTTP = (
    State("nothing", b""),
    State("a letter", b"G"),
    State("blank lines", b"\r\n\r\n"),
    State("half a head", TIME),
    State("a head drop by drop", b"GET ", drips=b"/api/v5/public/time?" + b"a" * 1_000),
    State("blank lines drop by drop", b"", drips=b"\r\n" * 500),
    State("half a body", POST + b"Content-Length: 100\r\n\r\n{ "),
    State("a body drop by drop", POST + b"Content-Length: 1000\r\n\r\n", drips=b" " * 1_000),
    State("half a chunk", POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab"),
    State("chunks drop by drop", POST + b"Transfer-Encoding: chunked\r\n\r\n", drips=b"1\r\nx\r\n" * 200),
    State("no trailer's end", POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n"),
    State("a go-ahead asked for", POST + b"Expect: 100-continue\r\nContent-Length: 10\r\n\r\n"),
    State("idle behind an answer", TIME + b"\r\n"),
    State("a second head half-way", TIME + b"\r\n" + TIME),
    State("refused, and it stays", b"\x16\x03\x01\x02\x00\x01\x00"),
    State("too large, and it stays", TIME + b"X: " + b"a" * 40_000),
    State("half a handshake", UPGRADE[:-10]),
    State("a handshake drop by drop", UPGRADE[:-2] + b"X: ", drips=b"a" * 1_000),
    State("a long line in a handshake", _with_line(b"X: " + b"a" * 8_200)),
    State("a longer line in a handshake", _with_line(b"X: " + b"a" * 12_000)),
    State("many lines in a handshake", _with_line(b"\r\n".join(b"X-%d: a" % n for n in range(90)))),
    State("a handshake without a key", UPGRADE.replace(b"Sec-WebSocket-Key", b"X")),
    State("a handshake of another version", UPGRADE.replace(b"Version: 13", b"Version: 7")),
)
SOCKETS = (
    State("a socket, idle", UPGRADE),
    State("a socket, half a frame", UPGRADE, frame(1, b"x" * 100)[:50]),
    State("a socket, half a message", UPGRADE, frame(1, b"x", first=0)),
    State("a socket, a frame drop by drop", UPGRADE, frame(1, b"x" * 1_000)[:8], drips=b"x" * 1_000),
    State("a socket, half a close", UPGRADE, frame(8, b"\x03\xe8")[:3]),
    State("a socket, cut off, and it stays", UPGRADE, frame(2, b"x")),
    State("a socket, wrong, and it stays", UPGRADE, frame(3, b"x")),
    State(
        "a socket, wrong extensions with bytes behind",
        _with_line(b"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99999") + frame(1, b"ping"),
    ),
)


class Held:
    """One connection in such a state. `ended_s` is when the venue ended it, from when it was opened; 0 is not yet."""

    def __init__(self, port: int, state: State) -> None:
        self.state = state
        self.began = time.monotonic()
        self.ended_s = 0.0
        self.received = b""
        self._dripped = 0
        self._said_then = not state.then
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        if state.first:
            self.socket.sendall(state.first)
        self.socket.setblocking(False)

    def look(self) -> None:
        """Read what came, and send what is due."""
        if self.ended_s:
            return
        try:
            piece = self.socket.recv(65_536)
            self.received += piece
            if not piece:
                self._end()
            elif not self._said_then and b"\r\n\r\n" in self.received:
                self._said_then = True
                self.socket.sendall(self.state.then)
        except BlockingIOError:
            pass
        except OSError:
            self._end()
        due = int((time.monotonic() - self.began) * 2)
        if not self.ended_s and self._dripped < due and self._said_then:
            drop = self.state.drips[self._dripped : due]
            self._dripped = due
            try:
                self.socket.send(drop)
            except OSError:
                self._end()

    def _end(self) -> None:
        self.ended_s = time.monotonic() - self.began
        self.socket.close()
