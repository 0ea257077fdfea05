"""Interface of a request for the pipeline, the same for every door, and the limits of its body."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from tallystick.server.headers import wanted

if TYPE_CHECKING:
    from tallystick.server.faults.delivery import Delivery

BODY_BYTES_MAX = 64 * 1024


class TooLarge(Exception):
    """The body is longer than the server reads."""


class Busy(Exception):
    """The connections together hold as many bytes of bodies as the server keeps."""


class Gone(Exception):
    """The client left before the body was whole and waits for no answer."""


class Request(Protocol):
    """One request.

    `target` is path and query as they came, which clients sign. `headers` has only those of `headers.HEADERS`,
    `peer` is the address of the connection, `scheme` http or https.
    """

    method: str
    target: bytes
    path: bytes
    query: bytes
    headers: dict[bytes, bytes]
    peer: str
    delivery: Delivery | None
    """Way the answer leaves, if a fault sets one."""

    @property
    def scheme(self) -> str: ...

    @property
    def has_body(self) -> bool: ...

    @property
    def whole(self) -> bool:
        """True once the body is there, so that `body` waits for nothing."""

    async def body(self) -> bytes:
        """The whole body. Raises TooLarge, before reading where the length is stated, Busy and Gone."""

    async def pass_over(self) -> int:
        """Wait for the body without keeping it, and return its bytes. Raises as `body`, but never Busy."""


def announces_body(headers: dict[bytes, bytes]) -> bool:
    return b"content-length" in headers or b"transfer-encoding" in headers


def require_small(headers: dict[bytes, bytes]) -> None:
    """Check the stated length of the body. Raises TooLarge above the limit."""
    length = headers.get(b"content-length", b"0")
    if len(length) > 6 or int(length) > BODY_BYTES_MAX:
        raise TooLarge


class Whole:
    """Request that is complete from the start, without a network."""

    def __init__(
        self,
        method: str,
        target: bytes,
        pairs: Iterable[tuple[bytes, bytes]],
        body: bytes = b"",
        *,
        peer: str = "127.0.0.1",
    ) -> None:
        self.method = method
        self.target = target
        self.path, _, self.query = target.partition(b"?")
        self.headers = wanted(pairs)
        self.peer = peer
        self.scheme = "http"
        self.delivery: Delivery | None = None
        self.whole = True
        self._body = body

    @property
    def has_body(self) -> bool:
        return announces_body(self.headers)

    async def body(self) -> bytes:
        require_small(self.headers)
        if len(self._body) > BODY_BYTES_MAX:
            raise TooLarge
        return self._body

    async def pass_over(self) -> int:
        return len(await self.body())
