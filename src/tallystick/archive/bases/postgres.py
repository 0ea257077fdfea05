"""A database of PostgreSQL that holds an archive, in a schema of its own; one process writes it.

Every commit is durable before it returns. Replication, backup and failover are PostgreSQL's.

A connection that is lost is opened anew. What was being written then is rolled back, and said to be lost; where it was
lost while a commit was under way, the database is asked what became of that transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from itertools import count
from typing import Any, Final, TypeVar

from tallystick.archive.bases.core import ArchiveAway, ArchiveError, ArchiveLost
from tallystick.archive.schema import APPLICATION, BEFORE, FORMAT, POSTGRES, POSTGRES_SINCE
from tallystick.store.api import StoreError
from tallystick.store.postgres.connection import DRIVER_ERRORS, connect, database_errors, end, is_lost, place_of
from tallystick.store.postgres.threads import LoopThread

T = TypeVar("T")

SCHEMA: Final = "tally_archive"
"""PostgreSQL schema that holds the tables, so that a venue and other things may lie in the same database."""
BATCH: Final = 5_000
"""Rows of a long query that are fetched at once."""
ASKED_S: Final = 600.0
"""Time for somebody's own query."""
PATIENCE_S = 30.0
"""Time for a database that is away, as while it is started anew."""
OWN: Final = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
END: Final = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2"
"""Ends what a lost connection left behind, and waits for it, so that nothing of it comes later."""
FATE: Final = "SELECT CAST(pg_current_xact_id() AS TEXT), (SELECT max(id) FROM page)"
COMMITTED: Final = "SELECT pg_xact_status(CAST(CAST(? AS TEXT) AS xid8)) = 'committed', (SELECT max(id) FROM page)"


class PostgresBase:
    """Implements `core.Base` on the database at `url`. Tables are made where they are missing, unless `existing`.

    Raises ArchiveError: another process writes it, it cannot be reached, or it is of another version. With `read_only`
    nothing is locked or written.
    """

    def __init__(self, url: str, *, read_only: bool, existing: bool) -> None:
        self._url = url
        self._place = place_of(url)
        self._read_only = read_only
        self._thread = LoopThread("archive")
        self._open = True
        self._readers = 0
        self._reading: Any = None
        """Transaction that all reads of now share."""
        self._writing = False
        try:
            self._db = self._done("opening the archive", lambda: connect(url))
            self._claim()
            self._prepare(existing)
        except BaseException:
            self.close()
            raise

    def _claim(self) -> None:
        """Make the connection one of an archive, which nobody else writes. Raises ArchiveError."""
        (self._own,) = self.fetch(OWN)
        self.execute(f"SET search_path = {SCHEMA}")
        if self._read_only:
            self.execute("SET default_transaction_read_only = on")
        elif not self.fetch("SELECT pg_try_advisory_lock(?)", APPLICATION)[0][0]:
            raise ArchiveError(
                f"another process writes {self._place}: wait until its pull has ended, or pull into another archive"
            )

    def _prepare(self, existing: bool) -> None:
        if not self.fetch("SELECT 1 FROM pg_namespace WHERE nspname = ?", SCHEMA):
            if self._read_only or existing:
                raise ArchiveError(f"{self._place} has no archive: make it with tally archive pull --file ADDRESS")
            with self.writing():
                self._done("making the archive", lambda: self._db.execute(f"CREATE SCHEMA {SCHEMA}; {POSTGRES}"))
                self.execute("CREATE TABLE format (version BIGINT NOT NULL)")
                self.execute("INSERT INTO format VALUES (?)", FORMAT)
        ((version,),) = self.fetch("SELECT version FROM format")
        if version == BEFORE and not self._read_only:
            with self.writing():
                self._done("bringing the archive to its format", lambda: self._db.execute(POSTGRES_SINCE))
                self.execute("UPDATE format SET version = ?", FORMAT)
        elif version != FORMAT:
            what = "pull into it, which brings it there" if version == BEFORE else "pull into a new one"
            raise ArchiveError(f"{self._place} has format {version}, and this version reads format {FORMAT}: {what}")

    def _done(self, doing: str, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Result of what `make` begins on the loop. Raises ArchiveError; ArchiveLost with a new connection."""
        try:
            return self._tried(doing, make)
        except ArchiveAway as error:
            if not hasattr(self, "_own"):
                raise
            self._reopen()
            raise ArchiveLost(str(error)) from error

    def _tried(self, doing: str, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The same without a new connection: raises ArchiveAway where it was lost."""
        if not self._open:
            raise ArchiveError(f"{self._place} was closed")
        try:
            with database_errors(doing, self._place):
                return self._thread.run(make())
        except StoreError as error:
            cause = error.__cause__
            raise (ArchiveAway if cause and is_lost(cause) else ArchiveError)(str(error)) from error

    def _reopen(self) -> None:
        """Open another connection in place of one that was lost, and end what that one left behind.

        Raises ArchiveError: the database stays away, or another process writes the archive by now.
        """
        lost = self._own
        del self._own
        self._thread.run(_terminated(self._db))
        self._db = self._tried("opening the archive", lambda: connect(self._url, patience_s=PATIENCE_S))
        self._tried("opening the archive", lambda: self._db.fetch(END, *lost))
        self._claim()

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
        transaction = self._begun("writing the archive")
        self._writing = True
        try:
            yield
            ((number, page),) = self.fetch(FATE)
        except ArchiveAway:
            # It was rolled back with its connection.
            raise
        except BaseException:
            with suppress(*DRIVER_ERRORS):
                self._thread.run(transaction.rollback())
            raise
        finally:
            self._writing = False
        try:
            self._tried("writing the archive", transaction.commit)
        except ArchiveAway as error:
            self._reopen()
            self._require_committed(number, page, error)

    def _require_committed(self, number: str, page: int | None, error: ArchiveAway) -> None:
        """Ask what became of a transaction whose commit was not answered, and after which `page` is the last one.

        Raises ArchiveLost where it was rolled back, ArchiveError where another process has written since.
        """
        try:
            ((committed, last),) = self.fetch(COMMITTED, number)
        except ArchiveAway:
            raise
        except ArchiveError:
            # A database that has crashed has never heard of it.
            committed, last = False, page
        if not committed:
            raise ArchiveLost(str(error)) from error
        if last != page:
            raise ArchiveError(f"another process has written {self._place} meanwhile: pull again") from error

    def _begun(self, doing: str, **how: Any) -> Any:
        """A transaction that has begun; on a new connection where the one before was lost meanwhile."""
        try:
            return self._done(doing, lambda: _begun(self._db, how))
        except ArchiveLost:
            return self._done(doing, lambda: _begun(self._db, how))

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Reads that lie within each other share one transaction, which ends with the last of them."""
        if not self._readers:
            self._reading = self._begun("reading the archive", isolation="repeatable_read", readonly=True)
        self._readers += 1
        try:
            yield
        finally:
            self._readers -= 1
            if not self._readers:
                with suppress(*DRIVER_ERRORS):
                    self._thread.run(self._reading.rollback())

    def fetch(self, query: str, *values: Any) -> list[Any]:
        try:
            rows = self._done("reading the archive", lambda: self._db.fetch(numbered(query), *values))
        except ArchiveLost:
            if self._writing or self._readers:
                raise
            rows = self._done("reading the archive", lambda: self._db.fetch(numbered(query), *values))
        return [tuple(row) for row in rows]

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


async def _begun(db: Any, how: dict[str, Any]) -> Any:
    transaction = db.transaction(**how)
    await transaction.start()
    return transaction


async def _terminated(db: Any) -> None:
    db.terminate()


async def _cursor(db: Any, query: str, values: Sequence[Any]) -> Any:
    return await db.cursor(query, *values)


async def _asked(db: Any, query: str) -> tuple[list[str], list[Any]]:
    statement = await db.prepare(query)
    rows = await statement.fetch(timeout=ASKED_S)
    return [attribute.name for attribute in statement.get_attributes()], [tuple(row) for row in rows]
