"""Reads of a store that answers at once, outside of any loop."""

from __future__ import annotations

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
