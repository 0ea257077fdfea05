"""Data that a venue hands to the console beside it, on the standard input of its process."""

from __future__ import annotations

from msgspec import Struct


class Handed(Struct, frozen=True, kw_only=True):
    """Venue, code, and the number of the socket that listens. `data` are the options of commands that name the venue.

    `ca` is the certificate to trust, None without TLS.
    """

    url: str
    token: str
    ca: str | None
    data: str
    code: str
    listener: int
