"""Parameters and fields that came after January 2026 are on the later surface, and only there.

Which they are, and since when, is what the published documents print; what this venue says in them is
"" wherever the thing they tell of is not here (decisions/025, 026).
"""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.contract import by_route
from tallystick.contract.openapi import document
from tallystick.venue.keys import Credentials
from tests.server.harness import World, within

FIRST, LATER = "2026-01", "2026-08"
BAND = {"initPxLmtPct": "", "floatPxLmtPct": "", "maxPxLmtPct": ""}
ADDED: dict[str, dict[str, Any]] = {
    "public/instruments?instType=SPOT&instId=BTC-USDT": {
        "seriesId": "", "instCategory": "1", **BAND, "rpiMinLevel": "", "rpiMinPxBand": "",
    },
    "account/instruments?instType=SPOT&instId=BTC-USDT": {
        "rpi": "0", "maxPlatOICoinLmt": "", "longPosRemainingQuota": "", "shortPosRemainingQuota": "",
        "instCategory": "1", **BAND,
    },
    "account/trade-fee?instType=SPOT": {"settle": ""},
    "trade/order?instId=BTC-USDT&clOrdId=open": {"outcome": ""},
    "trade/order?instId=BTC-USDT&clOrdId=gone": {"outcome": ""},
    "trade/orders-pending": {"outcome": ""},
    "trade/orders-history?instType=SPOT": {"outcome": ""},
}  # fmt: skip
ORDER = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.001", "px": "20000"}
each_surface = pytest.mark.parametrize("surface", [FIRST, LATER])


async def post(here: World, path: str, body: object, key: Credentials | None = None) -> Any:
    return (await here.signed("POST", f"/api/v5/{path}", body, key=key)).json()


async def get(here: World, path: str) -> Any:
    found = (await here.signed("GET", f"/api/v5/{path}")).json()
    assert found["code"] == "0", found
    return found["data"]


@each_surface
def test_fields_that_came_later(surface: str) -> None:
    async def story(here: World) -> None:
        for client_id in ("open", "gone"):
            assert (await post(here, "trade/order", ORDER | {"clOrdId": client_id}))["code"] == "0"
        assert (await post(here, "trade/cancel-order", {"instId": "BTC-USDT", "clOrdId": "gone"}))["code"] == "0"
        for path, added in ADDED.items():
            for row in await get(here, path):
                told = {name: row[name] for name in added if name in row}
                assert told == (added if surface == LATER else {}), path
        (fee,) = await get(here, "account/trade-fee?instType=SPOT")
        names = ["groupId", "maker", "taker", *(["elpMaker", "rpiMaker"] if surface == LATER else [])]
        assert [list(group) for group in fee["feeGroup"]] == [names]

    within(story, surface=surface)


@each_surface
def test_the_book_has_the_number_of_the_last_entry(surface: str) -> None:
    async def story(here: World) -> None:
        (book,) = await get(here, "market/books?instId=BTC-USDT")
        if surface == FIRST:
            assert list(book) == ["asks", "bids", "ts"]
            return
        assert list(book) == ["asks", "bids", "ts", "seqId"]
        assert (await post(here, "trade/order", ORDER))["code"] == "0"
        (after,) = await get(here, "market/books?instId=BTC-USDT")
        assert after["seqId"] == book["seqId"] + 1 == (await here.seq_and_hash())[0]

    within(story, surface=surface)


@each_surface
def test_orders_say_which_reason_it_was(surface: str) -> None:
    """51008_1000 too little of the coin, 51008_1019 the main account's quota, 51502_1032 an amendment (documented)."""

    async def story(here: World) -> None:
        key = here.alice

        async def items(path: str, body: object) -> list[tuple[str, str | None]]:
            answer = await post(here, f"trade/{path}", body, key)
            return [(row["sCode"], row.get("subCode")) for row in answer["data"]]

        none = None if surface == FIRST else ""
        assert await items("order", ORDER | {"clOrdId": "mine"}) == [("0", none)]
        assert await items("amend-order", {"instId": "BTC-USDT", "clOrdId": "mine", "newSz": "0.002"}) == [("0", none)]
        sell = ORDER | {"side": "sell", "sz": "15", "px": "90000"}
        quota = None if surface == FIRST else "1019"
        assert await items("batch-orders", [sell, ORDER | {"sz": "x"}]) == [("51008", quota), ("51000", none)]
        await here.control("POST", "users", {"name": "carol"})
        made = (await here.control("POST", "users/carol/keys", {"permissions": ["read", "trade"]})).json()
        await here.control("POST", "users/carol/balance", {"account": "trading", "ccy": "USDT", "amt": "100"})
        key = Credentials(made["api_key"], made["secret_key"], made["passphrase"], ())
        assert await items("order", ORDER | {"sz": "1"}) == [("51008", None if surface == FIRST else "1000")]
        assert await items("order", ORDER | {"clOrdId": "small"}) == [("0", none)]
        larger = {"instId": "BTC-USDT", "clOrdId": "small", "newSz": "1"}
        assert await items("amend-order", larger) == [("51502", None if surface == FIRST else "1032")]
        (gone,) = (await post(here, "trade/cancel-order", {"instId": "BTC-USDT", "clOrdId": "none"}, key))["data"]
        assert "subCode" not in gone, "the documents have it for placing and changing only"

    within(story, surface=surface)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"slippagePct": "0"}, "0"),
        ({"slippagePct": "0.01"}, "51000"),
        ({"outcome": "yes"}, "51000"),
        ({"rpiTakerAccess": True, "rpiPxRound": False}, "0"),
        ({"rpiTakerAccess": "perhaps"}, "51000"),
        ({"ordType": "rpi"}, "51000"),
    ],
)
def test_parameters_that_came_later_are_read_and_none_is_passed_over(changes: dict[str, Any], code: str) -> None:
    async def story(here: World) -> None:
        answer = await post(here, "trade/order", ORDER | changes)
        assert (answer["data"][0]["sCode"] if answer["data"] else answer["code"]) == code

    within(story, surface=LATER, strict=True)


def test_the_first_surface_does_not_know_them() -> None:
    async def story(here: World) -> None:
        found = await here.signed("POST", "/api/v5/trade/order", ORDER | {"slippagePct": "0.01"})
        assert found.json()["data"][0]["sCode"] == "0"
        assert b"slippagePct" in found.headers[b"x-tally-lint"]

    within(story, surface=FIRST)


@pytest.mark.parametrize(
    "path",
    [
        "public/instruments?instType=SPOT&seriesId=X",
        "account/instruments?instType=EVENTS&seriesId=X",
        "market/candles?instId=BTC-USDT&adjust=forward",
        "market/history-candles?instId=BTC-USDT&adjust=forward",
    ],
)
def test_questions_may_name_what_only_other_products_have(path: str) -> None:
    async def story(here: World) -> None:
        found = await here.signed("GET", f"/api/v5/{path}")
        assert found.code == "0"
        assert b"x-tally-lint" not in found.headers

    within(story, surface=LATER)


def test_the_open_api_document_promises_them() -> None:
    for path in ("/api/v5/trade/orders-history", "/api/v5/public/instruments", "/api/v5/market/books"):
        method = next(iter(by_route[path])).lower()
        shown = [
            document(surface)["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"][
                "properties"
            ]["data"]["items"]
            for surface in (FIRST, LATER)
        ]
        added = shown[1]["properties"].keys() - shown[0]["properties"].keys()
        assert added
        assert added <= set(shown[1]["required"])


@each_surface
def test_too_few_coins_for_a_loan(surface: str) -> None:
    """51764 is of loans alone and came later (documented); a transfer of too much is 58350 on both surfaces.

    BTC at 40,000: 0.1 BTC carries 2,000 USDT. Of the 2,000 borrowed 1,500 go elsewhere before they are repaid.
    """
    code = "58350" if surface == FIRST else "51764"

    async def story(here: World) -> None:
        await here.control("POST", "users", {"name": "carol"})
        await here.control("POST", "users/carol/balance", {"account": "funding", "ccy": "BTC", "amt": "0.2"})
        await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "40000"})
        made = (await here.control("POST", "users/carol/keys", {"permissions": ["read", "trade"]})).json()
        carol = Credentials(made["api_key"], made["secret_key"], made["passphrase"], ())
        loans = "finance/flexible-loan/"
        loan = {"loanData": {"ccy": "USDT", "amt": "2000"}, "clOrdId": "first"}

        async def said(path: str, **body: Any) -> tuple[str, str]:
            answer = await post(here, path, body, carol)
            return answer["code"], answer["msg"]

        words = "Insufficient balance" + ("." if surface == FIRST else "")
        too_much = [{"ccy": "BTC", "amt": "0.3"}]
        assert await said(loans + "borrow", **loan, collateralData=too_much) == (code, words)
        opened = await post(here, loans + "borrow", loan | {"collateralData": [{"ccy": "BTC", "amt": "0.1"}]}, carol)
        number = opened["data"][0]["ordId"]
        await here.venue.advance(by_ms=1_000)
        more = {"type": "add", "collateralCcy": "BTC", "collateralAmt": "0.2"}
        assert await said(loans + "adjust-collateral", **more) == (code, words)
        move = {"ccy": "USDT", "amt": "1500", "from": "6", "to": "18"}
        assert (await said("asset/transfer", **move))[0] == "0"
        repay = {"ordId": number, "ccy": "USDT", "amt": "2000", "clOrdId": "back"}
        assert await said(loans + "repay", **repay) == (code, words)
        assert await said("asset/transfer", **move) == ("58350", "Insufficient balance.")

    within(story, surface=surface)


@each_surface
def test_large_conversions(surface: str) -> None:
    """Twenty times 10,000 USD with `convertMode` 1: BTC at 40,000 is 5 coins. January 2026 does not know it."""
    later = surface == LATER

    async def story(here: World) -> None:
        await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "40000"})
        await here.control("POST", "users/alice/balance", {"account": "trading", "ccy": "BTC", "amt": "5"})
        pair = "asset/convert/currency-pair?fromCcy=BTC&toCcy=USDT"
        limits = [(row["baseCcyMax"], row["quoteCcyMax"]) for row in await get(here, pair)]
        assert limits == [("0.25", "10000")]
        (large,) = await get(here, pair + "&convertMode=1")
        assert (large["baseCcyMax"], large["quoteCcyMax"]) == (("5", "200000") if later else ("0.25", "10000"))
        assert (large["baseCcyMin"], large["quoteCcyMin"]) == ("0.000025", "1")
        of_btc = {"baseCcy": "BTC", "quoteCcy": "USDT", "side": "sell"}
        asked = of_btc | {"rfqSz": "5", "rfqSzCcy": "BTC", "convertMode": "1"}
        quote = await post(here, "asset/convert/estimate-quote", asked)
        if not later:
            assert quote["code"] == "52918"
            return
        assert (await post(here, "asset/convert/estimate-quote", asked | {"convertMode": "0"}))["code"] == "52918"
        trade = of_btc | {"quoteId": quote["data"][0]["quoteId"], "sz": "5", "szCcy": "BTC"}
        assert (await post(here, "asset/convert/trade", trade))["code"] == "52919"
        done = await post(here, "asset/convert/trade", trade | {"convertMode": "1"})
        assert done["data"][0]["fillQuoteSz"] == "199900"  # 5 x 40,000 x 0.9995

    within(story, surface=surface)
