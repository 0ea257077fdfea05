"""A lease is renewed while its leader is busy, and no longer once the leader hangs or has given it up."""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing

import pytest

from tallystick.cluster.database import Unreachable
from tallystick.cluster.lease import TRUSTED_MS, Tenure
from tallystick.cluster.renewing import BUSY_MS, Heartbeat, keep
from tallystick.store.postgres.threads import LoopThread
from tallystick.venue.clock import MACHINE
from tests.patience import PATIENCE_S
from tests.venue.machine import HandMachine


def renewals_of_a_busy_leader(*, beside: bool) -> bool:
    """True if a lease is renewed three times while the loop of its leader is held."""
    asked = threading.Semaphore(0)

    async def renew(term: int) -> bool:
        asked.release()
        return True

    async def story(thread: LoopThread) -> bool:
        tenure = Tenure(1, MACHINE.since_boot_ns(), MACHINE)
        keeping = keep(tenure, renew, Heartbeat(MACHINE), MACHINE)
        kept = asyncio.create_task(thread.awaited(keeping) if beside else keeping)
        await asyncio.sleep(0)
        # This holds the loop, as a long command does.
        renewed = all(asked.acquire(timeout=PATIENCE_S if beside else 0.5) for _ in range(3))
        tenure.give_up()
        await kept
        return renewed

    with closing(LoopThread("lease")) as thread:
        return asyncio.run(story(thread))


def test_a_busy_leader_keeps_its_lease() -> None:
    assert renewals_of_a_busy_leader(beside=True)


def test_renewals_on_the_loop_of_a_busy_leader_are_seen() -> None:
    """Planted: the leader renews on the loop that it is busy on."""
    assert not renewals_of_a_busy_leader(beside=False)


def test_a_leader_that_hangs_is_renewed_no_more() -> None:
    async def story() -> None:
        machine = HandMachine(0)
        heartbeat = Heartbeat(machine)
        machine.pass_s(BUSY_MS / 1_000)
        assert heartbeat.ask()
        machine.pass_s(0.1)
        assert not heartbeat.ask(), "the loop has not turned since"
        await asyncio.sleep(0)
        assert heartbeat.ask()

    asyncio.run(story())


def test_a_tenure_that_was_given_up_is_not_renewed() -> None:
    """A renewal may be granted while the leader gives up."""
    machine = HandMachine(0)
    tenure = Tenure(1, machine.since_boot_ns(), machine)
    assert (tenure.over, tenure.left_s) == (False, TRUSTED_MS / 1_000)
    tenure.give_up()
    tenure.renewed(machine.since_boot_ns())
    assert (tenure.over, tenure.left_s) == (True, 0)


@pytest.mark.parametrize("away", [True, False])
def test_a_lease_is_asked_for_until_it_is_over_or_anothers(away: bool) -> None:
    """While the database is away it is asked again, and the tenure goes on by its own clock."""
    machine = HandMachine(0)
    asked: list[int] = []

    async def renew(term: int) -> bool:
        asked.append(term)
        machine.pass_s(0.4)
        if away:
            raise Unreachable("the connection was cut")
        return False

    async def story() -> None:
        tenure = Tenure(7, machine.since_boot_ns(), machine)
        await keep(tenure, renew, Heartbeat(machine), machine)
        assert tenure.over == away

    asyncio.run(story())
    assert asked == [7] * (3 if away else 1)
