"""Reads of a store outside of any loop: at once where it can, else on a loop that is kept for that."""

from __future__ import annotations

import asyncio
import atexit
import functools
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def at_once(read: Coroutine[Any, Any, T]) -> T:
    """Answer of a read. Raises AssertionError where it waits for something, and what it raises."""
    try:
        read.send(None)
    except StopIteration as done:
        answer: T = done.value
        return answer
    read.close()
    raise AssertionError("this store does not answer at once")


def answered(read: Coroutine[Any, Any, T]) -> T:
    """Answer of a read of any store. A store behind a network keeps its connections for the next one."""
    return _runner().run(read)


@functools.cache
def _runner() -> asyncio.Runner:
    made = asyncio.Runner()
    atexit.register(made.close)
    return made
