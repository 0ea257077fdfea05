"""Open orders, orders that ended, and fills, over HTTP. alice has coins in trading; the book is made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.contract import by_name
from tallystick.contract import orders as contract
from tallystick.views.orders import look_archive
from tallystick.wire.page import window
from tests.server.harness import AT_MS, Response, World, within

TRADE = "/api/v5/trade/"
HOUR = 3_600_000
DAY = 24 * HOUR
Rows = list[dict[str, Any]]


def data(answer: Response) -> Rows:
    found = answer.json()
    assert found["code"] == "0", found
    rows: Rows = found["data"]
    return rows


async def rows(here: World, what: str) -> Rows:
    return data(await here.signed("GET", TRADE + what))


async def floor(here: World) -> None:
    """ETH-USDT quoted 2999 / 3000, five coins on either side; alice has 10,000 USDT and 10 ETH."""
    for ccy, amount in (("USDT", "10000"), ("ETH", "10")):
        await here.control("POST", "users/alice/balance", {"account": "trading", "ccy": ccy, "amt": amount})
    await here.control("POST", "market/book", {"instId": "ETH-USDT", "bids": [["2999", "5"]], "asks": [["3000", "5"]]})


async def place(here: World, side: str, kind: str, size: str, price: str = "", **more: str) -> str:
    body = {"instId": "ETH-USDT", "tdMode": "cash", "side": side, "ordType": kind, "sz": size, "px": price, **more}
    row = (await here.signed("POST", TRADE + "order", body)).json()["data"][0]
    assert row["sCode"] == "0", row
    number: str = row["ordId"]
    return number


async def cancel(here: World, number: str) -> None:
    await here.signed("POST", TRADE + "cancel-order", {"instId": "ETH-USDT", "ordId": number})


def ids(found: Rows) -> list[str]:
    return [row["ordId"] for row in found]


def test_open_orders_newest_first_with_filters_and_cursors() -> None:
    async def story(here: World) -> None:
        await floor(here)
        first = await place(here, "buy", "limit", "0.1", "2000")
        second = await place(here, "buy", "post_only", "0.1", "2001", clOrdId="mine", tag="desk")
        third = await place(here, "sell", "limit", "6", "2999")
        other = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.01", "px": "9"}
        fourth = data(await here.signed("POST", TRADE + "order", other))[0]["ordId"]
        whole = await rows(here, "orders-pending")
        assert ids(whole) == [fourth, third, second, first]
        # 5 of the 6 ETH met the house at 2999.
        assert [row["state"] for row in whole] == ["live", "partially_filled", "live", "live"]
        assert (whole[1]["accFillSz"], whole[2]["clOrdId"], whole[2]["tag"]) == ("5", "mine", "desk")
        for query, expected in {
            "instType=SPOT": [fourth, third, second, first],
            "instType=SWAP": [],
            "instId=ETH-USDT": [third, second, first],
            "ordType=post_only": [second],
            "ordType=post_only,limit&limit=2": [fourth, third],
            "state=partially_filled": [third],
            "state=live": [fourth, second, first],
            f"after={third}": [second, first],
            f"before={second}": [fourth, third],
            f"after={fourth}&before={first}": [third, second],
            "limit=1": [fourth],
        }.items():
            assert ids(await rows(here, f"orders-pending?{query}")) == expected, query
        await cancel(here, first)
        assert ids(await rows(here, "orders-pending")) == [fourth, third, second]
        assert data(await here.signed("GET", TRADE + "orders-pending", key=here.bob)) == []

    within(story)


def test_orders_that_ended() -> None:
    async def story(here: World) -> None:
        await floor(here)
        done = await place(here, "buy", "market", "300", tag="desk")
        part = await place(here, "sell", "ioc", "8", "2999")
        never = await place(here, "buy", "limit", "0.1", "2000")
        await here.control("POST", "clock/advance", {"ms": 60_000})
        waiting = await place(here, "buy", "limit", "0.2", "2002")
        await cancel(here, never)
        history = "orders-history?instType=SPOT"
        whole = await rows(here, history)
        assert ids(whole) == [never, part, done]
        assert [(row["state"], row["accFillSz"], row["cancelSource"]) for row in whole] == [
            ("canceled", "0", "1"),
            ("canceled", "5", "14"),
            ("filled", "0.1", ""),
        ]
        assert whole[2] == data(await here.signed("GET", f"{TRADE}order?instId=ETH-USDT&ordId={done}"))[0]
        for query, expected in {
            "instId=ETH-USDT": [never, part, done],
            "instId=BTC-USDT": [],
            "ordType=ioc,market": [part, done],
            "ordType=fok": [],
            "state=filled": [done],
            "state=canceled": [never, part],
            "state=mmp_canceled": [],
            "category=twap": [],
            f"after={part}": [done],
            f"before={part}": [never],
            f"end={AT_MS - 1}": [],
            f"end={AT_MS}": [never, part, done],
            f"begin={AT_MS + 1}": [],
            "limit=2": [never, part],
        }.items():
            assert ids(await rows(here, f"{history}&{query}")) == expected, query
        assert await rows(here, "orders-history?instType=MARGIN") == []
        archive = "orders-history-archive?instType=SPOT"
        assert ids(await rows(here, archive)) == [part, done]
        # Without a fill it is gone after two hours, here and where it is asked for by its id.
        await here.control("POST", "clock/advance", {"ms": 2 * HOUR})
        assert ids(await rows(here, history)) == [never, part, done]
        await here.control("POST", "clock/advance", {"ms": 1})
        assert ids(await rows(here, history)) == [part, done]
        gone = await here.signed("GET", f"{TRADE}order?instId=ETH-USDT&ordId={never}")
        assert gone.code == "51603"
        # Seven days count from when it ended, not from when it was placed.
        await here.control("POST", "clock/advance", {"ms": 7 * DAY - 2 * HOUR - 60_001})
        assert ids(await rows(here, history)) == [part, done]
        await here.control("POST", "market/book", {"instId": "ETH-USDT", "bids": [], "asks": [["2002", "5"]]})
        await here.control("POST", "clock/advance", {"ms": 1})
        assert ids(await rows(here, history)) == [waiting]
        assert ids(await rows(here, archive)) == [waiting, part, done]

    within(story)


def test_looking_through_more_rows_than_are_looked_at_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tallystick.venue.histories.SIFTED_AT_ONCE", 3)

    async def story(here: World) -> None:
        await floor(here)
        fills = []
        for number in range(10):
            if number % 4 == 1:
                fills.append(await place(here, "buy", "market", "30"))
            else:
                await place(here, "buy", "ioc", "0.1", "2000")
        assert ids(await rows(here, "orders-history?instType=SPOT&ordType=market")) == fills[::-1]
        assert ids(await rows(here, "orders-history?instType=SPOT&ordType=market&limit=2")) == fills[:0:-1]
        assert len(await rows(here, "orders-history?instType=SPOT")) == 10
        assert ids(await rows(here, f"orders-history-archive?instType=SPOT&after={fills[2]}")) == fills[1::-1]

    within(story)


def test_fills() -> None:
    """0.1 ETH bought at 3000 by a taker, 0.2 ETH sold at 3100 by a maker; fees 0.1 % and 0.08 % of what came in."""

    async def story(here: World) -> None:
        await floor(here)
        bought = await place(here, "buy", "market", "300", clOrdId="mine", tag="desk")
        sold = await place(here, "sell", "limit", "0.2", "3100")
        await here.control("POST", "clock/advance", {"ms": 1_000})
        await here.control("POST", "market/price", {"instId": "ETH-USDT", "px": "3200"})
        await here.control(
            "POST", "market/book", {"instId": "ETH-USDT", "bids": [["3100", "1"]], "asks": [["3300", "1"]]}
        )
        maker, taker = await rows(here, "fills")
        assert {**taker, "billId": "", "tradeId": "", "fillIdxPx": ""} == {
            "side": "buy",
            "fillSz": "0.1",
            "fillPx": "3000",
            "fillPxVol": "",
            "fillFwdPx": "",
            "fee": "-0.0001",
            "fillPnl": "0",
            "ordId": bought,
            "feeRate": "-0.001",
            "instType": "SPOT",
            "fillPxUsd": "",
            "instId": "ETH-USDT",
            "clOrdId": "mine",
            "posSide": "net",
            "billId": "",
            "subType": "1",
            "fillMarkVol": "",
            "tag": "desk",
            "fillTime": str(AT_MS),
            "execType": "T",
            "fillIdxPx": "",
            "tradeId": "",
            "fillMarkPx": "",
            "feeCcy": "ETH",
            "ts": str(AT_MS),
            "tradeQuoteCcy": "USDT",
        }
        # 0.2 x 3100 = 620 USDT, of which 0.08 % are 0.496.
        assert (maker["ordId"], maker["execType"], maker["fee"], maker["feeCcy"], maker["feeRate"]) == (
            sold,
            "M",
            "-0.496",
            "USDT",
            "-0.0008",
        )
        assert (maker["subType"], maker["fillPx"], maker["ts"]) == ("2", "3100", str(AT_MS + 1_000))
        # The number is that of the bill of the coin that came in.
        bills = data(await here.signed("GET", "/api/v5/account/bills?ccy=ETH&type=2&subType=1"))
        assert [bill["billId"] for bill in bills] == [taker["billId"]]
        bills = data(await here.signed("GET", "/api/v5/account/bills?ccy=USDT&type=2&subType=1"))
        assert [bill["billId"] for bill in bills] == [maker["billId"]]
        for query, expected in {
            "instType=SPOT": [sold, bought],
            "instType=SWAP": [],
            "instId=ETH-USDT": [sold, bought],
            "instId=BTC-USDT": [],
            f"ordId={bought}": [bought],
            "subType=2": [sold],
            "subType=106": [],
            f"after={maker['billId']}": [bought],
            f"before={taker['billId']}": [sold],
            f"begin={AT_MS + 1_000}": [sold],
            f"begin={AT_MS}&end={AT_MS + 999}": [bought],
            "limit=1": [sold],
        }.items():
            assert ids(await rows(here, f"fills?{query}")) == expected, query
            if "instType" not in query:
                query += "&instType=SPOT"
            assert ids(await rows(here, f"fills-history?{query}")) == expected, query
        await here.control("POST", "clock/advance", {"ms": 3 * DAY - 500})
        assert ids(await rows(here, "fills")) == [sold]
        assert ids(await rows(here, "fills-history?instType=SPOT")) == [sold, bought]

    within(story)


def test_what_is_kept_for_three_months() -> None:
    """Taken as 90 days, to the millisecond: fills by their number, orders by when they ended."""
    page = by_name["fills_history"].page
    assert page is not None
    now_ms = AT_MS + 90 * DAY
    assert window(page, None, None, 100, now_ms).min_key == AT_MS * 1_000_000
    request = contract.OrdersHistory(instType="SPOT")
    page = by_name["orders_history_archive"].page
    assert page is not None
    body = b'{"ordId":"7","cTime":"1","uTime":"%d","ordType":"limit","accFillSz":"0.1"}' % AT_MS
    assert look_archive(request, page, now_ms)(body) == (7, True)
    assert look_archive(request, page, now_ms + 1)(body) == (7, False)


def test_a_trade_between_two_users_leaves_a_fill_with_each() -> None:
    async def story(here: World) -> None:
        await floor(here)
        await here.control("POST", "market/book", {"instId": "ETH-USDT", "bids": [], "asks": []})
        await place(here, "sell", "limit", "0.5", "3000")
        await here.control("POST", "users/bob/balance", {"account": "trading", "ccy": "USDT", "amt": "1500"})
        body = {"instId": "ETH-USDT", "tdMode": "cash", "side": "buy", "ordType": "ioc", "sz": "0.5", "px": "3000"}
        await here.signed("POST", TRADE + "order", body, key=here.bob)
        (mine,) = await rows(here, "fills")
        (theirs,) = data(await here.signed("GET", TRADE + "fills", key=here.bob))
        assert (mine["tradeId"], mine["side"], mine["execType"]) == (theirs["tradeId"], "sell", "M")
        assert (theirs["side"], theirs["execType"]) == ("buy", "T")
        assert mine["billId"] != theirs["billId"]

    within(story)


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("orders-history", "50014"),
        ("orders-history-archive", "50014"),
        ("fills-history", "50014"),
        ("orders-history?instType=CASH", "51000"),
        ("orders-history?instType=SPOT&state=live", "51000"),
        ("orders-history?instType=SPOT&ordType=limit,maker", "51000"),
        ("orders-history?instType=SPOT&begin=soon", "51000"),
        ("orders-history?instType=SPOT&category=normal", "51000"),
        ("orders-pending?state=filled", "51000"),
        ("orders-pending?limit=0", "51000"),
        ("orders-pending?after=99999999999999999999", "51000"),
        ("fills?subType=buy", "51000"),
        ("fills?before=-1", "51000"),
        ("fills?ordId=x", "51000"),
    ],
)
def test_bad_questions(what: str, code: str) -> None:
    async def story(here: World) -> None:
        before = await here.seq_and_hash()
        assert (await here.signed("GET", TRADE + what)).code == code
        assert await here.seq_and_hash() == before

    within(story)


def test_a_balance_says_what_its_coins_were_bought_for() -> None:
    """1 ETH at 3,000 less 0.1 % fee; the last trade is at 3,000, then the price is set to 3,300: 10 % up."""

    async def story(here: World) -> None:
        await floor(here)
        names = ("spotBal", "openAvgPx", "accAvgPx", "spotUpl", "spotUplRatio", "totalPnl", "totalPnlRatio")

        async def shown(ccy: str) -> list[str]:
            (row,) = data(await here.signed("GET", f"/api/v5/account/balance?ccy={ccy}"))
            return [row["details"][0][name] for name in names]

        assert await shown("ETH") == [""] * 7
        await place(here, "buy", "limit", "1", "3000")
        assert await shown("ETH") == ["0.999", "3000", "3000", "0", "0", "0", "0"]
        await here.control("POST", "market/price", {"instId": "ETH-USDT", "px": "3300"})
        assert await shown("ETH") == ["0.999", "3000", "3000", "299.7", "0.1", "299.7", "0.1"]
        assert await shown("USDT") == [""] * 7

    within(story)
