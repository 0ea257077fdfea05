"""`tally whoami`: the account that commands act for."""

from __future__ import annotations

from urllib.parse import urlsplit

from msgspec import Struct

from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import command
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import Asked, reads

LABELS = {
    "profile": Words("profile", "配置"),
    "host": Words("host", "主机"),
    "live": Words("live account", "真实账户"),
    "uid": Words("user", "用户"),
    "main_uid": Words("main account", "母账户"),
    "label": Words("key", "密钥备注"),
    "permissions": Words("permissions", "权限"),
    "level": Words("level", "等级"),
    "spot_mode": Words("Spot mode", "现货模式"),
    "borrowing": Words("borrowing is on", "借币已开启"),
    "auto_repay": Words("auto repay is on", "自动还币已开启"),
}
YES_NO = (Words("no", "否"), Words("yes", "是"))


class Identity(Struct, frozen=True):
    """The account of a profile, as the exchange tells it. `live`: a write moves real coins there."""

    profile: str
    host: str
    live: bool
    uid: str
    main_uid: str
    label: str
    permissions: list[str]
    level: str
    spot_mode: bool
    borrowing: bool
    auto_repay: bool


@command(
    answer=Identity,
    zh="""显示命令所使用的账户：主机、用户、密钥权限和借币设置。

    不显示任何密钥。
    """,
)
@reads
def whoami(asked: Asked) -> None:
    """Show the account that commands act for: host, user, permissions of the key and settings of borrowing.

    No secret is shown.
    """
    # The client takes its time to load, and completion does without it.
    from tallystick.cli.frame.accounts import client_of, is_live
    from tallystick.client import profiles

    host = profiles.load(asked.profile, data=asked.data, user=asked.user).host
    with client_of(asked) as client:
        config = client.config()
    found = Identity(
        profile=asked.profile,
        host=urlsplit(host.url).netloc,
        live=is_live(host),
        uid=config.uid,
        main_uid=config.mainUid,
        label=config.label or "",
        permissions=config.perm.split(","),
        level=config.level,
        spot_mode=config.acctLv == "1",
        borrowing=config.enableSpotBorrow,
        auto_repay=config.spotBorrowAutoRepay,
    )
    say(asked, found, lambda: words(found))


def words(found: Identity) -> str:
    from tallystick.cli.columns import aligned

    rows = [(str(label), _value(getattr(found, name))) for name, label in LABELS.items()]
    return aligned(("", ""), rows).lstrip("\n")


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(YES_NO[value])
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
