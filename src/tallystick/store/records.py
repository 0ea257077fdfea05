"""Rules about records that all stores share: how a key is read back, and which snapshots of the state are kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from tallystick.store.api import KeyRecord, StoreError

SNAPSHOTS_KEPT: Final = 8
"""Snapshots of the state that a store keeps: the last one shortens a start, the others divide a check into parts."""


def key_of(api_key: str, user_id: int, record: bytes) -> KeyRecord:
    """Raises StoreError where the columns and what stands in the record are not the same."""
    try:
        key = msgspec.json.decode(record, type=KeyRecord)
    except (msgspec.DecodeError, TypeError):
        key = None
    if key is None or (key.api_key, key.user_id) != (api_key, user_id):
        raise StoreError("read failed: a key is damaged: put the folder back from a copy")
    return key


def superfluous(held: Sequence[int], most: int = SNAPSHOTS_KEPT) -> list[int]:
    """Numbers of the snapshots to drop, of those held in rising order, so that `most` are left.

    The last one stays. Of the others goes the one between whose neighbours lies the least, so that those that are left
    divide the journal into parts of about the same length.
    """
    kept, dropped = list(held), []
    while len(kept) > most:
        place = min(range(len(kept) - 1), key=lambda one: kept[one + 1] - (kept[one - 1] if one else 0))
        dropped.append(kept.pop(place))
    return dropped
