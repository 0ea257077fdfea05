"""`tally snapshot`: save the served venue under a name, and go back to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
import msgspec

from tallystick.cli.calling import call
from tallystick.cli.columns import aligned
from tallystick.cli.options import DATA

AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
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
    saved = call(folder, "POST", "snapshots", {"name": name})
    say(saved, as_json, f"saved {name}: {saved.get('at')}, entry {saved.get('seq')}")


@snapshot.command()
@NAME
@DATA
@AS_JSON
def restore(name: str, folder: Path, as_json: bool) -> None:
    """Go back to a snapshot, with its keys.

    What happened since is forgotten, and all streams end. A frozen clock goes back to the time of the snapshot. One
    that runs at speed 1 shows the present, and everything due since happens.
    """
    begun = call(folder, "POST", f"snapshots/{quote(name, safe='')}/restore")
    say(begun, as_json, f"restored {name}: {begun.get('now')}, generation {begun.get('generation')}")


@snapshot.command("list")
@DATA
@AS_JSON
def list_(folder: Path, as_json: bool) -> None:
    """List the snapshots, oldest first."""
    found = call(folder, "GET", "snapshots")
    if as_json:
        say(found, as_json, "")
        return
    rows = [(one["name"], one["at"], str(one["generation"]), str(one["seq"])) for one in found["snapshots"]]
    click.echo(
        aligned(("name", "at", "generation", "seq"), rows, right=(2, 3)) if rows else "no snapshot has been saved"
    )


@snapshot.command()
@NAME
@DATA
@AS_JSON
def delete(name: str, folder: Path, as_json: bool) -> None:
    """Delete a snapshot."""
    left = call(folder, "DELETE", f"snapshots/{quote(name, safe='')}")
    say(left, as_json, f"deleted {name}")


def say(answer: dict[str, Any], as_json: bool, words: str) -> None:
    click.echo(msgspec.json.format(msgspec.json.encode(answer)).decode() if as_json else words)
