"""One client with more to say than its share: what waits is bounded, and the others keep their turn.

Each bound is taken away once, and the flood is seen to go beyond it: a check that cannot fail proves nothing.
"""

from __future__ import annotations

import asyncio
import socket as sockets
import struct
from collections.abc import Callable
from typing import Any

import pytest

from tallystick.server import complaints, deadlines, protocol
from tallystick.server.connections import READ_BYTES, Bounds
from tallystick.server.protocol import Connection
from tests.server.harness import Socket, World, over_socket
from tests.server.test_raw_http import HOST, TIME, answers_in, until

GET = TIME + b"\r\n"
PIPELINED = 2_000
WAITING_MOST = protocol.WAITING_MAX + READ_BYTES // len(GET)
"""What one read brings may go beyond the bound."""
UNSENT_MOST = 64 * 1024 + 1_024
"""The transport's own bound, and an answer."""
ROUNDS_MAX = 20_000


async def open_deaf(socket: Socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A client that takes next to nothing, and does not read."""
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4_096)
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", socket.port))
    reader, writer = await asyncio.open_connection(sock=raw)
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    return reader, writer


async def most_waiting(socket: Socket, writer: asyncio.StreamWriter, enough: Callable[[Connection], bool]) -> int:
    """Send 2,000 requests over and over until `enough`, or for long; the most that waited at any time."""
    await until(lambda: socket.connections)
    (connection,) = socket.connections
    most = 0
    for _ in range(ROUNDS_MAX):
        if writer.transport.get_write_buffer_size() == 0:
            writer.write(GET * PIPELINED)
        await asyncio.sleep(0)
        most = max(most, len(connection.waiting))
        if enough(connection):
            break
    return most


def test_requests_that_come_before_their_turn_are_few_and_answers_nobody_takes_too() -> None:
    async def story(socket: Socket) -> None:
        _, writer = await open_deaf(socket)
        # Full on both sides: nothing more is read, and nothing more is answered.
        most = await most_waiting(socket, writer, lambda end: end.read_paused and end.write_paused)
        (connection,) = socket.connections
        assert connection.read_paused
        assert connection.write_paused
        assert 0 < most <= WAITING_MOST
        assert connection.transport.get_write_buffer_size() <= UNSENT_MOST
        # Who takes nothing is dropped in time.
        await socket.pass_seconds(0)
        await socket.pass_seconds(deadlines.STALLED_SECONDS_MAX + 1)
        await until(lambda: not socket.connections)
        writer.close()

    over_socket(story)


def test_without_the_bound_the_same_flood_goes_beyond_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(socket: Socket) -> None:
        monkeypatch.setattr(Connection, "pause_when_full", lambda self: None)
        _, writer = await open_deaf(socket)
        most = await most_waiting(socket, writer, lambda end: len(end.waiting) > 10 * WAITING_MOST)
        assert most > 10 * WAITING_MOST
        writer.close()

    over_socket(story)


def test_a_client_that_reads_its_pipelined_answers_gets_them_all_in_order() -> None:
    async def story(socket: Socket) -> None:
        reader, writer = await socket.open()
        paths = [b"/api/v5/public/time", b"/api/v5/nope"]
        requests = b"".join(b"GET %s HTTP/1.1\r\n%s\r\n" % (paths[number % 2], HOST) for number in range(PIPELINED))
        writer.write(requests + GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        statuses = [answer[0] for answer in answers_in(await asyncio.wait_for(reader.read(), 30))]
        assert statuses == [200, 404] * (PIPELINED // 2) + [200]
        writer.close()

    over_socket(story)


def test_others_are_answered_while_many_pipeline() -> None:
    """Fifty clients keep the server busy; who asks once is answered long before they are done."""

    async def story(socket: Socket) -> None:
        flooders = [await socket.open() for _ in range(50)]
        for _, writer in flooders:
            writer.write(GET * PIPELINED)
        await until(lambda: sum(len(end.waiting) for end in socket.connections) > 50)
        answer = await socket.exchange(TIME + b"Connection: close\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert sum(len(end.waiting) for end in socket.connections) > 50
        for _, writer in flooders:
            writer.close()

    over_socket(story)


def test_bodies_of_requests_that_wait_are_bounded_for_a_connection_and_in_all() -> None:
    body = b"x" * 60_000
    post = b"POST /api/v5/account/set-auto-repay HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s" % (HOST, len(body), body)

    async def story(socket: Socket) -> None:
        go_on = asyncio.Event()
        answer = socket.world.app.answer

        async def slowly(request: Any) -> Any:
            await go_on.wait()
            return await answer(request)

        socket.world.app.answer = slowly  # type: ignore[method-assign]
        _, writer = await socket.open()
        writer.write(GET + post * 50)
        await until(lambda: any(end.read_paused for end in socket.connections))
        assert socket.everybody.body_bytes <= protocol.WAITING_BYTES_MAX + len(body) + READ_BYTES
        (connection,) = socket.connections
        writer.close()
        connection.transport.abort()
        await until(lambda: not socket.connections)
        assert socket.everybody.body_bytes == 0, "who is gone keeps nothing"
        go_on.set()

    over_socket(story)


def test_a_body_beyond_what_all_may_have_is_told_to_come_later() -> None:
    async def story(socket: Socket) -> None:
        head = b"POST /api/v5/asset/transfer HTTP/1.1\r\n" + HOST + headers_but(socket.world)
        half = head + b"Content-Length: 60000\r\n\r\n" + b"x" * 50_000
        writers = []
        for _ in range(2):
            _, writer = await socket.open()
            writer.write(half)
            writers.append(writer)
        await until(lambda: socket.everybody.body_bytes == 100_000)
        reply = await socket.exchange(half)
        ((status, head, answer),) = answers_in(reply)
        assert (status, answer[:15]) == (429, b'{"code":"50013"')
        assert b"connection: close" in head
        for writer in writers:
            writer.close()
        await until(lambda: socket.everybody.body_bytes == 0)

    over_socket(story, bounds=Bounds(body_bytes=110_000))


def test_answers_nobody_takes_are_bounded_in_all() -> None:
    instruments = b"GET /api/v5/public/instruments?instType=SPOT HTTP/1.1\r\n" + HOST + b"\r\n"

    async def story(socket: Socket) -> None:
        clients = []
        for _ in range(8):
            client = await open_deaf(socket)
            client[1].write(instruments * PIPELINED)
            clients.append(client)
        bound = socket.everybody.bounds.unsent_bytes
        most = 0

        def somebody_is_gone() -> bool:
            nonlocal most
            most = max(most, socket.everybody.unsent_bytes)
            return len(socket.connections) < 8

        await until(somebody_is_gone)
        assert 0 < most <= bound
        for _, writer in clients:
            writer.close()

    over_socket(story, bounds=Bounds(unsent_bytes=200_000))


TRAILED = b"POST /api/v5/trade/order HTTP/1.1\r\n%sTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n" % HOST
ENDLESS = {
    "a name we look at, again and again": (TRAILED, b"Host: x\r\n" * 500),
    "names nobody looks at": (TRAILED, b"X-A: b\r\n" * 500),
    "one long header behind the body": (TRAILED + b"X-A: ", b"b" * 8_000),
    "the extension of a chunk": (TRAILED[: -len(b"1\r\na\r\n0\r\n")] + b"1;", b"x" * 8_000),
}


@pytest.mark.parametrize(("opening", "more"), ENDLESS.values(), ids=ENDLESS)
def test_what_surrounds_a_body_in_chunks_is_bounded_like_a_head(opening: bytes, more: bytes) -> None:
    """None of it is kept: joined to a header that never ends, each piece costs as much as all before it."""

    async def story(socket: Socket) -> None:
        reader, writer = await socket.open()
        writer.write(opening)
        for _ in range(20):
            writer.write(more)
        answer = await asyncio.wait_for(reader.read(), 30)
        assert [status for status, _, _ in answers_in(answer)] == [431]
        writer.close()

    over_socket(story)


def test_a_header_that_is_sent_again_and_again_is_refused_before_it_is_long() -> None:
    async def story(socket: Socket) -> None:
        answer = await socket.exchange(b"GET / HTTP/1.1\r\n" + b"Origin: x\r\n" * (complaints.HEADERS_MAX + 4))
        assert [status for status, _, _ in answers_in(answer)] == [431]

    over_socket(story)


async def reads_in_a_round(socket: Socket, monkeypatch: pytest.MonkeyPatch) -> int:
    """The most reads of one connection between two rounds of the loop, while a megabyte of a body is there to read."""
    counts = {"now": 0, "most": 0}
    read = Connection.buffer_updated

    def counted(self: Connection, nbytes: int) -> None:
        counts["now"] += 1
        counts["most"] = max(counts["most"], counts["now"])
        read(self, nbytes)

    monkeypatch.setattr(Connection, "buffer_updated", counted)
    loop = asyncio.get_running_loop()
    over = False

    def next_round() -> None:
        counts["now"] = 0
        if not over:
            loop.call_soon(next_round)

    next_round()
    reader, writer = await socket.open()
    body = b"x" * (4 * READ_BYTES)
    head = b"POST /api/v5/nope HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n" % (HOST, 64 * len(body))
    writer.write(head)
    for _ in range(64):
        writer.write(body)
    writer.write(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    await asyncio.wait_for(reader.read(), 30)
    writer.close()
    over = True
    return counts["most"]


def test_one_connection_is_read_a_few_times_in_a_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loop reads 32 times in a row whoever fills the buffer each time; others go between."""

    async def story(socket: Socket) -> None:
        assert await reads_in_a_round(socket, monkeypatch) <= 2

    over_socket(story)


def test_without_the_line_the_same_connection_is_read_many_times(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(socket: Socket) -> None:
        monkeypatch.setattr(Connection, "wait_in_line", lambda self: None)
        assert await reads_in_a_round(socket, monkeypatch) > 4

    over_socket(story)


# ---- bodies that nobody needs

UNSIGNED = b"POST /api/v5/asset/transfer HTTP/1.1\r\n" + HOST


def headers_but(world: World, **changes: str) -> bytes:
    """Those of a right request, but for what is changed; names with underscores for dashes."""
    path = "/api/v5/asset/transfer"
    given = world.headers(world.alice, "POST", path, b"") | {
        name.replace("_", "-"): value for name, value in changes.items()
    }
    return b"".join(f"{name}: {value}\r\n".encode() for name, value in given.items())


REFUSED_BY_THE_HEAD: dict[str, tuple[dict[str, str] | None, bytes]] = {
    "no key": (None, b"50103"),
    "a time that is none": ({"ok_access_timestamp": "yesterday"}, b"50112"),
    "a key of nobody": ({"ok_access_key": "11111111-1111-1111-1111-111111111111"}, b"50119"),
    "a wrong passphrase": ({"ok_access_passphrase": "wrong"}, b"50105"),
    "no signature of anything": ({"ok_access_sign": "A" * 40}, b"50113"),
}


@pytest.mark.parametrize(("changes", "code"), REFUSED_BY_THE_HEAD.values(), ids=REFUSED_BY_THE_HEAD)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_of_a_request_that_its_head_refuses_is_not_kept(
    changes: dict[str, str] | None, code: bytes, chunked: bool
) -> None:
    """The code is that of the head, and of a body that is too large that of its size, as ever; and the connection
    goes on."""

    async def story(socket: Socket) -> None:
        head = UNSIGNED + (b"" if changes is None else headers_but(socket.world, **changes))
        half, whole = b"x" * 30_000, b"x" * 60_000
        length = b"Transfer-Encoding: chunked\r\n\r\n" if chunked else b"Content-Length: 60000\r\n\r\n"
        reader, writer = await socket.open()
        writer.write(head + length + (b"ea60\r\n" if chunked else b"") + half)
        await until(lambda: any(end.active and end.active.passed_bytes == len(half) for end in socket.connections))
        assert socket.everybody.body_bytes == 0
        writer.write(half + (b"\r\n0\r\n\r\n" if chunked else b""))
        writer.write(GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        refused, answered = answers_in(await asyncio.wait_for(reader.read(), 30))
        assert b'"code":"%s"' % code in refused[2]
        assert answered[0] == 200
        too_large = b"Transfer-Encoding: chunked\r\n\r\n" + b"ea60\r\n%s\r\n" % whole * 2
        ((status, _, body),) = answers_in(await socket.exchange(head + too_large))
        assert status == 413
        assert b'"code":"51000"' in body
        writer.close()

    over_socket(story)


def test_a_body_that_nobody_reads_is_not_kept() -> None:
    async def story(socket: Socket) -> None:
        reader, writer = await socket.open()
        writer.write(TIME + b"Content-Length: 60000\r\n\r\n" + b"x" * 30_000)
        await until(lambda: any(end.active and end.active.passed_bytes == 30_000 for end in socket.connections))
        assert socket.everybody.body_bytes == 0
        writer.write(b"x" * 30_000 + GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        statuses = [answer[0] for answer in answers_in(await asyncio.wait_for(reader.read(), 30))]
        assert statuses == [200, 200]
        writer.close()

    over_socket(story)


def test_who_waits_for_a_word_before_the_body_is_refused_without_it() -> None:
    async def story(socket: Socket) -> None:
        answer = await socket.exchange(UNSIGNED + b"Expect: 100-continue\r\nContent-Length: 60\r\n\r\n")
        assert b"100 Continue" not in answer
        ((_, head, body),) = answers_in(answer)
        assert b'"code":"50103"' in body
        assert b"connection: close" in head

    over_socket(story)


# ---- clients that are gone


@pytest.mark.parametrize("paused", ["read_paused", "in_line"])
def test_a_client_that_dropped_its_connection_is_noticed_while_nothing_is_read_from_it(paused: str) -> None:
    async def story(socket: Socket) -> None:
        client = sockets.create_connection(("127.0.0.1", socket.port))
        client.sendall(GET)
        await until(lambda: any(end.idle_since for end in socket.connections))
        (end,) = socket.connections
        end.transport.pause_reading()
        setattr(end, paused, True)
        client.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()

        def swept() -> bool:
            """As happens once a second."""
            socket.everybody.sweep(asyncio.get_running_loop().time())
            return not socket.connections

        await until(swept)

    over_socket(story)
