"""Pages at their edges: more rows at one instant than a page holds, and a row at the end of its time."""

from __future__ import annotations

from typing import Any

from tests.server.harness import World, within

CONVERT = "/api/v5/asset/convert/"
REPAY = "/api/v5/trade/one-click-repay-history-v2"
WEEK_MS = 7 * 86_400_000


async def convert(here: World) -> str:
    """Buy for 10 USDT; the id of the trade."""
    pair = {"baseCcy": "ETH", "quoteCcy": "USDT", "side": "buy"}
    quote = (await here.signed("POST", f"{CONVERT}estimate-quote", {**pair, "rfqSz": "10", "rfqSzCcy": "USDT"})).json()[
        "data"
    ][0]
    trade = {**pair, "quoteId": quote["quoteId"], "sz": "10", "szCcy": "USDT"}
    done: str = (await here.signed("POST", f"{CONVERT}trade", trade)).json()["data"][0]["tradeId"]
    return done


async def rows(here: World, target: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await here.signed("GET", target)).json()["data"]
    return found


def test_more_rows_at_one_instant_than_a_page_holds() -> None:
    """H3 and decision 007: never more than `limit`, the newest of the instant first, all of them on a larger page."""

    async def story(here: World) -> None:
        trades = [await convert(here) for _ in range(5)]
        small = await rows(here, f"{CONVERT}history?limit=2")
        assert len({row["ts"] for row in small}) == 1
        assert [row["tradeId"] for row in small] == trades[:-3:-1]
        assert [row["tradeId"] for row in await rows(here, f"{CONVERT}history?limit=100")] == trades[::-1]
        # The cursor is an exclusive time: the rest of the instant is behind it.
        assert await rows(here, f"{CONVERT}history?after={small[-1]['ts']}") == []
        await here.control("POST", "clock/advance", {"by": "1s"})
        last = await convert(here)
        assert [row["tradeId"] for row in await rows(here, f"{CONVERT}history?before={small[0]['ts']}")] == [last]

    within(story)


def test_a_row_at_the_edge_of_its_time() -> None:
    """H5: a row of the one-click history is shown at an age of exactly seven days and not a millisecond later."""

    async def story(here: World) -> None:
        body = {"debtCcy": "USDC", "repayCcyList": ["USDC"]}
        assert (await here.signed("POST", "/api/v5/trade/one-click-repay-v2", body)).code == "0"
        at_ms = int((await rows(here, REPAY))[0]["ts"])
        await here.control("POST", "clock/advance", {"ms": at_ms + WEEK_MS - here.venue.now_ms()})
        assert [int(row["ts"]) for row in await rows(here, REPAY)] == [at_ms]
        await here.control("POST", "clock/advance", {"ms": 1})
        assert await rows(here, REPAY) == []
        assert await rows(here, f"{REPAY}?before={at_ms}") == []

    within(story)
