"""The automatic exchange as a client meets it: streams, bills, history of orders, and why it came."""

from __future__ import annotations

from typing import Any

from tests.server.harness import Socket, World, within
from tests.server.in_modes import ACCOUNT, TRADE, alice_in, sell
from tests.ws.client import connected, over_websocket
from tests.ws.test_private import PRIVATE, begin, push


async def borrower(here: World) -> None:
    """Have alice owe 0.5 BTC, less than the whole one that is free, with auto-loan off."""
    await alice_in(here, "3")
    for inst, px in (("BTC-USDT", "60000"), ("ETH-USDT", "3000")):
        await here.control("POST", "market/price", {"instId": inst, "px": px})
        asks = [[str(int(px) + 1), "100"]]
        await here.control("POST", "market/book", {"instId": inst, "bids": [[px, "100"]], "asks": asks})
    held = next(row for row in (await balance(here))["details"] if row["ccy"] == "BTC")["cashBal"]
    await here.control("POST", "users/alice/balance", {"account": "trading", "ccy": "BTC", "amt": f"-{held}"})
    await sell(here, "BTC-USDT", "0.5")
    assert (await here.signed("POST", ACCOUNT + "set-auto-loan", {"autoLoan": False})).code == "0"


async def balance(here: World) -> Any:
    return (await here.signed("GET", ACCOUNT + "balance")).json()["data"][0]


async def lower_quota(here: World) -> None:
    """0.2 BTC are free from now on, so that 0.4 net are bought: 0.40040041, 0.40000000959 after the fee."""
    patch = {"currencies": {"BTC": {"free_quota": "0.2"}}}
    assert (await here.control("POST", "parameters", patch)).status == 200


def test_streams_tell_the_order_and_the_balance() -> None:
    async def story(socket: Socket) -> None:
        here = socket.world
        await borrower(here)
        async with connected(socket, PRIVATE) as client:
            await client.login()
            await begin(client, "account", ccy="BTC")
            (whole,) = (await push(client, "account"))["data"][0]["details"]
            assert (whole["liab"], whole["twap"], whole["frpType"]) == ("0.5", "0", "0")
            await client.subscribe("orders", instType="MARGIN")
            await client.next()
            await lower_quota(here)
            told = [await client.next() for _ in range(3)]
            orders = [message["data"][0] for message in told if message["arg"]["channel"] == "orders"]
            assert [(row["category"], row["side"], row["state"]) for row in orders][-1] == ("twap", "buy", "filled")
            (account,) = [message["data"][0] for message in told if message["arg"]["channel"] == "account"]
            (btc,) = account["details"]
            assert (btc["liab"], btc["twap"], btc["frpType"]) == ("0.09999999041", "0", "0")

    over_websocket(story)


def test_the_gauge_is_told_when_it_rises() -> None:
    """0.5 of 0.6 BTC are owed: 83 %, the first step."""

    async def story(socket: Socket) -> None:
        here = socket.world
        await borrower(here)
        await here.control("POST", "parameters", {"currencies": {"BTC": {"free_quota": "0.6"}}})
        (btc,) = [row for row in (await balance(here))["details"] if row["ccy"] == "BTC"]
        assert (btc["twap"], btc["frpType"]) == ("1", "1")

    over_websocket(story)


def test_bills_orders_and_fills_tell_it_and_why() -> None:
    async def story(here: World) -> None:
        await borrower(here)
        await lower_quota(here)
        bills = (await here.signed("GET", ACCOUNT + "bills?type=4")).json()["data"]
        assert [(row["subType"], row["ccy"], row["balChg"]) for row in bills] == [
            ("114", "BTC", "0.40000000959"),
            ("115", "USDT", "-24024.42500041"),
        ]
        (order,) = (await here.signed("GET", TRADE + "orders-history?instType=MARGIN&category=twap")).json()["data"]
        assert (order["side"], order["accFillSz"], order["state"]) == ("buy", "0.40040041", "filled")
        fills = (await here.signed("GET", TRADE + f"fills?instType=MARGIN&ordId={order['ordId']}")).json()["data"]
        assert [row["fillSz"] for row in fills] == ["0.40040041"]
        seq = (await here.control("GET", "state-hash")).json()["seq"]
        why = (await here.control("GET", f"users/alice/why?seq={seq}")).json()
        assert why["command"]["name"] == "ChangeParameters"
        (started,) = [event for event in why["events"] if event["kind"] == "ExchangeStarted"]
        assert (started["fields"]["owed"], started["fields"]["quota"]) == ("0.5", "0.2")
        assert started["words"] == "automatic exchange: 0.5 BTC owed, 0.2 free of interest"
        assert "account-modes.md#automatic-exchange" in [rule["place"] for rule in why["rules"]]
        assert "059" in [row["page"][:3] for row in why["decisions"]]

    within(story)


def test_public_quotas_are_those_of_the_table() -> None:
    async def story(here: World) -> None:
        target = "/api/v5/public/discount-rate-interest-free-quota"
        rows = (await here.ask("GET", target)).json()["data"]
        found = {row["ccy"]: row["amt"] for row in rows}
        assert (found["BTC"], found["USDT"], found["SOL"]) == ("1", "20000", "0")

    within(story)
