"""Cursors: what `after` and `before` mean, as a range of keys."""

from __future__ import annotations

from msgspec import Struct

from tallystick.contract.core import Page

LARGEST_KEY = 2**63 - 1
"""Keys are signed 64-bit integers wherever they are stored."""


class Window(Struct, frozen=True):
    """Rows with min_key <= key <= max_key, the newest `limit` of them, newest first. May be empty."""

    min_key: int
    max_key: int
    limit: int


def window(
    page: Page,
    after: int | None,
    before: int | None,
    limit: int,
    now_ms: int | None = None,
    begin_ms: int | None = None,
    end_ms: int | None = None,
) -> Window:
    """`after` asks for older rows, `before` for newer ones; both together bound a range.

    The row at the cursor itself belongs to the answer only where the endpoint says so. `begin_ms` and
    `end_ms` bound the time, both included. Where rows are kept for a time, `now_ms` shuts out what is
    older; the cursor is, or begins with, the time in ms.
    """
    keys = page.keys_per_cursor
    min_key, max_key = 0, LARGEST_KEY
    if after is not None:
        max_key = min((after + 1 if page.inclusive else after) * keys - 1, LARGEST_KEY)
    if before is not None:
        min_key = (before if page.inclusive else before + 1) * keys
        if min_key > LARGEST_KEY:
            min_key, max_key = LARGEST_KEY, -1
    keys_per_ms = page.cursors_per_ms * keys
    if end_ms is not None:
        max_key = min(max_key, (end_ms + 1) * keys_per_ms - 1)
    if begin_ms is not None:
        min_key = max(min_key, min(begin_ms * keys_per_ms, LARGEST_KEY))
    if page.retention_ms is not None and now_ms is not None:
        min_key = max(min_key, (now_ms - page.retention_ms) * keys_per_ms)
    return Window(min_key, max_key, limit if limit < page.max else page.max)
