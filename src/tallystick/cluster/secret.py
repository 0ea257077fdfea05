"""Secret that the servers of one database share: keys and token follow from it, and it vouches for addresses."""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from typing import Final, Protocol

from tallystick.store.api import StoreError
from tallystick.venue.keys import TOKEN_FORM, Material, is_token, material_from

VARIABLE: Final = "TALLY_CLUSTER_SECRET"
_PROOF_BYTES: Final = 16


class Asked(Protocol):
    """Part of a request that is vouched for."""

    @property
    def method(self) -> str: ...

    @property
    def target(self) -> bytes: ...


class ClusterSecret:
    """Shared secret. Raises StoreError for a text that is easily guessed or cannot be sent."""

    def __init__(self, text: str) -> None:
        if not is_token(text):
            raise StoreError(f"{VARIABLE} is to have {TOKEN_FORM}")
        self._key = hashlib.sha256(f"tallystick servers {text}".encode()).digest()

    @property
    def material(self) -> Material:
        """Material of the seeded keys, the same at every server."""
        return material_from(f"seeded keys {self._key.hex()}")

    def control_token(self) -> str:
        """Control token of every server, where none is given."""
        return urlsafe_b64encode(self._proof("control token")[:24]).decode()

    @property
    def fingerprint(self) -> str:
        """Text that differs between two secrets, and gives neither away."""
        return self._proof("fingerprint")[:6].hex()

    def vouch(self, peer: str, term: int, leader: str, request: Asked) -> str:
        """Header for a request that is passed on to the leader of a term: caller's address, term and proof."""
        return f"{peer} {term} {self._of_request(peer, term, leader, request)}"

    def vouched(self, header: bytes, leader: str, request: Asked) -> tuple[str, int] | None:
        """Caller's address and term in the header of a request. None where it was not made with this secret, or for
        another server: one at the same address, of another database, may have the same secret and lead in the same
        term."""
        peer, _, rest = header.decode("latin-1").partition(" ")
        term, _, proof = rest.partition(" ")
        if not (term.isascii() and term.isdigit() and len(term) < 19):
            return None
        if not hmac.compare_digest(proof, self._of_request(peer, int(term), leader, request)):
            return None
        return peer, int(term)

    def _of_request(self, peer: str, term: int, leader: str, request: Asked) -> str:
        target = request.target.decode("latin-1")
        told = f"passed on\n{peer}\n{term}\n{leader}\n{request.method}\n{target}"
        return self._proof(told)[:_PROOF_BYTES].hex()

    def _proof(self, told: str) -> bytes:
        return hmac.digest(self._key, told.encode(), "sha256")
