"""Status of an archive: what is there of each series, what is proven, and when unproven rows fall out of retention."""

from __future__ import annotations

from typing import Final, Literal

from tallystick.archive import absence, spans
from tallystick.archive.checking import BILLED
from tallystick.archive.records import SeriesStatus, Status, Times
from tallystick.archive.store import Archive, Series, stream_of
from tallystick.archive.streams import HOUR_MS
from tallystick.archive.verified import last as last_checked
from tallystick.client.clock import wall
from tallystick.client.hosts import LOOPBACK

EDGES: Final = {
    "ASC": "SELECT at_ms FROM row WHERE series = ? ORDER BY cursor, identity, n LIMIT 1",
    "DESC": "SELECT at_ms FROM row WHERE series = ? ORDER BY cursor DESC, identity DESC, n DESC LIMIT 1",
}
SOON_MS: Final = 24 * HOUR_MS
"""Warned before unproven rows fall out of retention by so much."""


def now_ms(archive: Archive) -> int:
    """The exchange's time: what it said last, and what has passed since; a venue's clock here may stand, so nothing."""
    rows = archive.read(
        "SELECT page.answered_ms, page.wall_ms, account.host FROM page JOIN series ON series.id = page.series"
        " JOIN account ON account.id = series.account ORDER BY page.id DESC LIMIT 1"
    )
    if not rows:
        return int(wall() * 1000)
    answered_ms, wall_ms, host = rows[0]
    of_venue = host.rpartition(":")[0].strip("[]") in LOOPBACK
    return int(answered_ms) if of_venue else int(answered_ms + max(0, wall() * 1000 - wall_ms))


def status(archive: Archive, now_ms: int) -> Status:
    """What an archive has, at this time of the exchange."""
    titles = archive.titles()
    checked = last_checked(archive)
    shown = set(checked.holes) if checked else set()
    found = []
    for series in archive.all_series():
        stream = stream_of(series)
        ((rows,),) = archive.read("SELECT count FROM series WHERE id = ?", series.id)
        first, last = _edge(archive, series, "ASC"), _edge(archive, series, "DESC")
        holes = archive.read("SELECT series, cursor FROM hole WHERE series = ?", series.id)
        there = archive.spans(series.id)
        absent = absence.absences(archive, series)
        gaps = spans.gaps(there, now_ms, stream.retention_ms, absent)
        open_from = there[0].to_ms if there else 0
        unproven = [gap.from_ms for gap in gaps if not gap.lost] + ([open_from] if there else [])
        falls_out = None
        # No pull can save rows of a list that the account's mode does not have.
        if stream.retention_ms is not None and unproven and absence.absent_now(archive, series) is None:
            falls_out = max(min(unproven), now_ms - stream.retention_ms) + stream.retention_ms
        found.append(
            SeriesStatus(
                account=titles[series.account],
                stream=series.stream,
                filters=series.filters,
                rows=rows,
                first_ms=first,
                last_ms=last,
                proven=[Times(span.from_ms, span.to_ms) for span in there if span.from_ms < span.to_ms],
                gaps=gaps,
                absent=absent,
                unprovable=len([hole for hole in holes if tuple(hole) not in shown]),
                billed=series.stream in BILLED,
                falls_out_ms=falls_out,
            )
        )
    soon = any(one.falls_out_ms is not None and one.falls_out_ms - now_ms < SOON_MS for one in found)
    return Status(now_ms, soon, found)


def _edge(archive: Archive, series: Series, order: Literal["ASC", "DESC"]) -> int | None:
    """Time of the row with the lowest or the highest cursor of a series."""
    rows = archive.read(EDGES[order], series.id)
    return rows[0][0] if rows else None
