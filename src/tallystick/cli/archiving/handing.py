"""`tally archive certify`, `check-certificate` and `sql`: proof for others, and questions of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from tallystick.archive.records import Checked, Written
from tallystick.cli.archiving.options import FILE, OUT, WRITTEN, looks, opened
from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import command
from tallystick.cli.frame.failing import Stop
from tallystick.cli.frame.language import Count, Words
from tallystick.cli.frame.options import Asked

HOLDS: Final = Words(
    "The certificate holds: {pages:page}, {answers} with the answer itself, head {head}.",
    "证书成立：{pages} 页，其中 {answers} 页有应答原文，末端哈希 {head}。",
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
def certify(asked: Asked, place: Path | str, out: Path) -> None:
    """Write a certificate: a hash chain over requests, answers, times and rows, to be checked without keys.

    Answers that were pulled with --keep-answers stand in it as they came.
    """
    from tallystick.archive.certificate import lines
    from tallystick.archive.writing import write_lines

    with opened(place, read_only=True) as found:
        written = Written(str(out), write_lines(out, lines(found)))
    say(asked, written, lambda: str(WRITTEN).format(file=out, count=Count(written.count)))


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
    said = {"pages": Count(found.pages), "answers": Count(found.answers), "head": found.head[:16]}
    say(asked, found, lambda: str(HOLDS).format(**said))


@command(zh="用 SQL 查询归档（只读）；视图 rows 有 stream、account、at_ms、id、raw。")
@click.argument("query")
@FILE
@looks
def sql(asked: Asked, query: str, place: Path | str) -> None:
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
