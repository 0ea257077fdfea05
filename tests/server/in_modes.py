"""Accounts in modes other than Spot, by the calls that a user and an operator have."""

from __future__ import annotations

from typing import Any

from tests.server.harness import World

ACCOUNT = "/api/v5/account/"
TRADE = "/api/v5/trade/"


async def alice_in(here: World, mode: str) -> None:
    """Have alice repay her debts and change her mode; USDT is there to trade with, BTC stands at 60,000."""
    await here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "60000"})
    for ccy, amt in (("USDC", "500"), ("USDT", "5000")):
        await here.control("POST", "users/alice/balance", {"account": "trading", "ccy": ccy, "amt": amt})
    assert (await here.signed("POST", ACCOUNT + "set-auto-repay", {"autoRepay": True})).code == "0"
    assert (await here.control("POST", "users/alice/modes", {"open": ["3", "4"]})).status == 200
    assert (await here.signed("POST", ACCOUNT + "set-account-level", {"acctLv": mode})).code == "0"


async def sell(here: World, inst: str, sz: str) -> None:
    """Sell at the market as alice, what is not there is borrowed."""
    body = {"instId": inst, "tdMode": "cross", "side": "sell", "ordType": "market", "sz": sz}
    (item,) = (await here.signed("POST", TRADE + "order", body)).json()["data"]
    assert item["sCode"] == "0", item


async def repay(here: World, debts: list[str], coin: str) -> Any:
    """Answer of one-click repay v1."""
    return (await here.signed("POST", TRADE + "one-click-repay", {"debtCcy": debts, "repayCcy": coin})).json()
