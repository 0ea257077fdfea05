"""Exchange of one request and its answer on a connection: the body so far, and the state of the answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msgspec import Struct

from tallystick.server.request import BODY_BYTES_MAX, Busy, Gone, TooLarge, announces_body, require_small

if TYPE_CHECKING:
    from tallystick.server.faults.delivery import Delivery
    from tallystick.server.protocol import Connection


class Exchange(Struct, eq=False):
    """One request and its answer; see `request.Request`."""

    connection: Connection
    method: str
    target: bytes
    path: bytes
    query: bytes
    headers: dict[bytes, bytes]
    peer: str
    has_body: bool
    keep_alive: bool = True
    expects: bool = False
    held: bytes | bytearray = b""
    """Part of the body that came and waits to be read."""
    passed_bytes: int = -1
    """Bytes of a body that is passed over; -1 where it is kept."""
    over: type[Exception] | None = None
    """Reason to keep no more of the body."""
    in_line: bool = False
    """True while it has its turn or waits for it."""
    begun: bool = False
    whole: bool = False
    answered: bool = False
    gone: bool = False
    seconds: float = 0.0
    """Time worked on it, for one that has to wait."""
    delivery: Delivery | None = None
    """Way the answer leaves; None is whole and at once."""
    waiter: asyncio.Future[None] | None = None

    @property
    def scheme(self) -> str:
        return self.connection.everybody.scheme

    async def body(self) -> bytes:
        require_small(self.headers)
        if self.expects and not self.whole and not self.held:
            self.expects = False
            self.connection.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if not self.whole or self.gone or self.over:
            await self.arrival()
        body = bytes(self.held)
        self.let_go()
        return body

    async def pass_over(self) -> int:
        """Count the body of a refused request without keeping it. A client that waits for 100 Continue sends none."""
        require_small(self.headers)
        if self.expects and not self.whole and not self.held:
            return 0
        self.passed_bytes = len(self.held)
        self.let_go()
        await self.arrival()
        return self.passed_bytes

    async def arrival(self) -> None:
        """Wait until the body is there. Raises as `body`."""
        while not (self.whole or self.gone or self.over):
            self.waiter = self.connection.loop.create_future()
            await self.waiter
        if self.gone:
            raise Gone
        if self.over:
            raise self.over

    def keep(self, piece: bytes) -> None:
        """Keep another piece of the body; none once the body is too large or the answer has left."""
        if self.answered or self.over:
            return
        everybody = self.connection.everybody
        if self.passed_bytes >= 0:
            self.passed_bytes += len(piece)
            if self.passed_bytes > BODY_BYTES_MAX:
                self.over = TooLarge
                self.wake()
            return
        if len(self.held) + len(piece) > BODY_BYTES_MAX:
            self.over = TooLarge
        elif everybody.body_bytes + len(piece) > everybody.bounds.body_bytes:
            self.over = Busy
        if self.over:
            self.let_go()
            self.wake()
            return
        if self.held:
            self.held += piece
        else:
            self.held = bytearray(piece)
        everybody.body_bytes += len(piece)

    def let_go(self) -> None:
        if self.held:
            self.connection.everybody.body_bytes -= len(self.held)
            self.held = b""

    def abandon(self) -> None:
        """Give up the exchange: the client has left."""
        self.gone = True
        self.let_go()
        self.wake()

    def wake(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)


def exchange_of(connection: Connection, method: str, target: bytes, headers: dict[bytes, bytes]) -> Exchange:
    """Exchange of a request whose head has come."""
    path, _, query = target.partition(b"?")
    return Exchange(
        connection=connection,
        method=method,
        target=target,
        path=path,
        query=query,
        headers=headers,
        peer=connection.peer,
        has_body=announces_body(headers),
    )
