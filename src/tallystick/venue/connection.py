"""File `connection.json` of a data folder: address, control token, and the keys of the seeded users.

Everything a script needs to talk to the venue stands in it, readable by its owner alone.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import Struct

from tallystick.store import files
from tallystick.store.api import StoreError
from tallystick.venue.keys import TOKEN_FORM, Credentials, is_token

CONNECTION = "connection.json"
UID_DIGITS_MAX = 18


class UserConnection(Struct, frozen=True):
    name: str
    uid: str
    keys: tuple[Credentials, ...]


class Connection(Struct, frozen=True):
    """Content of `connection.json`. The server of the venue fills in `url` and `surface`."""

    url: str
    control_token: str
    surface: str
    market: str
    users: tuple[UserConnection, ...]


def read_connection(folder: Path) -> Connection | None:
    """Read the file; None if there is none. Raises StoreError."""
    path = folder / CONNECTION
    try:
        return _sound(msgspec.json.decode(files.read_whole(path), type=Connection))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        cure = "remove it to have new keys made; the old ones stay valid"
        raise StoreError(f"cannot read {path}: {error}; {cure}") from error


def _sound(connection: Connection) -> Connection:
    """Check that a connection is usable, and return it. Raises ValueError."""
    if not is_token(connection.control_token):
        raise ValueError(f"control_token is not {TOKEN_FORM}")
    if not connection.users:
        raise ValueError("users is empty")
    for user in connection.users:
        if not (user.uid.isascii() and user.uid.isdigit() and len(user.uid) <= UID_DIGITS_MAX):
            raise ValueError(f"uid {user.uid!r} is not the number of a user")
        if not user.keys:
            raise ValueError(f"user {user.uid} has no keys")
        if not all(key.api_key.isascii() and key.api_key and key.permissions for key in user.keys):
            raise ValueError(f"user {user.uid} has a key without an api_key in ASCII or without permissions")
    return connection


def write_connection(folder: Path, connection: Connection) -> None:
    """Write the file whole, or leave the one before. Raises StoreError."""
    text = msgspec.json.format(msgspec.json.encode(connection), indent=2)
    files.write_whole(folder / CONNECTION, text + b"\n")
