"""Orders changed, cancelled in numbers and by a timer, over HTTP. Floor and helpers as for the lists of orders."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.harness import AT_MS, Response, World, within
from tests.server.test_order_lists import TRADE, data, floor, ids, place, rows


async def post(here: World, what: str, body: object, **more: Any) -> Response:
    return await here.signed("POST", TRADE + what, body, **more)


async def item(here: World, what: str, body: object, **more: Any) -> dict[str, Any]:
    """The one item of an answer, with the outer code beside it."""
    answer = (await post(here, what, body, **more)).json()
    (row,) = answer["data"]
    return {"code": answer["code"], **row}


ETH = {"instId": "ETH-USDT"}


def test_an_order_changed() -> None:
    async def story(here: World) -> None:
        await floor(here)
        number = await place(here, "buy", "limit", "0.1", "2000", clOrdId="mine")
        await here.control("POST", "clock/advance", {"ms": 1_000})
        body = {**ETH, "ordId": number, "newSz": "0.2", "newPx": "2010", "reqId": "r1"}
        assert await item(here, "amend-order", body) == {
            "code": "0",
            "clOrdId": "mine",
            "ordId": number,
            "ts": str(AT_MS + 1_000),
            "reqId": "r1",
            "sCode": "0",
            "sMsg": "",
        }
        (seen,) = await rows(here, "orders-pending")
        assert (seen["sz"], seen["px"], seen["uTime"], seen["cTime"]) == (
            "0.2",
            "2010",
            str(AT_MS + 1_000),
            str(AT_MS),
        )
        assert seen["stpMode"] == "cancel_maker"
        # The number wins over a client id that is not there.
        body = {**ETH, "ordId": number, "clOrdId": "other", "newSz": "0.3"}
        assert (await item(here, "amend-order", body))["sCode"] == "0"
        body = {**ETH, "clOrdId": "mine", "newPx": "3000"}
        assert (await item(here, "amend-order", body))["sCode"] == "0"
        (fill,) = await rows(here, "fills")
        assert (fill["ordId"], fill["fillSz"], fill["fillPx"], fill["execType"]) == (number, "0.3", "3000", "T")

    within(story)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"newSz": "0.2"}, "50015"),
        ({"ordId": "x", "newSz": "0.2"}, "51000"),
        ({"ordId": "NUMBER", "newSz": "0"}, "51000"),
        ({"ordId": "NUMBER", "newSz": "1e3"}, "51000"),
        ({"ordId": "NUMBER", "newPxUsd": "1"}, "51000"),
        ({"ordId": "NUMBER", "newSz": "0.2", "attachAlgoOrds": [{"newTpTriggerPx": "1"}]}, "51000"),
        ({"ordId": "NUMBER", "newSz": "0.2", "cxlOnFail": "perhaps"}, "51000"),
        ({"ordId": "NUMBER"}, "51500"),
        ({"ordId": "7", "newSz": "0.2"}, "51503"),
        ({"ordId": "0", "newSz": "0.2"}, "51503"),
        ({"clOrdId": "nobody", "newSz": "0.2"}, "51503"),
        ({"ordId": "NUMBER", "newSz": "0.2", "instId": "BTC-USDT"}, "51503"),
        ({"ordId": "NUMBER", "newSz": "0.2", "instId": "NO-SUCH"}, "51001"),
        ({"ordId": "NUMBER", "newSz": "0.0000001"}, "51121"),
        ({"ordId": "NUMBER", "newSz": "0.000001"}, "51020"),
        ({"ordId": "NUMBER", "newPx": "2000.001"}, "51150"),
        ({"ordId": "NUMBER", "newPx": "3000"}, "51511"),
        ({"ordId": "NUMBER", "newSz": "1000"}, "51502"),
    ],
)
def test_changes_that_are_refused(body: dict[str, Any], code: str) -> None:
    async def story(here: World) -> None:
        await floor(here)
        number = await place(here, "buy", "post_only", "0.1", "2000")
        asked = {**ETH, **body}
        if asked.get("ordId") == "NUMBER":
            asked["ordId"] = number
        before = await here.seq_and_hash()
        row = await item(here, "amend-order", asked)
        assert (row["code"], row["sCode"]) == ("1", code)
        assert row["sMsg"]
        assert await here.seq_and_hash() == before

    within(story)


def test_who_lacks_coins_hears_which() -> None:
    async def story(here: World) -> None:
        await floor(here)
        await here.control("POST", "users/bob/spot-borrow", {"enabled": False})
        await here.control("POST", "users/bob/balance", {"account": "trading", "ccy": "USDT", "amt": "200"})
        body = {**ETH, "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.1", "px": "2000"}
        number = (await item(here, "order", body, key=here.bob))["ordId"]
        row = await item(here, "amend-order", {**ETH, "ordId": number, "newSz": "1000"}, key=here.bob)
        assert row["sMsg"] == "Order failed. Insufficient USDT balance in account and Auto Borrow is not enabled"

    within(story)


def test_an_order_that_is_given_up() -> None:
    """The answer says why it could not be changed; the order is gone, cancelled by the system."""

    async def story(here: World) -> None:
        await floor(here)
        number = await place(here, "buy", "post_only", "0.1", "2000")
        body = {**ETH, "ordId": number, "newPx": "3000", "cxlOnFail": True, "reqId": "r9"}
        row = await item(here, "amend-order", body)
        assert (row["code"], row["sCode"], row["ordId"], row["reqId"]) == ("1", "51511", number, "r9")
        seen = data(await here.signed("GET", f"{TRADE}order?instId=ETH-USDT&ordId={number}"))[0]
        assert (seen["state"], seen["cancelSource"]) == ("canceled", "0")

    within(story)


def test_many_changed_at_once() -> None:
    async def story(here: World) -> None:
        await floor(here)
        first, second = [await place(here, "buy", "limit", "0.1", price) for price in ("2000", "2001")]
        body = [
            {**ETH, "ordId": first, "newSz": "0.2"},
            {**ETH, "ordId": second, "newSz": "0.0000001", "reqId": "r2"},
            {**ETH, "ordId": "x", "newSz": "1"},
        ]
        answer = (await post(here, "amend-batch-orders", body)).json()
        assert (answer["code"], [row["sCode"] for row in answer["data"]]) == ("2", ["0", "51121", "51000"])
        assert [row["reqId"] for row in answer["data"]] == ["", "r2", ""]
        twice = [{**ETH, "ordId": first, "newSz": "0.3"}, {**ETH, "ordId": first, "newSz": "0.4"}]
        before = await here.seq_and_hash()
        assert (await post(here, "amend-batch-orders", twice)).code == "51512"
        many = [{**ETH, "ordId": str(number + 1), "newSz": "1"} for number in range(21)]
        assert (await post(here, "amend-batch-orders", many)).code == "51501"
        assert await here.seq_and_hash() == before

    within(story)


def test_many_cancelled_at_once() -> None:
    async def story(here: World) -> None:
        await floor(here)
        first, second = [await place(here, "buy", "limit", "0.1", price) for price in ("2000", "2001")]
        third = await place(here, "buy", "limit", "0.1", "2002", clOrdId="mine")
        body = [{**ETH, "ordId": first}, {**ETH, "clOrdId": "mine"}, {**ETH, "ordId": "7"}, {**ETH, "ordId": "0"}, ETH]
        answer = (await post(here, "cancel-batch-orders", body)).json()
        assert answer["code"] == "2"
        assert [row["sCode"] for row in answer["data"]] == ["0", "0", "51400", "51400", "51407"]
        assert answer["data"][1]["ordId"] == third
        assert ids(await rows(here, "orders-pending")) == [second]
        assert (await item(here, "cancel-order", ETH))["sCode"] == "51407"
        many = [{**ETH, "ordId": str(number + 1)} for number in range(21)]
        assert (await post(here, "cancel-batch-orders", many)).code == "51406"

    within(story)


def test_orders_that_come_too_late_are_not_changed() -> None:
    async def story(here: World) -> None:
        await floor(here)
        number = await place(here, "buy", "limit", "0.1", "2000")
        body = {**ETH, "ordId": number, "newSz": "0.2"}
        for what, asked in (("amend-order", body), ("amend-batch-orders", [body])):
            assert (await post(here, what, asked, exptime=str(AT_MS - 1))).code == "50036"

    within(story)


def test_the_dead_mans_switch() -> None:
    async def story(here: World) -> None:
        await floor(here)
        number = await place(here, "buy", "limit", "0.1", "2000", tag="a")
        (row,) = data(await post(here, "cancel-all-after", {"timeOut": "60"}))
        assert row == {"triggerTime": str(AT_MS // 1000 + 60), "tag": "", "ts": str(AT_MS // 1000)}
        # ccxt sends a number.
        (row,) = data(await post(here, "cancel-all-after", {"timeOut": 10, "tag": "a"}))
        assert row["tag"] == "a"
        await here.control("POST", "clock/advance", {"ms": 9_999})
        assert ids(await rows(here, "orders-pending")) == [number]
        await here.control("POST", "clock/advance", {"ms": 1})
        assert await rows(here, "orders-pending") == []
        (seen,) = await rows(here, "orders-history?instType=SPOT")
        assert (seen["ordId"], seen["cancelSource"], seen["uTime"]) == (number, "20", str(AT_MS + 10_000))
        (row,) = data(await post(here, "cancel-all-after", {"timeOut": "0"}))
        assert row["triggerTime"] == "0"
        await place(here, "buy", "limit", "0.1", "2000")
        await here.control("POST", "clock/advance", {"ms": 120_000})
        assert len(await rows(here, "orders-pending")) == 1

    within(story)


@pytest.mark.parametrize("time_out", ["9", "121", "-10", "1e1", "soon", "10.5", True])
def test_a_time_that_cannot_be(time_out: object) -> None:
    async def story(here: World) -> None:
        before = await here.seq_and_hash()
        assert (await post(here, "cancel-all-after", {"timeOut": time_out})).code == "51000"
        assert await here.seq_and_hash() == before

    within(story)


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"posSide": "long"}, "51000"),
        ({"posSide": "net"}, "0"),
        ({"tradeQuoteCcy": "USDC"}, "51000"),
        ({"tradeQuoteCcy": "USDT"}, "0"),
        ({"tdMode": "cross"}, "51010"),
        ({"tdMode": "isolated"}, "51010"),
        ({"ordType": "optimal_limit_ioc"}, "51000"),
        ({"ordType": "fok", "stpMode": "cancel_both"}, "50016"),
        ({"ordType": "ioc", "stpMode": "cancel_both"}, "0"),
        ({"reduceOnly": True}, "0"),
        ({"pxAmendType": "1"}, "0"),
    ],
)
def test_what_an_order_may_say_in_spot_mode(more: dict[str, Any], code: str) -> None:
    async def story(here: World) -> None:
        await floor(here)
        body = {**ETH, "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.1", "px": "2000", **more}
        assert (await item(here, "order", body))["sCode"] == code

    within(story)


def test_a_market_order_and_the_balance() -> None:
    """10,000 USDT, nothing to be borrowed: 5 ETH at 3000 would be 15,000. Cut to 3.333333 ETH unless forbidden."""

    async def story(here: World) -> None:
        await floor(here)
        await here.control("POST", "users/bob/spot-borrow", {"enabled": False})
        (balance,) = data(await here.signed("GET", "/api/v5/account/balance?ccy=USDT", key=here.bob))
        more = str(10_000 - int(balance["details"][0]["cashBal"]))
        await here.control("POST", "users/bob/balance", {"account": "trading", "ccy": "USDT", "amt": more})
        body = {**ETH, "tdMode": "cash", "side": "buy", "ordType": "market", "sz": "5", "tgtCcy": "base_ccy"}
        assert (await item(here, "order", {**body, "banAmend": True}, key=here.bob))["sCode"] == "51008"
        number = (await item(here, "order", body, key=here.bob))["ordId"]
        seen = data(await here.signed("GET", f"{TRADE}order?instId=ETH-USDT&ordId={number}", key=here.bob))[0]
        assert (seen["state"], seen["accFillSz"], seen["sz"], seen["tgtCcy"]) == (
            "canceled",
            "3.333333",
            "5",
            "base_ccy",
        )

    within(story)


def test_meeting_oneself_says_so() -> None:
    async def story(here: World) -> None:
        await floor(here)
        await here.control("POST", "market/book", {"instId": "ETH-USDT", "bids": [], "asks": []})
        own = await place(here, "sell", "limit", "1", "3000")
        taker = await place(here, "buy", "ioc", "1", "3000", stpMode="cancel_both")
        found = await rows(here, "orders-history?instType=SPOT")
        assert [(row["ordId"], row["cancelSource"], row["stpMode"]) for row in found] == [
            (taker, "32", "cancel_both"),
            (own, "32", "cancel_maker"),
        ]

    within(story)
