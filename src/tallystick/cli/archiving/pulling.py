"""`tally archive pull`: read the histories of an account into its archive."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

import click

from tallystick.archive.records import Pulled
from tallystick.cli.archiving.options import FILE, as_builtins, day, known, opened
from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import command, option
from tallystick.cli.frame.failing import Failure, Form, Stop, usage
from tallystick.cli.frame.language import Count, Words
from tallystick.cli.frame.options import Asked, reads

if TYPE_CHECKING:
    from tallystick.archive.pulling import Progress, Tell

TIME: Final = re.compile(r"([1-9][0-9]{0,5})([smhd])")
SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
MOST_S: Final = 7 * 86_400

LAST: Final = Words(
    "{account}: {fresh:new row} of {rows} in {pages:page}.", "{account}：{pages} 页 {rows} 行，其中新增 {fresh} 行。"
)
SO_FAR: Final = Words(
    "stream {number} of {count}, {stream}: {rows:row}, {fresh} new",
    "第 {number}/{count} 项 {stream}：{rows} 行，新增 {fresh} 行",
)
BACK: Final = Words(", back to {day}", "，已读到 {day}")
LEFT: Final = Words("; left: {time} of history, about {took}", "；剩余：{time}的历史，约 {took}")
LEFT_LONG: Final = Words("; left: {time} of history", "；剩余：{time}的历史")
STOPPED: Final = Words(
    "Stopped: all that was read is kept, pull again to go on.", "已停止：已读取的内容均已保存，再次读取即可继续。"
)
LACKED: Final = Words("{stream}: account mode {mode} has no such list.", "{stream}：账户模式 {mode} 没有此历史。")
UNKNOWN: Final = Words("; left: unknown", "；剩余：未知")
UNITS: Final = (
    (86_400, Words("{count} d", "{count} 天")),
    (3_600, Words("{count} h", "{count} 小时")),
    (60, Words("{count} min", "{count} 分钟")),
    (1, Words("{count} s", "{count} 秒")),
)
"""Seconds of each unit, the longest first."""


@command(
    zh="""读取账户的历史并存入归档；可随时中断，下次从中断处继续。

    不指定名称时读取所有历史。先读最新的记录，再向前读取。
    """,
    answer=Pulled,
)
@click.argument("streams", nargs=-1, metavar="[STREAM]...")
@FILE
@option(
    "--tag",
    "tags",
    multiple=True,
    metavar="TAG",
    help="Ask for converts with this tag too, now and in later pulls; repeatable.",
    zh="同时读取带有此标签的闪兑记录，以后的读取也包括它；可重复。",
)
@option("--keep-answers", is_flag=True, help="Keep each answer as it came.", zh="保存每个应答的原文。")
@option(
    "--every",
    metavar="TIME",
    default="",
    help="Repeat the pull at this interval, such as 15m or 1h, until Ctrl-C.",
    zh="每隔一段时间读取一次，例如 15m 或 1h，直到 Ctrl-C。",
)
@reads
def pull(
    asked: Asked, streams: tuple[str, ...], place: Path | str, tags: tuple[str, ...], keep_answers: bool, every: str
) -> None:
    """Pull the histories of an account into the archive; broken off at any time, it goes on there the next time.

    Without names all of them. The newest rows come first, then those before.
    """
    known(streams)
    pause_s = seconds(every) if every else 0
    # The client takes its time to load, and completion does without it.
    from tallystick.archive.gathering import account_of, gather
    from tallystick.archive.streams import STREAMS
    from tallystick.cli.frame.accounts import client_of
    from tallystick.client import profiles

    host = profiles.load(asked.profile, data=asked.data, user=asked.user).host

    def once() -> Pulled:
        with opened(place, read_only=False) as found, client_of(asked) as client:
            account = account_of(found, client, host.url, asked.user or asked.profile)
            told = counter(asked, sys.stderr, streams or tuple(STREAMS))
            try:
                gathered = gather(found, client, account, streams, tags=tags, keep_answers=keep_answers, tell=told)
            finally:
                if told is not None:
                    click.echo("\r\033[K", nl=False, err=True)
            return gathered.told(found.place)

    if not pause_s:
        try:
            return tell(asked, once())
        except KeyboardInterrupt:
            raise Failure(Form("interrupted", reason=str(STOPPED), retryable=True)) from None
    with suppress(KeyboardInterrupt):
        again_and_again(asked, once, pause_s)


def again_and_again(asked: Asked, once: Callable[[], Pulled], pause_s: int) -> None:
    """Pull until Ctrl-C, which keeps all. A pull that cannot begin is told, and the next one is made all the same."""
    from tallystick.client.clock import sleep
    from tallystick.client.errors import ClientError

    while True:
        try:
            report(asked, once())
        except (ClientError, Stop) as problem:
            click.echo(str(problem), err=True)
        sleep(pause_s)


def report(asked: Asked, pulled: Pulled) -> None:
    say(asked, pulled, lambda: in_words(pulled))


def tell(asked: Asked, pulled: Pulled) -> None:
    """Print what a pull came to. Raises Failure where a stream was not pulled to its end."""
    if not pulled.failed:
        report(asked, pulled)
        return
    if asked.json is None:
        click.echo(in_words(pulled))
    names = ", ".join(pulled.failed)
    raise Failure(
        Form("incomplete", reason=f"These were not pulled to their end: {names}.", retryable=True),
        hint="What they had is kept: pull again to go on.",
        found=as_builtins(pulled),
    )


def seconds(text: str) -> int:
    """A time such as 15m. Raises Failure for anything else."""
    form = TIME.fullmatch(text)
    if form is None or not 1 <= int(form[1]) * SECONDS[form[2]] <= MOST_S:
        raise usage(f"--every {text} is no time between 1s and 7d: give one such as 15m, 1h or 1d")
    return int(form[1]) * SECONDS[form[2]]


def counter(asked: Asked, errors: TextIO, streams: Sequence[str]) -> Tell | None:
    """One line of progress that is written over, for a terminal; None with --json or without a terminal."""
    if asked.json is not None or not errors.isatty():
        return None
    return lambda progress: click.echo(f"\r\033[K{line_of(progress, streams)}", nl=False, file=errors)


def line_of(progress: Progress, streams: Sequence[str]) -> str:
    """Number of the stream that is read, rows so far, the day that is reached, and what is left where that is known."""
    line = str(SO_FAR).format(
        number=streams.index(progress.stream) + 1,
        count=len(streams),
        stream=progress.stream,
        rows=Count(progress.rows),
        fresh=Count(progress.fresh),
    )
    if progress.lowest_ms is not None:
        line += str(BACK).format(day=day(progress.lowest_ms))
    if progress.left_ms is None:
        return f"{line}{UNKNOWN}"
    if not progress.left_ms:
        return line
    left_s = progress.left_s
    took = "" if left_s is None else rounded(left_s)
    return line + str(LEFT if took else LEFT_LONG).format(time=rounded(progress.left_ms / 1000), took=took)


def rounded(span_s: float) -> str:
    """A span in the longest unit of which it has two, at least a second."""
    unit_s, words = next((unit for unit in UNITS if span_s >= 2 * unit[0]), UNITS[-1])
    return str(words).format(count=f"{max(1, round(span_s / unit_s)):,}")


def in_words(pulled: Pulled) -> str:
    head = str(LAST).format(
        account=pulled.account, fresh=Count(pulled.fresh), rows=Count(pulled.rows), pages=Count(pulled.pages)
    )
    lacked = (f"  {str(LACKED).format(stream=name, mode=mode)}" for name, mode in pulled.absent.items())
    return "\n".join([head, *(f"  {name}: {reason}" for name, reason in pulled.failed.items()), *lacked])
