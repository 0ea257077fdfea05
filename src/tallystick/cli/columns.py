"""Plain tables for a terminal: columns side by side, aligned, nothing that needs a wide screen twice.

Rich draws them; it is loaded when a table is drawn.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

WIDTH = 100_000
"""Columns of a table that is never broken: a terminal or a file may be as wide as it likes."""


def aligned(heads: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> str:
    """A table with a line of headings; columns named in `right` (from 0) are flush right. The last is not padded."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    flush = set(right)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for number in range(len(heads)):
        table.add_column(justify="right" if number in flush else "left", no_wrap=True)
    for row in (heads, *rows):
        table.add_row(*map(Text, row))
    console = Console(file=io.StringIO(), width=WIDTH, color_system=None)
    with console.capture() as capture:
        console.print(table)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())
