"""What ASGI hands over, and reading a request's body, never more of it than BODY_BYTES_MAX."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

Message: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

BODY_BYTES_MAX = 64 * 1024
TARGET = "tallystick.target"
"""Entry of the scope: the request target as it came. ASGI's own entries are the same for `/path?` and `/path`."""


class TooLarge(Exception):
    """The body is longer than the server reads."""


class Gone(Exception):
    """The client left before the body was whole; nobody waits for an answer."""


def target_of(scope: Scope) -> bytes:
    """Path and query as they came, which is what a client signs.

    A server that does not say (any but ours, where the app is embedded) loses a question mark with nothing behind it.
    """
    target: bytes | None = scope.get(TARGET)
    if target is None:
        query: bytes = scope["query_string"]
        target = scope["raw_path"] + b"?" + query if query else scope["raw_path"]
    return target


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
