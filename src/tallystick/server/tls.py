"""Local certificate authority, kept in the data folder, for clients that require TLS.

It is made once, so that clients go on trusting it. The server's certificate is made anew
at every start, for the names the server has then. Both keys are readable by their owner only.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from pathlib import Path

import trustme

from tallystick.store import files

FOLDER = "tls"
CA = "ca.pem"
CA_KEY = "ca-key.pem"
SERVER = "server.pem"
LOCAL = ("localhost", "127.0.0.1", "::1")


def prepare(folder: Path, hosts: Iterable[str]) -> tuple[Path, Path]:
    """Make the files: (the authority's certificate, which clients must trust; the server's key and certificates).

    `hosts` are names and addresses beside this machine's own. Raises StoreError.
    """
    place = folder / FOLDER
    if place.is_symlink():
        raise files.not_ours(place, "a symbolic link")
    files.make_folder(place)
    ca = _authority(place)
    names = [*LOCAL, *(host for host in hosts if not _is_every(host))]
    certificate = ca.issue_cert(*dict.fromkeys(names), common_name="Tallystick")
    server = place / SERVER
    files.write_whole(server, certificate.private_key_and_cert_chain_pem.bytes())
    return place / CA, server


def _is_every(host: str) -> bool:
    """True for the address that means all addresses of the machine."""
    try:
        return ip_address(host).is_unspecified
    except ValueError:
        return False


def _authority(place: Path) -> trustme.CA:
    certificate, key = place / CA, place / CA_KEY
    try:
        return trustme.CA.from_pem(files.read_whole(certificate), files.read_whole(key))
    except FileNotFoundError:
        pass
    except OSError as error:
        raise files.trouble(place, error) from error
    ca = trustme.CA(organization_name="Tallystick", organization_unit_name="local authority")
    files.write_whole(key, ca.private_key_pem.bytes())
    files.write_whole(certificate, ca.cert_pem.bytes(), mode=0o644)
    return ca
