"""A fork goes on from the same past, and neither venue sees what happens in the other."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from tallystick.engine import core
from tallystick.store.memory import MemoryStore
from tallystick.venue.boot import ALICE
from tallystick.venue.venue import Venue, VenueHalted
from tests.venue.machine import HandMachine
from tests.venue.test_generations import contents, live, opened
from tests.venue.test_saved_snapshots import play, traded_of
from tests.venue.test_venue import BrokenDisk
from tests.venue.world import START_MS, pay, running


async def started(venue: Venue) -> Venue:
    fork = await venue.fork()
    await fork.start()
    return fork


async def both_ways(folder: Path | None, seed: int) -> None:
    draw = random.Random(seed)
    async with opened(folder) as found:
        venue = found.venue
        await play(venue, draw)
        await venue.reset()
        await play(venue, draw)
        before = contents(venue)
        fork = await started(venue)
        assert contents(fork) == before
        assert (fork.generation, fork.clock, set(fork.keys)) == (2, venue.clock, set(venue.keys))
        goes_on = draw.getstate()
        await play(fork, draw)
        there = contents(fork)
        assert there.state != before.state
        assert contents(venue) == before, "what happens in the fork"
        await live(venue)
        assert contents(fork) == there, "what happens in the first venue"
        assert traded_of(fork) == traded_of(fork, after_a_start=True)
        for one in (venue, fork):
            verdict = await one.verify()
            assert verdict.ok, verdict.problem
        second = await started(fork)
        assert contents(second) == there
        await second.stop()
        await fork.stop()
    async with opened() as again:
        draw = random.Random(seed)
        await play(again.venue, draw)
        await again.venue.reset()
        await play(again.venue, draw)
        draw.setstate(goes_on)
        await play(again.venue, draw)
        assert contents(again.venue) == there, "the fork went on as the first one would have"


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("stored", [False, True])
def test_a_fork_and_its_venue_go_on_by_themselves(seed: int, stored: bool, tmp_path: Path) -> None:
    asyncio.run(both_ways(tmp_path / "venue" if stored else None, seed))


@pytest.mark.parametrize("plant", ["the state is shared", "rows are shared"])
def test_planted_bugs_of_a_fork_are_caught(plant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the fork does shows in the first venue."""

    async def story() -> None:
        async with opened() as found:
            if plant == "the state is shared":
                monkeypatch.setattr(core, "decode_state", lambda raw: found.venue.state)
            else:
                monkeypatch.setattr(MemoryStore, "_take", share)
            before = contents(found.venue)
            fork = await started(found.venue)
            await live(fork)
            assert contents(found.venue) != before
            await fork.stop()

    asyncio.run(story())


def share(store: MemoryStore, other: MemoryStore) -> None:
    store.__dict__.update(other.__dict__)


def test_a_fork_runs_on_a_loop_of_its_own() -> None:
    async def story() -> None:
        async with opened() as found:
            fork = await found.venue.fork()

            async def elsewhere() -> str:
                await fork.start()
                await live(fork)
                found = core.state_hash(fork.state)
                await fork.stop()
                return found

            there = await asyncio.to_thread(asyncio.run, elsewhere())
            await live(found.venue)
            assert core.state_hash(found.venue.state) == there

    asyncio.run(story())


def test_what_is_put_after_the_turn_of_a_fork_is_not_in_it() -> None:
    async def story() -> None:
        async with opened() as found:
            seq = found.venue.state.seq
            forking = asyncio.create_task(found.venue.fork())
            paying = [asyncio.create_task(found.venue.submit(pay(ALICE))) for _ in range(5)]
            fork = await forking
            await asyncio.gather(*paying)
            assert (fork.state.seq, found.venue.state.seq) == (seq, seq + 5)
            assert len(list(fork.store.entries())) == seq
            await fork.start()
            assert (await fork.verify()).ok
            await fork.stop()

    asyncio.run(story())


def test_a_running_clock_runs_in_both() -> None:
    async def story() -> None:
        machine = HandMachine(START_MS)
        async with opened(mode="real", speed=60, machine=machine) as found:
            machine.pass_s(1)
            fork = await started(found.venue)
            machine.pass_s(1)
            times = [await venue.advance(by_ms=0) for venue in (fork, found.venue)]
            assert times == [START_MS + 120_000] * 2
            await fork.stop()

    asyncio.run(story())


def test_a_venue_whose_disk_has_failed_gives_no_fork() -> None:
    async def story() -> None:
        disk = BrokenDisk()
        async with running(disk) as venue:
            disk.broken = True
            with pytest.raises(VenueHalted):
                await venue.submit(pay())
            with pytest.raises(VenueHalted):
                await venue.fork()

    asyncio.run(story())
