"""The signature of a private call, made by clients and checked by the venue with the same words.

HMAC-SHA256 keyed with the secret over timestamp + METHOD + target + body, as standard base64 with
padding. Target and body are taken exactly as they travel, never rebuilt: clients differ in how they
encode a comma and where they put blanks. Source: documented (overview-rest-authentication).
"""

from __future__ import annotations

import hmac
from binascii import b2a_base64
from urllib.parse import unquote_to_bytes


def prehash(timestamp: str | bytes, method: str, target: str | bytes, body: str | bytes = b"") -> bytes:
    """Text that is signed. `target` is the path with its query; text is taken as UTF-8."""
    if not (isinstance(timestamp, bytes) and isinstance(target, bytes) and isinstance(body, bytes)):
        timestamp, target, body = _bytes(timestamp), _bytes(target), _bytes(body)
    return b"".join((timestamp, method.encode("utf-8", "surrogatepass"), target, body))


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")


def sign(secret: str, timestamp: str, method: str, target: str | bytes, body: str | bytes = b"") -> str:
    return _digest(secret, prehash(timestamp, method, target, body)).decode("ascii")


def verify(
    secret: str,
    timestamp: str | bytes,
    method: str,
    target: str | bytes,
    body: str | bytes,
    signature: str | bytes,
) -> bool:
    """True where `signature` is the one `secret` makes; takes the same time for every wrong one.

    A second candidate is the target with its percent signs decoded: python-okx signs before its HTTP
    library encodes (observed). Anything but ASCII is wrong without a comparison.
    """
    if isinstance(signature, str):
        if not signature.isascii():
            return False
        signature = signature.encode("ascii")
    if hmac.compare_digest(_digest(secret, prehash(timestamp, method, target, body)), signature):
        return True
    raw = target if isinstance(target, bytes) else target.encode("utf-8", "surrogatepass")
    if b"%" not in raw:
        return False
    decoded = prehash(timestamp, method, unquote_to_bytes(raw), body)
    return hmac.compare_digest(_digest(secret, decoded), signature)


def _digest(secret: str, message: bytes) -> bytes:
    return b2a_base64(hmac.digest(secret.encode("utf-8"), message, "sha256"), newline=False)
