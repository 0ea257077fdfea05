"""`tally keys`: who can sign in, from the data folder's connection.json."""

from __future__ import annotations

import msgspec

from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import command
from tallystick.cli.frame.failing import Stop
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import Asked, of_venue
from tallystick.store import files
from tallystick.store.api import StoreError
from tallystick.venue.connection import CONNECTION, Connection

NEVER = Words("(never served)", "（从未运行）")
MAY = Words("may", "权限")


@command(answer=Connection, zh="显示初始用户的密钥，包括 Secret Key。")
@of_venue
def keys(asked: Asked) -> None:
    """Show the keys of the initial users, secrets included."""
    path = asked.data / CONNECTION
    try:
        raw = files.read_whole(path)
        connection = msgspec.json.decode(raw, type=Connection)
    except FileNotFoundError:
        raise Stop(f"there is no {path}: start the venue once with tally serve") from None
    except StoreError as problem:
        raise Stop(str(problem)) from None
    except (OSError, msgspec.MsgspecError) as problem:
        raise Stop(f"cannot read {path}: {problem}") from None
    say(asked, connection, lambda: words(connection))


def words(connection: Connection) -> str:
    lines = [f"url            {connection.url or NEVER}", f"control token  {connection.control_token}"]
    for user in connection.users:
        for key in user.keys:
            lines += [
                f"\n{user.name} ({user.uid}), {MAY} {', '.join(key.permissions)}",
                f"  api_key     {key.api_key}",
                f"  secret_key  {key.secret_key}",
                f"  passphrase  {key.passphrase}",
            ]
    return "\n".join(lines)
