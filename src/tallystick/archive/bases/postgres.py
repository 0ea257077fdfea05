"""A database of PostgreSQL that holds an archive, in a schema of its own; one process writes it.

Every commit is durable before it returns. Replication, backup and failover are PostgreSQL's.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count
from typing import Any, Final, TypeVar

from tallystick.archive.bases.core import ArchiveError
from tallystick.archive.schema import APPLICATION, FORMAT, POSTGRES
from tallystick.store.api import StoreError
from tallystick.store.postgres.connection import DRIVER_ERRORS, connect, database_errors, end, place_of
from tallystick.store.postgres.threads import LoopThread

T = TypeVar("T")

SCHEMA: Final = "tally_archive"
"""PostgreSQL schema that holds the tables, so that a venue and other things may lie in the same database."""
BATCH: Final = 5_000
"""Rows of a long query that are fetched at once."""
ASKED_S: Final = 600.0
"""Time for somebody's own query."""


class PostgresBase:
    """Implements `core.Base` on the database at `url`. Tables are made where they are missing, unless `existing`.

    Raises ArchiveError: another process writes it, it cannot be reached, or it is of another version. With `read_only`
    nothing is locked or written.
    """

    def __init__(self, url: str, *, read_only: bool, existing: bool) -> None:
        self._place = place_of(url)
        self._thread = LoopThread("archive")
        self._open = True
        self._readers = 0
        self._reading: Any = None
        """Transaction that all reads of now share."""
        try:
            self._db = self._done("opening the archive", lambda: connect(url))
            self._prepare(read_only, existing)
        except BaseException:
            self.close()
            raise

    def _prepare(self, read_only: bool, existing: bool) -> None:
        self.execute(f"SET search_path = {SCHEMA}")
        if read_only:
            self.execute("SET default_transaction_read_only = on")
        elif not self.fetch("SELECT pg_try_advisory_lock(?)", APPLICATION)[0][0]:
            raise ArchiveError(
                f"another process writes {self._place}: wait until its pull has ended, or pull into another archive"
            )
        if not self.fetch("SELECT 1 FROM pg_namespace WHERE nspname = ?", SCHEMA):
            if read_only or existing:
                raise ArchiveError(f"{self._place} has no archive: make it with tally archive pull --file ADDRESS")
            with self.writing():
                self._done("making the archive", lambda: self._db.execute(f"CREATE SCHEMA {SCHEMA}; {POSTGRES}"))
                self.execute("CREATE TABLE format (version BIGINT NOT NULL)")
                self.execute("INSERT INTO format VALUES (?)", FORMAT)
        ((version,),) = self.fetch("SELECT version FROM format")
        if version != FORMAT:
            raise ArchiveError(
                f"{self._place} has format {version}, and this version reads format {FORMAT}: pull into a new one"
            )

    def _done(self, doing: str, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Result of what `make` begins on the loop. Raises ArchiveError."""
        if not self._open:
            raise ArchiveError(f"{self._place} was closed")
        try:
            with database_errors(doing, self._place):
                return self._thread.run(make())
        except StoreError as error:
            raise ArchiveError(str(error)) from error

    @property
    def place(self) -> str:
        return self._place

    def close(self) -> None:
        if self._open:
            self._open = False
            if hasattr(self, "_db"):
                self._thread.run(end(self._db))
            self._thread.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        transaction = self._db.transaction()
        self._done("writing the archive", lambda: _started(transaction))
        try:
            yield
        except BaseException:
            with suppress(*DRIVER_ERRORS):
                self._thread.run(transaction.rollback())
            raise
        self._done("writing the archive", transaction.commit)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Reads that lie within each other share one transaction, which ends with the last of them."""
        if not self._readers:
            self._reading = self._db.transaction(isolation="repeatable_read", readonly=True)
            self._done("reading the archive", lambda: _started(self._reading))
        self._readers += 1
        try:
            yield
        finally:
            self._readers -= 1
            if not self._readers:
                with suppress(*DRIVER_ERRORS):
                    self._thread.run(self._reading.rollback())

    def fetch(self, query: str, *values: Any) -> list[Any]:
        return [
            tuple(row) for row in self._done("reading the archive", lambda: self._db.fetch(numbered(query), *values))
        ]

    def stream(self, query: str, *values: Any) -> Iterator[Any]:
        with self.reading():
            cursor = self._done("reading the archive", lambda: _cursor(self._db, numbered(query), values))
            while rows := self._done("reading the archive", lambda: cursor.fetch(BATCH)):
                yield from map(tuple, rows)

    def execute(self, query: str, *values: Any) -> None:
        self._done("writing the archive", lambda: self._db.execute(numbered(query), *values))

    def execute_many(self, query: str, rows: Sequence[Sequence[Any]]) -> None:
        self._done("writing the archive", lambda: self._db.executemany(numbered(query), rows))

    def ask(self, query: str) -> tuple[list[str], list[Any]]:
        try:
            with self.reading():
                return self._thread.run(_asked(self._db, query))
        except DRIVER_ERRORS as error:
            raise ArchiveError(f"SQL: {error}") from error

    def faults(self) -> list[str]:
        """None: a database that finds damage says so to each query that meets it."""
        return []


@cache
def numbered(query: str) -> str:
    """The query with numbered places for its values, as PostgreSQL has them."""
    numbers = count(1)
    return "".join(f"${next(numbers)}" if letter == "?" else letter for letter in query)


async def _started(transaction: Any) -> None:
    await transaction.start()


async def _cursor(db: Any, query: str, values: Sequence[Any]) -> Any:
    return await db.cursor(query, *values)


async def _asked(db: Any, query: str) -> tuple[list[str], list[Any]]:
    statement = await db.prepare(query)
    rows = await statement.fetch(timeout=ASKED_S)
    return [attribute.name for attribute in statement.get_attributes()], [tuple(row) for row in rows]
