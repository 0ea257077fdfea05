"""Options of the commands of an archive, the archive they name, and times as they are printed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tallystick.cli.frame.commands import option
from tallystick.cli.frame.failing import Stop, usage
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import JSON, LANG, gathered

if TYPE_CHECKING:
    from tallystick.archive.store import Account, Archive

WRITTEN: Final = Words("{file}: {count:line}.", "{file}：{count} 行。")
PLACE: Final = "tally-archive.sqlite"
SCHEMES: Final = ("postgresql://", "postgres://")
"""Beginnings of the address of a database."""


class Place(click.ParamType[Any]):
    """A file as `Path`, or the address of a database as text."""

    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path | str:
        if str(value).startswith(SCHEMES):
            return str(value)
        found: Path = click.Path(path_type=Path, dir_okay=False).convert(value, param, ctx)
        return found


FILE: Final = option(
    "--file",
    "place",
    type=Place(),
    metavar="FILE",
    default=PLACE,
    envvar="TALLY_ARCHIVE",
    show_default=True,
    help="File of the archive, or the address of a PostgreSQL database, postgresql://...",
    zh="归档文件，或 PostgreSQL 数据库的地址 postgresql://...。",
)
ACCOUNT: Final = option(
    "--account",
    "title",
    metavar="HOST/UID",
    default="",
    help="Only this account, named as in status; the default is all accounts.",
    zh="只处理此账户，名称见 status；不指定时处理归档中的全部账户。",
)
OUT: Final = option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="File to write; one that is there is replaced.",
    zh="要写入的文件；已有的文件会被替换。",
)
looks: Final = gathered(JSON, LANG)
"""Options of a command that looks into an archive."""


@contextmanager
def opened(place: Path | str, *, read_only: bool, existing: bool = False) -> Iterator[Archive]:
    """The archive of a command. Raises Stop with what is wrong with it."""
    from tallystick.archive.bases.core import ArchiveError
    from tallystick.archive.store import Archive

    try:
        with Archive(place, read_only=read_only, existing=existing) as found:
            yield found
    except ArchiveError as problem:
        raise Stop(str(problem)) from None


def known(streams: tuple[str, ...]) -> None:
    """Raises Failure for a name that is no stream."""
    from tallystick.archive.streams import STREAMS

    unknown = [name for name in streams if name not in STREAMS]
    if unknown:
        raise usage(f"there is no stream {', '.join(unknown)}: there are {', '.join(STREAMS)}")


def chosen(archive: Archive, title: str) -> list[Account]:
    """All accounts of an archive, or the one with this title. Raises Failure for one that is not there.

    Raises ArchiveError where rows of an account would be left out, since the archive is damaged.
    """
    archive.titles()
    accounts = archive.accounts()
    found = [account for account in accounts if title in ("", account.title)]
    if title and not found:
        there = ", ".join(account.title for account in accounts) or "none yet"
        raise usage(f"--account {title} is not in this archive: there are {there}")
    return found


def as_builtins(found: object) -> dict[str, Any]:
    """A record as the fields of an error."""
    import msgspec

    plain: dict[str, Any] = msgspec.to_builtins(found)
    return plain


def stamp(at_ms: int | None) -> str:
    """A time to the second in UTC, "" for None."""
    if at_ms is None:
        return ""
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def day(at_ms: int) -> str:
    return stamp(at_ms)[:10]
