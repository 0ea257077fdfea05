"""Hash chain over the pages that were read: who removes, adds or changes one breaks it."""

from __future__ import annotations

import hashlib
from typing import Final

import apsw
import msgspec
from msgspec import Struct

from tallystick.client.clock import wall

GENESIS: Final = bytes(32)
"""Hash before the first page."""


class Link(Struct, frozen=True, kw_only=True):
    """A page as it stands in the chain. `body` is the SHA-256 of the answer, `rows` how many it had."""

    account: str
    stream: str
    answered_ms: int
    asked: dict[str, str]
    rows: int
    body: str


_encode: Final = msgspec.json.Encoder(order="sorted").encode


def hash_of(before: bytes, link: Link) -> bytes:
    """Hash of a page with all before it."""
    return hashlib.sha256(before + _encode(link)).digest()


def append(db: apsw.Connection, series: int, walk: int, link: Link, answer: bytes | None) -> None:
    """Write a page behind the last one; `answer` is its body where it is to be kept."""
    before = db.execute("SELECT hash FROM page ORDER BY id DESC LIMIT 1").fetchone()
    db.execute(
        "INSERT INTO page (series, walk, answered_ms, wall_ms, asked, rows, body, answer, hash)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            series,
            walk,
            link.answered_ms,
            int(wall() * 1000),
            _encode(link.asked).decode(),
            link.rows,
            bytes.fromhex(link.body),
            answer,
            hash_of(before[0] if before else GENESIS, link),
        ),
    )
