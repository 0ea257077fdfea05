"""Collateral limits, lenders' bids and an empty fund as a client meets them. alice owes 500 USDT and 100 USDC."""

from __future__ import annotations

from typing import Any

from tests.server.harness import World, within

MANUAL = "/api/v5/account/spot-manual-borrow-repay"
ORDERS = "/api/v5/trade/order"
BALANCE = "/api/v5/account/balance"
ORDER = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit"}


async def details(here: World) -> dict[str, Any]:
    row = (await here.signed("GET", BALANCE)).json()["data"][0]
    return {"ratio": row["mgnRatio"], "adjEq": row["adjEq"], **{one["ccy"]: one for one in row["details"]}}


async def priced(here: World) -> None:
    """BTC at 50,000 and ETH at 3,000.

    Of her debts of 600, by discounted value (1 BTC and 5 ETH at 0.98, and 2,000 USDT), BTC backs 600 x 49,000 / 65,700,
    which is 447.488..., and ETH 600 x 14,700 / 65,700, which is 134.246...
    """
    for pair, price in (("BTC-USDT", "50000"), ("ETH-USDT", "3000")):
        await here.control("POST", "market/price", {"instId": pair, "px": price})


async def limit(here: World, **dollars: str) -> Any:
    body = {"currencies": {ccy: {"collateral_limit": most} for ccy, most in dollars.items()}}
    return (await here.control("POST", "parameters", body)).json()


def test_levels_in_the_balance_and_refusals_in_the_words_of_the_exchange() -> None:
    """BTC backs 447.5 of her debts and ETH 134.2. Both restricted, 2,000 USDT less 90 USDC carry 200 of margin."""

    async def story(here: World) -> None:
        await priced(here)
        before = await details(here)
        assert (before["BTC"]["colRes"], before["BTC"]["colBorrAutoConversion"]) == ("0", "0")
        await limit(here, BTC="440", ETH="133", USDT="1000000")
        after = await details(here)
        assert (after["BTC"]["colRes"], after["BTC"]["collateralRestrict"]) == ("2", True)
        assert after["BTC"]["colBorrAutoConversion"] == "1"
        assert (after["USDT"]["colRes"], after["USDT"]["colBorrAutoConversion"]) == ("0", "0")
        assert (after["ratio"], after["adjEq"]) == (before["ratio"], before["adjEq"])
        assert after["USDT"]["maxLoan"] == "5130"  # 3 x (1,910 - 200)
        for price, size, words in (
            ("43000", "0.8", "margin excludes crypto (BTC,ETH)"),
            ("1000", "2.49", "It excludes crypto (BTC,ETH)"),
        ):
            item = (await here.signed("POST", ORDERS, {**ORDER, "px": price, "sz": size})).json()["data"][0]
            assert item["sCode"] == "51008"
            assert words in item["sMsg"]
        await limit(here, BTC="0", ETH="0")
        assert (await details(here))["BTC"]["colRes"] == "0"
        item = (await here.signed("POST", ORDERS, {**ORDER, "px": "1000", "sz": "2.49"})).json()["data"][0]
        assert item["sCode"] == "0"

    within(story)


def test_a_limit_is_read_as_any_other_number() -> None:
    async def story(here: World) -> None:
        cell = (await here.control("GET", "parameters")).json()["currencies"]["BTC"]["collateral_limit"]
        assert (cell["value"], cell["source"]) == ("0", "inferred")
        assert (
            await here.control("POST", "parameters", {"currencies": {"BTC": {"collateral_limit": "-1"}}})
        ).status == 400

    within(story)


def test_what_stands_on_each_coin() -> None:
    async def story(here: World) -> None:
        await priced(here)
        await limit(here, ETH="133")
        rows = {row["ccy"]: row for row in (await here.control("GET", "collateral")).json()["collateral"]}
        assert rows["BTC"]["backed"].startswith("447.488")
        assert (rows["BTC"]["limit"], rows["BTC"]["colRes"]) == ("", "0")
        assert rows["ETH"]["backed"].startswith("134.246")
        assert (rows["ETH"]["limit"], rows["ETH"]["colRes"], rows["ETH"]["colBorrAutoConversion"]) == ("133", "2", "1")
        assert rows["USDC"]["backed"] == "0"

    within(story)


def test_bids_of_lenders() -> None:
    """500 USDT are owed: 400 at 5 % do not do, so the next hour costs 8.76 %."""

    async def story(here: World) -> None:
        body = {"ccy": "USDT", "bids": [["700", "0.0876"], ["400", "0.05"]]}
        done = (await here.control("POST", "rates/bids", body)).json()
        assert done == {"ok": True, "ccy": "USDT", "bids": [["400", "0.05"], ["700", "0.0876"]], "next": "0.0876"}
        row = next(row for row in (await here.control("GET", "rates")).json()["rates"] if row["ccy"] == "USDT")
        assert (row["source"], row["next"], row["bids"]) == ("auction", "0.0876", done["bids"])
        await here.control("POST", "clock/advance", {"by": "1h"})
        rate = (await here.signed("GET", "/api/v5/account/interest-rate?ccy=USDT")).json()["data"][0]["interestRate"]
        assert rate == "0.00001"
        assert (await here.control("POST", "rates/bids", {"ccy": "USDT", "bids": [["1", "4"]]})).status == 409
        assert (await here.control("POST", "rates/bids", {"ccy": "USDT", "bids": [["x", "1"]]})).status == 400
        assert (await here.control("POST", "rates/bids", {"ccy": "USDT", "bids": []})).json()["bids"] == []

    within(story)


def test_an_empty_fund() -> None:
    """A million is taken out; nothing is lent in any of the three ways until one coin comes back."""

    async def story(here: World) -> None:
        assert (await here.control("GET", "fund")).json() == {
            "ok": True,
            "ccy": "USDT",
            "amt": "1000000",
            "coins": {"USDT": "1000000"},
            "bad_debt": "0",
            "borrowing": "open",
        }
        drained = (await here.control("POST", "fund", {"amt": "-1000000"})).json()
        assert (drained["amt"], drained["coins"], drained["borrowing"]) == ("0", {}, "halted")
        assert (await here.control("GET", "health")).json()["borrowing"] == "halted"
        assert (await details(here))["USDT"]["maxLoan"] == "0"
        borrow = {"ccy": "USDT", "side": "borrow", "amt": "10"}
        assert (await here.signed("POST", MANUAL, borrow)).code == "59417"
        item = (await here.signed("POST", ORDERS, {**ORDER, "px": "1000", "sz": "3"})).json()["data"][0]
        assert item["sCode"] == "51008"
        assert "platform’s loan quota" in item["sMsg"]
        assert (await here.control("POST", "fund", {"amt": "-1"})).status == 409
        assert (await here.control("POST", "fund", {"amt": "0"})).status == 400
        filled = (await here.control("POST", "fund", {"amt": "0.5"})).json()
        assert (filled["amt"], filled["borrowing"]) == ("0.5", "open")
        assert (await here.signed("POST", MANUAL, borrow)).code == "0"

    within(story)
