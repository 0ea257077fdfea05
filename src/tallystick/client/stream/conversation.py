"""What is said on a stream, without the network: login, subscriptions, messages, gaps, and when to give a link up.

    opened -> (login ->) subscribe -> acknowledged -> messages; gap -> subscribe anew; lost -> opened anew

Whoever runs it passes on what comes (`take`), sends what `outbox` has, and asks `wait_s` how long silence is borne.
"""

from __future__ import annotations

import json
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, Generic, TypeVar

from tallystick.client.errors import BadAnswer, KeyRefused, Refused
from tallystick.client.records import Record
from tallystick.client.stream.book import WHOLE, Book
from tallystick.client.stream.events import Event, Gap, Message, Reconnected
from tallystick.client.stream.subscription import WHOLE_BOOKS, WHOLE_EACH_TIME, Subscription

R = TypeVar("R", bound=Record)

PING_AFTER_S: Final = 20.0
"""Silence after which a ping is sent; the exchange ends a connection after 30 s of it (documented)."""
PONG_WITHIN_S: Final = 8.0
ANSWER_WITHIN_S: Final = 10.0
"""Longest wait for a login or a subscription to be answered."""
GAPS_MAX: Final = 10
"""Gaps of one book without a right message between them, after which it is given up."""
REMEMBERED_MAX: Final = 10_000
"""Orders whose newest time is remembered, to tell a message that comes late."""
CLOCK_CODES: Final = frozenset({"60004", "60006"})
PASSING_CODES: Final = frozenset({"60014", "63999", "64007"})
"""Too many requests, and errors of the system: the same may work on the next connection."""
LIMIT_CLOSES: Final = frozenset({4003, 4008, 4009})
"""Close codes that a new connection would meet again: too many subscriptions."""
NOTICE: Final = "64008"
PING: Final = "ping"


class Lost(Exception):
    """The link is of no use any more; a new one is to be opened. `clock` has the clock measured first."""

    def __init__(self, reason: str, *, clock: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.clock = clock


class Conversation(Generic[R]):
    """One stream over all its connections. `login` makes the message of a login, None where none is needed."""

    def __init__(
        self, subscriptions: tuple[Subscription[R], ...], login: Callable[[], str] | None, started: float
    ) -> None:
        self.subscriptions = subscriptions
        self.outbox: deque[Callable[[], str]] = deque()
        self.events: deque[Event[R]] = deque()
        self._login = login
        self._books: dict[int, Book] = {}
        self._gaps: dict[int, int] = {}
        self._newest: OrderedDict[tuple[int, str], int] = OrderedDict()
        self._last: dict[int, str] = {}
        self._waiting: set[int] = set()
        self._logging_in = False
        self._heard = started
        self._pinged: float | None = None
        self._asked: float | None = None
        self._lost: tuple[float, str] | None = None

    # ---- connections

    def opened(self, now: float) -> None:
        """A connection is there: log in, or subscribe."""
        self.outbox.clear()
        self._heard, self._pinged, self._asked = now, None, now
        self._logging_in = self._login is not None
        if self._login is not None:
            self.outbox.append(self._login)
        else:
            self._subscribe(range(len(self.subscriptions)))

    def lost(self, now: float, reason: str) -> None:
        """The connection is gone. Books and numbers of messages belong to it."""
        self._books.clear()
        self._last.clear()
        self._waiting.clear()
        if self._lost is None:
            self._lost = (now, reason)

    def outage_s(self, now: float) -> float:
        """How long there has been no stream, in seconds."""
        return 0.0 if self._lost is None else now - self._lost[0]

    @property
    def reason(self) -> str:
        """Why there is no stream."""
        return self._lost[1] if self._lost else "it was never opened"

    @property
    def logs_in(self) -> bool:
        return self._login is not None

    def patient_again(self, now: float) -> None:
        """The outage was told; another one is counted from now on."""
        self._lost = (now, self.reason)

    def _subscribe(self, numbers: range | list[int]) -> None:
        self._waiting |= set(numbers)
        arguments = [self.subscriptions[number].arg for number in numbers]
        self.outbox.append(lambda: json.dumps({"op": "subscribe", "args": arguments}))

    # ---- time

    def wait_s(self, now: float) -> float:
        """Seconds that silence is borne from now on, before `silent` is to be called."""
        if self._asked is not None and (self._logging_in or self._waiting):
            return max(0.0, self._asked + ANSWER_WITHIN_S - now)
        until = self._heard + PING_AFTER_S if self._pinged is None else self._pinged + PONG_WITHIN_S
        return max(0.0, until - now)

    def silent(self, now: float) -> None:
        """Nothing came for `wait_s`: ask whether the other side is there. Raises Lost where it did not answer."""
        if self._asked is not None and (self._logging_in or self._waiting):
            raise Lost("a login or a subscription was not answered")
        if self._pinged is not None:
            raise Lost("a ping was not answered")
        self._pinged = now
        self.outbox.append(lambda: PING)

    # ---- messages

    def take(self, text: str, now: float) -> None:
        """Take in what came. Raises Lost, Refused, KeyRefused, and BadAnswer for a book that cannot be kept."""
        self._heard, self._pinged = now, None
        if text == "pong":
            return
        try:
            said = json.loads(text)
        except (ValueError, RecursionError):
            raise Lost("a message was no JSON") from None
        if not isinstance(said, dict):
            raise Lost("a message was no object")
        try:
            if "data" in said and "arg" in said:
                self._data(said, text)
            elif "event" in said:
                self._event(said, now)
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as fault:
            raise BadAnswer(
                f"A message is not as documented: {type(fault).__name__}.", sample=text[:200], endpoint="stream"
            ) from None

    def _event(self, said: dict[str, Any], now: float) -> None:
        kind = said["event"]
        if kind == "login":
            self._logged_in(said, now)
        elif kind == "subscribe":
            self._acknowledged(said.get("arg") or {}, now)
        elif kind == "error" or kind == "channel-conn-count-error":
            self._refused(said)
        elif kind == "notice" and said.get("code") == NOTICE:
            raise Lost(f"the exchange closes the connection soon ({NOTICE})")

    def _logged_in(self, said: dict[str, Any], now: float) -> None:
        if said.get("code") not in ("0", None):
            self._refused(said)
        self._logging_in = False
        self._asked = now
        self._subscribe(range(len(self.subscriptions)))

    def _acknowledged(self, arg: dict[str, Any], now: float) -> None:
        self._waiting.discard(self._number_of(arg))
        if self._waiting:
            return
        self._asked = None
        if self._lost is not None:
            since, reason = self._lost
            self._lost = None
            self.events.append(Reconnected(reason, now - since))

    def _refused(self, said: dict[str, Any]) -> None:
        code, message = str(said.get("code", "")), str(said.get("msg") or "the exchange gave no reason")
        if code in CLOCK_CODES:
            raise Lost(f"{code} {message}", clock=True)
        if code in PASSING_CODES:
            raise Lost(f"{code} {message}")
        if self._logging_in:
            raise KeyRefused(
                message, code=code, endpoint="login", hint="Check the key, and that it belongs to this host."
            )
        raise Refused(message, code=code, endpoint="subscribe")

    def closed(self, code: int | None, reason: str) -> str:
        """Words for the end of a connection. Raises KeyRefused and Refused where a new one would end the same way."""
        words = f"closed with {code} {reason}".rstrip() if code is not None else "cut without a close"
        if code == 4001 and self._logging_in:
            raise KeyRefused(f"The login failed: {words}.", code=str(code), endpoint="login")
        if code in LIMIT_CLOSES:
            raise Refused(f"The stream was {words}.", code=str(code), endpoint="subscribe", hint="Subscribe to less.")
        return words

    def _number_of(self, arg: dict[str, Any]) -> int:
        """Number of the subscription that an argument belongs to, the most particular of several; -1 for none."""
        found = [number for number, each in enumerate(self.subscriptions) if each.covers(arg)]
        return max(found, key=lambda number: len(self.subscriptions[number].arg), default=-1)

    def _data(self, said: dict[str, Any], text: str) -> None:
        number = self._number_of(said["arg"])
        if number < 0 or self._last.get(number) == text:
            # Of nobody's asking, or the same message again.
            return
        self._last[number] = text
        subscription = self.subscriptions[number]
        rows = tuple(subscription.record(row) for row in said["data"])
        action, late = str(said.get("action") or ""), self._is_late(number, rows)
        message = Message(subscription, rows, action, late=late, raw=said)
        name = subscription.channel.name
        if name in WHOLE_BOOKS:
            self._book(number, message)
        elif not (name in WHOLE_EACH_TIME and message.late):
            self.events.append(message)

    def _is_late(self, number: int, rows: tuple[R, ...]) -> bool:
        """True where a row is older than one before it of the same order, or of the same channel."""
        late = False
        for row in rows:
            key = (number, str(row.raw.get("ordId", "")))
            rank = next((int(row.raw[name]) for name in ("seqId", "uTime", "ts", "pTime") if row.raw.get(name)), 0)
            late = late or rank < self._newest.get(key, 0)
            self._newest[key] = max(rank, self._newest.get(key, 0))
            self._newest.move_to_end(key)
        while len(self._newest) > REMEMBERED_MAX:
            self._newest.popitem(last=False)
        return late

    # ---- books

    def _book(self, number: int, message: Message[R]) -> None:
        """Keep a book. A message that follows on none, or a wrong checksum, has it subscribed to anew."""
        for row in message.rows:
            previous, number_of_row = int(row.raw["prevSeqId"]), int(row.raw["seqId"])
            book = self._books.get(number)
            if message.action == "snapshot" or previous == WHOLE:
                book = self._books[number] = Book(str(message.subscription.arg.get("instId", "")))
                book.whole(row.raw)
            elif book is None or (previous != book.seq_id and number_of_row <= book.seq_id):
                # Before the whole, or before what is known already.
                return
            elif previous != book.seq_id:
                self._gap(number, f"a message was missed: {previous} does not follow on {book.seq_id}")
                return
            else:
                book.change(row.raw)
            sent = int(row.raw.get("checksum", 0))
            # From June 2026 on the exchange sends 0, which checks nothing (documented).
            if sent and sent != book.checksum():
                self._gap(number, f"the checksum is wrong: {sent} was sent, {book.checksum()} is right")
                return
        self._gaps.pop(number, None)
        self.events.append(replace(message, book=self._books[number], late=False))

    def _gap(self, number: int, reason: str) -> None:
        subscription = self.subscriptions[number]
        self._gaps[number] = self._gaps.get(number, 0) + 1
        if self._gaps[number] > GAPS_MAX:
            raise BadAnswer(f"The book {subscription!r} cannot be kept: {reason}.", endpoint=subscription.channel.name)
        self._books.pop(number, None)
        self._last.pop(number, None)
        self._asked = self._heard
        self.events.append(Gap(subscription, reason))
        self.outbox.append(lambda: json.dumps({"op": "unsubscribe", "args": [subscription.arg]}))
        self._subscribe([number])
