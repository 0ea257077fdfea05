"""API keys: making and checking them. Only this file draws random numbers.

All three parts are random and long, so a single salted digest keeps the passphrase well enough; a
slow one would only slow every request.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import msgspec
from msgspec import Struct

from tallystick.store.api import KeyRecord, StoreError

Material: TypeAlias = Callable[[str, int], bytes]
"""Source of what keys are made of: (purpose, number of bytes) -> bytes."""


def random_material(purpose: str, size: int) -> bytes:
    """Random bytes, others at each call."""
    return secrets.token_bytes(size)


def material_from(seed: str) -> Material:
    """Material that follows from a seed, so that two venues give the same keys in the same order. For tests only."""
    return lambda purpose, size: hashlib.shake_256(f"{seed}\0{purpose}".encode()).digest(size)


class Credentials(Struct, frozen=True):
    """Credentials that the owner of a key is given, once."""

    api_key: str
    secret_key: str
    passphrase: str
    permissions: tuple[str, ...]


def new_credentials(permissions: Sequence[str], number: int = 0, material: Material = random_material) -> Credentials:
    """Make credentials. `number` is that of keys made before, and tells apart what is made of one seed."""
    return Credentials(
        api_key=str(uuid.UUID(bytes=material(f"{number} key", 16), version=4)),
        secret_key=material(f"{number} secret", 16).hex().upper(),
        passphrase=urlsafe_b64encode(material(f"{number} passphrase", 15)).decode(),
        permissions=tuple(permissions),
    )


def record_of(
    credentials: Credentials,
    user_id: int,
    *,
    label: str = "",
    ips: Sequence[str] = (),
    made_at_ms: int = 0,
    material: Material = random_material,
) -> KeyRecord:
    """Record of credentials that the venue keeps: of the passphrase only a digest."""
    salt = material(f"salt of {credentials.api_key}", 16)
    return KeyRecord(
        api_key=credentials.api_key,
        secret_key=credentials.secret_key,
        passphrase_hash=_digest(salt, credentials.passphrase.encode()),
        passphrase_salt=salt,
        user_id=user_id,
        permissions=credentials.permissions,
        ips=tuple(ips),
        label=label,
        made_at_ms=made_at_ms,
    )


def is_seeded(key: KeyRecord) -> bool:
    """Test whether the venue was seeded with a key; others are made later, at a time of the venue."""
    return key.made_at_ms == 0


def passphrase_fits(key: KeyRecord, given: bytes) -> bool:
    """Check a passphrase, in constant time."""
    return hmac.compare_digest(_digest(key.passphrase_salt, given), key.passphrase_hash)


def digest_of(keys: Iterable[KeyRecord]) -> str:
    """SHA-256, in hex, of all key records; "" without keys. It reveals nothing of them: secrets are random."""
    kept = [
        (
            key.api_key,
            key.secret_key,
            key.passphrase_hash.hex(),
            key.passphrase_salt.hex(),
            key.user_id,
            key.permissions,
            key.ips,
            key.label,
            key.made_at_ms,
        )
        for key in keys
    ]
    return hashlib.sha256(msgspec.json.encode(sorted(kept))).hexdigest() if kept else ""


def require_noted(keys: list[KeyRecord], digest: str) -> list[KeyRecord]:
    """Return the keys if their digest is the one noted; "" if none was noted. Raises StoreError."""
    if digest and digest_of(keys) != digest:
        raise StoreError(
            "the API keys differ from those noted in the journal: one was changed, added or removed outside the venue. "
            "Put the folder back from a copy, or begin anew with another --data"
        )
    return keys


def new_token() -> str:
    """New token for the control endpoints."""
    return secrets.token_urlsafe(24)


TOKEN_FORM = "at least 16 printable ASCII characters without blanks"


def is_token(text: str) -> bool:
    """Test whether a token can be sent in a header and is hard to guess; see `TOKEN_FORM`."""
    return len(text) >= 16 and text.isascii() and text.isprintable() and " " not in text


def _digest(salt: bytes, passphrase: bytes) -> bytes:
    return hashlib.sha256(salt + passphrase).digest()
