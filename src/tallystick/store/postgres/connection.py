"""Connections to a database: how they are opened, what their errors mean, and the one that opens itself anew."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import urlsplit

import asyncpg

from tallystick.store.api import StoreError

T = TypeVar("T")

SCHEMES: Final = ("postgresql://", "postgres://")
SCHEMA: Final = "tallystick"
"""PostgreSQL schema that holds the tables, so that a database may hold other things too."""
CHANNEL: Final = "tallystick_journal"
"""Channel that is notified of each group of entries, with `TERM SEQ` of the last of them."""
CONNECT_S: Final = 5.0
"""Time to open a connection."""
COMMAND_S: Final = 30.0
"""Time for one statement, other than those that move a whole store."""
Connection: TypeAlias = asyncpg.Connection
_PASSING: Final = (
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.IdleInTransactionSessionTimeoutError,
)
"""Errors of the database that end with it: it starts, stops, or is short of connections."""


async def connect(url: str, *, patience_s: float = 0.0) -> Connection:
    """Open a connection, again and again for `patience_s` while the database cannot be reached.

    Raises asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + patience_s
    while True:
        try:
            return await asyncpg.connect(
                url,
                timeout=CONNECT_S,
                command_timeout=COMMAND_S,
                server_settings={
                    "search_path": SCHEMA,
                    "application_name": "tallystick",
                    "client_min_messages": "warning",
                    # Planning a page for its values costs more than reading it; compiling one, a hundred times more.
                    "plan_cache_mode": "force_generic_plan",
                    "jit": "off",
                },
            )
        except Exception as error:
            if not is_lost(error) or loop.time() >= until:
                raise
        await asyncio.sleep(0.1)


_CONFUSED: Final = (asyncpg.InternalClientError, asyncio.InvalidStateError, asyncio.IncompleteReadError, BufferError)
"""Errors of the driver whose own state is confused, as when a connection is cut between two of its steps."""
DRIVER_ERRORS: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    *_CONFUSED,
    OSError,
    TimeoutError,
    RuntimeError,
)
"""All that a call of the driver may raise. A RuntimeError is the loop's: a connection it has closed is written to."""


def is_lost(error: BaseException) -> bool:
    """True for an error of the connection, after which another one may succeed."""
    if isinstance(error, asyncpg.InterfaceError | RuntimeError):
        return "closed" in str(error)
    return isinstance(error, (OSError, TimeoutError, asyncpg.PostgresConnectionError, *_CONFUSED, *_PASSING))


def pass_over_given_up(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Handle errors of a loop that opens connections: what becomes of one whose opening was given up is no news.

    The driver leaves a future behind then, in which nobody looks.
    """
    if type(context.get("exception")) is not ConnectionError or "future" not in context:
        loop.default_exception_handler(context)


def place_of(url: str) -> str:
    """The address of a database without its password, for messages."""
    parts = urlsplit(url)
    host = parts.hostname or "localhost"
    return f"postgresql://{host}{f':{parts.port}' if parts.port else ''}{parts.path}"


class database_errors:
    """Turns the driver's errors into StoreError, naming what was being done and the database."""

    def __init__(self, doing: str, place: str) -> None:
        self._doing = doing
        self._place = place

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, DRIVER_ERRORS):
            words = str(error) or type(error).__name__
            raise StoreError(f"{self._doing} failed: {self._place}: {words}") from error


class Link:
    """One connection that is opened when it is needed, and anew after it was lost. Its statements stand in line."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()

    async def read(self, read: Callable[[Connection], Awaitable[T]], *, patience_s: float = CONNECT_S) -> T:
        """Result of a read, which is done once more where the connection was lost. Raises what the driver raises."""
        async with self._turn:
            try:
                return await read(await self.ready(patience_s))
            except Exception as error:
                if not is_lost(error):
                    raise
                if self._connection is not None:
                    self._connection.terminate()
            return await read(await self.ready(patience_s))

    async def ready(self, patience_s: float) -> Connection:
        """The connection, opened where there is none. For whoever has the turn."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await connect(self._url, patience_s=patience_s)
        return self._connection

    async def close(self) -> None:
        if self._connection is not None:
            await end(self._connection)
            self._connection = None


async def end(connection: Connection) -> None:
    """Close a connection, whatever state it is in."""
    try:
        await connection.close(timeout=1.0)
    except BaseException as error:
        connection.terminate()
        if not isinstance(error, Exception):
            raise
