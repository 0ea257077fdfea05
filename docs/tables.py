"""Tables of the pages, in markdown."""

from __future__ import annotations

from collections.abc import Iterable


def table(head: tuple[str, ...], body: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
