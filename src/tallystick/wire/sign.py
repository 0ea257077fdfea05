"""The signature of a private call, made by clients and checked by the venue with the same words.

HMAC-SHA256 keyed with the secret over timestamp + METHOD + target + body, as standard base64 with
padding. Target and body are taken exactly as they travel, never rebuilt: clients differ in how they
encode a comma and where they put blanks. Source: documented (overview-rest-authentication).
"""

from __future__ import annotations

import functools
import hmac
from binascii import b2a_base64
from hashlib import sha256
from typing import Final
from urllib.parse import unquote_to_bytes


def prehash(timestamp: str | bytes, method: str, target: str | bytes, body: str | bytes = b"") -> bytes:
    """Text that is signed. `target` is the path with its query; text is taken as UTF-8."""
    if not (isinstance(timestamp, bytes) and isinstance(target, bytes) and isinstance(body, bytes)):
        timestamp, target, body = _bytes(timestamp), _bytes(target), _bytes(body)
    return b"".join((timestamp, method.encode("utf-8", "surrogatepass"), target, body))


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")


def sign(secret: str, timestamp: str, method: str, target: str | bytes, body: str | bytes = b"") -> str:
    digest = hmac.digest(secret.encode("utf-8"), prehash(timestamp, method, target, body), "sha256")
    return b2a_base64(digest, newline=False).decode("ascii")


_BLOCK: Final = sha256().block_size
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))


SIGNERS_MAX: Final = 1_024
"""Secrets whose hash states are kept by `verify`; for any more they are made again."""


class Signer:
    """Signatures by one secret, its two hash states made once and copied for each: RFC 2104, section 4.

    It shows no secret, and the states in it cannot be pickled.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, secret: str) -> None:
        key = secret.encode("utf-8")
        block = (sha256(key).digest() if len(key) > _BLOCK else key).ljust(_BLOCK, b"\0")
        self._inner = sha256(block.translate(_INNER))
        self._outer = sha256(block.translate(_OUTER))

    def sign(self, timestamp: str, method: str, target: str, body: bytes = b"") -> str:
        """The same text as the function `sign` makes."""
        message = (timestamp + method + target).encode("utf-8", "surrogatepass") + body
        return self.signature(message).decode("ascii")

    def signature(self, message: bytes) -> bytes:
        """Signature of a text that `prehash` made."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return b2a_base64(outer.digest(), newline=False)


_signer = functools.lru_cache(SIGNERS_MAX)(Signer)


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
    signer = _signer(secret)
    if hmac.compare_digest(signer.signature(prehash(timestamp, method, target, body)), signature):
        return True
    raw = target if isinstance(target, bytes) else target.encode("utf-8", "surrogatepass")
    if b"%" not in raw:
        return False
    decoded = prehash(timestamp, method, unquote_to_bytes(raw), body)
    return hmac.compare_digest(signer.signature(decoded), signature)
