"""`tally archive report`: costs of borrowing as a table, as SVG and as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from tallystick.archive.cost_records import Costs
from tallystick.cli.archiving.options import ACCOUNT, FILE, WRITTEN, chosen, looks, opened
from tallystick.cli.frame import language
from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import command, option
from tallystick.cli.frame.options import Asked

PICTURE: Final = click.Path(path_type=Path, dir_okay=False)


@command(
    zh="""借币成本：按币种和月份列出利息、平均负债和年利率，并将一键还债与指数价格比较。

    年利率 = 利息 /（平均负债 × 时间），按 8760 小时折算为一年。
    --html 写出一个不需要网络的网页，--svg 只写出图。
    """,
    answer=Costs,
)
@ACCOUNT
@option(
    "--svg",
    "picture",
    type=PICTURE,
    help="Write the picture to this file; one that is there is replaced.",
    zh="将图写入此文件；已有的文件会被替换。",
)
@option(
    "--html",
    "document",
    type=PICTURE,
    help="Write a page to this file, which needs no network.",
    zh="将网页写入此文件，打开时不需要网络。",
)
@FILE
@looks
def report(asked: Asked, title: str, picture: Path | None, document: Path | None, place: Path | str) -> None:
    """Show what borrowing cost: interest, average debt and rate by coin and month, and repays against the index.

    The rate is of a year: interest / (average debt x time), with 8760 hours to a year. A one-click repay is held
    against the index price that its fills tell, as no history has the mid price.
    """
    from tallystick.archive import report_page
    from tallystick.archive.costs import costs
    from tallystick.archive.writing import write_lines

    with opened(place, read_only=True) as found:
        told = costs(found, chosen(found, title))
    words = report_page.CHINESE if language.language() == language.CHINESE else report_page.ENGLISH
    lines = []
    for out, text in ((picture, report_page.drawing), (document, report_page.page)):
        if out is not None:
            count = write_lines(out, (line.encode() for line in text(told, words).splitlines()))
            lines.append(str(WRITTEN).format(file=out, count=language.Count(count)))
    say(asked, told, lambda: "\n".join([table(told), *lines]))


def table(told: Costs) -> str:
    """Months and totals, then the legs of repays."""
    from tallystick.archive import report_page
    from tallystick.cli.columns import aligned

    words = report_page.CHINESE if language.language() == language.CHINESE else report_page.ENGLISH
    if not told.totals and not told.repays:
        return words.none
    shown = [
        ("", words.heads, [report_page.cost_row(cost) for cost in told.months], 4),
        (words.in_all, report_page.total_heads(words), [report_page.cost_row(total) for total in told.totals], 3),
        (words.repays, words.repay_heads, [report_page.leg_row(leg) for leg in told.repays], 5),
    ]
    # One account needs no column.
    skipped = int(len({row[0] for _, _, rows, _ in shown for row in rows}) == 1)
    parts = []
    for title, heads, rows, numbers in shown:
        if rows:
            right = range(numbers - skipped, len(heads) - skipped)
            body = aligned(heads[skipped:], [row[skipped:] for row in rows], right=right)
            parts.append(f"{title}\n\n{body}" if title else body)
    return "\n\n".join(parts)
