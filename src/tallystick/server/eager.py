"""Work that begins at once: most requests are answered without waiting for anything, and need no turn of the loop."""

from __future__ import annotations

from collections.abc import Coroutine, Generator
from functools import partial
from types import coroutine
from typing import Any, TypeVar

T = TypeVar("T")


# What a coroutine hands to the loop and gets from it is the loop's own business, and passed on unseen: Any below.


class Waits(Exception):
    """The work has to wait: `rest` is to be awaited, in a task."""

    def __init__(self, rest: Coroutine[Any, Any, Any]) -> None:
        self.rest = rest


def outcome(work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns. Raises what it raises, and Waits as soon as it has to wait for something.

    Until then `asyncio.current_task` is nobody. (Tasks that begin at once come with Python 3.12.)
    """
    try:
        awaited = work.send(None)
    except StopIteration as done:
        found: T = done.value
        return found
    raise Waits(_rest(work, awaited))


@coroutine
def _rest(work: Coroutine[Any, Any, T], awaited: Any) -> Generator[Any, Any, T]:
    """`await work`, begun in the middle: it has handed out `awaited` and got no answer yet."""
    while True:
        try:
            step = partial(work.send, (yield awaited))
        except BaseException as problem:
            step = partial(work.throw, problem)
        try:
            awaited = step()
        except StopIteration as done:
            found: T = done.value
            return found
