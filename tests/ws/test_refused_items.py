"""A refused order says so in its item, with the ids it was sent with, whichever way it came and whoever refused it.

Expected answers are recorded ones: a list refused by its parameters and by the book alike repeats `clOrdId` and `tag`
(JKorf/OKX.Net#64), a single order answers a bad parameter in its item (python-okx#97, #34), over a socket too
(ccxt#27805, nautilus_trader#4116, there with a `clOrdId` of 35 characters), and a bad `ordId` comes back empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from tallystick.wire import echo
from tests.server.harness import AT_MS, Response, Socket, World, within
from tests.ws.client import Client, connected, over_websocket

PRIVATE = "/ws/v5/private"
TRADE = "/api/v5/trade/"
BID = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "20000", "sz": "0.001"}
MINE = BID | {"clOrdId": "a2", "tag": "t1"}
CANCEL = {"instId": "BTC-USDT", "ordId": "7", "clOrdId": "c1"}
AMEND = CANCEL | {"newSz": "0.002", "reqId": "r1"}

BATCH = {
    "order": ("batch-orders", "batch-orders"),
    "cancel-order": ("batch-cancel-orders", "cancel-batch-orders"),
    "amend-order": ("batch-amend-orders", "amend-batch-orders"),
}
"""Operation of one, which is its path too -> operation and path of many."""


class Case(NamedTuple):
    """An order that is refused, and what its item repeats."""

    op: str
    sent: dict[str, Any]
    code: str
    ids: Mapping[str, str]


def placed(code: str, client_id: str = "a2", **sent: Any) -> Case:
    tag = sent.get("tag", "t1")
    return Case("order", MINE | sent, code, {"clOrdId": client_id, "ordId": "", "tag": tag})


def cancelled(code: str, client_id: str = "c1", number: str = "7", **sent: Any) -> Case:
    return Case("cancel-order", CANCEL | sent, code, {"clOrdId": client_id, "ordId": number})


def amended(code: str, client_id: str = "c1", number: str = "7", **sent: Any) -> Case:
    return Case("amend-order", AMEND | sent, code, {"clOrdId": client_id, "ordId": number, "reqId": "r1"})


LONG = "O20260522145501532392555aceLTCUSDT5"
CASES = [
    # refused by the wire
    placed("51000", sz="0"),
    placed("51000", sz="x"),
    placed("51000", px="x"),
    placed("50014", sz=""),
    placed("50014", side=None),
    placed("51000", side="steal"),
    placed("51000", attachAlgoOrds=[{"slTriggerPx": "1"}]),
    placed("51000", clOrdId="a-2", client_id="a-2"),
    placed("51000", clOrdId=LONG, client_id=LONG),
    placed("51000", clOrdId="\ud800x", client_id="?x"),
    placed("51000", clOrdId={"a": 1}, client_id=""),
    placed("51000", tag="t" * 17),
    placed("51000", **{f"k{number}": "1" for number in range(65)}),
    cancelled("50014", instId=""),
    cancelled("51000", ordId="abc", number=""),
    cancelled("51000", ordId="9" * 20, number=""),
    cancelled("51000", ordId=[7], number=""),
    amended("51000", newSz="0"),
    amended("51000", newPx="1,5"),
    amended("51000", ordId="abc", number=""),
    amended("50015", ordId="", clOrdId="", number="", client_id=""),
    amended("51000", attachAlgoOrds=[{"newTpTriggerPx": "1"}]),
    # by the view
    placed("51010", tdMode="cross"),
    placed("51000", posSide="long"),
    placed("51000", ordType="mmp"),
    placed("51204", px=""),
    cancelled("51407", ordId="", clOrdId="", number="", client_id=""),
    amended("51500", newSz=""),
    # by the engine
    placed("51001", instId="NO-SUCH"),
    placed("51150", px="50000.05"),
    placed("51020", sz="0.00000001"),
    placed("51008", sz="100"),
    placed("51017", sz="1000"),
    cancelled("51400"),
    cancelled("51400", ordId="", number=""),
    cancelled("51001", instId="NO-SUCH"),
    amended("51503"),
    amended("51503", clOrdId="", client_id=""),
    amended("51001", instId="NO-SUCH"),
]


def is_refused_item(case: Case, row: dict[str, Any]) -> None:
    """The item of a refused order: every field the documents list, its ids as they were sent."""
    assert row["sMsg"], case
    assert "{" not in row["sMsg"], case
    expected = {**case.ids, "ts": str(AT_MS), "sCode": case.code}
    assert {name: value for name, value in row.items() if name not in ("sMsg", "subCode")} == expected, case


async def all_ways(case: Case, client: Client) -> list[dict[str, Any]]:
    """The item of the case, sent alone and in a list, over HTTP and over a socket."""
    world = client.world
    many, path = BATCH[case.op]
    alone = await world.signed("POST", TRADE + case.op, case.sent)
    assert (alone.status, alone.code, alone.json()["msg"]) == (200, "1", "All operations failed"), case
    said = await client.ask({"id": "1", "op": case.op, "args": [case.sent]})
    assert (said["op"], said["code"]) == (case.op, "1"), case
    among = (await world.signed("POST", TRADE + path, [case.sent] * 2)).json()
    heard = await client.ask({"id": "1", "op": many, "args": [case.sent]})
    assert heard["code"] == "1", case
    if among["code"] == "51512":
        # The same order amended twice in one list is refused as a whole (documented).
        among = (await world.signed("POST", TRADE + path, [case.sent])).json()
    assert among["code"] == "1", case
    return [alone.json()["data"][0], said["data"][0], among["data"][-1], heard["data"][0]]


@pytest.mark.parametrize("surface", ["2026-01", "2026-08"])
def test_one_fault_has_one_form_whichever_way_the_order_came(surface: str) -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            before = await socket.world.seq_and_hash()
            for case in CASES:
                rows = await all_ways(case, client)
                for row in rows:
                    is_refused_item(case, row)
                assert all(row == rows[0] for row in rows), case
                assert ("subCode" in rows[0]) == (surface == "2026-08" and case.op != "cancel-order")
            assert await socket.world.seq_and_hash() == before

    over_websocket(story, surface=surface)


def test_a_batch_keeps_the_ids_of_what_it_refuses() -> None:
    """The three of the report: good, refused by the wire, refused by the book."""

    async def story(socket: Socket) -> None:
        three = [
            BID | {"clOrdId": "a1"},
            MINE | {"sz": "0"},
            BID | {"clOrdId": "a3", "px": "50000.05"},
        ]
        async with connected(socket, PRIVATE) as client:
            await client.login()
            answers = [
                (await socket.world.signed("POST", TRADE + "batch-orders", three)).json(),
                await client.ask({"id": "1", "op": "batch-orders", "args": three}),
            ]
            for answer, first in zip(answers, ("0", "51016"), strict=True):
                assert answer["code"] == ("2" if first == "0" else "1")
                assert [(row["sCode"], row["clOrdId"], row["tag"]) for row in answer["data"]] == [
                    (first, "a1", ""),
                    ("51000", "a2", "t1"),
                    ("51150", "a3", ""),
                ]

    over_websocket(story)


def test_the_number_of_an_instrument_that_is_none_keeps_the_ids() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            item = (await client.ask({"id": "1", "op": "order", "args": [MINE | {"instIdCode": 7}]}))["data"][0]
            assert (item["sCode"], item["clOrdId"], item["tag"]) == ("51001", "a2", "t1")

    over_websocket(story)


@pytest.mark.parametrize("lost", ["clOrdId", "ordId", "tag", "reqId"])
def test_the_check_fails_where_an_id_is_lost(lost: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: a refused item that forgets one of its ids."""
    whole = echo.refused

    def forgetful(endpoint: Any, sent: Mapping[str, Any], *rest: Any) -> Any:
        return whole(endpoint, {name: value for name, value in sent.items() if name != lost}, *rest)

    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            for case in CASES:
                for row in await all_ways(case, client):
                    is_refused_item(case, row)

    monkeypatch.setattr(echo, "refused", forgetful)
    with pytest.raises(AssertionError):
        over_websocket(story)


# ---- what is no fault of an order


ORDERS = [*BATCH, *(path for _, path in BATCH.values())]


@pytest.mark.parametrize("path", ORDERS)
def test_a_fault_of_the_whole_is_the_whole_answer(path: str) -> None:
    """Who asks, how often, and a body that is no request: an outer code, and no item."""
    body: Any = [MINE] if "batch" in path else MINE

    async def story(here: World) -> None:
        def is_whole(answer: Response, status: int, code: str) -> None:
            assert (answer.status, answer.code, answer.json().get("data", [])) == (status, code, [])

        is_whole(await here.signed("POST", TRADE + path, b""), 400, "50000")
        is_whole(await here.signed("POST", TRADE + path, b"{"), 400, "50002")
        is_whole(await here.signed("POST", TRADE + path, b"7"), 400, "50002")
        is_whole(await here.signed("POST", TRADE + path, body, content_type="text/plain"), 400, "50006")
        is_whole(await here.signed("POST", TRADE + path, body, ok_access_sign="x"), 401, "50113")
        is_whole(await here.signed("POST", TRADE + path, body, key=here.reader), 401, "50120")

    within(story)


def test_strictly_read_what_is_odd_is_a_fault_of_its_order_and_the_others_are_placed() -> None:
    odd = MINE | {"clientOid": "x"}

    async def story(socket: Socket) -> None:
        world = socket.world
        async with connected(socket, PRIVATE) as client:
            await client.login()
            alone = await world.signed("POST", TRADE + "order", odd)
            said = await client.ask({"id": "1", "op": "order", "args": [odd]})
            among = await world.signed("POST", TRADE + "batch-orders", [BID, odd])
            for answer in (alone.json(), said, among.json()):
                row = answer["data"][-1]
                assert (row["sCode"], row["sMsg"]) == ("51000", "Parameter clientOid error")
                assert (row["clOrdId"], row["tag"]) == ("a2", "t1")
            assert (among.code, among.json()["data"][0]["sCode"]) == ("2", "0")
            assert "unknown parameter clientOid" in alone.headers[b"x-tally-lint"].decode()
            assert "item 2: unknown parameter clientOid" in among.headers[b"x-tally-lint"].decode()
            # What belongs to no order is refused as a whole.
            assert (await world.signed("POST", TRADE + "order?instId=X", BID)).code == "51000"
            assert (await world.signed("POST", TRADE + "batch-orders?instId=X", [BID])).code == "51000"

    over_websocket(story, strict=True)


def test_the_lint_says_which_order_of_a_list_and_what_it_should_have_had() -> None:
    async def story(here: World) -> None:
        answer = await here.signed("POST", TRADE + "batch-orders", [BID, MINE | {"sz": "0"}, BID | {"foo": "1"}])
        lint = answer.headers[b"x-tally-lint"].decode("ascii")
        assert "item 2: sz is not as documented: amount" in lint
        assert "unknown parameter foo" in lint
        many = [BID | {f"k{number}{'x' * 60}": "1" for number in range(60)} for _ in range(10)]
        answer = await here.signed("POST", TRADE + "batch-orders", many)
        assert len(answer.headers[b"x-tally-lint"]) <= 4_000, "aiohttp gives up at 8,190 bytes of a header"

    within(story)
