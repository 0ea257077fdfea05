"""Deadlines of an HTTP connection: the longest time of each of its states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.server.complaints import BODY_SECONDS_MAX, HEAD_SECONDS_MAX, TOO_SLOW

if TYPE_CHECKING:
    from tallystick.server.protocol import Connection

IDLE_SECONDS_MAX = 20
STALLED_SECONDS_MAX = 20
"""Time without a byte taken while some wait, after which the connection is dropped."""
LINGER_SECONDS_MAX = 2
CLOSING_SECONDS_MAX = 20
"""Time for a client to take the bytes left to send when the connection was closed."""


def look_after(connection: Connection, now: float) -> None:
    """Enforce the deadlines of a connection, at `now` of the loop's clock.

    Time in which a request waits for its turn does not count: the server is late then, not the client.
    """
    transport = connection.transport
    unsent_bytes = transport.get_write_buffer_size()
    taken_bytes = connection.written_bytes - unsent_bytes
    if not unsent_bytes or taken_bytes != connection.taken_bytes:
        connection.taken_bytes = taken_bytes
        connection.stalled_since = now
    elif now - connection.stalled_since > STALLED_SECONDS_MAX:
        transport.abort()
        return
    if connection.drop_if_reset():
        return
    if transport.is_closing():
        connection.closing_since = connection.closing_since or now
        if now - connection.closing_since > CLOSING_SECONDS_MAX:
            transport.abort()
    elif connection.lingering_since:
        if now - connection.lingering_since > LINGER_SECONDS_MAX:
            transport.close()
    elif connection.read_paused or connection.in_line:
        return
    elif connection.idle_since:
        if now - connection.idle_since > IDLE_SECONDS_MAX:
            transport.close()
    elif connection.reading_since:
        look_after_half(connection, now - connection.reading_since)


def look_after_half(connection: Connection, seconds: float) -> None:
    """Enforce the deadline of a request that has been arriving for this long."""
    in_body = connection.newest is not None and not connection.newest.whole
    if seconds > (BODY_SECONDS_MAX if in_body else HEAD_SECONDS_MAX):
        if in_body or connection.active is not None:
            connection.refuse(TOO_SLOW)
        else:
            connection.transport.close()
