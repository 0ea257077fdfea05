"""`tally verify`: hold all that a data folder has against its journal."""

from __future__ import annotations

import os
import sys

import click
from msgspec import Struct

from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import command, option
from tallystick.cli.frame.failing import Stop
from tallystick.cli.frame.options import Asked, of_venue
from tallystick.cli.options import STORE
from tallystick.store.api import StoreError, StoreInUse
from tallystick.store.format import FORMAT
from tallystick.venue import boot
from tallystick.venue.verify import Progress

LINES = 20
"""At most so many lines of progress for each thing that is looked at."""


class Verified(Struct, frozen=True):
    """Journal with which all that is stored agrees. `saved` counts the saved snapshots that agree.

    `remark` says what could not be compared, "" where all was.
    """

    entries: int
    format: int
    state_hash: str
    saved: int
    remark: str


@command(
    answer=Verified,
    zh="""重新执行日志中的每条命令，并与所存内容逐一比较。

    比较表和索引、条目链及其事件、快照及其之后的条目、状态、API key、历史记录及其索引，以及每个已保存的快照。
    时钟和行情的设置以及 connection.json 不在其中。

    全部一致时以 0 退出，有差异时以 1 退出。在终端上会显示进度。
    """,
)
@STORE
@option(
    "--workers",
    type=click.IntRange(1, 64),
    help="Use this many processes; the default is one for each core.",
    zh="使用的进程数；未指定时每个核心一个。",
)
@option(
    "--progress",
    "as_lines",
    is_flag=True,
    help="Print progress as lines on standard error.",
    zh="在标准错误上逐行输出进度。",
)
@of_venue
def verify(asked: Asked, address: str | None, workers: int | None, as_lines: bool) -> None:
    """Run every command of the journal again and compare the results with all that is stored.

    Compared are the tables and indexes (with SQLite's own check of its file), the chain of entries and their events,
    the snapshots with what comes after them, the state, API keys, and the rows of the histories with their indexes;
    then each snapshot that was saved with tally snapshot, in the same way. Not covered, since they follow from nothing:
    the settings of clock and market, and connection.json; nor the newest entries where they were removed with all that
    tells of them: the snapshot and their rows, or the log of a venue that was killed.

    Ends with 0 when all agrees, with 1 where something differs. On a terminal the progress is shown.
    """
    shown = lines() if as_lines else counter() if sys.stderr.isatty() else None
    try:
        verdict = boot.verify_folder(asked.data, shown, address=address, workers=workers or os.cpu_count() or 1)
    except StoreInUse as problem:
        raise Stop(f"{problem}: stop it first, or let it verify itself with POST /tally/v1/verify") from None
    except StoreError as problem:
        raise Stop(str(problem)) from None
    finally:
        if shown is not None and not as_lines:
            click.echo("\r\033[K", nl=False, err=True)
    if not verdict.ok:
        why = "this version would decide otherwise: " if verdict.decisions_differ else ""
        raise Stop(f"{why}{verdict.problem}")
    if verdict.remark:
        click.echo(f"tally: warning: {verdict.remark}", err=True)
    found = Verified(verdict.entries, FORMAT, verdict.state_hash, verdict.saved, verdict.remark)
    say(asked, found, lambda: words(found))


def words(found: Verified) -> str:
    also = f"; saved snapshots that agree: {found.saved}" if found.saved else ""
    return f"{found.entries} entries of format {found.format} agree, state {found.state_hash}{also}"


def lines() -> Progress:
    """Each a line of its own, for a log."""
    told: dict[str, int] = {}

    def tell(what: str, done: int, of: int) -> None:
        part = done * LINES // of if of else LINES
        if told.get(what) != part:
            told[what] = part
            click.echo(f"{what}: {done:,} of {of:,}", err=True)

    return tell


def counter() -> Progress:
    """One line that is written over, for a terminal."""

    def tell(what: str, done: int, of: int) -> None:
        click.echo(f"\r\033[Kverifying: {what}, {done:,} of {of:,}", nl=False, err=True)

    return tell
