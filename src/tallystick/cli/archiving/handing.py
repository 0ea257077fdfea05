"""`tally archive certify`, `check-certificate`, `sql` and `export`: what an archive hands on."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import Any, Final

import click

from tallystick.archive.records import Checked, Written
from tallystick.cli.archiving.options import FILE, known, looks, opened
from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import command, option
from tallystick.cli.frame.failing import Stop, usage
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import Asked

WRITTEN: Final = Words("{file}: {count} lines.", "{file}：{count} 行。")
HOLDS: Final = Words(
    "The certificate holds: {pages} pages, {answers} with their answers, head {head}.",
    "证书成立：{pages} 页，其中 {answers} 页有应答原文，末端哈希 {head}。",
)
OUT: Final = option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="File to write; one that is there is replaced.",
    zh="要写入的文件；已有的文件会被替换。",
)


@command(
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


@command("check-certificate", zh="离线核对证书；不成立时以 1 退出，并指出所在的行。", answer=Checked)
@click.argument("certificate", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE")
@looks
def check_certificate(asked: Asked, certificate: Path) -> None:
    """Check a certificate, offline and without keys; one that does not hold ends with 1 and names the line."""
    from tallystick.archive.certificate import CertificateError, checked
    from tallystick.archive.writing import lines_of

    try:
        found = checked(lines_of(certificate))
    except CertificateError as problem:
        raise Stop(f"{certificate}: {problem}") from None
    said = {"pages": f"{found.pages:,}", "answers": f"{found.answers:,}", "head": found.head[:16]}
    say(asked, found, lambda: str(HOLDS).format(**said))


@command(zh="用 SQL 查询归档（只读）；视图 rows 有 stream、account、at_ms、id、raw。")
@click.argument("query")
@FILE
@looks
def sql(asked: Asked, query: str, place: Path) -> None:
    """Ask the archive in SQL, read-only; the view rows has stream, account, at_ms, id and raw."""
    with opened(place, read_only=True) as found:
        heads, rows = found.ask(query)
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


@command(
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

    known(streams)
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
