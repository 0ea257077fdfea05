"""A certificate authority of one's own, kept in the data folder, for clients that insist on TLS.

It is made once, so that a client that trusts it goes on trusting; the server's certificate is made anew
at every start, for the names it is served under then. Both keys are readable by their owner only.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path

import trustme

FOLDER = "tls"
CA = "ca.pem"
CA_KEY = "ca-key.pem"
SERVER = "server.pem"
LOCAL = ("localhost", "127.0.0.1", "::1")


def prepare(folder: Path, hosts: Iterable[str]) -> tuple[Path, Path]:
    """(the authority's certificate, which clients must trust; the server's key and certificates).

    `hosts` are names and addresses beside this machine's own. Raises OSError.
    """
    place = folder / FOLDER
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    ca = _authority(place)
    names = [*LOCAL, *(host for host in hosts if not _is_every(host))]
    certificate = ca.issue_cert(*dict.fromkeys(names), common_name="Tallystick")
    server = place / SERVER
    _write_secret(server, certificate.private_key_and_cert_chain_pem.bytes())
    return place / CA, server


def _is_every(host: str) -> bool:
    """Whether this is the address that stands for all addresses of the machine."""
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def _authority(place: Path) -> trustme.CA:
    certificate, key = place / CA, place / CA_KEY
    if certificate.exists() and key.exists():
        return trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
    ca = trustme.CA(organization_name="Tallystick", organization_unit_name="local authority")
    _write_secret(key, ca.private_key_pem.bytes())
    ca.cert_pem.write_to_path(str(certificate))
    return ca


def _write_secret(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
