"""Keys of rows: what a row is known by, and a sum over all keys of a series that shows when one is missing."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Final, TypeAlias

import apsw

Key: TypeAlias = tuple[int, int, int]
"""Cursor, identity and number of a row."""
MASK: Final = (1 << 63) - 1


def digest(value: object) -> int:
    """Number that stands for a value of JSON, never 0: what a row is known by beside its cursor."""
    found = blake2b(json.dumps(value, sort_keys=True, separators=(",", ":")).encode(), digest_size=8).digest()
    return int.from_bytes(found) & MASK or 1


def weight(key: Key) -> int:
    """Number of a key in the sum of its series."""
    return int.from_bytes(blake2b(b"%d %d %d" % key, digest_size=8).digest()) & MASK


def note_keys(db: apsw.Connection, series: int, keys: list[Key]) -> None:
    """Add new rows to the count and the sum of a series."""
    if not keys:
        return
    ((count, total),) = db.execute("SELECT count, total FROM series WHERE id = ?", (series,))
    total = (total + sum(map(weight, keys))) & MASK
    db.execute("UPDATE series SET count = ?, total = ? WHERE id = ?", (count + len(keys), total, series))
