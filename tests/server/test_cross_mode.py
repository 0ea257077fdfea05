"""Multi-currency margin as a client meets it: cross orders, their words, lists, bills and refusals.

carol has nothing before; 1 BTC and 20,000 USDT come by control call, BTC stands at 60,000.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.harness import World, within
from tests.server.test_across_a_reset import key_of

ACCOUNT = "/api/v5/account/"
TRADE = "/api/v5/trade/"
ORDER = {"instId": "BTC-USDT", "tdMode": "cross", "side": "buy", "ordType": "limit", "px": "60000", "sz": "0.5"}


class Carol:
    """A user in an account mode, and the calls of their key."""

    def __init__(self, here: World, key: Any) -> None:
        self.here, self.key = here, key

    async def get(self, target: str) -> Any:
        return (await self.here.signed("GET", target, key=self.key)).json()

    async def post(self, target: str, body: object) -> Any:
        return (await self.here.signed("POST", target, body, key=self.key)).json()

    async def order(self, **changes: str) -> Any:
        """Item of the answer to an order."""
        return (await self.post(TRADE + "order", {**ORDER, **changes}))["data"][0]

    async def detail(self, ccy: str) -> dict[str, Any]:
        (row,) = (await self.get(ACCOUNT + f"balance?ccy={ccy}"))["data"]
        return next(iter(row["details"]), {})


async def carol_in(here: World, mode: str, **coins: str) -> Carol:
    """carol, who holds these coins, in this mode."""
    await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "60000"})
    await here.control(
        "POST", "market/book", {"instId": "BTC-USDT", "bids": [["59999", "9"]], "asks": [["60000", "9"]]}
    )
    await here.control("POST", "users", {"name": "carol", "modes": ["3", "4"]})
    carol = Carol(here, await key_of(here, "carol"))
    for ccy, amt in (coins or {"BTC": "1", "USDT": "20000"}).items():
        body = {"account": "trading", "ccy": ccy, "amt": amt}
        assert (await here.control("POST", "users/carol/balance", body)).status == 200
    assert (await carol.post(ACCOUNT + "set-account-level", {"acctLv": mode}))["code"] == "0"
    return carol


def test_an_order_is_a_cross_one_of_the_margin_type() -> None:
    async def story(here: World) -> None:
        carol = await carol_in(here, "3")
        assert (await carol.order())["sCode"] == "0"
        assert (await carol.order(px="50000", sz="0.1"))["sCode"] == "0"
        (open_one,) = (await carol.get(TRADE + "orders-pending?instType=MARGIN"))["data"]
        assert (open_one["instType"], open_one["tdMode"], open_one["px"]) == ("MARGIN", "cross", "50000")
        assert (await carol.get(TRADE + "orders-pending?instType=SPOT"))["data"] == []
        (ended,) = (await carol.get(TRADE + "orders-history?instType=MARGIN"))["data"]
        assert (ended["instType"], ended["tdMode"], ended["state"]) == ("MARGIN", "cross", "filled")
        assert (await carol.get(TRADE + "orders-history?instType=SPOT"))["data"] == []
        (fill,) = (await carol.get(TRADE + "fills?instType=MARGIN"))["data"]
        assert (fill["instType"], fill["fillSz"]) == ("MARGIN", "0.5")
        one = (await carol.get(TRADE + f"order?instId=BTC-USDT&ordId={ended['ordId']}"))["data"][0]
        assert (one["instType"], one["tdMode"]) == ("MARGIN", "cross")

    within(story)


def test_borrowing_has_no_bills_and_no_rows_of_its_own() -> None:
    """0.5 BTC for 30,000 of 20,000 USDT; then a deposit of 4,000 fills the hole: trades and transfers tell it."""

    async def story(here: World) -> None:
        carol = await carol_in(here, "3")
        await carol.order()
        await here.control("POST", "users/carol/balance", {"account": "trading", "ccy": "USDT", "amt": "4000"})
        bills = (await carol.get(ACCOUNT + "bills?ccy=USDT"))["data"]
        assert [(row["type"], row["subType"], row["balChg"], row["bal"]) for row in bills] == [
            ("1", "11", "4000", "-6000"),
            ("2", "2", "-30000", "-10000"),
            ("1", "11", "20000", "20000"),
        ]
        assert (bills[1]["instType"], bills[1]["mgnMode"]) == ("MARGIN", "cross")
        history = await carol.get(ACCOUNT + "spot-borrow-repay-history")
        assert history["code"] == "51010"

    within(story)


def test_interest_names_the_margin_and_joins_the_balance() -> None:
    async def story(here: World) -> None:
        carol = await carol_in(here, "3")
        await carol.order()
        await here.control("POST", "clock/advance", {"by": "1h"})
        (row,) = (await carol.get(ACCOUNT + "interest-accrued"))["data"]
        names = ("ccy", "instId", "mgnMode", "type", "liab", "totalLiab", "interestFreeLiab")
        assert [row[name] for name in names] == ["USDT", "", "cross", "2", "10000", "10000", "0"]
        (bill,) = (await carol.get(ACCOUNT + "bills?ccy=USDT&type=7"))["data"]
        assert (bill["subType"], bill["balChg"]) == ("9", "-" + row["interest"])

    within(story)


@pytest.mark.parametrize("mode", ["cash", "isolated", "spot_isolated"])
def test_a_trade_mode_of_another_account_mode_is_an_item_with_the_observed_text(mode: str) -> None:
    async def story(here: World) -> None:
        carol = await carol_in(here, "3")
        item = await carol.order(tdMode=mode)
        assert (item["sCode"], item["sMsg"]) == ("51000", "Parameter tdMode  error ")
        spot = (await here.signed("POST", TRADE + "order", {**ORDER})).json()["data"][0]
        assert spot["sCode"] == "51010"

    within(story)


def test_a_market_order_takes_no_other_unit_than_its_own() -> None:
    async def story(here: World) -> None:
        carol = await carol_in(here, "3")
        market = {"ordType": "market", "px": ""}
        assert (await carol.order(**market, tgtCcy="base_ccy"))["sCode"] == "59110"
        assert (await carol.order(**market, side="sell", tgtCcy="quote_ccy"))["sCode"] == "59110"
        assert (await carol.order(**market, sz="60", tgtCcy="quote_ccy"))["sCode"] == "0"
        assert (await carol.order(**market, side="sell", sz="0.001", tgtCcy="base_ccy"))["sCode"] == "0"

    within(story)


async def lever_of(here: World, **changes: object) -> None:
    assert (await here.control("POST", "parameters", changes)).status == 200


def test_sub_codes_tell_the_limits_apart_on_the_later_surface() -> None:
    async def story(here: World) -> None:
        carol = await carol_in(here, "3")
        seen = {}

        async def refused(name: str, **changes: str) -> None:
            item = await carol.order(**changes)
            seen[name] = (item["sCode"], item["subCode"])

        await refused("margin", px="50000", sz="6")
        await carol.post(ACCOUNT + "set-leverage", {"ccy": "USDT", "mgnMode": "cross", "lever": "10"})
        await refused("tier", px="50000", sz="2.5")
        await carol.post(ACCOUNT + "set-leverage", {"ccy": "USDT", "mgnMode": "cross", "lever": "3"})
        await lever_of(here, currencies={"USDT": {"quota": "20000"}})
        await refused("quota", px="50000", sz="1")
        await lever_of(here, currencies={"USDT": {"quota": "500000"}})
        await carol.post(ACCOUNT + "set-auto-loan", {"autoLoan": False})
        await refused("auto-loan", px="50000", sz="1")
        assert seen == {
            "margin": ("51008", "1001"),
            "tier": ("51008", "1017"),
            "quota": ("51008", "1019"),
            "auto-loan": ("51008", "1002"),
        }

    within(story, surface="2026-08")


def test_calls_of_spot_mode_are_refused_here_and_the_other_way_round() -> None:
    async def story(here: World) -> None:
        carol = await carol_in(here, "3")
        manual = {"ccy": "USDT", "side": "borrow", "amt": "100"}
        assert (await carol.post(ACCOUNT + "spot-manual-borrow-repay", manual))["code"] == "51010"
        assert (await carol.post(ACCOUNT + "set-auto-repay", {"autoRepay": True}))["code"] == "51010"
        assert (await carol.get(ACCOUNT + "spot-borrow-repay-history"))["code"] == "51010"
        assert (await here.signed("POST", ACCOUNT + "set-auto-loan", {"autoLoan": True})).code == "51010"
        body = {"type": "all", "collateralEnabled": True}
        assert (await here.signed("POST", ACCOUNT + "set-collateral-assets", body)).code == "51010"

    within(story)


def test_auto_loan_is_switched_and_told() -> None:
    async def story(here: World) -> None:
        carol = await carol_in(here, "3")
        assert (await carol.get(ACCOUNT + "config"))["data"][0]["autoLoan"] is True
        await carol.order(px="50000")
        assert (await carol.post(ACCOUNT + "set-auto-loan", {"autoLoan": False}))["code"] == "59000"
        (order,) = (await carol.get(TRADE + "orders-pending"))["data"]
        await carol.post(TRADE + "cancel-order", {"instId": "BTC-USDT", "ordId": order["ordId"]})
        assert (await carol.post(ACCOUNT + "set-auto-loan", {"autoLoan": False}))["data"] == [{"autoLoan": False}]
        seq = (await here.seq_and_hash())[0]
        assert (await carol.post(ACCOUNT + "set-auto-loan", {"autoLoan": False}))["data"] == [{"autoLoan": False}]
        assert (await here.seq_and_hash())[0] == seq
        assert (await carol.post(ACCOUNT + "set-auto-loan", {}))["data"] == [{"autoLoan": True}]

    within(story)


def test_a_coin_taken_out_of_the_collateral_counts_nothing() -> None:
    async def story(here: World) -> None:
        carol = await carol_in(here, "3")

        async def choose(**body: object) -> Any:
            return await carol.post(ACCOUNT + "set-collateral-assets", body)

        body = {"type": "custom", "collateralEnabled": False, "ccyList": ["BTC"]}
        assert (await choose(**body))["data"] == [{**body}]
        shown = (await carol.get(ACCOUNT + "collateral-assets?ccy=BTC,ETH"))["data"]
        assert shown == [{"ccy": "BTC", "collateralEnabled": False}, {"ccy": "ETH", "collateralEnabled": True}]
        assert (await carol.order())["sCode"] == "51008"
        assert (await choose(type="all", collateralEnabled=True))["data"][0]["ccyList"][:2] == ["BTC", "ETH"]
        assert (await carol.order())["sCode"] == "0"

    within(story)


def test_each_refusal_of_a_choice_of_collateral() -> None:
    async def story(here: World) -> None:
        carol = await carol_in(here, "3")
        url = ACCOUNT + "set-collateral-assets"

        async def out(*ccys: str) -> Any:
            return (await carol.post(url, {"type": "custom", "collateralEnabled": False, "ccyList": list(ccys)}))[
                "code"
            ]

        assert await out() == "50014"
        assert await out("NOPE") == "51012"
        await lever_of(here, currencies={"DOT": {"collateral": False}})
        assert await out("DOT") == "59658"
        assert await out("USDT") == "59661"
        await carol.order(instId="ETH-USDT", side="sell", ordType="market", px="", sz="0.1")
        assert await out("ETH") == "59664"
        await carol.order(side="sell", px="70000", sz="0.1")
        assert await out("BTC") == "59662"
        (order,) = (await carol.get(TRADE + "orders-pending"))["data"]
        await carol.post(TRADE + "cancel-order", {"instId": "BTC-USDT", "ordId": order["ordId"]})
        await here.control("POST", "users/carol/balance", {"account": "trading", "ccy": "USDT", "amt": "-20200"})
        assert await out("BTC") == "59665"

    within(story)


def test_a_transfer_may_borrow_and_its_largest_size_is_tight() -> None:
    async def story(here: World) -> None:
        carol = await carol_in(here, "3")

        async def move(amt: str, **more: object) -> str:
            body = {"ccy": "USDT", "amt": amt, "from": "18", "to": "6", **more}
            code: str = (await carol.post("/api/v5/asset/transfer", body))["code"]
            return code

        (row,) = (await carol.get(ACCOUNT + "max-withdrawal?ccy=USDT"))["data"]
        # Own coins; with a loan x: 58,800 + 20,000 - x = (x - 20,000) / 3
        assert (row["maxWd"], row["maxWdEx"]) == ("20000", "64100")
        assert await move("20000.0000000000000001") == "58116"
        assert await move("64100.0000000000000001", loanTrans=True) == "58121"
        assert await move("600000", loanTrans=True) == "58116"
        assert await move("64100", loanTrans=True) == "0"
        assert (await carol.detail("USDT"))["liab"] == "44100"
        await carol.post(ACCOUNT + "set-auto-loan", {"autoLoan": False})
        assert await move("1") == "58117"

    within(story)


def test_coins_leave_for_a_sub_account_under_the_same_rules() -> None:
    """1 BTC and 20,000 USDT, of which 30,000 are spent on 0.5 BTC: 1.4995 BTC count 88,170.6, less 10,000 owed.

    imr is 10,000 / 3. So 1.27 BTC may leave: 0.2295 x 58,800 = 13,494.6 is just above 13,333.33; 1.28 may not.
    """

    async def story(here: World) -> None:
        carol = await carol_in(here, "3")
        await here.control("POST", "users", {"name": "csub", "master": "carol", "modes": ["3"]})
        assert (await carol.order())["sCode"] == "0"

        async def give(amt: str, **more: object) -> str:
            body = {"ccy": "BTC", "amt": amt, "from": "18", "to": "18", "type": "1", "subAcct": "csub", **more}
            code: str = (await carol.post("/api/v5/asset/transfer", body))["code"]
            return code

        (most,) = (await carol.get(ACCOUNT + "max-withdrawal?ccy=BTC"))["data"]
        assert "1.27" < most["maxWd"] < "1.28"
        assert (await give("1.4995000000000001"), await give("1.28"), await give("1.27")) == ("58116", "58121", "0")
        await carol.post(ACCOUNT + "set-auto-loan", {"autoLoan": False})
        assert await give("0.0001") == "58117"
        body = {"ccy": "BTC", "amt": "0.5", "from": "18", "to": "18", "type": "2", "subAcct": "csub"}
        assert (await carol.post("/api/v5/asset/transfer", body))["code"] == "0", "what comes in is not asked"
        assert (await carol.detail("BTC"))["availBal"] == "0.7295"

    within(story)


def test_sizes_answer_for_cross_orders() -> None:
    async def story(here: World) -> None:
        carol = await carol_in(here, "3")
        (size,) = (await carol.get(ACCOUNT + "max-size?instId=BTC-USDT&tdMode=cross&px=60000"))["data"]
        assert (await carol.order(sz=size["maxBuy"], px="60000", ordType="fok"))["sCode"] == "0"
        assert (await carol.get(ACCOUNT + "max-size?instId=BTC-USDT&tdMode=cash"))["code"] == "51000"
        assert (await carol.get(ACCOUNT + "max-loan?mgnMode=cross&ccy=USDT"))["code"] == "50014"
        loans = (await carol.get(ACCOUNT + "max-loan?mgnMode=cross&instId=BTC-USDT"))["data"]
        assert [row["ccy"] for row in loans] == ["BTC", "USDT"]

    within(story)


def test_margin_pairs_are_listed() -> None:
    async def story(here: World) -> None:
        margin = (await here.ask("GET", "/api/v5/public/instruments?instType=MARGIN")).json()["data"]
        spot = (await here.ask("GET", "/api/v5/public/instruments?instType=SPOT")).json()["data"]
        assert [row["instId"] for row in margin] == [row["instId"] for row in spot]
        assert {(row["instType"], row["lever"]) for row in margin} == {("MARGIN", "10")}

    within(story)


def test_limits_tell_what_open_orders_would_borrow() -> None:
    async def story(here: World) -> None:
        carol = await carol_in(here, "3")
        await carol.order(px="50000")
        (row,) = (await carol.get(ACCOUNT + "interest-limits?ccy=USDT"))["data"]
        (record,) = row["records"]
        assert (record["potentialBorrowingAmt"], record["interestFreeLiab"], record["usedLmt"]) == (
            "5000",
            "0",
            "0.00000000",
        )

    within(story)


def test_the_frozen_margin_may_leave_the_debts_out() -> None:
    """10,000 USDT are owed at leverage 3, nothing is ordered: `imr` carries the debt whatever `borrowFroz` shows."""

    async def story(here: World) -> None:
        carol = await carol_in(here, "3")
        await carol.order()
        for shown in (True, False):
            await lever_of(here, constants={"borrow_froz_debts": shown})
            (row,) = (await carol.get(ACCOUNT + "balance"))["data"]
            (usdt,) = (one for one in row["details"] if one["ccy"] == "USDT")
            margin = "3333.333333333333333334"
            frozen = margin if shown else "0"
            assert (row["imr"], row["borrowFroz"], usdt["borrowFroz"]) == (margin, frozen, frozen)

    within(story)
