"""When a snapshot is taken: a large one seldom, since everybody waits while it is made."""

from __future__ import annotations

import asyncio

from tallystick.store.memory import MemoryStore
from tallystick.venue import snapshots
from tests.venue.world import pay, running


def test_a_snapshot_comes_when_as_much_journal_has_been_written() -> None:
    async def story() -> None:
        store = MemoryStore()
        async with running(store, snapshot_every=3) as venue:
            taken: list[tuple[int, int]] = []
            for _ in range(200):
                await venue.submit(pay())
                found = store.snapshot()
                if found is not None and (not taken or taken[-1][0] != found.seq):
                    taken.append((found.seq, len(found.state)))
            (first, size), (second, _), *_ = taken
            assert first == 3
            assert second - first == size // snapshots.BYTES_PER_ENTRY > 3

    asyncio.run(story())
