"""Handshake, login, heartbeat, limits, and messages that are no requests."""

from __future__ import annotations

import asyncio
import inspect
import json
from typing import Any
from unittest.mock import Mock

import pytest
import websockets
from websockets.frames import Frame, Opcode

from tallystick.server import auth
from tallystick.server.ws.message import Message
from tallystick.server.ws.protocol import IDLE_SECONDS_MAX
from tallystick.wire.sign import sign
from tests.patience import PATIENCE_S
from tests.server.harness import AT_MS, Socket
from tests.ws.client import Client, connected, login_of, over_websocket

AT_S = AT_MS // 1000
PRIVATE = "/ws/v5/private"


# ---- handshake


@pytest.mark.parametrize("path", ["/ws/v5/public", PRIVATE, "/ws/v5/business?brokerId=9999", "/tally/v1/stream"])
def test_paths_open_and_answer_ping(path: str) -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, path) as client:
            assert await client.ask("ping") == "pong"

    over_websocket(story)


@pytest.mark.parametrize("path", [PRIVATE, PRIVATE + "?", PRIVATE + "??", PRIVATE + "?brokerId=9999"])
def test_a_login_signs_its_own_target_whatever_stands_behind_the_path(path: str) -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, path) as client:
            assert (await client.login())["event"] == "login"
        async with connected(socket, path) as client:
            asked = sign(client.world.alice.secret_key, str(AT_S), "GET", "/users/self/verify?")
            assert (await client.login(sign=asked))["code"] == "60007"

    over_websocket(story)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/ws/v5/nothing", {}, 404),
        ("/api/v5/public/time", {}, 200),
        ("/ws/v5/public", {"Origin": "http://other.example"}, 403),
        ("/ws/v5/public", {"Origin": "null"}, 403),
    ],
)
def test_what_is_not_opened(path: str, headers: dict[str, str], status: int) -> None:
    async def story(socket: Socket) -> None:
        with pytest.raises(websockets.InvalidStatus) as refused:
            async with connected(socket, path, additional_headers=headers):
                pass
        assert refused.value.response.status_code == status

    over_websocket(story)


def test_our_own_page_may_connect() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, origin=f"http://127.0.0.1:{socket.port}") as client:
            assert await client.ask("ping") == "pong"

    over_websocket(story)


HANDSHAKE = (
    b"connection: Upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@pytest.mark.parametrize("path", [b"/ws/v5/public", b"/ws/v5/private", b"/ws/v5/business", b"/tally/v1/stream"])
@pytest.mark.parametrize(
    ("host", "origin"),
    [
        (b"evil.com", b"http://evil.com"),
        (b"evil.com:8080", b"https://evil.com:8080"),
        (b"EVIL.com", b"http://evil.COM"),
        (b"127.0.0.1.evil.com", b"http://127.0.0.1.evil.com"),
        (b"127.0.0.1:8080", b"http://127.0.0.1"),
    ],
)
def test_a_page_whose_name_was_pointed_at_us_may_not_connect(path: bytes, host: bytes, origin: bytes) -> None:
    async def story(socket: Socket) -> None:
        head = b"GET " + path + b" HTTP/1.1\r\nhost: " + host + b"\r\norigin: " + origin + b"\r\n" + HANDSHAKE
        answer = await socket.exchange(head + b"\r\n")
        assert answer.startswith(b"HTTP/1.1 403 ")

    over_websocket(story)


def test_without_an_upgrade_there_is_nothing_on_these_paths() -> None:
    async def story(socket: Socket) -> None:
        answer = await socket.exchange(b"GET /ws/v5/public HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 404 ")

    over_websocket(story)


def test_a_handshake_that_is_none_is_refused() -> None:
    async def story(socket: Socket) -> None:
        head = b"GET /ws/v5/public HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"
        answer = await socket.exchange(head)
        assert answer.startswith(b"HTTP/1.1 400 ")

    over_websocket(story)


def test_frames_may_come_with_the_handshake() -> None:
    async def story(socket: Socket) -> None:
        reader, writer = await socket.open()
        head = b"GET /ws/v5/public HTTP/1.1\r\nhost: a\r\n" + HANDSHAKE + b"\r\n"
        writer.write(head + Frame(Opcode.TEXT, b"ping").serialize(mask=True))
        answer = await asyncio.wait_for(reader.readuntil(b"pong"), PATIENCE_S)
        assert answer.startswith(b"HTTP/1.1 101 ")
        # The key of RFC 6455, section 1.3, and its answer there.
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer
        writer.close()

    over_websocket(story)


def test_three_connections_a_second_of_one_address() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket), connected(socket), connected(socket):
            with pytest.raises(websockets.InvalidStatus) as refused:
                async with connected(socket):
                    pass
            assert refused.value.response.status_code == 429
            assert b"--limits" in (refused.value.response.body or b"")
            reason = "an address opens 3 connections in 1 s at most: serve --limits off or serve --limits 10"
            assert refused.value.response.headers["x-tally-reason"] == reason
            (row,) = (await socket.world.control("GET", "refusals")).json()["requests"]
            assert (row["operation"], row["status"]) == ("handshake", 429)
            assert row["why"][0]["numbers"]["requests_count"] == "3"
            await socket.world.control("POST", "clock/advance", {"ms": 1_000})
            async with connected(socket) as client:
                assert await client.ask("ping") == "pong"

    over_websocket(story, limits="exact")


# ---- login


def test_login_with_text_and_with_a_number_and_an_id() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            answer = await client.login()
            assert answer == {"event": "login", "code": "0", "msg": "", "connId": answer["connId"]}
        async with connected(socket, PRIVATE) as client:
            request = login_of(socket.world.alice, AT_S, timestamp=AT_S) | {"id": "7"}
            answer = await client.ask(request)
            assert (answer["id"], answer["code"]) == ("7", "0")

    over_websocket(story)


@pytest.mark.parametrize("decimals", ["5", "123", "1234567"])
def test_login_with_decimals_of_a_second(decimals: str) -> None:
    """The documents make the time from milliseconds divided by 1,000; cryptofeed does so, Python has seven decimals."""

    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            request = login_of(socket.world.alice, f"{AT_S}.{decimals}")
            assert (await client.ask(request))["code"] == "0"

    over_websocket(story)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"timestamp": ""}, "60027"),
        ({"apiKey": None}, "60027"),
        ({"sign": ""}, "60027"),
        ({"timestamp": "2026-01-15T18:00:00.000Z"}, "60004"),
        ({"timestamp": "1768500000."}, "60004"),
        ({"timestamp": ".5"}, "60004"),
        ({"timestamp": "1.7685e9"}, "60004"),
        ({"timestamp": "-1768500000"}, "60004"),
        ({"timestamp": str(AT_S - 31)}, "60006"),
        ({"timestamp": str(AT_S + 31)}, "60006"),
        ({"timestamp": f"{AT_S + 30}.001"}, "60006"),
        ({"apiKey": "no key at all"}, "60005"),
        ({"apiKey": "ключ"}, "60005"),
        ({"apiKey": "15edb65e-8515-4795-8697-7fc85d6f0885"}, "60032"),
        ({"passphrase": "wrong"}, "60024"),
        ({"sign": "wrong"}, "60007"),
        ({"sign": "подпись"}, "60007"),
        ({"timestamp": str(AT_S - 30)}, "60007"),
    ],
)
def test_a_login_that_fails_says_why_and_ends_the_connection(changes: dict[str, Any], code: str) -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            answer = await client.login(**changes)
            assert (answer["event"], answer["code"]) == ("error", code)
            assert await client.closed() == (4001, "Login Failed")

    over_websocket(story)


@pytest.mark.parametrize(("args", "code"), [(None, "60013"), ([], "60013"), (["x"], "60013"), ([{}, {}], "60031")])
def test_a_login_without_its_argument(args: Any, code: str) -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            assert (await client.ask({"op": "login", "args": args}))["code"] == code
            assert await client.closed() == (4001, "Login Failed")

    over_websocket(story)


def test_a_second_login_is_refused_and_the_first_goes_on() -> None:
    """python-okx logs in again before every subscription."""

    async def story(socket: Socket) -> None:
        async with connected(socket, PRIVATE) as client:
            await client.login()
            assert (await client.login())["code"] == "60031"
            assert (await client.subscribe("account"))["event"] == "subscribe"

    over_websocket(story)


def test_a_key_of_other_addresses_does_not_log_in() -> None:
    async def story(socket: Socket) -> None:
        made = (
            await socket.world.control("POST", "users/alice/keys", {"permissions": ["read"], "ips": ["10.0.0.1"]})
        ).json()
        key = type(socket.world.alice)(made["api_key"], made["secret_key"], made["passphrase"], ("read_only",))
        async with connected(socket, PRIVATE) as client:
            assert (await client.login(key))["code"] == "60009"

    over_websocket(story)


def test_a_bug_in_the_login_is_said_and_ends_the_connection(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(socket: Socket) -> None:
        def broken(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(auth, "passphrase_fits", broken)
        async with connected(socket, PRIVATE) as client:
            answer = await client.login()
            assert (answer["event"], answer["code"]) == ("error", "63999")
            assert answer["msg"] == "Login failed due to internal error. Please try again later."
            assert await client.closed() == (4001, "Login Failed")
        assert "ZeroDivisionError" in caplog.text

    over_websocket(story)


# ---- what is no request


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("hello", "60012"),
        ("", "60012"),
        ("[]", "60012"),
        ('"ping"', "60012"),
        ("{", "60012"),
        ('{"op": "subscribe", "op": "subscribe"}', "60012"),
        ('{"a": NaN}', "60012"),
        ("[" * 20_000, "60012"),
        ('{"a":' * 5_000 + "1" + "}" * 5_000, "60012"),
        ("{}", "60019"),
        ('{"op": "nope"}', "60019"),
        ('{"op": 7}', "60019"),
        ('{"op": ["subscribe"]}', "60019"),
        ('{"op": "subscribe"}', "60013"),
        ('{"op": "subscribe", "args": []}', "60013"),
        ('{"op": "subscribe", "args": {"channel": "tickers"}}', "60013"),
        ('{"op": "subscribe", "args": [7]}', "60013"),
        ('{"op": "subscribe", "args": [{}]}', "60027"),
        ('{"op": "subscribe", "args": [{"channel": ["tickers"]}]}', "60027"),
        ('{"op": "subscribe", "args": [{"channel": "tickers"}]}', "60027"),
        ('{"op": "subscribe", "args": [{"channel": "nope"}]}', "60018"),
        ('{"op": "subscribe", "args": [{"channel": "tickers", "instId": "NO-SUCH"}]}', "60018"),
        ('{"op": "subscribe", "args": [{"channel": "tickers", "instId": 7}]}', "60033"),
        ('{"op": "subscribe", "args": [{"channel": "tickers", "instId": {"a": 1}}]}', "60033"),
        ('{"op": "subscribe", "args": [{"channel": "candle1m", "instId": "BTC-USDT"}]}', "64001"),
        ('{"op": "subscribe", "args": [{"channel": "account"}]}', "60008"),
        ('{"op": "order", "id": "1", "args": [{}]}', "60028"),
        ('{"op": "subscribe", "id": "not alphanumeric", "args": [{"channel": "status"}]}', "60033"),
        ('{"op": "subscribe", "id": {"a": 1}, "args": [{"channel": "status"}]}', "60033"),
        ('{"op": "\\ud800"}', "60019"),
        ('{"op": "subscribe", "args": [{"channel": "\\udfff"}]}', "60018"),
        ('{"op": "subscribe", "args": [{"channel": "tickers", "instId": "\\ud800"}]}', "60033"),
    ],
)
def test_a_message_that_is_refused_and_the_connection_goes_on(message: str, code: str) -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket) as client:
            answer = await client.ask(message)
            assert (answer["event"], answer["code"]) == ("error", code)
            assert answer["connId"]
            assert len(json.dumps(answer)) < 2_000, "what came is repeated in part at most"
            await client.nothing_more()

    over_websocket(story)


def test_the_refusal_of_what_cannot_be_read_repeats_it() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket) as client:
            assert (await client.ask("hello {there}"))["msg"] == "Invalid request: hello {there}"
            answer = await client.ask({"op": "nope", "id": "1512"})
            assert (answer["id"], answer["msg"]) == ("1512", "Invalid op: nope")

    over_websocket(story)


async def _send_raw(client: Client, raw: bytes) -> None:
    transport: Any = client.connection.transport
    transport.write(raw)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (Frame(Opcode.BINARY, b"\x00\x01").serialize(mask=True), 1003),
        (Frame(Opcode.TEXT, b"\xff\xfe").serialize(mask=True), 1007),
        (Frame(Opcode.TEXT, b"x" * 2**20).serialize(mask=True), 1009),
        (Frame(Opcode.TEXT, b"x" * 65_537).serialize(mask=True), 1009),
        (Frame(Opcode.TEXT, b"ping").serialize(mask=False), 1002),
        (b"\xc1\x81\x00\x00\x00\x00x", 1002),
    ],
    ids=["binary", "no UTF-8", "1 MiB", "64 KiB and one", "unmasked", "compressed"],
)
def test_a_frame_that_ends_the_connection(raw: bytes, code: int) -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket) as client:
            await _send_raw(client, raw)
            assert (await client.closed())[0] == code
        async with connected(socket) as client:
            await client.nothing_more()

    over_websocket(story)


def test_fragments_without_an_end() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket) as client:
            await _send_raw(client, Frame(Opcode.TEXT, b"x" * 1024, fin=False).serialize(mask=True))
            for _ in range(64):
                await _send_raw(client, Frame(Opcode.CONT, b"x" * 1024, fin=False).serialize(mask=True))
            assert (await client.closed())[0] == 1009

    over_websocket(story)


def test_the_largest_message_is_read() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket) as client:
            message = json.dumps({"op": "subscribe", "args": [{"channel": "status"}]})
            answer = await client.ask(message + " " * (65_536 - len(message)))
            assert answer["event"] == "subscribe"

    over_websocket(story)


# ---- limits


def test_480_operations_an_hour() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket) as client:
            request = {"op": "unsubscribe", "args": [{"channel": "status"}]}
            for _ in range(480):
                assert (await client.ask(request))["event"] == "unsubscribe"
            assert (await client.ask(request))["code"] == "60014"
            await client.nothing_more()
            await socket.world.control("POST", "clock/advance", {"by": "1h"})
            assert (await client.ask(request))["event"] == "unsubscribe"

    over_websocket(story, limits="exact")


def _silent_for(socket: Socket, seconds: int) -> None:
    socket.everybody.sweep(asyncio.get_running_loop().time() + seconds)


def test_silence_ends_the_connection() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket) as client:
            await client.ask("ping")
            _silent_for(socket, IDLE_SECONDS_MAX - 1)
            await client.nothing_more()
            _silent_for(socket, IDLE_SECONDS_MAX + 1)
            assert await client.closed() == (4004, "No data received in 30s")

    over_websocket(story, limits="exact")


def test_a_ping_frame_counts_as_a_message() -> None:
    """The `websockets` library sends one every 20 s by itself, and python-okx and okx-sdk stand on it."""
    assert inspect.signature(websockets.connect).parameters["ping_interval"].default == 20

    async def story(socket: Socket) -> None:
        async with connected(socket, ping_interval=None) as client:
            await client.nothing_more()
            for connection in socket.connections:
                connection.touched_at -= IDLE_SECONDS_MAX - 1
            await (await client.connection.ping())
            _silent_for(socket, IDLE_SECONDS_MAX - 1)
            await client.nothing_more()

    over_websocket(story, limits="exact")


def test_without_limits_silence_is_borne() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket) as client:
            await client.ask("ping")
            _silent_for(socket, 100_000)
            await client.nothing_more()

    over_websocket(story, limits="off")


@pytest.mark.parametrize("path", ["/ws/v5/public", PRIVATE, "/tally/v1/stream", "/ws/v5/business"])
def test_a_stop_is_told_before_the_connection_ends(path: str) -> None:
    """The notice is documented for the public and the private path."""

    async def story(socket: Socket) -> None:
        async with connected(socket, path) as client:
            await client.nothing_more()
            (end,) = socket.connections
            end.shut()
            if path != "/ws/v5/business":
                assert await client.next() == {
                    "event": "notice",
                    "code": "64008",
                    "msg": "The connection will soon be closed for a service upgrade. Please reconnect.",
                    "connId": "00000001",
                }
            with pytest.raises(websockets.ConnectionClosed):
                await client.next()
            assert client.connection.close_code == 1012

    over_websocket(story)


def test_a_client_that_was_cut_off_is_told_nothing_more() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket) as client:
            await client.nothing_more()
            (end,) = socket.connections
            await client.send(b"no text")
            with pytest.raises(websockets.ConnectionClosed):
                await client.next()
            end.shut()
            assert client.connection.close_code == 1003

    over_websocket(story)


def test_nothing_is_written_behind_the_end_of_a_connection() -> None:
    """Not the notice of a stop, not a push, not another end."""

    async def story(socket: Socket) -> None:
        async with connected(socket) as client:
            await client.nothing_more()
            (end,) = socket.connections
            end.cut(1003, "enough")
            transport, end.transport = end.transport, Mock()
            end.shut()
            end.push(Message(b"more"))
            end.cut(1012, "again")
            assert end.transport.write.mock_calls == []
            end.transport = transport
            assert (await client.closed())[0] == 1003

    over_websocket(story)


def test_what_is_said_behind_the_end_of_a_connection_is_not_carried_out() -> None:
    """A binary message, which ends the connection, and an order right behind it."""

    async def story(socket: Socket) -> None:
        bid = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "20000", "sz": "0.001"}
        async with connected(socket, PRIVATE) as client:
            await client.login()
            await client.send(b"\x00")
            await client.send({"id": "1", "op": "order", "args": [bid]})
            await client.send({"op": "subscribe", "args": [{"channel": "account"}]})
            assert (await client.closed())[0] == 1003
        assert (await socket.world.signed("GET", "/api/v5/trade/orders-pending")).json()["data"] == []
        assert socket.world.app.sockets.hub.streams == {}

    over_websocket(story)


def test_a_reset_ends_every_connection() -> None:
    async def story(socket: Socket) -> None:
        world = socket.world
        await world.control("POST", "users", {"name": "carol"})
        made = (await world.control("POST", "users/carol/keys", {"permissions": ["read"]})).json()
        carol = type(world.alice)(made["api_key"], made["secret_key"], made["passphrase"], ("read_only",))
        async with connected(socket, PRIVATE) as hers, connected(socket) as everybodys:
            await hers.login(carol)
            await everybodys.subscribe("tickers", instId="BTC-USDT")
            await world.control("POST", "reset", {})
            assert (await hers.closed())[0] == 4007
            assert (await everybodys.closed())[0] == 1012
        assert world.app.sockets.hub.streams == {}

    over_websocket(story)
