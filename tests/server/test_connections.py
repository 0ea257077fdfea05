"""How many may be connected, what every answer carries, and how everybody is told of a stop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from tallystick.server import deadlines, eager
from tallystick.server.connections import Bounds, counted_address
from tallystick.server.protocol import Connection
from tests.server.harness import Socket, over_socket
from tests.server.test_raw_http import HOST, TIME, answers_in, until

# ---- how many


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("127.0.0.1", ""),
        ("127.8.9.10", ""),
        ("::1", ""),
        ("::ffff:127.0.0.1", ""),
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::1", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
    ],
)
def test_what_connections_are_counted_by(peer: str, address: str) -> None:
    assert counted_address(peer) == address


def test_by_default_4096_in_all_and_256_of_an_address() -> None:
    async def story(socket: Socket) -> None:
        everybody = socket.everybody
        for _ in range(256):
            assert everybody.admit("192.0.2.1")
        assert not everybody.admit("192.0.2.1")
        assert not everybody.admit("::ffff:192.0.2.1")
        assert everybody.admit("192.0.2.2")
        for _ in range(4_096 - 257):
            assert everybody.admit("127.0.0.1")
        assert not everybody.admit("127.0.0.1")
        assert not everybody.admit("192.0.2.3")
        everybody.release("192.0.2.1")
        assert everybody.admit("192.0.2.1")
        for peer, count in (("192.0.2.1", 256), ("192.0.2.2", 1), ("127.0.0.1", 4_096 - 257)):
            for _ in range(count):
                everybody.release(peer)
        assert not everybody.by_address

    over_socket(story)


def test_who_is_one_too_many_is_closed_and_the_log_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    async def story(socket: Socket) -> None:
        first = [await socket.open() for _ in range(3)]
        await until(lambda: len(socket.connections) == 3)
        for _ in range(5):
            reader, writer = await socket.open()
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await asyncio.wait_for(reader.readexactly(1), 30)
            writer.close()
        assert [record.getMessage() for record in caplog.records] == [
            "connections are refused: 3 are open (--max-connections)"
        ]
        first[0][1].close()
        await until(lambda: len(socket.connections) == 2)
        assert (await socket.exchange(TIME + b"Connection: close\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        for _, writer in first:
            writer.close()

    over_socket(story, bounds=Bounds(connections=3))


# ---- what every answer carries

ASKED = [
    (b"GET /api/v5/public/time HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", 200),
    (b"GET /api/v5/public/time HTTP/1.0\r\n\r\n", 200),
    (b"GET /nope HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", 404),
    (b"PUT /api/v5/public/time HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", 405),
    (b"GET /api/v5/account/balance HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", 401),
    (b"GET /tally/v1/clock HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n", 401),
    (b"GET /tally/v1/clock HTTP/1.1\r\nHost: evil.com\r\nConnection: close\r\n\r\n", 403),
    (b"POST /api/v5/trade/order HTTP/1.1\r\n" + HOST + b"Content-Length: 99999\r\n\r\n", 413),
    (b"nonsense\r\n\r\n", 400),
    (b"GET /p HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 65_536, 431),
    (b"GET /" + b"a" * 8_192 + b" HTTP/1.1\r\n", 414),
]


@pytest.mark.parametrize(("raw", "status"), ASKED, ids=[f"{row[1]}-{number}" for number, row in enumerate(ASKED)])
def test_every_answer_has_a_date_and_says_how_long_it_is(raw: bytes, status: int) -> None:
    """The harness holds the machine's clock at 2026-01-15 18:00 UTC, a Thursday."""

    async def story(socket: Socket) -> None:
        ((found, head, _),) = answers_in(await socket.exchange(raw))
        assert found == status
        lines = head.lower().split(b"\r\n")
        assert lines.count(b"date: thu, 15 jan 2026 18:00:00 gmt") == 1
        assert sum(line.startswith(b"content-length: ") for line in lines) == 1
        assert lines.count(b"content-type: application/json") == 1
        assert lines.count(b"connection: close") == 1
        assert len(lines) == len({line.partition(b":")[0] for line in lines})

    over_socket(story)


def test_the_date_goes_with_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(socket: Socket) -> None:
        monkeypatch.setattr(socket.world.app.services, "wall_ms", lambda: 784_111_777_000)
        await socket.pass_seconds(1)
        # The example of RFC 9110, 5.6.7.
        assert b"\r\ndate: Sun, 06 Nov 1994 08:49:37 GMT\r\n" in await socket.exchange(ASKED[0][0])

    over_socket(story)


@pytest.mark.parametrize(("before", "behind"), [(b"", b""), (b" ", b" "), (b"\t", b"\t \t"), (b"", b"   ")])
def test_white_space_around_a_value_is_no_part_of_it(before: bytes, behind: bytes) -> None:
    async def story(socket: Socket) -> None:
        world = socket.world
        headers = world.headers(world.alice, "GET", "/api/v5/account/config")
        lines = b"".join(
            f"{name}:".encode() + before + f"{value}".encode() + behind + b"\r\n" for name, value in headers.items()
        )
        raw = b"GET /api/v5/account/config HTTP/1.1\r\nHost:" + before + b"127.0.0.1" + behind + b"\r\n" + lines
        reply = await socket.exchange(raw + b"Connection:" + before + b"close" + behind + b"\r\n\r\n")
        assert [(status, body[:11]) for status, _, body in answers_in(reply)] == [(200, b'{"code":"0"')]

    over_socket(story)


def test_names_of_headers_in_any_case_and_one_twice() -> None:
    async def story(socket: Socket) -> None:
        world = socket.world
        headers = world.headers(world.alice, "GET", "/api/v5/account/config")
        for spell in (str.lower, str.upper, str.title, str.swapcase, lambda name: name[0] + name[1:].upper()):
            lines = "".join(f"{spell(name)}: {value}\r\n" for name, value in headers.items()).encode()
            raw = b"GET /api/v5/account/config HTTP/1.1\r\n" + HOST + lines
            ((status, _, _),) = answers_in(await socket.exchange(raw + b"Connection: close\r\n\r\n"))
            assert status == 200
            twice = b"ok-access-key: " + world.alice.api_key.encode() + b"\r\n"
            ((status, _, _),) = answers_in(await socket.exchange(raw + twice + b"Connection: close\r\n\r\n"))
            assert status == 401

    over_socket(story)


def test_what_stands_behind_a_body_in_chunks_is_no_header() -> None:
    async def story(socket: Socket) -> None:
        raw = b"POST /tally/v1/clock HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        trailer = b"Authorization: Bearer control-token-of-the-tests\r\n"
        ((status, _, _),) = answers_in(await socket.exchange(raw + b"2\r\n{}\r\n0\r\n" + trailer + b"\r\n"))
        assert status == 401

    over_socket(story)


# ---- clients that stop in the middle


@pytest.mark.parametrize(
    "raw",
    [
        b"POST /tally/v1/clock HTTP/1.1\r\n" + HOST + b"Authorization: Bearer control-token-of-the-tests\r\n"
        b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
        b"POST /tally/v1/reset HTTP/1.1\r\n" + HOST + b"Authorization: Bearer control-token-of-the-tests\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
        b"POST /api/v5/trade/order HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\n{",
        b"POST /api/v5/trade/order HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 100\r\n\r\n",
        b"GET /api/v5/public/time HTTP/1.1\r\nHos",
        b"GET /ws/v5/public HTTP/1.1\r\nupgrade: websocket\r\nconnection: upgr",
    ],
    ids=["control", "control in chunks", "order", "expects", "head", "handshake"],
)
def test_a_request_cut_off_is_no_line_in_the_log(raw: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async def story(socket: Socket) -> None:
        before = await socket.world.seq_and_hash()
        for end in ("close", "reset"):
            _, writer = await socket.open()
            writer.write(raw)
            await until(lambda: any(found.arrived_bytes or found.newest for found in socket.connections))
            if end == "close":
                writer.close()
            else:
                writer.transport.abort()
            await until(lambda: not socket.connections and not socket.everybody.tasks)
        assert caplog.messages == []
        assert socket.everybody.body_bytes == 0
        assert await socket.world.seq_and_hash() == before

    over_socket(story)


def test_a_client_that_says_no_more_gets_its_answers() -> None:
    async def story(socket: Socket) -> None:
        reader, writer = await socket.open()
        writer.write((TIME + b"\r\n") * 3)
        writer.write_eof()
        assert [status for status, _, _ in answers_in(await asyncio.wait_for(reader.read(), 30))] == [200] * 3
        writer.close()

    over_socket(story)


def test_a_refusal_before_an_expected_body_ends_the_connection() -> None:
    """What the client says next could be the body or another request."""

    async def story(socket: Socket) -> None:
        head = b"POST /nope HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 60\r\n\r\n"
        ((status, answer, _),) = answers_in(await socket.exchange(head))
        assert status == 404
        assert b"connection: close" in answer

    over_socket(story)


# ---- the stop


def test_a_stop_survives_every_state_and_everybody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Idle, half a head, half a body, an answer on its way, requests behind it, lingering, and one with a bug."""

    async def story(socket: Socket) -> None:
        go_on = asyncio.Event()
        answer = socket.world.app.answer

        async def slowly(request: Any) -> Any:
            if request.path == b"/slow":
                await go_on.wait()
            return await answer(request)

        monkeypatch.setattr(socket.world.app, "answer", slowly)
        slow = b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n"
        states = {
            "new": b"",
            "idle": TIME + b"\r\n",
            "half a head": TIME,
            "half a body": b"POST /api/v5/trade/order HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\n{",
            "on its way": slow,
            "behind it": slow + (TIME + b"\r\n") * 2,
            "half behind it": slow + TIME,
            "lingering": b"nonsense\r\n\r\n",
        }
        clients = {}
        for name, raw in states.items():
            clients[name] = await socket.open()
            clients[name][1].write(raw)
        await until(lambda: len(socket.connections) == len(states))
        await until(lambda: sum(end.active is not None for end in socket.connections) == 4)
        await until(lambda: sum(bool(end.lingering_since) for end in socket.connections) == 1)
        stop = asyncio.create_task(socket.everybody.stop(10))
        await asyncio.sleep(0)
        go_on.set()
        await asyncio.wait_for(stop, 30)
        assert not socket.connections
        found = {name: await asyncio.wait_for(reader.read(), 30) for name, (reader, _) in clients.items()}
        said = {name: [status for status, _, _ in answers_in(reply)] for name, reply in found.items()}
        assert said == {
            "new": [],
            "idle": [200],
            "half a head": [],
            "half a body": [],
            "on its way": [404],
            "behind it": [404],
            "half behind it": [404],
            "lingering": [400],
        }
        assert b"connection: close" in found["on its way"]
        for _, writer in clients.values():
            writer.close()

    over_socket(story)


def test_a_bug_in_one_connection_keeps_nobody_from_being_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(socket: Socket) -> None:
        clients = [await socket.open() for _ in range(3)]
        await until(lambda: len(socket.connections) == 3)
        broken = min(socket.connections, key=id)
        shut, sweep = Connection.shut, Connection.sweep

        def failing_shut(self: Connection) -> None:
            if self is broken:
                raise ZeroDivisionError
            shut(self)

        def failing_sweep(self: Connection, now: float) -> None:
            if self is broken:
                raise ZeroDivisionError
            sweep(self, now)

        monkeypatch.setattr(Connection, "shut", failing_shut)
        monkeypatch.setattr(Connection, "sweep", failing_sweep)
        await asyncio.wait_for(socket.everybody.stop(10), 30)
        assert not socket.connections
        assert caplog.messages == ["a bug, while a connection was told of the stop"]
        clients.append(await socket.open())
        await until(lambda: len(socket.connections) == 1)
        (broken,) = socket.connections
        await socket.pass_seconds(0)
        await until(lambda: not socket.connections)
        for _, writer in clients:
            writer.close()

    over_socket(story)


def test_a_stop_does_not_wait_for_ever_for_who_does_not_go() -> None:
    async def story(socket: Socket) -> None:
        never = asyncio.Event()

        async def hanging(request: Any) -> Any:
            await never.wait()

        socket.world.app.answer = hanging  # type: ignore[method-assign]
        _, writer = await socket.open()
        writer.write(TIME + b"\r\n")
        await until(lambda: any(end.active for end in socket.connections))
        await asyncio.wait_for(socket.everybody.stop(0.01), 30)
        assert not socket.everybody.tasks
        await until(lambda: not socket.connections)
        writer.close()

    over_socket(story)


def test_a_bug_in_the_app_ends_the_connection_and_is_told_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    async def story(socket: Socket) -> None:
        async def broken(request: Any) -> Any:
            await asyncio.sleep(0)
            raise ZeroDivisionError

        socket.world.app.answer = broken  # type: ignore[method-assign]
        assert await socket.exchange(TIME + b"\r\n") == b""
        await until(lambda: not socket.connections)
        assert caplog.messages == ["a bug, while answering"]

    over_socket(story)


# ---- closing


def test_a_client_that_takes_its_last_bytes_too_slowly_is_dropped() -> None:
    async def story(socket: Socket) -> None:
        _, writer = await socket.open()
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        instruments = b"GET /api/v5/public/instruments?instType=SPOT HTTP/1.1\r\n" + HOST + b"\r\n"
        writer.write(instruments * 2_000)
        await until(lambda: any(end.write_paused for end in socket.connections))
        (end,) = socket.connections
        end.transport.close()
        now = asyncio.get_running_loop().time()
        end.sweep(now)
        # It takes a byte now and then, which is not nothing.
        end.taken_bytes -= 1
        end.sweep(now + deadlines.CLOSING_SECONDS_MAX - 1)
        assert socket.connections
        end.taken_bytes -= 1
        end.sweep(now + deadlines.CLOSING_SECONDS_MAX + 1)
        await until(lambda: not socket.connections)
        writer.close()

    over_socket(story)


# ---- work that begins at once


class Pace:
    """Its owner goes on after a turn, or at once."""

    def __init__(self, *, at_once: bool) -> None:
        self.at_once = at_once
        self.turns = self.pieces = 0

    def turn(self) -> Coroutine[Any, Any, None] | None:
        return None if self.at_once else self.wait()

    async def wait(self) -> None:
        self.turns += 1
        await asyncio.sleep(0)

    def took(self, seconds: float) -> None:
        assert seconds >= 0
        self.pieces += 1


@pytest.mark.parametrize("at_once", [True, False])
def test_work_that_waits_goes_on_in_a_task_with_results_errors_and_cancellation(at_once: bool) -> None:
    async def story() -> None:
        async def wait(first: asyncio.Future[int], second: asyncio.Future[int]) -> str:
            found = await first
            await asyncio.sleep(0)
            try:
                return f"{found} {await second}"
            except ZeroDivisionError:
                return f"{found} by zero"
            except asyncio.CancelledError:
                return f"{found} cancelled"

        for end in ("result", "error", "cancel"):
            loop, pace = asyncio.get_running_loop(), Pace(at_once=at_once)
            first, second = loop.create_future(), loop.create_future()
            work = wait(first, second)
            task = asyncio.create_task(eager.rest(work, work.send(None), pace))
            first.set_result(1)
            for _ in range(5):
                await asyncio.sleep(0)
            if end == "result":
                second.set_result(2)
            elif end == "error":
                second.set_exception(ZeroDivisionError())
            else:
                task.cancel()
            assert await task == {"result": "1 2", "error": "1 by zero", "cancel": "1 cancelled"}[end]
            assert pace.pieces == 3
            assert pace.turns == (0 if at_once else 3 if end == "result" else 2)


def test_work_that_is_cancelled_while_it_waits_for_its_turn_is_told() -> None:
    async def story() -> None:
        told: list[str] = []

        async def wait() -> None:
            try:
                await asyncio.sleep(0)
            except asyncio.CancelledError:
                told.append("cancelled")
                raise

        class Never(Pace):
            async def wait(self) -> None:
                await asyncio.Event().wait()

        work = wait()
        begun = eager.rest(work, work.send(None), Never(at_once=False))

        async def rest() -> None:
            await begun

        task = asyncio.create_task(rest())
        for _ in range(5):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert told == ["cancelled"]

    asyncio.run(story())
