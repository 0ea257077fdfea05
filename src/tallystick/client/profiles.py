"""Profiles: names for a host and the keys that belong to it, in one file that nobody else may read.

    [main]
    host = "global"          # global, us, eea, demo, or an address
    api_key = "..."
    secret_key = "..."
    passphrase = "..."
    access = "read"          # optional: commands that move something refuse this profile

Before the tables, `default_profile = "main"` names the profile of commands that name none (`tally profile use`). The
client itself always has a name.

The file is `TALLY_PROFILES`, or `tallystick/profiles.toml` in the folder for settings (~/.config). `local` needs no
entry: it is the venue whose connection.json lies in the data folder. Nor do global, us, eea and demo: without an
entry each is that host without keys, for public calls.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from tallystick.client.errors import ProfileError
from tallystick.client.files import read_private
from tallystick.client.hosts import HOSTS, Host, host_of
from tallystick.client.secrets import Key

LOCAL: Final = "local"
CONNECTION: Final = "connection.json"
KEYS: Final = ("api_key", "secret_key", "passphrase")
ENTRIES: Final = ("host", *KEYS, "ca", "access")
ACCESS: Final = ("read", "trade")
DEFAULT: Final = "default_profile"


class Profile(NamedTuple):
    """A key, the host it belongs to, and the certificate to trust there (None: those of the system).

    `read_only` is for programs that ask before they write: the client itself does not look at it.
    """

    host: Host
    key: Key | None
    ca: str | None
    read_only: bool = False


def place() -> Path:
    """Where profiles lie."""
    named = os.environ.get("TALLY_PROFILES")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "tallystick" / "profiles.toml"


def load(name: str, *, data: Path | str | None = None, user: str = "") -> Profile:
    """The profile of a name. Raises ProfileError: no such file or entry, readable by others, not as it must be."""
    if name == LOCAL:
        return _local(Path(data or os.environ.get("TALLY_DATA") or ".tally"), user)
    path = place()
    if name in HOSTS and not path.exists():
        return Profile(HOSTS[name], None, None)
    entries = read_entries(path)
    found = entries.get(name)
    if found is None and name in HOSTS:
        return Profile(HOSTS[name], None, None)
    if not isinstance(found, dict):
        known = ", ".join(sorted(entries)) or "none"
        raise ProfileError(f"{path} has no profile {name!r}.", hint=f"Profiles there: {known}.")
    for entry, value in found.items():
        if entry not in ENTRIES or not isinstance(value, str):
            raise ProfileError(
                f"Profile {name!r}: {entry!r} is not to be there.", hint=f"Entries: {', '.join(ENTRIES)}."
            )
    missing = [entry for entry in ENTRIES[:4] if not found.get(entry)]
    if missing:
        raise ProfileError(f"Profile {name!r} of {path} lacks {', '.join(missing)}.")
    access = found.get("access", "trade")
    if access not in ACCESS:
        raise ProfileError(f"Profile {name!r}: access is {access!r}.", hint=f"Give {' or '.join(ACCESS)}.")
    ca = found.get("ca")
    if ca is not None and not Path(ca).is_file():
        raise ProfileError(f"Profile {name!r}: ca is {ca!r}, and there is no such file.")
    try:
        key = Key(*(found[entry] for entry in KEYS))
    except ValueError as error:
        raise ProfileError(f"Profile {name!r} of {path}: {error}.") from None
    return Profile(host_of(found["host"]), key, ca, access == "read")


def read_entries(path: Path) -> dict[str, Any]:
    """Tables of the file of profiles. Raises ProfileError."""
    return {name: entry for name, entry in _whole(path).items() if name != DEFAULT}


def default_name() -> str:
    """Profile that the file names as the default, else `local`. Raises ProfileError."""
    path = place()
    if not path.exists():
        return LOCAL
    named = _whole(path).get(DEFAULT, LOCAL)
    if not isinstance(named, str):
        raise ProfileError(f"{DEFAULT} of {path} is no name.", hint='Write it as default_profile = "main".')
    return named


def _whole(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(_read(path))
    except tomllib.TOMLDecodeError as error:
        raise ProfileError(f"{path} is no TOML: {error}.") from None


def _local(folder: Path, user: str) -> Profile:
    path = folder / CONNECTION
    try:
        connection: Any = msgspec.json.decode(_read(path))
        users = {each["name"]: each["keys"] for each in connection["users"]}
        if user and user not in users:
            raise ProfileError(f"{path} has no user {user!r}.", hint=f"Users there: {', '.join(users)}.")
        keys = users[user] if user else next(iter(users.values()), [])
        key = next((key for key in keys if "trade" in key["permissions"]), keys[0] if keys else {})
        ca = folder / "tls" / "ca.pem"
        return Profile(
            host_of(connection["url"], surface=connection["surface"]),
            Key(*(key[entry] for entry in KEYS)) if key else None,
            str(ca) if connection["url"].startswith("https:") else None,
        )
    except (msgspec.DecodeError, KeyError, TypeError):
        raise ProfileError(f"{path} is not what a venue writes.", hint="Start the venue anew.") from None


def control(data: Path | str | None = None) -> tuple[str, str, str | None]:
    """Address, control token and certificate of the venue whose data lie in the folder. Raises ProfileError."""
    folder = Path(data or os.environ.get("TALLY_DATA") or ".tally")
    path = folder / CONNECTION
    try:
        connection: Any = msgspec.json.decode(_read(path))
        url, token = str(connection["url"]), str(connection["control_token"])
    except (msgspec.DecodeError, KeyError, TypeError):
        raise ProfileError(f"{path} is not what a venue writes.", hint="Start the venue anew.") from None
    return url, token, str(folder / "tls" / "ca.pem") if url.startswith("https:") else None


def _read(path: Path) -> str:
    try:
        return read_private(path)
    except FileNotFoundError:
        venue = "Start a venue with `tally serve`, or name its folder: --data, in Python data=."
        hint = (
            venue
            if path.name == CONNECTION
            else "Make it, with one table for each profile; `local`, the venue of this machine, needs none."
        )
        raise ProfileError(f"{path} is not there.", hint=hint) from None
    except PermissionError as error:
        if error.errno is None:
            raise ProfileError(f"{path} can be read by others ({error}).", hint=f"Run: chmod 600 {path}") from None
        raise ProfileError(f"{path} may not be read by this user.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(f"{path} cannot be read: {type(error).__name__}.") from None
