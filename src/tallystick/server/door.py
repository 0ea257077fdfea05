"""Door of the server: it accepts connections, counts them, and does the TLS handshake where there is one."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl

from tallystick.server.auth import plain_text
from tallystick.server.connections import Connections
from tallystick.server.protocol import Connection
from tallystick.venue.clock import stopwatch

log = logging.getLogger("tallystick")

ACCEPTED_AT_ONCE = 32
"""Connections accepted in one round of the loop."""
ACCEPTED_WHILE_OTHERS_WAIT = 8
"""Connections accepted in a round while others wait; each takes about 0.1 ms until its first request waits."""
ACCEPTING_SECONDS = 0.001
"""Longest time of a round for accepting, apart from the connection under way at its end."""
HANDSHAKE_SECONDS_MAX = 8
"""Longest TLS handshake."""
SHUTDOWN_SECONDS_MAX = 5
"""Longest end of TLS."""
REST_SECONDS = 1
"""Pause in accepting when the system has no more open files."""
EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Door:
    """Acceptor of connections. `listener` is not blocking and stays the caller's."""

    def __init__(self, listener: socket.socket, everybody: Connections, context: ssl.SSLContext | None = None) -> None:
        self.listener = listener
        self.everybody = everybody
        self.context = context
        self.loop = everybody.loop
        self._resting: asyncio.TimerHandle | None = None

    def let_in(self) -> None:
        self._resting = None
        self.loop.add_reader(self.listener, self._accept)

    def close(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
        self.loop.remove_reader(self.listener)

    def _accept(self) -> None:
        turns, began = self.everybody.turns, stopwatch()
        for _ in range(ACCEPTED_WHILE_OTHERS_WAIT if turns.line else ACCEPTED_AT_ONCE):
            if not self._accept_one():
                break
            if stopwatch() - began >= ACCEPTING_SECONDS:
                break
        turns.spent += stopwatch() - began

    def _accept_one(self) -> bool:
        """Accept one connection; True if there may be more."""
        try:
            accepted, address = self.listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return False
        except OSError as problem:
            if problem.errno not in EXHAUSTED:
                raise
            self._rest(problem)
            return False
        peer = plain_text(address[0])
        if self.everybody.admit(peer):
            self.everybody.look_after(self.loop.create_task(self._lead_in(accepted, peer)))
        else:
            accepted.close()
        return True

    def _rest(self, problem: OSError) -> None:
        log.warning("no connections are accepted for a moment: %s", problem.strerror)
        self.loop.remove_reader(self.listener)
        self._resting = self.loop.call_later(REST_SECONDS, self.let_in)

    async def _lead_in(self, accepted: socket.socket, peer: str) -> None:
        connection = Connection(self.everybody, peer)
        timeouts = {}
        if self.context is not None:
            timeouts = {"ssl_handshake_timeout": HANDSHAKE_SECONDS_MAX, "ssl_shutdown_timeout": SHUTDOWN_SECONDS_MAX}
        try:
            accepted.setblocking(False)
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await self.loop.connect_accepted_socket(lambda: connection, accepted, ssl=self.context, **timeouts)
        except OSError:
            # The client has left, or did not finish the TLS handshake in time: no answer can reach it.
            accepted.close()
        finally:
            if not connection.joined:
                self.everybody.release(peer)
