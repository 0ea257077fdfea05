"""A reset begins a generation: the venue is as a fresh one, whatever happened before."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from tallystick.engine import core
from tallystick.engine.amounts import ONE
from tallystick.engine.commands import AdjustBalance, CreateUser, SetPrices
from tallystick.store.api import Entry, HistoryRow
from tallystick.venue import venue as venues
from tallystick.venue.boot import ALICE, BOB, BY_HAND, JOURNAL, Opened, open_venue, verify_folder
from tallystick.venue.clock import Clock, Mode
from tallystick.venue.keys import random_material
from tallystick.venue.markets import DEFAULT
from tallystick.venue.recording import DAY_MS
from tallystick.venue.venue import Overtaken, Venue
from tests.venue.machine import HandMachine
from tests.venue.world import HOUR_MS, START_MS, default_feed

SEED = "one and the same"


class Contents(Struct):
    """Everything that a test can see of a venue, and that has to be the same in two runs of it.

    It shows itself by digests: pytest takes minutes to tell two venues apart line by line, as it does for a tuple.
    """

    now_ms: int
    state: bytes
    entries: list[Entry]
    rows: list[HistoryRow]
    keys: list[Any]

    def __repr__(self) -> str:
        parts = (self.state, self.entries, self.rows, self.keys)
        return f"Contents({self.now_ms}, {', '.join(sha256(repr(part).encode()).hexdigest()[:12] for part in parts)})"


def contents(venue: Venue) -> Contents:
    return Contents(
        venue.now_ms(),
        core.encode_state(venue.state),
        list(venue.store.entries()),
        list(venue.store.history()),
        venue.store.load_keys(),
    )


@asynccontextmanager
async def opened(folder: Path | None = None, at_ms: int = START_MS, **options: Any) -> AsyncIterator[Opened]:
    options = {"mode": "frozen", "key_seed": SEED} | options
    found = open_venue(folder, at_ms=at_ms, **options)
    await found.venue.start()
    try:
        yield found
    finally:
        await found.venue.stop()
        found.close()


async def fresh(at_ms: int = START_MS, **options: Any) -> Contents:
    async with opened(at_ms=at_ms, **options) as found:
        return contents(found.venue)


async def live(venue: Venue) -> None:
    """Something of everything: users, keys, prices, time."""
    await venue.submit(CreateUser(user_id=BOB + 1, name="carol"))
    await venue.make_key(("read_only",), lambda state: BOB + 1)
    await venue.make_key(("read_only", "trade"), lambda state: ALICE)
    await venue.submit(AdjustBalance(user_id=ALICE, account="trading", ccy="USDT", delta=ONE))
    await venue.advance(by_ms=50 * HOUR_MS)
    await venue.submit(SetPrices(prices=(("BTC-USDT", 30_000 * ONE),)))


MARKETS = [DEFAULT, BY_HAND]


async def reset_and_look(folder: Path | None, market: str) -> None:
    async with opened(folder, market=market) as found:
        venue = found.venue
        first = contents(venue)
        await live(venue)
        second = contents(venue)
        for number in (2, 3):
            await venue.reset()
            assert contents(venue) == first == await fresh(market=market)
            assert venue.generation == number
            assert (await venue.verify()).ok
            await live(venue)
            assert contents(venue) == second, "two runs of one test give the same bytes"


@pytest.mark.parametrize("market", MARKETS)
@pytest.mark.parametrize("stored", [False, True])
def test_a_frozen_venue_goes_back_to_the_seed(stored: bool, market: str, tmp_path: Path) -> None:
    asyncio.run(reset_and_look(tmp_path / "venue" if stored else None, market))


SET = Clock.set


def only_forward(clock: Clock, mode: Mode | None, speed: int | None, at_ms: int) -> None:
    SET(clock, mode, speed, max(clock.now_ms(), at_ms))


PLANTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "keys made later stay": lambda patch: patch.setattr(venues, "is_seeded", lambda key: True),
    "the clock is not rewound": lambda patch: patch.setattr(Clock, "set", only_forward),
    "the present is not rewound": lambda patch: patch.setattr(
        "tallystick.venue.present.Present.begin", lambda present, at_ms: None
    ),
    "keys are random": lambda patch: patch.setattr("tallystick.venue.boot.material_from", lambda seed: random_material),
}


@pytest.mark.parametrize("plant", PLANTS)
def test_planted_bugs_of_a_reset_are_caught(plant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTS[plant](monkeypatch)
    with pytest.raises(AssertionError):
        asyncio.run(reset_and_look(None, MARKETS[0]))


@pytest.mark.parametrize("at_ms", [START_MS - 400 * DAY_MS, START_MS + 40 * DAY_MS + 7 * HOUR_MS])
@pytest.mark.parametrize("mode", ["frozen", "real"])
def test_a_reset_at_a_time_is_a_fresh_venue_of_that_time(mode: Mode, at_ms: int, tmp_path: Path) -> None:
    """The recording begins on that day too, and a later start knows it."""

    async def story() -> None:
        machine = HandMachine(START_MS)
        async with opened(tmp_path / "venue", mode=mode, machine=machine) as found:
            await live(found.venue)
            await found.venue.reset(at_ms)
            assert contents(found.venue) == await fresh(at_ms, mode=mode, machine=machine)
            assert found.venue.market.price_at("BTC-USDT", at_ms) == price_of_first_day(at_ms)
        async with opened(tmp_path / "venue", mode=mode, machine=machine) as again:
            assert again.venue.now_ms() == at_ms
            assert again.venue.market.price_at("BTC-USDT", at_ms) == price_of_first_day(at_ms)
            await again.venue.advance(by_ms=HOUR_MS)
            assert (await again.venue.verify()).ok

    asyncio.run(story())


def price_of_first_day(at_ms: int) -> int:
    """Price at this time of the market's first day."""
    return default_feed(0).price_at("BTC-USDT", at_ms % DAY_MS)


def test_a_running_clock_begins_anew_now() -> None:
    async def story() -> None:
        machine = HandMachine(START_MS)
        async with opened(mode="real", machine=machine) as found:
            machine.pass_s(90)
            await found.venue.reset()
            assert found.venue.now_ms() == found.venue.state.at_ms == START_MS + 90_000
            machine.pass_s(1)
            assert found.venue.now_ms() == START_MS + 91_000
            assert found.venue.state.users.keys() == {ALICE, BOB}

    asyncio.run(story())


def test_a_reset_at_a_time_does_not_move_the_seed() -> None:
    async def story() -> None:
        async with opened() as found:
            await found.venue.reset(START_MS + DAY_MS)
            await found.venue.reset()
            assert contents(found.venue) == await fresh()

    asyncio.run(story())


@pytest.mark.parametrize("at_ms", [0, 2**62])
def test_an_impossible_time_resets_nothing(at_ms: int) -> None:
    async def story() -> None:
        async with opened() as found:
            before = contents(found.venue)
            with pytest.raises(ValueError, match="the time of a venue runs from 2002"):
                await found.venue.reset(at_ms)
            assert contents(found.venue) == before
            assert found.venue.generation == 1

    asyncio.run(story())


def test_the_generation_and_the_seed_are_durable(tmp_path: Path) -> None:
    async def story() -> None:
        folder = tmp_path / "venue"
        async with opened(folder) as found:
            await live(found.venue)
            await found.venue.reset(START_MS + DAY_MS)
            await found.venue.advance(by_ms=HOUR_MS)
        assert verify_folder(folder).ok
        async with opened(folder) as again:
            assert again.venue.generation == 2
            assert again.venue.now_ms() == START_MS + DAY_MS + HOUR_MS
            await again.venue.reset()
            assert again.venue.generation == 3
            assert again.venue.now_ms() == START_MS
            assert replace(contents(again.venue), keys=[]) == replace(await fresh(), keys=[])
        assert (folder / JOURNAL).exists()

    asyncio.run(story())


def test_whoever_puts_the_clock_forward_is_overtaken_by_a_reset() -> None:
    async def story() -> None:
        async with opened() as found:
            moving = asyncio.create_task(found.venue.advance(by_ms=300 * DAY_MS))
            for _ in range(5):
                await asyncio.sleep(0)
            await found.venue.reset()
            with pytest.raises(Overtaken):
                await moving
            assert contents(found.venue) == await fresh()

    asyncio.run(story())
