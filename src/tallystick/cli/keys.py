"""`tally keys`: who can sign in, from the data folder's connection.json."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from tallystick.cli.frame.failing import Stop
from tallystick.cli.options import DATA
from tallystick.store import files
from tallystick.store.api import StoreError
from tallystick.venue.connection import CONNECTION, Connection


@click.command()
@DATA
@click.option("--json", "as_json", is_flag=True, help="Print the whole connection.json.")
def keys(folder: Path, as_json: bool) -> None:
    """Show the keys of the seeded users, secrets included."""
    path = folder / CONNECTION
    try:
        raw = files.read_whole(path)
        connection = msgspec.json.decode(raw, type=Connection)
    except FileNotFoundError:
        raise Stop(f"there is no {path}: start the venue once with tally serve") from None
    except StoreError as problem:
        raise Stop(str(problem)) from None
    except (OSError, msgspec.MsgspecError) as problem:
        raise Stop(f"cannot read {path}: {problem}") from None
    if as_json:
        click.echo(raw.decode().rstrip())
        return
    click.echo(f"url            {connection.url or '(never served)'}")
    click.echo(f"control token  {connection.control_token}")
    for user in connection.users:
        for key in user.keys:
            click.echo(f"\n{user.name} ({user.uid}), may {', '.join(key.permissions)}")
            click.echo(f"  api_key     {key.api_key}")
            click.echo(f"  secret_key  {key.secret_key}")
            click.echo(f"  passphrase  {key.passphrase}")
