"""Convert trades refused by injection, as a client meets them."""

from __future__ import annotations

from typing import Any

from tests.server.harness import World, within

CONVERT = "/api/v5/asset/convert/"


async def trade(here: World, client_id: str, key: Any = None) -> dict[str, Any]:
    ask = {"baseCcy": "BTC", "quoteCcy": "USDT", "side": "buy", "rfqSz": "50", "rfqSzCcy": "USDT"}
    quote = (await here.signed("POST", CONVERT + "estimate-quote", ask, key=key)).json()["data"][0]
    said = {"quoteId": quote["quoteId"], "baseCcy": "BTC", "quoteCcy": "USDT", "side": "buy", "sz": "50"}
    answer = await here.signed("POST", CONVERT + "trade", {**said, "szCcy": "USDT", "clTReqId": client_id}, key=key)
    assert answer.code == "0"
    row: dict[str, Any] = answer.json()["data"][0]
    return row


def test_the_next_trades_are_rejected() -> None:
    async def story(here: World) -> None:
        body = {"user": "alice", "count": 1}
        assert (await here.control("POST", "convert/rejections", body)).json()["rejections"] == [body]
        everybody = (await here.control("POST", "convert/rejections", {"count": 1})).json()
        assert everybody["rejections"] == [{"user": None, "count": 1}, body]
        before = (await here.signed("GET", "/api/v5/account/balance")).json()["data"][0]["details"]
        first = await trade(here, "a1")
        assert (first["state"], first["fillBaseSz"], first["fillQuoteSz"]) == ("rejected", "0", "0")
        assert first["fillPx"] != "0"
        assert (await trade(here, "b1", here.bob))["state"] == "rejected"
        assert (await here.signed("GET", "/api/v5/account/balance")).json()["data"][0]["details"] == before
        assert (await here.control("GET", "convert/rejections")).json()["rejections"] == []
        assert (await trade(here, "a2"))["state"] == "fullyFilled"
        rows = (await here.signed("GET", CONVERT + "history")).json()["data"]
        assert [(row["clTReqId"], row["state"]) for row in rows] == [("a2", "fullyFilled"), ("a1", "rejected")]

    within(story)


def test_counts_that_cannot_be() -> None:
    async def story(here: World) -> None:
        for body, status in (
            ({"count": -1}, 409),
            ({"count": 10**10}, 409),
            ({"count": "x"}, 400),
            ({"user": "nobody", "count": 1}, 404),
        ):
            assert (await here.control("POST", "convert/rejections", body)).status == status

    within(story)


def test_a_size_finer_than_the_coin_is_no_multiple_of_its_step() -> None:
    """Coins have 16 decimals here; one with 17 is refused in the words convert has for it, and nothing is written."""

    async def story(here: World) -> None:
        ask = {"baseCcy": "BTC", "quoteCcy": "USDT", "side": "buy", "rfqSz": "50", "rfqSzCcy": "USDT"}
        quote = (await here.signed("POST", CONVERT + "estimate-quote", ask)).json()["data"][0]
        before = await here.seq_and_hash()
        fine = {**ask, "rfqSz": "50.00000000000000001"}
        assert (await here.signed("POST", CONVERT + "estimate-quote", fine)).code == "52928"
        said = {"quoteId": quote["quoteId"], "baseCcy": "BTC", "quoteCcy": "USDT", "side": "buy", "szCcy": "USDT"}
        body = {**said, "sz": "49.00000000000000001", "clTReqId": "a"}
        assert (await here.signed("POST", CONVERT + "trade", body)).code == "52928"
        assert await here.seq_and_hash() == before

    within(story)
