"""Spans of a series: times that one reading went through without a gap, how readings meet, and what lies between.

All times are the exchange's, in Unix milliseconds. A reading that began at `asked_ms` proves times before
`asked_ms - late_ms`, since rows of a later time may still appear. Downwards it proves what lies above its lowest row;
where the list ended, all that the exchange still showed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tallystick.archive.records import Absence, Gap, Times
from tallystick.archive.store import Span

EVER: Final = 0
"""Time before which there is no row."""


def bottom_of(ended: bool, lowest_ms: int, asked_ms: int, retention_ms: int | None) -> int:
    """The time from which on a reading proves: above its lowest row, or as far back as the exchange shows rows."""
    if not ended:
        return lowest_ms + 1
    return EVER if retention_ms is None else max(EVER, asked_ms - retention_ms)


def meets(upper: Span, lower: Span) -> bool:
    """True where no time lies between two spans, so that they are one."""
    return upper.from_ms <= lower.to_ms


def joined(upper: Span, lower: Span) -> Span:
    """One span of two that meet. The reading goes on below the one that reaches further down."""
    deeper = upper if upper.ended or (upper.from_ms <= lower.from_ms and not lower.ended) else lower
    return Span(
        id=upper.id,
        series=upper.series,
        walk=deeper.walk,
        from_ms=min(upper.from_ms, lower.from_ms),
        to_ms=max(upper.to_ms, lower.to_ms),
        ended=deeper.ended,
        position=deeper.position,
    )


def left_ms(span: Span, others: list[Span], asked_ms: int, retention_ms: int | None) -> int | None:
    """Time that a reading has still to go through below its `span`, without what others have proven; the newest first.

    It ends where the list ended before, or where retention does, though the list may end sooner. None where neither
    is known.
    """
    shown_from = None if retention_ms is None else max(EVER, asked_ms - retention_ms)
    left, from_ms, ended = 0, span.from_ms, span.ended
    for lower in others:
        if ended or lower.id == span.id:
            continue
        left += max(0, from_ms - max(lower.to_ms, shown_from or EVER))
        from_ms, ended = min(from_ms, lower.from_ms), lower.ended
    if ended:
        return left
    return None if shown_from is None else left + max(0, from_ms - shown_from)


def gaps(spans: list[Span], now_ms: int, retention_ms: int | None, absent: Sequence[Absence] = ()) -> list[Gap]:
    """Times before `now_ms` that no span holds and the list was not absent in, the newest first.

    What follows the newest of them is no gap. Of the times below the oldest span, those are a gap that the exchange
    still shows.
    """
    shown_from = EVER if retention_ms is None else max(EVER, now_ms - retention_ms)
    known = [(span.to_ms, span.from_ms, span.ended) for span in spans]
    known += [(one.until_ms, one.from_ms, False) for one in absent]
    if not known:
        return [Gap(shown_from, now_ms, False)]
    found = []
    above_ms, ended = max(known)[0], False
    for to_ms, from_ms, read_to_end in sorted(known, reverse=True):
        if above_ms > to_ms:
            found.append(Gap(to_ms, above_ms, ended or above_ms <= shown_from))
        if from_ms <= above_ms:
            above_ms, ended = from_ms, read_to_end
    if not ended and above_ms > shown_from:
        found.append(Gap(shown_from, above_ms, False))
    return found


def without(gaps: list[Gap], some: list[Times]) -> list[Gap]:
    """Rest of the gaps without some times."""
    for one in some:
        gaps = [
            Gap(from_ms, until_ms, gap.lost)
            for gap in gaps
            for from_ms, until_ms in (
                (max(gap.from_ms, one.until_ms), gap.until_ms),
                (gap.from_ms, min(gap.until_ms, one.from_ms)),
            )
            if from_ms < until_ms
        ]
    return gaps
