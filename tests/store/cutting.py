"""A way to a server that can be cut in the middle of a write: before it is passed on, or before it is answered."""

from __future__ import annotations

import itertools
import socket
import threading
from contextlib import suppress
from typing import Literal

Where = Literal["", "request", "answer"]


class Way:
    """Passes bytes between clients and a server on a port of this machine. `cut_at` arms one cut of what comes next.

    "request" ends both connections with the client's next bytes, which the server never sees; "answer" passes them on,
    waits for what the server says, and ends both then: what was asked for has happened, and nobody was told. With `on`
    it is not the next bytes, but the next that have these in them; `after` lets so many pass first.
    """

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._cut: Where = ""
        self._on = b""
        self._after = 0
        self._answer_cut_of: int | None = None
        """Number of the connection whose next answer is cut. Its server may end before it says one."""
        self.cuts = 0
        self.requests = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_at(self, where: Where, on: bytes = b"", *, after: int = 0) -> None:
        self._cut, self._on, self._after = where, on, after
        if not where:
            self._answer_cut_of = None

    def close(self) -> None:
        # Who waits for a connection is told, and takes no other one.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            for number in itertools.count():
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self._server_port))
                except OSError:
                    # It is away: so is the way to it.
                    client.close()
                    continue
                for source, target, where in ((client, server, "request"), (server, client, "answer")):
                    threading.Thread(target=self._pass, args=(number, source, target, where), daemon=True).start()

    def _pass(self, number: int, source: socket.socket, target: socket.socket, where: Where) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if self._cuts(number, where, data):
                    self.cuts += 1
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _cuts(self, number: int, where: Where, data: bytes) -> bool:
        """True where these bytes of connection `number` are the ones to be cut."""
        if where == "answer":
            if self._answer_cut_of != number:
                return False
            self._answer_cut_of = None
            return True
        self.requests += 1
        if not self._cut or self._on not in data:
            return False
        if self._after:
            self._after -= 1
            return False
        cut, self._cut = self._cut, ""
        if cut == "answer":
            self._answer_cut_of = number
        return cut == "request"
