"""Safe repay over sockets, on both halves, against a served venue whose fault rules hit the request to repay."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from tallystick import AsyncClient, Client
from tallystick.client.safe.outcomes import NotRepaid, Outcome, PartlyRepaid
from tests.client.venue import Served, served

SPEED = 20
"""The venue's clock runs so many times faster, so that half a minute is over in a second and a half."""
DONE = (
    "drop-after-commit",
    "cut-body",
    "html-502-done",
    "50004-done",
    "empty-200",
    "shape-empty",
    "delay-after-commit",
)
NOTHING = (
    "drop-before-commit",
    "reset",
    "html-502",
    "html-503",
    "http-503",
    "50004-not-done",
    "50013",
    "empty-200-not-done",
)


@pytest.fixture(scope="module")
def venue() -> Iterator[Served]:
    with served(mode="real", speed=SPEED) as here:
        yield here


def sync(venue: Served) -> Outcome:
    with Client(**venue.keys(), pace=False) as client:
        return client.repay(debt="USDC", using=["USDC"])


def asynchronous(venue: Served) -> Outcome:
    async def run() -> Outcome:
        async with AsyncClient(**venue.keys(), pace=False) as client:
            return await client.repay(debt="USDC", using=["USDC"])

    return asyncio.run(run())


def under(venue: Served, half: Callable[[Served], Outcome], fault: str | None) -> Outcome:
    """A repay from the start of the venue, its request hit by a fault."""
    venue.control("reset", {})
    rule: Any = None
    if fault is not None:
        rule = venue.control("faults", {"on": "one_click_repay_v2", "fault": fault, "nth": 1})
    said = half(venue)
    if rule is not None:
        (found,) = venue.control("faults")["faults"]
        assert found["fired"] == 1
    return said


@pytest.mark.parametrize("half", [sync, asynchronous])
@pytest.mark.parametrize("fault", [None, *DONE])
def test_what_was_done_is_told(venue: Served, half: Callable[[Served], Outcome], fault: str | None) -> None:
    """10 of 100 USDC repay at once; the rest is owed."""
    said = under(venue, half, fault)
    assert isinstance(said, PartlyRepaid), said
    assert (said.repaid, said.left, len(said.runs)) == (Decimal(10), Decimal(90), 1)


@pytest.mark.parametrize("half", [sync, asynchronous])
@pytest.mark.parametrize("fault", NOTHING)
def test_what_was_not_done_is_told_when_it_can_no_longer_be(
    venue: Served, half: Callable[[Served], Outcome], fault: str
) -> None:
    said = under(venue, half, fault)
    assert isinstance(said, NotRepaid), said
    assert (said.repaid, said.left, said.runs) == (Decimal(0), Decimal(100), ())


def test_a_request_delivered_twice_is_told_with_its_sum(venue: Served) -> None:
    """The second copy finds no coins at hand and is refused: one run, whichever answer came."""
    said = under(venue, sync, "double-delivery")
    assert isinstance(said, PartlyRepaid), said
    assert said.repaid == 10


def test_a_plan_is_read_and_nothing_is_sent(venue: Served) -> None:
    venue.control("reset", {})
    with Client(**venue.keys(), pace=False) as client:
        plan = client.plan_repay(debt="USDC", using=["USDC", "BTC"])
        assert client.plan_repay(debt="USDC", using=["USDC"]).left == 90
    assert (plan.debt, plan.direct) == (Decimal(100), Decimal(10))
    assert [leg.inst_id for leg in plan.legs] == ["BTC-USDT", "USDC-USDT"]
    assert plan.left <= plan.left_at_most < Decimal("0.6")
