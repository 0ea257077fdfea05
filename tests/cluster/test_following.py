"""A venue that follows another one's journal: the same state, the same hash, nothing decided, nothing written."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from msgspec.structs import replace

from tallystick.engine.amounts import ONE
from tallystick.engine.commands import ManualBorrow
from tallystick.store.api import Entry, JournalDamaged, WriteBatch
from tallystick.store.memory import MemoryStore
from tallystick.venue.clock import Clock
from tallystick.venue.following import FollowingVenue
from tallystick.venue.venue import Venue
from tests.venue.machine import HandMachine
from tests.venue.world import HOUR_MS, PARAMETERS, START_MS, USER, running


class Sealed(MemoryStore):
    """A store that a follower may read and never write."""

    def write(self, batch: WriteBatch) -> None:
        raise AssertionError("a follower wrote")


def behind(leader: Venue, machine: HandMachine | None = None) -> FollowingVenue:
    """A follower at the first entry of a venue's journal."""
    store = Sealed()
    store.__dict__ |= MemoryStore.holding(leader.store.view()).__dict__
    clock = Clock("frozen", at_ms=START_MS, machine=machine or HandMachine(START_MS))
    return FollowingVenue(store, PARAMETERS, None, clock)


Story = Callable[[Venue, FollowingVenue], Awaitable[None]]


def together(story: Story) -> None:
    async def run() -> None:
        async with running() as leader:
            follower = behind(leader)
            await follower.start()
            try:
                await story(leader, follower)
            finally:
                await follower.stop()

    asyncio.run(run())


async def new_entries(leader: Venue, follower: FollowingVenue) -> list[Entry]:
    return (await leader.entries_above(follower.state.seq, 1_000))[1]


def test_it_comes_to_the_state_of_the_leader() -> None:
    async def story(leader: Venue, follower: FollowingVenue) -> None:
        await leader.submit(ManualBorrow(user_id=USER, ccy="USDT", amount=250 * ONE))
        await leader.advance(by_ms=3 * HOUR_MS)
        entries = await new_entries(leader, follower)
        assert len(entries) >= 4
        for entry in entries:
            follower.follow(entry)
        assert await follower.state_hash() == await leader.state_hash()
        assert follower.handed_over().last_hash == entries[-1].hash

    together(story)


def test_a_gap_stops_it() -> None:
    async def story(leader: Venue, follower: FollowingVenue) -> None:
        await leader.advance(by_ms=2 * HOUR_MS)
        first, second, *_ = await new_entries(leader, follower)
        with pytest.raises(JournalDamaged, match=f"seq {first.seq}: entry missing, {second.seq} follows"):
            follower.follow(second)

    together(story)


@pytest.mark.parametrize("field", ["hash", "events"])
def test_a_wrong_hash_stops_it(field: str) -> None:
    async def story(leader: Venue, follower: FollowingVenue) -> None:
        await leader.advance(by_ms=HOUR_MS)
        (entry, *_) = await new_entries(leader, follower)
        before = await follower.state_hash()
        with pytest.raises(JournalDamaged, match=f"seq {entry.seq}: hash mismatch"):
            follower.follow(replace(entry, **{field: b"[]"}))
        assert await follower.state_hash() == before

    together(story)


def test_it_decides_nothing_that_is_due() -> None:
    """The leader is silent for an hour: the follower waits with the tick and shows the moment before it."""

    async def story(leader: Venue, follower: FollowingVenue) -> None:
        clock = Clock("frozen", at_ms=START_MS + 2 * HOUR_MS, machine=HandMachine(START_MS))
        seq = follower.state.seq
        follower.follow_clock(clock.encode(START_MS + 2 * HOUR_MS))
        assert await follower.query(lambda state, now_ms: (state.seq, now_ms)) == (seq, START_MS + HOUR_MS - 1)
        with pytest.raises(RuntimeError, match="asked to carry out ManualBorrow"):
            await follower.submit(ManualBorrow(user_id=USER, ccy="USDT", amount=ONE))

    together(story)


@pytest.mark.parametrize(
    ("mode", "speed", "passed_s", "shown_ms"),
    [
        # A frozen clock stands; one of speed 1 is reckoned from the wall clock; at speed 60 the time kept ahead of the
        # time told is taken back: a second of the machine's, here a minute of the venue's.
        ("frozen", 1, 5, START_MS),
        ("real", 1, 5, START_MS + 5_000),
        ("real", 60, 0, START_MS + 30_000),
    ],
)
def test_a_clock_shows_what_the_clock_it_follows_shows(mode: str, speed: int, passed_s: int, shown_ms: int) -> None:
    machine = HandMachine(START_MS + 77)
    text = Clock(mode, speed, START_MS, machine).encode(START_MS + 90_000)  # type: ignore[arg-type]
    machine.pass_s(passed_s)
    clock = Clock("frozen", at_ms=START_MS - 1, machine=machine)
    clock.follow(text)
    assert clock.now_ms() == shown_ms
    assert (clock.mode, clock.speed) == (mode, speed)
