"""Tellers: they make the messages of a subscription, a first one and one after each entry that concerns it.

A teller remembers its last message, so that the next has only the changes. It sees the state
right after an entry, and nothing else, so the same entries make the same messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from msgspec import Struct

from tallystick.contract.core import Row
from tallystick.engine import events as e
from tallystick.engine.core import Stamp
from tallystick.engine.events import Event
from tallystick.engine.state import State
from tallystick.views.core import Caller

Topic: TypeAlias = tuple[str, str | int]
"""Subject of entries: ("instrument", name), ("user", id), or one of the two below."""

EVERYBODY: Topic = ("everybody", 0)
"""Topic of events that may change every account: an hour of interest, a pool, a parameter of the exchange."""
NUMBERS: Topic = ("numbers", 0)
"""Topic of changed parameters of the exchange."""


class Say(Struct, frozen=True):
    """One message: its rows, and the fields between `arg` and `data`."""

    rows: tuple[Row, ...]
    beside: dict[str, object] = {}


class Teller:
    """Maker of messages. It sees entries of its `topics`; `again` runs after `repeat_ms` without one, if not 0."""

    topics: tuple[Topic, ...] = ()
    repeat_ms = 0

    def next_ms(self, last_ms: int) -> int | None:
        """Time to call `again` if no message comes before; `last_ms` is that of the last message. None for never."""
        return last_ms + self.repeat_ms if self.repeat_ms else None

    def first(self, state: State, caller: Caller) -> Say | None:
        """Message for a new subscriber, who gets every later one as well."""
        return None

    def again(self, state: State, caller: Caller) -> Say | None:
        """Message after a time without any."""
        return None


class Latest(Teller):
    """Teller of the current state; changes that come too fast for the channel share one message."""

    def change(self, state: State, caller: Caller) -> Say | None:
        """Message of what changed since the last call; None where nothing did."""
        return None


class Each(Teller):
    """Teller of every single event, at once."""

    def told(self, stamp: Stamp, events: Sequence[Event], state: State, caller: Caller) -> list[Say]:
        return []


class Silent(Latest):
    """Teller for things this venue never has. With `snapshot` a new subscriber gets an empty message."""

    def __init__(self, *, snapshot: bool = False) -> None:
        self.snapshot = snapshot

    def first(self, state: State, caller: Caller) -> Say | None:
        return Say(()) if self.snapshot else None


def topics_of(events: Iterable[Event]) -> set[Topic]:
    """Topics of the events of an entry."""
    found: set[Topic] = set()
    for event in events:
        user_id = getattr(event, "user_id", 0)
        if user_id:
            found.add(("user", user_id))
        instrument = getattr(event, "instrument", None)
        if instrument is not None:
            found.add(("instrument", instrument))
        if type(event) is e.TransferredBetween:
            # The user who asked may be neither giver nor receiver.
            found.update((("user", event.giver_id), ("user", event.receiver_id)))
        if type(event) is e.MarketMoved or type(event) is e.PricesExpired:
            found.update(("instrument", name) for name in event.instruments)
        elif type(event) in _ABOUT_EVERYBODY:
            found.add(EVERYBODY)
            if type(event) is e.ParametersChanged:
                found.add(NUMBERS)
                found.update(("instrument", cell.row) for cell in event.settings if cell.table == "instruments")
    return found


_ABOUT_EVERYBODY = (e.HourPassed, e.RatesFixed, e.CollateralJudged, e.PoolMoved, e.ParametersChanged)
