"""Form of a control call: its declaration, the arguments of its handler, and its refusal."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, NamedTuple, TypeAlias, TypeVar

from msgspec import Struct

from tallystick.contract.core import Doc
from tallystick.contract.kinds import MAYBE_EMPTY, Kind
from tallystick.server.as_user import SendAs
from tallystick.server.faults.rules import Faults
from tallystick.server.seen import Requests
from tallystick.server.staging import Stage
from tallystick.venue.venue import Venue

PREFIX = "/tally/v1/"


Coins: TypeAlias = Annotated[str, Kind.AMOUNT]
"""Decimal text: coins, a price, a rate or a share; signed where the call says so."""
MaybeCoins: TypeAlias = Annotated[str, Kind.AMOUNT, MAYBE_EMPTY]
"""The same in an answer, "" where there is none."""
IsoTime: TypeAlias = Annotated[str, Kind.ISO]
"""ISO 8601; without a zone it is UTC."""
Span: TypeAlias = Annotated[str, Kind.DURATION]
"""A number and ms, s, m, h, d or w, such as 90m."""


class Wrong(Exception):
    """The call is refused; `hint` tells a remedy."""

    def __init__(self, status: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.hint = hint


class Body(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base class of the bodies of calls."""


class Empty(Body, frozen=True, kw_only=True):
    """An empty body."""


class Query(Struct, frozen=True, kw_only=True):
    """Base class of the queries of calls: texts, all optional."""


class Spelling(Struct, frozen=True):
    """A call as a command: the words after `tally`, and the fields that are its arguments, in order.

    The other fields are its options. `name` says what stands for `*` in the path; it is the first argument. With
    `document` the command has no fields: a file has them all, which this describes.
    """

    words: str
    arguments: tuple[str, ...] = ()
    name: Doc | None = None
    document: Doc | None = None


Q = TypeVar("Q", bound=Query)
B = TypeVar("B", bound=Struct)
A = TypeVar("A", bound=Struct)


class Called(NamedTuple):
    """Arguments of a handler beside the body.

    `name` stands in the path for `*`, `health` shows `about`, and a reset has to call `after_reset`. `send_as` sends a
    request as a user, `seen` has the requests that the server has answered, and `stage` plays scenarios.
    """

    venue: Venue
    name: str
    query: Query
    about: Mapping[str, str | int]
    after_reset: Callable[[], None]
    faults: Faults
    send_as: SendAs
    seen: Requests
    stage: Stage

    def asked(self, expected: type[Q]) -> Q:
        """The query in the class that the call declares. Raises TypeError for another class, which is a bug."""
        if not isinstance(self.query, expected):
            raise TypeError(f"{type(self.query).__name__} is no {expected.__name__}")
        return self.query


class ControlEndpoint:
    """One control call. `path` is below /tally/v1/; `*` in it is a name, such as that of a user.

    `samples` are bodies (queries for GET) for the page on control calls; they fit the call's form. `handler` takes
    the body and returns the answer as declared, which the type checker checks at the declaration. `spelling` is the
    call as a command; a call without one is made by another command.
    """

    def __init__(
        self,
        method: str,
        path: str,
        body: type[B],
        answer: type[A],
        handler: Callable[[Called, B], Awaitable[A]],
        words: Doc,
        samples: tuple[str, ...] = (),
        query: type[Query] = Query,
        spelling: Spelling | None = None,
    ) -> None:
        self.method = method
        self.path = path
        self.body: type[Struct] = body
        self.answer: type[Struct] = answer
        self.handler = _of_class(body, handler)
        self.words = words
        self.samples = samples
        self.query = query
        self.spelling = spelling


def _of_class(
    expected: type[B], handler: Callable[[Called, B], Awaitable[A]]
) -> Callable[[Called, Struct], Awaitable[Struct]]:
    """A handler that accepts any body. It raises TypeError for another class, which is a bug."""

    @functools.wraps(handler)
    async def handle(call: Called, body: Struct) -> Struct:
        if not isinstance(body, expected):
            raise TypeError(f"{type(body).__name__} is no {expected.__name__}")
        return await handler(call, body)

    return handle
