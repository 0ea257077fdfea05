"""Deliveries: ways in which an answer leaves on its connection, other than whole and at once."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

from tallystick.server import heads
from tallystick.server.answers import Answer
from tallystick.server.exchange import Exchange

if TYPE_CHECKING:
    import asyncio

    from tallystick.server.faults.delays import Delays
    from tallystick.server.protocol import Connection

Delivery: TypeAlias = Callable[["Connection", Exchange, Answer], None]
LINGER_NOT: Final = struct.pack("ii", 1, 0)
"""Value of SO_LINGER that makes a close a reset."""
PIECES: Final = 16
"""Pieces of a slow head or body, where it has as many bytes."""


def close(connection: Connection, exchange: Exchange, answer: Answer) -> None:
    """End the connection without a byte."""
    exchange.keep_alive = False


def reset(connection: Connection, exchange: Exchange, answer: Answer) -> None:
    """Reset the connection."""
    exchange.keep_alive = False
    abort_with_reset(connection.transport)


def abort_with_reset(transport: asyncio.Transport) -> None:
    """End a connection by a TCP reset, in place of an orderly end."""
    its: socket.socket | None = transport.get_extra_info("socket")
    if its is not None and not transport.is_closing():
        its.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
    transport.abort()


def cut_head(connection: Connection, exchange: Exchange, answer: Answer) -> None:
    """Send half of the head, then end the connection."""
    head = head_of(connection, exchange, answer)
    exchange.keep_alive = False
    connection.write(head[: len(head) // 2])


def cut_body(connection: Connection, exchange: Exchange, answer: Answer) -> None:
    """Send the head and half of the body, then end the connection."""
    head = head_of(connection, exchange, answer)
    exchange.keep_alive = False
    connection.write(head + answer[1][: len(answer[1]) // 2])


def then_close(connection: Connection, exchange: Exchange, answer: Answer) -> None:
    """Send an answer that promises to keep the connection, then end it."""
    connection.write(head_of(connection, exchange, answer) + answer[1])
    exchange.keep_alive = False


def dated(ms: int, connection: Connection, exchange: Exchange, answer: Answer) -> None:
    """Send an answer whose `Date` is that much later."""
    date = connection.everybody.date_in(ms)
    connection.write(head_of(connection, exchange, answer, date) + answer[1])


def sent_already(connection: Connection, exchange: Exchange, answer: Answer) -> None:
    """Send nothing: the answer has left in pieces."""


async def slowly(exchange: Exchange, answer: Answer, delays: Delays, owner: object, ms: int, *, head: bool) -> None:
    """Send the head in pieces over `ms`, or else the body; the other at once. Raises Dropped."""
    connection = exchange.connection
    start, body = head_of(connection, exchange, answer), answer[1]
    exchange.delivery = sent_already
    slow = pieces_of(start if head else body)
    if not head:
        send_piece(connection, start)
    for piece in slow:
        await delays.wait_if_room(ms // len(slow), owner)
        send_piece(connection, piece)
    if head:
        send_piece(connection, body)


def send_piece(connection: Connection, piece: bytes) -> None:
    if not connection.transport.is_closing():
        connection.write(piece)


def pieces_of(whole: bytes) -> list[bytes]:
    size = max(1, -(-len(whole) // PIECES))
    return [whole[at : at + size] for at in range(0, len(whole), size)]


def head_of(connection: Connection, exchange: Exchange, answer: Answer, date: bytes = b"") -> bytes:
    """Head of an answer, as `Connection.send` writes it, with another line of the date where there is one."""
    status, body, extra = answer
    exchange.keep_alive = exchange.keep_alive and heads.CLOSING not in extra
    end = b"\r\n" if exchange.keep_alive else b"connection: close\r\n\r\n"
    rest = (date or connection.everybody.date) + heads.others(extra)
    return b"%b%d\r\n%b%b" % (heads.begun(status, extra), len(body), rest, end)
