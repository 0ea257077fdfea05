"""Control calls of the command line: to the venue that `connection.json` in the data folder names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec

from tallystick.cli.frame.failing import Stop
from tallystick.client.errors import ClientError, LeverRefused, NotSent
from tallystick.client.levers import Levers
from tallystick.client.records import Record

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")


@contextmanager
def levers_of(folder: Path) -> Iterator[Levers]:
    """Levers of the venue that is served from a folder. Raises Stop, with what to do: it refuses, or is not there."""
    url = ""
    try:
        with Levers.of_data(folder) as levers:
            url = levers.url
            yield levers
    except LeverRefused as refused:
        raise Stop(f"{refused.text}: {refused.hint}" if refused.hint else refused.text) from None
    except NotSent:
        raise Stop(f"nobody serves {url}: start the venue with tally serve --data {folder}") from None
    except ClientError as problem:
        raise Stop(str(problem)) from None


def say(answer: Record, as_json: bool, words: str) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(answer.raw)).decode() if as_json else words)
