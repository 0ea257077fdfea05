"""Hub of the subscriptions: it turns journal entries into messages for the subscribers.

The venue reports every entry. A channel makes its messages at once, from the state right after
the entry, and they leave when the entry is durable, so pushes have the order of the journal. Channels with
an interval gather changes and send them at its end, by the venue's clock, or at once where
that clock stands still. One stream serves all subscribers of a channel with the same arguments.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Protocol

from tallystick.contract.channels import CHANNELS, Channel
from tallystick.contract.core import Request
from tallystick.engine.core import Stamp
from tallystick.engine.events import Event
from tallystick.engine.ledger import InvariantViolation
from tallystick.engine.state import State
from tallystick.server.ws.message import Message
from tallystick.venue.sequencer import VenueHalted
from tallystick.venue.slices import Slice
from tallystick.views.channels import Each, Latest, Say, Teller, Topic, teller_of, topics_of
from tallystick.views.core import Caller
from tallystick.wire import frames, versioned_fields

if TYPE_CHECKING:
    from tallystick.server.faults.rules import Faults, Rule
    from tallystick.store.api import KeyRecord
    from tallystick.venue.venue import Venue

log = logging.getLogger("tallystick")

SHORTEST_S = 0.05
"""Least interval of repeated messages, and of gathered changes under a fast clock: 50 ms of the machine's time."""
SHORTEST_NS = 50_000_000
TOLD_AT_ONCE = 100
"""Cap on streams that one entry updates at once; further ones of the current state follow in slices."""
DIRTY_SHORTEST_S = 0.001
"""Least wait for gathered changes; `SHORTEST_S` applies where the venue hurries or is behind its clock."""
PLACES = {channel.name: place for place, channel in enumerate(CHANNELS)}
ABNORMAL = (4006, "Abnormal disconnection")
HALTED = (1011, "The venue has halted and must be restarted")


class Subscriber(Protocol):
    """The part of a session that the hub uses."""

    key: KeyRecord | None
    conn_id: str
    subscribed: dict[Key, Channel]

    def push(self, message: Message, channel: str = "") -> None: ...

    def cut(self, code: int, reason: str) -> None: ...

    def end_when_answered(self, code: int, reason: str) -> None: ...

    def after_reset(self) -> tuple[int, str]: ...

    def hit_at_once(self, rule: Rule) -> None: ...


class Stream:
    """One subscription, shared by all its subscribers. `last_ms` is the time of its last message."""

    __slots__ = ("arg", "channel", "dirty", "heard_by", "key", "last_ms", "looked_ns", "place", "teller", "users")

    def __init__(
        self, key: Key, channel: Channel, arg: dict[str, str], teller: Teller, now_ms: int, number: int
    ) -> None:
        self.key = key
        self.place = (PLACES[channel.name], number)
        """Order among the streams that an entry concerns."""
        self.channel = channel
        self.arg = arg
        self.teller = teller
        self.users: set[Subscriber] = set()
        """Sessions that have subscribed."""
        self.heard_by: set[Subscriber] = set()
        """Sessions that got the first message, and so get the later ones."""
        self.dirty = False
        self.last_ms = now_ms
        self.looked_ns = 0
        """Machine time in ns of the last look for changes."""


def _place(stream: Stream) -> tuple[int, int]:
    return stream.place


def _number(session: Subscriber) -> str:
    return session.conn_id


_NOBODY: frozenset[Stream] = frozenset()
Key = tuple[str, Request, int]
"""Key of a stream: channel, argument, user id (0 for a public channel)."""
Release = Callable[[], None]


class Hub:
    """Listener of the venue. Call all methods on the venue's event loop."""

    def __init__(self, venue: Venue, surface: str, faults: Faults) -> None:
        self.venue = venue
        self.surface = surface
        self.faults = faults
        faults.when_made = self.fault_made
        self.streams: dict[Key, Stream] = {}
        self.by_topic: dict[Topic, set[Stream]] = {}
        self.sessions: set[Subscriber] = set()
        self.opened = 0
        self.timer: asyncio.TimerHandle | None = None
        self.timer_at = 0.0

    # ---- subscribing

    def subscribe(self, session: Subscriber, key: Key, channel: Channel, arg: dict[str, str]) -> None:
        """Subscribe a session. It gets the current state once that is durable, and changes from then on."""
        stream = self.streams.get(key)
        if stream is None:
            teller = teller_of(channel.name, key[1], key[2])
            self.opened += 1
            stream = self.streams[key] = Stream(key, channel, arg, teller, self.venue.now_ms(), self.opened)
            for topic in teller.topics:
                self.by_topic.setdefault(topic, set()).add(stream)
        stream.users.add(session)
        if stream.dirty:
            # A change that is undone within the interval would otherwise never reach the new subscriber.
            told = self.venue.look(partial(self._changed, stream))
            self.venue.when_durable(partial(self._publish, told))
        say = self.venue.look(partial(self._first, stream))
        message = None if say is None else self._message(stream, say)
        self.venue.when_durable(partial(self._welcome, stream, session, message))
        self._plan(stream)

    def unsubscribe(self, session: Subscriber, key: Key) -> None:
        stream = self.streams.get(key)
        if stream is None:
            return
        stream.users.discard(session)
        stream.heard_by.discard(session)
        if not stream.users:
            del self.streams[key]
            for topic in stream.teller.topics:
                listening = self.by_topic[topic]
                listening.discard(stream)
                if not listening:
                    del self.by_topic[topic]

    def _first(self, stream: Stream, state: State, now_ms: int) -> Say | None:
        return stream.teller.first(state, self._caller(stream, now_ms))

    def _welcome(self, stream: Stream, session: Subscriber, message: Message | None) -> None:
        if session not in stream.users:
            return
        stream.heard_by.add(session)
        if message is not None:
            session.push(message, stream.channel.name)

    # ---- telling

    def entry(self, stamp: Stamp, events: Sequence[Event], state: State) -> Release | None:
        """Make the messages of an entry; see `venue.Listener`. A stream that fails is a bug: its subscribers are cut.

        Raises InvariantViolation: the state is wrong, which concerns more than one stream.
        """
        if not self.streams:
            return None
        found: set[Stream] = set()
        for topic in topics_of(events):
            found |= self.by_topic.get(topic, _NOBODY)
        told: list[tuple[Stream, Message]] = []
        for number, stream in enumerate(sorted(found, key=_place)):
            try:
                if number >= TOLD_AT_ONCE and not isinstance(stream.teller, Each):
                    stream.dirty = True
                    self._wake_in(0.0)
                    continue
                told += self._entry_of(stream, stamp, events, state)
            except InvariantViolation:
                raise
            except Exception as bug:
                self._fail(stream, bug)
        return partial(self._publish, told) if told else None

    def _entry_of(
        self, stream: Stream, stamp: Stamp, events: Sequence[Event], state: State
    ) -> list[tuple[Stream, Message]]:
        teller = stream.teller
        if isinstance(teller, Each):
            said = teller.told(stamp, events, state, self._caller(stream, stamp.at_ms))
            if said:
                stream.last_ms = stamp.at_ms
            return [(stream, self._message(stream, say)) for say in said]
        stream.dirty = True
        if self._gathers(stream, stamp.at_ms):
            self._plan(stream)
            return []
        return self._changed(stream, state, stamp.at_ms)

    def _gathers(self, stream: Stream, at_ms: int) -> bool:
        """True if changes of the stream wait, to be sent together with later ones."""
        due_ms = stream.last_ms + stream.channel.interval_ms
        if at_ms < due_ms:
            return self.venue.wait_s(due_ms) is not None
        return self.venue.hurries and self.venue.machine.running_ns() < stream.looked_ns + SHORTEST_NS

    def _changed(self, stream: Stream, state: State, at_ms: int) -> list[tuple[Stream, Message]]:
        stream.dirty = False
        stream.looked_ns = self.venue.machine.running_ns()
        teller = stream.teller
        say = teller.change(state, self._caller(stream, at_ms)) if isinstance(teller, Latest) else None
        if say is None:
            return []
        stream.last_ms = at_ms
        return [(stream, self._message(stream, say))]

    def _publish(self, told: list[tuple[Stream, Message]]) -> None:
        for stream, message in told:
            name = stream.channel.name
            # Rules of faults count messages, so that these must leave in the same order in every run.
            heard_by = sorted(stream.heard_by, key=_number) if self.faults.rules else stream.heard_by
            for session in heard_by:
                session.push(message, name)

    def _message(self, stream: Stream, say: Say) -> Message:
        return Message(frames.push(stream.arg, say.beside, versioned_fields.all_completed(say.rows, self.surface)))

    def _caller(self, stream: Stream, at_ms: int) -> Caller:
        return Caller(stream.key[2], at_ms, self.venue.market, surface=self.surface)

    def _fail(self, stream: Stream, bug: Exception) -> None:
        log.error("a bug, while telling %s", stream.channel.name, exc_info=bug)
        for session in tuple(stream.users):
            session.cut(*ABNORMAL)

    # ---- time

    def _due_ms(self, stream: Stream) -> int | None:
        """Time to look at the stream without an entry; None for never."""
        if stream.dirty:
            return stream.last_ms + stream.channel.interval_ms
        return stream.teller.next_ms(stream.last_ms)

    def _is_due(self, stream: Stream, now_ms: int) -> bool:
        due_ms = self._due_ms(stream)
        if due_ms is None or due_ms <= now_ms:
            return due_ms is not None
        return stream.dirty and self.venue.wait_s(due_ms) is None

    def _plan(self, stream: Stream) -> None:
        """Set the timer to the time the stream is due, if that is before all others."""
        due_ms = self._due_ms(stream)
        wait_s = None if due_ms is None else self.venue.wait_s(due_ms)
        if wait_s is None:
            return
        behind = self.venue.hurries or self.venue.behind
        wait_s = max(wait_s, DIRTY_SHORTEST_S if stream.dirty and not behind else SHORTEST_S)
        self._wake_in(wait_s)

    def _wake_in(self, wait_s: float) -> None:
        loop = asyncio.get_running_loop()
        at = loop.time() + wait_s
        if self.timer is None or at < self.timer_at:
            if self.timer is not None:
                self.timer.cancel()
            self.timer_at = at
            self.timer = loop.call_at(at, self._wake)

    def _wake(self) -> None:
        self.timer = None
        try:
            self.venue.look(self._look)
        except VenueHalted:
            return
        for stream in self.streams.values():
            self._plan(stream)

    def _look(self, state: State, now_ms: int) -> None:
        """Send the messages that are due, as many as fit into a slice; the next slice sends the rest."""
        told: list[tuple[Stream, Message]] = []
        piece = Slice(self.venue.machine)
        for stream in sorted(self.streams.values(), key=_place):
            if not self._is_due(stream, now_ms):
                continue
            if piece.over:
                self._wake_in(0.0)
                break
            try:
                if stream.dirty:
                    told += self._changed(stream, state, now_ms)
                else:
                    stream.last_ms = now_ms
                    say = stream.teller.again(state, self._caller(stream, now_ms))
                    told += [] if say is None else [(stream, self._message(stream, say))]
            except InvariantViolation:
                raise
            except Exception as bug:
                self._fail(stream, bug)
        if told:
            self.venue.when_durable(partial(self._publish, told))

    def clock_moved(self) -> None:
        """Look for due streams after a change of the clock; see `venue.Listener`."""
        if self.streams:
            self._wake()

    def begun_anew(self) -> None:
        """Cut all sessions after a reset, as earlier messages are no longer true; see `venue.Listener`.

        Rules of faults end too, and with them the requests that they delay.
        """
        self.faults.begun_anew()
        for session in tuple(self.sessions):
            session.cut(*session.after_reset())
        self.streams.clear()
        self.by_topic.clear()

    def fault_made(self, rule: Rule) -> None:
        """Hit the open streams with a rule that does so, in the order they were opened."""
        if rule.at_once:
            for session in sorted(self.sessions, key=_number):
                session.hit_at_once(rule)

    def halted(self) -> None:
        """End all sessions after a halt, which mere listeners would not notice; see `venue.Listener`.

        Requests that came before are answered first: a client that sent an order learns that it was refused.
        """
        for session in tuple(self.sessions):
            session.end_when_answered(*HALTED)
        self.streams.clear()
        self.by_topic.clear()
