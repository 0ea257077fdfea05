"""Faults of order operations over a WebSocket: the kinds of their REST twins, where they fit."""

from __future__ import annotations

import pytest
from websockets.exceptions import ConnectionClosed

from tallystick.server.faults import orders
from tallystick.server.faults.kinds import KINDS, Kind
from tests.server.fault_client import rule, rules
from tests.server.harness import Socket
from tests.server.test_fault_kinds import TIMES
from tests.ws.client import connected, over_websocket
from tests.ws.test_operations import BID, PRIVATE, do

OF_ORDERS = [kind for kind in KINDS if kind.orders]


async def pending(socket: Socket) -> int:
    return len((await socket.world.signed("GET", "/api/v5/trade/orders-pending")).json()["data"])


@pytest.mark.parametrize("kind", OF_ORDERS, ids=lambda kind: kind.name)
def test_what_the_client_is_told_and_what_is_true_afterwards(kind: Kind) -> None:
    async def story(socket: Socket) -> None:
        ms = {"ms": 40} if any(parameter.name == "ms" for parameter in kind.parameters) else {}
        await rule(socket, "place_order", kind.name, nth=1, **ms)
        async with connected(socket, PRIVATE) as client:
            await client.login()
            if kind.name.startswith(("drop", "reset")):
                with pytest.raises(ConnectionClosed) as ended:
                    await do(client, "order", BID)
                assert ended.value.rcvd is None, "there is no close frame"
            else:
                answer = await do(client, "order", BID)
                assert (answer["id"], answer["op"], answer["code"]) == (
                    "1512",
                    "order",
                    kind.name[:5] if kind.code else "0",
                )
                assert bool(answer["data"]) is not bool(kind.code)
        assert await pending(socket) == TIMES[kind.afterwards]
        assert [(one["matched"], one["fired"]) for one in await rules(socket)] == [(1, 1)]

    over_websocket(story)


def test_every_kind_for_orders_has_its_play_and_no_other() -> None:
    assert set(orders.PLAYS) == {kind.name for kind in OF_ORDERS}


def test_a_kind_of_http_alone_leaves_operations_in_peace() -> None:
    async def story(socket: Socket) -> None:
        await rule(socket, "*", "html-502")
        await rule(socket, "place_order", "50026", method="POST")
        async with connected(socket, PRIVATE) as client:
            await client.login()
            assert (await do(client, "order", BID))["code"] == "0"
        assert [one["matched"] for one in await rules(socket)] == [0, 0]

    over_websocket(story)


def test_a_rule_for_operations_alone() -> None:
    async def story(socket: Socket) -> None:
        await rule(socket, "*", "50026", method="WS", user="alice")
        async with connected(socket, PRIVATE) as client:
            await client.login(socket.world.bob)
            assert (await do(client, "order", BID))["code"] == "0"
        async with connected(socket, PRIVATE) as client:
            await client.login()
            assert (await do(client, "order", BID))["code"] == "50026"
        assert (await socket.world.signed("GET", "/api/v5/account/config")).code == "0"

    over_websocket(story)
