"""The journal as tests read it: events as records with decimals, and the repayments that were accepted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Context, Decimal
from typing import Any

import msgspec
from msgspec import Struct

from tallystick.client.levers import Levers
from tallystick.engine import commands as c
from tallystick.engine.amounts import DECIMALS
from tallystick.engine.journaled import AnyCommand, AnyEvent
from tallystick.store.api import Entry
from tallystick.testing.kit.text import moment_of
from tallystick.venue.entries import read

PAGE = 1_000
REPAYMENTS = (c.RepayDebt, c.ManualRepay, c.RepayLoan, c.RepayLoanWithCollateral)
"""Commands that repay: one-click, by hand, a flexible loan, and a loan out of its collateral."""
WHOLE = frozenset({"count", "decimals", "next_coin", "number"})
"""Fields of events that are whole numbers, beside those that end in `_id`, `_ids` and `_ms`; the others are atoms."""

EXACT = Context(prec=60)


class Event(Struct, frozen=True):
    """Event of the journal.

    `kind` is its name, such as `Repaid`; `user` the name of the user it belongs to, "" for none. `fields` are its
    fields by name: amounts, prices and rates as Decimal, times as datetime or
    None (`placed_at_ms` is here `placed_at`).
    """

    seq: int
    at: datetime
    kind: str
    user: str
    fields: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        try:
            return self.fields[name]
        except KeyError:
            known = ", ".join(self.fields)
            raise AttributeError(f"{self.kind} has no field {name!r}; it has {known}") from None


def entries_after(levers: Levers, seq: int) -> Iterator[tuple[int, int, AnyCommand, list[AnyEvent]]]:
    """Number, time, command and events of each entry after `seq`, oldest first."""
    while True:
        found = levers.journal(after=str(seq), limit=str(PAGE)).entries
        for entry in found:
            seq = entry.seq
            command, events = (msgspec.json.encode(part) for part in (entry.command, entry.events))
            yield (seq, entry.at_ms, *read(Entry(seq, entry.at_ms, command, events, b"")))
        if len(found) < PAGE:
            return


def events_after(levers: Levers, seq: int, names: dict[int, str]) -> Iterator[Event]:
    for number, at_ms, _, events in entries_after(levers, seq):
        for event in events:
            user = names.get(getattr(event, "user_id", 0), "")
            yield Event(number, moment_of(at_ms), type(event).__name__, user, fields_of(event))


def repayments_after(levers: Levers, seq: int, user_id: int) -> int:
    return sum(
        isinstance(command, REPAYMENTS) and command.user_id == user_id
        for _, _, command, _ in entries_after(levers, seq)
    )


def fields_of(record: Struct) -> dict[str, Any]:
    """Fields of an event or of a part of it, as tests read them."""
    found: dict[str, Any] = {}
    places = getattr(record, "decimals", DECIMALS)
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if name.endswith(("at_ms", "hour_ms")):
            found[name.removesuffix("_ms")] = moment_of(value) if value else None
        else:
            found[name] = _value(name, value, places)
    return found


def decimal(value: int, places: int = DECIMALS) -> Decimal:
    """Amount of whole units of the last place, exactly."""
    return Decimal(value).scaleb(-places, EXACT).normalize(EXACT)


def _value(name: str, value: Any, places: int) -> Any:
    if type(value) is int and name not in WHOLE and not name.endswith(("_id", "_ids", "_ms")):
        return decimal(value, places)
    if isinstance(value, Struct):
        return fields_of(value)
    if isinstance(value, tuple):
        return tuple(_value(name, part, places) for part in value)
    return value
