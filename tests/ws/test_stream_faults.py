"""Faults of streams: every kind is played to a client of the websockets library, and the venue is as without it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import websockets
from websockets.exceptions import ConnectionClosed

from tallystick.server.faults import streams
from tallystick.server.faults.kinds import KINDS, LOGIN_CODES, SUBSCRIBE_CODES
from tallystick.server.ws.session import Session
from tests.patience import PATIENCE_S
from tests.server.fault_client import rule, rules
from tests.server.harness import Socket
from tests.server.test_raw_http import until
from tests.ws.client import Client, connected, login_of, over_websocket
from tests.ws.test_public import checksum_by_the_rules, set_book

PRIVATE = "/ws/v5/private"
BOOKS = {"channel": "books", "instId": "BTC-USDT"}


PRICES = (101, 103, 105)


async def move(socket: Socket, prices: tuple[int, ...] = PRICES) -> None:
    """Change the book as often; each change is a message."""
    for px in prices:
        await set_book(socket, [[str(px - 1), "1"]], [[str(px + 1), "1"]])


async def heard(client: Client, messages: int) -> list[Any]:
    return [await client.next() for _ in range(messages)]


def best(message: dict[str, Any]) -> int:
    """Price that a message of books is about: one below the only ask that it adds."""
    (ask,) = (level[0] for level in message["data"][0]["asks"] if level[1] != "0")
    return int(ask) - 1


def about(messages: list[Any]) -> tuple[int, ...]:
    return tuple(best(message) for message in messages)


async def end_of(client: Client) -> tuple[int, str] | None:
    """Close code and reason of the next thing that happens; None without a close frame."""
    with pytest.raises(ConnectionClosed) as ended:
        await client.next()
    received = ended.value.rcvd
    return None if received is None else (received.code, received.reason)


# ---- what a client hears of three changes, the second of which is hit

Play = Callable[[Client], Awaitable[None]]


async def silence(client: Client) -> None:
    assert about(await heard(client, 1)) == (101,)
    assert await client.ask("ping") == "pong", "nothing of books comes before the answer"


async def gap(client: Client) -> None:
    first, third = await heard(client, 2)
    assert about([first, third]) == (101, 105)
    assert third["data"][0]["prevSeqId"] != first["data"][0]["seqId"], "so a client can tell"


async def double(client: Client) -> None:
    found = await heard(client, 3)
    assert about(found) == (101, 103, 103)
    assert found[1] == found[2]
    assert about(await heard(client, 1)) == (105,)


async def swap(client: Client) -> None:
    assert about(await heard(client, 3)) == (101, 105, 103)


async def checksum(client: Client) -> None:
    for message, px, right in zip(await heard(client, 3), PRICES, (True, False, True), strict=True):
        (row,) = message["data"]
        told = row["checksum"] == checksum_by_the_rules([[str(px + 1), "1"]], [[str(px - 1), "1"]])
        assert told is right


async def half(client: Client) -> None:
    assert about(await heard(client, 1)) == (101,)
    text = str(await asyncio.wait_for(client.connection.recv(), PATIENCE_S))
    assert text.startswith('{"arg":{"channel":"books"')
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    assert about(await heard(client, 1)) == (105,)


async def slow(client: Client) -> None:
    """Later messages wait for the late one."""
    assert about(await heard(client, 3)) == PRICES


async def notice(client: Client) -> None:
    first, told, second, third = await heard(client, 4)
    assert about([first, second, third]) == PRICES
    assert (told["event"], told["code"]) == ("notice", "64008")


def end(expected: tuple[int, str] | None) -> Play:
    async def play(client: Client) -> None:
        assert about(await heard(client, 1)) == (101,)
        assert await end_of(client) == expected

    return play


# Codes and texts as the documents print them.
CLOSES = {
    "ws-close-4001": (4001, "Login Failed"),
    "ws-close-4002": (4002, "Invalid Request"),
    "ws-close-4003": (4003, "APIKey subscription amount exceeds the limit 100"),
    "ws-close-4004": (4004, "No data received in 30s"),
    "ws-close-4005": (4005, "Buffer is full, cannot write data"),
    "ws-close-4006": (4006, "Abnormal disconnection"),
    "ws-close-4007": (4007, "API key has been updated or deleted. Please reconnect."),
    "ws-close-4008": (4008, "The number of subscribed channels exceeds the maximum limit."),
    "ws-close-4009": (4009, "The number of subscription channels for this connection exceeds the limit"),
}
PLAYED: dict[str, Play] = {
    "ws-silence": silence,
    "ws-gap": gap,
    "ws-double": double,
    "ws-swap": swap,
    "ws-wrong-checksum": checksum,
    "ws-truncated-json": half,
    "ws-slow": slow,
    "ws-notice": notice,
    "ws-drop": end(None),
    "ws-reset": end(None),
    **{name: end(expected) for name, expected in CLOSES.items()},
}
OF_MESSAGES = [kind.name for kind in KINDS if kind.place == "stream"]


@pytest.mark.parametrize("name", OF_MESSAGES)
def test_the_second_message_of_a_channel_is_hit_and_the_state_is_as_without(name: str) -> None:
    found: list[tuple[int, str]] = []

    async def story(socket: Socket, *faults: str) -> None:
        await move(socket, (99,))
        async with connected(socket) as client:
            await client.subscribe(**BOOKS)
            await client.next()
            for fault in faults:
                await rule(socket, "books", fault, nth=2)
            await move(socket)
            for fault in faults:
                await PLAYED[fault](client)
                fired = (await rules(socket))[0]["fired"]
                assert fired == (2 if fault == "ws-silence" else 1)
        found.append(await socket.world.seq_and_hash())

    over_websocket(lambda socket: story(socket, name))
    over_websocket(story)
    assert found[0] == found[1]


def test_every_kind_of_messages_has_its_play() -> None:
    assert set(streams.PLAYS) == set(PLAYED) == set(OF_MESSAGES)


def test_a_message_that_no_other_takes_the_place_of_comes_late() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket) as client:
            await client.subscribe(**BOOKS)
            await client.next()
            await rule(socket, "books", "ws-swap", ms=20)
            await move(socket, (101,))
            assert about(await heard(client, 1)) == (101,)
            # Nothing is held any more, and no rule is needed to send what comes now.
            await socket.world.control("DELETE", "faults")
            await move(socket, (103,))
            assert about(await heard(client, 1)) == (103,)
            assert held_of(socket) == [None]

    over_websocket(story)


def held_of(socket: Socket) -> list[object]:
    return [session.held for session in socket.world.app.sockets.hub.sessions if isinstance(session, Session)]


def test_late_messages_leave_with_the_end_of_their_rule_in_their_order() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket) as client:
            await client.subscribe(**BOOKS)
            await client.next()
            await rule(socket, "books", "ws-slow", nth=1, ms=60_000)
            await move(socket)
            (session,) = socket.world.app.sockets.hub.sessions
            assert isinstance(session, Session)
            await until(lambda: session.held is not None and len(session.held.late) == 3)
            await socket.world.control("DELETE", "faults")
            assert about(await heard(client, 3)) == PRICES
            await until(lambda: held_of(socket) == [None])

    over_websocket(story)


def test_late_messages_are_bounded_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LATE_BYTES_MAX", 300)

    async def story(socket: Socket) -> None:
        async with connected(socket) as client:
            await client.subscribe(**BOOKS)
            await client.next()
            await rule(socket, "books", "ws-slow", ms=60_000)
            await move(socket)
            assert await end_of(client) == (4005, "Buffer is full, cannot write data")
        await until(lambda: not socket.world.services.faults.delays.under_way)

    over_websocket(story)


# ---- where


def test_a_rule_hits_its_channel_alone_and_one_for_all_streams_hits_answers_too() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket) as client:
            await client.subscribe(**BOOKS)
            await client.next()
            await client.subscribe("tickers", instId="BTC-USDT")
            await client.next()
            number = await rule(socket, "tickers", "ws-silence")
            await move(socket, (101,))
            assert about(await heard(client, 1)) == (101,)
            await socket.world.control("DELETE", f"faults/{number}")
            number = await rule(socket, "ws", "ws-silence")
            await client.send("ping")
            await until(lambda: socket.world.services.faults.rules[number].fired == 1)
            await socket.world.control("DELETE", f"faults/{number}")
            assert await client.ask("ping") == "pong"

    over_websocket(story)


def test_a_rule_for_a_user_hits_the_streams_that_logged_in_with_a_key_of_that_user() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as alice, connected(socket, PRIVATE) as bob:
            await alice.login()
            await bob.login(socket.world.bob)
            await rule(socket, "ws", "ws-close-4007", user="alice")
            assert await end_of(alice) == CLOSES["ws-close-4007"]
            assert await bob.ask("ping") == "pong"

    over_websocket(story)


@pytest.mark.parametrize(("when", "hit"), [({}, "xx"), ({"count": 1}, "x.")])
def test_a_rule_for_all_streams_hits_those_that_are_open_in_the_order_they_came(when: dict[str, int], hit: str) -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket) as first, connected(socket) as second:
            for client in (first, second):
                assert await client.ask("ping") == "pong"
            await rule(socket, "ws", "ws-close-4006", **when)
            for client, one in zip((first, second), hit, strict=True):
                if one == "x":
                    assert await end_of(client) == CLOSES["ws-close-4006"]
                else:
                    assert await client.ask("ping") == "pong"

    over_websocket(story)


def test_a_rule_that_names_the_message_waits_for_it() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket) as client:
            await rule(socket, "ws", "ws-close-4006", nth=2)
            assert await client.ask("ping") == "pong"
            await client.send("ping")
            assert await end_of(client) == CLOSES["ws-close-4006"]

    over_websocket(story)


# ---- what a client asks for


@pytest.mark.parametrize("code", LOGIN_CODES)
def test_a_login_is_refused(code: str) -> None:
    async def story(socket: Socket) -> None:
        await rule(socket, "login", "ws-login-refused", nth=1, code=code)
        async with connected(socket, PRIVATE) as client:
            answer = await client.login()
            assert (answer["event"], answer["code"]) == ("error", code)
            assert await end_of(client) == (4001, "Login Failed")
        async with connected(socket, PRIVATE) as client:
            assert (await client.login())["code"] == "0"

    over_websocket(story)


@pytest.mark.parametrize("code", SUBSCRIBE_CODES)
def test_a_subscription_is_refused(code: str) -> None:
    async def story(socket: Socket) -> None:
        await rule(socket, "books", "ws-subscribe-refused", nth=1, code=code)
        async with connected(socket) as client:
            answer = await client.subscribe(**BOOKS)
            assert (answer["event"], answer["code"]) == ("error", code)
            assert "{" not in answer["msg"]
            await move(socket, (101,))
            assert await client.ask("ping") == "pong", "it hears of no change"
            assert (await client.subscribe(**BOOKS))["event"] == "subscribe"

    over_websocket(story)


def test_pings_are_not_answered_from_the_second_on() -> None:
    async def story(socket: Socket) -> None:
        number = await rule(socket, "ws", "ws-no-pong", nth=2)
        async with connected(socket) as client:
            assert await client.ask("ping") == "pong"
            await client.send("ping")
            await client.send("ping")
            assert (await client.subscribe(**BOOKS))["event"] == "subscribe"
            assert socket.world.services.faults.rules[number].fired == 2

    over_websocket(story)


def test_a_handshake_is_refused() -> None:
    async def story(socket: Socket) -> None:
        await rule(socket, "ws", "ws-handshake-503", nth=1)
        with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
            async with connected(socket):
                pass
        assert refused.value.response.status_code == 503
        async with connected(socket) as client:
            assert await client.ask("ping") == "pong"

    over_websocket(story)


@pytest.mark.parametrize(
    ("ahead_ms", "signed_ms", "code"),
    [(60_000, 0, "60006"), (60_000, 60_000, "0"), (-60_000, 0, "60006"), (20_000, 0, "0")],
)
def test_a_login_is_judged_by_a_clock_that_is_off(ahead_ms: int, signed_ms: int, code: str) -> None:
    """The window is 30 s (documented)."""

    async def story(socket: Socket) -> None:
        await rule(socket, "ws", "ws-clock-skew", ms=ahead_ms)
        async with connected(socket, PRIVATE) as client:
            at_s = (socket.world.venue.now_ms() + signed_ms) // 1_000
            answer = await client.ask(login_of(socket.world.alice, at_s))
            assert answer["code"] == code

    over_websocket(story)


def test_every_entrance_is_tested_here() -> None:
    others = {kind.name for kind in KINDS if kind.place not in ("request", "stream")}
    assert others == {"ws-login-refused", "ws-subscribe-refused", "ws-no-pong", "ws-handshake-503", "ws-clock-skew"}
