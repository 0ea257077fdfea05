"""September 2031, where order numbers once passed 63 bits, the year 2100, and what lies beyond."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tallystick.testing.runner import Player
from tallystick.testing.scenario import BadScenario, parse
from tallystick.venue import boot
from tallystick.venue.clock import EARLIEST_MS, LATEST_MS, SPEED_MAX
from tests.server.harness import AT_MS, World, iso, world
from tests.venue.machine import HandMachine

DAY_MS = 86_400_000
LARGEST = 2**63 - 1
LIFETIME = "the time of a venue runs from 2002-01-01 to 2100-12-31 (UTC)"


def moment(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


BEFORE_MS = moment("2031-09-17 02:58:26.943")
"""The last millisecond whose order numbers fitted 63 bits in the old form."""
AFTER_MS = BEFORE_MS + 1
CHANGE_MS = moment("2031-01-01")


async def ok(here: World, method: str, path: str, body: object = None) -> Any:
    answer = await here.signed(method, f"/api/v5/{path}", body)
    assert answer.code == "0", answer.body
    return answer.json()["data"]


async def place(here: World, **order: str) -> str:
    ticket = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "100", "sz": "0.001"}
    (row,) = await ok(here, "POST", "trade/order", ticket | order)
    return str(row["ordId"])


async def trade_and_borrow(here: World) -> None:
    """Everything that gets a number of its own; each is found under it again, and pages go by it."""
    resting = await place(here)
    (shown,) = await ok(here, "GET", f"trade/order?instId=BTC-USDT&ordId={resting}")
    assert (shown["ordId"], shown["state"]) == (resting, "live")
    await ok(here, "POST", "trade/amend-order", {"instId": "BTC-USDT", "ordId": resting, "newPx": "99"})
    await ok(here, "POST", "trade/cancel-order", {"instId": "BTC-USDT", "ordId": resting})
    filled = await place(here, ordType="market", px="", sz="0.001", tgtCcy="base_ccy")
    later = await place(here, ordType="market", px="", sz="0.002", tgtCcy="base_ccy")
    assert int(resting) < int(filled) < int(later) <= LARGEST
    assert {len(number) for number in (resting, filled, later)} == {19}

    orders = "trade/orders-history?instType=SPOT"
    assert [row["ordId"] for row in await ok(here, "GET", orders)][:3] == [later, filled, resting]
    assert [row["ordId"] for row in await ok(here, "GET", f"{orders}&after={later}")][:2] == [filled, resting]
    assert [row["ordId"] for row in await ok(here, "GET", f"{orders}&before={filled}")] == [later]
    fills = await ok(here, "GET", f"trade/fills?instType=SPOT&ordId={filled}")
    assert {row["ordId"] for row in fills} == {filled}
    older = await ok(here, "GET", f"trade/fills?instType=SPOT&after={fills[-1]['billId']}")
    assert later not in {row["ordId"] for row in older}

    bills = await ok(here, "GET", "account/bills")
    numbers = [int(row["billId"]) for row in bills]
    assert numbers == sorted(set(numbers), reverse=True)
    assert numbers[0] <= LARGEST
    after = await ok(here, "GET", f"account/bills?after={numbers[1]}")
    assert [row["billId"] for row in after][: len(numbers) - 2] == [str(number) for number in numbers[2:]]

    collateral = [{"ccy": "BTC", "amt": "1"}]
    loan = {"loanData": {"ccy": "USDT", "amt": "500"}, "collateralData": collateral, "clOrdId": "one"}
    (opened,) = await ok(here, "POST", "finance/flexible-loan/borrow", loan)
    assert len(opened["ordId"]) == 19
    assert int(opened["ordId"]) <= LARGEST
    history = await ok(here, "GET", "finance/flexible-loan/loan-history")
    refs = [row["refId"] for row in history]
    assert {len(number) for number in refs} == {17}
    rest = await ok(here, "GET", f"finance/flexible-loan/loan-history?after={refs[0]}")
    assert [row["refId"] for row in rest] == refs[1:]

    ask = {"baseCcy": "ETH", "quoteCcy": "USDT", "side": "buy", "rfqSz": "30", "rfqSzCcy": "USDT"}
    (quote,) = await ok(here, "POST", "asset/convert/estimate-quote", ask)
    deal = {"quoteId": quote["quoteId"], "sz": "30", "szCcy": "USDT"} | {
        name: ask[name] for name in ("baseCcy", "quoteCcy", "side")
    }
    (traded,) = await ok(here, "POST", "asset/convert/trade", deal)
    (converted,) = await ok(here, "GET", "asset/convert/history")
    assert converted["tradeId"] == traded["tradeId"]


@pytest.mark.parametrize(
    "at_ms", [EARLIEST_MS, CHANGE_MS - 1, CHANGE_MS, BEFORE_MS, AFTER_MS, LATEST_MS - 1, LATEST_MS]
)
def test_a_venue_at_the_bounds(at_ms: int, tmp_path: Path) -> None:
    """It trades, borrows and answers, is stopped and started, and its journal gives the same again."""
    machine = HandMachine(AT_MS)

    async def story() -> None:
        async with world(folder=tmp_path / "data", at_ms=at_ms, machine=machine) as here:
            assert here.venue.now_ms() == at_ms
            if at_ms >= BEFORE_MS:
                await trade_and_borrow(here)
        async with world(folder=tmp_path / "data", machine=machine) as here:
            assert here.venue.now_ms() == at_ms
            resting = await place(here)
            await ok(here, "POST", "trade/cancel-order", {"instId": "BTC-USDT", "ordId": resting})

    asyncio.run(story())
    assert boot.verify_folder(tmp_path / "data").ok


def test_numbers_rise_over_the_bound(tmp_path: Path) -> None:
    """A resting order from before is cancelled after it by its number, and stands behind the later ones in a page."""

    async def story() -> None:
        for bound_ms in (CHANGE_MS, AFTER_MS):
            async with world(at_ms=bound_ms - 1_000) as here:
                early = await place(here)
                assert (await here.control("POST", "clock", {"at": iso(bound_ms)})).status == 200
                late = await place(here)
                for number in (early, late):
                    await ok(here, "POST", "trade/cancel-order", {"instId": "BTC-USDT", "ordId": number})
                rows = await ok(here, "GET", "trade/orders-history?instType=SPOT")
                assert [row["ordId"] for row in rows] == [late, early]
                assert int(early) < int(late) <= LARGEST

    asyncio.run(story())


# ---- beyond


def test_no_call_leads_beyond_the_end() -> None:
    async def story() -> None:
        async with world(at_ms=LATEST_MS - 10 * DAY_MS) as here:
            now_ms = here.venue.now_ms()
            for path, body in (
                ("clock", {"at": "2101-01-01"}),
                ("clock", {"at": "9999-12-31T23:59:59Z"}),
                ("clock", {"at": "2101-01-01T00:00:00Z", "mode": "real", "speed": 9}),
                ("clock/advance", {"by": "11d"}),
                ("clock/advance", {"ms": 10 * DAY_MS + 1}),
                ("clock/advance", {"to": "2101-01-01T00:00:00Z"}),
            ):
                refused = await here.control("POST", path, body)
                assert refused.status == 400
                assert LIFETIME in refused.json()["error"]["message"], body
                assert (here.venue.now_ms(), here.venue.clock) == (now_ms, ("frozen", 1))
            assert (await here.control("POST", "clock", {"at": iso(LATEST_MS)})).json()["now_ms"] == LATEST_MS
            # The next full hour would be that of 2101.
            refused = await here.control("POST", "clock/advance", {"to": "next"})
            assert refused.status == 400
            assert f"{LIFETIME}, and 2101-01-01 is outside of it" in refused.json()["error"]["message"]
            assert (await here.control("POST", "clock/advance", {"ms": 0})).json()["now_ms"] == LATEST_MS
            await trade_and_borrow(here)

    asyncio.run(story())


def test_a_clock_that_runs_into_the_end_stands_still_and_the_venue_goes_on() -> None:
    async def story() -> None:
        machine = HandMachine(AT_MS)
        async with world(at_ms=LATEST_MS - DAY_MS, mode="real", speed=SPEED_MAX, machine=machine) as here:
            machine.pass_s(3_600)
            for _ in range(1_000):
                await asyncio.sleep(0)
                shown = (await here.control("GET", "health")).json()
                if shown["now_ms"] == LATEST_MS:
                    break
            assert (shown["now"], shown["mode"]) == ("2100-12-31T23:59:59.999Z", "real")
            assert here.venue.state.at_ms <= LATEST_MS
            await trade_and_borrow(here)
            assert (await here.control("POST", "verify")).json()["ok"]

    asyncio.run(story())


def test_a_start_on_a_machine_that_does_not_know_the_time(tmp_path: Path) -> None:
    machine = HandMachine(AT_MS)

    async def story() -> None:
        async with world(folder=tmp_path / "data", mode="real", machine=machine):
            pass
        # A clock that has lost its battery is behind what was told, which is the least.
        machine.wall = 0
        async with world(folder=tmp_path / "data", mode="real", machine=machine) as here:
            assert here.venue.now_ms() == AT_MS

    asyncio.run(story())
    for wall_ms, day in ((0, "1970-01-01"), (LATEST_MS + 1, "2101-01-01")):
        machine.wall = wall_ms
        with pytest.raises(ValueError, match=f"this machine's clock says {day}.*set it right, or give --at"):
            boot.open_venue(None, machine=machine)
        boot.open_venue(None, machine=machine, at_ms=AT_MS).close()
    with pytest.raises(ValueError, match="this machine's clock says 2101-01-01"):
        boot.open_venue(tmp_path / "data", machine=machine)


STORY = """
title = "a"
title_zh = "b"
about = "c"
start = {start}
steps = [{{ after = "{after}", wait = true }}]
"""


@pytest.mark.parametrize(
    ("start", "after", "day"),
    [("2101-01-01T00:00:00Z", "1s", "2101-01-01"), ("2001-12-31T00:00:00Z", "1s", "2001-12-31")]
    + [("2100-12-31T23:00:00Z", after, "2101-01-01") for after in ("1h", "24h")],
)
def test_no_scenario_plays_outside_of_time(start: str, after: str, day: str) -> None:
    with pytest.raises(BadScenario, match=f"and {day} is outside of it"):
        parse(STORY.format(start=start, after=after))


def test_prices_that_lead_beyond_the_end_are_a_fault_of_the_scenario() -> None:
    told = parse(STORY.format(start="2100-12-31T23:00:00Z", after="59m"))
    told.steps[0] = type(told.steps[0])("59m", path="usdc_loses_its_peg", instrument="USDC-USDT")

    async def story() -> None:
        player = Player.alone(told)
        await player.venue.start()
        with pytest.raises(BadScenario, match="2101-01-01 is outside of it"):
            await player.play()
        await player.venue.stop()

    asyncio.run(story())
