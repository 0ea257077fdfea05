"""Bugs by name, planted into the process of a served venue: each is one the suite is shown to catch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any


def _failed_writes_are_passed_over() -> None:
    """Of what is no entry of the journal: the clock, keys, a reset."""
    from tallystick.store.api import StoreError, WriteBatch
    from tallystick.store.sqlite import SqliteStore

    whole = SqliteStore.write

    def write(store: SqliteStore, batch: WriteBatch) -> None:
        try:
            whole(store, batch)
        except StoreError:
            if batch.entries:
                raise

    SqliteStore.write = write  # type: ignore[assignment, method-assign]


def _replies_leave_before_they_are_written() -> None:
    from tallystick.venue.sequencer import GroupWriter

    async def wait(writer: GroupWriter) -> None:
        await asyncio.sleep(0)

    GroupWriter.wait = wait  # type: ignore[assignment, method-assign]
    GroupWriter.durable = lambda writer: None  # type: ignore[assignment, method-assign]


def _unknown_commits_are_called_failures() -> None:
    from tallystick.store.api import StoreError, WriteBatch
    from tallystick.store.postgres.store import PostgresStore

    async def settle(store: PostgresStore, batch: WriteBatch, lost_pid: int) -> None:
        raise StoreError("the connection was lost")

    PostgresStore._settle = settle  # type: ignore[assignment, method-assign]


def _time_hangs_on_the_wall_clock() -> None:
    from tallystick.venue.clock import Machine

    Machine.since_boot_ns = Machine.running_ns = lambda machine: machine.wall_ms() * 1_000_000  # type: ignore[assignment, method-assign]


def _requests_wait_without_a_bound() -> None:
    from tallystick.server.protocol import Connection

    Connection.pause_when_full = lambda connection: None  # type: ignore[assignment, method-assign]
    Connection.wait_in_line = lambda connection: None  # type: ignore[assignment, method-assign]


def _stalled_is_as_many_unsent_bytes_as_before() -> None:
    """And a socket is read on, whatever waits to be taken by its client."""
    from tallystick.server.ws.protocol import Socket

    sweep, read_on = Socket.sweep, Socket._read_on_or_wait
    before: dict[Socket, int] = {}

    def sweep_by_unsent(socket: Socket, now: float) -> None:
        unsent_bytes = socket.transport.get_write_buffer_size()
        same = before.get(socket) == unsent_bytes
        before[socket] = unsent_bytes
        socket.taken_bytes = socket.written_bytes - unsent_bytes if same else -1
        sweep(socket, now)

    def read_on_always(socket: Socket) -> None:
        paused, socket.write_paused = socket.write_paused, False
        read_on(socket)
        socket.write_paused = paused

    Socket.sweep = sweep_by_unsent  # type: ignore[assignment, method-assign]
    Socket._read_on_or_wait = read_on_always  # type: ignore[assignment, method-assign]


def _a_leader_answers_on_after_its_lease() -> None:
    """And its reads do not wait for what was written before them, which would hold them up while it is cut off."""
    from tallystick.cluster import lease
    from tallystick.venue.line import Line
    from tallystick.venue.present import Present

    async def query(line: Line, answer: Callable[[Any, int], Any]) -> Any:
        return answer(line.state, line.now_ms())

    lease.TRUSTED_MS = 3_600_000  # type: ignore[misc]
    Line.query = query  # type: ignore[assignment, method-assign]
    Present.may_be_told = lambda present, at_ms: True  # type: ignore[assignment, method-assign]


def _a_follower_looks_seldom() -> None:
    """Whatever is left of the lease."""
    from tallystick.cluster.postgres import PostgresDatabase

    news = PostgresDatabase.news

    async def seldom(database: PostgresDatabase, timeout_s: float) -> None:
        await news(database, 2.0)

    PostgresDatabase.news = seldom  # type: ignore[assignment, method-assign]


def _a_leader_by_session_lock() -> None:
    """It leads as long as the database holds a lock of its session, and hears of no end of that."""
    from tallystick.cluster.lease import LEASE_MS
    from tallystick.cluster.postgres import PostgresDatabase
    from tallystick.store.postgres import lease

    async def take(database: PostgresDatabase, leader: str, address: str, *, ahead: bool) -> int | None:
        async def lock(connection: Any) -> int | None:
            if not await connection.fetchval("SELECT pg_try_advisory_lock(15)"):
                return None
            await connection.execute("UPDATE lease SET until = '-infinity'")
            return await lease.take(connection, leader, address, LEASE_MS)

        return await database._of_lease(lock)

    async def renewed(database: PostgresDatabase, term: int) -> bool:
        return True

    PostgresDatabase.take = take  # type: ignore[assignment, method-assign]
    PostgresDatabase._renewed = renewed  # type: ignore[assignment, method-assign]
    _a_leader_answers_on_after_its_lease()


def _runs_begin_anew() -> None:
    """A start recovers runs of one-click repay without what they have done."""
    from tallystick.venue import recovery

    whole = recovery.recover

    def recover(*given: Any) -> recovery.Recovered:
        recovered = whole(*given)
        for run in recovered.state.runs.values():
            run.next_coin = run.raised_quote = run.raised_net = run.bridged = 0
            run.legs = []
        return recovered

    recovery.recover = recover  # type: ignore[assignment]


FAILED_WRITES_ARE_PASSED_OVER = "failed writes are passed over"
REPLIES_LEAVE_EARLY = "replies leave before they are written"
UNKNOWN_IS_FAILED = "unknown commits are called failures"
UNBOUNDED_REQUESTS = "requests wait without a bound"
STALLED_BY_UNSENT = "stalled is as many unsent bytes as before"
ZOMBIE = "a leader answers on after its lease"
SELDOM = "a follower looks at the lease every two seconds"
SESSION_LOCK = "a leader leads by a session lock alone"
WALL_CLOCK = "time hangs on the wall clock"
RUNS_BEGIN_ANEW = "runs of one-click repay begin anew at a start"
PLANTS: dict[str, Callable[[], None]] = {
    FAILED_WRITES_ARE_PASSED_OVER: _failed_writes_are_passed_over,
    REPLIES_LEAVE_EARLY: _replies_leave_before_they_are_written,
    UNKNOWN_IS_FAILED: _unknown_commits_are_called_failures,
    UNBOUNDED_REQUESTS: _requests_wait_without_a_bound,
    STALLED_BY_UNSENT: _stalled_is_as_many_unsent_bytes_as_before,
    ZOMBIE: _a_leader_answers_on_after_its_lease,
    SELDOM: _a_follower_looks_seldom,
    SESSION_LOCK: _a_leader_by_session_lock,
    WALL_CLOCK: _time_hangs_on_the_wall_clock,
    RUNS_BEGIN_ANEW: _runs_begin_anew,
}
