"""Pages at their edges: more rows at one instant than a page holds, and a row at the end of its time."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest

from tallystick.contract import ENDPOINTS, bills, by_name, trades
from tallystick.contract.core import Endpoint, Page
from tallystick.contract.fields import fields
from tallystick.server import cursors, lint, pages
from tallystick.views import VIEWS, PageView
from tallystick.wire.decode import decode_query
from tests.server.harness import AT_MS, Response, World, within
from tests.server.in_modes import alice_in, repay, sell
from tests.wire.requests import good, query_of

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


# ---- walks: what a page's end hides, and how the lint leads around it


async def three_converts(here: World) -> None:
    for _ in range(3):
        await convert(here)


async def three_hours_of_debts(here: World) -> None:
    """USDT and USDC are owed from the start; with BTC every hour has three rows."""
    body = {"ccy": "BTC", "side": "borrow", "amt": "0.001"}
    assert (await here.signed("POST", "/api/v5/account/spot-manual-borrow-repay", body)).code == "0"
    await here.control("POST", "clock/advance", {"by": "2h"})


async def three_borrowings(here: World) -> None:
    for amount in ("1", "2", "3"):
        body = {"ccy": "USDT", "side": "borrow", "amt": amount}
        assert (await here.signed("POST", "/api/v5/account/spot-manual-borrow-repay", body)).code == "0"


async def three_easy_converts(here: World) -> None:
    await here.control("POST", "market/price", {"instId": "ADA-USDT", "px": "0.5"})
    for amount in ("2", "3", "4"):
        await here.control("POST", "users/alice/balance", {"account": "trading", "ccy": "ADA", "amt": amount})
        assert (
            await here.signed("POST", "/api/v5/trade/easy-convert", {"fromCcy": ["ADA"], "toCcy": "USDT"})
        ).code == "0"


async def three_repayments(here: World) -> None:
    for amount in ("1", "2", "3"):
        await here.control("POST", "users/alice/balance", {"account": "trading", "ccy": "USDC", "amt": amount})
        body = {"debtCcy": "USDC", "repayCcyList": ["USDC"]}
        assert (await here.signed("POST", "/api/v5/trade/one-click-repay-v2", body)).code == "0"


async def three_transfers(here: World) -> None:
    for amount in ("1", "2", "3"):
        body = {"ccy": "USDT", "amt": amount, "from": "6", "to": "18"}
        assert (await here.signed("POST", "/api/v5/asset/transfer", body)).code == "0"


async def three_sub_accounts(here: World) -> None:
    for name in ("one", "two", "three"):
        await here.control("POST", "users", {"name": name, "master": "alice"})


async def three_transfers_to_a_sub_account(here: World) -> None:
    await here.control("POST", "users", {"name": "one", "master": "alice"})
    for amount in ("1", "2", "3"):
        body = {"type": "1", "ccy": "USDT", "amt": amount, "from": "6", "to": "6", "subAcct": "one"}
        assert (await here.signed("POST", "/api/v5/asset/transfer", body)).code == "0"


async def three_trades(here: World) -> None:
    await here.control("POST", "users/alice/balance", {"account": "trading", "ccy": "USDT", "amt": "10000"})
    body = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "market", "sz": "100"}
    for _ in range(3):
        assert (await here.signed("POST", "/api/v5/trade/order", body)).code == "0"


async def three_repayments_at_once(here: World) -> None:
    await alice_in(here, "3")
    for inst, sz in (("SOL-USDT", "1"), ("ADA-USDT", "50"), ("DOT-USDT", "5")):
        await sell(here, inst, sz)
    assert len((await repay(here, ["SOL", "ADA", "DOT"], "USDT"))["data"]) == 3


class Shared(NamedTuple):
    """A list whose rows may share a cursor, and how three of them come to."""

    endpoint: str
    make: Callable[[World], Awaitable[None]]
    query: str = ""

    @property
    def target(self) -> str:
        return f"{by_name[self.endpoint].path}?{self.query}"


SHARED = [
    Shared("convert_history", three_converts),
    Shared("interest_accrued", three_hours_of_debts),
    Shared("spot_borrow_repay_history", three_borrowings),
    Shared("easy_convert_history", three_easy_converts),
    Shared("one_click_repay_history_v2", three_repayments),
    Shared("one_click_repay_history", three_repayments_at_once),
    Shared("asset_bills", three_transfers),
    Shared("asset_bills_history", three_transfers),
    Shared("subaccount_list", three_sub_accounts),
    Shared("subaccount_bills", three_transfers_to_a_sub_account),
    Shared("history_trades", three_trades, "instId=BTC-USDT&type=2&"),
]
OTHER_WAYS = {"asset_bills_history": bills.BY_TIME, "history_trades": trades.BY_TIME}
"""Endpoints that are paged by times where they are asked to."""
RECIPE = re.compile(r"(?:ask for|go on with) `(after=(\d+)(?:&limit=(\d+))?)`")


def page_of(endpoint: Endpoint) -> Page:
    page = OTHER_WAYS.get(endpoint.name) or endpoint.page
    assert page is not None
    return page


def lint_of(answer: Response) -> str:
    return answer.headers.get(b"x-tally-lint", b"").decode("ascii")


async def walked(here: World, target: str, cursor: str, limit: int, *, heed: bool) -> tuple[list[str], list[str]]:
    """All rows of a walk back from the newest, and what the lint said; with `heed` the walk does what that says."""
    seen: dict[str, None] = {}
    said: list[str] = []
    asked, most = f"limit={limit}", limit
    while len(said) < 60:
        answer = await here.signed("GET", target + asked)
        assert answer.code == "0", answer.body
        page = [json.dumps(row) for row in answer.json()["data"]]
        fresh = [row for row in page if row not in seen]
        seen |= dict.fromkeys(page)
        said.append(lint_of(answer))
        recipe = RECIPE.search(said[-1])
        if heed and recipe:
            asked, most = recipe[1], int(recipe[3] or limit)
            asked = asked if recipe[3] else f"{asked}&limit={limit}"
        elif len(page) < most or not fresh:
            return list(seen), said
        else:
            asked, most = f"after={json.loads(page[-1])[cursor]}&limit={limit}", limit
    raise AssertionError("the walk never ends")


async def check_shared(here: World, shared: Shared, limit: int = 2) -> None:
    """A walk that goes on from the last row misses rows, one that heeds the lint sees all of them."""
    page = page_of(by_name[shared.endpoint])
    whole = [json.dumps(row) for row in (await here.signed("GET", shared.target + "limit=100")).json()["data"]]
    assert len({json.loads(row)[page.cursor] for row in whole}) < len(whole) <= 100
    missed, said = await walked(here, shared.target, page.cursor, limit, heed=False)
    assert set(missed) < set(whole)
    odd = "`after`" if page.inclusive else "passes over the rest"
    assert any(odd in text for text in said), said
    found, said = await walked(here, shared.target, page.cursor, limit, heed=True)
    assert sorted(found) == sorted(whole), said
    assert "among" not in lint_of(await here.signed("GET", shared.target + "limit=100"))


@pytest.mark.parametrize("shared", SHARED, ids=lambda shared: shared.endpoint)
def test_the_lint_leads_around_the_end_of_a_page_that_cuts_rows_of_one_cursor(shared: Shared) -> None:
    async def story(here: World) -> None:
        here.services.strict = True
        await shared.make(here)
        await check_shared(here, shared)

    within(story)


def test_every_list_whose_rows_may_share_a_cursor_is_among_them() -> None:
    declared = {endpoint.name for endpoint in ENDPOINTS if endpoint.page is not None and page_of(endpoint).shared}
    assert declared == {shared.endpoint for shared in SHARED}
    for endpoint in ENDPOINTS:
        if endpoint.page is not None and isinstance(VIEWS.get(endpoint.name), PageView) and not endpoint.page.shared:
            assert endpoint.page.cursor not in cursors.TIMES, "rows of one time share a cursor"


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_walk_of_an_inclusive_cursor_that_stands_still_is_told_how_to_go_on(limit: int) -> None:
    async def story(here: World) -> None:
        await three_borrowings(here)
        await here.control("POST", "clock/advance", {"ms": 5})
        await three_borrowings(here)
        await check_shared(here, Shared("spot_borrow_repay_history", three_borrowings), limit)
        history = "/api/v5/account/spot-borrow-repay-history"
        newest = (await rows(here, history))[0]["ts"]
        first = await here.signed("GET", f"{history}?after={newest}&limit=3")
        assert f"have ts {newest}, which `after` includes: go on with `after={int(newest) - 1}`" in lint_of(first)
        second = await here.signed("GET", f"{history}?after={newest}&limit=2")
        assert f"which `after` includes: go on with `after={newest}&limit=4`" in lint_of(second)
        third = await here.signed("GET", f"{history}?after={newest}&limit=4")
        assert "`after` includes" not in lint_of(third)

    within(story)


def test_a_walk_by_a_hundred_loses_a_row_where_the_hundredth_and_the_next_share_a_second() -> None:
    """51 times two trades in a second, which the rate limits allow, and one more: decision 007."""

    async def story(here: World) -> None:
        for _ in range(51):
            await convert(here)
            await convert(here)
            await here.control("POST", "clock/advance", {"by": "1s"})
        last = await convert(here)
        history = f"{CONVERT}history?"
        first = await here.signed("GET", f"{history}limit=100")
        page = first.json()["data"]
        assert page[0]["tradeId"] == last
        assert page[97]["ts"] == page[98]["ts"] != page[99]["ts"], "the hundredth is the first of its two"
        ts = int(page[-1]["ts"])
        assert lint_of(first) == (
            f"this page ends among 2 rows of ts {ts}: `after={ts}` passes over the rest, "
            f"ask for `after={ts + 1}` and drop the rows you have"
        )
        assert len((await walked(here, history, "ts", 100, heed=False))[0]) == 102
        assert len((await walked(here, history, "ts", 100, heed=True))[0]) == 103

    within(story)


def test_more_rows_at_one_instant_than_any_page_holds() -> None:
    async def story(here: World) -> None:
        for _ in range(103):
            await convert(here)
        history = f"{CONVERT}history?"
        first = await here.signed("GET", f"{history}limit=100")
        page = first.json()["data"]
        assert len(page) == 100
        assert lint_of(first) == (
            f"more than 100 rows have ts {page[0]['ts']}: no page reaches beyond the first 100, "
            "narrow them with clTReqId or tag"
        )
        assert await rows(here, f"{history}after={page[0]['ts']}") == []

    within(story)


def test_a_walk_says_one_thing_once_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def story(here: World) -> None:
        for _ in range(3):
            await three_converts(here)
            await here.control("POST", "clock/advance", {"by": "1s"})
        await walked(here, f"{CONVERT}history?", "ts", 2, heed=True)

    lint.tell.cache_clear()
    with caplog.at_level(logging.WARNING, "tallystick.lint"):
        within(story)
    said = [record.getMessage() for record in caplog.records if "among" in record.getMessage()]
    assert 0 < len(said) == len(set(said)) <= 2, "with another limit and without"
    assert all("among N rows of ts N" in text for text in said)


def test_an_instant_that_fills_a_page_to_its_last_row_is_not_cut() -> None:
    async def story(here: World) -> None:
        for seconds in ("1s", "0s"):
            for _ in range(3):
                await convert(here)
            await here.control("POST", "clock/advance", {"by": seconds})
        for limit, cut in ((1, True), (2, True), (3, False), (4, True), (5, True), (6, False), (7, False)):
            said = lint_of(await here.signed("GET", f"{CONVERT}history?limit={limit}"))
            assert ("among 3 rows" in said) == cut, limit

    within(story)


@pytest.mark.parametrize("name", ["account_bills", "account_bills_archive", "asset_bills_history", "fills"])
def test_lists_by_number_are_never_cut(name: str) -> None:
    """A number is one row's alone, so any page may be gone on from: said of none of them."""

    async def story(here: World) -> None:
        await three_transfers(here)
        await three_trades(here)
        query = "pagingType=2&" if name == "asset_bills_history" else ""
        target = f"{by_name[name].path}?{query}"
        whole = [json.dumps(row) for row in await rows(here, target)]
        assert len(whole) >= 3
        cursor = "billId"
        found, said = await walked(here, target, cursor, 1, heed=False)
        assert found == whole
        assert not any(said)

    within(story)


# ---- cursors of another kind


def hints(endpoint: Endpoint, page: Page, name: str, value: int) -> tuple[str, ...]:
    query = query_of(good(endpoint) | {name: str(value)})
    return cursors.of_another_kind(page, decode_query(endpoint, query, "2026-08").record)


PAGED = [endpoint for endpoint in ENDPOINTS if endpoint.page is not None]


@pytest.mark.parametrize("endpoint", PAGED, ids=lambda endpoint: endpoint.name)
def test_a_cursor_of_another_kind_is_named(endpoint: Endpoint) -> None:
    page = endpoint.page
    assert page is not None
    honest = (0, 1, AT_MS) if page.cursor in cursors.TIMES else (0, 1, 45, 17_316_594_851_045_086)
    for name in ("after", "before"):
        for value in honest:
            if not (name == "after" and value < AT_MS and page.cursor in cursors.TIMES):
                assert hints(endpoint, page, name, value) == ()
        if page.cursor in cursors.TIMES:
            (said,) = hints(endpoint, page, name, AT_MS // 1000)
            assert said == f"`{name}` {AT_MS // 1000} looks like seconds, it is in milliseconds: {AT_MS // 1000}000"
        else:
            (said,) = hints(endpoint, page, name, AT_MS)
            assert said.startswith(f"`{name}` {AT_MS} looks like a time, the cursor is the {page.cursor} of a row")
    bounds = {field.name for field in fields(endpoint.request)} & {"begin", "end"}
    for name in bounds:
        assert hints(endpoint, page, name, AT_MS) == ()
        assert "looks like seconds" in hints(endpoint, page, name, AT_MS // 1000)[0]


@pytest.mark.parametrize("value", [0, 5, 1_234_567, 12_345_678_901])
def test_rows_older_than_a_time_long_ago_are_hardly_meant(value: int) -> None:
    async def story(here: World) -> None:
        for target in (f"{CONVERT}history", "/api/v5/account/interest-accrued", "/api/v5/users/subaccount/list"):
            answer = await here.signed("GET", f"{target}?after={value}")
            assert (answer.code, answer.json()["data"]) == ("0", [])
            assert f"`after` {value} is hardly a time in milliseconds" in lint_of(answer)
            assert b"x-tally-lint" not in (await here.signed("GET", f"{target}?before={value}")).headers

    within(story)


def test_a_number_where_a_list_is_paged_by_times_is_named() -> None:
    for name, page in OTHER_WAYS.items():
        (said,) = hints(by_name[name], page, "after", 1_768_500_000_000_000_000)
        assert said.startswith("`after` 1768500000000000000 is no time in milliseconds; ")
        assert said.endswith(page.instead)


CURSORS = [
    (f"{CONVERT}history", AT_MS // 1000, "looks like seconds"),
    ("/api/v5/account/interest-accrued", AT_MS // 1000, "looks like seconds"),
    ("/api/v5/account/spot-borrow-repay-history", AT_MS // 1000, "looks like seconds"),
    (REPAY, AT_MS // 1000, "looks like seconds"),
    ("/api/v5/asset/bills", AT_MS // 1000, "looks like seconds"),
    ("/api/v5/asset/bills-history", 10**18, "is no time in milliseconds; pagingType=2 pages by billId"),
    ("/api/v5/asset/bills-history?pagingType=2", AT_MS, "the cursor is the billId of a row; pagingType=1"),
    ("/api/v5/finance/flexible-loan/loan-history", AT_MS, "the cursor is the refId of a row"),
    ("/api/v5/finance/flexible-loan/interest-accrued", AT_MS, "the cursor is the refId of a row"),
    ("/api/v5/account/bills", AT_MS, "the cursor is the billId of a row"),
    ("/api/v5/trade/fills", AT_MS, "the cursor is the billId of a row"),
    ("/api/v5/trade/orders-pending", AT_MS, "the cursor is the ordId of a row"),
    ("/api/v5/trade/orders-history?instType=SPOT", AT_MS, "the cursor is the ordId of a row"),
    ("/api/v5/market/candles?instId=BTC-USDT", AT_MS // 1000, "looks like seconds"),
    ("/api/v5/market/history-trades?instId=BTC-USDT", AT_MS, "the cursor is the tradeId of a row; type=2"),
    ("/api/v5/market/history-trades?instId=BTC-USDT&type=2", AT_MS // 1000, "looks like seconds"),
    ("/api/v5/users/subaccount/list", AT_MS // 1000, "looks like seconds"),
]


async def check_named(here: World, target: str, value: int, said: str) -> None:
    for name in ("after", "before"):
        if name == "before" and "type=2" in target and "history-trades" in target:
            continue
        answer = await here.signed("GET", f"{target}{'&' if '?' in target else '?'}{name}={value}")
        assert answer.code == "0", answer.body
        assert said in lint_of(answer), (target, name)


@pytest.mark.parametrize(("target", "value", "said"), CURSORS, ids=[row[0] for row in CURSORS])
def test_the_answer_says_so_and_is_no_other(target: str, value: int, said: str) -> None:
    async def story(here: World) -> None:
        here.services.strict = True
        await check_named(here, target, value, said)

    within(story)


@pytest.mark.parametrize("name", ["asset_bills", "asset_bills_history", "account_bills"])
def test_a_cursor_past_all_rows_is_named_in_whatever_it_counts(name: str) -> None:
    """asset/bills counts in milliseconds while its table counts in a million times as many numbers."""

    async def story(here: World) -> None:
        await three_transfers(here)
        path = by_name[name].path
        row = (await rows(here, path))[0]
        newest = int(row["billId"] if name == "account_bills" else row["ts"])
        assert cursors.PAST_ALL in lint_of(await here.signed("GET", f"{path}?after={newest + 2}"))
        assert cursors.PAST_ALL not in lint_of(await here.signed("GET", f"{path}?after={newest}"))
        advised = await here.signed("GET", f"{path}?after={newest + 1}&limit=3")
        assert (cursors.PAST_ALL in lint_of(advised)) is (name == "account_bills"), (
            "one above a time is advised at a tie"
        )

    within(story)


# ---- planted


async def _no_hint(*_: Any) -> str:
    return ""


def _count_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = cursors.at_the_end

    async def of_one(endpoint: Any, page: Any, record: Any, last: int, beyond: Any, count: Any) -> str:
        async def one(cursor: int) -> int:
            return 1

        return await whole(endpoint, page, record, last, beyond, one)

    monkeypatch.setattr(cursors, "at_the_end", of_one)


def _skip_past_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The advice is to go on from the cursor of the last row, which is what loses the rest."""
    whole = cursors._page_from
    monkeypatch.setattr(cursors, "_page_from", lambda after, *rest: whole(after - 1, *rest))


PLANTED: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "the end of a page is not looked at": lambda plant: plant.setattr(cursors, "at_the_end", _no_hint),
    "the rows of a cursor are not counted": _count_nothing,
    "the advice passes over the rest": _skip_past_the_rest,
}


@pytest.mark.parametrize("bug", PLANTED)
def test_the_check_of_walks_fails_with_a_planted_bug(bug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    PLANTED[bug](monkeypatch)

    async def story(here: World) -> None:
        await three_converts(here)
        await check_shared(here, SHARED[0])

    with pytest.raises(AssertionError):
        within(story)


def test_the_check_of_an_inclusive_walk_fails_where_standing_still_is_not_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    whole = cursors.at_the_end

    async def blind(endpoint: Any, page: Any, record: Any, *rest: Any) -> str:
        return await whole(endpoint, page, record, rest[0], None, rest[2]) if page.inclusive else ""

    monkeypatch.setattr(cursors, "_standing_still", lambda *_: "")
    monkeypatch.setattr(cursors, "at_the_end", blind)

    async def story(here: World) -> None:
        await three_borrowings(here)
        await check_shared(here, SHARED[2])

    with pytest.raises(AssertionError):
        within(story)


@pytest.mark.parametrize("constant", ["SECONDS", "MILLISECONDS"])
def test_the_check_of_kinds_fails_with_a_planted_bug(constant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cursors, constant, range(0))

    async def story(here: World) -> None:
        for target, value, said in CURSORS:
            await check_named(here, target, value, said)

    with pytest.raises(AssertionError):
        within(story)


def test_the_check_of_past_all_fails_where_the_cursor_is_taken_for_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted as it was: milliseconds held against numbers a million times as large."""
    whole = pages.points_past_all

    async def unscaled(server: Any, owner: tuple[str, int], key: int) -> bool:
        return await whole(server, owner, key // bills.BILL_IDS_PER_MS)

    monkeypatch.setattr(pages, "points_past_all", unscaled)
    with pytest.raises(AssertionError):
        test_a_cursor_past_all_rows_is_named_in_whatever_it_counts("asset_bills")
