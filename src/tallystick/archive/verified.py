"""Marks of checks: how far an archive was checked and what it was like then, so that the next one may begin there.

A mark is believed only where the page it ended at still has the hash that it had.
"""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec
from msgspec import Struct

from tallystick.archive.chain_of_pages import GENESIS
from tallystick.archive.pairs import RULES
from tallystick.archive.records import Times
from tallystick.archive.store import Account, Archive
from tallystick.archive.sweep import LOWEST, Settled, shared_times

_encode: Final = msgspec.json.Encoder().encode


class Verified(Struct):
    """How far an archive was checked: its last page with the hash of it, last row, sums by series, what was settled.

    `noted` is how far small tables were checked. `holes` are the full pages of one cursor value (series, cursor) of
    which bills show that they hide nothing.
    """

    page: int = 0
    head: str = GENESIS.hex()
    row: int = 0
    noted: dict[str, int] = {}
    series: dict[int, tuple[int, int]] = {}
    accounts: dict[int, Settled | None] = {}
    holes: list[tuple[int, int]] = []


_decode: Final = msgspec.json.Decoder(Verified).decode


def last(archive: Archive) -> Verified | None:
    """The mark of the last check; None without one, or where the archive behind it is not what it was."""
    rows = archive.read("SELECT state, hash FROM verified WHERE id = 1")
    if not rows or hashlib.sha256(rows[0][0].encode()).digest() != bytes(rows[0][1]):
        return None
    found = _decode(rows[0][0])
    page = archive.read("SELECT hash FROM page WHERE id = ?", found.page)
    return found if page and bytes(page[0][0]).hex() == found.head else None


def keep(archive: Archive, verified: Verified) -> None:
    """Keep the mark of a check. Raises ArchiveError."""
    state = _encode(verified).decode()
    archive.put(
        "INSERT INTO verified (id, state, hash) VALUES (1, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET state = excluded.state, hash = excluded.hash",
        (state, hashlib.sha256(state.encode()).digest()),
    )


def may_begin(archive: Archive, account: Account, settled: Settled, row: int) -> bool:
    """True where a sweep may begin at what an earlier one settled: nothing came below it since.

    `row` is the last row that the earlier one saw.
    """
    series = [one for one in archive.all_series() if one.account == account.id]
    if any(one.id not in settled.floors for one in series):
        return False
    for number, cursor in archive.base.stream("SELECT series, cursor FROM row WHERE id > ?", row):
        if cursor < settled.floors.get(number, LOWEST):
            return False
    spans = {one.id: [Times(span.from_ms, span.to_ms) for span in archive.spans(one.id)] for one in series}
    for rule in RULES:
        shared, before = shared_times(series, spans, rule), settled.rules.get(rule.name)
        until_ms = before.shared[-1].until_ms if before else 1 << 62
        was = [Times(span.from_ms, min(span.until_ms, until_ms)) for span in shared if span.from_ms < until_ms]
        if was != (before.shared if before else []):
            return False
    return True
