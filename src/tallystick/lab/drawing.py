"""Picture of a run as SVG in whole numbers: how many of the loans are not yet warned, and not yet liquidated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tallystick.engine.interest import HOUR_MS
from tallystick.lab.forms import PathOutcome

WIDTH: Final = 900
HEIGHT: Final = 360
LEFT: Final = 60
TOP: Final = 40
ACROSS: Final = WIDTH - LEFT - 20
UP: Final = HEIGHT - TOP - 50
COLOURS: Final = {"not warned": "#d68910", "not liquidated": "#c0392b"}


def survival(paths: Sequence[PathOutcome], loans: int, hour_ms: int, hours: int) -> str:
    """SVG of two curves over the hours: the share of all loans on all paths to which the event has not come."""
    total = loans * len(paths)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" '
        'font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
        f'<rect x="{LEFT}" y="{TOP}" width="{ACROSS}" height="{UP}" fill="none" stroke="#cccccc"/>',
        f'<text x="{LEFT}" y="22" font-size="14">{total} loans on {len(paths)} paths</text>',
        f'<text x="{LEFT - 6}" y="{TOP + 8}" text-anchor="end">100 %</text>',
        f'<text x="{LEFT - 6}" y="{TOP + UP}" text-anchor="end">0</text>',
        f'<text x="{LEFT}" y="{TOP + UP + 16}">0</text>',
        f'<text x="{LEFT + ACROSS}" y="{TOP + UP + 16}" text-anchor="end">{hours} hours</text>',
    ]
    for number, (name, colour) in enumerate(COLOURS.items()):
        events = [0] * (hours + 1)
        for path in paths:
            for one in path.loans:
                at_ms = one.called_ms if name == "not warned" else one.liquidated_ms
                if name == "not warned" and one.liquidated_ms and not 0 < at_ms <= one.liquidated_ms:
                    at_ms = one.liquidated_ms
                if at_ms:
                    events[min(hours, (at_ms - hour_ms) // HOUR_MS)] += 1
        left, points = total, []
        for hour, count in enumerate(events):
            left -= count
            down = TOP + UP - (UP * left // total if total else 0)
            points.append(f"{LEFT + ACROSS * hour // hours},{down}")
        lines.append(f'<polyline fill="none" stroke="{colour}" points="{" ".join(points)}"/>')
        lines.append(f'<text x="{LEFT + 8 + 130 * number}" y="{TOP + UP - 8}" fill="{colour}">{name}</text>')
    return "\n".join([*lines, "</svg>", ""])
