"""Plain tables for a terminal: columns side by side, aligned, nothing that needs a wide screen twice."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence


def aligned(heads: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> str:
    """A table with a line of headings; columns named in `right` (from 0) are flush right. The last is not padded."""
    flush = set(right)
    lines = [tuple(heads), *(tuple(row) for row in rows)]
    widths = [max(columns_of(line[column]) for line in lines) for column in range(len(heads))]
    return "\n".join(
        "  ".join(
            _padded(cell, width, right=column in flush)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def columns_of(text: str) -> int:
    """Columns of a terminal that a text takes; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(cell: str, width: int, *, right: bool) -> str:
    blanks = " " * (width - columns_of(cell))
    return blanks + cell if right else cell + blanks
