"""A picture of the hours of a playing: prices, the highest LTV, and liquidations, as SVG in whole numbers.

All places are worked out in whole numbers, so the same tables give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final
from xml.sax.saxutils import escape

from tallystick.testing.tables import HOURS, Row

WIDTH: Final = 900
LEFT: Final = 60
PANEL: Final = 150
GAP: Final = 40
COLOURS: Final = ("#2471a3", "#c0392b", "#1e8449", "#d68910", "#7d3c98", "#566573", "#117864", "#922b21", "#1f618d")


def drawing(title: str, hours: Sequence[Row]) -> str:
    """SVG of three panels over the hours: prices of all pairs (the first is 100), highest LTV, liquidations."""
    pairs = [name for name in hours[0] if name not in HOURS] if hours else []
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{3 * (PANEL + GAP) + GAP}" '
        'font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<text x="{LEFT}" y="20" font-size="14">{escape(title)}</text>',
    ]
    prices = [(pair, [_ratio(row, hours[0], pair) for row in hours]) for pair in pairs]
    lines += _panel(0, "prices, the first is 100", prices)
    lines += _panel(1, "highest LTV", [("", [_number(row["highest_ltv"]) for row in hours])])
    lines += _panel(2, "liquidations of the hour", [("", [_number(row["liquidations"]) for row in hours])])
    if hours:
        bottom = 3 * (PANEL + GAP) + 15
        lines.append(f'<text x="{LEFT}" y="{bottom}">{hours[0]["at"]}</text>')
        lines.append(f'<text x="{WIDTH - 10}" y="{bottom}" text-anchor="end">{hours[-1]["at"]}</text>')
    return "\n".join([*lines, "</svg>", ""])


def _panel(place: int, title: str, series: Sequence[tuple[str, Sequence[Decimal]]]) -> list[str]:
    top = GAP + place * (PANEL + GAP)
    values = [value for _, line in series for value in line]
    low, high = (min(values, default=Decimal()), max(values, default=Decimal()))
    lines = [
        f'<text x="{LEFT}" y="{top - 6}">{title}</text>',
        f'<rect x="{LEFT}" y="{top}" width="{WIDTH - LEFT - 10}" height="{PANEL}" fill="none" stroke="#cccccc"/>',
        f'<text x="{LEFT - 4}" y="{top + 10}" text-anchor="end">{_short(high)}</text>',
        f'<text x="{LEFT - 4}" y="{top + PANEL}" text-anchor="end">{_short(low)}</text>',
    ]
    for number, (name, line) in enumerate(series):
        colour = COLOURS[number % len(COLOURS)]
        ups = [int((value - low) * PANEL / (high - low)) if high > low else PANEL // 2 for value in line]
        points = " ".join(f"{_across(index, len(line))},{top + PANEL - up}" for index, up in enumerate(ups))
        lines.append(f'<polyline fill="none" stroke="{colour}" points="{points}"/>')
        if name:
            where = f'x="{LEFT + 6 + 90 * (number % 9)}" y="{top + PANEL - 6 - 12 * (number // 9)}"'
            lines.append(f'<text {where} fill="{colour}">{escape(name)}</text>')
    return lines


def _across(index: int, count: int) -> int:
    return LEFT + index * (WIDTH - LEFT - 10) // max(1, count - 1)


def _ratio(row: Row, first: Row, pair: str) -> Decimal:
    """Price of a pair, of which the first one is 100; 0 where there is none."""
    begun = _number(first.get(pair, "0"))
    return _number(row.get(pair, "0")) * 100 / begun if begun else Decimal()


def _number(text: str) -> Decimal:
    return Decimal(text or "0")


def _short(value: Decimal) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
