"""Texts of the rows of an account, along their cursors, from all streams that have the same rows."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import NamedTuple

from tallystick.archive.store import Account, Archive


class Text(NamedTuple):
    """A row as it came, its cursor, and the number of its series."""

    cursor: int
    series: int
    raw: str


def texts(archive: Archive, account: Account, streams: Sequence[str]) -> Iterator[Text]:
    """Rows of these streams of an account by their cursors, each once."""
    last = -1
    own = [one.id for one in archive.all_series() if one.account == account.id and one.stream in streams]
    for text in heapq.merge(*(_of(archive, series) for series in own), key=attrgetter("cursor")):
        if text.cursor != last:
            yield text
        last = text.cursor


def _of(archive: Archive, series: int) -> Iterator[Text]:
    return (Text(row.cursor, series, row.raw) for row in archive.rows(series))
