"""Snapshots that users save: a restored venue goes on as the one that was saved would have."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tallystick.engine import core
from tallystick.engine.checks import check_state
from tallystick.engine.commands import CreateUser
from tallystick.store import memory
from tallystick.store.api import Reader, Save, StoreError
from tallystick.store.memory import MemoryStore
from tallystick.venue import saving
from tallystick.venue.boot import ALICE, BOB, verify_folder
from tallystick.venue.clock import Clock
from tallystick.venue.markets import DEFAULT
from tallystick.venue.recording import NoRecording
from tallystick.venue.saving import NoSnapshot, SnapshotRefused
from tallystick.venue.sequencer import GroupWriter
from tallystick.venue.traded import OwnTrades
from tallystick.venue.venue import Rejected, Venue
from tests.venue.load import load_command
from tests.venue.machine import HandMachine
from tests.venue.test_generations import contents, live, only_forward, opened
from tests.venue.world import HOUR_MS, START_MS, pay


async def play(venue: Venue, draw: random.Random, steps: int = 60) -> None:
    """Random commands, keys and time; some of the commands are refused."""
    for _ in range(steps):
        chance = draw.random()
        if chance < 0.1:
            await venue.advance(by_ms=draw.randrange(3 * HOUR_MS))
        elif chance < 0.15:
            await venue.make_key(("read_only",), lambda state: draw.choice((ALICE, BOB)))
        else:
            try:
                await venue.submit(load_command(draw, (ALICE, BOB)))
            except Rejected:
                continue


async def there_and_back(folder: Path | None, seed: int, market: str = DEFAULT) -> None:
    """Commands, a snapshot, more commands; restored, the same commands give the same venue to the byte."""
    draw = random.Random(seed)
    async with opened(folder, market=market) as found:
        venue = found.venue
        await play(venue, draw)
        saved = await venue.snapshots.save("here")
        assert (saved.at_ms, saved.seq, saved.generation) == (venue.now_ms(), venue.state.seq, 1)
        then = contents(venue)
        goes_on = draw.getstate()
        await play(venue, draw)
        later = contents(venue)
        assert later.state != then.state
        for number in (2, 3):
            await venue.snapshots.restore("here")
            assert contents(venue) == then
            assert set(venue.keys) == {key.api_key for key in then.keys}
            assert venue.generation == number
            verdict = await venue.verify()
            assert (verdict.ok, verdict.saved) == (True, 1), verdict.problem
            draw.setstate(goes_on)
            await play(venue, draw)
            assert contents(venue) == later, f"seed {seed}"
            assert traded_of(venue) == traded_of(venue, after_a_start=True)
        check_state(venue.state)
        verdict = await venue.verify()
        assert verdict.ok, verdict.problem


def traded_of(venue: Venue, *, after_a_start: bool = False) -> Any:
    """Sum of the venue's own trades in each instrument: as counted, or counted from the stored trades."""
    market = venue.market
    if after_a_start:
        market = OwnTrades(NoRecording())
        reading = market.read(venue.store, venue.state.last_trade_id)
        with pytest.raises(StopIteration):
            reading.send(None)
    found = (market.traded(name, START_MS, START_MS + 400 * 24 * HOUR_MS) for name in venue.state.markets)
    return [sums and (sums.open, sums.close, sums.volume, sums.last_ms) for sums in found]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("stored", [False, True])
def test_the_same_commands_after_a_restore_give_the_same_venue(seed: int, stored: bool, tmp_path: Path) -> None:
    asyncio.run(there_and_back(tmp_path / "venue" if stored else None, seed))


def keep_later_rows(store: MemoryStore, other: MemoryStore) -> None:
    rows, order = store._rows, store._order
    TAKE(store, other)
    if rows:
        store._rows, store._order = rows, order


TAKE = MemoryStore._take
READ = saving.read_past


async def without_keys(view: Reader) -> saving.Past:
    return (await READ(view))._replace(keys={})


async def without_trades(view: Reader) -> saving.Past:
    return (await READ(view))._replace(market=OwnTrades(NoRecording()))


PLANTS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "keys are not restored": lambda patch: patch.setattr(saving, "read_past", without_keys),
    "the clock is not rewound": lambda patch: patch.setattr(Clock, "set", only_forward),
    "rows of the later past are left": lambda patch: patch.setattr(memory.MemoryStore, "_take", keep_later_rows),
    "trades are not counted": lambda patch: patch.setattr(saving, "read_past", without_trades),
}


@pytest.mark.parametrize("plant", PLANTS)
def test_planted_bugs_of_a_restore_are_caught(plant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTS[plant](monkeypatch)
    with pytest.raises(AssertionError):
        asyncio.run(there_and_back(None, 0))


@pytest.mark.parametrize("stored", [False, True])
def test_a_snapshot_outlives_resets_and_restores_of_others(stored: bool, tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path / "venue" if stored else None) as found:
            venue = found.venue
            await venue.snapshots.save("first")
            first = contents(venue)
            await live(venue)
            await venue.snapshots.save("second")
            second = contents(venue)
            await venue.reset(START_MS + 90 * HOUR_MS)
            await venue.snapshots.save("third")
            third = contents(venue)
            for name, expected in (("second", second), ("first", first), ("third", third), ("second", second)):
                await venue.snapshots.restore(name)
                assert contents(venue) == expected
                assert (await venue.verify()).ok
            assert [(one.name, one.generation) for one in await venue.snapshots.all()] == [
                ("first", 1),
                ("second", 1),
                ("third", 2),
            ]
            await venue.snapshots.delete("second")
            with pytest.raises(NoSnapshot, match="there is no snapshot 'second': there are: first, third"):
                await venue.snapshots.restore("second")
            assert contents(venue) == second

    asyncio.run(story())


def test_snapshots_are_there_after_a_start(tmp_path: Path) -> None:
    async def story() -> None:
        folder = tmp_path / "venue"
        async with opened(folder) as found:
            await live(found.venue)
            await found.venue.snapshots.save("kept")
            kept = contents(found.venue)
            await found.venue.reset()
        assert verify_folder(folder).saved == 1
        async with opened(folder) as again:
            await again.venue.snapshots.restore("kept")
            assert contents(again.venue) == kept
            assert again.venue.generation == 3
        async with opened(folder) as third:
            assert contents(third.venue) == kept
            assert third.venue.generation == 3

    asyncio.run(story())


def test_a_clock_that_runs_shows_the_present_after_a_restore() -> None:
    """Everything due since the snapshot happens, as after a stop: interest of each hour, and the recording."""

    async def story() -> None:
        machine = HandMachine(START_MS)
        async with opened(mode="real", machine=machine) as found:
            venue = found.venue
            await venue.snapshots.save("then")
            machine.pass_s(5 * 3_600)
            await venue.advance(by_ms=0)
            await venue.submit(CreateUser(user_id=BOB + 1, name="carol"))
            await venue.snapshots.restore("then")
            assert venue.state.users.keys() == {ALICE, BOB}
            assert venue.now_ms() == START_MS + 5 * HOUR_MS
            assert venue.state.hour_ms == START_MS + 5 * HOUR_MS
            assert (await venue.verify()).ok

    asyncio.run(story())


def test_a_fast_clock_goes_on_from_the_time_of_the_snapshot() -> None:
    async def story() -> None:
        machine = HandMachine(START_MS)
        async with opened(mode="real", speed=60, machine=machine) as found:
            await found.venue.snapshots.save("then")
            machine.pass_s(10)
            await found.venue.snapshots.restore("then")
            assert found.venue.now_ms() == START_MS
            machine.pass_s(1)
            assert found.venue.now_ms() == START_MS + 60_000

    asyncio.run(story())


@pytest.mark.parametrize("name", ["", "-a", "a b", "a/b", "ä", "x" * 65])
def test_a_name_of_another_form_is_refused(name: str) -> None:
    async def story() -> None:
        async with opened() as found:
            with pytest.raises(SnapshotRefused, match="a name has 1 to 64 characters"):
                await found.venue.snapshots.save(name)

    asyncio.run(story())


def test_snapshots_are_bounded_in_number_and_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        async with opened() as found:
            shelf = found.venue.snapshots
            first = await shelf.save("one")
            assert first.bytes == found.store.bytes_held() > 10_000
            with pytest.raises(SnapshotRefused, match="there is a snapshot one already: delete it first"):
                await shelf.save("one")
            monkeypatch.setattr(saving, "BYTES_MAX", 2 * first.bytes - 1)
            with pytest.raises(
                SnapshotRefused, match=f"hold {first.bytes:,} bytes, this one needs {first.bytes:,} more"
            ):
                await shelf.save("two")
            monkeypatch.setattr(saving, "BYTES_MAX", 2 * first.bytes)
            await shelf.save("two")
            monkeypatch.setattr(saving, "SNAPSHOTS_MAX", 2)
            with pytest.raises(SnapshotRefused, match="there are 2 snapshots, and 2 are the most: delete one"):
                await shelf.save("three")
            await shelf.delete("one")
            monkeypatch.setattr(saving, "BYTES_MAX", 10**9)
            await shelf.save("three")
            assert [one.name for one in await shelf.all()] == ["two", "three"]

    asyncio.run(story())


@pytest.mark.parametrize("damage", ["state", "journal", "rows", "keys"])
def test_damage_to_a_saved_snapshot_shows(damage: str, tmp_path: Path) -> None:
    async def story() -> None:
        folder = tmp_path / "venue"
        async with opened(folder) as found:
            await live(found.venue)
            await found.venue.snapshots.save("kept")
            found.store._writer.execute(DAMAGES[damage])  # type: ignore[attr-defined]
            verdict = await found.venue.verify()
            assert (verdict.ok, verdict.saved) == (False, 1)
            assert verdict.problem.startswith("saved snapshot kept: ")
            before = contents(found.venue)
            if damage == "state":
                with pytest.raises(StoreError, match="the saved snapshot is damaged"):
                    await found.venue.snapshots.restore("kept")
                assert contents(found.venue) == before
                assert found.venue.generation == 1

    asyncio.run(story())


DAMAGES = {
    "state": "UPDATE saved_snapshot SET state = CAST(replace(CAST(state AS TEXT), '1', '2') AS BLOB)",
    "journal": "UPDATE saved_journal SET at_ms = at_ms + 1 WHERE seq = 20",
    "rows": "DELETE FROM saved_history WHERE id = (SELECT max(id) FROM saved_history)",
    "keys": "UPDATE saved_keys SET record = CAST(replace(CAST(record AS TEXT), 'trade', 'read') AS BLOB)",
}


async def put_beside_a_save() -> None:
    async with opened() as found:
        venue = found.venue
        put_save = venue.line.writer.put_save

        def and_more(save: Save) -> None:
            put_save(save)
            venue.line.carry_out(venue.now_ms(), pay(ALICE))

        venue.line.writer.put_save = and_more  # type: ignore[method-assign]
        saved = await venue.snapshots.save("here")
        view = venue.store.saved_view("here")
        assert view is not None
        assert len(list(view.entries())) == saved.seq == venue.state.seq - 1
        assert len(list(venue.store.entries())) == venue.state.seq
        assert (await venue.verify()).ok
        await venue.snapshots.restore("here")
        assert venue.state.seq == saved.seq


def test_what_is_put_after_the_turn_of_a_save_is_not_in_it() -> None:
    asyncio.run(put_beside_a_save())


def test_a_group_that_is_not_closed_by_a_save_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: what comes later is written with it."""
    monkeypatch.setattr(GroupWriter, "_close", GroupWriter._hold)
    with pytest.raises(AssertionError):
        asyncio.run(put_beside_a_save())


def test_a_restore_forgets_what_was_on_its_way() -> None:
    async def story() -> None:
        async with opened() as found:
            venue = found.venue
            await venue.snapshots.save("here")
            hash_then = core.state_hash(venue.state)
            await asyncio.gather(venue.submit(pay(ALICE)), venue.snapshots.restore("here"))
            assert core.state_hash(venue.state) == hash_then
            assert (await venue.verify()).ok

    asyncio.run(story())


@pytest.mark.parametrize("first", ["verify", "restore"])
def test_a_restore_at_the_same_time_is_no_difference(first: str, tmp_path: Path) -> None:
    async def story() -> None:
        async with opened(tmp_path / "venue") as found:
            venue = found.venue
            await venue.snapshots.save("here")
            await live(venue)
            if first == "verify":
                verdict, _ = await asyncio.gather(venue.verify(), venue.snapshots.restore("here"))
            else:
                _, verdict = await asyncio.gather(venue.snapshots.restore("here"), venue.verify())
            assert verdict.ok, verdict.problem

    asyncio.run(story())
