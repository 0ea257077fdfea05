"""Histories: iterators that give every row of a list once, newest first. What is asked for and given is `walk`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, Self, TypeVar

from tallystick.client.ahead import Ahead
from tallystick.client.halves import AsyncHalf, Half
from tallystick.client.records import Record
from tallystick.client.walk import PageRead, Span, Walk
from tallystick.contract.core import Endpoint

R = TypeVar("R", bound=Record)


class History(Generic[R]):
    """Rows of a history, newest first, each once. Iterating goes on where it stopped, after an exception too.

    Raises what calls raise, and `Unprovable` where rows may be missing; what came before it was given.
    """

    def __init__(
        self, half: Half, endpoint: Endpoint, fields: Mapping[str, object], record: type[R], span: Span
    ) -> None:
        self._walk = Walk(endpoint, fields, record, span)
        self._next = self._walk.pending.popleft
        self._half = half
        self._ahead = Ahead(half, self._walk)

    @property
    def position(self) -> str:
        """Text to keep: a later call with `position=` goes on below the last row that was given."""
        return self._walk.position()

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> R:
        while True:
            try:
                return self._next()
            except IndexError:
                walk = self._walk
            if walk.over:
                raise StopIteration
            walk.take(self._ahead.page())
            self._ahead.begin()

    def page(self) -> PageRead[R] | None:
        """The next page, None after the last. Raises what calls raise; a page that leads no further is told `stuck`.

        Rows of a page that was begun by iterating come with none.
        """
        walk = self._walk
        if walk.over:
            return None
        self._ahead.leave()
        asked = walk.ask()
        return walk.read(asked, self._half._run(walk.page_flow(self._half)))


class AsyncHistory(Generic[R]):
    """As `History`, to be iterated with `async for`."""

    def __init__(
        self, half: AsyncHalf, endpoint: Endpoint, fields: Mapping[str, object], record: type[R], span: Span
    ) -> None:
        self._half = half
        self._walk = Walk(endpoint, fields, record, span)
        self._next = self._walk.pending.popleft

    @property
    def position(self) -> str:
        """Text to keep: a later call with `position=` goes on below the last row that was given."""
        return self._walk.position()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> R:
        while True:
            try:
                return self._next()
            except IndexError:
                walk = self._walk
            if walk.over:
                raise StopAsyncIteration
            walk.take(await self._half._run(walk.page_flow(self._half)))
