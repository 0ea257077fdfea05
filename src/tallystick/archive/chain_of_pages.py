"""Hash chain over the pages that were read: who removes, adds or changes one breaks it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import Struct

from tallystick.archive.bases.core import Base
from tallystick.archive.store import Archive
from tallystick.client.clock import wall

PUT_PAGE: Final = (
    "INSERT INTO page (series, walk, answered_ms, wall_ms, asked, rows, state, body, answer, hash)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
GENESIS: Final = bytes(32)
"""Hash before the first page."""


class Link(Struct, frozen=True, kw_only=True):
    """A page as it stands in the chain. `body` is the SHA-256 of the answer, `rows` how many it had.

    `state` is the SHA-256 of how its series stood once the page was written: rows, their sum, spans and holes.
    """

    account: str
    stream: str
    answered_ms: int
    wall_ms: int
    walk: int
    asked: dict[str, str]
    rows: int
    state: str
    body: str


class Linked(Struct, frozen=True):
    """A page as it is in the archive: its number, its series, what stands in the chain, the answer kept, the hash."""

    id: int
    series: int
    link: Link
    answer: bytes | None
    hash: bytes


_encode: Final = msgspec.json.Encoder(order="sorted").encode


def hash_of(before: bytes, link: Link) -> bytes:
    """Hash of a page with all before it."""
    return hashlib.sha256(before + _encode(link)).digest()


def state_of(db: Base, series: int) -> bytes:
    """SHA-256 over how a series stands: count and sum of its rows, spans, holes."""
    found = (
        db.fetch("SELECT account, stream, filters, count, total FROM series WHERE id = ?", series),
        db.fetch("SELECT walk, from_ms, to_ms, ended, position FROM span WHERE series = ? ORDER BY id", series),
        db.fetch("SELECT cursor, at_ms, rows FROM hole WHERE series = ? ORDER BY cursor", series),
    )
    return hashlib.sha256(_encode([list(map(list, rows)) for rows in found])).digest()


def now_ms() -> int:
    """This machine's clock."""
    return int(wall() * 1000)


def append(db: Base, series: int, link: Link, answer: bytes | None) -> None:
    """Write a page behind the last one; `answer` is its body where it is to be kept."""
    before = db.fetch("SELECT hash FROM page ORDER BY id DESC LIMIT 1")
    values = (
        series,
        link.walk,
        link.answered_ms,
        link.wall_ms,
        _encode(link.asked).decode(),
        link.rows,
        bytes.fromhex(link.state),
        bytes.fromhex(link.body),
        answer,
        hash_of(before[0][0] if before else GENESIS, link),
    )
    db.execute(PUT_PAGE, *values)


def linked(archive: Archive, after: int = 0) -> Iterator[Linked]:
    """Pages with a number above `after`, in their order. Raises ArchiveError."""
    titles = {account.id: account.title for account in archive.accounts()}
    of = {series.id: (titles.get(series.account, ""), series.stream) for series in archive.all_series()}
    query = (
        "SELECT id, series, answered_ms, wall_ms, walk, asked, rows, state, body, answer, hash"
        " FROM page WHERE id > ? ORDER BY id"
    )
    for number, series, answered_ms, wall_ms, walk, asked, rows, state, body, answer, found in archive.base.stream(
        query, after
    ):
        account, stream = of.get(series, ("", ""))
        link = Link(
            account=account,
            stream=stream,
            answered_ms=answered_ms,
            wall_ms=wall_ms,
            walk=walk,
            asked=_asked(asked),
            rows=rows,
            state=state.hex(),
            body=body.hex(),
        )
        yield Linked(number, series, link, answer, bytes(found))


def _asked(text: str) -> dict[str, str]:
    """Question as it was asked; empty where its text is damaged, so that the hash does not fit."""
    try:
        return msgspec.json.decode(text, type=dict[str, str])
    except (msgspec.DecodeError, ValueError):
        return {}
