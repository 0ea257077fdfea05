"""Trading besides plain orders: the limit of the account, algo orders there are none of, and other modes' calls."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.harness import AT_MS, World, within
from tests.server.test_order_lists import TRADE, data, rows


def test_the_limit_of_an_account_without_a_fill_ratio() -> None:
    async def story(here: World) -> None:
        assert await rows(here, "account-rate-limit") == [
            {"accRateLimit": "1000", "fillRatio": "", "mainFillRatio": "", "nextAccRateLimit": "", "ts": str(AT_MS)}
        ]

    within(story)


def test_there_are_no_algo_orders() -> None:
    async def story(here: World) -> None:
        assert await rows(here, "orders-algo-pending?ordType=conditional,oco&instId=BTC-USDT&limit=5") == []
        assert await rows(here, "orders-algo-history?ordType=trigger&state=canceled&after=7") == []
        for what, code in (
            ("orders-algo-pending", "50014"),
            ("orders-algo-pending?ordType=limit", "51000"),
            ("orders-algo-history?ordType=trigger", "50015"),
            ("orders-algo-history?ordType=trigger&state=live", "51000"),
            ("order-algo?algoId=7", "51603"),
            ("order-algo", "50015"),
        ):
            assert (await here.signed("GET", TRADE + what)).code == code, what

    within(story)


@pytest.mark.parametrize("what", ["order-algo", "cancel-algos", "amend-algos", "cancel-advance-algos"])
def test_algo_orders_can_neither_be_placed_nor_touched(what: str) -> None:
    """The documented code of an endpoint that is switched off, whoever asks and with whatever body."""

    async def story(here: World) -> None:
        body = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "trigger", "sz": "1"}
        for answer in (await here.signed("POST", TRADE + what, body), await here.ask("POST", TRADE + what)):
            assert answer.status == 410
            assert answer.json() == {"code": "50005", "data": [], "msg": "API endpoint is inactive or unavailable."}
        # Looking for them is another thing: there are none.
        assert (await here.signed("GET", TRADE + "order-algo?algoId=7")).code == "51603"
        assert (await here.signed("GET", TRADE + "cancel-algos")).status == 404

    within(story)


PRECHECK = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "1", "px": "9"}


@pytest.mark.parametrize(
    ("method", "what", "body", "code"),
    [
        ("POST", "order-precheck", PRECHECK, "51010"),
        ("POST", "order-precheck", {**PRECHECK, "sz": "0"}, "51000"),
        ("POST", "close-position", {"instId": "BTC-USDT-SWAP", "mgnMode": "cross"}, "51010"),
        ("POST", "close-position", {"instId": "BTC-USDT-SWAP"}, "50014"),
        ("POST", "mass-cancel", {"instType": "OPTION", "instFamily": "BTC-USD"}, "51010"),
        ("POST", "mass-cancel", {"instType": "SPOT", "instFamily": "BTC-USD"}, "51000"),
        ("GET", "one-click-repay-currency-list?debtType=cross", None, "51010"),
        ("GET", "one-click-repay-currency-list?debtType=both", None, "51000"),
        ("POST", "one-click-repay", {"debtCcy": ["ETH", "BTC"], "repayCcy": "USDT"}, "51010"),
        ("POST", "one-click-repay", {"debtCcy": ["A", "B", "C", "D", "E", "F"], "repayCcy": "USDT"}, "51010"),
        ("GET", "one-click-repay-history?limit=5", None, "51010"),
    ],
)
def test_calls_of_other_account_modes(method: str, what: str, body: Any, code: str) -> None:
    """Parameters are looked at first; a good call is not for this mode. Nothing is written either way."""

    async def story(here: World) -> None:
        before = await here.seq_and_hash()
        answer = await here.signed(method, TRADE + what, body)
        assert answer.code == code
        assert answer.json()["data"] == []
        assert await here.seq_and_hash() == before
        assert data(await here.signed("GET", TRADE + "orders-pending")) == []

    within(story)
