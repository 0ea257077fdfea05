"""Interest that a fault has put off, and the snapshots it is in or not in: a restore takes both along."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tallystick.engine.commands import FaultRule, InjectFault
from tallystick.venue.boot import ALICE
from tallystick.venue.venue import Venue
from tests.venue.test_generations import contents, opened
from tests.venue.world import HOUR_MS

LATE_MS = 600_000
LATE = FaultRule(fault_id=1, kind="interest-late", user_id=ALICE, ms=LATE_MS)


async def to_the_next_hour(venue: Venue) -> None:
    await venue.advance(by_ms=HOUR_MS - venue.now_ms() % HOUR_MS)


@pytest.mark.parametrize("stored", [False, True])
def test_interest_that_waits_in_a_snapshot_waits_again_and_is_booked_once(stored: bool, tmp_path: Path) -> None:
    """Alice owes USDC and USDT: two charges wait together."""

    async def story() -> None:
        async with opened(tmp_path / "venue" if stored else None) as found:
            venue = found.venue
            await venue.submit(InjectFault(rule=LATE))
            await to_the_next_hour(venue)
            assert [charge.ccy for charge in venue.state.late_interest[ALICE].charges] == ["USDC", "USDT"]
            await venue.snapshots.save("waits")
            waits = contents(venue)
            await venue.advance(by_ms=LATE_MS)
            booked = contents(venue)
            assert not venue.state.late_interest
            for _ in range(2):
                await venue.snapshots.restore("waits")
                assert contents(venue) == waits
                assert sorted(venue.state.late_interest) == [ALICE]
                await venue.advance(by_ms=LATE_MS)
                assert contents(venue) == booked
                assert (await venue.verify()).ok

    asyncio.run(story())


@pytest.mark.parametrize("stored", [False, True])
def test_a_fault_and_what_it_put_off_end_with_a_restore_of_before(stored: bool, tmp_path: Path) -> None:
    """The interest of the hour is then booked at its hour, as it is where the fault never was."""

    async def story() -> None:
        async with opened(tmp_path / "venue" if stored else None) as found:
            venue = found.venue
            await venue.snapshots.save("before")
            await to_the_next_hour(venue)
            without = contents(venue)
            await venue.snapshots.restore("before")
            await venue.submit(InjectFault(rule=LATE))
            await to_the_next_hour(venue)
            assert sorted(venue.state.late_interest) == [ALICE]
            assert contents(venue).state != without.state
            await venue.snapshots.restore("before")
            assert (venue.state.faults, venue.state.late_interest) == ({}, {})
            await to_the_next_hour(venue)
            assert contents(venue) == without
            await venue.advance(by_ms=LATE_MS)
            assert (await venue.verify()).ok

    asyncio.run(story())
