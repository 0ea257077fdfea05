"""Asking for bills: cursors, filters and how long they are kept, over the whole server."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from tallystick.contract import by_name
from tallystick.contract.core import Page
from tallystick.venue.keys import Credentials
from tallystick.venue.verify import verify
from tallystick.wire.page import LARGEST_KEY, window
from tests.server.harness import AT_MS, Response, World, within

ACCOUNT = "/api/v5/account/bills"
ARCHIVE = "/api/v5/account/bills-archive"
ASSET = "/api/v5/asset/bills"
HISTORY = "/api/v5/asset/bills-history"
DAY_MS = 86_400_000


def data(answer: Response) -> list[dict[str, Any]]:
    found = answer.json()
    assert found["code"] == "0", found
    rows: list[dict[str, Any]] = found["data"]
    return rows


class Dave:
    """A user who begins with nothing; all that he has leaves bills."""

    def __init__(self, here: World, key: Credentials) -> None:
        self.here = here
        self.key = key

    async def get(self, path: str, query: str = "") -> list[dict[str, Any]]:
        return data(await self.here.signed("GET", f"{path}?{query}" if query else path, key=self.key))

    async def refused(self, target: str) -> str:
        code: str = (await self.here.signed("GET", target, key=self.key)).code
        return code

    async def give(self, account: str, ccy: str, amount: str) -> None:
        body = {"account": account, "ccy": ccy, "amt": amount}
        assert (await self.here.control("POST", "users/dave/balance", body)).status == 200

    async def post(self, path: str, **body: Any) -> None:
        data(await self.here.signed("POST", f"/api/v5/{path}", body, key=self.key))

    async def advance(self, ms: int) -> None:
        await self.here.control("POST", "clock/advance", {"ms": ms})


async def dave(here: World) -> Dave:
    await here.control("POST", "users", {"name": "dave"})
    await here.control("POST", "users/dave/spot-borrow", {"enabled": True})
    await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "40000"})
    book = {"instId": "BTC-USDT", "bids": [["39990", "5"]], "asks": [["40000", "5"]]}
    await here.control("POST", "market/book", book)
    given = (await here.control("POST", "users/dave/keys", {"permissions": ["read", "trade"]})).json()
    return Dave(here, Credentials(given["api_key"], given["secret_key"], given["passphrase"], ()))


async def busy(here: World) -> Dave:
    """Two deposits, a transfer, a purchase, coins borrowed by hand: six bills of the trading account, all in one ms."""
    user = await dave(here)
    await user.give("trading", "BTC", "1")
    await user.give("funding", "USDT", "1000")
    await user.post("asset/transfer", ccy="USDT", amt="900", **{"from": "6", "to": "18"}, clientId="first")
    order = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.01", "px": "40000"}
    await user.post("trade/order", **order)
    await user.post("account/spot-manual-borrow-repay", ccy="USDC", side="borrow", amt="10")
    await user.post("asset/transfer", ccy="USDT", amt="100", **{"from": "18", "to": "6"})
    return user


def kinds(rows: list[dict[str, Any]]) -> list[str]:
    return [f"{row['type']}/{row['subType']} {row['ccy']}" for row in rows]


def test_filters_of_the_trading_account() -> None:
    async def story(here: World) -> None:
        user = await busy(here)
        rows = await user.get(ACCOUNT)
        assert kinds(rows) == [
            "1/12 USDT",
            "16/306 USDC",
            "2/1 BTC",
            "2/2 USDT",
            "1/11 USDT",
            "1/11 BTC",
        ]
        assert await user.get(ARCHIVE) == rows
        for query, wanted in (
            ("ccy=USDT", [0, 3, 4]),
            ("ccy=ETH", []),
            ("type=1", [0, 4, 5]),
            ("type=2&ccy=USDT", [3]),
            ("subType=11", [4, 5]),
            ("subType=1", [2]),
            ("type=2&subType=11", []),
            ("instType=SPOT", [2, 3]),
            ("instType=SPOT&ccy=BTC&type=2&subType=1&instId=BTC-USDT", [2]),
            ("instType=MARGIN", []),
            ("instId=BTC-USDT", [2, 3]),
            ("instId=ETH-USDT", []),
            ("mgnMode=cross", []),
            ("ctType=linear", []),
            ("limit=2", [0, 1]),
            (f"after={rows[1]['billId']}", [2, 3, 4, 5]),
            (f"before={rows[1]['billId']}", [0]),
            (f"after={rows[1]['billId']}&before={rows[4]['billId']}", [2, 3]),
            (f"after={rows[1]['billId']}&ccy=USDT&limit=1", [3]),
        ):
            assert await user.get(ACCOUNT, query) == [rows[place] for place in wanted], query
        for query, code in (
            ("instType=SPOTS", "51000"),
            ("type=trade", "51000"),
            ("after=1e3", "51000"),
            ("limit=0", "51000"),
            ("begin=yesterday", "51000"),
        ):
            assert await user.refused(f"{ACCOUNT}?{query}") == code, query

    within(story)


def test_begin_and_end_bound_the_time_and_both_belong_to_it() -> None:
    async def story(here: World) -> None:
        user = await dave(here)
        for _ in range(3):
            await user.give("trading", "BTC", "1")
            await user.advance(10)
        rows = await user.get(ACCOUNT)
        assert [int(row["ts"]) - AT_MS for row in rows] == [20, 10, 0]
        for begin, end, wanted in (
            (10, 10, [1]),
            (11, 19, []),
            (1, None, [0, 1]),
            (None, 10, [1, 2]),
            (None, 9, [2]),
            (20, 1, []),
        ):
            query = "&".join(
                f"{name}={AT_MS + value}" for name, value in (("begin", begin), ("end", end)) if value is not None
            )
            assert await user.get(ACCOUNT, query) == [rows[place] for place in wanted], query
        assert await user.get(ACCOUNT, "begin=9999999999999") == []
        assert await user.get(ACCOUNT, f"end={AT_MS + 10}&after={rows[1]['billId']}") == [rows[2]]

    within(story)


def test_seven_days_and_three_months_of_the_trading_account() -> None:
    async def story(here: World) -> None:
        user = await dave(here)
        await user.give("trading", "BTC", "1")
        await user.advance(7 * DAY_MS)
        assert len(await user.get(ACCOUNT)) == 1
        await user.advance(1)
        assert await user.get(ACCOUNT) == []
        assert await user.get(ACCOUNT, f"begin={AT_MS}") == []
        assert len(await user.get(ARCHIVE)) == 1

    within(story)
    # The same edges of the archive and of the funding account, without the hours of interest on the way.
    for name, days in (("account_bills_archive", 90), ("asset_bills", 30)):
        page = by_name[name].page
        assert isinstance(page, Page)
        now_ms = AT_MS + days * DAY_MS
        assert window(page, None, None, 100, now_ms).min_key == AT_MS * 1_000_000
        assert window(page, None, None, 100, now_ms + 1).min_key > AT_MS * 1_000_000 + 999_999
    whole = by_name["asset_bills_history"].page
    assert isinstance(whole, Page)
    assert window(whole, None, None, 100, AT_MS).min_key == 0


def test_the_funding_account_is_paged_by_time() -> None:
    async def story(here: World) -> None:
        user = await busy(here)
        await user.advance(5)
        await user.give("funding", "USDT", "-50")
        rows = await user.get(ASSET)
        assert [(row["type"], row["balChg"], row["bal"]) for row in rows] == [
            ("2", "-50", "150"),
            ("130", "100", "200"),
            ("131", "-900", "100"),
            ("1", "1000", "1000"),
        ]
        assert [int(row["ts"]) - AT_MS for row in rows] == [5, 0, 0, 0]
        for query, wanted in (
            ("ccy=USDT", [0, 1, 2, 3]),
            ("ccy=BTC", []),
            ("type=131", [2]),
            ("clientId=first", [2]),
            ("clientId=firs", []),
            # A time shuts out all rows of its millisecond.
            (f"after={AT_MS + 5}", [1, 2, 3]),
            (f"after={AT_MS + 6}", [0, 1, 2, 3]),
            (f"before={AT_MS}", [0]),
            (f"before={AT_MS - 1}&limit=2", [0, 1]),
            (f"after={AT_MS}", []),
        ):
            assert await user.get(ASSET, query) == [rows[place] for place in wanted], query
            assert await user.get(HISTORY, query) == [rows[place] for place in wanted], query
        by_number = f"pagingType=2&after={rows[1]['billId']}"
        assert await user.get(HISTORY, by_number) == rows[2:]
        assert await user.get(HISTORY, f"pagingType=2&before={rows[2]['billId']}") == rows[:2]
        assert await user.refused(f"{HISTORY}?pagingType=3") == "51000"
        # On the older surface the parameter is not known, so it is ignored and named.
        assert await user.get(ASSET, "thirdPartyType=2") == rows

    within(story)


def test_nothing_is_in_custody_elsewhere() -> None:
    async def story(here: World) -> None:
        user = await busy(here)
        assert len(await user.get(ASSET, "thirdPartyType=1")) == 3
        assert await user.get(ASSET, "thirdPartyType=2") == []

    within(story, surface="2026-08")


def test_walking_page_by_page_finds_every_bill_once() -> None:
    async def story(here: World) -> None:
        user = await busy(here)
        for number in range(20):
            await user.give("trading", "BTC", f"0.0{number + 1}")
        whole = await user.get(ACCOUNT)
        assert len(whole) == 26
        walked: list[dict[str, Any]] = []
        while page := await user.get(ACCOUNT, f"limit=7&after={walked[-1]['billId']}" if walked else "limit=7"):
            walked += page
        assert walked == whole
        assert all(int(newer["billId"]) > int(older["billId"]) for newer, older in itertools.pairwise(whole))

    within(story)


def test_bills_follow_from_the_journal_also_after_an_hour_of_interest() -> None:
    async def story(here: World) -> None:
        user = await busy(here)
        await user.advance(3_600_000)
        assert kinds(await user.get(ACCOUNT, "type=7")) == ["7/9 USDC"]
        verdict = await asyncio.to_thread(verify, here.opened.store)
        assert verdict.ok, verdict

    within(story)


def test_windows_of_keys_finer_than_the_cursor() -> None:
    page = Page(cursor="ts", inclusive=False, retention_ms=None, keys_per_cursor=10)
    assert window(page, 5, 2, 100).min_key == 30
    assert window(page, 5, 2, 100).max_key == 49
    held = Page(cursor="ts", inclusive=True, retention_ms=None, keys_per_cursor=10)
    assert (window(held, 5, 2, 100).min_key, window(held, 5, 2, 100).max_key) == (20, 59)
    far = window(page, LARGEST_KEY, LARGEST_KEY, 100)
    assert far.max_key < far.min_key


def test_the_kinds_of_bills() -> None:
    async def story(here: World) -> None:
        kinds = "/api/v5/account/subtypes"
        rows = data(await here.signed("GET", kinds))
        assert [row["type"] for row in rows] == ["1", "2", "4", "5", "7", "10", "16", "22", "27", "28", "29"]
        # The documented example, word for word.
        transfer = {
            "type": "1",
            "typeDesc": "Transfer",
            "subTypeDetails": [
                {"subType": "11", "subTypeDesc": "Transfer in"},
                {"subType": "12", "subTypeDesc": "Transfer out"},
            ],
        }
        assert data(await here.signed("GET", f"{kinds}?type=1")) == [transfer]
        assert [row["type"] for row in data(await here.signed("GET", f"{kinds}?type=7,250,1"))] == ["1", "7"]
        assert (await here.signed("GET", f"{kinds}?type=a")).code == "51000"

    within(story)
