"""The journal as tests read it: events as records with decimals, and the repayments that were accepted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from tallystick.client.levers import Levers
from tallystick.engine import commands as c
from tallystick.engine.journaled import AnyCommand, AnyEvent
from tallystick.engine.repay_at_once import RepayAtOnce
from tallystick.server.happened import decimal, fields_of
from tallystick.store.api import Entry
from tallystick.testing.kit.text import moment_of
from tallystick.venue.entries import read

__all__ = ["Event", "decimal", "entries_after", "events_after", "fields_of", "repayments_after"]

PAGE = 1_000
REPAYMENTS = (c.RepayDebt, RepayAtOnce, c.ManualRepay, c.RepayLoan, c.RepayLoanWithCollateral)
"""Commands that repay: one-click in both versions, by hand, a flexible loan, and a loan out of its collateral."""


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
