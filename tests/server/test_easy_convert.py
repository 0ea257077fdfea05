"""Easy convert over the API. Expected answers by hand: ADA at 0.5 less half a spread of 0.2 %."""

from __future__ import annotations

from typing import Any

from tallystick.contract import by_name
from tallystick.wire.page import window
from tests.server.harness import AT_MS, Response, World, within

TRADE = "/api/v5/trade/"


def data(answer: Response) -> list[dict[str, Any]]:
    found = answer.json()
    assert found["code"] == "0", found
    rows: list[dict[str, Any]] = found["data"]
    return rows


async def with_ada(here: World) -> None:
    await here.control("POST", "market/price", {"instId": "ADA-USDT", "px": "0.5"})
    for account, amt in (("trading", "4"), ("funding", "19.9")):
        await here.control("POST", "users/bob/balance", {"account": account, "ccy": "ADA", "amt": amt})


async def convert(here: World, **body: Any) -> Response:
    return await here.signed("POST", TRADE + "easy-convert", body, key=here.bob)


def test_both_accounts_and_the_history_of_them() -> None:
    async def story(here: World) -> None:
        await with_ada(here)
        listed = TRADE + "easy-convert-currency-list"
        for query, amt in (("", "4"), ("?source=1", "4"), ("?source=2", "19.9")):
            (found,) = data(await here.signed("GET", listed + query, key=here.bob))
            assert {"fromAmt": amt, "fromCcy": "ADA"} in found["fromData"]
            # Seeded coins are worth more than 10 USD.
            assert "BTC" not in {item["fromCcy"] for item in found["fromData"]}
        trading = {"fillFromSz": "4", "fillToSz": "1.996", "fromCcy": "ADA", "status": "running", "toCcy": "USDT"}
        assert data(await convert(here, fromCcy=["ADA"], toCcy="USDT")) == [{**trading, "uTime": str(AT_MS)}]
        await here.control("POST", "clock/advance", {"ms": 5})
        (funding,) = data(await convert(here, fromCcy=["ADA"], toCcy="USDT", source="2"))
        assert (funding["fillFromSz"], funding["fillToSz"]) == ("19.9", "9.9301")
        history = TRADE + "easy-convert-history"
        rows = data(await here.signed("GET", history, key=here.bob))
        assert rows == [
            {**trading, "status": "filled", "uTime": str(AT_MS + 5), "acct": "6"}
            | {"fillFromSz": "19.9", "fillToSz": "9.9301000000000000"},
            {**trading, "status": "filled", "uTime": str(AT_MS), "acct": "18", "fillToSz": "1.9960000000000000"},
        ]
        for query, expected in (
            (f"after={AT_MS + 5}", rows[1:]),
            (f"before={AT_MS}", rows[:1]),
            (f"after={AT_MS}", []),
            ("limit=1", rows[:1]),
        ):
            assert data(await here.signed("GET", f"{history}?{query}", key=here.bob)) == expected
        assert data(await here.signed("GET", history)) == []

    within(story)


def test_refusals() -> None:
    async def story(here: World) -> None:
        await with_ada(here)
        before = await here.seq_and_hash()
        for sources, target, source, code in (
            (["ADA", "DOT", "LTC", "SOL", "OKB", "ETH"], "USDT", "1", "59117"),
            (["NOPE"], "USDT", "1", "51012"),
            (["ADA"], "DOT", "1", "59125"),
            (["ADA", "USDT"], "USDT", "1", "59125"),
            (["DOT"], "USDT", "1", "51008"),
            (["USDT"], "BTC", "1", "59124"),
            (["ADA"], "USDT", "3", "51000"),
            (["ADA", "ADA"], "USDT", "1", "51000"),
            ([], "USDT", "1", "50014"),
        ):
            answer = await convert(here, fromCcy=sources, toCcy=target, source=source)
            assert (answer.code, "{" in answer.json()["msg"]) == (code, False), answer.body
        too_much = await convert(here, fromCcy=["USDT"], toCcy="BTC")
        assert too_much.json()["msg"] == "The order amount of USDT must be less than 10."
        assert await here.seq_and_hash() == before

    within(story)


def test_too_small_a_result_names_both_coins() -> None:
    """10^-8 USDT at 40,000 is far below the finest amount of BTC, in an ordinary convert and in an easy one."""

    async def story(here: World) -> None:
        await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "40000"})
        await here.control("POST", "market/price", {"instId": "ADA-USDT", "px": "0.000001"})
        await here.control("POST", "users/bob/balance", {"account": "funding", "ccy": "ADA", "amt": "0.00000001"})
        ordinary = {"baseCcy": "BTC", "quoteCcy": "USDT", "side": "buy", "rfqSz": "0.00000001", "rfqSzCcy": "USDT"}
        quoted = await here.signed("POST", "/api/v5/asset/convert/estimate-quote", ordinary, key=here.bob)
        assert quoted.json()["msg"] == "Convert failed. The USDT converted to BTC is too small to process."
        easy = await convert(here, fromCcy=["ADA"], toCcy="BTC", source="2")
        assert (easy.code, easy.json()["msg"]) == (
            "59689",
            "Convert failed. The ADA converted to BTC is too small to process.",
        )

    within(story)


def test_the_history_is_kept_for_seven_days() -> None:
    page = by_name["easy_convert_history"].page
    assert page is not None
    assert window(page, None, None, 100, AT_MS).min_key == AT_MS - 7 * 86_400_000
