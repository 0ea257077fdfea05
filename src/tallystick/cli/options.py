"""What several commands have in common."""

from __future__ import annotations

from pathlib import Path

import click

DATA = click.option(
    "--data",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=".tally",
    envvar="TALLY_DATA",
    show_default=True,
    help="Data folder.",
)


class Stop(click.ClickException):
    """Said on standard error after "tally: "; the command ends with 1."""

    def show(self, file: object = None) -> None:
        click.echo(f"tally: {self.format_message()}", err=True)
