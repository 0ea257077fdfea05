"""`tally profile`: names for hosts and keys."""

from __future__ import annotations

from urllib.parse import urlsplit

import click
from msgspec import Struct

from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import group
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import Asked, reads

HEADS = (
    Words("profile", "配置"),
    Words("host", "主机"),
    Words("live", "真实账户"),
    Words("access", "权限"),
    Words("key", "密钥"),
)
YES_NO = (Words("no", "否"), Words("yes", "是"))


class Named(Struct, frozen=True):
    """A profile without its secrets. `access` is trade, read, or none without a key; `key` tells keys apart.

    `problem` says why a profile cannot be used, "" where it can.
    """

    name: str
    host: str
    live: bool
    access: str
    key: str
    problem: str


class Profiles(Struct, frozen=True):
    """All profiles, and the file they stand in."""

    file: str
    profiles: list[Named]


@group(zh="主机与密钥的名称：列出配置，或显示其中一个。")
def profile() -> None:
    """Names for hosts and keys: list the profiles, or show one.

    Profiles stand in a file that nobody else may read; one that others can read is refused. local needs no entry: it
    is the venue of --data. Nor do global, us, eea and demo: without an entry each is that host without keys.
    """


@profile.spoken("list", answer=Profiles, zh="列出所有配置，不显示密钥。")
@reads
def list_(asked: Asked) -> None:
    """List all profiles, without their secrets."""
    # The client takes its time to load, and completion does without it.
    from tallystick.client import profiles

    place = profiles.place()
    entries = sorted(profiles.read_entries(place)) if place.exists() else []
    found = Profiles(str(place), [named(asked, name) for name in (profiles.LOCAL, *entries)])
    say(asked, found, lambda: words(found.profiles))


@profile.spoken(answer=Named, zh="显示一个配置，不显示密钥。")
@click.argument("name")
@reads
def show(asked: Asked, name: str) -> None:
    """Show one profile, without its secrets."""
    from tallystick.client import profiles

    profiles.load(name, data=asked.data, user=asked.user)
    found = named(asked, name)
    say(asked, found, lambda: words([found]))


def named(asked: Asked, name: str) -> Named:
    """A profile as it is shown."""
    from tallystick.cli.frame.accounts import is_live
    from tallystick.client import profiles
    from tallystick.client.errors import ProfileError

    try:
        found = profiles.load(name, data=asked.data, user=asked.user if name == profiles.LOCAL else "")
    except ProfileError as error:
        return Named(name=name, host="", live=False, access="none", key="", problem=str(error))
    access = "none" if found.key is None else "read" if found.read_only else "trade"
    key = found.key.fingerprint if found.key else ""
    return Named(
        name=name,
        host=urlsplit(found.host.url).netloc,
        live=is_live(found.host),
        access=access,
        key=key,
        problem="",
    )


def words(found: list[Named]) -> str:
    from tallystick.cli.columns import aligned

    rows = [(one.name, one.host or "-", str(YES_NO[one.live]), one.access, one.problem or one.key) for one in found]
    return aligned([str(head) for head in HEADS], rows)
