"""What the venue tells of: every entry, in order, with the state after it; let go when durable, after the reply."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tallystick.engine import ledger
from tallystick.engine.amounts import ONE
from tallystick.engine.core import Stamp
from tallystick.engine.state import State
from tallystick.venue.clock import Clock
from tallystick.venue.slices import SLICE_NS
from tallystick.venue.venue import VenueHalted
from tests.venue.machine import HandMachine
from tests.venue.test_venue import BrokenDisk, SlowDisk, rounds
from tests.venue.world import HOUR_MS, START_MS, USER, ListFeed, pay, running


class Notes:
    """Keeps what was told and the cash it saw, and what was let go."""

    def __init__(self) -> None:
        self.told: list[int] = []
        self.cash: list[int] = []
        self.let_go: list[int] = []
        self.moved = 0
        self.begun = 0
        self.halts = 0

    def entry(self, stamp: Stamp, events: list[Any], state: State) -> Callable[[], None]:
        assert events
        self.told.append(stamp.seq)
        self.cash.append(ledger.cash(state, USER, "USDT"))
        return lambda: self.let_go.append(stamp.seq)

    def clock_moved(self) -> None:
        self.moved += 1

    def begun_anew(self) -> None:
        self.begun += 1

    def halted(self) -> None:
        self.halts += 1


def test_every_entry_is_told_with_the_state_right_after_it() -> None:
    async def story() -> None:
        async with running() as venue:
            notes = Notes()
            venue.listen(notes)
            seq = venue.state.seq
            await asyncio.gather(*(venue.submit(pay()) for _ in range(3)))
            await rounds()
            assert notes.told == notes.let_go == [seq + 1, seq + 2, seq + 3]
            # The debtor borrowed 1,000 USDT; each command pays in one more.
            assert notes.cash == [1_001 * ONE, 1_002 * ONE, 1_003 * ONE]

    asyncio.run(story())


def test_who_looks_is_told_the_time_up_to_which_all_is_done() -> None:
    """A price is due after a second, and five have passed before anybody had a turn."""

    async def story() -> None:
        machine = HandMachine(START_MS)
        clock = Clock("real", 1, START_MS, machine)
        async with running(feed=ListFeed((START_MS + 1_000, 51_000)), clock=clock) as venue:
            machine.pass_s(5)
            assert venue.look(lambda state, at_ms: (at_ms, state.markets["BTC-USDT"].index)) == (
                START_MS + 999,
                50_000 * ONE,
            )
            await venue.query(lambda state, at_ms: None)
            assert venue.look(lambda state, at_ms: (at_ms, state.markets["BTC-USDT"].index)) == (
                START_MS + 5_000,
                51_000 * ONE,
            )

    asyncio.run(story())


def test_nothing_is_let_go_before_it_is_durable_and_replies_go_first() -> None:
    async def story() -> None:
        disk = SlowDisk()
        disk.gate.release(1)
        async with running(disk) as venue:
            notes = Notes()
            venue.listen(notes)
            order: list[str] = []
            seq = venue.state.seq

            async def ask() -> None:
                await venue.submit(pay())
                order.append("reply")
                order.extend(f"news {number}" for number in notes.let_go)

            asking = asyncio.create_task(ask())
            await rounds()
            assert (notes.told, notes.let_go) == ([seq + 1], [])
            later: list[int] = []
            venue.when_durable(lambda: later.append(1))
            await rounds()
            assert later == []
            disk.gate.release(100)
            await asking
            await rounds()
            assert order == ["reply"]
            assert (notes.let_go, later) == ([seq + 1], [1])

    asyncio.run(story())


def test_what_is_durable_already_is_let_go_at_once_and_in_order() -> None:
    async def story() -> None:
        async with running() as venue:
            found: list[int] = []
            for number in range(3):
                venue.when_durable(lambda number=number: found.append(number))  # type: ignore[misc]
            assert found == []
            await rounds(2)
            assert found == [0, 1, 2]

    asyncio.run(story())


def test_after_a_failed_write_nothing_is_let_go() -> None:
    async def story() -> None:
        disk = BrokenDisk()
        async with running(disk) as venue:
            notes = Notes()
            venue.listen(notes)
            disk.broken = True
            with pytest.raises(VenueHalted):
                await venue.submit(pay())
            venue.when_durable(lambda: notes.let_go.append(0))
            await rounds()
            assert len(notes.told) == 1
            assert notes.let_go == []

    asyncio.run(story())


def test_ticks_of_an_advance_are_told_and_then_that_the_clock_moved() -> None:
    async def story() -> None:
        async with running() as venue:
            notes = Notes()
            venue.listen(notes)
            await venue.advance(by_ms=3 * HOUR_MS)
            assert len(notes.told) == 3
            assert notes.moved == 1
            await venue.set_clock(mode="real")
            assert notes.moved == 2
            assert venue.wait_s(START_MS) == 0

    asyncio.run(story())


def test_interest_is_told_when_an_event_books_it_and_not_when_it_is_looked_at() -> None:

    async def story() -> None:
        async with running() as venue:
            charged: list[Any] = []
            venue.note_charges(charged.extend)
            await venue.advance(by_ms=2 * HOUR_MS)
            owed = venue.look(lambda state, now_ms: ledger.debt(state, USER, "USDT"))
            assert owed > 1_000 * ONE
            assert charged == []
            await venue.submit(pay())
            assert [charge.hour_ms for charge in charged] == [START_MS + HOUR_MS, START_MS + 2 * HOUR_MS]

    asyncio.run(story())


def test_a_reset_is_told_before_it_begins_anew() -> None:
    async def story() -> None:
        async with running() as venue:
            notes = Notes()
            venue.listen(notes)
            await venue.reset()
            assert notes.begun == 1
            assert notes.told[0] == 1

    asyncio.run(story())


def test_news_is_told_in_slices_and_in_order() -> None:
    """Telling takes longer than a slice each time; whoever wants something in between has it."""

    async def story() -> None:
        disk = SlowDisk()
        disk.gate.release(1)
        clock = Clock("frozen", at_ms=START_MS, machine=HandMachine(START_MS, SLICE_NS))
        async with running(disk, clock=clock) as venue:
            told: list[int] = []
            for number in range(20):
                venue.when_durable(partial(told.append, number))
            between = []
            while len(told) < 20:
                between.append(len(told))
                await asyncio.sleep(0)
            assert told == list(range(20))
            assert between == sorted(between)
            assert len(set(between)) == 20
            # What comes while the rest is being told stands behind it.
            for number in range(3):
                venue.when_durable(partial(told.append, 20 + number))
            await asyncio.sleep(0)
            venue.when_durable(partial(told.append, 23))
            disk.gate.release(100)
            await venue.submit(pay())
            await rounds()
            assert told == list(range(24))

    asyncio.run(story())
