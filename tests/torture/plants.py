"""Bugs by name, planted into the process of a served venue: each is one the suite is shown to catch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


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

    SqliteStore.write = write  # type: ignore[method-assign]


def _replies_leave_before_they_are_written() -> None:
    from tallystick.venue.sequencer import GroupWriter

    async def wait(writer: GroupWriter) -> None:
        await asyncio.sleep(0)

    GroupWriter.wait = wait  # type: ignore[method-assign]


def _time_hangs_on_the_wall_clock() -> None:
    from tallystick.venue.clock import Machine

    Machine.since_boot_ns = Machine.running_ns = lambda machine: machine.wall_ms() * 1_000_000  # type: ignore[method-assign]


FAILED_WRITES_ARE_PASSED_OVER = "failed writes are passed over"
REPLIES_LEAVE_EARLY = "replies leave before they are written"
WALL_CLOCK = "time hangs on the wall clock"
PLANTS: dict[str, Callable[[], None]] = {
    FAILED_WRITES_ARE_PASSED_OVER: _failed_writes_are_passed_over,
    REPLIES_LEAVE_EARLY: _replies_leave_before_they_are_written,
    WALL_CLOCK: _time_hangs_on_the_wall_clock,
}
