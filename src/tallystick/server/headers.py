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
        b"connection",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"expect",
        b"exptime",
        b"host",
        b"origin",
        b"sec-websocket-extensions",
        b"sec-websocket-key",
        b"sec-websocket-protocol",
        b"sec-websocket-version",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""All that is ever looked at."""


COMMON = (b"accept", b"accept-encoding", b"user-agent", b"x-simulated-trading")
"""Sent by most clients, and looked at by nobody."""


def _spellings(name: bytes) -> tuple[bytes, ...]:
    return name, name.upper(), b"-".join(map(bytes.capitalize, name.split(b"-")))


SPELLED: dict[bytes, bytes] = {spelled: name for name in HEADERS for spelled in _spellings(name)} | {
    spelled: b"" for name in COMMON for spelled in _spellings(name)
}
"""Usual spellings of names -> the name in lower case, "" for one that nobody looks at."""


def known(name: bytes) -> bytes:
    """The name in lower case, "" for one that nobody looks at."""
    name = name.lower()
    return name if name in HEADERS else b""


def wanted(pairs: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """The headers anybody looks at, names in lower case.

    One sent twice is joined by a comma, and so fits nothing that it should. White space around a value is not part
    of it (RFC 9110, 5.5).
    """
    headers: dict[bytes, bytes] = {}
    for spelled, value in pairs:
        name = known(spelled)
        if name:
            value = value.strip(b" \t")
            headers[name] = headers[name] + b", " + value if name in headers else value
    return headers
