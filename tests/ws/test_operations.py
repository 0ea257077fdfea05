"""Orders over the socket: what their REST twins do, in one message each."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.server.harness import AT_MS, Socket
from tests.ws.client import Client, connected, over_websocket

PRIVATE = "/ws/v5/private"
BID = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "20000", "sz": "0.001"}


async def do(client: Client, op: str, *args: Any, **beside: Any) -> Any:
    """One operation; its answer."""
    return await client.ask({"id": "1512", "op": op, "args": list(args)} | beside)


def by_name(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != "instId"}


def test_an_order_is_placed_and_cancelled() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            answer = await do(client, "order", BID | {"clOrdId": "mine", "tag": "bot"})
            number = answer["data"][0]["ordId"]
            at_us = str(AT_MS * 1_000)
            item = {"clOrdId": "mine", "ordId": number, "tag": "bot", "ts": str(AT_MS), "sCode": "0", "sMsg": ""}
            assert answer == {
                "id": "1512",
                "op": "order",
                "data": [item],
                "code": "0",
                "msg": "",
                "inTime": at_us,
                "outTime": at_us,
            }
            rest = await socket.world.signed("GET", f"/api/v5/trade/order?instId=BTC-USDT&ordId={number}")
            assert rest.json()["data"][0]["state"] == "live"
            answer = await do(client, "cancel-order", {"instId": "BTC-USDT", "clOrdId": "mine"})
            assert (answer["code"], answer["data"][0]["ordId"]) == ("0", number)

    over_websocket(story)


def test_the_number_of_an_instrument_stands_for_its_name_and_wins() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            codes = {
                row["instId"]: row["instIdCode"]
                for row in (await socket.world.ask("GET", "/api/v5/public/instruments?instType=SPOT")).json()["data"]
            }
            for code in (codes["BTC-USDT"], str(codes["BTC-USDT"])):
                answer = await do(client, "order", BID | {"instId": "ETH-USDT", "instIdCode": code})
                number = answer["data"][0]["ordId"]
                assert socket.world.venue.state.orders[int(number)].instrument == "BTC-USDT"
                answer = await do(client, "cancel-order", {"instIdCode": code, "ordId": number})
                assert answer["code"] == "0"
            assert (await do(client, "order", BID | {"instIdCode": None}))["code"] == "0"
            answer = await do(client, "order", by_name(BID) | {"instIdCode": 7})
            assert (answer["code"], answer["data"][0]["sCode"]) == ("1", "51001")

    over_websocket(story)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sz": "100"}, "51008"),
        ({"sz": "x"}, "51000"),
        ({"sz": ""}, "50014"),
        ({"instId": "NO-SUCH"}, "51001"),
        ({"tdMode": "cross"}, "51010"),
        ({"px": "20000.00001"}, "51150"),
    ],
)
def test_a_refused_order_says_why_in_its_item(changes: dict[str, str], code: str) -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            answer = await do(client, "order", BID | changes)
            assert (answer["op"], answer["code"], answer["data"][0]["sCode"]) == ("order", "1", code)
            assert answer["msg"] == "", "the text of the whole is empty in recordings"
            assert answer["data"][0]["ordId"] == ""
            assert answer["data"][0]["sMsg"]

    over_websocket(story)


def test_a_batch_in_part() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            answer = await do(client, "batch-orders", BID, BID | {"sz": "100"}, BID)
            assert (answer["code"], [item["sCode"] for item in answer["data"]]) == ("2", ["0", "51008", "0"])
            assert answer["msg"] == ""
            assert len(socket.world.venue.state.orders) == 2
            answer = await do(client, "batch-orders", BID | {"sz": "x"}, BID | {"sz": "100"})
            assert (answer["code"], [item["sCode"] for item in answer["data"]]) == ("1", ["51000", "51008"])

    over_websocket(story)


@pytest.mark.parametrize(
    ("op", "args"),
    [
        ("order", []),
        ("order", [BID, BID]),
        ("order", ["x"]),
        ("order", {"instId": "BTC-USDT"}),
        ("order", None),
        ("batch-orders", [BID, 7]),
        ("cancel-order", []),
    ],
)
def test_args_that_are_none(op: str, args: Any) -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            answer = await client.ask({"id": "7", "op": op, "args": args})
            assert (answer["id"], answer["op"], answer["data"]) == ("7", op, [])
            assert (answer["code"], answer["msg"]) == ("60013", "Invalid args")
            assert not socket.world.venue.state.orders

    over_websocket(story)


@pytest.mark.parametrize(
    ("op", "code"), [("batch-orders", "51111"), ("batch-cancel-orders", "51406"), ("batch-amend-orders", "51501")]
)
def test_a_list_that_is_too_long_is_refused_as_its_rest_twin_is(op: str, code: str) -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            answer = await do(client, op, *[BID] * 21)
            assert (answer["code"], answer["data"]) == (code, [])
            assert answer["msg"]
            assert "{" not in answer["msg"]
            assert not socket.world.venue.state.orders

    over_websocket(story)


def test_who_may_not_and_where_it_is_not_possible() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            assert (await do(client, "order", BID))["code"] == "60011"
            await client.login(socket.world.reader)
            answer = await do(client, "order", BID)
            assert (answer["op"], answer["code"], answer["data"]) == ("order", "50120", [])
            answer = await client.ask({"op": "order", "args": [BID]})
            assert (answer["event"], answer["code"]) == ("error", "60027")
        async with connected(socket, "/ws/v5/business") as client:
            assert (await do(client, "order", BID))["code"] == "60028"
        assert not socket.world.venue.state.orders

    over_websocket(story)


@pytest.mark.parametrize(
    ("until", "code"), [(AT_MS - 1, "50036"), (AT_MS, "0"), (str(AT_MS), "0"), ("x", "51000"), (10**15, "0")]
)
def test_an_order_that_comes_too_late(until: Any, code: str) -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            assert (await do(client, "order", BID, expTime=until))["code"] == code

    over_websocket(story)


def test_numbers_beside_an_order_are_read_by_the_rule_for_those_in_it() -> None:
    """1.7685e12 is 1768500000000, the time here; a number of an instrument may be written so too."""

    async def story(socket: Socket) -> None:
        instruments = (await socket.world.ask("GET", "/api/v5/public/instruments?instType=SPOT")).json()["data"]
        code = next(row["instIdCode"] for row in instruments if row["instId"] == "BTC-USDT")
        order = json.dumps(by_name(BID))[:-1]
        async with connected(socket, PRIVATE) as client:
            await client.login()
            for until, number, outcome in (
                ("1.7685e12", f"{code}e0", "0"),
                ("1.7684e12", str(code), "50036"),
                ("{}", str(code), "51000"),
                ('{"a":1}', str(code), "51000"),
                ("1.7685e12", "1e300", "1"),
            ):
                args = f'[{order}, "instIdCode": {number}}}]'
                answer = await client.ask(f'{{"id": "1", "op": "order", "expTime": {until}, "args": {args}}}')
                assert answer["code"] == outcome, (until, number, answer)

    over_websocket(story)


def test_the_rate_limit_is_shared_with_rest() -> None:
    """60 orders in 2 s for a user and an instrument: 40 by REST and 20 here are as many as there may be."""

    async def story(socket: Socket) -> None:
        world = socket.world
        async with connected(socket, PRIVATE) as client:
            await client.login()
            for _ in range(40):
                await world.signed("POST", "/api/v5/trade/order", BID | {"sz": "100"})
            for _ in range(20):
                assert (await do(client, "order", BID | {"sz": "100"}))["code"] == "1"
            answer = await do(client, "order", BID)
            assert (answer["code"], answer["data"]) == ("50011", [])
            assert (await do(client, "batch-orders", BID))["code"] == "50011", "a batch of one counts as a single order"
            assert (await do(client, "order", BID | {"instId": "ETH-USDT", "px": "1000", "sz": "0.01"}))["code"] == "0"
            await world.control("POST", "clock/advance", {"ms": 2_000})
            assert (await do(client, "order", BID))["code"] == "0"

    over_websocket(story, limits="exact")


@pytest.mark.parametrize(
    ("op", "order", "passing"),
    [
        ("order", BID | {"sz": "0"}, 60),
        ("order", by_name(BID), 60),
        ("order", BID | {"instIdCode": "x"}, 60),
        ("cancel-order", {"instId": "BTC-USDT", "ordId": "abc"}, 60),
        ("amend-order", {"instId": "BTC-USDT", "ordId": "7", "newSz": "0"}, 60),
        ("batch-orders", BID | {"sz": "0"}, 60),
        ("order", "no object", 60),
    ],
)
def test_operations_with_a_fault_count_and_are_limited(op: str, order: Any, passing: int) -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            for _ in range(passing):
                assert (await do(client, op, order))["code"] in ("1", "60013")
            answer = await do(client, op, order)
            assert (answer["code"], answer["data"]) == ("50011", [])

    over_websocket(story, limits="exact")


def test_more_open_orders_than_there_may_be_are_refused() -> None:
    """The words are the exchange's; the batch goes on where one of its orders has no place."""

    async def story(socket: Socket) -> None:
        numbers = {"orders_max_per_instrument": "2", "orders_max": "3"}
        assert (await socket.world.control("POST", "parameters", {"constants": numbers})).status == 200
        async with connected(socket, PRIVATE) as client:
            await client.login()
            ether = BID | {"instId": "ETH-USDT", "px": "1000", "sz": "0.01"}
            answer = await do(client, "batch-orders", BID, BID, BID, ether, ether)
            assert answer["code"] == "2"
            here = "Order failed, number of pending orders for BTC-USDT exceed the limit of 2."
            assert [(row["sCode"], row["sMsg"]) for row in answer["data"]] == [
                ("0", ""),
                ("0", ""),
                ("51174", here),
                ("0", ""),
                ("51025", "Order count exceeds the limit."),
            ]
            answer = await do(client, "order", BID)
            assert (answer["code"], answer["data"][0]["sCode"], answer["data"][0]["sMsg"]) == ("1", "51174", here)
            rest = await socket.world.signed("POST", "/api/v5/trade/order", ether)
            assert rest.json()["data"][0]["sCode"] == "51025"
            rest = await socket.world.signed("POST", "/api/v5/trade/batch-orders", [BID, ether])
            assert [row["sCode"] for row in rest.json()["data"]] == ["51174", "51025"]

    over_websocket(story)


def test_operations_on_the_path_that_has_everything() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, "/tally/v1/stream") as client:
            await client.login()
            assert (await do(client, "order", BID))["code"] == "0"
            assert (await client.subscribe("candle1m", instId="BTC-USDT"))["event"] == "subscribe"

    over_websocket(story)


def test_orders_are_changed_and_cancelled_in_numbers() -> None:
    async def story(socket: Socket) -> None:
        orders = socket.world.venue.state.orders
        async with connected(socket, PRIVATE) as client:
            await client.login()
            answer = await do(client, "batch-orders", BID, BID | {"px": "20001"})
            first, second = [{"instId": "BTC-USDT", "ordId": row["ordId"]} for row in answer["data"]]
            answer = await do(client, "amend-order", first | {"newSz": "0.002", "reqId": "r1"})
            assert (answer["code"], answer["data"][0]["reqId"]) == ("0", "r1")
            assert orders[int(first["ordId"])].size == 2 * 10**15
            answer = await do(client, "batch-amend-orders", first | {"newPx": "19000"}, second | {"newPx": "0.01"})
            assert (answer["code"], [row["sCode"] for row in answer["data"]]) == ("2", ["0", "51150"])
            answer = await do(client, "batch-amend-orders", first | {"newPx": "19000"}, first | {"newPx": "18000"})
            assert (answer["code"], answer["data"]) == ("51512", [])
            answer = await do(client, "amend-order", first | {"newSz": "1"}, expTime=str(AT_MS - 1))
            assert answer["code"] == "50036"
            answer = await do(client, "mass-cancel", {"instType": "OPTION", "instFamily": "BTC-USD"})
            assert (answer["code"], answer["data"]) == ("51010", [])
            answer = await do(client, "batch-cancel-orders", first, second)
            assert (answer["code"], len(answer["data"]), dict(orders)) == ("0", 2, {})

    over_websocket(story)


def test_strictly_read_nothing_stands_beside_the_documented_members() -> None:
    async def story(socket: Socket) -> None:
        subscription = {"op": "subscribe", "args": [{"channel": "tickers", "instId": "BTC-USDT"}]}
        async with connected(socket, PRIVATE) as client:
            await client.login()
            for beside, name in (({"id": 4}, "id"), ({"expires": "1"}, "expires")):
                answer = await do(client, "order", BID, **beside)
                assert (answer["op"], answer["code"], answer["data"]) == ("order", "51000", [])
                assert answer["msg"] == f"Parameter {name} error"
        assert not socket.world.venue.state.orders
        async with connected(socket) as client:
            answer = await client.ask(subscription | {"id": "4", "foo": "bar"})
            assert (answer["event"], answer["code"], answer["id"]) == ("error", "51000", "4")
            assert (await client.ask(subscription | {"id": "4"}))["event"] == "subscribe"

    over_websocket(story, strict=True)


@pytest.mark.parametrize(("sent", "echoed"), [("1e2", "100"), ("4", "4"), ("true", "true"), ('"true"', "true")])
def test_an_id_is_a_single_value_like_any_other(sent: str, echoed: str) -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            answer = await client.ask(f'{{"id": {sent}, "op": "order", "args": [{json.dumps(BID)}]}}')
            assert (answer["id"], answer["code"]) == (echoed, "0")

    over_websocket(story)


def test_strictly_read_an_order_has_no_field_nobody_reads() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            item = (await do(client, "order", BID | {"instIdCode": None, "clientOid": "mine"}))["data"][0]
            assert (item["sCode"], item["sMsg"]) == ("51000", "Parameter clientOid error")
            assert (await do(client, "order", BID | {"instIdCode": None}))["code"] == "0"

    over_websocket(story, strict=True)


@pytest.mark.parametrize("until", [False, [], {}, True, [1]])
def test_an_expiry_that_is_no_number_places_nothing(until: object) -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            before = await socket.world.seq_and_hash()
            answer = await client.ask({"id": "1", "op": "order", "expTime": until, "args": [BID]})
            assert answer["code"] == "51000"
            assert await socket.world.seq_and_hash() == before

    over_websocket(story)
