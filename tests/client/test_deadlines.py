"""Deadlines of the async half: a late request is given up, and cancellation by others stays theirs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import pytest

from tallystick import AsyncClient
from tallystick.client import errors
from tallystick.client.clock import monotonic
from tallystick.client.deadlines import Deadlines
from tests.client.hostile import Attack, hostile
from tests.patience import PATIENCE_S

SILENT: Final = Attack(b"")
KEYS: Final[dict[str, Any]] = {"api_key": "a", "secret_key": "b", "passphrase": "c"}


def client(url: str, timeout: float) -> AsyncClient:
    return AsyncClient(**KEYS, base_url=url, pace=False, timeout=timeout)


async def repay(half: AsyncClient) -> None:
    await half.one_click_repay_v2(debtCcy="USDC", repayCcyList=["USDC"])


def test_a_late_request_is_given_up_and_leaves_no_mark_on_its_task() -> None:
    """The next request of the same task, and of another at the same time, has its own deadline."""

    async def run(url: str) -> None:
        async with client(url, 1.0) as half:
            for _ in range(2):
                began = monotonic()
                with pytest.raises(errors.OutcomeUnknown, match="no answer in time"):
                    await repay(half)
                assert monotonic() - began >= 1.0
            task = asyncio.current_task()
            assert task is not None
            assert task.cancelling() == 0
            found = await asyncio.gather(repay(half), repay(half), return_exceptions=True)
            assert [type(one) for one in found] == [errors.OutcomeUnknown] * 2

    with hostile(SILENT) as server:
        asyncio.run(asyncio.wait_for(run(server.url), 60))


def test_who_cancels_a_request_has_it_cancelled() -> None:
    async def met(then: Callable[[], object]) -> None:
        """Wait until the server has read a request."""
        assert await asyncio.to_thread(server.met.acquire, timeout=PATIENCE_S)
        then()

    async def run(url: str) -> None:
        async with client(url, 30) as half:
            await half.time()
            limit = asyncio.timeout(None)
            ending = asyncio.ensure_future(met(lambda: limit.reschedule(0)))
            with pytest.raises(TimeoutError):
                async with limit:
                    await repay(half)
            await ending
            task = asyncio.ensure_future(repay(half))
            await met(task.cancel)
            with pytest.raises(asyncio.CancelledError):
                await task

    with hostile(SILENT) as server:
        asyncio.run(asyncio.wait_for(run(server.url), 60))


@pytest.mark.parametrize(("by_others", "late"), [(False, True), (True, False)])
def test_cancelled_by_its_deadline_and_by_others(by_others: bool, late: bool) -> None:
    """A task that others cancel at the same moment is cancelled by them. One cancellation before is no matter."""

    async def run() -> None:
        deadlines = Deadlines()
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.sleep(0)
        deadlines.begin(monotonic() - 1)
        deadlines._look()
        if by_others:
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.sleep(0)
        assert deadlines.end(task) is late
        assert task.cancelling() == (2 if by_others else 1)
        deadlines.close()

    asyncio.run(run())


def test_deadlines_hold_in_a_second_loop() -> None:
    deadlines = Deadlines()

    async def left_behind() -> None:
        deadlines.end(deadlines.begin(monotonic() + 60))

    async def late() -> bool:
        task = deadlines.begin(monotonic())
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return deadlines.end(task)
        raise AssertionError

    asyncio.run(left_behind())
    assert asyncio.run(asyncio.wait_for(late(), 30))
