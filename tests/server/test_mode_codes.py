"""Codes of account modes: each that the documents print for what this venue has is reached by a test, named here."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from tests.server.harness import World, within
from tests.server.in_modes import ACCOUNT, TRADE, alice_in, sell
from tests.server.test_cross_mode import Carol, carol_in, lever_of

SWITCH = ("test_account_modes", "test_a_switch_that_is_refused_says_why")
CHOICE = ("test_cross_mode", "test_each_refusal_of_a_choice_of_collateral")
LEAVING = ("test_cross_mode", "test_a_transfer_may_borrow_and_its_largest_size_is_tight")
LIMITS = ("test_cross_mode", "test_sub_codes_tell_the_limits_apart_on_the_later_surface")
AT_ONCE = ("test_account_modes", "test_refusals_of_one_click_repay_v1")
AT_ONCE_OFF = ("test_account_modes", "test_one_click_repay_v1_that_is_switched_off_or_paid_by_a_coin_taken_out")
NEWER = ("test_account_modes", "test_one_click_repay_v2_in_multi_currency_margin_on_the_later_surface")
REACHED_BY = {
    **dict.fromkeys(("51070", "59133", "59132", "59641", "59114", "59113"), SWITCH),
    "59001": ("test_mode_codes", "test_debts_and_open_orders_stand_in_the_way_of_a_switch"),
    "59139": ("test_account_modes", "test_a_margin_that_does_not_carry_the_debts_in_the_other_mode"),
    "51010": ("test_account_modes", "test_calls_of_other_modes_are_refused_in_each_mode"),
    "51000": ("test_cross_mode", "test_a_trade_mode_of_another_account_mode_is_an_item_with_the_observed_text"),
    "59110": ("test_cross_mode", "test_a_market_order_takes_no_other_unit_than_its_own"),
    "59000": ("test_cross_mode", "test_auto_loan_is_switched_and_told"),
    **dict.fromkeys(("51008", "1001", "1002", "1017", "1019"), LIMITS),
    "1007": ("test_mode_codes", "test_an_empty_pool_has_a_sub_code"),
    "1010": ("test_mode_codes", "test_an_account_below_its_margin_has_a_sub_code"),
    **dict.fromkeys(("59658", "59661", "59662", "59664", "59665"), CHOICE),
    **dict.fromkeys(("58116", "58117", "58121"), LEAVING),
    **dict.fromkeys(("59117", "59125", "59413"), AT_ONCE),
    **dict.fromkeys(("59140", "59119"), AT_ONCE_OFF),
    "51625": NEWER,
}
"""Code or sub code -> module and function of a test in which it is an expected answer."""


@pytest.mark.parametrize("code", REACHED_BY)
def test_the_named_test_expects_the_code(code: str) -> None:
    module, name = REACHED_BY[code]
    tree = ast.parse(Path(__file__).with_name(f"{module}.py").read_text(encoding="utf-8"))
    (found,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    assert code in {node.value for node in ast.walk(found) if isinstance(node, ast.Constant)}


async def switch_to(carol: Carol, mode: str) -> str:
    code: str = (await carol.post(ACCOUNT + "set-account-level", {"acctLv": mode}))["code"]
    return code


async def obstacles(carol: Carol, mode: str) -> list[str]:
    (row,) = (await carol.get(ACCOUNT + f"set-account-switch-precheck?acctLv={mode}"))["data"]
    return [one["type"] for one in row["unmatchedInfoCheck"]]


def test_debts_and_open_orders_stand_in_the_way_of_a_switch() -> None:
    """10,000 USDT are owed: that keeps carol from Spot mode alone. An open order keeps her from every other mode."""

    async def story(here: World) -> None:
        carol = await carol_in(here, "3")
        await carol.order()
        assert (await switch_to(carol, "1"), await obstacles(carol, "1")) == ("59001", ["repay_borrowings"])
        assert await obstacles(carol, "4") == []
        await carol.order(px="50000", sz="0.01")
        assert (await switch_to(carol, "4"), await obstacles(carol, "4")) == ("59132", ["pending_orders"])
        assert await obstacles(carol, "1") == ["pending_orders", "repay_borrowings"]
        assert await switch_to(carol, "1") == "59132"

    within(story)


def test_an_empty_pool_has_a_sub_code() -> None:
    async def story(here: World) -> None:
        carol = await carol_in(here, "3")
        pools = (await here.control("GET", "pools")).json()["pools"]
        (pool,) = (pool for pool in pools if pool["ccy"] == "USDT")
        out = f"-{float(pool['free']) - 5_000:.0f}"
        assert (await here.control("POST", "pools", {"ccy": "USDT", "amt": out})).status == 200
        item = await carol.order()
        assert (item["sCode"], item["subCode"]) == ("51008", "1007")

    within(story, surface="2026-08")


def test_an_account_below_its_margin_has_a_sub_code() -> None:
    """2 BTC and 60,000 USDT owed: at 35,000 adjEq is 68,600 - 60,000 = 8,600 and imr 20,000. More debt is refused."""

    async def story(here: World) -> None:
        carol = await carol_in(here, "3", BTC="1")
        assert (await carol.order(sz="1"))["sCode"] == "0"
        await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "35000"})
        item = await carol.order(px="34000", sz="0.1")
        assert (item["sCode"], item["subCode"]) == ("51008", "1010")
        assert (await carol.order(side="sell", px="36000", sz="0.1"))["sCode"] == "0"

    within(story, surface="2026-08")


def test_a_refused_choice_of_collateral_names_one_two_three_and_more_coins() -> None:
    """Texts of the error table, by the number of coins."""

    async def story(here: World) -> None:
        carol = await carol_in(here, "3")

        async def said(*ccys: str) -> Any:
            body = {"type": "custom", "collateralEnabled": False, "ccyList": list(ccys)}
            answer = await carol.post(ACCOUNT + "set-collateral-assets", body)
            return answer["code"], answer["msg"]

        coins = ("ETH", "SOL", "DOT", "LTC")
        for ccy in coins:
            await here.control("POST", "market/price", {"instId": f"{ccy}-USDT", "px": "100"})
            sale = await carol.order(instId=f"{ccy}-USDT", side="sell", ordType="market", px="", sz="1")
            assert sale["sCode"] == "0", sale
        owed = "Failed to apply settings because you have borrowings in "
        assert await said("ETH") == ("59664", owed + "ETH.")
        assert await said("ETH", "SOL") == ("59664", owed + "ETH and SOL.")
        assert await said("ETH", "SOL", "DOT") == ("59664", owed + "ETH, SOL, and DOT.")
        assert await said(*coins) == ("59664", owed + "ETH, SOL, DOT, and 1 other crypto.")
        await carol.order(side="sell", px="70000", sz="0.1")
        await carol.order(instId="ADA-USDT", side="sell", px="5", sz="10")
        held = "Failed to apply settings because of open orders or positions requiring "
        assert await said("BTC") == ("59662", held + "BTC as collateral.")
        assert await said("BTC", "ADA") == ("59662", held + "BTC and ADA as collateral.")
        await lever_of(here, currencies={ccy: {"collateral": False} for ccy in ("DOT", "LTC")})
        assert await said("DOT") == ("59658", "DOT isn’t supported as collateral.")
        assert await said("DOT", "LTC") == ("59658", "DOT and LTC aren’t supported as collateral.")

    within(story)


def test_portfolio_margin_repays_by_v2_is_calm_and_offsets_nothing() -> None:
    """0.1 BTC are owed; a leg buys them with USDT. Nothing is offset, so both pairs of largest transfers agree."""

    async def story(here: World) -> None:
        await alice_in(here, "4")
        (begun,) = (await here.signed("GET", ACCOUNT + "balance?ccy=BTC")).json()["data"]
        await sell(here, "BTC-USDT", f"{float(begun['details'][0]['availBal']) + 0.1:.8f}")
        body = {"debtCcy": "BTC", "repayCcyList": ["USDT"]}
        assert (await here.signed("POST", TRADE + "one-click-repay-v2", body)).code == "0"
        await here.control("POST", "clock/advance", {"by": "60s"})
        (run,) = (await here.signed("GET", TRADE + "one-click-repay-history-v2")).json()["data"]
        assert run["status"] == "filled"
        (risk,) = (await here.signed("GET", ACCOUNT + "risk-state")).json()["data"]
        assert (risk["atRisk"], risk["atRiskIdx"], risk["atRiskMgn"]) == (False, [], [])
        (out,) = (await here.signed("GET", ACCOUNT + "max-withdrawal?ccy=USDT")).json()["data"]
        assert (out["spotOffsetMaxWd"], out["spotOffsetMaxWdEx"]) == (out["maxWd"], out["maxWdEx"])
        assert float(out["maxWd"]) > 0

    within(story, surface="2026-08")
