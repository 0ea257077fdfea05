"""Borrow and repay of flexible loans over the API: at once in January 2026, accepted first on the later surface.

0.05 BTC at 40,000 count 1,960 USD and carry 1,400 USDT. The delay is 1 s.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.server.harness import World, within
from tests.server.test_loan_queries import SETTLEMENT_MS, Carol, carol, data

FIRST, LATER = "2026-01", "2026-08"
ENTRY = {"ccy": "BTC", "amt": "0.05"}
USDT = {"ccy": "USDT", "amt": "1000"}


async def settle(here: World) -> None:
    await here.venue.advance(by_ms=SETTLEMENT_MS)


async def borrow(user: Carol, name: str, **body: Any) -> tuple[str, str]:
    """(code, ordId)"""
    answer = (await user.post("borrow", **{"loanData": USDT, "collateralData": [ENTRY], "clOrdId": name} | body)).json()
    return answer["code"], answer["data"][0]["ordId"] if answer["data"] else ""


async def repay(user: Carol, number: str, amt: str, name: str) -> str:
    answer = (await user.post("repay", ordId=number, ccy="USDT", amt=amt, clOrdId=name)).json()
    if answer["code"] == "0":
        assert answer["data"] == [{"ordId": number, "ccy": "USDT", "amt": amt, "clOrdId": name}]
    return str(answer["code"])


async def owed(user: Carol) -> dict[str, str]:
    """What loan-info says of each loan, by its number."""
    return {row["ordId"]: row["loanData"][0]["amt"] for row in await user.rows("loan-info")}


def test_in_january_both_are_done_when_they_are_answered() -> None:
    async def story(here: World) -> None:
        user = await carol(here, BTC="1", USDT="1")
        code, number = await borrow(user, "one")
        assert (code, [row["loanData"] for row in await user.rows("loan-info")]) == (
            "0",
            [[{"amt": "1000", "ccy": "USDT"}]],
        )
        assert (await borrow(user, "one"))[0] == "51016"
        assert await repay(user, number, "1000", "back") == "0"
        assert await user.rows("loan-info") == []
        assert await repay(user, number, "1000", "back") == "51016"

    within(story, surface=FIRST)


def test_a_loan_from_acceptance_to_its_end() -> None:
    """loan-info, the history and the bills tell of it when it is settled."""

    async def story(here: World) -> None:
        user = await carol(here, BTC="1", USDT="1")
        answer = (await user.post("borrow", loanData=USDT, collateralData=[ENTRY], eMode="0", clOrdId="my-1")).json()
        (row,) = answer["data"]
        number = row["ordId"]
        assert row == {"ordId": number, "eMode": "0", "clOrdId": "my-1"}
        for path in ("loan-info", f"loan-info?ordId={number}", "loan-history"):
            assert await user.rows(path) == []
        assert await repay(user, number, "1", "early") == "51063"
        await settle(here)
        assert await owed(user) == {number: "1000"}
        at_ms = here.venue.now_ms()
        told = [(row["type"], row["amt"], row["ts"]) for row in await user.rows("loan-history")]
        assert told == [("borrowed", "1000", str(at_ms)), ("collateral_locked", "-0.05", str(at_ms))]

        assert await repay(user, number, "400", "my-2") == "0"
        assert await owed(user) == {number: "1000"}
        await settle(here)
        assert await owed(user) == {number: "600"}
        assert await repay(user, number, "600", "my-3") == "0"
        await settle(here)
        assert await owed(user) == {}
        kinds = [row["type"] for row in await user.rows("loan-history")]
        assert kinds == ["collateral_released", "repaid", "repaid", "borrowed", "collateral_locked"]
        bills = data(await here.signed("GET", "/api/v5/asset/bills", key=user.key))
        assert [(bill["type"], bill["balChg"]) for bill in bills[:5]] == [
            ("215", "0.05"), ("218", "-600"), ("218", "-400"), ("217", "1000"), ("212", "-0.05"),
        ]  # fmt: skip

    within(story, surface=LATER)


def test_client_ids_over_the_api() -> None:
    """Under way 51784, used 51016, forgotten after a minute; each path and each user has ids of its own."""

    async def story(here: World) -> None:
        user = await carol(here, BTC="1", USDT="1")
        _, number = await borrow(user, "same")
        assert (await borrow(user, "same"))[0] == "51784"
        answer = await user.post("borrow", loanData=USDT, collateralData=[ENTRY], clOrdId="same")
        assert (answer.status, answer.json()["msg"]) == (200, "Client order ID is being processed")
        other = await here.signed(
            "POST",
            "/api/v5/finance/flexible-loan/borrow",
            {"loanData": USDT, "collateralData": [{"ccy": "BTC", "amt": "99"}], "clOrdId": "same"},
            key=here.bob,
        )
        assert other.code == "51764"
        await settle(here)
        assert (await borrow(user, "same"))[0] == "51016"
        assert await repay(user, number, "1", "same") == "0"
        assert await repay(user, number, "1", "same") == "51784"
        await here.venue.advance(by_ms=60_000 - SETTLEMENT_MS)
        assert (await borrow(user, "same"))[0] == "0"
        assert await repay(user, number, "1", "same") == "51016"

    within(story, surface=LATER)


def test_a_request_whose_coins_are_gone_leaves_nothing_but_its_reason_in_the_journal() -> None:
    async def story(here: World) -> None:
        user = await carol(here, BTC="0.05")
        code, number = await borrow(user, "late")
        assert code == "0"
        move = {"ccy": "BTC", "amt": "0.01", "from": "6", "to": "18"}
        assert (await here.signed("POST", "/api/v5/asset/transfer", move, key=user.key)).code == "0"
        await settle(here)
        assert await user.rows("loan-info") == await user.rows(f"loan-info?ordId={number}") == []
        assert await user.rows("loan-history") == []
        entries = (await here.control("GET", "journal?after=0")).json()["entries"]
        events = [event for entry in entries for event in entry["events"] if event[0] == "LoanRequestDone"]
        assert events[-1][-1] == "FUNDING_INSUFFICIENT"
        assert (await borrow(user, "late"))[0] == "51016"

    within(story, surface=LATER)


def test_the_delay_is_a_lever_and_0_settles_at_once() -> None:
    async def story(here: World) -> None:
        user = await carol(here, BTC="1")
        changed = {"constants": {"loan_settlement_delay_ms": "0"}}
        assert (await here.control("POST", "parameters", changed)).status == 200
        code, number = await borrow(user, "now")
        assert (code, await owed(user)) == ("0", {number: "1000"})

    within(story, surface=LATER)


@pytest.mark.parametrize("surface", [FIRST, LATER])
def test_what_a_request_must_and_must_not_have(surface: str) -> None:
    """clOrdId; 1 to 10 collaterals for a new loan; efficiency mode for a new loan only (documented)."""

    async def story(here: World) -> None:
        user = await carol(here, BTC="1", USDC="1000")
        eleven = [{"ccy": f"COIN{number}", "amt": "1"} for number in range(11)]
        for body, code in (
            ({"clOrdId": ""}, "50014"),
            ({"clOrdId": "a b"}, "51000"),
            ({"collateralData": []}, "50014"),
            ({"collateralData": eleven}, "50025"),
            ({"eMode": "2"}, "51000"),
            ({"eMode": "1"}, "51785"),
        ):
            assert (await borrow(user, "name", **body))[0] == code, body
        number = (await borrow(user, "first"))[1]
        await settle(here)
        for e_mode in ("0", "1"):
            answer = await user.post("borrow", ordId=number, eMode=e_mode, loanData=USDT, clOrdId="more")
            assert answer.code == "50024"
            assert answer.json()["msg"] == "Parameter ordId and eMode can not exist at the same time."
        more = await user.post("borrow", ordId=number, eMode="", loanData={"ccy": "USDT", "amt": "10"}, clOrdId="more")
        assert data(more) == [{"ordId": number, "eMode": "0", "clOrdId": "more"}]
        assert (await user.post("repay", ordId=number, ccy="USDT", amt="1")).code == "50014"

    within(story, surface=surface)


def test_efficiency_mode_is_told_at_acceptance() -> None:
    async def story(here: World) -> None:
        user = await carol(here, USDC="1000")
        pledged = [{"ccy": "USDC", "amt": "1000"}]
        made = data(
            await user.post("borrow", loanData=USDT | {"amt": "900"}, collateralData=pledged, eMode="1", clOrdId="e")
        )
        assert made[0]["eMode"] == "1"
        await settle(here)
        assert await owed(user) == {made[0]["ordId"]: "900"}

    within(story, surface=LATER)


def test_it_is_settled_when_its_time_comes_and_not_because_somebody_looks() -> None:
    """`advance` to the next thing due is the settlement; verify decides it anew."""

    async def story(here: World) -> None:
        user = await carol(here, BTC="1")
        _, number = await borrow(user, "one")
        began_ms = here.venue.now_ms()
        assert here.venue.state.loans == {}
        moved = await here.control("POST", "clock/advance", {"to": "next"})
        assert moved.status == 200
        assert here.venue.now_ms() == began_ms + SETTLEMENT_MS
        assert list(here.venue.state.loans) == [int(number)]
        assert json.loads((await here.control("POST", "verify")).body)["ok"] is True

    within(story, surface=LATER)
