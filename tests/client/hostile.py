"""Hostile server for clients: answers a request with a head, and then with a piece without end for who reads it."""

from __future__ import annotations

import select
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final, NamedTuple

from tests.client.venue import TIME

INFLATED: Final = 2 << 30
BLOCK: Final = 1 << 22
DRIP_S: Final = 0.1


class Attack(NamedTuple):
    """Bytes that answer a request: `start` once, then `piece` again and again; `drips` has a pause before each.

    `large` answers are ended by their size, all others by their form or by the client's timeout.
    """

    start: bytes
    piece: bytes = b""
    drips: bool = False
    large: bool = False


def bomb() -> bytes:
    """A gzip of the beginning of an answer and two GiB of blanks: two MB.

    A block after a full flush stands for itself and is repeated. The checksum at the end is none: who gets there has
    inflated everything.
    """
    packer = zlib.compressobj(9, wbits=-15)
    start = packer.compress(b'{"code":"0","msg":"","data":[') + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(b" " * BLOCK) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + start + block * (INFLATED // BLOCK) + packer.flush() + bytes(8)


OK: Final = b"HTTP/1.1 200 OK\r\n"
CHUNKED: Final = OK + b"Transfer-Encoding: chunked\r\n\r\n"
ENDLESS: Final = {
    "headers": Attack(OK, b"X-Filler: 0123456789\r\n" * 100),
    "a header": Attack(OK + b"X-Filler: ", b"0123456789" * 100),
    "a status line": Attack(b"HTTP/1.1 200 ", b"0123456789" * 100),
    "interim answers": Attack(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 100),
    "a body": Attack(CHUNKED, b"10000\r\n%b\r\n" % (b" " * 65_536), large=True),
    "a body in single bytes": Attack(CHUNKED, b"1\r\n \r\n" * 1_000),
    "a chunk extension": Attack(CHUNKED + b"1;x=", b"0123456789" * 100),
    "trailers": Attack(CHUNKED + b"2\r\n{}\r\n0\r\n", b"X-Filler: 0123456789\r\n" * 100),
    "a body without a length": Attack(OK + b"Connection: close\r\n\r\n", b" " * 65_536, large=True),
    "a head byte by byte": Attack(OK + b"X-Filler: ", b"0", drips=True),
    "a body byte by byte": Attack(CHUNKED, b"1\r\n \r\n", drips=True),
}
"""Answers by what of them never ends."""


def bombs() -> dict[str, Attack]:
    """Answers that inflate."""
    packed = bomb()
    head = OK + b"Content-Encoding: gzip\r\n"
    return {
        "a bomb with a length": Attack(head + b"Content-Length: %d\r\n\r\n%b" % (len(packed), packed), large=True),
        "a bomb in pieces": Attack(
            head + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(packed), packed), large=True
        ),
    }


class Hostile:
    """The server. The first request of a connection that asks for the time is answered well, every other attacked."""

    def __init__(self, attack: Attack) -> None:
        self.attack = attack
        self.attacked = 0
        self.met = threading.Semaphore(0)
        """Released with each request that is attacked."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._over = threading.Event()
        self._workers: list[threading.Thread] = []

    def run(self) -> None:
        with suppress(OSError):
            while not self._over.is_set():
                connection, _ = self._listener.accept()
                worker = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                worker.start()
                self._workers.append(worker)

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(30)
        with connection, connection.makefile("rb") as reader, suppress(OSError):
            while head := _head(reader):
                if head.startswith(b"GET /api/v5/public/time "):
                    connection.sendall(TIME)
                    continue
                self.attacked += 1
                self.met.release()
                connection.sendall(self.attack.start)
                while self.attack.piece and not self._over.is_set():
                    if self.attack.drips and select.select([connection], [], [], DRIP_S)[0] and not reader.peek(1):
                        return
                    connection.sendall(self.attack.piece)

    def stop(self) -> None:
        self._over.set()
        with suppress(OSError):
            socket.create_connection(self._listener.getsockname(), 5).close()
        for worker in self._workers:
            worker.join(40)
        self._listener.close()


def _head(reader: object) -> bytes:
    """Head of the next request, b"" at the end of the connection. Its body is left: nobody answers what follows."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line: bytes = reader.readline()  # type: ignore[attr-defined]
        if not line:
            return b""
        head += line
    return head


@contextmanager
def hostile(attack: Attack) -> Iterator[Hostile]:
    """The server, in threads of its own."""
    server = Hostile(attack)
    accepting = threading.Thread(target=server.run, daemon=True)
    accepting.start()
    try:
        yield server
    finally:
        server.stop()
        accepting.join(30)
