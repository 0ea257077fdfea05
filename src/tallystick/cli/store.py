"""`tally store`: move what a venue keeps from one store to another."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tallystick.cli.frame.failing import Stop
from tallystick.store.api import StoreError, StoreInUse
from tallystick.venue import stores
from tallystick.venue.connection import CONNECTION


@click.group()
def store() -> None:
    """Move what a venue keeps from one store to another."""


@store.command()
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def copy(source: str, target: str, quiet: bool) -> None:
    """Copy a venue from a data folder to a PostgreSQL database, or back.

    FROM and TO are folders, or addresses such as postgresql://user@host/name. The target must be empty. Everything is
    written in one transaction, then read back and compared: journal, histories, keys, settings, snapshots, and those
    that were saved with tally snapshot. A folder must not be served meanwhile; a database may be, and is copied as it
    is at this moment.
    """
    try:
        digest = stores.copy(source, target, Counter(shown=not quiet and sys.stderr.isatty()))
    except StoreInUse as problem:
        raise Stop(f"{problem}: stop it first") from None
    except StoreError as problem:
        raise Stop(str(problem)) from None
    if quiet:
        return
    click.echo(f"copied, and both hold the same: {digest}")
    if (Path(source) / CONNECTION).exists():
        click.echo(f"{CONNECTION} stays in {source}: copy it to the --data folder of each server that serves the copy.")


class Counter:
    """One line of progress that is written over, for a terminal."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown
        self._last = ""

    def __call__(self, what: str, count: int) -> None:
        if not self._shown:
            return
        if what != self._last and self._last:
            click.echo("", err=True)
        self._last = what
        click.echo(f"\r\033[K{what}: {count:,}", nl=False, err=True)
