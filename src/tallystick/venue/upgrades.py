"""Upgrade steps from each earlier format of a data folder to the next. A released step is never changed.

Decisions/034 says how a format changes.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from tallystick.store.format import Step, Steps


def _columns(move: list[Any]) -> list[Any]:
    """Columns of a move, whose prices and ranges were one list of (instrument, price, range)."""
    name, moved = move
    return [name, *([row[place] for row in moved] for place in range(3)), 18]


def _prices_in_columns(command: bytes, events: bytes) -> tuple[bytes, bytes]:
    """Put new prices in columns, and leave out their event if it says no more than the command."""
    if not command.startswith(b'["MoveMarket",'):
        return command, events
    asked = _columns(msgspec.json.decode(command))
    first, *others = msgspec.json.decode(events)
    told = _columns(first)
    if told[1:] != asked[1:]:
        others = [told, *others]
    return msgspec.json.encode(asked), msgspec.json.encode(others)


def _prices_together(command: bytes, events: bytes) -> tuple[bytes, bytes]:
    """Put a price set by hand in the list that may hold several."""
    if not command.startswith(b'["SetPrice",'):
        return command, events
    _, instrument, price = msgspec.json.decode(command)
    return msgspec.json.encode(["SetPrices", [[instrument, price]]]), events


_SAVED_SNAPSHOTS: Final = """
CREATE TABLE saved (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, at_ms INTEGER NOT NULL, seq INTEGER NOT NULL,
    generation INTEGER NOT NULL, bytes INTEGER NOT NULL
) STRICT;
CREATE TABLE saved_journal (
    saved INTEGER NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, command BLOB NOT NULL, events BLOB NOT NULL,
    hash BLOB NOT NULL, PRIMARY KEY (saved, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE saved_history (
    saved INTEGER NOT NULL, name TEXT NOT NULL, user_id INTEGER NOT NULL, key INTEGER NOT NULL, id INTEGER NOT NULL,
    a TEXT NOT NULL, b TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (saved, name, user_id, key, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE saved_snapshot (
    saved INTEGER PRIMARY KEY, one INTEGER NOT NULL, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL,
    hash BLOB NOT NULL, state BLOB NOT NULL
) STRICT;
CREATE TABLE saved_keys (
    saved INTEGER NOT NULL, api_key TEXT NOT NULL, user_id INTEGER NOT NULL, record BLOB NOT NULL,
    PRIMARY KEY (saved, api_key)
) STRICT, WITHOUT ROWID;
CREATE TABLE saved_meta (
    saved INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (saved, name)
) STRICT, WITHOUT ROWID;
"""

STEPS: Final[Steps] = {
    1: Step(entry=_prices_in_columns),
    2: Step(entry=_prices_together, tables=_SAVED_SNAPSHOTS),
}
