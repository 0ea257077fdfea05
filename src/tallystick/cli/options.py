"""Options that commands of a data folder share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def folder_option(words: str) -> Callable[[Command], Command]:
    return click.option(
        "--data",
        "folder",
        type=click.Path(path_type=Path, file_okay=False),
        default=".tally",
        envvar="TALLY_DATA",
        show_default=True,
        help=words,
    )


STORE = click.option(
    "--store",
    "address",
    metavar="URL",
    envvar="TALLY_STORE",
    help="Take the venue that is kept in this PostgreSQL database, such as postgresql://user@host/name, and not one in "
    "a folder. Others on this machine can read a command line: a password goes into TALLY_STORE or ~/.pgpass.",
)

KEPT_IN = folder_option("Keep the venue in this folder.")
DATA = folder_option("Take the venue that is kept in this folder.")


def moment(ctx: click.Context, option: click.Parameter, text: str | None) -> int | None:
    """A time a venue can be at, as Unix ms."""
    if text is None:
        return None
    # The control calls take their time to load, and most commands are given no time.
    from tallystick.server.control.form import Wrong
    from tallystick.server.control.text import moment_ms
    from tallystick.venue import clock

    try:
        return clock.required(moment_ms(text))
    except Wrong as wrong:
        raise click.BadParameter(f"{wrong.message}: give {wrong.hint}") from None
    except ValueError as problem:
        raise click.BadParameter(str(problem)) from None
