"""The way bytes go in the sync half: kept connections that threads share, whose answers the standard library reads.

A transport has `send(step)`, which answers and never raises, `send_ahead(step)` and `receive` for a read whose answer
is due later, and `close()`. Redirects are not followed.
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
from collections import deque
from typing import Any, Final, Protocol
from urllib.parse import urlsplit
from weakref import WeakSet

from tallystick.client import heads
from tallystick.client.clock import monotonic
from tallystick.client.forks import watch
from tallystick.client.plugs import readable
from tallystick.client.steps import BODY_MAX, LATE_S, Failed, Received, Send

IDLE_MAX: Final = 64
"""Connections that are kept open while nobody uses them."""
IDLE_S: Final = 15.0
"""A connection that nobody used for longer is closed rather than used: the other side may be about to close it."""
AHEAD_S: Final = 1.0
"""An answer to a read that was sent ahead is used so long; later it might say what is true no more."""
CHUNK: Final = 65_536


class Transport(Protocol):
    """Sends one request and reads its answer, from any thread."""

    def send(self, step: Send) -> Received | Failed: ...
    def send_ahead(self, step: Send) -> UnderWay | None: ...
    def receive(self, under_way: UnderWay) -> Received | None: ...
    def close(self) -> None: ...


class _Until(io.RawIOBase):
    """Bytes from a socket until a deadline (monotonic, s), however slowly they come."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.set_timeout()
        return self._connection.plug.recv_into(buffer)


class _Socket:
    """Socket as http.client sees it: files that read until the deadline."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Until(self._connection), CHUNK)


class _Answer(http.client.HTTPResponse):
    """Answer after all the interim ones (1xx), such as early hints; http.client skips `100 Continue` alone."""

    def _read_status(self) -> tuple[str, int, str]:
        read: Any = super()
        version, status, reason = read._read_status()
        interim = 100 <= status < 200 and status != http.client.SWITCHING_PROTOCOLS
        return version, http.client.CONTINUE if interim else status, reason


class Connection:
    """One connection to the host; used by one request at a time."""

    def __init__(self, host: str, port: int, context: Any) -> None:
        self.deadline = 0.0
        self.used_at = 0.0
        self._timeout = -1.0
        self._host, self._port, self._context = host, port, context
        self.usable = False

    def left(self) -> float:
        """Seconds to the deadline of the request under way. Raises TimeoutError where there are none."""
        left = self.deadline - monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return left

    def set_timeout(self) -> None:
        """Have the socket wait until the deadline, or a little longer: setting its timeout costs a system call."""
        left = self.left()
        if not left <= self._timeout <= left + LATE_S:
            self.plug.settimeout(left)
            self._timeout = left

    def connect(self) -> None:
        plug = self._reached()
        plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context is not None:
            try:
                plug.settimeout(self.left())
                plug = self._context.wrap_socket(plug, server_hostname=self._host)
            except BaseException:
                plug.close()
                raise
        self._timeout = -1.0
        self.plug: socket.socket = plug
        self.usable = True

    def _reached(self) -> socket.socket:
        """A connection to the first address of the host that takes one; each may take its share of the time left."""
        addresses = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        for number, (family, kind, protocol, _, address) in enumerate(addresses, 1):
            plug = socket.socket(family, kind, protocol)
            try:
                plug.settimeout(self.left() / (len(addresses) - number + 1))
                plug.connect(address)
                return plug
            except OSError:
                plug.close()
                if number == len(addresses):
                    raise
            except BaseException:
                plug.close()
                raise
        raise OSError("the host has no address")

    def quiet(self) -> bool:
        """False where the other side has closed it, or sent what no request asked for."""
        plug: Any = self.plug
        decrypted = self._context is not None and plug.pending()
        return not decrypted and not readable(plug.fileno())

    def send(self, step: Send, host: str) -> None:
        """Send a request. Raises OSError, and Unsendable before anything is sent."""
        self.set_timeout()
        self.plug.sendall(heads.request(step, host))

    def receive(self, method: str) -> Received:
        """Read the answer. Raises OSError and http.client.HTTPException."""
        plug: Any = _Socket(self)
        answer = _Answer(plug, method=method)
        answer.begin()
        body = answer.read(BODY_MAX + 1)
        if len(body) > BODY_MAX:
            raise http.client.HTTPException(f"the body is larger than {BODY_MAX} bytes")
        if answer.length:
            raise http.client.IncompleteRead(b"", answer.length)
        if answer.will_close:
            self.close()
        return Received(answer.status, body)

    def close(self) -> None:
        self.usable = False
        self.plug.close()


class UnderWay:
    """A read that was sent, and whose answer was not received yet. Whoever lets go of it closes its connection."""

    def __init__(self, connection: Connection, step: Send) -> None:
        self._connection: Connection | None = connection
        self.step = step
        self.until = min(monotonic() + AHEAD_S, step.deadline)

    def taken(self) -> Connection | None:
        """Give the connection away: None where that was done."""
        connection, self._connection = self._connection, None
        return connection

    def drop(self) -> None:
        """Close the connection where nobody has taken it."""
        connection = self.taken()
        if connection is not None:
            connection.close()

    __del__ = drop


class HttpTransport:
    """Connections to one host by the standard library. `url` is scheme and authority."""

    def __init__(self, url: str, *, ca: str | None = None) -> None:
        parts = urlsplit(url)
        self._authority = parts.netloc
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._context: Any = None
        if parts.scheme == "https":
            import ssl

            self._context = ssl.create_default_context(cafile=ca)
        self._idle: deque[Connection] = deque(maxlen=IDLE_MAX)
        self._under_way: WeakSet[UnderWay] = WeakSet()
        self._lock = threading.Lock()
        self._closed = False
        watch(self)

    def send(self, step: Send) -> Received | Failed:
        """One attempt. A read on a kept connection that turns out closed is sent once more, on a new one."""
        connection = self._kept()
        if connection is not None:
            result = self._on(connection, step)
            if isinstance(result, Received) or not step.repeatable or monotonic() >= step.deadline:
                return result
        connection = Connection(self._host, self._port, self._context)
        connection.deadline = step.deadline
        try:
            connection.connect()
        except (OSError, UnicodeError) as error:
            return Failed(False, _reason("no connection", error))
        return self._on(connection, step)

    def send_ahead(self, step: Send) -> UnderWay | None:
        """Send a read over a connection that is open. None where there is none, or it does not take the request."""
        connection = self._kept()
        if connection is None:
            return None
        connection.deadline = step.deadline
        try:
            connection.send(step, self._authority)
        except (OSError, ValueError):
            connection.close()
            return None
        except BaseException:
            connection.close()
            raise
        under_way = UnderWay(connection, step)
        with self._lock:
            if not self._closed:
                self._under_way.add(under_way)
                return under_way
        return None

    def receive(self, under_way: UnderWay) -> Received | None:
        """The answer to a read that was sent ahead. None where it was cut off or is too late: then it is sent anew."""
        with self._lock:
            self._under_way.discard(under_way)
            connection = under_way.taken() if monotonic() < under_way.until else None
        if connection is None:
            under_way.drop()
            return None
        result = self._on(connection, under_way.step, sent=True)
        return result if isinstance(result, Received) else None

    def _on(self, connection: Connection, step: Send, *, sent: bool = False) -> Received | Failed:
        connection.deadline = step.deadline
        try:
            if not sent:
                connection.send(step, self._authority)
            result = connection.receive(step.method)
        except heads.Unsendable as error:
            connection.close()
            return Failed(False, str(error))
        except (OSError, http.client.HTTPException, ValueError) as error:
            connection.close()
            return Failed(True, _reason("cut", error))
        except BaseException:
            connection.close()
            raise
        if connection.usable:
            connection.used_at = monotonic()
            self._keep(connection)
        return result

    def _kept(self) -> Connection | None:
        """A connection that was kept, which the other side has not closed, and on which nothing came unasked."""
        now = monotonic()
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if now - connection.used_at < IDLE_S and connection.quiet():
                return connection
            connection.close()

    def _keep(self, connection: Connection) -> None:
        with self._lock:
            if not self._closed:
                if len(self._idle) == IDLE_MAX:
                    self._idle.popleft().close()
                self._idle.append(connection)
                return
        connection.close()

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        while self._idle:
            self._idle.pop().close()
        for under_way in list(self._under_way):
            under_way.drop()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            idle = list(self._idle)
            self._idle.clear()
            idle += filter(None, [under_way.taken() for under_way in self._under_way])
        for connection in idle:
            connection.close()


def _reason(what: str, error: BaseException) -> str:
    """The cause in words. An error of a library is named by its kind and its own text, which hold no header."""
    if isinstance(error, TimeoutError):
        return "no answer in time" if what == "cut" else "no connection in time"
    if isinstance(error, http.client.IncompleteRead):
        return "the answer was cut off"
    words = f": {error}" if isinstance(error, OSError) else ""
    return f"{what} ({type(error).__name__}{words})"
