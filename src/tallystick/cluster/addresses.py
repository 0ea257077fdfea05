"""Address of a server as the others know it from the database: its URL, and with TLS whose certificate it has.

Servers have authorities of their own, so a certificate is told by its SHA-256, which stands behind a # of the address.
"""

from __future__ import annotations

import hashlib
import ssl
from pathlib import Path
from typing import Final

import aiohttp

_END: Final = "-----END CERTIFICATE-----"
_BEGIN: Final = "-----BEGIN CERTIFICATE-----"


def named(url: str, certificate: str) -> str:
    """Address of a server at `url` with the certificate in a PEM file; "" is none. The server's own stands first."""
    if not certificate:
        return url
    text = Path(certificate).read_text(encoding="ascii")
    first = text[text.index(_BEGIN) : text.index(_END) + len(_END)]
    return f"{url}#{hashlib.sha256(ssl.PEM_cert_to_DER_cert(first)).hexdigest()}"


def parted(address: str) -> tuple[str, aiohttp.Fingerprint | bool]:
    """URL of a server, and what aiohttp is to hold its certificate against."""
    url, _, digest = address.partition("#")
    return url, aiohttp.Fingerprint(bytes.fromhex(digest)) if digest else True
