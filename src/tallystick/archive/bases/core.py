"""Words that every database of an archive understands. Queries have `?` for each value, in both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol, TypeVar

T = TypeVar("T")

LOST_MAX: Final = 5
"""Connections that one piece of work may lose before it ends."""


class ArchiveError(Exception):
    """An archive cannot be used; the text says why and what to do."""


class ArchiveAway(ArchiveError):
    """The database of an archive cannot be reached. Nothing is said of what it holds."""


class ArchiveLost(ArchiveAway):
    """The connection to the database was lost, and there is a new one. What was not committed is to be done again."""


def again(work: Callable[[], T]) -> T:
    """Result of work that may be done anew from its start after the connection was lost, `LOST_MAX` times at most."""
    for _ in range(LOST_MAX - 1):
        try:
            return work()
        except ArchiveLost:
            continue
    return work()


class Base(Protocol):
    """Database with the tables of one archive. All of it raises ArchiveError, whatever the database says."""

    @property
    def place(self) -> str:
        """File or address, without a password."""

    def fetch(self, query: str, *values: Any) -> list[Any]:
        """All rows of a query."""

    def stream(self, query: str, *values: Any) -> Iterator[Any]:
        """Rows of a query, one after the other, however many there are."""

    def execute(self, query: str, *values: Any) -> None:
        """Carry a statement out."""

    def execute_many(self, query: str, rows: Sequence[Sequence[Any]]) -> None:
        """Carry a statement out once for each row of values."""

    def writing(self) -> AbstractContextManager[None]:
        """One transaction: all of it is written, or nothing."""

    def reading(self) -> AbstractContextManager[None]:
        """All reads see one state of the archive, whoever writes meanwhile."""

    def ask(self, query: str) -> tuple[list[str], list[Any]]:
        """Names of columns and rows of somebody's own query, which cannot write."""

    def faults(self) -> list[str]:
        """Damage that the database itself finds, at most a few."""

    def close(self) -> None:
        """Let the database and the lock go; harmless when called twice."""
