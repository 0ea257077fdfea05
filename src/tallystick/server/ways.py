"""Ways a request can come, and the code each has for a finding of a check."""

from __future__ import annotations

from enum import Enum
from typing import Final, Literal, TypeAlias


class Way(Enum):
    """Way of a request: HTTP, an order operation over a WebSocket after its login, or such a login."""

    HTTP = 0
    ORDER = 1
    LOGIN = 2


HTTP: Final = Way.HTTP
"""The usual way, under a name of its own: looking up a member of an enumeration costs more than a comparison."""


Finding: TypeAlias = Literal[
    "key missing",
    "passphrase missing",
    "signature missing",
    "timestamp missing",
    "timestamp form",
    "timestamp window",
    "key form",
    "key unknown",
    "address",
    "passphrase",
    "signature",
    "permission",
    "sub-account",
    "expired",
    "expiry form",
    "rate limit",
    "account mode",
]

CODES: Final[dict[Finding, tuple[str, str, str]]] = {
    # finding: HTTP, ORDER, LOGIN; "" where the way does not look
    "key missing": ("50103", "", "60027"),
    "passphrase missing": ("50104", "", "60027"),
    "signature missing": ("50106", "", "60027"),
    "timestamp missing": ("50107", "", "60027"),
    "timestamp form": ("50112", "", "60004"),
    "timestamp window": ("50102", "", "60006"),
    "key form": ("50111", "", "60005"),
    "key unknown": ("50119", "50119", "60032"),
    "address": ("50110", "", "60009"),
    "passphrase": ("50105", "", "60024"),
    "signature": ("50113", "", "60007"),
    "permission": ("50120", "50120", ""),
    "sub-account": ("59500", "59500", ""),
    "expired": ("50036", "50036", ""),
    "expiry form": ("51000", "51000", ""),
    "rate limit": ("50011", "50011", ""),
    "account mode": ("51010", "51010", ""),
}
"""Finding -> codes for HTTP, orders and logins (documented: error-code-rest-api, error-code-websocket-public)."""
