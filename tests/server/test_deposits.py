"""Coins come by control call and go nowhere; and what everything is worth."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tallystick.venue.keys import Credentials
from tests.server.harness import AT_MS, World, within

ASSET = "/api/v5/asset/"


async def rows(here: World, what: str, key: Any = None) -> list[dict[str, Any]]:
    answer = (await here.signed("GET", ASSET + what, key=key)).json()
    assert answer["code"] == "0", answer
    found: list[dict[str, Any]] = answer["data"]
    return found


def test_the_value_of_both_accounts() -> None:
    """bob at 40,000: 10,000 USDT in funding; 10,000 USDT and half a BTC in trading. alice's debts are taken off."""

    async def story(here: World) -> None:
        await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "40000"})
        (row,) = await rows(here, "asset-valuation?ccy=USDT", here.bob)
        assert row == {
            "details": {"classic": "0", "earn": "0", "funding": "10000", "trading": "30000"},
            "totalBal": "40000",
            "ts": str(AT_MS),
        }
        assert (await rows(here, "asset-valuation", here.bob))[0]["totalBal"] == "1"
        assert (await rows(here, "asset-valuation?ccy=USD", here.bob))[0]["totalBal"] == "40000"
        assert (await rows(here, "asset-valuation?ccy=CNY", here.bob))[0]["totalBal"] == "286480"
        (before,) = await rows(here, "asset-valuation?ccy=USDT")
        debt = {"ccy": "USDT", "side": "borrow", "amt": "1000"}
        assert (await here.signed("POST", "/api/v5/account/spot-manual-borrow-repay", debt)).code == "0"
        assert await rows(here, "asset-valuation?ccy=USDT") == [before]

    within(story)


@pytest.mark.parametrize(
    "what", ["non-tradable-assets", "deposit-history?ccy=BTC&type=4", "withdrawal-history?limit=5"]
)
def test_nothing_of_it_is_here(what: str) -> None:
    async def story(here: World) -> None:
        assert await rows(here, what) == []

    within(story)


def test_other_exchanges_need_no_key() -> None:
    async def story(here: World) -> None:
        assert (await here.ask("GET", ASSET + "exchange-list")).json() == {"code": "0", "msg": "", "data": []}

    within(story)


def test_a_withdrawal_needs_its_permission_and_is_refused_then() -> None:
    async def story(here: World) -> None:
        body = {"ccy": "BTC", "amt": "1", "dest": "4", "toAddr": "somewhere"}
        made = await here.control("POST", "users/alice/keys", {"permissions": ["read", "trade", "withdraw"]})
        before = await here.seq_and_hash()
        assert (await here.signed("POST", ASSET + "withdrawal", body)).code == "50120"
        key = msgspec.convert({**made.json(), "ok": None}, Credentials)
        for changes, code in (
            ({}, "50038"),
            ({"ccy": "NOPE"}, "51012"),
            ({"ccy": "", "amt": "-1"}, "50014"),
            ({"amt": "-1"}, "51000"),
            ({"dest": "5"}, "51000"),
        ):
            assert (await here.signed("POST", ASSET + "withdrawal", {**body, **changes}, key=key)).code == code
        assert await here.seq_and_hash() == before

    within(story)


@pytest.mark.parametrize(
    ("what", "code", "said"),
    [
        ("asset-valuation?ccy=EUR", "51000", "ccy"),
        ("asset-valuation?ccy=JPY", "51000", "ccy"),
        ("deposit-address", "50014", "ccy"),
        ("deposit-address?ccy=BTC", "58301", ""),
        ("deposit-address?ccy=NOPE", "51012", ""),
        ("deposit-history?ccy=NOPE", "51012", ""),
        ("deposit-history?type=1", "51000", "type"),
        ("deposit-history?limit=-1", "51000", "limit"),
        ("withdrawal-history?ccy=NOPE", "51012", ""),
        ("withdrawal-history?after=soon", "51000", "after"),
        ("deposit-withdraw-status", "50015", "wdId"),
        ("deposit-withdraw-status?wdId=1", "58215", ""),
        ("deposit-withdraw-status?txId=1", "50014", "ccy"),
        ("deposit-withdraw-status?txId=1&ccy=BTC", "50014", "to"),
        ("deposit-withdraw-status?txId=1&ccy=BTC&to=here", "50014", "chain"),
        ("deposit-withdraw-status?txId=1&ccy=NOPE&to=here&chain=x", "51012", ""),
    ],
)
def test_questions_that_are_refused(what: str, code: str, said: str) -> None:
    async def story(here: World) -> None:
        answer = (await here.signed("GET", ASSET + what)).json()
        assert answer["code"] == code
        assert said in answer["msg"]

    within(story)


def test_no_withdrawal_can_be_called_back() -> None:
    async def story(here: World) -> None:
        assert (await here.signed("POST", ASSET + "cancel-withdrawal", {"wdId": "1"})).code == "58215"
        assert (await here.signed("POST", ASSET + "cancel-withdrawal", {"wdId": "x"})).code == "51000"
        assert (await here.signed("POST", ASSET + "cancel-withdrawal", {"id": "1"})).code == "50014"

    within(story)
