"""Account modes over HTTP: the switch with its preset and precheck, one-click repay v1, and its bills."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.server.harness import World, within
from tests.server.in_modes import ACCOUNT, TRADE, alice_in, repay, sell
from tests.server.test_across_a_reset import key_of

LEVEL = ACCOUNT + "set-account-level"
PRECHECK = ACCOUNT + "set-account-switch-precheck?acctLv="


async def dora(here: World, **coins: str) -> Any:
    """Key of a user with these coins, for whom both modes are open; BTC stands at 60,000."""
    await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "60000"})
    await here.control("POST", "users", {"name": "dora", "modes": ["3", "4"]})
    await here.control("POST", "users/dora/spot-borrow", {"enabled": True})
    for ccy, amt in coins.items():
        await here.control("POST", "users/dora/balance", {"account": "trading", "ccy": ccy, "amt": amt})
    return await key_of(here, "dora")


async def data(here: World, target: str, key: Any = None) -> list[dict[str, Any]]:
    answer = (await here.signed("GET", target, key=key)).json()
    assert answer["code"] == "0", answer
    found: list[dict[str, Any]] = answer["data"]
    return found


def test_a_switch_as_a_client_makes_it() -> None:
    """There is nothing to preset, and the precheck of a mode says what the switch then does."""

    async def story(here: World) -> None:
        key = await dora(here, USDT="10000")
        (passes,) = await data(here, PRECHECK + "3", key)
        assert passes == {
            "acctLv": "3",
            "curAcctLv": "1",
            "mgnAft": {"acctAvailEq": "10000", "details": [], "mgnRatio": ""},
            "mgnBf": {"acctAvailEq": "", "details": [], "mgnRatio": ""},
            "posList": [],
            "posTierCheck": [],
            "riskOffsetType": "",
            "sCode": "0",
            "unmatchedInfoCheck": [],
        }
        assert (await here.signed("POST", LEVEL, {"acctLv": "3"}, key=key)).json() == {
            "code": "0",
            "data": [{"acctLv": "3"}],
            "msg": "",
        }
        (config,) = await data(here, ACCOUNT + "config", key)
        assert (config["acctLv"], config["autoLoan"]) == ("3", True)
        preset = await here.signed("POST", ACCOUNT + "account-level-switch-preset", {"acctLv": "4"}, key=key)
        assert preset.json()["data"] == [{"acctLv": "4", "curAcctLv": "3", "lever": "", "riskOffsetType": ""}]
        before = await here.seq_and_hash()
        assert (await here.signed("POST", LEVEL, {"acctLv": "3"}, key=key)).code == "0"
        assert await here.seq_and_hash() == before, "the present mode again"

    within(story)


def test_a_preset_promises_no_mode_that_is_closed() -> None:
    """Multi-currency margin alone is open to erin: what the switch refuses, its preset and its precheck refuse too.

    The documents let a preset name modes 2, 3 and 4, from any mode but Spot.
    """

    async def story(here: World) -> None:
        await here.control("POST", "users", {"name": "erin", "modes": ["3"]})
        await here.control("POST", "users/erin/balance", {"account": "trading", "ccy": "USDT", "amt": "10000"})
        key = await key_of(here, "erin")

        async def codes(mode: str) -> list[str]:
            body = {"acctLv": mode}
            preset = await here.signed("POST", ACCOUNT + "account-level-switch-preset", body, key=key)
            precheck = await here.signed("GET", PRECHECK + mode, key=key)
            return [preset.code, precheck.code, (await here.signed("POST", LEVEL, body, key=key)).code]

        assert await codes("3") == ["51010", "0", "0"]
        for mode, code in (("2", "51070"), ("4", "51070"), ("3", "0")):
            assert await codes(mode) == [code] * 3
        await here.control("POST", "users/erin/modes", {"open": ["4"]})
        assert await codes("4") == ["0"] * 3

    within(story)


def test_what_has_no_contracts_keeps_positions_in_the_one_way_that_config_shows() -> None:
    """`posMode` is a setting of modes 2 to 4 (documented); the present value may be chosen again, as of other settings.

    Calls that no mode has here do not send their caller to another mode, nor is there isolated margin to borrow in.
    """

    async def story(here: World) -> None:
        await alice_in(here, "3")
        before = await here.seq_and_hash()
        body = {"posMode": (await data(here, ACCOUNT + "config"))[0]["posMode"]}
        told = await here.signed("POST", ACCOUNT + "set-position-mode", body)
        assert (told.code, told.json()["data"]) == ("0", [{"posMode": "net_mode"}])
        hedged = await here.signed("POST", ACCOUNT + "set-position-mode", {"posMode": "long_short_mode"})
        assert (hedged.code, hedged.headers[b"x-tally-reason"]) == ("51010", b"there are no positions here")
        assert (await here.signed("POST", ACCOUNT + "set-position-mode", body, key=here.bob)).code == "51010"
        refused = await here.signed("POST", TRADE + "close-position", {"instId": "BTC-USDT", "mgnMode": "cross"})
        assert (refused.code, refused.headers[b"x-tally-reason"]) == ("51010", b"no account mode has this call here")
        loans = ACCOUNT + "max-loan?instId=BTC-USDT&mgnMode="
        assert [(await here.signed("GET", loans + one)).code for one in ("cross", "isolated")] == ["0", "51010"]
        assert await here.seq_and_hash() == before

    within(story)


def test_a_switch_of_an_account_with_many_rows_is_quick() -> None:
    """A thousand bills do not matter to a switch: the quickest of ten takes less than 5 ms of CPU."""

    async def story(here: World) -> None:
        key = await dora(here, USDT="10000", BTC="1")
        for _ in range(1_000):
            await here.control("POST", "users/dora/balance", {"account": "trading", "ccy": "BTC", "amt": "0.001"})
        assert len(await data(here, ACCOUNT + "bills?ccy=BTC&limit=100", key)) == 100
        took = []
        for mode in ("3", "4") * 5:
            begun = time.process_time()
            assert (await here.signed("POST", LEVEL, {"acctLv": mode}, key=key)).code == "0"
            took.append(time.process_time() - begun)
        assert min(took) < 0.005

    within(story)


def test_a_switch_that_is_refused_says_why() -> None:
    async def story(here: World) -> None:
        key = await dora(here, USDT="9999.99")
        (poor,) = await data(here, PRECHECK + "4", key)
        assert poor["unmatchedInfoCheck"] == [{"posList": [], "totalAsset": "9999.99", "type": "asset_validation"}]
        refused = await here.signed("POST", LEVEL, {"acctLv": "4"}, key=key)
        assert refused.code == "59133"
        reason = refused.headers[b"x-tally-reason"].decode()
        assert reason.startswith("the trading account is worth 9999.99 USD; 10000 is needed")
        assert (await here.signed("POST", LEVEL, {"acctLv": "2"}, key=key)).code == "51070"
        assert (await here.signed("POST", LEVEL, {"acctLv": "3"}, key=here.bob)).code == "51070"
        for item, code in (
            ("compliance_kyc2", "59113"),
            ("compliance_restriction", "59114"),
            ("vip_fixed_loan", "59641"),
            ("pending_algos", "59132"),
        ):
            await here.control("POST", "users/dora/balance", {"account": "trading", "ccy": "USDT", "amt": "1"})
            await here.control("POST", "users/dora/obstacles", {"obstacles": [item]})
            (row,) = await data(here, PRECHECK + "3", key)
            assert [one["type"] for one in row["unmatchedInfoCheck"]] == [item]
            assert (await here.signed("POST", LEVEL, {"acctLv": "3"}, key=key)).code == code

    within(story)


def test_a_margin_that_does_not_carry_the_debts_in_the_other_mode() -> None:
    """2 BTC, of which one is bought with 60,000 USDT that are owed: at leverage 3 they need 20,000.

    At 35,000 the coins count 0.98 x 70,000 = 68,600, so that 8,600 are left.
    """

    async def story(here: World) -> None:
        key = await dora(here, BTC="1")
        await here.control("POST", "market/book", {"instId": "BTC-USDT", "bids": [], "asks": [["60000", "9"]]})
        assert (await here.signed("POST", LEVEL, {"acctLv": "3"}, key=key)).code == "0"
        body = {"instId": "BTC-USDT", "tdMode": "cross", "side": "buy", "ordType": "limit", "px": "60000", "sz": "1"}
        (item,) = (await here.signed("POST", TRADE + "order", body, key=key)).json()["data"]
        assert item["sCode"] == "0", item
        assert (await data(here, PRECHECK + "4", key))[0]["sCode"] == "0"
        await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "35000"})
        (row,) = await data(here, PRECHECK + "4", key)
        assert (row["sCode"], row["unmatchedInfoCheck"]) == ("4", [])
        assert row["mgnBf"] == row["mgnAft"]
        assert row["mgnAft"]["acctAvailEq"].startswith("-")
        assert (await here.signed("POST", LEVEL, {"acctLv": "4"}, key=key)).code == "59139"

    within(story)


def test_calls_of_other_modes_are_refused_in_each_mode() -> None:
    async def story(here: World) -> None:
        await alice_in(here, "3")
        borrow = {"ccy": "USDT", "side": "borrow", "amt": "100"}
        for path, body in (("spot-manual-borrow-repay", borrow), ("set-auto-repay", {"autoRepay": True})):
            assert (await here.signed("POST", ACCOUNT + path, body)).code == "51010"
        assert (await here.signed("GET", ACCOUNT + "spot-borrow-repay-history")).code == "51010"
        for name in ("currency-list-v2", "history-v2"):
            assert (await here.signed("GET", TRADE + "one-click-repay-" + name)).code == "51010"
        assert (await here.signed("GET", TRADE + "one-click-repay-currency-list", key=here.bob)).code == "51010"

    within(story)


def test_one_click_repay_v1_as_a_client_sees_it() -> None:
    """0.1 BTC is owed and costs 6,003 USDT: 60,000 and a half-spread of 0.0005; funding pays what trading lacks."""

    async def story(here: World) -> None:
        await alice_in(here, "3")
        (begun,) = await data(here, ACCOUNT + "balance")
        held = {one["ccy"]: one["availBal"] for one in begun["details"]}
        await sell(here, "BTC-USDT", f"{float(held['BTC']) + 0.1:.8f}")
        (listed,) = await data(here, TRADE + "one-click-repay-currency-list")
        assert listed["debtType"] == "cross"
        (debt,) = listed["debtData"]
        assert debt["debtCcy"] == "BTC"
        assert "BTC" not in [one["repayCcy"] for one in listed["repayData"]]
        assert await data(here, TRADE + "one-click-repay-currency-list?debtType=isolated") == []
        (usdt,) = (await data(here, ACCOUNT + "balance?ccy=USDT"))[0]["details"]
        out = f"-{float(usdt['availBal']) - 1000:.6f}"
        await here.control("POST", "users/alice/balance", {"account": "trading", "ccy": "USDT", "amt": out})
        await here.control("POST", "users/alice/balance", {"account": "funding", "ccy": "USDT", "amt": "10000"})
        (row,) = (await repay(here, ["BTC"], "USDT"))["data"]
        assert (row["fillDebtSz"], row["status"]) == (debt["debtAmt"], "filled")
        (kept,) = await data(here, TRADE + "one-click-repay-history")
        assert kept["fillDebtSz"] == f"{row['fillDebtSz']}{'0' * (18 - len(row['fillDebtSz']))}"
        assert (kept["debtCcy"], kept["repayCcy"], kept["status"]) == ("BTC", "USDT", "filled")
        bills = await data(here, ACCOUNT + "bills?type=29")
        assert {(one["ccy"], one["subType"]) for one in bills} == {("BTC", "224"), ("USDT", "225")}
        (funded,) = [one for one in await data(here, "/api/v5/asset/bills?limit=1") if one["ccy"] == "USDT"]
        assert funded["type"] == "179"
        (after,) = await data(here, TRADE + "one-click-repay-currency-list")
        assert after["debtData"] == []

    within(story)


def test_one_click_repay_v2_in_multi_currency_margin_on_the_later_surface() -> None:
    """Its legs are orders of the margin type; what they bring fills the hole, and no row of borrowing tells it."""

    async def story(here: World) -> None:
        await alice_in(here, "3")
        await here.control("POST", "market/price", {"instId": "ETH-USDT", "px": "3000"})
        (begun,) = await data(here, ACCOUNT + "balance?ccy=BTC")
        await sell(here, "BTC-USDT", f"{float(begun['details'][0]['availBal']) + 0.1:.8f}")
        (listed,) = await data(here, TRADE + "one-click-repay-currency-list-v2")
        (debt,) = listed["debtData"]
        assert debt["debtCcy"] == "BTC"
        body = {"debtCcy": "BTC", "repayCcyList": ["ETH", "USDT"]}
        await here.signed("POST", ACCOUNT + "set-auto-loan", {"autoLoan": False})
        assert (await here.signed("POST", TRADE + "one-click-repay-v2", body)).code == "51625"
        await here.signed("POST", ACCOUNT + "set-auto-loan", {"autoLoan": True})
        out = {"type": "custom", "collateralEnabled": False, "ccyList": ["ETH"]}
        assert (await here.signed("POST", ACCOUNT + "set-collateral-assets", out)).code == "0"
        assert (await here.signed("POST", TRADE + "one-click-repay-v2", body)).code == "59140"
        back = {**out, "collateralEnabled": True}
        assert (await here.signed("POST", ACCOUNT + "set-collateral-assets", back)).code == "0"
        assert (await here.signed("POST", TRADE + "one-click-repay-v2", body)).code == "0"
        running = await data(here, PRECHECK + "4")
        assert [one["type"] for one in running[0]["unmatchedInfoCheck"]] == ["pending_orders"]
        await here.control("POST", "clock/advance", {"by": "60s"})
        (run,) = await data(here, TRADE + "one-click-repay-history-v2")
        assert (run["status"], run["fillDebtSz"]) == ("filled", debt["debtAmt"])
        legs = await data(here, TRADE + f"orders-history?instType=MARGIN&limit={len(run['ordIdInfo'])}")
        assert [leg["ordId"] for leg in legs] == [leg["ordId"] for leg in run["ordIdInfo"]]
        assert {(leg["instType"], leg["tdMode"]) for leg in legs} == {("MARGIN", "cross")}
        (left,) = await data(here, ACCOUNT + "balance?ccy=BTC")
        assert left["details"] == [] or left["details"][0]["liab"] == "0"
        told = await here.control("POST", "parameters", {"constants": {"margin_repay_history": False}})
        assert told.status == 200
        for name, code in (("history-v2", "51010"), ("currency-list-v2", "0"), ("currency-list", "0")):
            assert (await here.signed("GET", TRADE + "one-click-repay-" + name)).code == code
        assert (await here.signed("POST", ACCOUNT + "set-account-level", {"acctLv": "1"})).code == "0"
        (again,) = await data(here, TRADE + "one-click-repay-history-v2")
        assert again == run

    within(story, surface="2026-08")


@pytest.mark.parametrize(
    ("debts", "coin", "code"),
    [
        (["BTC", "NOPE"], "USDT", "51012"),
        (["BTC", "ETH", "SOL", "ADA", "DOT", "LTC"], "USDT", "59117"),
        (["BTC", "USDT"], "USDT", "59125"),
        (["BTC", "ETH"], "USDT", "59413"),
        (["BTC"], "DOGE", "51008"),
    ],
)
def test_refusals_of_one_click_repay_v1(debts: list[str], coin: str, code: str) -> None:
    async def story(here: World) -> None:
        await alice_in(here, "3")
        await here.control("POST", "market/price", {"instId": "DOGE-USDT", "px": "0.1"})
        await sell(here, "BTC-USDT", "1.5")
        assert (await repay(here, debts, coin))["code"] == code

    within(story)


def test_one_click_repay_v1_that_is_switched_off_or_paid_by_a_coin_taken_out() -> None:
    async def story(here: World) -> None:
        await alice_in(here, "3")
        await sell(here, "BTC-USDT", "1.5")
        out = {"type": "custom", "collateralEnabled": False, "ccyList": ["ETH"]}
        assert (await here.signed("POST", ACCOUNT + "set-collateral-assets", out)).code == "0"
        assert (await repay(here, ["BTC"], "ETH"))["code"] == "59140"
        await here.control("POST", "parameters", {"constants": {"repay_enabled": False}})
        assert (await repay(here, ["BTC"], "USDT"))["code"] == "59119"

    within(story)
