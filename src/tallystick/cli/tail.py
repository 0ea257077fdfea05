"""`tally tail`: show what a served venue does, as `tally serve` shows it itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click

from tallystick.cli.frame.failing import Stop
from tallystick.cli.lines import json_line, line
from tallystick.cli.options import DATA
from tallystick.client.clock import sleep
from tallystick.client.errors import ClientError, LeverRefused, NotSent
from tallystick.client.levers import Levers

EVERY_S: Final = 0.5
BEFORE: Final = 20
"""Requests, and entries of the journal, that are shown of the time before."""


@click.command()
@DATA
@click.option("--json", "as_json", is_flag=True, help="Print each line as JSON.")
@click.option("--once", is_flag=True, help="Show the last requests and events, and end.")
def tail(folder: Path, as_json: bool, once: bool) -> None:
    """Show the requests and events of a served venue as they come, until Ctrl-C.

    Requests are those since the server started; events are those of the journal that happen to somebody.
    """
    make = json_line if as_json else line
    try:
        with Levers.of_data(folder) as levers:
            for rows in batches(levers, once=once):
                for row in rows:
                    click.echo(make(row))
    except KeyboardInterrupt:
        return
    except LeverRefused as refused:
        raise Stop(f"{refused.text}: {refused.hint}" if refused.hint else refused.text) from None
    except NotSent:
        raise Stop(f"nobody serves the venue in {folder}: start it with tally serve --data {folder}") from None
    except ClientError as problem:
        raise Stop(str(problem)) from None


def batches(levers: Levers, *, once: bool) -> Iterator[list[Any]]:
    """Rows since the last look, oldest first; a reset begins anew."""
    number = max(0, levers.requests(after="0", limit="1").newest - BEFORE)
    begun = levers.health()
    generation, seq = begun.generation, max(0, begun.seq - BEFORE)
    while True:
        asked = levers.requests(after=str(number), limit="1000")
        happened = levers.events(after=str(seq), limit="1000")
        number, seq = max(number, *(row.number for row in asked.requests), 0), happened.next
        if happened.generation != generation:
            generation, seq = happened.generation, 0
            continue
        rows = [row.raw for row in (*asked.requests, *happened.events)]
        yield sorted(rows, key=lambda row: row["at_ms"])
        if once:
            return
        if len(asked.requests) < 1_000 and len(happened.events) == 0:
            sleep(EVERY_S)
