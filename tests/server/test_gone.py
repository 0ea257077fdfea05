"""Clients that are gone cost nobody anything, those that come do so a few at a time, and who waits does not age."""

from __future__ import annotations

import asyncio
import socket as sockets
import struct
from typing import Any

import pytest
from websockets.frames import Opcode

from tallystick.server import complaints
from tallystick.server.door import ACCEPTED_AT_ONCE, ACCEPTED_WHILE_OTHERS_WAIT, ACCEPTING_SECONDS, Door
from tallystick.server.protocol import Connection
from tallystick.server.turns import Turns
from tallystick.server.ws import protocol as ws_protocol
from tests.patience import PATIENCE_S
from tests.server.harness import Socket, over_socket
from tests.server.test_raw_http import HOST, TIME, until
from tests.server.test_turns import COSTLY, GET, Hand, Owner, hand, little
from tests.ws.client import connected, over_websocket
from tests.ws.test_floods import HEAD, PING, masked, the_socket

__all__ = ["hand"]

HALF_BODY = b"POST /api/v5/trade/order HTTP/1.1\r\n" + HOST + b"Content-Length: 100\r\n\r\n{"
HANDSHAKE = HEAD + b"\r\n"
LONG_SECONDS = 1_000


def hold(turns: Turns) -> None:
    """From now on somebody waits, and nobody has a turn before a round is called."""
    turns._round_comes = True
    turns.ask(Owner(), lambda: None, little)


async def open_raw(socket: Socket) -> tuple[sockets.socket, Any]:
    """Its two ends."""
    before = set(socket.connections)
    client = sockets.create_connection(("127.0.0.1", socket.port))
    await until(lambda: len(socket.connections) > len(before))
    (end,) = socket.connections - before
    return client, end


def reset(client: sockets.socket) -> None:
    client.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def answers_are_counted(socket: Socket) -> list[bytes]:
    answer, begun = socket.world.app.answer, []

    async def counted(request: Any) -> Any:
        begun.append(request.path)
        return await answer(request)

    socket.world.app.answer = counted  # type: ignore[method-assign]
    return begun


# ---- the gone


@pytest.mark.parametrize("said", [GET, GET * 5, COSTLY * 30, GET + HALF_BODY, GET + GET[:-3]])
def test_requests_of_a_client_that_reset_its_connection_are_not_answered(said: bytes) -> None:
    """Bytes and the reset behind them are read in one go: the loop tells of an end, and never of the reset."""

    async def story(socket: Socket) -> None:
        begun = answers_are_counted(socket)
        client, end = await open_raw(socket)
        hold(socket.everybody.turns)
        client.sendall(said)
        reset(client)
        await until(lambda: end.deaf or end.read_paused)
        if end.read_paused:
            # Nobody notices before the next look.
            await socket.pass_seconds(0)
        await until(lambda: not socket.connections)
        socket.everybody.turns._round()
        await asyncio.sleep(0)
        assert begun == []

    over_socket(story)


def test_a_reset_behind_an_end_is_noticed() -> None:
    """After the end nothing is read any more, so the loop does not look."""

    async def story(socket: Socket) -> None:
        begun = answers_are_counted(socket)
        client, end = await open_raw(socket)
        hold(socket.everybody.turns)
        client.sendall(GET * 3)
        client.shutdown(sockets.SHUT_WR)
        await until(lambda: end.deaf)
        assert not end.transport.is_closing(), "it may still wait for its answers"
        reset(client)
        socket.everybody.turns._round()
        await until(lambda: not socket.connections)
        assert begun == []

    over_socket(story)


def test_who_says_the_end_waits_for_answers_but_not_for_what_it_said_by_half() -> None:
    """The rest of the body never comes: nothing may wait for it, or the connection would stay for ever."""

    async def story(socket: Socket) -> None:
        reader, writer = await socket.open()
        await until(lambda: socket.connections)
        (end,) = socket.connections
        hold(socket.everybody.turns)
        writer.write(GET * 2 + HALF_BODY)
        writer.write_eof()
        await until(lambda: end.deaf)
        for _ in range(4):
            socket.everybody.turns._round()
            await asyncio.sleep(0)
        said = await asyncio.wait_for(reader.read(), PATIENCE_S)
        assert said.count(b"HTTP/1.1 200 OK") == said.count(b"HTTP/1.1 ") == 2
        await until(lambda: not socket.connections)
        assert socket.everybody.body_bytes == 0
        writer.close()

    over_socket(story)


@pytest.mark.parametrize(("method", "goes_on"), [(b"GET", False), (b"POST", True)])
def test_what_was_begun_for_the_gone_is_ended_unless_it_may_change_something(method: bytes, goes_on: bool) -> None:
    async def story(socket: Socket) -> None:
        gone_on = []
        disk: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        async def waits_for_the_disk(request: Any) -> Any:
            await disk
            gone_on.append(request.path)
            return 200, b"{}", []

        socket.world.app.answer = waits_for_the_disk  # type: ignore[method-assign]
        everybody = socket.everybody
        everybody.costly[b"/path"] = (0.01, 0.01, 0.01)
        client, end = await open_raw(socket)
        client.sendall(method + b" /path HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n\r\n")
        await until(lambda: end.active is not None and end.active.begun)
        hold(everybody.turns)
        disk.set_result(None)
        await until(lambda: len(everybody.turns.line) == 2)
        reset(client)
        await until(lambda: not socket.connections)
        everybody.turns._round()
        await until(lambda: not everybody.tasks)
        assert bool(gone_on) is goes_on
        assert everybody.expected_seconds(b"/path") == 0.01, "nothing is learnt of a path from who is gone"

    over_socket(story)


# ---- those who come


def taken_in_a_round(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    accept, taken = Door._accept, []

    def counted(door: Door) -> None:
        before = door.everybody.counted
        accept(door)
        taken.append(door.everybody.counted - before)

    monkeypatch.setattr(Door, "_accept", counted)
    return taken


async def come(socket: Socket, clients: int) -> None:
    coming = [sockets.create_connection(("127.0.0.1", socket.port)) for _ in range(clients)]
    await until(lambda: len(socket.connections) == clients)
    for client in coming:
        client.close()


@pytest.mark.parametrize(("wait", "most"), [(False, ACCEPTED_AT_ONCE), (True, ACCEPTED_WHILE_OTHERS_WAIT)])
def test_few_are_let_in_at_once_while_others_wait(
    wait: bool, most: int, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = taken_in_a_round(monkeypatch)

    async def story(socket: Socket) -> None:
        if wait:
            hold(socket.everybody.turns)
        await come(socket, 3 * ACCEPTED_AT_ONCE)
        assert max(taken) == most

    over_socket(story)


def test_letting_in_has_its_share_of_a_round(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = taken_in_a_round(monkeypatch)

    async def story(socket: Socket) -> None:
        admit, turns = socket.everybody.admit, socket.everybody.turns

        def slowly(peer: str) -> bool:
            hand.works(0.6 * ACCEPTING_SECONDS)
            return admit(peer)

        monkeypatch.setattr(socket.everybody, "admit", slowly)
        await come(socket, 20)
        assert max(taken) == 2
        assert turns.spent == pytest.approx(20 * 0.6 * ACCEPTING_SECONDS), "it counts in the round"

    over_socket(story)


def test_a_handshake_waits_for_its_turn() -> None:
    async def story(socket: Socket) -> None:
        reader, writer = await socket.open()
        await until(lambda: socket.connections)
        (end,) = socket.connections
        hold(socket.everybody.turns)
        writer.write(HANDSHAKE + PING)
        await until(lambda: end.in_line)
        await socket.pass_seconds(LONG_SECONDS)
        assert socket.connections == {end}, "it has not begun, and does not age"
        socket.everybody.turns._round()
        assert (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)).startswith(b"HTTP/1.1 101 ")
        assert (await asyncio.wait_for(reader.readexactly(127), 30))[0] == 0x8A, "a pong: what came behind was kept"
        writer.close()

    over_socket(story)


@pytest.mark.parametrize("ends", ["reset", "shut", "bug"])
def test_a_handshake_that_waits_ends(ends: str, monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    async def story(socket: Socket) -> None:
        client, end = await open_raw(socket)
        upgrade, begun = socket.world.app.sockets.upgrade, []

        def counted(*what: Any) -> Any:
            begun.append(what)
            return 1 / 0 if ends == "bug" else upgrade(*what)

        monkeypatch.setattr(socket.world.app.sockets, "upgrade", counted)
        hold(socket.everybody.turns)
        client.sendall(HANDSHAKE)
        await until(lambda: end.in_line)
        if ends == "reset":
            reset(client)
        elif ends == "shut":
            end.shut()
        socket.everybody.turns._round()
        await until(lambda: not socket.connections)
        assert len(begun) == (ends == "bug")
        assert caplog.messages == (["a bug, while answering"] if ends == "bug" else [])
        client.close()

    over_socket(story)


# ---- who waits


def test_a_look_right_after_the_first_answer_does_not_take_it_for_stalled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer leaves at the end of the loop's round: until then none of it is taken, as of one that never reads."""
    finish = Connection.finish

    def and_look(connection: Connection, *answer: Any) -> None:
        finish(connection, *answer)
        assert connection.transport.get_write_buffer_size()
        connection.everybody.sweep(connection.loop.time())

    monkeypatch.setattr(Connection, "finish", and_look)

    async def story(socket: Socket) -> None:
        reader, writer = await socket.open()
        for _ in range(3):
            writer.write(GET)
            await asyncio.wait_for(reader.readuntil(b"]}"), 30)
        assert len(socket.connections) == 1
        writer.close()

    over_socket(story)


def test_a_head_does_not_age_while_it_is_not_read() -> None:
    async def story(socket: Socket) -> None:
        reader, writer = await socket.open()
        await until(lambda: socket.connections)
        (end,) = socket.connections
        hold(socket.everybody.turns)
        writer.write(TIME + b"X: " + b"x" * 5_000)
        await until(lambda: end.in_line)
        await socket.pass_seconds(LONG_SECONDS)
        assert not end.transport.is_closing()
        end.paused_at -= LONG_SECONDS
        socket.everybody.turns._round()
        assert not end.in_line
        await until(lambda: end.arrived_bytes > 5_000)
        await socket.pass_seconds(LONG_SECONDS + complaints.HEAD_SECONDS_MAX - 1)
        assert not end.transport.is_closing(), "the time in the line is not its own"
        writer.write(b"\r\n\r\n")
        assert (await asyncio.wait_for(reader.readuntil(b"]}"), 30)).startswith(b"HTTP/1.1 200 ")
        writer.close()

    over_socket(story)


def test_a_message_does_not_age_while_it_is_not_read() -> None:
    async def story(socket: Socket) -> None:
        async with connected(socket) as client:
            end = await the_socket(socket)
            hold(socket.everybody.turns)
            transport: Any = client.connection.transport
            said = masked(Opcode.TEXT, b"x" * 3_000)
            transport.write(said[:-1])
            await until(lambda: end.in_line)
            await socket.pass_seconds(LONG_SECONDS)
            assert not end.mute
            end.paused_at -= LONG_SECONDS
            end.touched_at -= LONG_SECONDS
            while end.unread_bytes < len(said) - 1:
                socket.everybody.turns._round()
                await asyncio.sleep(0)
            await until(lambda: not end.in_line)
            end.idle_seconds = 0
            await socket.pass_seconds(LONG_SECONDS + ws_protocol.HALF_SECONDS_MAX - 1)
            assert not end.mute
            await socket.pass_seconds(LONG_SECONDS + ws_protocol.HALF_SECONDS_MAX + 1)
            assert end.mute

    over_websocket(story)
