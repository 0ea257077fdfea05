"""`tally tail`: show what a served venue does, as `tally serve` shows it itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import click

from tallystick.cli.frame.commands import Command, option
from tallystick.cli.frame.failing import Failure, Form, Stop
from tallystick.cli.frame.options import Asked, of_venue

if TYPE_CHECKING:
    from tallystick.client.levers import Levers

EVERY_S: Final = 0.5
BEFORE: Final = 20
"""Requests, notes, and entries of the journal, that are shown of the time before."""


class Tail(Command):
    """Command that prints requests and events: with --json each is a line of its own."""

    @property
    def answers(self) -> tuple[type, ...]:
        # The server takes its time to load.
        from tallystick.server.control.happened import Event
        from tallystick.server.control.watching import Note, Request

        return Request, Event, Note


@click.command(
    cls=Tail,
    zh="""持续显示平台的请求和事件，按 Ctrl-C 结束。

    请求、利息和耗时较长的工作从服务启动时算起；事件是日志中发生在某个用户身上的事件。使用 --json 时每行一个 JSON 对象。
    """,
)
@option(
    "--once", is_flag=True, help="Show the last requests and events, and end.", zh="只显示最近的请求和事件，然后结束。"
)
@of_venue
def tail(asked: Asked, once: bool) -> None:
    """Show the requests and events of a served venue as they come, until Ctrl-C.

    Requests are those since the server started, as are the lines about interest and work that takes long; events are
    those of the journal that happen to somebody. With --json each is an object on a line of its own.
    """
    # The client takes its time to load, and completion does without it.
    from tallystick.cli.lines import line
    from tallystick.client.errors import LeverRefused, NotSent
    from tallystick.client.levers import Levers

    try:
        with Levers.of_data(asked.data) as levers:
            for rows in batches(levers, once=once):
                for row in rows:
                    click.echo(line(row) if asked.json is None else json_line(row, asked.json))
    except KeyboardInterrupt:
        return
    except LeverRefused as refused:
        raise Stop(f"{refused.text}: {refused.hint}" if refused.hint else refused.text) from None
    except NotSent as problem:
        raise Failure(
            Form("not-sent", reason=f"nobody serves the venue in {asked.data}", retryable=problem.retry),
            hint=f"start it with tally serve --data {asked.data}",
        ) from None


def json_line(row: Any, fields: tuple[str, ...]) -> str:
    """A row, or these fields of it, in one line of JSON."""
    import msgspec

    plain = {name: row[name] for name in fields if name in row} if fields else row
    return msgspec.json.encode(plain).decode()


def batches(levers: Levers, *, once: bool) -> Iterator[list[Any]]:
    """Rows since the last look, oldest first; a reset begins anew."""
    from tallystick.client.clock import sleep

    number = max(0, levers.requests(after="0", limit="1").newest - BEFORE)
    noted = max(0, levers.notes(after="0", limit="1").newest - BEFORE)
    begun = levers.health()
    generation, seq = begun.generation, max(0, begun.seq - BEFORE)
    while True:
        asked = levers.requests(after=str(number), limit="1000")
        notes = levers.notes(after=str(noted), limit="1000").notes
        happened = levers.events(after=str(seq), limit="1000")
        noted = max(noted, *(row.number for row in notes), 0)
        number, seq = max(number, *(row.number for row in asked.requests), 0), happened.next
        if happened.generation != generation:
            generation, seq = happened.generation, 0
            continue
        rows = [row.raw for row in (*asked.requests, *happened.events, *notes)]
        yield sorted(rows, key=lambda row: row["at_ms"])
        if once:
            return
        if len(asked.requests) < 1_000 and len(happened.events) == 0:
            sleep(EVERY_S)
