"""`tally profile`: names for hosts and keys."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import click
from msgspec import Struct

from tallystick.cli.frame import completing
from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import group, option
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import JSON, LANG, YES, Asked, gathered, reads

HEADS = (
    Words("profile", "配置"),
    Words("host", "主机"),
    Words("live", "真实账户"),
    Words("access", "权限"),
    Words("key", "密钥"),
)
REMOVED = Words("Removed {name}; commands use {default}.", "已删除 {name}；命令使用 {default}。")
YES_NO = (Words("no", "否"), Words("yes", "是"))


class Named(Struct, frozen=True):
    """A profile without its secrets. `access` is trade, read, or none without a key; `key` tells keys apart.

    `problem` says why a profile cannot be used, "" where it can. `default`: commands that name no profile use it.
    """

    name: str
    host: str
    live: bool
    access: str
    key: str
    problem: str
    default: bool


class Removed(Struct, frozen=True):
    """Profile that was removed, and the one that commands use now where they name none."""

    removed: str
    default: str


class Profiles(Struct, frozen=True):
    """All profiles, and the file they stand in."""

    file: str
    profiles: list[Named]


@group(
    zh="""含主机及其密钥的配置：列出、显示、添加、删除、选用。

    配置保存在其他人无法读取的文件中；他人可读的文件会被拒绝。local 无需条目：它是 --data 中的平台。global、us、eea 和
    demo 也无需条目：没有条目时是不带密钥的该主机。
    """
)
def profile() -> None:
    """Profiles, which hold a host and its keys: list, show, add, remove and use them.

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
@click.argument("name", shell_complete=completing.profiles)
@reads
def show(asked: Asked, name: str) -> None:
    """Show one profile, without its secrets."""
    from tallystick.client import profiles

    profiles.load(name, data=asked.data, user=asked.user)
    found = named(asked, name)
    say(asked, found, lambda: words([found]))


@profile.spoken(
    answer=Named,
    zh="""添加一个配置，密钥写入只有你可读的文件。

    在终端上依次询问 API Key、Secret Key 和 passphrase，输入不显示；否则从标准输入读取三行。密钥不能写在命令行上，因为
    本机其他用户能看到。不连接主机：之后用 tally whoami --profile NAME 核对。
    """,
)
@click.argument("name")
@option(
    "--host",
    required=True,
    help="Host of the keys: global, us, eea, demo, or an address such as https://openapi.okx.com.",
    zh="密钥所属的主机：global、us、eea、demo，或地址，如 https://openapi.okx.com。",
)
@option(
    "--access",
    type=click.Choice(("read", "trade")),
    default="read",
    show_default=True,
    help="With read no command writes with this profile.",
    zh="read 表示任何命令都不用此配置写入。",
)
@option(
    "--ca",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Trust this certificate of the host, in place of those of the system.",
    zh="信任主机的此证书，而不是系统证书。",
)
@option("--replace", "over", is_flag=True, help="Replace a profile of the same name.", zh="替换同名的配置。")
@gathered(JSON, LANG)
def add(asked: Asked, name: str, host: str, access: str, ca: Path | None, over: bool) -> None:
    """Add a profile; its keys go into a file that nobody else can read.

    API key, secret key and passphrase are asked for on a terminal, unseen; otherwise they are three lines of standard
    input. They are no options, since others on this machine can read a command line. No host is called: look with
    tally whoami --profile NAME afterwards.
    """
    from tallystick.cli import profile_writing as writing

    entries = {"host": host} | writing.keys() | {"access": access} | ({"ca": str(ca.absolute())} if ca else {})
    writing.add(name, entries, over=over)
    found = named(asked, name)
    say(asked, found, lambda: words([found]))


@profile.spoken(answer=Removed, zh="删除一个配置及其密钥。")
@click.argument("name", shell_complete=completing.profiles)
@gathered(YES, JSON, LANG)
def remove(asked: Asked, name: str) -> None:
    """Remove a profile, with its keys."""
    from tallystick.cli import profile_writing as writing

    found = Removed(name, writing.remove(asked, name))
    say(asked, found, lambda: str(REMOVED).format(name=name, default=found.default))


@profile.spoken(
    answer=Named,
    zh="""选用一个配置：之后未指定配置的命令使用它。

    local 恢复为 --data 中的平台。写明 --data 或 --user 的命令始终使用本地平台。真实账户的写操作仍需要 --live。
    """,
)
@click.argument("name", shell_complete=completing.profiles)
@gathered(JSON, LANG)
def use(asked: Asked, name: str) -> None:
    """Use a profile from now on, where a command names none.

    local returns to the venue of --data. A command with --data or --user means the local venue in any case. A write on
    a live account still wants --live.
    """
    from tallystick.cli import profile_writing as writing

    writing.use(name)
    found = named(asked, name)
    say(asked, found, lambda: words([found]))


def named(asked: Asked, name: str) -> Named:
    """A profile as it is shown."""
    from tallystick.cli.frame.accounts import is_live
    from tallystick.client import profiles
    from tallystick.client.errors import ProfileError

    default = name == profiles.default_name()
    try:
        found = profiles.load(name, data=asked.data, user=asked.user if name == profiles.LOCAL else "")
    except ProfileError as error:
        return Named(name=name, host="", live=False, access="none", key="", problem=str(error), default=default)
    access = "none" if found.key is None else "read" if found.read_only else "trade"
    key = found.key.fingerprint if found.key else ""
    return Named(
        name=name,
        host=urlsplit(found.host.url).netloc,
        live=is_live(found.host),
        access=access,
        key=key,
        problem="",
        default=default,
    )


def words(found: list[Named]) -> str:
    from tallystick.cli.columns import aligned

    rows = [
        (
            f"{one.name} *" if one.default else one.name,
            one.host or "-",
            str(YES_NO[one.live]),
            one.access,
            one.problem or one.key,
        )
        for one in found
    ]
    return aligned([str(head) for head in HEADS], rows)
