"""Status of an archive: what is there of each series, what is proven, and when unproven rows fall out of retention."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from tallystick.archive import spans
from tallystick.archive.checking import BILLED
from tallystick.archive.store import Archive
from tallystick.archive.streams import HOUR_MS, STREAMS

SOON_MS: Final = 24 * HOUR_MS
"""Warned before unproven rows fall out of retention by so much."""


class Proven(Struct, frozen=True):
    """Times of a series that were read through, Unix milliseconds."""

    from_ms: int
    until_ms: int


class SeriesStatus(Struct, frozen=True):
    """One series. `first_ms` and `last_ms` are the times of its oldest and newest row, None without rows.

    `falls_out_ms`: when the oldest time that is not proven is no longer shown by the exchange; None where nothing is
    unproven, or the exchange shows its rows for ever. `billed`: a missing row that moves a balance breaks its chain.
    """

    account: str
    stream: str
    filters: str
    rows: int
    first_ms: int | None
    last_ms: int | None
    proven: list[Proven]
    gaps: list[spans.Gap]
    unprovable: int
    billed: bool
    falls_out_ms: int | None


class Status(Struct, frozen=True):
    """Status of an archive. `soon`: unproven rows fall out of retention within a day of `now_ms`."""

    now_ms: int
    soon: bool
    series: list[SeriesStatus]


def status(archive: Archive, now_ms: int) -> Status:
    """What an archive has, at this time of the exchange."""
    titles = {account.id: account.title for account in archive.accounts()}
    found = []
    for series in archive.all_series():
        stream = STREAMS[series.stream]
        ((rows,),) = archive.read("SELECT count FROM series WHERE id = ?", series.id)
        ((first, last),) = archive.read(
            "SELECT (SELECT at_ms FROM row WHERE series = ?1 ORDER BY cursor LIMIT 1),"
            " (SELECT at_ms FROM row WHERE series = ?1 ORDER BY cursor DESC LIMIT 1)",
            series.id,
        )
        ((holes,),) = archive.read("SELECT count(*) FROM hole WHERE series = ?", series.id)
        there = archive.spans(series.id)
        gaps = spans.gaps(there, now_ms, stream.retention_ms)
        open_from = there[0].to_ms if there else 0
        unproven = [gap.from_ms for gap in gaps if not gap.lost] + ([open_from] if there else [])
        falls_out = None
        if stream.retention_ms is not None and unproven:
            falls_out = max(min(unproven), now_ms - stream.retention_ms) + stream.retention_ms
        found.append(
            SeriesStatus(
                account=titles[series.account],
                stream=series.stream,
                filters=series.filters,
                rows=rows,
                first_ms=first,
                last_ms=last,
                proven=[Proven(span.from_ms, span.to_ms) for span in there if span.from_ms < span.to_ms],
                gaps=gaps,
                unprovable=holes,
                billed=series.stream in BILLED,
                falls_out_ms=falls_out,
            )
        )
    soon = any(one.falls_out_ms is not None and one.falls_out_ms - now_ms < SOON_MS for one in found)
    return Status(now_ms, soon, found)
