"""Leverage, rates by hand and orders on credit as a client meets them. alice owes 500 USDT and 100 USDC."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.harness import World, within

ACCOUNT = "/api/v5/account/"


async def set_leverage(here: World, **body: Any) -> Any:
    return (await here.signed("POST", ACCOUNT + "set-leverage", body)).json()


def test_the_leverage_of_a_currency() -> None:
    async def story(here: World) -> None:
        asked = ACCOUNT + "leverage-info?mgnMode=cross&ccy=USDT,BTC"
        before = (await here.signed("GET", asked)).json()["data"]
        assert [(row["ccy"], row["lever"]) for row in before] == [("USDT", "3"), ("BTC", "3")]
        done = await set_leverage(here, lever="5.50", mgnMode="cross", ccy="USDT")
        assert done["data"] == [{"lever": "5.5", "mgnMode": "cross", "instId": "", "posSide": ""}]
        after = (await here.signed("GET", asked)).json()["data"]
        assert after[0] == {"ccy": "USDT", "instId": "", "mgnMode": "cross", "posSide": "", "lever": "5.5"}

    within(story)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"lever": "11", "ccy": "USDT"}, "59102"),
        ({"lever": "0.5", "ccy": "USDT"}, "59105"),
        ({"lever": "3", "ccy": "NOPE"}, "51012"),
        ({"lever": "3", "instId": "BTC-USDT"}, "51010"),
        ({"lever": "3", "ccy": "USDT", "posSide": "long"}, "51000"),
        ({"lever": "3"}, "50015"),
        ({"lever": "-3", "ccy": "USDT"}, "51000"),
    ],
)
def test_leverages_that_cannot_be(body: dict[str, str], code: str) -> None:
    async def story(here: World) -> None:
        assert (await set_leverage(here, mgnMode="cross", **body))["code"] == code

    within(story)


def test_a_rate_by_hand() -> None:
    async def story(here: World) -> None:
        body = {"ccy": "USDT", "apr": "0.073"}
        assert (await here.control("POST", "rates", body)).json() == {"ok": True, **body}
        shown = {row["ccy"]: row for row in (await here.control("GET", "rates")).json()["rates"]}
        assert (shown["USDT"]["apr"], shown["USDT"]["next"], shown["USDT"]["by_hand"]) == ("0.01", "0.073", True)
        await here.control("POST", "clock/advance", {"by": "1h"})
        rate = (await here.signed("GET", ACCOUNT + "interest-rate?ccy=USDT")).json()["data"][0]["interestRate"]
        assert rate == "0.0000083333333333"
        assert (await here.control("POST", "rates", {"ccy": "USDT", "apr": None})).status == 200
        assert (await here.control("POST", "rates", {"ccy": "USDT", "apr": "0"})).status == 400
        assert (await here.control("POST", "rates", {"ccy": "USDT", "apr": "11"})).status == 409

    within(story)


def test_an_order_on_credit_in_the_words_of_the_exchange() -> None:
    async def story(here: World) -> None:
        order = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "1000"}
        placed = (await here.signed("POST", "/api/v5/trade/order", {**order, "sz": "5"})).json()
        assert placed["data"][0]["sCode"] == "0"
        row = (await here.signed("GET", ACCOUNT + "balance")).json()["data"][0]
        usdt = next(detail for detail in row["details"] if detail["ccy"] == "USDT")
        # 2,500 USDT are there, 5,000 may be spent: 2,500 on credit at leverage 3
        assert (usdt["frozenBal"], usdt["availBal"], usdt["twap"], usdt["frpType"]) == ("2500", "0", "0", "0")
        assert row["borrowFroz"].startswith("833.3333")
        # The documents fill this one in Spot mode too; there are no options, so it is nothing.
        assert (row["notionalUsdForOption"], row["notionalUsdForSwap"], row["notionalUsdForFutures"]) == ("0", "", "")
        refused = (await here.signed("POST", "/api/v5/trade/order", {**order, "sz": "600"})).json()
        assert refused["data"][0]["sCode"] == "51008"
        assert "borrowing quota" in refused["data"][0]["sMsg"]

    within(story)
