"""One client of a stream with more to say than its share, or with messages that never end.

Each bound is taken away once, and the flood is seen to go beyond it.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from tallystick.server.connections import Bounds
from tallystick.server.ws import protocol
from tallystick.server.ws.message import Message
from tallystick.server.ws.protocol import Socket
from tests.patience import PATIENCE_S
from tests.server import harness
from tests.server.harness import over_socket
from tests.server.test_floods import UNSENT_MOST, open_deaf
from tests.server.test_raw_http import HOST, TIME, until
from tests.ws.client import connected, over_websocket
from tests.ws.test_slow import server_ends

HEAD = (
    b"GET /ws/v5/public HTTP/1.1\r\n" + HOST + b"connection: Upgrade\r\nupgrade: websocket\r\n"
    b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
PING = Frame(Opcode.PING, b"x" * 125).serialize(mask=True)
ROUNDS_MAX = 50_000


def masked(opcode: Opcode, data: bytes, *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin=fin).serialize(mask=True)


async def the_socket(socket: harness.Socket) -> Socket:
    await until(lambda: any(isinstance(end, Socket) for end in socket.connections))
    (found,) = (end for end in socket.connections if isinstance(end, Socket))
    return found


async def flooded(socket: harness.Socket, said: bytes, enough: int, rounds_max: int = ROUNDS_MAX) -> tuple[Socket, int]:
    """Say it over and over and read nothing, until the server reads nothing more, or holds `enough` bytes."""
    _, writer = await open_deaf(socket)
    writer.write(HEAD + b"\r\n")
    end = await the_socket(socket)
    most = 0
    for _ in range(rounds_max):
        if writer.transport.get_write_buffer_size() == 0:
            writer.write(said * (64 * 1024 // len(said)))
        await asyncio.sleep(0)
        most = max(most, end.transport.get_write_buffer_size() + end.waiting_bytes)
        if most > enough or (end.write_paused and end.read_paused):
            break
    writer.transport.abort()
    return end, most


@pytest.mark.parametrize("said", [PING, masked(Opcode.PING, b"x" * 30)], ids=["pings", "small pings"])
def test_whoever_pings_and_does_not_read_makes_little_wait(said: bytes) -> None:
    async def story(socket: harness.Socket) -> None:
        end, most = await flooded(socket, said, 10 * UNSENT_MOST)
        assert end.write_paused
        assert end.read_paused
        assert most <= UNSENT_MOST + protocol.READ_BYTES

    over_socket(story)


@pytest.mark.parametrize("said", [b"ping", b"{", b""], ids=["pings", "faults", "empty"])
def test_messages_that_come_before_their_turn_are_few(said: bytes) -> None:
    async def story(socket: harness.Socket) -> None:
        end, _ = await flooded(socket, masked(Opcode.TEXT, said), 10 * UNSENT_MOST, rounds_max=2_000)
        assert end.read_paused
        assert len(end.inbox) <= protocol.READ_BYTES // 6, "six bytes make a message, and one read waits"

    over_socket(story)


def test_without_the_bound_pings_go_beyond_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(socket: harness.Socket) -> None:
        monkeypatch.setattr(Socket, "_pause_reading", lambda self: None)
        _, most = await flooded(socket, PING, 10 * UNSENT_MOST)
        assert most > 10 * UNSENT_MOST

    over_socket(story)


@pytest.mark.parametrize("moving", [False, True], ids=["the same waits", "other bytes wait"])
def test_stalled_is_that_nothing_is_taken(moving: bool) -> None:
    """Not that as many bytes wait as before: more of them may have been said since."""

    async def story(socket: harness.Socket) -> None:
        async with connected(socket, max_queue=1, max_size=None, close_timeout=0.1) as client:
            end = await the_socket(socket)
            message = Message(b"x" * 60_000)
            while not end.write_paused:
                end.push(message)
                await asyncio.sleep(0)
            now = asyncio.get_running_loop().time()
            end.sweep(now)
            if moving:
                end._write(message.frame)
            end.sweep(now + protocol.STALLED_SECONDS_MAX - 1)
            assert not end.transport.is_closing()
            end.sweep(now + protocol.STALLED_SECONDS_MAX + 1)
            assert end.transport.is_closing()
            assert (await client.closed())[0] in (None, 1006)

    over_websocket(story)


def test_what_is_taken_is_not_stalled() -> None:
    async def story(socket: harness.Socket) -> None:
        async with connected(socket, max_queue=1, max_size=None, close_timeout=0.1) as client:
            end = await the_socket(socket)
            message = Message(b"x" * 60_000)
            while not end.write_paused:
                end.push(message)
                await asyncio.sleep(0)
            now = asyncio.get_running_loop().time()
            end.sweep(now)
            taken = end.written_bytes - end.transport.get_write_buffer_size()
            while end.written_bytes - end.transport.get_write_buffer_size() == taken:
                await client.next()
            end.push(message)
            end.sweep(now + protocol.STALLED_SECONDS_MAX + 1)
            assert not end.transport.is_closing()

    over_websocket(story)


def test_others_are_answered_between_the_subscriptions_of_one_message() -> None:
    args = [{"channel": "tickers", "instId": f"NONE{number}-USDT"} for number in range(1_000)]

    async def story(socket: harness.Socket) -> None:
        async with connected(socket, max_queue=None) as client:
            await client.send({"op": "subscribe", "args": args})
            assert (await client.next())["code"] == "60018"
            end = await the_socket(socket)
            said = end.written_bytes
            answer = await socket.exchange(TIME + b"Connection: close\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200 ")
            between = end.written_bytes
            for _ in range(999):
                assert (await client.next())["code"] == "60018"
            assert said < between < end.written_bytes

    over_websocket(story)


def test_messages_of_one_read_are_answered_in_their_order() -> None:
    async def story(socket: harness.Socket) -> None:
        reader, writer = await socket.open()
        asked = b"".join(masked(Opcode.TEXT, b'{"op": "n%d"}' % number) for number in range(40))
        writer.write(HEAD + b"\r\n" + asked + masked(Opcode.TEXT, b"ping"))
        answer = await asyncio.wait_for(reader.readuntil(b"pong"), PATIENCE_S)
        places = [answer.index(b'Invalid op: n%d"' % number) for number in range(40)]
        assert places == sorted(places)
        writer.close()

    over_socket(story)


def test_what_a_client_says_right_before_it_closes_is_carried_out() -> None:
    async def story(socket: harness.Socket) -> None:
        bid = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "20000", "sz": "0.001"}
        async with connected(socket, "/ws/v5/private") as client:
            await client.login()
            transport: Any = client.connection.transport
            order = json.dumps({"id": "1", "op": "order", "args": [bid]}).encode()
            transport.write(masked(Opcode.TEXT, order) + masked(Opcode.CLOSE, b"\x03\xe8"))
            assert (await client.closed())[0] == 1000
        await until(lambda: not socket.everybody.tasks)
        assert len((await socket.world.signed("GET", "/api/v5/trade/orders-pending")).json()["data"]) == 1

    over_websocket(story)


@pytest.mark.parametrize(
    "said",
    [
        masked(Opcode.TEXT, b"ping")[:-1],
        masked(Opcode.TEXT, b"x" * 200)[:3],
        masked(Opcode.PING, b"x")[:1],
        masked(Opcode.TEXT, b"x", fin=False),
        masked(Opcode.TEXT, b"x", fin=False) + masked(Opcode.CONT, b"", fin=False) * 500,
        masked(Opcode.TEXT, b"x", fin=False) + PING,
    ],
    ids=["half a message", "half a length", "one byte", "no last fragment", "empty fragments", "a ping between"],
)
def test_a_message_that_does_not_end_ends_the_connection(said: bytes) -> None:
    async def story(socket: harness.Socket) -> None:
        async with connected(socket) as client:
            transport: Any = client.connection.transport
            transport.write(said)
            end = await the_socket(socket)
            await until(lambda: end.half_since and not (end.read_paused or end.in_line))
            await socket.pass_seconds(protocol.HALF_SECONDS_MAX - 1)
            assert not end.mute
            await socket.pass_seconds(protocol.HALF_SECONDS_MAX + 1)
            assert (await client.closed())[0] == 1002

    over_websocket(story)


def test_whole_messages_have_no_such_deadline() -> None:
    async def story(socket: harness.Socket) -> None:
        async with connected(socket) as client:
            transport: Any = client.connection.transport
            for length in (4, 125, 126, 200, 40_000):
                transport.write(masked(Opcode.TEXT, b"x" * length))
                await client.next()
            transport.write(masked(Opcode.TEXT, b"pi", fin=False) + PING + masked(Opcode.CONT, b"ng"))
            assert await client.next() == "pong"
            end = await the_socket(socket)
            assert (end.half_since, end.unread_bytes) == (0, 0)
            await socket.pass_seconds(10 * protocol.HALF_SECONDS_MAX)
            await client.nothing_more()

    over_websocket(story)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (masked(Opcode.TEXT, b"\xff\xfe"), 1007),
        (masked(Opcode.TEXT, b"\xf0\x9f", fin=False) + masked(Opcode.CONT, b"\x92"), 1007),
        (masked(Opcode.TEXT, b"\xff") * 50, 1007),
        (masked(Opcode.TEXT, b"\xff") + masked(Opcode.CLOSE, b"\x03\xe8"), 1000),
        (masked(Opcode.CLOSE, b"\x03\xe8\xff"), 1007),
        (masked(Opcode.CLOSE, b"\x00"), 1002),
        (masked(Opcode.CONT, b"x"), 1002),
        (b"\x83\x80\x00\x00\x00\x00", 1002),
        (b"\xf1\x80\x00\x00\x00\x00", 1002),
        (b"\x81\xff" + b"\xff" * 8, 1009),
    ],
    ids=[
        "bad text", "a character that ends too early", "many bad texts", "a close behind bad text",
        "a close with bad text", "a close of one byte", "no first fragment", "no such opcode", "reserved bits", "2**64",
    ],
)  # fmt: skip
def test_a_fault_of_a_client_is_told_and_is_no_line_in_the_log(
    said: bytes, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(socket: harness.Socket) -> None:
        async with connected(socket) as client:
            transport: Any = client.connection.transport
            transport.write(said)
            assert (await client.closed())[0] == code
        await until(lambda: not socket.connections)
        assert caplog.messages == []

    over_websocket(story)


def test_a_client_that_is_cut_off_and_never_closes_is_dropped() -> None:
    async def story(socket: harness.Socket) -> None:
        reader, writer = await socket.open()
        writer.write(HEAD + b"\r\n" + masked(Opcode.BINARY, b"x"))
        end = await the_socket(socket)
        await until(lambda: end.mute)
        for _ in range(50):
            # What it says now is dropped: it must not make more wait.
            writer.write(PING)
        await socket.pass_seconds(protocol.CUT_SECONDS_MAX + 1)
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(), PATIENCE_S)
        await until(lambda: not socket.connections)
        writer.close()

    over_socket(story)


def test_what_waits_is_bounded_over_all_streams() -> None:
    """Whoever has most waiting is cut off, also where another brought it over the bound."""

    async def story(socket: harness.Socket) -> None:
        message = Message(b"x" * 60_000)
        async with (
            connected(socket, max_queue=1, max_size=None, close_timeout=0.1) as most,
            connected(socket, max_queue=1, max_size=None, close_timeout=0.1) as less,
        ):
            first, second = (end for _, end in sorted(server_ends(socket).items()))
            for end in (first, second):
                while not end.write_paused:
                    end.push(message)
                    await asyncio.sleep(0)
            while socket.everybody.unsent_bytes < 900_000:
                first.push(message)
            second.push(message)
            assert not first.mute
            second.push(message)
            second.push(message)
            assert first.mute
            assert not second.mute
            assert socket.everybody.unsent_bytes == second.waiting_bytes
            assert (await most.closed())[0] == 4005
            assert not less.connection.close_code

    over_websocket(story, bounds=Bounds(unsent_bytes=1_000_000))


# ---- the handshake


@pytest.mark.parametrize(
    "line",
    [
        b"X: " + b"a" * 8_200 + b"\r\n",
        b"sec-websocket-protocol: " + b"a" * 8_200 + b"\r\n",
        b"sec-websocket-extensions: permessage-deflate; server_max_window_bits=99999\r\n",
        b"sec-websocket-extensions: ;;;=\r\n",
        b"sec-websocket-extensions: permessage-deflate, permessage-deflate\r\n",
    ],
    ids=["a line of 8,200 bytes", "a protocol of 8,200 bytes", "window bits", "no extension", "an extension twice"],
)
def test_a_handshake_with_an_odd_line_opens_and_what_stands_behind_is_heard(
    line: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(socket: harness.Socket) -> None:
        reader, writer = await socket.open()
        writer.write(HEAD + line + b"\r\n" + masked(Opcode.TEXT, b"ping"))
        answer = await asyncio.wait_for(reader.readuntil(b"pong"), PATIENCE_S)
        assert answer.startswith(b"HTTP/1.1 101 ")
        assert b"extensions" not in answer.lower()
        assert caplog.messages == []
        writer.close()

    over_socket(story)


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (HEAD + b"X: " + b"a" * 21_000 + b"\r\n", 431),
        (HEAD.replace(b"13", b"12"), 400),
        (HEAD.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"c2hvcnQ="), 400),
        (HEAD.replace(b"dGhlIHNhbXBsZSBub25jZQ==", b"\xff\xfe"), 400),
        (HEAD + b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n", 400),
        (HEAD.replace(b"GET", b"POST") + b"content-length: 0\r\n", 405),
    ],
    ids=["too large", "version", "short key", "no key", "two keys", "method"],
)
def test_a_handshake_that_is_none_is_told_so_at_once_and_ends(
    head: bytes, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(socket: harness.Socket) -> None:
        answer = await socket.exchange(head + b"\r\n" + masked(Opcode.TEXT, b"ping"))
        assert answer.startswith(b"HTTP/1.1 %d " % status)
        assert b"connection: close" in answer.lower()
        assert b"\r\ndate: " in answer.lower()
        await socket.pass_seconds(3)
        await until(lambda: not socket.connections)
        assert caplog.messages == []

    over_socket(story)


def test_a_client_that_answers_the_close_and_stays_does_not_hold_up_a_stop() -> None:
    """It keeps its connection open; nothing more can come on it, so it is closed at once."""

    async def story(socket: harness.Socket) -> None:
        reader, writer = await socket.open()
        writer.write(HEAD + b"\r\n")
        await reader.readuntil(b"\r\n\r\n")
        stop = asyncio.create_task(socket.everybody.stop(3_600))
        # The notice, then the close frame with its code.
        await reader.readuntil((1012).to_bytes(2, "big"))
        writer.write(masked(Opcode.CLOSE, (1012).to_bytes(2, "big")))
        await until(lambda: not socket.connections)
        await stop
        writer.close()

    over_socket(story)
