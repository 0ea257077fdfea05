"""Request headers that the server reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tallystick.server import auth

PASSED = b"x-tally-passed"
"""Header of a request that another server of the same database passed on; only a server of several looks at it."""

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
        PASSED,
    }
)
"""Names of all headers that the server reads."""


COMMON = (b"accept", b"accept-encoding", b"user-agent", b"x-simulated-trading")
"""Names that most clients send and the server never reads."""


def _spellings(name: bytes) -> tuple[bytes, ...]:
    return name, name.upper(), b"-".join(map(bytes.capitalize, name.split(b"-")))


def known(name: bytes) -> bytes:
    """The name in lower case, "" for one that is not read."""
    name = name.lower()
    return name if name in HEADERS else b""


class Spellings(dict[bytes, bytes]):
    """Usual spellings of names -> what `known` says of them. Any other name is asked for without being kept."""

    def __missing__(self, name: bytes) -> bytes:
        return known(name)


SPELLED: Final = Spellings({spelled: known(name) for name in (*HEADERS, *COMMON) for spelled in _spellings(name)})


def wanted(pairs: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Headers that the server reads, names in lower case.

    Values of a header sent twice are joined by a comma, and so match no expected form. White space around a value is
    not part of it (RFC 9110, 5.5).
    """
    headers: dict[bytes, bytes] = {}
    for spelled, value in pairs:
        name = SPELLED[spelled]
        if name:
            value = value.strip(b" \t")
            headers[name] = headers[name] + b", " + value if name in headers else value
    return headers
