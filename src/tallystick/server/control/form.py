"""The form of a control call: how it is declared, what its handler is given, and how it is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

from msgspec import Struct

from tallystick.contract.core import Doc
from tallystick.venue.venue import Venue

PREFIX = "/tally/v1/"


class Wrong(Exception):
    """The call cannot be carried out; `hint` says what would help."""

    def __init__(self, status: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.hint = hint


class Body(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of what a call may carry."""


class Empty(Body, frozen=True, kw_only=True):
    """Nothing is sent."""


class Query(Struct, frozen=True, kw_only=True):
    """Base of what may stand behind the path's question mark: text, all of it optional."""


Q = TypeVar("Q", bound=Query)
B = TypeVar("B", bound=Struct)
A = TypeVar("A", bound=Struct)


class Called(NamedTuple):
    """What a handler is given beside the body. `name` stands in the path for a user, `about` is told by `health`,
    and `after_reset` is to be called when the venue has begun anew."""

    venue: Venue
    name: str
    query: Query
    about: dict[str, str]
    after_reset: Callable[[], None]

    def asked(self, expected: type[Q]) -> Q:
        """The query, of the class the call declares; another one is a bug."""
        if not isinstance(self.query, expected):
            raise TypeError(f"{type(self.query).__name__} is no {expected.__name__}")
        return self.query


class ControlEndpoint:
    """One control call. `path` is below /tally/v1/, `*` in it the name of a user.

    `samples` are bodies (of GET queries) as the README shows them; they fit the call's form. `handler` takes the body
    and gives the answer that are declared, which the type checker sees where the call is declared.
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
    ) -> None:
        self.method = method
        self.path = path
        self.body: type[Struct] = body
        self.answer: type[Struct] = answer
        self.handler = _of_class(body, handler)
        self.words = words
        self.samples = samples
        self.query = query


def _of_class(
    expected: type[B], handler: Callable[[Called, B], Awaitable[A]]
) -> Callable[[Called, Struct], Awaitable[Struct]]:
    """The handler for any body; one of another class is a bug."""

    async def handle(call: Called, body: Struct) -> Struct:
        if not isinstance(body, expected):
            raise TypeError(f"{type(body).__name__} is no {expected.__name__}")
        return await handler(call, body)

    return handle
