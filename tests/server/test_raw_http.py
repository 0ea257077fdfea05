"""Bytes that are no proper HTTP, and clients that never finish. None reaches the app; none holds the server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from unittest.mock import Mock

import pytest

from tallystick.server import complaints, deadlines
from tests.patience import PATIENCE_S
from tests.server.harness import Socket, over_socket

HOST = b"Host: 127.0.0.1\r\n"
TIME = b"GET /api/v5/public/time HTTP/1.1\r\n" + HOST

MALFORMED: list[tuple[str, bytes, set[int]]] = [
    (
        "two content lengths",
        b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        {400},
    ),
    (
        "length and chunked",
        b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        {400},
    ),
    (
        "unknown transfer coding",
        b"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        {400, 501},
    ),
    (
        "chunked not last",
        b"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        {400, 501},
    ),
    ("signed length", b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\nabc", {400}),
    ("hex length", b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 0x3\r\n\r\nabc", {400}),
    ("negative length", b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", {400}),
    ("underscore length", b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 1_0\r\n\r\nabcdefghij", {400}),
    ("negative chunk", b"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n", {400}),
    (
        "hex prefix chunk",
        b"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n",
        {400},
    ),
    (
        "junk after chunk",
        b"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\naXX0\r\n\r\n",
        {400},
    ),
    ("bare line feeds", b"GET /p HTTP/1.1\nHost: h\n\n", {400}),
    ("blank before colon", b"GET /p HTTP/1.1\r\nHost : h\r\n\r\n", {400}),
    ("folded header", b"GET /p HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", {400}),
    ("nul in header", b"GET /p HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n", {400}),
    ("cr in header", b"GET /p HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n", {400}),
    ("no host", b"GET /p HTTP/1.1\r\n\r\n", {400}),
    ("two hosts", b"GET /p HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", {400}),
    ("version 9.9", b"GET /p HTTP/9.9\r\nHost: h\r\n\r\n", {400, 505}),
    ("head too large", b"GET /p HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 65_536 + b"\r\n\r\n", {400, 431}),
    ("head without end", b"GET /p HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 65_536, {400, 431}),
    ("too many headers", b"GET /p HTTP/1.1\r\nHost: h\r\n" + b"X: a\r\n" * 10_000 + b"\r\n", {400, 431}),
    ("a hundred and one headers", b"GET /p HTTP/1.1\r\nHost: h\r\n" + b"X: a\r\n" * 100 + b"\r\n", {431}),
    ("target too long", b"GET /" + b"a" * 65_536 + b" HTTP/1.1\r\nHost: h\r\n\r\n", {400, 414, 431}),
    ("target a little too long", b"GET /" + b"a" * 8_192 + b" HTTP/1.1\r\nHost: h\r\n\r\n", {414}),
    ("absolute target", b"GET http://other/api/v5/public/time HTTP/1.1\r\nHost: h\r\n\r\n", {400, 404}),
    ("asterisk", b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", {400}),
    ("connect", b"CONNECT other:80 HTTP/1.1\r\nHost: h\r\n\r\n", {400}),
    ("tls on plain port", bytes.fromhex("16030102000100"), {400}),
    ("http/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 505}),
]


def answers_in(raw: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """(status, head, body) of each answer in a stream."""
    while raw:
        head, _, raw = raw.partition(b"\r\n\r\n")
        length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        yield int(head.split()[1]), head, raw[:length]
        raw = raw[length:]


@pytest.mark.parametrize(("raw", "statuses"), [row[1:] for row in MALFORMED], ids=[row[0] for row in MALFORMED])
def test_malformed_requests_are_told_so_and_the_connection_ends(raw: bytes, statuses: set[int]) -> None:
    async def story(socket: Socket) -> None:
        before = await socket.world.seq_and_hash()
        found = list(answers_in(await socket.exchange(raw)))
        assert len(found) == 1
        status, head, body = found[0]
        assert status in statuses
        assert b"connection: close" in head.lower()
        assert set(json.loads(body)) == {"code", "data", "msg"}
        assert b"\r\nx-tally-reason: " in head.lower()
        (listed,) = (await socket.world.control("GET", "refusals")).json()["requests"]
        assert (listed["operation"], listed["status"], listed["code"]) == ("not a request", status, "51000")
        assert listed["why"][0]["reason"].encode() in head
        assert await socket.world.seq_and_hash() == before

    over_socket(story)


def test_a_complaint_says_the_bound_that_was_passed() -> None:
    """16 KiB are 16,384 bytes, 8 KiB 8,192."""
    said = {
        b"GET /p HTTP/1.1\r\nHost: h\r\n" + b"X: a\r\n" * 100 + b"\r\n": (
            "the head of a request has at most 16384 bytes and 100 headers"
        ),
        b"GET /" + b"a" * 8_192 + b" HTTP/1.1\r\nHost: h\r\n\r\n": ("path and query have at most 8192 bytes together"),
        b"GET /p HTTP/1.1\r\n\r\n": "a request has exactly one Host header",
        b"\x16\x03\x01": "these bytes are not an HTTP/1.1 request",
    }

    async def story(socket: Socket) -> None:
        for raw in said:
            await socket.exchange(raw)
        found = (await socket.world.control("GET", "refusals")).json()["requests"]
        assert [row["why"][0]["reason"] for row in found] == list(said.values())
        assert [row["target"][:6] for row in found] == ["/p", "/aaaaa", "/p", ""]

    over_socket(story)


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"GET /api/v5/../control HTTP/1.1\r\n", 404),
        (b"GET /api%2fv5%2f..%2fcontrol HTTP/1.1\r\n", 404),
        (b"GET /api/v5/public/%74ime HTTP/1.1\r\n", 404),
        (b"GET /api/v5/nope HTTP/1.1\r\n", 404),
        (b"GET /api/v5/public/time#x HTTP/1.1\r\n", 404),
        (b"TRACE /api/v5/public/time HTTP/1.1\r\n", 405),
        (b"DELETE /api/v5/trade/one-click-repay-v2 HTTP/1.1\r\n", 405),
        (b"GET /api/v5/public/time HTTP/1.1\r\n", 200),
    ],
)
def test_what_is_proper_http_gets_its_proper_answer(raw: bytes, status: int) -> None:
    async def story(socket: Socket) -> None:
        reply = await socket.exchange(raw + HOST + b"Connection: close\r\n\r\n")
        assert [answer[0] for answer in answers_in(reply)] == [status]

    over_socket(story)


def test_pipelined_requests_are_answered_in_order_then_the_fault_is_not_taken_for_an_answer() -> None:
    async def story(socket: Socket) -> None:
        paths = [b"/api/v5/public/time", b"/api/v5/nope", b"/api/v5/public/time"]
        requests = b"".join(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n" for path in paths)
        reply = await socket.exchange(requests + b"GET /p HTTP/1.1\r\nHost : h\r\n\r\n")
        assert [answer[0] for answer in answers_in(reply)] == [200, 404, 200]

    over_socket(story)


def test_nothing_is_written_for_a_client_that_left_before_its_first_of_two_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Writing to a connection that is closed is an error where uvloop serves, and told in the log as one of the app."""

    async def story(socket: Socket) -> None:
        begun, go_on = asyncio.Event(), asyncio.Event()
        answer = socket.world.app.answer

        async def slowly(*args: Any) -> Any:
            begun.set()
            await go_on.wait()
            return await answer(*args)

        monkeypatch.setattr(socket.world.app, "answer", slowly)
        _, writer = await socket.open()
        writer.write((TIME + b"\r\n") * 2)
        await begun.wait()
        (connection,) = socket.connections
        # While an answer is due nothing is read, so the loss is noticed here as it is by a failing write.
        connection.transport.abort()
        for _ in range(9):
            await asyncio.sleep(0)
        assert not socket.connections
        connection.transport = Mock()
        connection.transport.is_closing.return_value = False
        go_on.set()
        await asyncio.gather(*socket.everybody.tasks)
        assert connection.transport.write.mock_calls == []
        writer.close()

    over_socket(story)


def test_a_body_in_pieces_and_chunks() -> None:
    async def story(socket: Socket) -> None:
        world = socket.world
        body = b'{"autoRepay":true}'
        headers = world.headers(world.alice, "POST", "/api/v5/account/set-auto-repay", body)
        lines = b"".join(f"{name}: {value}\r\n".encode() for name, value in headers.items())
        head = b"POST /api/v5/account/set-auto-repay HTTP/1.1\r\n" + HOST + lines
        chunks = b"".join(b"%x\r\n%s\r\n" % (1, body[i : i + 1]) for i in range(len(body))) + b"0\r\n\r\n"
        for raw in (
            head + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body,
            head + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n" + chunks,
        ):
            reader, writer = await socket.open()
            for byte in raw:
                writer.write(bytes([byte]))
                await asyncio.sleep(0)
            answer = next(answers_in(await reader.read()))
            writer.close()
            assert json.loads(answer[2])["data"] == [{"autoRepay": True}]

    over_socket(story)


def test_a_client_that_expects_a_go_ahead_gets_it() -> None:
    async def story(socket: Socket) -> None:
        world, path = socket.world, "/api/v5/account/set-auto-repay"
        given = world.headers(world.alice, "POST", path, b"{}")
        reader, writer = await socket.open()
        writer.write(
            f"POST {path} HTTP/1.1\r\n".encode()
            + HOST
            + b"".join(f"{name}: {value}\r\n".encode() for name, value in given.items())
            + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        )
        assert await reader.readline() == b"HTTP/1.1 100 Continue\r\n"
        writer.write(b"{}")
        await reader.readline()
        assert b" 400 " in await reader.readline()
        writer.close()

    over_socket(story)


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_too_large_is_told_so_while_it_is_still_coming(chunked: bool) -> None:
    async def story(socket: Socket) -> None:
        head = b"POST /api/v5/account/set-auto-repay HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\n"
        if chunked:
            raw = head + b"Transfer-Encoding: chunked\r\n\r\n" + (b"8000\r\n" + b"9" * 32_768 + b"\r\n") * 32
        else:
            raw = head + b"Content-Length: 1000000\r\n\r\n" + b"9" * 1_000_000
        reader, writer = await socket.open()
        writer.write(raw)
        status, _, body = next(answers_in(await asyncio.wait_for(reader.read(), PATIENCE_S)))
        assert (status, json.loads(body)["msg"]) == (413, "Request body too large")
        await writer.drain()
        await socket.pass_seconds(deadlines.LINGER_SECONDS_MAX + 0.1)
        writer.close()

    over_socket(story)


# ---- silence


async def is_closed(reader: asyncio.StreamReader) -> bytes:
    """What came before the end; a reset, because something was still on its way, is an end too."""
    try:
        return await asyncio.wait_for(reader.read(), 30)
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize("raw", [b"", TIME, b"\r\n\r\n", b"G"])
def test_half_a_head_ends_in_eight_seconds(raw: bytes) -> None:
    async def story(socket: Socket) -> None:
        reader, writer = await socket.open()
        writer.write(raw)
        await until(lambda: socket.connections)
        await socket.pass_seconds(complaints.HEAD_SECONDS_MAX - 1)
        assert socket.connections
        await socket.pass_seconds(complaints.HEAD_SECONDS_MAX + 1)
        assert await is_closed(reader) == b""
        writer.close()

    over_socket(story)


def test_half_a_body_is_told_and_closed_in_fifteen_seconds() -> None:
    async def story(socket: Socket) -> None:
        reader, writer = await socket.open()
        writer.write(b"POST /api/v5/account/set-auto-repay HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\n{ ")
        await until(lambda: any(connection.active for connection in socket.connections))
        await socket.pass_seconds(complaints.BODY_SECONDS_MAX - 1)
        assert not reader.at_eof()
        await socket.pass_seconds(complaints.BODY_SECONDS_MAX + 1)
        status, _, body = next(answers_in(await is_closed(reader)))
        assert (status, json.loads(body)["code"]) == (408, "51000")
        (listed,) = (await socket.world.control("GET", "refusals")).json()["requests"]
        assert listed["why"][0]["reason"] == "a head has to arrive within 8 s, and a body within 15 s after it"
        writer.close()

    over_socket(story)


def test_one_byte_now_and_then_does_not_put_the_end_off() -> None:
    async def story(socket: Socket) -> None:
        reader, writer = await socket.open()
        for second, byte in enumerate(TIME[: complaints.HEAD_SECONDS_MAX + 2]):
            writer.write(bytes([byte]))
            await asyncio.sleep(0.002)
            await socket.pass_seconds(second)
        assert await is_closed(reader) == b""
        writer.close()

    over_socket(story)


def test_an_idle_connection_is_kept_for_a_while_and_then_closed() -> None:
    async def story(socket: Socket) -> None:
        reader, writer = await socket.open()
        for _ in range(2):
            writer.write(TIME + b"\r\n")
            await reader.readuntil(b"\r\n\r\n")
            await reader.readuntil(b"}")
        await until(lambda: any(connection.idle_since for connection in socket.connections))
        await socket.pass_seconds(deadlines.IDLE_SECONDS_MAX - 1)
        assert socket.connections
        await socket.pass_seconds(deadlines.IDLE_SECONDS_MAX + 1)
        await asyncio.wait_for(reader.read(), 30)
        assert reader.at_eof()
        writer.close()

    over_socket(story)


def test_blank_lines_do_not_keep_a_connection_for_ever() -> None:
    async def story(socket: Socket) -> None:
        reader, writer = await socket.open()
        writer.write(TIME + b"\r\n")
        await reader.readuntil(b"}")
        writer.write(b"\r\n")
        await until(lambda: any(connection.reading_since for connection in socket.connections))
        await socket.pass_seconds(deadlines.IDLE_SECONDS_MAX + 1)
        await asyncio.wait_for(reader.read(), 30)
        assert reader.at_eof()
        writer.close()

    over_socket(story)


def test_a_reader_that_never_reads_is_cut_off() -> None:
    async def story(socket: Socket) -> None:
        reader, writer = await socket.open()
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        instruments = b"GET /api/v5/public/instruments?instType=SPOT HTTP/1.1\r\n" + HOST + b"\r\n"
        writer.write(instruments * 2_000)
        await until(lambda: any(c.transport.get_write_buffer_size() for c in socket.connections))
        for rounds in range(1, 1_000):
            await asyncio.sleep(0.002)
            await socket.pass_seconds(rounds * (deadlines.STALLED_SECONDS_MAX + 1))
            if not socket.connections:
                break
        assert not socket.connections
        writer.close()

    over_socket(story)


async def until(true: object) -> None:
    """Let the loop run until it is so."""
    for _ in range(10_000):
        if true():  # type: ignore[operator]
            return
        await asyncio.sleep(0.0005)
    raise AssertionError("it never came to be")
