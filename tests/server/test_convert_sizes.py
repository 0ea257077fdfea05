"""Sizes of quotes and convert trades, as a client meets them."""

from __future__ import annotations

from tests.server.harness import World, within

CONVERT = "/api/v5/asset/convert/"


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
