"""`tally archive status` and `tally archive verify`: what an archive has, and whether anything is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from tallystick.archive.records import SeriesStatus, Status, Verdict
from tallystick.cli.archiving.options import FILE, as_builtins, looks, opened, stamp
from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import command, option
from tallystick.cli.frame.failing import FAILED, SOON, UNPROVEN, Failure, Form
from tallystick.cli.frame.language import Count, Words
from tallystick.cli.frame.options import Asked

PROVEN: Final = Words("{rows:row} of {pages:page}: nothing is missing.", "{rows} 行，{pages} 页：没有遗漏。")
FOUND: Final = Words("{count:problem} in {rows:row}.", "{rows} 行中有 {count} 个问题。")
OPEN: Final = Words("{count:time} cannot be proven.", "有 {count} 处无法证明。")
WARN: Final = Words(
    "Unproven rows fall out of retention within a day: pull again now.",
    "未证明的记录将在一天内被交易所删除：请立即重新读取。",
)
LACKED: Final = Words(
    "{stream}: account mode {mode} has no such list, since {day}.",
    "{stream}：账户模式 {mode} 没有此历史，自 {day} 起。",
)
NONE: Final = Words("Nothing has been pulled into this archive.", "此归档中还没有数据。")
HEADS: Final = (
    Words("stream", "历史"),
    Words("rows", "行数"),
    Words("from", "起"),
    Words("until", "止"),
    Words("gaps", "缺口"),
    Words("falls out", "删除时间"),
    Words("checked against bills", "可与账单核对"),
)
YES: Final = Words("yes", "是")
NO: Final = Words("no", "否")


@command(
    zh="""按历史显示归档的内容：行数、已证明的时间段、缺口，以及未证明的记录何时会被交易所删除。

    未证明的记录将在一天内被删除时以 4 退出。
    """,
    answer=Status,
)
@FILE
@looks
def status(asked: Asked, place: Path | str) -> None:
    """Show what the archive has of each history: rows, times that are proven, gaps, and when unproven rows are lost.

    Ends with 4 where unproven rows fall out of the exchange's retention within a day.
    """
    from tallystick.archive import standing

    with opened(place, read_only=True) as found:
        told = standing.status(found, standing.now_ms(found))
    if not told.soon:
        say(asked, told, lambda: table(told))
        return
    if asked.json is None:
        click.echo(table(told))
    raise Failure(Form("warning", reason=str(WARN), retryable=True), exit_code=SOON, found=as_builtins(told))


def table(told: Status) -> str:
    from tallystick.cli.columns import aligned

    if not told.series:
        return str(NONE)
    parts = []
    for account in dict.fromkeys(one.account for one in told.series):
        rows = [
            (
                one.stream + named(one),
                f"{one.rows:,}",
                stamp(one.first_ms),
                stamp(one.last_ms),
                str(len(one.gaps) + one.unprovable),
                stamp(one.falls_out_ms),
                str(YES if one.billed else NO),
            )
            for one in told.series
            if one.account == account
        ]
        parts.append(f"{account}\n\n{aligned([str(head) for head in HEADS], rows, right=(1, 4))}")
    lacked = [
        lacking(one.stream, one.absent[0].mode, one.absent[0].from_ms)
        for one in told.series
        if one.absent and not any(span.until_ms > one.absent[0].until_ms for span in one.proven)
    ]
    return "\n\n".join([*parts, *(["\n".join(lacked)] if lacked else [])])


def named(one: SeriesStatus) -> str:
    """Filters of a series beside the one that the stream has of every account."""
    return f" {one.filters}" if "tag" in one.filters or "MARGIN" in one.filters else ""


def lacking(stream: str, mode: str, from_ms: int) -> str:
    return str(LACKED).format(stream=stream, mode=mode, day=stamp(from_ms))


@command(
    zh="""逐项核对归档：文件、页链、行数、时间段、账单余额链。

    全部得到证明时以 0 退出，发现缺口或损坏时以 1 退出，只有无法证明之处时以 3 退出。
    """,
    answer=Verdict,
)
@FILE
@option(
    "--new",
    is_flag=True,
    help="Check what came since the last verify --new, and note how far it came. The first one checks all.",
    zh="只核对上次 verify --new 之后新增的内容，并记下核对到何处；第一次核对全部。",
)
@looks
def verify(asked: Asked, place: Path | str, new: bool) -> None:
    """Hold all that the archive has against each other: the file, its pages, keys, times, and the chains of bills.

    Ends with 0 where all is proven, with 1 where a gap or damage is found, with 3 where nothing is missing but
    something cannot be proven. Damage to what an earlier --new has checked is found by a check without it.
    """
    from tallystick.archive import checking

    with opened(place, read_only=not new, existing=True) as found:
        verdict = checking.check_new(found) if new else checking.check(found)
    said = {"count": Count(len(verdict.problems)), "rows": Count(verdict.rows), "pages": Count(verdict.pages)}
    lacked = [lacking(one.stream, one.mode, one.from_ms) for one in verdict.absent]
    if verdict.proven:
        say(asked, verdict, lambda: "\n".join([str(PROVEN).format(**said), *lacked]))
        return
    reason = str(FOUND if verdict.found else OPEN).format(**said)
    if asked.json is None:
        for problem in verdict.problems:
            where = " ".join(part for part in (problem.account, problem.stream, between(problem)) if part)
            click.echo(f"{problem.kind}: {where}: {problem.text}")
        for line in lacked:
            click.echo(line)
    code = FAILED if verdict.found else UNPROVEN
    raise Failure(Form("incomplete", reason=reason), exit_code=code, found=as_builtins(verdict))


def between(problem: Any) -> str:
    if not problem.until_ms:
        return ""
    times = dict.fromkeys((stamp(problem.from_ms), stamp(problem.until_ms)))
    return " to ".join(times)
