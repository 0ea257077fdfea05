"""Who has subscribed to what, and how it reaches them.

The venue tells of every entry. What a channel makes of it is made at once, from the state right after
the entry, and leaves when the entry is durable: pushes stand in the order of the journal. Channels with
an interval gather: what changes within it is told at its end, by the venue's clock, and at once where
that clock stands still. One stream serves all who subscribed to the same thing with the same words.
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
    from tallystick.store.api import KeyRecord
    from tallystick.venue.venue import Venue

log = logging.getLogger("tallystick")

SHORTEST_S = 0.05
"""What repeats, and where time hurries what is gathered, is told at most every 50 ms of the machine's time."""
SHORTEST_NS = 50_000_000
TOLD_AT_ONCE = 100
"""Of an entry that touches more streams, those that tell how things stand do so by and by."""
DIRTY_SHORTEST_S = 0.001
"""What is gathered waits so long at least, where it is overdue and the venue has yet to catch up with its clock."""
PLACES = {channel.name: place for place, channel in enumerate(CHANNELS)}
ABNORMAL = (4006, "Abnormal disconnection")
HALTED = (1011, "The venue has halted and must be restarted")


class Subscriber(Protocol):
    """What is known of others' sessions."""

    key: KeyRecord | None
    subscribed: dict[Key, Channel]

    def push(self, message: Message) -> None: ...

    def cut(self, code: int, reason: str) -> None: ...

    def end_when_answered(self, code: int, reason: str) -> None: ...

    def after_reset(self) -> tuple[int, str]: ...


class Stream:
    """One subscription, shared by all who have it. `last_ms` is when it was last told something."""

    __slots__ = ("arg", "channel", "dirty", "heard_by", "key", "last_ms", "looked_ns", "place", "teller", "users")

    def __init__(
        self, key: Key, channel: Channel, arg: dict[str, str], teller: Teller, now_ms: int, number: int
    ) -> None:
        self.key = key
        self.place = (PLACES[channel.name], number)
        """Of several streams an entry touches, which one is told first."""
        self.channel = channel
        self.arg = arg
        self.teller = teller
        self.users: set[Subscriber] = set()
        """Who has subscribed."""
        self.heard_by: set[Subscriber] = set()
        """Who has been told how things stand, and so hears what follows."""
        self.dirty = False
        self.last_ms = now_ms
        self.looked_ns = 0
        """When it was last asked for what changed, by the machine."""


def _place(stream: Stream) -> tuple[int, int]:
    return stream.place


_NOBODY: frozenset[Stream] = frozenset()
Key = tuple[str, Request, int]
"""Channel, argument, user (0 where the channel is public)."""
Release = Callable[[], None]


class Hub:
    """The venue's listener. All methods belong to the venue's event loop."""

    def __init__(self, venue: Venue, surface: str) -> None:
        self.venue = venue
        self.surface = surface
        self.streams: dict[Key, Stream] = {}
        self.by_topic: dict[Topic, set[Stream]] = {}
        self.sessions: set[Subscriber] = set()
        self.opened = 0
        self.timer: asyncio.TimerHandle | None = None
        self.timer_at = 0.0

    # ---- subscribing

    def subscribe(self, session: Subscriber, key: Key, channel: Channel, arg: dict[str, str]) -> None:
        """How things stand goes out when they are durable; from then on this session hears what changes."""
        stream = self.streams.get(key)
        if stream is None:
            teller = teller_of(channel.name, key[1], key[2])
            self.opened += 1
            stream = self.streams[key] = Stream(key, channel, arg, teller, self.venue.now_ms(), self.opened)
            for topic in teller.topics:
                self.by_topic.setdefault(topic, set()).add(stream)
        stream.users.add(session)
        if stream.dirty:
            # What changes back before its interval is over would else never be told to who comes now.
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
            session.push(message)

    # ---- telling

    def entry(self, stamp: Stamp, events: Sequence[Event], state: State) -> Release | None:
        """See `venue.Listener`. A stream that fails is a bug: it is written down and its subscribers are cut off.

        Raises InvariantViolation: the state is wrong, which is no matter of one stream.
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
        """What changed is to be told later, together with what else will have changed."""
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
            for session in stream.heard_by:
                session.push(message)

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
        """When the stream wants to be looked at without an entry."""
        if stream.dirty:
            return stream.last_ms + stream.channel.interval_ms
        return stream.teller.next_ms(stream.last_ms)

    def _is_due(self, stream: Stream, now_ms: int) -> bool:
        due_ms = self._due_ms(stream)
        if due_ms is None or due_ms <= now_ms:
            return due_ms is not None
        return stream.dirty and self.venue.wait_s(due_ms) is None

    def _plan(self, stream: Stream) -> None:
        """Have the loop call when the stream is due, if it is before all others."""
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
        """Tell what is due, as much of it as fits into a slice; the rest comes with the next one."""
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
        """See `venue.Listener`: what was waiting for the clock may be due now."""
        if self.streams:
            self._wake()

    def begun_anew(self) -> None:
        """See `venue.Listener`: what was told before is true no more, so everybody has to connect again."""
        for session in tuple(self.sessions):
            session.cut(*session.after_reset())
        self.streams.clear()
        self.by_topic.clear()

    def halted(self) -> None:
        """See `venue.Listener`: nothing more can be told, which who only listens would never learn.

        What has been said before is answered first: whoever sent an order is to hear that it was not taken.
        """
        for session in tuple(self.sessions):
            session.end_when_answered(*HALTED)
        self.streams.clear()
        self.by_topic.clear()
