"""`tally archive`: keep the histories of accounts in one file, prove that nothing is missing, hand them on."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tallystick.archive.records import Checked, Pulled, Status, Verdict, Written
from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import group, option
from tallystick.cli.frame.failing import FAILED, SOON, UNPROVEN, Failure, Form, Stop, usage
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import JSON, LANG, Asked, gathered, reads

if TYPE_CHECKING:
    from tallystick.archive.pulling import Progress
    from tallystick.archive.store import Archive

PLACE: Final = "tally-archive.sqlite"
TIME: Final = re.compile(r"([1-9][0-9]{0,5})([smhd])")
SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
MOST_S: Final = 7 * 86_400

PROVEN: Final = Words("{rows} rows of {pages} pages: nothing is missing.", "{rows} 行，{pages} 页：没有遗漏。")
FOUND: Final = Words("{count} problems in {rows} rows.", "{rows} 行中有 {count} 个问题。")
OPEN: Final = Words("{count} times cannot be proven.", "有 {count} 处无法证明。")
WARN: Final = Words(
    "Unproven rows fall out of retention within a day: pull again now.",
    "未证明的记录将在一天内被交易所删除：请立即重新读取。",
)
WRITTEN: Final = Words("{file}: {count} lines.", "{file}：{count} 行。")
HOLDS: Final = Words(
    "The certificate holds: {pages} pages, {answers} with their answers, head {head}.",
    "证书成立：{pages} 页，其中 {answers} 页有应答原文，末端哈希 {head}。",
)
NONE: Final = Words("Nothing has been pulled into this archive.", "此归档中还没有数据。")
LAST: Final = Words(
    "{account}: {fresh} new rows of {rows} in {pages} pages.", "{account}：{pages} 页 {rows} 行，其中新增 {fresh} 行。"
)
HEADS: Final = (
    Words("stream", "历史"),
    Words("rows", "行数"),
    Words("from", "起"),
    Words("until", "止"),
    Words("gaps", "缺口"),
    Words("falls out", "删除时间"),
    Words("bills prove it", "账单可证"),
)
YES: Final = Words("yes", "是")
NO: Final = Words("no", "否")

FILE: Final = option(
    "--file",
    "place",
    type=click.Path(path_type=Path, dir_okay=False),
    default=PLACE,
    envvar="TALLY_ARCHIVE",
    show_default=True,
    help="File of the archive.",
    zh="归档文件。",
)
looks: Final = gathered(JSON, LANG)
"""Options of a command that looks into an archive."""


@group(
    zh="""将账户的历史记录保存在一个文件中，并证明没有遗漏。

    交易所会删除历史：一键还债 7 天后，利息 30 天或一年后，账单三个月后。
    """
)
def archive() -> None:
    """Keep the histories of accounts in one file, and prove that nothing is missing.

    The exchange forgets: one-click repays after 7 days, interest after 30 days or a year, bills after three months.
    """


@contextmanager
def opened(place: Path, *, read_only: bool) -> Iterator[Archive]:
    """The archive of a command. Raises Stop with what is wrong with it."""
    from tallystick.archive.store import Archive, ArchiveError

    try:
        with Archive(place, read_only=read_only) as found:
            yield found
    except ArchiveError as problem:
        raise Stop(str(problem)) from None


@archive.spoken(
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
    help="Pull again and again, such as every 15m or 1h, until Ctrl-C.",
    zh="每隔一段时间读取一次，例如 15m 或 1h，直到 Ctrl-C。",
)
@reads
def pull(
    asked: Asked, streams: tuple[str, ...], place: Path, tags: tuple[str, ...], keep_answers: bool, every: str
) -> None:
    """Pull the histories of an account into the archive; broken off at any time, it goes on there the next time.

    Without names all of them. The newest rows come first, then those before.
    """
    from tallystick.archive.streams import STREAMS

    unknown = [name for name in streams if name not in STREAMS]
    if unknown:
        raise usage(f"there is no stream {', '.join(unknown)}: there are {', '.join(STREAMS)}")
    pause_s = seconds(every) if every else 0
    # The client takes its time to load, and completion does without it.
    from tallystick.archive.gathering import account_of, gather
    from tallystick.cli.frame.accounts import client_of
    from tallystick.client import profiles
    from tallystick.client.clock import sleep

    host = profiles.load(asked.profile, data=asked.data, user=asked.user).host
    try:
        while True:
            with opened(place, read_only=False) as found, client_of(asked) as client:
                account = account_of(found, client, host.url, asked.user or asked.profile)
                told = counter() if sys.stderr.isatty() and asked.json is None else None
                pulled = gather(found, client, account, streams, tags=tags, keep_answers=keep_answers, tell=told).told(
                    place
                )
            if told is not None:
                click.echo("\r\033[K", nl=False, err=True)
            if not pause_s:
                return tell(asked, pulled)
            report(asked, pulled)
            sleep(pause_s)
    except KeyboardInterrupt:
        if not pause_s:
            raise


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


def as_builtins(found: object) -> dict[str, Any]:
    import msgspec

    plain: dict[str, Any] = msgspec.to_builtins(found)
    return plain


def seconds(text: str) -> int:
    """A time such as 15m. Raises Failure for anything else."""
    form = TIME.fullmatch(text)
    if form is None or not 1 <= int(form[1]) * SECONDS[form[2]] <= MOST_S:
        raise usage(f"--every {text} is no time between 1s and 7d: give one such as 15m, 1h or 1d")
    return int(form[1]) * SECONDS[form[2]]


def counter() -> Any:
    """One line of progress that is written over, for a terminal."""

    def tell(progress: Progress) -> None:
        back = "" if progress.lowest_ms is None else f", back to {day(progress.lowest_ms)}"
        line = f"{progress.stream}: {progress.rows:,} rows, {progress.fresh:,} new{back}"
        click.echo(f"\r\033[K{line}", nl=False, err=True)

    return tell


def in_words(pulled: Pulled) -> str:
    head = str(LAST).format(
        account=pulled.account, fresh=f"{pulled.fresh:,}", rows=f"{pulled.rows:,}", pages=f"{pulled.pages:,}"
    )
    return "\n".join([head, *(f"  {name}: {reason}" for name, reason in pulled.failed.items())])


@archive.spoken(
    zh="""按历史显示归档的内容：行数、已证明的时间段、缺口，以及未证明的记录何时会被交易所删除。

    未证明的记录将在一天内被删除时以 4 退出。
    """,
    answer=Status,
)
@FILE
@looks
def status(asked: Asked, place: Path) -> None:
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
                one.stream + ("" if "tag" not in one.filters else f" {one.filters}"),
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
    return "\n\n".join(parts)


@archive.spoken(
    zh="""逐项核对归档：文件、页链、行数、时间段、账单余额链。

    全部得到证明时以 0 退出，发现缺口或损坏时以 1 退出，只有无法证明之处时以 3 退出。
    """,
    answer=Verdict,
)
@FILE
@looks
def verify(asked: Asked, place: Path) -> None:
    """Hold all that the archive has against each other: the file, its pages, keys, times, and the chains of bills.

    Ends with 0 where all is proven, with 1 where a gap or damage is found, with 3 where nothing is missing but
    something cannot be proven.
    """
    from tallystick.archive import checking

    with opened(place, read_only=True) as found:
        verdict = checking.check(found)
    said = {"count": len(verdict.problems), "rows": f"{verdict.rows:,}", "pages": f"{verdict.pages:,}"}
    if verdict.proven:
        say(asked, verdict, lambda: str(PROVEN).format(**said))
        return
    reason = str(FOUND if verdict.found else OPEN).format(**said)
    if asked.json is None:
        for problem in verdict.problems:
            where = " ".join(part for part in (problem.account, problem.stream, between(problem)) if part)
            click.echo(f"{problem.kind}: {where}: {problem.text}")
    code = FAILED if verdict.found else UNPROVEN
    raise Failure(Form("incomplete", reason=reason), exit_code=code, found=as_builtins(verdict))


def between(problem: Any) -> str:
    if not problem.until_ms:
        return ""
    times = dict.fromkeys((stamp(problem.from_ms), stamp(problem.until_ms)))
    return " to ".join(times)


def stamp(at_ms: int | None) -> str:
    """A time to the second in UTC, "" for None."""
    if at_ms is None:
        return ""
    return f"{datetime.fromtimestamp(at_ms // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def day(at_ms: int) -> str:
    return stamp(at_ms)[:10]


OUT: Final = option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="File to write; one that is there is replaced.",
    zh="要写入的文件；已有的文件会被替换。",
)


@archive.spoken(
    zh="""写出一份证书：请求、应答、时间和记录的哈希链，无需密钥即可离线核对。

    用 --keep-answers 读取的应答原文也在其中。
    """,
    answer=Written,
)
@FILE
@OUT
@looks
def certify(asked: Asked, place: Path, out: Path) -> None:
    """Write a certificate: a hash chain over requests, answers, times and rows, to be checked without keys.

    Answers that were pulled with --keep-answers stand in it as they came.
    """
    from tallystick.archive.certificate import lines
    from tallystick.archive.writing import write_lines

    with opened(place, read_only=True) as found:
        written = Written(str(out), write_lines(out, lines(found)))
    say(asked, written, lambda: str(WRITTEN).format(file=out, count=f"{written.count:,}"))


@archive.spoken("check-certificate", zh="离线核对证书；不成立时以 1 退出，并指出所在的行。", answer=Checked)
@click.argument("certificate", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE")
@looks
def check_certificate(asked: Asked, certificate: Path) -> None:
    """Check a certificate, offline and without keys; one that does not hold ends with 1 and names the line."""
    from tallystick.archive.certificate import CertificateError, checked

    try:
        with certificate.open("rb") as stream:
            found = checked(stream)
    except CertificateError as problem:
        raise Stop(f"{certificate}: {problem}") from None
    said = {"pages": f"{found.pages:,}", "answers": f"{found.answers:,}", "head": found.head[:16]}
    say(asked, found, lambda: str(HOLDS).format(**said))


@archive.spoken(zh="用 SQL 查询归档（只读）；视图 rows 有 stream、account、at_ms、id、raw。")
@click.argument("query")
@FILE
@looks
def sql(asked: Asked, query: str, place: Path) -> None:
    """Ask the archive in SQL, read-only; the view rows has stream, account, at_ms, id and raw."""
    import apsw

    with opened(place, read_only=True) as found:
        cursor = found.db.cursor()
        try:
            cursor.execute(query)
            heads = [name for name, _ in cursor.get_description()]
            rows = cursor.fetchall()
        except apsw.ExecutionCompleteError:
            heads, rows = [], []
        except apsw.Error as problem:
            raise usage(f"SQL: {problem}") from None
    answer = [dict(zip(heads, row, strict=True)) for row in rows]
    say(asked, answer, lambda: aligned_rows(heads, rows))


def aligned_rows(heads: list[str], rows: list[Any]) -> str:
    from tallystick.cli.columns import aligned

    if not heads:
        return ""
    texts = [["" if value is None else str(value) for value in row] for row in rows]
    whole = [number for number in range(len(heads)) if all(isinstance(row[number], int | float) for row in rows)]
    return aligned(heads, texts, right=whole)


FORMATS: Final = ("csv", "jsonl", "beancount", "hledger")
BOOKS: Final = ("beancount", "hledger")


@archive.spoken(
    zh="""导出归档内容：csv 和 jsonl 按历史导出，beancount 和 hledger 是账单的记账日志。

    csv 只能导出一种历史；不指定名称时 jsonl 导出全部。
    """,
    answer=Written,
)
@click.argument("streams", nargs=-1, metavar="[STREAM]...")
@option("--format", "form", type=click.Choice(FORMATS), required=True, help="Form of the file.", zh="文件格式。")
@FILE
@OUT
@looks
def export(asked: Asked, streams: tuple[str, ...], form: str, place: Path, out: Path) -> None:
    """Write rows of the archive: csv of one history, jsonl of any, a beancount or hledger journal of the bills.

    The journals have a transaction for each bill that moves a balance, so that their sums are the balances.
    """
    from tallystick.archive import bookkeeping, tables
    from tallystick.archive.streams import STREAMS
    from tallystick.archive.writing import write_lines

    unknown = [name for name in streams if name not in STREAMS]
    if unknown:
        raise usage(f"there is no stream {', '.join(unknown)}: there are {', '.join(STREAMS)}")
    if form in BOOKS and streams:
        raise usage(f"--format {form} is made from the bills: leave {' '.join(streams)} out")
    if form == "csv" and len(streams) != 1:
        raise usage("a CSV file has one history: name it, such as tally archive export account_bills --format csv ...")
    with opened(place, read_only=True) as found:
        if form in BOOKS:
            lines = bookkeeping.journal(found, form)
        elif form == "csv":
            lines = tables.as_csv(found, streams[0])
        else:
            chosen = [series for series in found.all_series() if series.stream in (streams or STREAMS)]
            lines = chain.from_iterable(tables.as_json(found, series) for series in chosen)
        written = Written(str(out), write_lines(out, lines))
    say(asked, written, lambda: str(WRITTEN).format(file=out, count=f"{written.count:,}"))
