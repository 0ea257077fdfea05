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


class _Gathered:
    """Puts a price set by hand in the list that may hold several, and makes rejections of convert trades faults.

    The fault of user 7 has number 8, that of everybody number 1; `left` counts the trades that each is still to reject.
    """

    def __init__(self) -> None:
        self.left: dict[int, int] = {}

    def __call__(self, command: bytes, events: bytes) -> tuple[bytes, bytes]:
        if command.startswith(b'["SetPrice",'):
            _, instrument, price = msgspec.json.decode(command)
            return msgspec.json.encode(["SetPrices", [[instrument, price]]]), events
        if command.startswith(b'["RejectConverts",'):
            _, user_id, count = msgspec.json.decode(command)
            return self.rejected(user_id, count)
        if command.startswith(b'["TradeQuote",') and self.left:
            return command, self.told(msgspec.json.decode(events))
        return command, events

    def rejected(self, user_id: int, count: int) -> tuple[bytes, bytes]:
        number, cleared = user_id + 1, ["FaultsCleared", [user_id + 1]]
        there = self.left.pop(user_id, None) is not None
        if not count:
            return msgspec.json.encode(["ClearFaults", [number]]), msgspec.json.encode([cleared])
        self.left[user_id] = count
        rule = [number, "convert-rejected", user_id, 1, count, 0, 0, 1_000_000, 0, 0, 0, 0, "", ""]
        injected = ["FaultInjected", rule]
        return (
            msgspec.json.encode(["InjectFault", rule]),
            msgspec.json.encode([cleared, injected] if there else [injected]),
        )

    def told(self, events: list[Any]) -> bytes:
        """Events of a convert trade, with the faults that it met behind it: a row's number tells its event's place."""
        traded = next(event for event in events if event[0] == "QuoteTraded")
        whose = [user_id for user_id in (traded[3], 0) if self.left.get(user_id)]
        if traded[12] != "rejected":
            return msgspec.json.encode(events)
        self.left[whose[0]] -= 1
        met = [["FaultMet", user_id + 1, user_id == whose[0]] for user_id in whose]
        place = events.index(traded) + 1
        return msgspec.json.encode([*events[:place], *met, *events[place:]])


def _without_rejections(state: str) -> str:
    found = msgspec.json.decode(state)
    del found["rejections"]
    return msgspec.json.encode(found).decode()


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

_SEVERAL_SNAPSHOTS: Final = """
DROP TABLE snapshot;
CREATE TABLE snapshot (
    seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, hash BLOB NOT NULL, state BLOB NOT NULL
) STRICT;
DROP TABLE saved_snapshot;
CREATE TABLE saved_snapshot (
    saved INTEGER PRIMARY KEY, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, hash BLOB NOT NULL, state BLOB NOT NULL
) STRICT;
"""


def _with_modes(command: bytes, events: bytes) -> tuple[bytes, bytes]:
    """Open no mode to a new account: the last field of its command and of its event is an empty list."""
    if not command.startswith(b'["CreateUser",'):
        return command, events
    asked, told = msgspec.json.decode(command), msgspec.json.decode(events)
    return msgspec.json.encode([*asked, []]), msgspec.json.encode([[*told[0], []], *told[1:]])


def _without_borrowing(command: bytes, events: bytes) -> tuple[bytes, bytes]:
    """Have no transfer borrow: the last field of its command."""
    if not command.startswith(b'["Transfer",'):
        return command, events
    return msgspec.json.encode([*msgspec.json.decode(command), False]), events


_NO_QUOTA: Final = {"free_quota": 0, "free_quota_equity": []}
_NO_EXCHANGE: Final = {"exchange_enabled": False, "exchange_target": 500_000_000_000_000_000, "exchange_every_ms": 0}
_AS_SHOWN: Final = {"borrow_froz_debts": True, "margin_repay_history": True}


def _without_quotas(state: str) -> str:
    """Give no coin an interest-free quota, exchange no debt, and show what was shown when it was written."""
    found = msgspec.json.decode(state)
    parameters = found["parameters"]
    parameters.update(_NO_EXCHANGE | _AS_SHOWN)
    for row in parameters["currencies"].values():
        row.update(_NO_QUOTA)
    return msgspec.json.encode(found).decode()


def _listed_without_quotas(command: bytes, events: bytes) -> tuple[bytes, bytes]:
    """Give coins that are listed later none either: their rows stand in the command and in its event."""
    if not command.startswith(b'["ListCoins",'):
        return command, events
    asked, told = msgspec.json.decode(command), msgspec.json.decode(events)
    for record in (asked, told[0]):
        for row in record[1]:
            row.update(_NO_QUOTA)
    return msgspec.json.encode(asked), msgspec.json.encode(told)


STEPS: Final[Steps] = {
    1: Step(entries=lambda: _prices_in_columns),
    2: Step(entries=_Gathered, genesis=_without_rejections, tables=_SAVED_SNAPSHOTS),
    3: Step(tables=_SEVERAL_SNAPSHOTS),
    4: Step(),
    5: Step(entries=lambda: _with_modes),
    6: Step(entries=lambda: _without_borrowing),
    7: Step(entries=lambda: _listed_without_quotas, genesis=_without_quotas),
}
