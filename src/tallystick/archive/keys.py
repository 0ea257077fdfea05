"""Keys of rows: what a row is known by, and a sum over the rows of a series that shows a missing or changed one."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final, TypeAlias

import msgspec

from tallystick.archive.bases.core import Base

Key: TypeAlias = tuple[int, int, int]
"""Cursor, identity and number of a row."""
MASK: Final = (1 << 63) - 1
_encode: Final = msgspec.json.Encoder(order="sorted").encode
_number: Final = int.from_bytes


def digest(value: object) -> int:
    """Number that stands for a value of JSON, never 0: what a row is known by beside its cursor."""
    return _number(blake2b(_encode(value), digest_size=8).digest()) & MASK or 1


def weight(cursor: int, identity: int, n: int, at_ms: int, raw: str) -> int:
    """Number of a row in the sum of its series."""
    text = f"{cursor} {identity} {n} {at_ms} {raw}"
    return _number(blake2b(text.encode(), digest_size=8).digest())


def mark(*values: object) -> int:
    """Number made from a row of a small table, which shows when any of it was changed."""
    return digest(values)


def note_rows(db: Base, series: int, count: int, total: int) -> None:
    """Add to the count of a series, and to the sum of the weights of its rows."""
    if not (count or total):
        return
    ((before, was),) = db.fetch("SELECT count, total FROM series WHERE id = ?", series)
    db.execute("UPDATE series SET count = ?, total = ? WHERE id = ?", before + count, (was + total) & MASK, series)
