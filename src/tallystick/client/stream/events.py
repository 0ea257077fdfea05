"""What a stream gives: messages, and notes where some may be missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from tallystick.client.records import Record
from tallystick.client.stream.book import Book
from tallystick.client.stream.subscription import Subscription

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class Message(Generic[R]):
    """A message of a channel: its rows as typed records, and all of it as it was sent.

    `action` is "snapshot" or "update" where the channel tells. `book` is the book after it, of channels that tell a
    whole book and then its changes; it is the same object each time. `late` marks a message that is older than one
    before it: it was overtaken on its way.
    """

    subscription: Subscription[R]
    rows: tuple[R, ...]
    action: str = ""
    book: Book | None = None
    late: bool = False
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Gap:
    """A book missed a message, or its checksum was wrong. It is subscribed to anew; the next message is a whole."""

    subscription: Subscription[Any]
    reason: str


@dataclass(frozen=True, slots=True)
class Reconnected:
    """The connection was lost and is there again. What happened in between was not told.

    Books and the account begin with a whole. Orders do not: read `orders_pending` and `orders_history`.
    """

    reason: str
    seconds: float


Event: TypeAlias = Message[R] | Gap | Reconnected
