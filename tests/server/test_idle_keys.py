"""Keys that end after 14 unused days, where that is asked for."""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.venue.keys import Credentials, new_credentials, record_of
from tests.server.harness import Response, Socket, World, within
from tests.ws.client import connected, login_of, over_websocket

CONFIG = "/api/v5/account/config"
DAY_MS = 86_400_000


async def asked(here: World, key: Credentials) -> Response:
    return await here.signed("GET", CONFIG, key=key)


async def made(here: World, permissions: tuple[str, ...], ips: tuple[str, ...] = ()) -> Credentials:
    key = new_credentials(permissions)
    await here.venue.add_key(lambda state, now_ms: record_of(key, 1001, ips=ips, made_at_ms=here.venue.now_ms()))
    return key


def test_a_key_rests_14_days_and_is_unknown() -> None:
    async def story(here: World) -> None:
        await here.venue.advance(by_ms=14 * DAY_MS - 1)
        assert (await asked(here, here.alice)).code == "0"
        # That was a use, so the days begin anew.
        await here.venue.advance(by_ms=14 * DAY_MS - 1)
        assert (await asked(here, here.alice)).code == "0"
        await here.venue.advance(by_ms=14 * DAY_MS)
        answer = await asked(here, here.alice)
        assert (answer.status, answer.code, answer.json()["msg"]) == (401, "50119", "API key doesn't exist")
        # A refused call is no use of a key.
        assert (await asked(here, here.alice)).code == "50119"

    within(story, expire_keys=True)


@pytest.mark.parametrize(
    ("permissions", "ips", "code"),
    [
        (("read_only", "trade"), (), "50119"),
        (("read_only", "withdraw"), (), "50119"),
        (("read_only",), (), "0"),
        (("read_only", "trade"), ("127.0.0.1",), "0"),
    ],
)
def test_which_keys_end(permissions: tuple[str, ...], ips: tuple[str, ...], code: str) -> None:
    async def story(here: World) -> None:
        await here.venue.advance(by_ms=3 * DAY_MS)
        key = await made(here, permissions, ips)
        # What counts is when the key was made, not when the venue was.
        await here.venue.advance(by_ms=14 * DAY_MS - 1)
        assert (await asked(here, key)).code == "0"
        await here.venue.advance(by_ms=14 * DAY_MS)
        assert (await asked(here, key)).code == code

    within(story, expire_keys=True)


def test_a_call_with_a_wrong_signature_is_no_use() -> None:
    async def story(here: World) -> None:
        await here.venue.advance(by_ms=7 * DAY_MS)
        assert (await here.signed("GET", CONFIG, ok_access_sign="x")).code == "50113"
        await here.venue.advance(by_ms=7 * DAY_MS)
        assert (await asked(here, here.alice)).code == "50119"

    within(story, expire_keys=True)


def test_keys_stay_unless_asked_for() -> None:
    async def story(here: World) -> None:
        await here.venue.advance(by_ms=60 * DAY_MS)
        assert (await asked(here, here.alice)).code == "0"

    within(story)


def test_a_login_is_a_use_and_needs_a_key_that_has_not_ended() -> None:
    async def login(socket: Socket) -> dict[str, Any]:
        async with connected(socket, "/ws/v5/private") as client:
            answer: dict[str, Any] = await client.ask(
                login_of(socket.world.alice, socket.world.venue.now_ms() // 1_000)
            )
            return answer

    async def story(socket: Socket) -> None:
        for days in (13, 13):
            await socket.world.venue.advance(by_ms=days * DAY_MS)
            assert (await login(socket))["code"] == "0"
        await socket.world.venue.advance(by_ms=14 * DAY_MS)
        assert (await login(socket))["code"] == "60032"

    over_websocket(story, expire_keys=True)


def test_who_is_logged_in_stays_so_and_what_is_said_there_is_no_use() -> None:
    async def story(socket: Socket) -> None:
        bid = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "20000", "sz": "0.001"}
        async with connected(socket, "/ws/v5/private") as client:
            assert (await client.login())["code"] == "0"
            for days in (13, 1):
                await socket.world.venue.advance(by_ms=days * DAY_MS)
                assert (await client.ask({"id": "1", "op": "order", "args": [bid]}))["code"] == "0"
            assert (await asked(socket.world, socket.world.alice)).code == "50119"

    over_websocket(story, expire_keys=True)
