"""Report of costs as a picture and as a page: SVG in whole numbers, HTML that needs no network.

The same costs give the same bytes. Every text of an archive is escaped, and the page allows neither scripts nor loads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from html import escape
from typing import Final, NamedTuple

from tallystick.archive.cost_records import Cost, Costs, RepayLeg, Total
from tallystick.archive.costs import EXACT, plain
from tallystick.archive.tables import iso

WIDTH: Final = 900
LEFT: Final = 60
TOP: Final = 40
BAR: Final = 60
PANEL: Final = 110
MONTHS_SHOWN: Final = 24
"""Months that have room for their names."""
COLOURS: Final = ("#2471a3", "#1e8449")
STYLE: Final = (
    "body{font-family:sans-serif;margin:2em;color:#222}table{border-collapse:collapse;margin:1em 0 2em}"
    "th,td{padding:.2em .8em;border-bottom:1px solid #ddd;text-align:left}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums}svg{max-width:100%}"
)
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


class Words(NamedTuple):
    """Words of a page in one language."""

    lang: str
    title: str
    by_month: str
    in_all: str
    repays: str
    none: str
    heads: tuple[str, ...]
    repay_heads: tuple[str, ...]
    meaning: str


ENGLISH: Final = Words(
    lang="en",
    title="Costs of borrowing",
    by_month="By month",
    in_all="In all",
    repays="One-click repays against the index",
    none="No interest in this archive.",
    heads=("account", "credit", "coin", "month", "hours", "interest", "average debt", "rate a year"),
    repay_heads=("account", "time", "debt", "instrument", "side", "size", "price", "index", "cost", "share"),
    meaning="Rate a year: interest / (average debt x time). Cost: in the quote coin, against the index price.",
)
CHINESE: Final = Words(
    lang="zh-CN",
    title="借币成本",
    by_month="按月",
    in_all="合计",
    repays="一键还债与指数价格的比较",
    none="此归档中没有利息。",
    heads=("账户", "类型", "币种", "月份", "小时", "利息", "平均负债", "年利率"),
    repay_heads=("账户", "时间", "负债", "交易对", "方向", "数量", "价格", "指数", "成本", "比例"),
    meaning="年利率：利息 /（平均负债 × 时间）。成本：以计价币种计，相对于指数价格。",
)


def percent(share: str | None) -> str:
    """A share in percent, such as 8.76 %; empty for None."""
    return "" if share is None else f"{plain(EXACT.multiply(Decimal(share), Decimal(100)))} %"


def total_heads(words: Words) -> tuple[str, ...]:
    """Heads of totals, which have no month."""
    return (*words.heads[:3], *words.heads[4:])


def cost_row(cost: Cost | Total) -> tuple[str, ...]:
    """Cells of a month, or of a total, which has no month."""
    month = (cost.month,) if isinstance(cost, Cost) else ()
    figures = (f"{cost.hours:,}", cost.interest, cost.debt, percent(cost.rate))
    return (cost.account, cost.credit, cost.ccy, *month, *figures)


def leg_row(leg: RepayLeg) -> tuple[str, ...]:
    """Cells of a leg of a repay."""
    figures = (leg.size, leg.price, leg.index or "", leg.cost or "", percent(leg.share))
    return (leg.account, iso(leg.at_ms)[:19] + "Z", leg.debt, leg.instrument, leg.side, *figures)


def drawing(report: Costs, words: Words = ENGLISH) -> str:
    """SVG with a panel for each coin and kind of credit: its interest month by month."""
    panels = [(total, [cost for cost in report.months if _same(cost, total)]) for total in report.totals]
    height = TOP + PANEL * max(1, len(panels))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{LEFT}" y="20" font-size="14">{escape(words.title if panels else words.none)}</text>',
    ]
    months = sorted({cost.month for cost in report.months})
    for place, (total, costs) in enumerate(panels):
        lines += _panel(TOP + PANEL * place, total, costs, months)
    return "\n".join([*lines, "</svg>", ""])


def _same(cost: Cost, total: Total) -> bool:
    return (cost.account, cost.credit, cost.ccy) == (total.account, total.credit, total.ccy)


def _panel(top: int, total: Total, costs: Sequence[Cost], months: Sequence[str]) -> Iterator[str]:
    said = f"{total.ccy}, {total.credit}, {total.account}: {total.interest} ({percent(total.rate)})"
    yield f'<text x="{LEFT}" y="{top + 12}">{escape(said)}</text>'
    base = top + 20 + BAR
    yield f'<line x1="{LEFT}" y1="{base}" x2="{WIDTH - 10}" y2="{base}" stroke="#999999"/>'
    most = max((Decimal(cost.interest) for cost in costs), default=Decimal())
    step = max(2, (WIDTH - LEFT - 10) // max(1, len(months)))
    colour = COLOURS[total.credit != "spot"]
    for cost in costs:
        high = int(Decimal(cost.interest) * BAR / most) if most > 0 else 0
        across = LEFT + step * months.index(cost.month)
        yield (
            f'<rect x="{across}" y="{base - high}" width="{max(1, step * 3 // 4)}" height="{high}" fill="{colour}">'
            f"<title>{escape(f'{cost.month}: {cost.interest} {cost.ccy}')}</title></rect>"
        )
        if len(months) <= MONTHS_SHOWN:
            yield f'<text x="{across}" y="{base + 12}" font-size="8">{cost.month}</text>'


def page(report: Costs, words: Words = ENGLISH) -> str:
    """HTML of one file: the picture and the tables."""
    parts = [
        "<!doctype html>",
        f'<html lang="{words.lang}"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        f"<title>{escape(words.title)}</title><style>{STYLE}</style></head><body>",
        f"<h1>{escape(words.title)}</h1><p>{escape(words.meaning)}</p>",
        drawing(report, words),
        f"<h2>{escape(words.in_all)}</h2>",
        *_table(total_heads(words), map(cost_row, report.totals), numbers=3),
        f"<h2>{escape(words.by_month)}</h2>",
        *_table(words.heads, map(cost_row, report.months), numbers=4),
        f"<h2>{escape(words.repays)}</h2>",
        *_table(words.repay_heads, map(leg_row, report.repays), numbers=5),
        "</body></html>",
    ]
    return "\n".join([*parts, ""])


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: int) -> Iterator[str]:
    """A table whose columns from `numbers` on are flush right."""
    yield "<table><tr>" + "".join(f"<th>{escape(head)}</th>" for head in heads) + "</tr>"
    for row in rows:
        cells = (f"<td{' class=n' if place >= numbers else ''}>{escape(cell)}</td>" for place, cell in enumerate(row))
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</table>"
