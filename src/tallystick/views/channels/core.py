"""What a subscription tells: something first, and something after each entry that touches what it is about.

A teller remembers what it told last, so that it tells only what changed. It is asked with the state
right after an entry, and with nothing else, so the same entries make the same messages.
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
"""("instrument", its name), ("user", the number), or one of the two below."""

EVERYBODY: Topic = ("everybody", 0)
"""Something that may change every account: an hour of interest, a pool, a number of the exchange."""
NUMBERS: Topic = ("numbers", 0)
"""Numbers of the exchange."""


class Say(Struct, frozen=True):
    """One message: its rows, and what stands between `arg` and `data`."""

    rows: tuple[Row, ...]
    beside: dict[str, object] = {}


class Teller:
    """`topics` say which entries it wants to see; after `repeat_ms` without a message `again` is asked, if not 0."""

    topics: tuple[Topic, ...] = ()
    repeat_ms = 0

    def next_ms(self, last_ms: int) -> int | None:
        """When `again` is asked if nothing is told before, the last message being of `last_ms`; None for never."""
        return last_ms + self.repeat_ms if self.repeat_ms else None

    def first(self, state: State, caller: Caller) -> Say | None:
        """To a new subscriber, who hears everything told from then on."""
        return None

    def again(self, state: State, caller: Caller) -> Say | None:
        """When nothing was told for a while."""
        return None


class Latest(Teller):
    """Tells how things stand now; changes that come too fast for the channel are told together."""

    def change(self, state: State, caller: Caller) -> Say | None:
        """What is new since it was last asked; None where nothing is."""
        return None


class Each(Teller):
    """Tells every event there is, at once."""

    def told(self, stamp: Stamp, events: Sequence[Event], state: State, caller: Caller) -> list[Say]:
        return []


class Silent(Latest):
    """A channel of things this venue never has. With `snapshot` a new subscriber is told that there is none."""

    def __init__(self, *, snapshot: bool = False) -> None:
        self.snapshot = snapshot

    def first(self, state: State, caller: Caller) -> Say | None:
        return Say(()) if self.snapshot else None


def topics_of(events: Iterable[Event]) -> set[Topic]:
    """What the events of an entry are about."""
    found: set[Topic] = set()
    for event in events:
        user_id = getattr(event, "user_id", 0)
        if user_id:
            found.add(("user", user_id))
        instrument = getattr(event, "instrument", None)
        if instrument is not None:
            found.add(("instrument", instrument))
        if type(event) is e.TransferredBetween:
            # Who asked for it may be neither.
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
