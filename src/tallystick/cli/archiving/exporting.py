"""`tally archive export`: rows of an archive in the forms that others read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from tallystick.archive.records import Written
from tallystick.cli.archiving.options import ACCOUNT, FILE, OUT, WRITTEN, chosen, known, looks, opened
from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import command, option
from tallystick.cli.frame.failing import usage
from tallystick.cli.frame.language import Count, Words
from tallystick.cli.frame.options import Asked

if TYPE_CHECKING:
    from tallystick.archive.store import Account, Archive

ROWS: Final = Words("{file}: {count:row}.", "{file}：{count} 行。")
OF_ONE: Final = ("csv", "parquet")
"""Forms of one history each."""
OF_BILLS: Final = ("beancount", "hledger")
"""Forms that are made from the bills."""
OF_ACCOUNT: Final = ("koinly", "rotki-trades", "rotki-events")
"""Forms for taxes, of one account each."""
FORMATS: Final = ("csv", "parquet", "jsonl", *OF_BILLS, *OF_ACCOUNT)


@command(
    zh="""导出归档内容。

    \b
    csv         一种历史；电子表格不会把其中的值当作公式
    parquet     一种历史，数值为精确的 DECIMAL(38,18)；需要扩展 parquet
    jsonl       一种、多种或全部历史，记录保持原样
    beancount   账单的记账日志，可用 bean-check 核对
    hledger     同上，可用 hledger check 核对
    koinly      Koinly 的通用 CSV，借币、还币、利息带有标签
    rotki-trades、rotki-events
                rotki 的通用导入：交易一个文件，其余一个文件

    koinly 和 rotki 的文件只含一个账户：有多个账户时用 --account 指定。
    """,
    answer=Written,
)
@click.argument("streams", nargs=-1, metavar="[STREAM]...")
@option("--format", "form", type=click.Choice(FORMATS), required=True, help="Form of the file.", zh="文件格式。")
@ACCOUNT
@FILE
@OUT
@looks
def export(asked: Asked, streams: tuple[str, ...], form: str, title: str, place: Path | str, out: Path) -> None:
    """Write rows of the archive in a form that others read.

    \b
    csv         one history; no value is taken for a formula by a spreadsheet
    parquet     one history with exact DECIMAL(38,18); needs the extra parquet
    jsonl       one history, several or all, each row as it came
    beancount   a journal of the bills, which bean-check accepts
    hledger     the same, which hledger check accepts
    koinly      Koinly's universal CSV, with tags for loans, repayments and interest
    rotki-trades, rotki-events
                rotki's generic import: trades in one file, all else in the other

    Files for Koinly and rotki are of one account: name it with --account where there are several.
    """
    known(streams)
    if form in (*OF_BILLS, *OF_ACCOUNT) and streams:
        raise usage(f"--format {form} is made from bills and loans: leave {' '.join(streams)} out")
    if form in OF_ONE and len(streams) != 1:
        raise usage(f"--format {form} has one history: name it, such as tally archive export account_bills ...")
    with opened(place, read_only=True) as found:
        accounts = chosen(found, title)
        if form in OF_ACCOUNT and len(accounts) != 1:
            there = ", ".join(account.title for account in accounts) or "none yet"
            raise usage(f"--format {form} has no column for the account: name one with --account, there are {there}")
        if form == "parquet":
            written = Written(str(out), parquet_of(found, streams[0], accounts, out))
        else:
            # The writer is loaded here, as completion does without it.
            from tallystick.archive.writing import write_lines

            written = Written(str(out), write_lines(out, lines_of(found, form, streams, accounts)))
    words = ROWS if form == "parquet" else WRITTEN
    say(asked, written, lambda: str(words).format(file=out, count=Count(written.count)))


def parquet_of(archive: Archive, stream: str, accounts: Sequence[Account], out: Path) -> int:
    from tallystick.archive import parquet
    from tallystick.archive.writing import placed

    with placed(out) as folder:
        return parquet.write(archive, stream, accounts, folder=folder, out=folder / out.name)


def lines_of(archive: Archive, form: str, streams: Sequence[str], accounts: Sequence[Account]) -> Iterator[bytes]:
    """Lines of a form that is text."""
    from tallystick.archive import bookkeeping, tables, taxes

    if form in OF_BILLS:
        return bookkeeping.journal(archive, accounts, form)
    if form in OF_ACCOUNT:
        return taxes.FORMS[form](archive, accounts[0])
    if form == "csv":
        return tables.as_csv(archive, streams[0], accounts)
    own = {account.id for account in accounts}
    picked = [one for one in archive.all_series() if one.account in own and one.stream in (streams or (one.stream,))]
    return chain.from_iterable(tables.as_json(archive, one) for one in picked)
