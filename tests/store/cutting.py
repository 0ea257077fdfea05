"""A way to a server that can be cut in the middle of a write: before it is passed on, or before it is answered."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Literal

Where = Literal["", "request", "answer"]


class Way:
    """Passes bytes between clients and a server on a port of this machine. `cut_at` arms one cut of what comes next.

    "request" ends both connections with the client's next bytes, which the server never sees; "answer" passes them on,
    waits for what the server says, and ends both then: what was asked for has happened, and nobody was told.
    """

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._cut: Where = ""
        self.cuts = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_at(self, where: Where) -> None:
        self._cut = where

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self._server_port))
                except OSError:
                    # It is away: so is the way to it.
                    client.close()
                    continue
                for source, target, where in ((client, server, "request"), (server, client, "answer")):
                    threading.Thread(target=self._pass, args=(source, target, where), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, where: Where) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                if self._cut == where:
                    self._cut = ""
                    self.cuts += 1
                    break
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
