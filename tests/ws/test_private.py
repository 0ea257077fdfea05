"""Private channels: pushes equal what REST answers, in the order in which things happened."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.server.harness import AT_MS, Socket, World
from tests.server.test_subaccounts import sub_of_alice
from tests.ws.client import Client, connected, over_websocket
from tests.ws.test_public import order, set_book

PRIVATE = "/ws/v5/private"
AMOUNTS = ("cashBal", "eq", "availBal", "frozenBal", "liab", "interest", "twap", "frpType", "colRes")
UID = "1001"


async def push(client: Client, channel: str) -> Any:
    """The next push of a channel; no other may come before it."""
    message = await client.next()
    assert message["arg"]["channel"] == channel, message
    assert message["arg"]["uid"] == UID
    return message


async def begin(client: Client, channel: str, **arg: str) -> None:
    """Subscribe, past the count of connections."""
    assert (await client.subscribe(channel, **arg))["event"] == "subscribe"
    assert (await client.next())["event"] == "channel-conn-count"


# ---- account


async def rest_balance(world: World) -> dict[str, Any]:
    found: dict[str, Any] = (await world.signed("GET", "/api/v5/account/balance")).json()["data"][0]
    return found


def test_account_begins_whole_and_as_rest_says() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            assert (await client.subscribe("account"))["arg"] == {"channel": "account"}
            count = await client.next()
            assert {name: count[name] for name in ("event", "channel", "connCount")} == {
                "event": "channel-conn-count",
                "channel": "account",
                "connCount": "1",
            }
            whole = await client.next()
            assert list(whole) == ["arg", "eventType", "curPage", "lastPage", "data"]
            assert whole["arg"] == {"channel": "account", "uid": UID}
            assert (whole["eventType"], whole["curPage"], whole["lastPage"]) == ("snapshot", 1, True)
            rest = await rest_balance(socket.world)
            (row,) = whole["data"]
            assert {name: value for name, value in row.items() if name != "details"} == {
                name: value for name, value in rest.items() if name != "details"
            }
            for said, asked in zip(row["details"], rest["details"], strict=True):
                differing = {"coinUsdPrice", "maxSpotInUseAmt", "maxSpotInUse", "autoLendStatus", "autoLendMtAmt"}
                assert {k: v for k, v in said.items() if k not in differing} == {
                    k: v for k, v in asked.items() if k not in differing
                }
                assert said["availEq"] == "", "a filled one would be taken for the free balance"

    over_websocket(story)


def test_only_the_currencies_that_changed_are_told_and_one_used_up_with_zeros() -> None:
    async def story(socket: Socket) -> None:
        world = socket.world
        async with connected(socket, PRIVATE) as client:
            await client.login()
            await begin(client, "account")
            await push(client, "account")
            await world.control("POST", "users/alice/balance", {"account": "trading", "ccy": "ETH", "amt": "1"})
            told = await push(client, "account")
            assert list(told) == ["arg", "eventType", "data"]
            assert told["eventType"] == "event_update"
            assert [(row["ccy"], row["cashBal"]) for row in told["data"][0]["details"]] == [("ETH", "6")]
            await world.control("POST", "users/alice/balance", {"account": "trading", "ccy": "ETH", "amt": "-6"})
            (gone,) = (await push(client, "account"))["data"][0]["details"]
            assert (gone["ccy"], gone["cashBal"], gone["eq"], gone["availBal"]) == ("ETH", "0", "0", "0")
            # A price alone changes no currency.
            await world.control("POST", "market/price", {"instId": "BTC-USDT", "px": "31000"})
            await client.nothing_more()

    over_websocket(story)


def test_one_currency_and_changes_only() -> None:
    async def story(socket: Socket) -> None:
        world = socket.world
        async with connected(socket, PRIVATE) as client:
            await client.login()
            extra = '{"updateInterval": "0"}'
            answer = await client.subscribe("account", ccy="BTC", extraParams=extra)
            assert answer["arg"] == {"channel": "account", "ccy": "BTC", "extraParams": extra}
            await client.next()
            whole = await client.next()
            assert whole["arg"] == {"channel": "account", "ccy": "BTC", "uid": UID}
            assert [row["ccy"] for row in whole["data"][0]["details"]] == ["BTC"]
            await world.control("POST", "users/alice/balance", {"account": "trading", "ccy": "ETH", "amt": "1"})
            await world.control("POST", "clock/advance", {"ms": 20_000})
            await client.nothing_more()
            await world.control("POST", "users/alice/balance", {"account": "trading", "ccy": "BTC", "amt": "1"})
            assert [row["ccy"] for row in (await client.next())["data"][0]["details"]] == ["BTC"]

    over_websocket(story)


@pytest.mark.parametrize("extra", ["x", "[]", '{"updateInterval": "7"}', "[" * 100, "\ud800", '{"\ud800": "0"}'])
def test_extra_parameters_that_are_none(extra: str) -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            assert (await client.subscribe("account", extraParams=extra))["code"] == "60033"

    over_websocket(story)


def test_the_whole_comes_again_every_five_seconds() -> None:
    async def story(socket: Socket) -> None:
        world = socket.world
        async with connected(socket, PRIVATE) as client:
            await client.login()
            await begin(client, "account")
            await push(client, "account")
            await world.control("POST", "clock/advance", {"ms": 4_999})
            await client.nothing_more()
            await world.control("POST", "clock/advance", {"ms": 1})
            whole = await push(client, "account")
            assert (whole["eventType"], whole["data"][0]["uTime"]) == ("snapshot", str(AT_MS + 5_000))

    over_websocket(story)


@pytest.mark.parametrize("kind", ["1", "2"])
def test_both_ends_of_a_transfer_hear_of_it(kind: str) -> None:
    """alice moves 10 USDT to her sub-account (type 1) or takes them from there (2); it has 100."""

    async def story(socket: Socket) -> None:
        world = socket.world
        key = await sub_of_alice(world, USDT="100")
        uid = (await world.signed("GET", "/api/v5/account/config", key=key)).json()["data"][0]["uid"]
        async with connected(socket, PRIVATE) as client:
            await client.login(key)
            for channel in ("account", "balance_and_position"):
                await begin(client, channel)
                await client.next()
            body = {"type": kind, "ccy": "USDT", "amt": "10", "from": "18", "to": "18", "subAcct": "alice-sub"}
            assert (await world.signed("POST", "/api/v5/asset/transfer", body)).code == "0"
            left = "110" if kind == "1" else "90"
            account, cash = await client.next(), await client.next()
            assert account["arg"]["uid"] == cash["arg"]["uid"] == uid
            assert [(row["ccy"], row["cashBal"]) for row in account["data"][0]["details"]] == [("USDT", left)]
            (row,) = cash["data"]
            assert row["eventType"] == "transferred"
            assert [(balance["ccy"], balance["cashBal"]) for balance in row["balData"]] == [("USDT", left)]

    over_websocket(story)


def test_an_hour_of_interest_is_told() -> None:
    """100 USDC owed at 8.76 % a year cost 0.001 in an hour (8.76 % / 8760 = 0.001 %)."""

    async def story(socket: Socket) -> None:
        world = socket.world
        async with connected(socket, PRIVATE) as client:
            await client.login()
            await begin(client, "account", extraParams='{"updateInterval": "0"}', ccy="USDC")
            before = (await push(client, "account"))["data"][0]["details"][0]
            assert before["liab"] == "100"
            await world.control("POST", "clock/advance", {"by": "1h"})
            (after,) = (await push(client, "account"))["data"][0]["details"]
            assert after["liab"] == "100.001"
            assert after["eq"] == f"{float(before['cashBal']) - 100.001:.3f}"

    over_websocket(story, rates={"USDC": "0.0876"})


class Account:
    """What a client keeps of its currencies: the whole, and then what changed."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[str, ...]] = {}

    def hear(self, message: dict[str, Any]) -> None:
        details = message["data"][0]["details"]
        if message["eventType"] == "snapshot":
            self.known = {}
        for row in details:
            if row["cashBal"] == row["eq"] == "0":
                self.known.pop(row["ccy"], None)
            else:
                self.known[row["ccy"]] = tuple(row[name] for name in AMOUNTS)


@pytest.mark.parametrize("seed", range(3))
def test_snapshot_and_pushes_are_the_balance_of_rest(seed: int) -> None:
    """A8: after every command what a client knows from pushes equals what REST answers."""
    chance = random.Random(seed)

    async def story(socket: Socket) -> None:
        world = socket.world
        await set_book(socket, [["29990", "100"]], [["30000", "100"]])
        async with connected(socket, PRIVATE) as client:
            await client.login()
            await begin(client, "account", extraParams='{"updateInterval": "0"}')
            account = Account()
            account.hear(await client.next())
            for _ in range(40):
                await _something(world, chance)
                await client.send("ping")
                while (message := await client.next()) != "pong":
                    account.hear(message)
                rest = await rest_balance(world)
                assert account.known == {row["ccy"]: tuple(row[name] for name in AMOUNTS) for row in rest["details"]}

    over_websocket(story)


async def _something(world: World, chance: random.Random) -> None:
    act = chance.choice(["limit", "market", "cancel", "borrow", "repay", "transfer", "other", "hour"])
    if act in ("limit", "market"):
        body = {
            "instId": "BTC-USDT",
            "tdMode": "cash",
            "side": chance.choice(["buy", "sell"]),
            "ordType": act,
            "sz": f"{chance.uniform(0.001, 0.02):.4f}",
            "tgtCcy": "base_ccy",
            "px": chance.choice(["29000", "29990", "30000", "31000"]),
        }
        await world.signed("POST", "/api/v5/trade/order", body)
    elif act == "cancel":
        orders = list(world.venue.state.orders)
        if orders:
            body = {"instId": "BTC-USDT", "ordId": str(chance.choice(orders))}
            await world.signed("POST", "/api/v5/trade/cancel-order", body)
    elif act in ("borrow", "repay"):
        body = {"ccy": "USDC", "side": act, "amt": str(chance.randint(1, 30))}
        await world.signed("POST", "/api/v5/account/spot-manual-borrow-repay", body)
    elif act == "transfer":
        source, target = chance.choice([("6", "18"), ("18", "6")])
        body = {"ccy": "USDT", "amt": "10", "from": source, "to": target}
        await world.signed("POST", "/api/v5/asset/transfer", body)
    elif act == "other":
        body = {"instId": "BTC-USDT", "tdMode": "cash", "side": "sell", "ordType": "market", "sz": "0.005"}
        await world.signed("POST", "/api/v5/trade/order", body, key=world.bob)
    else:
        await world.control("POST", "clock/advance", {"by": "1h"})


# ---- balance_and_position


def test_balance_and_position_tells_cash_its_cause_and_the_fills() -> None:
    async def story(socket: Socket) -> None:
        world = socket.world
        await set_book(socket, [["29990", "1"]], [["30000", "1"]])
        async with connected(socket, PRIVATE) as client:
            await client.login()
            await begin(client, "balance_and_position")
            whole = await push(client, "balance_and_position")
            assert whole["data"][0]["eventType"] == "snapshot"
            assert [row["ccy"] for row in whole["data"][0]["balData"]] == ["BTC", "ETH", "USDC", "USDT"]
            # 0.01 BTC for 300 USDT; the fee of 0.1 % is taken from the BTC.
            await order(socket, side="buy", px="30000", sz="0.01")
            (row,) = (await push(client, "balance_and_position"))["data"]
            trade_id = world.venue.state.last_trade_id
            assert row == {
                "pTime": str(AT_MS),
                "eventType": "filled",
                "balData": [
                    {"ccy": "BTC", "cashBal": "1.00999", "uTime": str(AT_MS)},
                    {"ccy": "USDT", "cashBal": "2200", "uTime": str(AT_MS)},
                ],
                "posData": [],
                "trades": [{"instId": "BTC-USDT", "tradeId": str(trade_id)}],
            }
            body = {"ccy": "USDT", "amt": "10", "from": "18", "to": "6"}
            assert (await world.signed("POST", "/api/v5/asset/transfer", body)).code == "0"
            (row,) = (await push(client, "balance_and_position"))["data"]
            assert (row["eventType"], row["balData"][0]["cashBal"], row["trades"]) == ("transferred", "2190", [])
            # An order that rests freezes coins and moves none.
            await order(socket, side="buy", px="20000", sz="0.01")
            await client.nothing_more()

    over_websocket(story)


# ---- orders


def told(message: dict[str, Any], *names: str) -> tuple[str, ...]:
    (row,) = message["data"]
    return tuple(row[name] for name in names)


def test_an_order_is_told_with_every_fill() -> None:
    async def story(socket: Socket) -> None:
        await set_book(socket, [["29990", "1"]], [["30000", "0.01"], ["30010", "0.02"]])
        async with connected(socket, PRIVATE) as client:
            await client.login()
            assert (await client.subscribe("orders", instType="SPOT"))["arg"] == {
                "channel": "orders",
                "instType": "SPOT",
            }
            await client.next()
            await order(socket, side="buy", px="30020", sz="0.03", clOrdId="mine", tag="bot")
            live, first, second = [await push(client, "orders") for _ in range(3)]
            names = ("state", "accFillSz", "fillSz", "fillPx", "avgPx", "fee", "fillFee", "execType", "clOrdId")
            assert told(live, *names) == ("live", "0", "0", "", "", "0", "0", "", "mine")
            assert told(first, *names) == (
                "partially_filled", "0.01", "0.01", "30000", "30000", "-0.00001", "-0.00001", "T", "mine",
            )  # fmt: skip
            # (0.01 x 30000 + 0.02 x 30010) / 0.03 = 30006.666...; fees 0.1 % of 0.02 and of 0.03 BTC.
            assert told(second, *names) == (
                "filled", "0.03", "0.02", "30010", "30006.6666666666666666", "-0.00003", "-0.00002", "T", "mine",
            )  # fmt: skip
            assert told(second, "fillFeeCcy", "feeCcy", "code", "msg", "uTime", "fillTime", "tag") == (
                "BTC", "BTC", "0", "", str(AT_MS), str(AT_MS), "bot",
            )  # fmt: skip
            # 0.02 x 30010 = 600.2 USDT, and USDT stands at 1 USD; the order is 0.03 x 30020.
            assert told(second, "fillNotionalUsd", "notionalUsd", "lastPx") == ("600.2", "900.6", "30010")
            assert told(first, "tradeId") != told(second, "tradeId")

    over_websocket(story)


def test_an_amendment_is_told_and_why_an_order_was_given_up() -> None:
    async def story(socket: Socket) -> None:
        world = socket.world
        await set_book(socket, [["29000", "1"]], [["30000", "1"]])
        async with connected(socket, PRIVATE) as client:
            await client.login()
            await begin(client, "orders", instType="SPOT")
            await order(socket, side="buy", px="28000", sz="0.01", ordType="post_only")
            (number,) = world.venue.state.orders
            assert told(await push(client, "orders"), "state", "amendResult", "stpMode") == ("live", "", "cancel_maker")
            body: dict[str, Any] = {
                "instId": "BTC-USDT",
                "ordId": str(number),
                "newSz": "0.02",
                "newPx": "28001",
                "reqId": "r1",
            }
            await world.signed("POST", "/api/v5/trade/amend-order", body)
            names = ("state", "px", "sz", "amendResult", "amendSource", "reqId", "cancelSource")
            assert told(await push(client, "orders"), *names) == ("live", "28001", "0.02", "0", "1", "r1", "")
            body = {"instId": "BTC-USDT", "ordId": str(number), "newPx": "30000", "reqId": "r2", "cxlOnFail": True}
            item = (await world.signed("POST", "/api/v5/trade/amend-order", body)).json()["data"][0]
            ended = await push(client, "orders")
            assert told(ended, *names) == ("canceled", "28001", "0.02", "1", "1", "r2", "0")
            assert item["sCode"] != "0"
            assert told(ended, "code", "msg") == (item["sCode"], item["sMsg"]), "why it was cancelled instead"
            await client.nothing_more()

    over_websocket(story)


def test_a_maker_is_told_of_the_match_and_the_rest_of_the_order_as_it_is_cancelled() -> None:
    async def story(socket: Socket) -> None:
        world = socket.world
        await set_book(socket, [["29000", "1"]], [["31000", "1"]])
        async with connected(socket, PRIVATE) as client:
            await client.login()
            await begin(client, "orders", instType="ANY")
            number = await order(socket, side="buy", px="30000", sz="0.02")
            assert told(await push(client, "orders"), "state", "ordId") == ("live", number)
            body = {"instId": "BTC-USDT", "tdMode": "cash", "ordType": "market", "side": "sell", "sz": "0.005"}
            assert (await world.signed("POST", "/api/v5/trade/order", body, key=world.bob)).code == "0"
            filled = await push(client, "orders")
            assert told(filled, "state", "fillSz", "execType", "ordId") == ("partially_filled", "0.005", "M", number)
            await world.signed("POST", "/api/v5/trade/cancel-order", {"instId": "BTC-USDT", "ordId": number})
            ended = await push(client, "orders")
            names = ("state", "accFillSz", "fillSz", "tradeId", "cancelSource", "avgPx")
            assert told(ended, *names) == ("canceled", "0.005", "0", "", "1", "30000")

    over_websocket(story)


def test_orders_of_one_instrument_or_of_a_type_there_is_not() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            await begin(client, "orders", instType="SPOT", instId="ETH-USDT")
            await begin(client, "orders", instType="SWAP")
            await order(socket, side="buy", px="20000", sz="0.001")
            await client.nothing_more()
            await order(socket, instId="ETH-USDT", side="buy", px="1000", sz="0.01")
            assert told(await push(client, "orders"), "instId") == ("ETH-USDT",)
            await client.nothing_more()

    over_websocket(story)


def test_the_reply_comes_before_its_news_and_the_news_in_order() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            await begin(client, "orders", instType="ANY")
            for place in range(5):
                item = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.001"}
                await client.send({"id": str(place), "op": "order", "args": [item | {"px": str(20_000 + place)}]})
            said = [await client.next() for _ in range(10)]
            replies = [message["data"][0]["ordId"] for message in said if "op" in message]
            news = [message["data"][0]["ordId"] for message in said if "arg" in message]
            assert replies == news
            for number in replies:
                places = [place for place, message in enumerate(said) if message["data"][0]["ordId"] == number]
                assert "op" in said[places[0]]

    over_websocket(story)


# ---- fills, positions, warnings


def test_fills_need_a_tier_and_tell_numbers_of_clients_only() -> None:
    async def story(socket: Socket) -> None:
        await set_book(socket, [["29990", "1"]], [["30000", "1"]])
        async with connected(socket, PRIVATE) as client:
            await client.login()
            await client.subscribe("fills")
            await order(socket, side="buy", px="30000", sz="0.01", clOrdId="77")
            assert told(await push(client, "fills"), "fillSz", "fillPx", "clOrdId", "execType", "count") == (
                "0.01", "30000", "77", "T", "1",
            )  # fmt: skip
            await order(socket, side="buy", px="30000", sz="0.01", clOrdId="mine")
            assert told(await push(client, "fills"), "clOrdId") == ("0",)

    over_websocket(story, highest_tier=True)


def test_fills_without_the_tier() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            assert (await client.subscribe("fills"))["code"] == "60029"

    over_websocket(story)


def test_spot_mode_has_no_positions_and_no_warnings_about_them() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            await begin(client, "positions", instType="ANY")
            assert (await push(client, "positions"))["data"] == []
            await begin(client, "liquidation-warning", instType="ANY")
            await client.nothing_more()
            assert (await client.subscribe("liquidation-warning", instType="SPOT"))["code"] == "60033"

    over_websocket(story)


# ---- whose it is, and how many


def test_nobody_hears_of_others() -> None:
    async def story(socket: Socket) -> None:
        world = socket.world
        async with connected(socket, PRIVATE) as hers:
            await hers.login()
            await begin(hers, "orders", instType="ANY")
            body = {"instId": "BTC-USDT", "tdMode": "cash", "ordType": "limit", "side": "buy", "px": "1", "sz": "0.01"}
            assert (await world.signed("POST", "/api/v5/trade/order", body, key=world.bob)).code == "0"
            await hers.nothing_more()

    over_websocket(story)


def test_thirty_connections_for_a_channel_and_no_more() -> None:
    async def story(socket: Socket) -> None:
        world = socket.world
        open_ones = []
        try:
            for place in range(31):
                manager = connected(socket, PRIVATE)
                client = await manager.__aenter__()
                open_ones.append(manager)
                await client.login()
                assert (await client.subscribe("orders", instType="ANY"))["event"] == "subscribe"
                count = await client.next()
                if place < 30:
                    assert (count["event"], count["connCount"]) == ("channel-conn-count", str(place + 1))
                else:
                    assert (count["event"], count["connCount"]) == ("channel-conn-count-error", "30")
                await world.control("POST", "clock/advance", {"ms": 1_000})
            await order(socket, side="buy", px="20000", sz="0.001")
            await client.nothing_more()
        finally:
            for manager in open_ones:
                await manager.__aexit__(None, None, None)

    over_websocket(story, limits="exact")


def test_a_hundred_subscriptions_of_one_key() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            args = [{"channel": "orders", "instType": "SWAP", "instFamily": f"F{place}"} for place in range(101)]
            await client.send({"op": "subscribe", "args": args})
            assert (await client.closed())[0] == 4003

    over_websocket(story, limits="exact")


@pytest.mark.parametrize(
    ("arg", "code"), [({"channel": "orders", "instType": "SWAP"}, "64000"), ({"channel": "account"}, "")]
)
def test_the_old_name_of_a_family_is_refused_where_there_is_a_family(arg: dict[str, str], code: str) -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            answer = await client.ask({"op": "subscribe", "args": [arg | {"uly": "BTC-USD"}]})
            assert answer.get("code", "") == code

    over_websocket(story)


# ---- what came later


@pytest.mark.parametrize("surface", ["2026-01", "2026-08"])
def test_fields_that_came_later_are_on_the_later_surface(surface: str) -> None:
    """Of the account, of an order operation, of an order, and of an instrument."""
    later = surface == "2026-08"

    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            await begin(client, "account")
            (row,) = (await push(client, "account"))["data"]
            told = (row["details"][0].get("autoLendStatus"), row["details"][0].get("autoLendMtAmt"))
            assert told == (("unsupported", "0") if later else (None, None))
            await client.ask({"op": "unsubscribe", "args": [{"channel": "account"}]})
            await begin(client, "orders", instType="SPOT")
            asked = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.1", "px": "90"}
            answer = await client.ask({"id": "1", "op": "order", "args": [asked]})
            assert answer["data"][0].get("subCode") == ("" if later else None)
            (row,) = (await push(client, "orders"))["data"]
            assert row.get("outcome") == ("" if later else None)
        async with connected(socket) as client:
            await client.subscribe("instruments", instType="SPOT")
            assert (await client.next())["data"][0].get("seriesId") == ("" if later else None)

    over_websocket(story, surface=surface)
