"""`tally snapshot`: save the served venue under a name, and go back to it."""

from __future__ import annotations

from pathlib import Path

import click

from tallystick.cli.calling import AS_JSON, levers_of, say
from tallystick.cli.columns import aligned
from tallystick.cli.options import DATA

NAME = click.argument("name")


@click.group()
def snapshot() -> None:
    """Save the served venue under a name, and go back to it.

    A snapshot holds everything: journal, users, balances, orders, keys, time. It stays until it is deleted, also after
    a reset.
    """


@snapshot.command()
@NAME
@DATA
@AS_JSON
def save(name: str, folder: Path, as_json: bool) -> None:
    """Save the venue as it is now.

    A name has 1 to 64 letters, digits, dots, dashes and underscores, and must not be taken.
    """
    with levers_of(folder) as levers:
        saved = levers.snapshots.save(name=name)
    say(saved, as_json, f"saved {name}: {saved.at}, entry {saved.seq}")


@snapshot.command()
@NAME
@DATA
@AS_JSON
def restore(name: str, folder: Path, as_json: bool) -> None:
    """Go back to a snapshot, with its keys.

    What happened since is forgotten, and all streams end. A frozen clock goes back to the time of the snapshot. One
    that runs at speed 1 shows the present, and everything due since happens.
    """
    with levers_of(folder) as levers:
        begun = levers.snapshots.restore(name)
    say(begun, as_json, f"restored {name}: {begun.raw['now']}, generation {begun.generation}")


@snapshot.command("list")
@DATA
@AS_JSON
def list_(folder: Path, as_json: bool) -> None:
    """List the snapshots, oldest first."""
    with levers_of(folder) as levers:
        found = levers.snapshots.all()
    heads = ("name", "at", "generation", "seq")
    rows = [(one.name, one.at, str(one.generation), str(one.seq)) for one in found.snapshots]
    say(found, as_json, aligned(heads, rows, right=(2, 3)) if rows else "no snapshot has been saved")


@snapshot.command()
@NAME
@DATA
@AS_JSON
def delete(name: str, folder: Path, as_json: bool) -> None:
    """Delete a snapshot."""
    with levers_of(folder) as levers:
        left = levers.snapshots.delete(name)
    say(left, as_json, f"deleted {name}")
