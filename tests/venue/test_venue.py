"""The line: order of what falls due, durability before replies, time, reset. Driven without a network."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from tallystick.engine import core
from tallystick.engine.amounts import ONE
from tallystick.engine.checks import check_state
from tallystick.engine.commands import AdjustBalance, Command, CreateUser, ManualRepay, MoveMarket, Tick
from tallystick.store.api import KeyRecord, StoreError, WriteBatch
from tallystick.store.memory import MemoryStore
from tallystick.venue.clock import LATEST_MS, Clock
from tallystick.venue.entries import command_of
from tallystick.venue.interfaces import PageQuery
from tallystick.venue.recording import DAY_MS
from tallystick.venue.venue import Rejected, Venue, VenueHalted
from tests.patience import PATIENCE_S
from tests.venue.machine import HandMachine
from tests.venue.world import HOUR_MS, PARAMETERS, START_MS, USER, ListFeed, debtor, default_feed, pay, running


def commands(store: MemoryStore) -> list[tuple[int, Command]]:
    return [(entry.at_ms, command_of(entry)) for entry in store.entries()]


class SlowDisk(MemoryStore):
    """Each append waits until it is let through."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Semaphore(0)
        self.groups: list[int] = []

    def write(self, batch: WriteBatch) -> None:
        if not self.gate.acquire(timeout=PATIENCE_S):
            raise StoreError("nobody opened the gate")
        self.groups.append(len(batch.entries))
        super().write(batch)


class BrokenDisk(MemoryStore):
    broken = False

    def write(self, batch: WriteBatch) -> None:
        if self.broken:
            raise StoreError("no space left on device")
        super().write(batch)


async def rounds(count: int = 20) -> None:
    """Let the loop go round without real time passing."""
    for _ in range(count):
        await asyncio.sleep(0)


# ---- order


def test_ticks_come_before_the_market_and_the_market_before_the_command() -> None:
    async def story() -> None:
        store = MemoryStore()
        feed = ListFeed((START_MS + HOUR_MS // 2, 51_000), (START_MS + HOUR_MS, 52_000))
        clock = Clock("frozen", at_ms=START_MS)
        async with running(store, feed=feed, clock=clock) as venue:
            before = len(commands(store))
            # Not by `advance`: the command itself finds that it is an hour later.
            clock.set(at_ms=START_MS + HOUR_MS)
            await venue.submit(pay())
            later = [(at_ms - START_MS, type(command)) for at_ms, command in commands(store)[before:]]
        assert later == [
            (HOUR_MS // 2, MoveMarket),
            (HOUR_MS, Tick),
            (HOUR_MS, MoveMarket),
            (HOUR_MS, AdjustBalance),
        ]

    asyncio.run(story())


def test_a_query_sees_everything_due_before_it() -> None:
    async def story() -> None:
        clock = Clock("frozen", at_ms=START_MS)
        async with running(clock=clock) as venue:
            clock.set(at_ms=START_MS + 3 * HOUR_MS + 1)
            hour, now = await venue.query(lambda state, now_ms: (state.hour_ms, now_ms))
            assert (hour, now) == (START_MS + 3 * HOUR_MS, START_MS + 3 * HOUR_MS + 1)

    asyncio.run(story())


def test_a_refusal_leaves_no_trace() -> None:
    async def story() -> None:
        store = MemoryStore()
        async with running(store) as venue:
            before, entries = await venue.state_hash(), len(commands(store))
            with pytest.raises(Rejected) as refused:
                await venue.submit(ManualRepay(user_id=USER, ccy="ETH", amount=ONE))
            assert refused.value.reject.name == "NO_DEBT"
            assert await venue.state_hash() == before
            assert len(commands(store)) == entries

    asyncio.run(story())


def test_time_passes_when_nobody_asks() -> None:
    """At a million times the speed the loop's own timer charges the hours; nothing is submitted or asked."""

    async def story() -> None:
        clock = Clock("real", speed=1_000_000, at_ms=START_MS)
        async with running(clock=clock) as venue:
            for _ in range(2_000):
                if venue.state.hour_ms >= START_MS + 5 * HOUR_MS:
                    return
                await asyncio.sleep(0.005)
            raise AssertionError("no hour was charged")

    asyncio.run(story())


def test_a_venue_that_stops_while_it_catches_up_does_nothing_afterwards() -> None:
    """At a million times the speed the next hour is due at once, and no timer may be left to charge it."""

    async def story() -> None:
        store = MemoryStore()
        async with running(store, clock=Clock("real", speed=1_000_000, at_ms=START_MS)) as venue:
            venue.line.wake()
            assert venue.line.catching_up is not None
            assert await venue.stop() is None
            length = len(list(store.entries()))
            assert venue.line.catching_up is None
            assert venue.line.alarm._timer is None
            await rounds()
            assert len(list(store.entries())) == length

    asyncio.run(story())


# ---- durability


def test_nothing_is_told_before_it_is_on_disk() -> None:
    """E1: replies, refusals and answers all wait for the entries before them."""

    async def story() -> None:
        store = SlowDisk()
        venue = Venue(store, PARAMETERS, None, Clock("frozen", at_ms=START_MS), seeds=debtor())
        store.gate.release()
        await venue.start()
        assert store.groups == [len(debtor())]
        waiting = [
            asyncio.create_task(venue.submit(pay())),
            asyncio.create_task(venue.submit(ManualRepay(user_id=USER, ccy="ETH", amount=ONE))),
            asyncio.create_task(venue.query(lambda state, now_ms: state.seq)),
            asyncio.create_task(venue.histories.page(PageQuery("spot_borrow_repay", USER, 0, 2**62))),
        ]
        await rounds()
        assert not any(task.done() for task in waiting)
        store.gate.release()
        results = await asyncio.gather(*waiting, return_exceptions=True)
        assert isinstance(results[1], Rejected)
        assert results[2] == len(debtor()) + 1
        store.gate.release(9)
        await venue.stop()

    asyncio.run(story())


def test_while_one_group_is_written_the_next_gathers() -> None:
    async def story() -> None:
        store = SlowDisk()
        venue = Venue(store, PARAMETERS, None, Clock("frozen", at_ms=START_MS), seeds=debtor())
        store.gate.release()
        await venue.start()
        first = asyncio.create_task(venue.submit(pay()))
        await rounds()
        others = [asyncio.create_task(venue.submit(pay())) for _ in range(50)]
        await rounds()
        store.gate.release(2)
        await asyncio.gather(first, *others)
        assert store.groups[1:] == [1, 50]
        store.gate.release(9)
        await venue.stop()

    asyncio.run(story())


def test_a_group_holds_commands_of_several_users() -> None:
    """What several users asked for while the disk was busy is written at once, and each gets his own answer."""

    async def story() -> None:
        store = SlowDisk()
        others = [CreateUser(user_id=user, name=f"user{user}") for user in (11, 12, 13)]
        venue = Venue(store, PARAMETERS, None, Clock("frozen", at_ms=START_MS), seeds=(*debtor(), *others))
        store.gate.release()
        await venue.start()
        first = asyncio.create_task(venue.submit(pay()))
        await rounds()
        asked = [asyncio.create_task(venue.submit(pay(user))) for user in (11, 12, 13, USER)]
        await rounds()
        store.gate.release(2)
        answers = await asyncio.gather(first, *asked)
        assert store.groups[1:] == [1, 4]
        assert [answer.events[0].user_id for answer in answers] == [USER, 11, 12, 13, USER]
        store.gate.release(9)
        await venue.stop()

    asyncio.run(story())


def test_a_caller_who_leaves_does_not_undo_his_command() -> None:
    async def story() -> None:
        store = SlowDisk()
        venue = Venue(store, PARAMETERS, None, Clock("frozen", at_ms=START_MS), seeds=debtor())
        store.gate.release()
        await venue.start()
        gone = asyncio.create_task(venue.submit(pay()))
        await rounds()
        gone.cancel()
        store.gate.release(9)
        assert (await venue.submit(pay())).stamp.seq == len(debtor()) + 2
        await venue.stop()

    asyncio.run(story())


def test_a_failed_write_halts_until_restart_and_loses_nothing_acknowledged() -> None:
    """E7: after it nothing is acknowledged, not even a question; the journal goes on from what it holds."""

    async def story() -> None:
        store = BrokenDisk()
        async with running(store) as venue:
            acknowledged = (await venue.submit(pay())).stamp.seq
            store.broken = True
            with pytest.raises(VenueHalted, match="the journal could not be written: no space left on device"):
                await venue.submit(pay())
            store.broken = False
            for attempt in (venue.submit(pay()), venue.query(lambda state, now_ms: 0), venue.advance(by_ms=1)):
                with pytest.raises(VenueHalted, match="no space left on device"):
                    await attempt
            assert venue.halted is not None
        async with running(store) as venue:
            assert (await venue.state_hash())[0] == acknowledged

    asyncio.run(story())


def test_a_bug_halts_and_leaves_the_journal_good(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(work: Any, command: Any) -> None:
        work.state.users.clear()
        raise ZeroDivisionError("planted")

    async def story() -> None:
        store = MemoryStore()
        async with running(store) as venue:
            before = await venue.state_hash()
            with monkeypatch.context() as patch:
                patch.setitem(core.HANDLERS, AdjustBalance, broken)
                with pytest.raises(VenueHalted, match="bug in AdjustBalance at seq 6: ZeroDivisionError"):
                    await venue.submit(pay())
            with pytest.raises(VenueHalted, match="bug in AdjustBalance"):
                await venue.submit(pay())
        async with running(store) as venue:
            assert await venue.state_hash() == before

    asyncio.run(story())


# ---- time


def test_advance_does_everything_due_on_the_way() -> None:
    async def story() -> None:
        async with running() as venue:
            reached: list[int] = []
            assert await venue.advance(by_ms=48 * HOUR_MS, progress=reached.append) == START_MS + 48 * HOUR_MS
            assert venue.state.hour_ms == START_MS + 48 * HOUR_MS
            check_state(venue.state)
            assert await venue.advance(to_ms=START_MS + 48 * HOUR_MS + 5) == START_MS + 48 * HOUR_MS + 5
            assert await venue.advance(to_next=True) == START_MS + 49 * HOUR_MS
            assert venue.state.hour_ms == START_MS + 49 * HOUR_MS
            assert venue.now_ms() == START_MS + 49 * HOUR_MS

    asyncio.run(story())


def test_interest_of_an_advance_equals_interest_hour_by_hour() -> None:
    async def story() -> None:
        hashes = []
        for step in (24 * HOUR_MS, HOUR_MS, 7 * 60_000 + 1):
            async with running() as venue:
                while venue.now_ms() < START_MS + 24 * HOUR_MS:
                    await venue.advance(to_ms=min(venue.now_ms() + step, START_MS + 24 * HOUR_MS))
                hashes.append(await venue.state_hash())
        assert hashes[0] == hashes[1] == hashes[2]

    asyncio.run(story())


def test_a_week_with_the_recording_reports_progress() -> None:
    async def story() -> None:
        reached: list[int] = []
        async with running(feed=default_feed(START_MS)) as venue:
            await venue.advance(by_ms=7 * DAY_MS, progress=reached.append)
            # 24 moves an hour for 7 days, and the hours themselves, in groups.
            assert (await venue.state_hash())[0] >= 7 * 24 * 25
            assert reached == sorted(reached)
            assert len(reached) > 10

    asyncio.run(story())


def test_leaving_off_an_advance_puts_the_clock_back_to_the_time_reached() -> None:
    async def story() -> None:
        async with running(feed=default_feed(START_MS)) as venue:
            moving = asyncio.create_task(venue.advance(by_ms=30 * DAY_MS))
            await rounds(2)
            venue.leave_off()
            with pytest.raises(VenueHalted):
                await moving
            reached_ms = venue.now_ms()
            assert START_MS < venue.state.at_ms <= reached_ms < START_MS + 30 * DAY_MS
            # Nothing is left to catch up with.
            assert await venue.query(lambda state, now_ms: now_ms) == reached_ms

    asyncio.run(story())


def test_leaving_off_while_catching_up_leaves_a_clock_alone_that_went_by_itself() -> None:
    """The machine slept for three days; who stops the venue before all is caught up must not make it late for good."""

    async def story() -> None:
        machine = HandMachine(START_MS)
        store = MemoryStore()
        venue = Venue(store, PARAMETERS, default_feed(START_MS), Clock(machine=machine))
        await venue.start()
        machine.suspend_s(3 * 86_400)
        reached_ms = await venue.query(lambda state, now_ms: now_ms)
        venue.leave_off()
        await rounds(2)
        assert START_MS < reached_ms <= venue.now_ms() < START_MS + 3 * DAY_MS
        await venue.stop()
        kept = store.get_meta("clock")
        assert kept is not None
        assert Clock.restored(kept, venue.state.at_ms, machine).now_ms() == START_MS + 3 * DAY_MS

    asyncio.run(story())


def test_time_never_runs_backwards() -> None:
    async def story() -> None:
        async with running() as venue:
            await venue.advance(by_ms=1_000)
            for attempt in (
                venue.advance(to_ms=START_MS),
                venue.advance(by_ms=-1),
                venue.set_clock(at_ms=START_MS),
            ):
                with pytest.raises(ValueError, match="cannot run backwards"):
                    await attempt
            with pytest.raises(ValueError, match="give one of"):
                await venue.advance()
            with pytest.raises(ValueError, match="give one of"):
                await venue.advance(by_ms=1, to_next=True)
            assert venue.now_ms() == START_MS + 1_000

    asyncio.run(story())


def test_what_cannot_be_is_refused_while_an_advance_is_under_way() -> None:
    """At once and not after its turn; what can be waits, also where who asked for the advance has gone."""

    async def story() -> None:
        async with running(feed=default_feed(START_MS)) as venue:
            moving = asyncio.create_task(venue.advance(by_ms=30 * DAY_MS))
            await rounds(2)
            waiting = asyncio.create_task(venue.set_clock(at_ms=START_MS + 31 * DAY_MS))
            too_early = asyncio.create_task(venue.advance(to_ms=START_MS + 10 * DAY_MS))
            await rounds(2)
            for attempt, said in (
                (venue.set_clock(at_ms=LATEST_MS + 1), "2101-01-01 is outside of it"),
                (venue.set_clock(at_ms=START_MS - 1), "cannot run backwards"),
                (venue.set_clock("real", 0, START_MS + 40 * DAY_MS), "speed must be"),
                (venue.set_clock("odd", 1, START_MS + 40 * DAY_MS), "unknown clock mode"),  # type: ignore[arg-type]
                (venue.advance(to_ms=LATEST_MS + 1), "2101-01-01 is outside of it"),
                (venue.advance(to_ms=START_MS - 1), "cannot run backwards"),
                (venue.advance(by_ms=LATEST_MS), "is outside of it"),
                (venue.advance(by_ms=-1), "cannot run backwards"),
            ):
                with pytest.raises(ValueError, match=said):
                    await attempt
                assert not moving.done()
            assert not waiting.done()
            assert not too_early.done()
            moving.cancel()
            await asyncio.wait([moving])
            assert await waiting == START_MS + 31 * DAY_MS
            with pytest.raises(ValueError, match="cannot run backwards"):
                await too_early
            assert venue.clock == ("frozen", 1)

    asyncio.run(story())


def test_an_advance_goes_on_where_its_caller_has_gone_and_the_next_one_goes_on_from_there() -> None:
    async def story() -> None:
        async with running(feed=default_feed(START_MS)) as venue:
            moving = asyncio.create_task(venue.advance(by_ms=30 * DAY_MS))
            await rounds(2)
            moving.cancel()
            await asyncio.wait([moving])
            assert START_MS < venue.now_ms() < START_MS + 30 * DAY_MS
            assert await venue.advance(by_ms=DAY_MS) == START_MS + 31 * DAY_MS
            # What takes effect at once ends it, as it ends one that somebody waits for.
            moving = asyncio.create_task(venue.advance(by_ms=30 * DAY_MS))
            await rounds(2)
            moving.cancel()
            await asyncio.wait([moving])
            reached_ms = await venue.set_clock(mode="frozen")
            assert reached_ms < START_MS + 61 * DAY_MS
            assert await venue.advance(by_ms=1) == reached_ms + 1

    asyncio.run(story())


def test_the_clock_can_be_set_and_is_kept() -> None:
    async def story() -> None:
        store = MemoryStore()
        async with running(store) as venue:
            await venue.set_clock(mode="real", speed=5, at_ms=START_MS + HOUR_MS)
            assert venue.clock == ("real", 5)
            assert venue.state.hour_ms == START_MS + HOUR_MS
            await venue.set_clock(mode="frozen", at_ms=START_MS + DAY_MS)
        kept = store.get_meta("clock")
        assert kept is not None
        assert Clock.restored(kept, 0).now_ms() == START_MS + DAY_MS

    asyncio.run(story())


# ---- starting over


def test_reset_begins_again_with_the_seeds_and_their_keys() -> None:
    async def story() -> None:
        store = MemoryStore()
        async with running(store, feed=ListFeed()) as venue:
            await venue.add_key(
                lambda state, now_ms: KeyRecord(
                    api_key="seeded",
                    secret_key="s",
                    passphrase_hash=b"",
                    passphrase_salt=b"",
                    user_id=USER,
                    permissions=(),
                )
            )
            await venue.add_key(
                lambda state, now_ms: KeyRecord(
                    api_key="later",
                    secret_key="s",
                    passphrase_hash=b"",
                    passphrase_salt=b"",
                    user_id=99,
                    permissions=(),
                )
            )
            await venue.submit(CreateUser(user_id=99, name="later"))
            await venue.advance(by_ms=5 * HOUR_MS)
            await venue.reset()
            assert set(venue.keys) == {"seeded"}
            assert list(venue.state.users) == [USER]
            assert venue.now_ms() == START_MS
            assert (await venue.verify()).ok
            await venue.submit(pay())
            after = await venue.state_hash()
        async with running(store, feed=ListFeed()) as venue:
            assert await venue.state_hash() == after

    asyncio.run(story())


def test_a_stopped_venue_takes_nothing() -> None:
    async def story() -> None:
        async with running() as venue:
            pass
        with pytest.raises(VenueHalted, match="stopped"):
            await venue.submit(pay())

    asyncio.run(story())
