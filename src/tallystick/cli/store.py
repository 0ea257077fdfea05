"""`tally store`: move what a venue keeps from one store to another."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from msgspec import Struct

from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import group, option
from tallystick.cli.frame.failing import Stop
from tallystick.cli.frame.options import JSON, LANG, Asked, gathered
from tallystick.store.api import StoreError, StoreInUse
from tallystick.venue import stores
from tallystick.venue.connection import CONNECTION


class Copied(Struct, frozen=True):
    """Digest of all that both stores hold. `keys_stay` is the connection.json that was not copied, or ""."""

    digest: str
    keys_stay: str


@group(zh="在数据目录和数据库之间复制平台。")
def store() -> None:
    """Copy a venue between a data folder and a database."""


@store.spoken(
    answer=Copied,
    zh="""将平台从数据目录复制到 PostgreSQL 数据库，或反向复制。

    FROM 和 TO 是目录，或 postgresql://user@host/name 形式的地址。目标必须为空。全部内容在一个事务中写入，然后读回
    比较：日志、历史记录、密钥、设置和快照，以及用 tally snapshot 保存的快照。复制期间目录不得运行；数据库可以，
    按当时的状态复制。
    """,
)
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@option("--quiet", is_flag=True, help="Print nothing but errors.", zh="除错误外不输出任何内容。")
@gathered(JSON, LANG)
def copy(asked: Asked, source: str, target: str, quiet: bool) -> None:
    """Copy a venue from a data folder to a PostgreSQL database, or back.

    FROM and TO are folders, or addresses such as postgresql://user@host/name. The target must be empty. Everything is
    written in one transaction, then read back and compared: journal, histories, keys, settings, snapshots, and those
    that were saved with tally snapshot. A folder must not be served meanwhile; a database may be, and is copied as it
    is at this moment.
    """
    try:
        digest = stores.copy(source, target, Counter(shown=not quiet and sys.stderr.isatty()))
    except StoreInUse as problem:
        raise Stop(f"{problem}: stop it first") from None
    except StoreError as problem:
        raise Stop(str(problem)) from None
    keys = Path(source) / CONNECTION
    found = Copied(digest, str(keys) if keys.exists() else "")
    if not quiet or asked.json is not None:
        say(asked, found, lambda: words(found))


def words(found: Copied) -> str:
    lines = [f"copied, and both hold the same: {found.digest}"]
    if found.keys_stay:
        keys = Path(found.keys_stay)
        lines.append(
            f"{keys.name} stays in {keys.parent}: copy it to the --data folder of each server that serves the copy."
        )
    return "\n".join(lines)


class Counter:
    """One line of progress that is written over, for a terminal."""

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown
        self._last = ""

    def __call__(self, what: str, count: int) -> None:
        if not self._shown:
            return
        if what != self._last and self._last:
            click.echo("", err=True)
        self._last = what
        click.echo(f"\r\033[K{what}: {count:,}", nl=False, err=True)
