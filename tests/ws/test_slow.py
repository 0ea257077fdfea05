"""Clients that do not read: bounded, cut off, and nobody else's trouble."""

from __future__ import annotations

import asyncio

from tallystick.server.ws.message import Message
from tallystick.server.ws.protocol import CUT_SECONDS_MAX, STALLED_SECONDS_MAX, WAITING_BYTES_MAX, Socket
from tallystick.server.ws.session import Session
from tests.server import harness
from tests.ws.client import connected, over_websocket
from tests.ws.test_public import order

MESSAGE = Message(b"x" * 60_000)


def the_socket(socket: harness.Socket) -> Socket:
    (found,) = (connection for connection in socket.connections if isinstance(connection, Socket))
    return found


def server_ends(socket: harness.Socket) -> dict[str, Socket]:
    """The server's ends of all sessions, by connId."""
    sessions = [session for session in socket.world.app.sockets.hub.sessions if isinstance(session, Session)]
    return {one.conn_id: one.socket for one in sessions if isinstance(one.socket, Socket)}


async def fill(server_end: Socket) -> int:
    """Push until nothing more is taken; how many bytes wait then."""
    while not server_end.write_paused:
        server_end.push(MESSAGE)
        await asyncio.sleep(0)
    server_end.push(MESSAGE)
    return server_end.waiting_bytes


def test_what_is_not_taken_waits_in_order_and_comes_when_the_client_reads() -> None:
    async def story(socket: harness.Socket) -> None:
        # The client takes one message at a time and stops reading from the network at once.
        async with connected(socket, max_queue=1, max_size=None) as client:
            server_end = the_socket(socket)
            assert await fill(server_end) == len(MESSAGE.frame)
            server_end.push(Message(b"pong"))
            while await client.next() != "pong":
                pass
            assert server_end.waiting_bytes == 0

    over_websocket(story)


def test_a_client_that_lets_too_much_wait_is_cut_off_with_the_reason() -> None:
    async def story(socket: harness.Socket) -> None:
        async with connected(socket, max_queue=1, max_size=None) as slow, connected(socket) as quick:
            await slow.subscribe("books", instId="BTC-USDT")
            await quick.subscribe("books", instId="BTC-USDT")
            await quick.next()
            server_end = server_ends(socket)["00000001"]
            await fill(server_end)
            while server_end.waiting_bytes + len(MESSAGE.frame) <= WAITING_BYTES_MAX:
                server_end.push(MESSAGE)
            assert not server_end.mute
            server_end.push(MESSAGE)
            assert server_end.mute
            assert server_end.waiting_bytes == 0, "nothing is kept for it"
            # Everybody else is told as before.
            await order(socket, side="buy", px="20000", sz="0.001")
            assert (await quick.next())["action"] == "update"
            assert await slow.closed() == (4005, "Buffer is full, cannot write data")
            assert CUT_SECONDS_MAX < STALLED_SECONDS_MAX

    over_websocket(story)


def test_a_client_that_takes_nothing_for_long_is_dropped() -> None:
    async def story(socket: harness.Socket) -> None:
        async with connected(socket, max_queue=1, max_size=None) as client:
            server_end = the_socket(socket)
            await fill(server_end)
            now = asyncio.get_running_loop().time()
            server_end.sweep(now)
            server_end.sweep(now + STALLED_SECONDS_MAX - 1)
            assert not server_end.transport.is_closing()
            server_end.sweep(now + STALLED_SECONDS_MAX + 1)
            assert server_end.transport.is_closing()
            assert (await client.closed())[0] in (None, 1006)

    over_websocket(story)
