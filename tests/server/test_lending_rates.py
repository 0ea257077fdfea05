"""What everybody may ask of the rates of the pools: hour by hour, and of the last day, now and next.

The world begins at a full hour, 18:00. An idle pool lends at 1 % a year.
"""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.engine.amounts import atoms_from_text
from tests.engine.setups import with_currency
from tests.server.harness import AT_MS, World, within

SAVINGS = "/api/v5/finance/savings/"
HISTORY = SAVINGS + "lending-rate-history"
SUMMARY = SAVINGS + "lending-rate-summary"
HOUR_MS = 3_600_000
FIRST, LATER = "2026-01", "2026-08"
COINS = 11


async def rows(here: World, target: str) -> list[dict[str, Any]]:
    answer = (await here.ask("GET", target)).json()
    assert answer["code"] == "0", answer
    found: list[dict[str, Any]] = answer["data"]
    return found


async def hours(here: World, count: int) -> None:
    await here.venue.advance(by_ms=count * HOUR_MS)


def test_a_rate_is_in_the_history_of_every_hour_it_held() -> None:
    """1 % in the first hour; 7.3 % set in it holds from the next one on; 5 % from the one after those."""

    async def story(here: World) -> None:
        await here.control("POST", "rates", {"ccy": "USDT", "apr": "0.073"})
        await hours(here, 3)
        await here.control("POST", "rates", {"ccy": "USDT", "apr": "0.05"})
        await here.venue.advance(by_ms=HOUR_MS - 1)
        found = await rows(here, f"{HISTORY}?ccy=USDT")
        assert found == [
            {"ccy": "USDT", "amt": "", "rate": rate, "ts": str(AT_MS + hour * HOUR_MS)}
            for hour, rate in ((3, "0.073"), (2, "0.073"), (1, "0.073"), (0, "0.01"))
        ]
        await here.venue.advance(by_ms=1)
        assert (await rows(here, f"{HISTORY}?ccy=USDT&limit=1"))[0]["rate"] == "0.05"

    within(story, surface=FIRST)


def test_the_rate_of_the_history_is_the_rate_that_was_charged() -> None:
    async def story(here: World) -> None:
        borrow = {"ccy": "USDT", "side": "borrow", "amt": "1000"}
        assert (await here.signed("POST", "/api/v5/account/spot-manual-borrow-repay", borrow)).code == "0"
        await here.control("POST", "rates", {"ccy": "USDT", "apr": "0.0876"})
        await hours(here, 2)
        charged = (await here.signed("GET", "/api/v5/account/interest-accrued?ccy=USDT")).json()["data"]
        past = {row["ts"]: row["rate"] for row in await rows(here, f"{HISTORY}?ccy=USDT")}
        # The hour charged at 20:00 began at 19:00: 0.0876 / 8760.
        assert charged[0]["interestRate"] == "0.00001"
        assert past[str(int(charged[0]["ts"]) - HOUR_MS)] == "0.0876"
        assert past[str(int(charged[1]["ts"]) - HOUR_MS)] == "0.01"

    within(story)


def test_lenders_earn_85_percent_of_what_is_lent_out() -> None:
    """Of 1,000 USDT alice owes 500 from the start: 0.073 x 0.5 x 0.85 = 0.031025, cut at four decimals.

    In the first hour she had not borrowed yet when it began.
    """
    parameters = with_currency("USDT", pool=atoms_from_text("1000"), rate_per_year=atoms_from_text("0.073"))

    async def story(here: World) -> None:
        await hours(here, 1)
        (now, before) = await rows(here, f"{HISTORY}?ccy=USDT")
        assert list(now) == ["ccy", "amt", "rate", "lendingRate", "ts"]
        assert (now["rate"], now["lendingRate"], before["lendingRate"]) == ("0.073", "0.031", "0")
        await here.control("POST", "parameters", {"constants": {"lender_share": "0.5"}})
        await hours(here, 1)
        assert (await rows(here, f"{HISTORY}?ccy=USDT&limit=1"))[0]["lendingRate"] == "0.0182"

    within(story, surface=LATER, parameters=parameters)


@pytest.mark.parametrize("surface", [FIRST, LATER])
def test_pages(surface: str) -> None:
    """Cursors leave out the hour they name; without a currency a page ends with a whole hour, whatever the limit."""

    async def story(here: World) -> None:
        await hours(here, 4)
        own = await rows(here, f"{HISTORY}?ccy=BTC")
        at = [AT_MS + hour * HOUR_MS for hour in (4, 3, 2, 1, 0)]
        assert [int(row["ts"]) for row in own] == at
        assert all(("lendingRate" in row) == (surface == LATER) for row in own)
        for query, expected in (
            ("limit=2", own[:2]),
            (f"after={at[1]}", own[2:]),
            (f"before={at[1]}", own[:1]),
            (f"after={at[0]}&before={at[3]}", own[1:3]),
        ):
            assert await rows(here, f"{HISTORY}?ccy=BTC&{query}") == expected, query
        everything = await rows(here, HISTORY)
        assert len(everything) == 5 * COINS
        assert [row["ccy"] for row in everything[:3]] == ["BTC", "ETH", "USDT"]
        for limit, hours_whole in ((1, 1), (COINS, 1), (COINS + 1, 2), (3 * COINS, 3)):
            assert await rows(here, f"{HISTORY}?limit={limit}") == everything[: hours_whole * COINS], limit
        older = await rows(here, f"{HISTORY}?limit=1&after={at[2]}")
        assert older == everything[3 * COINS : 4 * COINS]

    within(story, surface=surface)


def test_the_summary() -> None:
    """After 1 hour at 1 % and 2 at 7.3 % the mean is 5.2 %; what the next hour would have moves with what is set."""

    async def story(here: World) -> None:
        assert (await rows(here, f"{SUMMARY}?ccy=ETH")) == [
            {"ccy": "ETH", "avgAmt": "", "avgAmtUsd": "", "avgRate": "0.01", "preRate": "0.01", "estRate": "0.01"}
        ]
        await here.control("POST", "rates", {"ccy": "ETH", "apr": "0.073"})
        (set_now,) = await rows(here, f"{SUMMARY}?ccy=ETH")
        assert (set_now["preRate"], set_now["estRate"]) == ("0.01", "0.073")
        await hours(here, 2)
        (later,) = await rows(here, f"{SUMMARY}?ccy=ETH")
        assert (later["avgRate"], later["preRate"], later["estRate"]) == ("0.052", "0.073", "0.073")
        await hours(here, 22)
        assert (await rows(here, f"{SUMMARY}?ccy=ETH"))[0]["avgRate"] == "0.073"
        assert len(await rows(here, SUMMARY)) == COINS

    within(story)


@pytest.mark.parametrize("target", [HISTORY, SUMMARY])
def test_a_currency_there_is_not(target: str) -> None:
    async def story(here: World) -> None:
        assert (await here.ask("GET", f"{target}?ccy=NOPE")).code == "51012"
        assert (await here.ask("GET", f"{target}?ccy=nope")).code == "51000"

    within(story)


def test_the_rows_follow_from_the_journal() -> None:
    """`verify` makes them anew and finds no other ones."""

    async def story(here: World) -> None:
        borrow = {"ccy": "USDT", "side": "borrow", "amt": "1000"}
        assert (await here.signed("POST", "/api/v5/account/spot-manual-borrow-repay", borrow)).code == "0"
        await hours(here, 5)
        assert (await here.control("POST", "verify")).json()["ok"] is True

    within(story)
