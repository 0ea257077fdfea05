"""Every refusal of one-click repay by its code. alice owes 500 USDT and 100 USDC, of which she has 10."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tallystick.engine.parameters import Parameters
from tallystick.venue.parameters import load_parameters
from tests.server.harness import World, within

REPAY = "/api/v5/trade/one-click-repay-v2"


async def repay(here: World, *coins: str, debt: str = "USDC") -> str:
    code: str = (await here.signed("POST", REPAY, {"debtCcy": debt, "repayCcyList": list(coins)})).code
    return code


async def change(here: World, **parts: dict[str, object]) -> None:
    assert (await here.control("POST", "parameters", parts)).status == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"repayCcyList": ["BTC"]}, "50014"),
        ({"debtCcy": "", "repayCcyList": ["BTC"]}, "50014"),
        ({"debtCcy": "USDC"}, "50014"),
        ({"debtCcy": "USDC", "repayCcyList": []}, "50014"),
        ({"debtCcy": "BTC", "repayCcyList": ["ETH"]}, "59413"),
        ({"debtCcy": "USDC", "repayCcyList": ["USDC", "BTC", "ETH", "SOL", "DOT", "LTC"]}, "59117"),
        ({"debtCcy": "USDC", "repayCcyList": ["BTC", "USDC"]}, "59129"),
        ({"debtCcy": "USDC", "repayCcyList": ["USDC", "SOL"]}, "59130"),
    ],
)
def test_what_is_wrong_with_the_request(body: dict[str, object], code: str) -> None:
    async def story(here: World) -> None:
        assert (await here.signed("POST", REPAY, body)).code == code

    within(story)


def test_what_the_numbers_of_the_exchange_forbid() -> None:
    async def story(here: World) -> None:
        await change(here, currencies={"USDC": {"borrowable": False}})
        assert await repay(here, "USDC", "BTC") == "59142"
        await change(here, currencies={"USDC": {"borrowable": True}, "BTC": {"collateral": False}})
        assert await repay(here, "USDC", "BTC") == "59140"
        await change(here, currencies={"BTC": {"collateral": True}}, constants={"repay_min_usd": "11"})
        assert await repay(here, "USDC") == "59141"
        await change(here, constants={"repay_min_usd": "1", "repay_enabled": False})
        assert await repay(here, "USDC", "BTC") == "59119"
        await change(here, constants={"repay_enabled": True})
        assert await repay(here, "USDC", "BTC") == "0"
        assert await repay(here, "USDT", "BTC", debt="USDT") == "59121"

    within(story)


@pytest.mark.parametrize(("surface", "code"), [("2026-01", "51010"), ("2026-08", "51625")])
def test_with_borrowing_switched_off(surface: str, code: str) -> None:
    async def story(here: World) -> None:
        await here.control("POST", "users/bob/spot-borrow", {"enabled": False})
        answer = await here.signed("POST", REPAY, {"debtCcy": "USDC", "repayCcyList": ["BTC"]}, key=here.bob)
        assert answer.code == code

    within(story, surface=surface)


def without_a_pair() -> Parameters:
    """ETH can be bought and sold for nothing."""
    parameters = load_parameters()
    pairs = {name: pair for name, pair in parameters.instruments.items() if pair.base_ccy != "ETH"}
    return replace(parameters, instruments=pairs, repay_min_usd=0)


def test_a_coin_that_cannot_be_sold() -> None:
    async def story(here: World) -> None:
        assert await repay(here, "USDC", "ETH") == "59125"
        assert await repay(here, "USDC", "BTC") == "0"

    within(story, parameters=without_a_pair())
