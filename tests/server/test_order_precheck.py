"""Precheck of an order in multi-currency and portfolio margin: its figures, its refusals, and that it changes nothing.

The numbers of the first test are those of docs/rules/account-modes.md#worked-purchase: 1 BTC at 60,000 and 10,000 USDT,
leverage 3, fee 0.1 %, and a purchase of 1 BTC. BTC counts in full up to 5 BTC, at 0.98 (discount tiers).
"""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

import pytest

from tallystick.engine import trial
from tallystick.engine.state import State
from tests.server.harness import World, within
from tests.server.test_cross_mode import ACCOUNT, ORDER, TRADE, Carol, carol_in

PRECHECK = TRADE + "order-precheck"
FIGURES = ("adjEq", "imr", "mmr", "mgnRatio")


async def checked(carol: Carol, **changes: str) -> Any:
    """Row of the precheck of an order, which must be there and change nothing."""
    before = await carol.here.seq_and_hash()
    answer = await carol.post(PRECHECK, {**ORDER, **changes})
    assert await carol.here.seq_and_hash() == before
    assert answer["code"] == "0", answer
    (row,) = answer["data"]
    return row


async def account(carol: Carol) -> dict[str, Decimal]:
    """Figures of the balance, where no ratio is 0."""
    (row,) = (await carol.get(ACCOUNT + "balance"))["data"]
    return {name: Decimal(row[name] or 0) for name in FIGURES}


def test_a_purchase_on_credit() -> None:
    """50,000 USDT are borrowed: imr 16,666.67 at leverage 3 and mmr 1,000, the tier's 2 %; adjEq falls by hair and fee.

    1.999 BTC at 60,000 count 0.98 and leave -50,000: 67,541.2; before 58,800 and 10,000, 68,800.
    """

    async def story(here: World) -> None:
        carol = await carol_in(here, "3", BTC="1", USDT="10000")
        await here.control("POST", "parameters", {"constants": {"leverage": "3"}})
        row = await checked(carol, ordType="market", sz="60000")
        assert (row["adjEq"], row["adjEqChg"]) == ("68800", "-1258.8")
        assert (row["imr"], row["mmr"], row["mgnRatio"]) == ("0", "0", "0")
        assert row["imrChg"].startswith("16666.66")
        assert row["mmrChg"] == "1000"
        assert (row["liab"], row["liabChg"], row["liabChgCcy"]) == ("0", "50000", "USDT")
        assert row["mgnRatioChg"].startswith("64.32")
        empty = ("availBal", "availBalChg", "liqPx", "liqPxDiff", "liqPxDiffRatio", "posBal", "posBalChg", "type")
        assert {row[name] for name in empty} == {""}

    within(story)


def test_an_order_that_rests_is_open_and_not_filled() -> None:
    """A sale of 2 BTC at 70,000 borrows nothing yet, but 1 BTC is lacking: imr at leverage 3 is 20,000."""

    async def story(here: World) -> None:
        carol = await carol_in(here, "4", BTC="1", USDT="20000")
        await here.control("POST", "parameters", {"constants": {"leverage": "3"}})
        row = await checked(carol, side="sell", px="70000", sz="2")
        assert (row["liab"], row["liabChg"], row["liabChgCcy"]) == ("0", "0", "")
        assert row["imrChg"] == "20000"

    within(story)


def test_with_auto_loan_off_what_is_available_is_told() -> None:
    async def story(here: World) -> None:
        carol = await carol_in(here, "3", BTC="1", USDT="20000")
        assert (await carol.post(ACCOUNT + "set-auto-loan", {"autoLoan": False}))["code"] == "0"
        row = await checked(carol, px="50000", sz="0.1")
        assert (row["availBal"], row["availBalChg"]) == ("20000", "-5000")
        assert (row["liabChg"], row["liabChgCcy"]) == ("0", "")

    within(story)


def test_what_pays_a_debt_is_told_in_the_coin_of_the_debt() -> None:
    """0.5 BTC are owed; 0.2 are bought, of which the fee is 0.0002."""

    async def story(here: World) -> None:
        carol = await carol_in(here, "3", USDT="90000")
        assert (await carol.order(side="sell", ordType="ioc", px="59999", sz="0.5"))["sCode"] == "0"
        row = await checked(carol, ordType="ioc", sz="0.2")
        assert (row["liab"], row["liabChg"], row["liabChgCcy"]) == ("0.5", "-0.1998", "BTC")

    within(story)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sz": "1000"}, "51008"),
        ({"tdMode": "cash"}, "51000"),
        ({"instId": "NO-USDT"}, "51001"),
        ({"px": ""}, "51204"),
        ({"px": "60000.01"}, ""),
        ({"sz": "0"}, "51000"),
        ({"sz": "0.000000001"}, ""),
    ],
)
def test_what_the_order_is_refused_with_the_precheck_answers(changes: dict[str, str], code: str) -> None:
    """The code of the order's item is that of the precheck; Spot mode does not have the call (documented)."""

    async def story(here: World) -> None:
        carol = await carol_in(here, "3")
        before = await here.seq_and_hash()
        answer = await carol.post(PRECHECK, {**ORDER, **changes})
        assert await here.seq_and_hash() == before
        item = await carol.post(TRADE + "order", {**ORDER, **changes})
        told = item["data"][0] if item["data"] else {"sCode": item["code"], "sMsg": item["msg"]}
        assert (answer["code"], answer["msg"], answer["data"]) == (told["sCode"], told["sMsg"], [])
        assert answer["code"] == code or (not code and answer["code"] != "0")
        assert (await here.signed("POST", PRECHECK, ORDER, key=here.bob)).code == "51010"

    within(story)


def an_order(dice: random.Random) -> dict[str, str]:
    kind, side = dice.choice(("market", "limit", "post_only", "ioc", "fok")), dice.choice(("buy", "sell"))
    inst, low, high = dice.choice((("BTC-USDT", 55_000, 65_000), ("ETH-USDT", 2_700, 3_300)))
    size = f"{dice.uniform(0.01, 3):.4f}"
    if kind == "market":
        return {"instId": inst, "ordType": kind, "side": side, "sz": size if side == "sell" else "5000", "px": ""}
    return {"instId": inst, "ordType": kind, "side": side, "sz": size, "px": str(dice.randint(low, high))}


async def unlike(here: World, mode: str, seed: int, orders: int) -> tuple[list[str], int]:
    """Orders of which the precheck said something else than then happened, and how many were placed.

    Orders of bob, who is in Spot mode, stand in the book.
    """
    dice = random.Random(seed)
    await here.control("POST", "market/price", {"instId": "ETH-USDT", "px": "3000"})
    carol = await carol_in(here, mode, BTC="1", USDT="20000", ETH="5")
    for ccy, amt in (("BTC", "9"), ("USDT", "90000")):
        await here.control("POST", "users/bob/balance", {"account": "trading", "ccy": ccy, "amt": amt})
    for side, px in (("buy", "59990"), ("sell", "60010"), ("sell", "60000")):
        body = {**ORDER, "tdMode": "cash", "side": side, "px": px, "sz": "0.3"}
        assert (await here.signed("POST", TRADE + "order", body, key=here.bob)).code == "0"
    wrong, placed = [], 0
    for _ in range(orders):
        order = an_order(dice)
        sequence = await here.seq_and_hash()
        said = await carol.post(PRECHECK, {**ORDER, **order})
        if await here.seq_and_hash() != sequence:
            wrong.append(f"{order}: the precheck changed something")
        before = await account(carol)
        owed = {ccy: (await carol.detail(ccy)).get("liab", "0") for ccy in ("BTC", "ETH", "USDT")}
        done = await carol.order(**order)
        if said["code"] != done["sCode"]:
            wrong.append(f"{order}: {said['code']} where the order is {done['sCode']}")
        if said["code"] != "0" or done["sCode"] != "0":
            continue
        placed += 1
        (row,) = said["data"]
        after = await account(carol)
        told = {name: (Decimal(row[name]), Decimal(row[name + "Chg"])) for name in FIGURES}
        true = {name: (before[name], after[name] - before[name]) for name in FIGURES}
        if told != true:
            wrong.append(f"{order}: {told} where {true} is true")
        ccy = row["liabChgCcy"]
        if ccy:
            owes = Decimal((await carol.detail(ccy)).get("liab", "0"))
            if (Decimal(row["liab"]), Decimal(row["liabChg"])) != (Decimal(owed[ccy]), owes - Decimal(owed[ccy])):
                wrong.append(f"{order}: {row['liabChg']} {ccy} where {owes} is owed after {owed[ccy]}")
    return wrong, placed


@pytest.mark.parametrize("mode", ["3", "4"])
@pytest.mark.parametrize("seed", range(3))
def test_random_orders_then_change_what_their_precheck_said(mode: str, seed: int) -> None:
    async def story(here: World) -> None:
        wrong, placed = await unlike(here, mode, seed, 30)
        assert wrong == []
        assert placed >= 8

    within(story)


def test_an_order_that_has_others_liquidated_in_another_book_is_tried_without_effect() -> None:
    """Trades move the index here, and carol's sale brings BTC to 6,000. Bob owes 60,000 USDT on a few BTC and 10 ETH.

    His order rests in the book of BTC, so he is tried with it: he is liquidated, and his ETH are sold in another book.
    """

    async def story(here: World) -> None:
        await here.control("POST", "parameters", {"constants": {"index_own_share": "1"}})
        await here.control("POST", "market/price", {"instId": "ETH-USDT", "px": "3000"})
        carol = await carol_in(here, "3", BTC="9", USDT="900000")
        await here.control("POST", "users/bob/spot-borrow", {"enabled": True})
        for ccy, amt in (("BTC", "2"), ("ETH", "10")):
            await here.control("POST", "users/bob/balance", {"account": "trading", "ccy": ccy, "amt": amt})
        lent = {"ccy": "USDT", "side": "borrow", "amt": "60000"}
        assert (await here.signed("POST", ACCOUNT + "spot-manual-borrow-repay", lent, key=here.bob)).code == "0"
        taken = {"account": "trading", "ccy": "USDT", "amt": "-60000"}
        assert (await here.control("POST", "users/bob/balance", taken)).status == 200
        resting = {**ORDER, "tdMode": "cash", "side": "sell", "px": "60500", "sz": "0.0001"}
        assert (await here.signed("POST", TRADE + "order", resting, key=here.bob)).code == "0"
        thin = [["59999", "0.1"], ["6000", "90"]]
        await here.control("POST", "market/book", {"instId": "BTC-USDT", "bids": thin, "asks": [["60400", "9"]]})
        sale = {"side": "sell", "ordType": "market", "sz": "1", "px": ""}
        await checked(carol, **sale)
        assert (await carol.order(**sale))["sCode"] == "0"
        told = [event["words"] for event in (await here.control("GET", "events?after=0")).json()["events"]]
        assert any("ETH at" in words and "by the liquidation" in words for words in told)

    within(story)


def test_an_order_tried_on_the_state_itself_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def itself(state: State, user_id: int, instrument: str) -> State:
        return state

    async def story(here: World) -> None:
        carol = await carol_in(here, "3")
        monkeypatch.setattr(trial, "apart", itself)
        with pytest.raises(AssertionError):
            await checked(carol)

    within(story)
