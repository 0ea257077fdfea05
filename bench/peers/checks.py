"""The checks that both peers make before an endpoint runs, free of any framework.

Same list and order as the venue's pipeline: headers present, timestamp form, timestamp window, key, IP, passphrase,
signature over the raw target and raw body, permission, rate limit. Each refusal carries OKX's code, HTTP status and
text. Both peers call the same functions, so what differs between them is the framework alone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

WINDOW_MS = 30_000


class Refused(Exception):
    """A request that is turned away. Answered as {"code", "msg"}, with `data` unless the gateway refused it."""

    def __init__(self, code: str, message: str, http_status: int, *, with_data: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.http_status = http_status
        self.with_data = with_data

    def body(self) -> dict[str, object]:
        """The answer's envelope."""
        if self.with_data:
            return {"code": self.code, "data": [], "msg": self.message}
        return {"msg": self.message, "code": self.code}


@dataclass(frozen=True, slots=True)
class Key:
    """One API key as it stands in the table `api_key`."""

    api_key: str
    secret: bytes
    salt: bytes
    passphrase_hash: bytes
    user_id: int
    permissions: frozenset[str]
    ips: frozenset[str]
    label: str


class Headers(Protocol):
    """What both frameworks' header objects have in common; the lookup ignores case."""

    def get(self, key: str, /) -> str | None: ...


def authenticate(
    headers: Headers,
    method: str,
    target: str,
    body: bytes,
    client_ip: str,
    find_key: Callable[[str], Key | None],
) -> Key:
    """The key that signed this request. `target` is the path with its query exactly as sent.

    Raises Refused, the first that applies of: 50103 50104 50106 50107 (header missing), 50112, 50102, 50119, 50110,
    50105, 50113.
    """
    api_key = headers.get("OK-ACCESS-KEY")
    if not api_key:
        raise Refused("50103", 'Request header "OK-ACCESS-KEY" cannot be empty.', 401)
    passphrase = headers.get("OK-ACCESS-PASSPHRASE")
    if not passphrase:
        raise Refused("50104", 'Request header "OK-ACCESS-PASSPHRASE" cannot be empty.', 401)
    signature = headers.get("OK-ACCESS-SIGN")
    if not signature:
        raise Refused("50106", 'Request header "OK-ACCESS-SIGN" cannot be empty.', 401)
    timestamp = headers.get("OK-ACCESS-TIMESTAMP")
    if not timestamp:
        raise Refused("50107", 'Request header "OK-ACCESS-TIMESTAMP" cannot be empty.', 401)
    if abs(time.time() * 1000 - timestamp_ms(timestamp)) > WINDOW_MS:
        raise Refused("50102", "Timestamp request expired.", 401)
    key = find_key(api_key)
    if key is None:
        raise Refused("50119", "API key doesn't exist", 401)
    if key.ips and client_ip not in key.ips:
        raise Refused("50110", "Your IP is not on the list of this API key", 401)
    if not hmac.compare_digest(hash_passphrase(key.salt, passphrase), key.passphrase_hash):
        raise Refused("50105", 'Request header "OK-ACCESS-PASSPHRASE" incorrect.', 401)
    expected = sign(key.secret, timestamp, method, target, body)
    if not hmac.compare_digest(expected, signature.encode("latin-1", "replace")):
        raise Refused("50113", "Invalid Sign", 401)
    return key


def permit(key: Key, permission: str) -> None:
    """Refuse with 50120 a key without `permission` ("read_only" or "trade")."""
    if permission not in key.permissions:
        raise Refused("50120", "This API key doesn't have permission to use this function", 401)


def timestamp_ms(text: str) -> float:
    """Unix milliseconds of an ISO time in UTC with three decimals; 50112 for any other form."""
    if len(text) != 24 or text[-1] != "Z" or text[10] != "T" or text[19] != ".":
        raise Refused("50112", "Invalid OK-ACCESS-TIMESTAMP.", 401)
    try:
        return datetime.fromisoformat(text).timestamp() * 1000
    except ValueError:
        raise Refused("50112", "Invalid OK-ACCESS-TIMESTAMP.", 401) from None


def sign(secret: bytes, timestamp: str, method: str, target: str, body: bytes) -> bytes:
    """Base64 of HMAC-SHA256 over timestamp, method, target and body."""
    message = f"{timestamp}{method}{target}".encode() + body
    return base64.b64encode(hmac.digest(secret, message, "sha256"))


def hash_passphrase(salt: bytes, passphrase: str) -> bytes:
    """Salted SHA-256: the passphrase of an API key is a long random text, so a slow hash would add nothing."""
    return hashlib.sha256(salt + passphrase.encode()).digest()


class SlidingWindow:
    """At most `count` requests in any `period_ms`, for each (user, endpoint)."""

    def __init__(self) -> None:
        self._passed: dict[tuple[int, str], deque[float]] = {}
        self._lock = threading.Lock()

    def check(self, user_id: int, endpoint: str, count: int, period_ms: int) -> None:
        """Let one request pass or refuse it with 50011."""
        now = time.monotonic() * 1000
        with self._lock:
            passed = self._passed.setdefault((user_id, endpoint), deque())
            while passed and passed[0] <= now - period_ms:
                passed.popleft()
            if len(passed) >= count:
                raise Refused("50011", "Too Many Requests", 429)
            passed.append(now)
