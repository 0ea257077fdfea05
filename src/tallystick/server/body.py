"""What ASGI hands over, and reading a request's body, never more of it than BODY_BYTES_MAX."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

Message: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

BODY_BYTES_MAX = 64 * 1024


class TooLarge(Exception):
    """The body is longer than the server reads."""


class Gone(Exception):
    """The client left before the body was whole; nobody waits for an answer."""


async def read_body(headers: dict[bytes, bytes], receive: Receive) -> bytes:
    """The whole body. Raises TooLarge, before reading where the length is stated, and Gone."""
    length = headers.get(b"content-length", b"0")
    if len(length) > 6 or int(length) > BODY_BYTES_MAX:
        raise TooLarge
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        body += message["body"]
        if len(body) > BODY_BYTES_MAX:
            raise TooLarge
        if not message["more_body"]:
            return bytes(body)
