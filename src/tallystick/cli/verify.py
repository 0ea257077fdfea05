"""`tally verify`: re-run the journal and compare."""

from __future__ import annotations

from pathlib import Path

import click

from tallystick.cli.options import DATA, Stop
from tallystick.store.api import StoreError, StoreInUse
from tallystick.venue import boot


@click.command()
@DATA
def verify(folder: Path) -> None:
    """Carry out every command of the journal again and compare events, histories and state.

    Ends with 0 when all agrees, with 1 where something differs.
    """
    try:
        verdict = boot.verify_folder(folder)
    except StoreInUse as problem:
        raise Stop(f"{problem}: stop it first, or let it verify itself with POST /tally/v1/verify") from None
    except StoreError as problem:
        raise Stop(str(problem)) from None
    if not verdict.ok:
        why = "this version would decide otherwise: " if verdict.decisions_differ else ""
        raise Stop(f"{why}{verdict.problem}")
    click.echo(f"{verdict.entries} entries agree, state {verdict.state_hash}")
