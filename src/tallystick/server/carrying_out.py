"""Carrying out of a request on its connection: at once, after the commit it waits for, or in a task."""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from tallystick.server import eager
from tallystick.server.answers import Answer
from tallystick.server.request import Gone
from tallystick.server.turns import HALF_ROUND_SECONDS
from tallystick.venue.clock import stopwatch
from tallystick.venue.sequencer import Durable

if TYPE_CHECKING:
    from tallystick.server.exchange import Exchange
    from tallystick.server.protocol import Connection


def work_on(
    connection: Connection,
    exchange: Exchange,
    work: Coroutine[Any, Any, Answer],
    problem: Exception | None = None,
) -> None:
    """Work on a request until it is answered, or has to wait. A wait before has ended with `problem`, if any."""
    try:
        try:
            awaited = work.send(None) if problem is None else work.throw(problem)
        except StopIteration as done:
            connection.finish(exchange, done.value)
            return
    except Exception as bug:
        connection.drop_for(bug)
        return
    if type(awaited) is Durable:
        # Nearly all that waits does so for this alone, and needs no task for it.
        awaited.go_on = partial(go_on, connection, exchange, work)
    else:
        rest = eager.rest(work, awaited, connection)
        connection.everybody.look_after(connection.loop.create_task(carry_out(connection, exchange, rest)))


def go_on(connection: Connection, exchange: Exchange, work: Coroutine[Any, Any, Answer]) -> None:
    """Go on with a request that has waited for a commit: at once, or in its turn if many have waited for it."""
    turns = connection.turns
    if (turns.line or turns.spent >= HALF_ROUND_SECONDS) and turns.busy:
        turns.ask(connection, partial(go_on_in_turn, connection, exchange, work), connection.expected_of_active)
        return
    began = stopwatch()
    work_on(connection, exchange, work)
    seconds = stopwatch() - began
    connection.charge(seconds, exchange)
    note_seconds(connection, exchange, seconds)


def go_on_in_turn(connection: Connection, exchange: Exchange, work: Coroutine[Any, Any, Answer]) -> None:
    began = stopwatch()
    # A GET changes nothing, and nobody reads the answer where the client has gone.
    work_on(connection, exchange, work, Gone() if exchange.gone and exchange.method == "GET" else None)
    note_seconds(connection, exchange, stopwatch() - began)


def note_seconds(connection: Connection, exchange: Exchange, seconds: float) -> None:
    """Record the time that a request took once more."""
    exchange.seconds += seconds
    if exchange.answered and not exchange.gone:
        connection.everybody.learn(exchange.path, exchange.seconds)


async def carry_out(connection: Connection, exchange: Exchange, rest: Awaitable[Answer]) -> None:
    """Carry out the rest of a request in a task."""
    try:
        connection.finish(exchange, await rest)
        if not exchange.gone:
            connection.everybody.learn(exchange.path, exchange.seconds)
    except Exception as bug:
        connection.drop_for(bug)
