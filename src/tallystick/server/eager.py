"""Coroutines that start at once: most requests wait for nothing, and so need no turn of the event loop."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from functools import partial
from types import coroutine
from typing import Any, Protocol, TypeVar

from tallystick.venue.clock import stopwatch

T = TypeVar("T")


# Values between a coroutine and the loop belong to the loop and pass unseen, so their type is Any below.


class Pace(Protocol):
    """Owner of the work, who schedules it among others."""

    def turn(self) -> Coroutine[Any, Any, None] | None:
        """Awaitable before the work goes on; None where it may go on at once."""

    def took(self, seconds: float) -> None:
        """Record that the work ran for this long."""


@coroutine
def rest(work: Coroutine[Any, Any, T], awaited: Any, pace: Pace) -> Generator[Any, Any, T]:
    """Remainder of `await work`, which has yielded `awaited` and got no answer yet: to be awaited in a task.

    Until then `asyncio.current_task` is None. (Python 3.12 brings tasks that start at once.)
    """
    while True:
        try:
            sent = yield awaited
            turn = pace.turn()
            if turn is not None:
                yield from turn.__await__()
            step = partial(work.send, sent)
        except BaseException as problem:
            step = partial(work.throw, problem)
        began = stopwatch()
        try:
            awaited = step()
        except StopIteration as done:
            found: T = done.value
            return found
        finally:
            pace.took(stopwatch() - began)
