"""Streams at a follower: public ones are its own, all others are the leader's, and end with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection

from tests.cluster.fake import ANYWHERE
from tests.cluster.servers import Cluster, Server, until, within
from tests.patience import PATIENCE_S
from tests.server.harness import AT_MS
from tests.ws.client import login_of

COME_AGAIN = 1012


@asynccontextmanager
async def connected(server: Server, path: str) -> AsyncIterator[ClientConnection]:
    async with websockets.connect(f"ws://127.0.0.1:{server.port}/ws/v5/{path}", proxy=None) as connection:
        yield connection


async def ask(connection: ClientConnection, message: object) -> Any:
    await connection.send(json.dumps(message))
    return await heard(connection)


async def heard(connection: ClientConnection) -> Any:
    return json.loads(await asyncio.wait_for(connection.recv(), PATIENCE_S))


async def end_of(connection: ClientConnection) -> int | None:
    """Code that the connection ends with, after what else is said."""
    try:
        while True:
            await asyncio.wait_for(connection.recv(), PATIENCE_S)
    except websockets.ConnectionClosed:
        return connection.close_code


def test_public_streams_are_told_by_the_follower_itself() -> None:
    async def story(here: Cluster) -> None:
        leader, follower = here.servers
        async with connected(follower, "public") as public:
            args = [{"channel": "tickers", "instId": "BTC-USDT"}]
            assert (await ask(public, {"op": "subscribe", "args": args}))["event"] == "subscribe"
            first = (await heard(public))["data"][0]
            assert not leader.app.inner.sockets.hub.sessions
            assert (await leader.control("POST", "market/price", {"instId": "BTC-USDT", "px": "40000"})).status == 200
            later = (await heard(public))["data"][0]
            assert (first["askPx"], later["askPx"]) != (later["askPx"], first["askPx"])
            (shown,) = (await leader.ask("GET", "/api/v5/market/ticker?instId=BTC-USDT")).said["data"]
            assert later["askPx"] == shown["askPx"]

    within(story)


async def logged_in(private: ClientConnection) -> None:
    assert (await ask(private, login_of(ANYWHERE, AT_MS // 1_000)))["code"] == "0"


def test_private_streams_and_orders_pass_to_the_leader() -> None:
    async def story(here: Cluster) -> None:
        leader, follower = here.servers
        async with connected(follower, "private") as private:
            await logged_in(private)
            assert len(leader.app.inner.sockets.hub.sessions) == 1
            args = [{"channel": "balance_and_position"}]
            assert (await ask(private, {"op": "subscribe", "args": args}))["event"] == "subscribe"
            assert (await heard(private))["event"] == "channel-conn-count"
            assert (await heard(private))["data"][0]["eventType"] == "snapshot"
            order = {
                "instId": "BTC-USDT",
                "tdMode": "cash",
                "side": "sell",
                "ordType": "limit",
                "sz": "0.01",
                "px": "90000",
            }
            said = await ask(private, {"id": "1", "op": "order", "args": [order]})
            assert said["code"] == "0"
            await private.send("ping")
            assert await private.recv() == "pong"

    within(story)


def test_streams_of_a_leader_that_loses_its_lease_end_at_once() -> None:
    async def story(here: Cluster) -> None:
        first, second = here.servers
        async with connected(first, "private") as here_, connected(second, "private") as through:
            await logged_in(here_)
            await logged_in(through)
            first.database.cut = True
            here.shared.pass_s(1.0)
            assert await end_of(here_) == COME_AGAIN
            assert await end_of(through) == COME_AGAIN
            await until(lambda: second.leads, "the other one leads")

    within(story)


def test_streams_through_to_a_leader_that_is_killed_end_at_once() -> None:
    async def story(here: Cluster) -> None:
        first, second = here.servers
        async with connected(second, "private") as through:
            await logged_in(through)
            await first.end()
            assert await end_of(through) == COME_AGAIN
        async with connected(second, "private") as through:
            assert await end_of(through) == COME_AGAIN

    within(story)


def test_the_end_that_the_leader_gives_a_stream_is_the_clients() -> None:
    async def story(here: Cluster) -> None:
        follower = here.servers[1]
        async with connected(follower, "private") as through:
            login = login_of(ANYWHERE, AT_MS // 1_000, passphrase="wrong")
            assert (await ask(through, login))["code"] == "60024"
            assert await end_of(through) == 4001

    within(story)
