"""Control call that lists what happened, as events with named fields and decimals."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Raw, Struct

from tallystick.contract.core import Doc, doc
from tallystick.engine.journaled import AnyEvent
from tallystick.engine.state import State
from tallystick.server.control.form import Called, ControlEndpoint, Empty, IsoTime, Query
from tallystick.server.control.text import iso, number
from tallystick.server.happened import texts_of, user_of
from tallystick.server.telling.events import UNSEEN, words_of
from tallystick.store.api import Entry
from tallystick.venue.entries import events_of

ENTRIES_MAX = 1_000


class EventsQuery(Query, frozen=True, kw_only=True):
    """Query for the events of at most `limit` entries (1,000) after number `after`.

    Prices, hours and rates, which happen to nobody in particular, are left out unless `all` is true.
    """

    after: Annotated[str, doc("Begin after this entry", "从此条目之后开始")] = "0"
    limit: Annotated[str, doc("Entries at most", "最多的条目数")] = "100"
    all: Annotated[Literal["true", "false"], doc("Prices, hours and rates too", "包括价格、整点和利率")] = "false"


class Event(Struct, frozen=True, kw_only=True):
    """An event of entry `seq`, with a line of words in both languages. `user` is "" for one that belongs to nobody.

    `fields` has amounts, prices and rates as decimal text, and times in ISO 8601.
    """

    seq: int
    at: IsoTime
    at_ms: int
    kind: str
    user: str
    words: str
    words_zh: str
    fields: Raw


class Events(Struct, frozen=True, kw_only=True):
    """Events, oldest first. `next` is the number to ask after for more; with nothing new it is the one asked after."""

    generation: int
    events: list[Event]
    next: int


async def events(call: Called, body: Empty) -> Events:
    asked = call.asked(EventsQuery)
    after, limit = number(asked.after, "after"), min(number(asked.limit, "limit"), ENTRIES_MAX)
    generation, entries = await call.venue.entries_above(after, limit)
    state = call.venue.state
    found = [row for entry in entries for row in rows_of(entry, state, everything=asked.all == "true")]
    return Events(generation=generation, events=found, next=entries[-1].seq if entries else after)


def rows_of(entry: Entry, state: State, *, everything: bool) -> list[Event]:
    """Events of an entry, as they are shown."""
    happened: list[AnyEvent] = events_of(entry)
    return [
        row(event, entry.seq, entry.at_ms, state) for event in happened if everything or not isinstance(event, UNSEEN)
    ]


def row(event: AnyEvent, seq: int, at_ms: int, state: State) -> Event:
    """An event as it is shown."""
    user, words = state.users.get(user_of(event)), words_of(event)
    return Event(
        seq=seq,
        at=iso(at_ms),
        at_ms=at_ms,
        kind=type(event).__name__,
        user="" if user is None else user.name,
        words=words.en,
        words_zh=words.zh,
        fields=Raw(msgspec.json.encode(texts_of(event))),
    )


ENDPOINTS = (
    ControlEndpoint(
        "GET",
        "events",
        Empty,
        Events,
        events,
        words=Doc(
            "List what happened after an entry of the journal: fills, debts, interest, liquidations, with named fields",
            "列出日志某一条之后发生的事：成交、借还币、计息、强平等，字段有名称，数量为小数",
        ),
        samples=("after=0",),
        query=EventsQuery,
    ),
)
