"""Request headers that anybody looks at."""

from __future__ import annotations

from collections.abc import Iterable

from tallystick.server import auth

HEADERS = frozenset(
    {
        auth.KEY,
        auth.SIGN,
        auth.TIMESTAMP,
        auth.PASSPHRASE,
        b"accept-language",
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"exptime",
        b"host",
        b"origin",
        b"transfer-encoding",
    }
)
"""All that is ever looked at."""


def wanted(pairs: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """The headers anybody looks at. One sent twice is joined by a comma, and so fits nothing that it should."""
    headers: dict[bytes, bytes] = {}
    for name, value in pairs:
        if name in HEADERS:
            headers[name] = headers[name] + b", " + value if name in headers else value
    return headers
