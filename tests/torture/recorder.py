"""A venue at work, and everything that its disk was asked to do in the meantime."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import apsw

from tallystick.store import sqlite
from tallystick.venue import keys
from tallystick.venue.boot import ALICE, BOB, Opened, open_venue
from tallystick.venue.sequencer import GroupWriter
from tallystick.venue.venue import Rejected, Venue
from tests.torture.disk import Operation, watched
from tests.torture.power import Acknowledged, Recording
from tests.venue.load import load_command

CLIENTS = 8
SPEED = 500
SNAPSHOT_EVERY = 23
CHECKPOINT_PAGES = 64
"""So few that the log is folded into the file again and again."""
COMMANDS_OF_A_CLIENT = 12
SESSIONS = 2


@dataclass(frozen=True)
class Care:
    """As the product does it; anything else is a planted bug: `synchronous` tells SQLite to sync less, without `waits`
    replies leave before anything is written."""

    synchronous: str = "full"
    waits: bool = True


def record(folder: Path, seed: int, care: Care) -> Recording:
    """A venue that is started, worked with and stopped, twice over."""
    recording: Recording = []

    def watch(operation: Operation) -> None:
        recording.append(operation)

    for session in range(SESSIONS):
        draw = random.Random(f"{seed}/{session}")
        with (
            watched(watch),
            _connections() as connections,
            patch.object(sqlite, "CHECKPOINT_PAGES", CHECKPOINT_PAGES),
        ):
            opened = open_venue(folder, speed=SPEED, snapshot_every=SNAPSHOT_EVERY)
            for connection in connections:
                with suppress(apsw.ConnectionClosedError):
                    if not connection.readonly("main"):
                        connection.pragma("synchronous", care.synchronous)
            with nullcontext() if care.waits else patch.object(GroupWriter, "wait", _at_once):
                asyncio.run(_session(opened, draw, recording))
            opened.close()
    return recording


async def _at_once(writer: GroupWriter) -> None:
    """In the place of `GroupWriter.wait`."""
    await asyncio.sleep(0)


@contextmanager
def _connections() -> Iterator[list[apsw.Connection]]:
    found: list[apsw.Connection] = []
    apsw.connection_hooks.append(found.append)
    try:
        yield found
    finally:
        apsw.connection_hooks.remove(found.append)


async def _session(opened: Opened, draw: random.Random, recording: Recording) -> None:
    venue = opened.venue
    await venue.start()
    clients = (_client(venue, random.Random(draw.random()), recording) for _ in range(CLIENTS))
    await asyncio.gather(*clients, _keys(venue, recording))
    await venue.stop()


async def _client(venue: Venue, draw: random.Random, recording: Recording) -> None:
    for _ in range(COMMANDS_OF_A_CLIENT):
        try:
            outcome = await venue.submit(load_command(draw, (ALICE, BOB)))
        except Rejected:
            continue
        if outcome.events:
            recording.append(Acknowledged(outcome.stamp.seq))


async def _keys(venue: Venue, recording: Recording) -> None:
    """Somebody makes keys and moves the clock meanwhile."""
    for number in range(4):
        made = keys.new_credentials(("read_only", "trade"))
        record = keys.record_of(made, BOB, label=f"key {number}")
        await venue.add_key(lambda state, now_ms, record=record: record)  # type: ignore[misc]
        recording.append(Acknowledged(api_key=made.api_key))
        await venue.set_clock(speed=SPEED + number)
