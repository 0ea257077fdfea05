"""Progress of a pull: what is left of a list, worked out by hand from its rows, and the pace by a clock of the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallystick.archive.pulling import Progress, Pull
from tallystick.archive.streams import Stream
from tallystick.client import clock
from tests.archive.books import DAY_MS, MINUTE_MS, Book
from tests.client.lists import START_MS, Listed, endpoint

HOUR_MS = 60 * MINUTE_MS
PAGE_S = 2.0


class Hourly:
    """A list with a row for each hour, of which a page of 100 rows takes two seconds to come."""

    def __init__(self, place: Path, patch: pytest.MonkeyPatch, retention_ms: int | None = None) -> None:
        self.book = Book(place, inclusive=True, by_time=True, shared=False)
        if retention_ms is not None:
            shown = endpoint(inclusive=True, by_time=True, kept_by_row_ms=retention_ms)
            self.book.stream = Stream(shown, late_ms=2 * MINUTE_MS)
        self.now_s = 1_000.0
        self.book.listed.meanwhile = self.pass_on
        patch.setattr(clock, "monotonic", lambda: self.now_s)

    def pass_on(self, _: Listed) -> None:
        self.now_s += PAGE_S

    def rows(self, first: int, last: int) -> None:
        """Rows of these hours from the start of the list on, both included; the clock stands at the last one."""
        for hour in range(first, last + 1):
            self.book.add(START_MS + hour * HOUR_MS)
        self.book.now_ms = START_MS + last * HOUR_MS

    def pull(self) -> list[Progress]:
        """Progress told of each page of a pull, and its end."""
        told: list[Progress] = []
        pull = Pull(
            self.book.archive,
            self.book.series,
            self.book.stream,
            self.book.half,
            asked_ms=self.book.now_ms,
            settled_ms=self.book.now_ms - self.book.stream.late_ms,
            tell=told.append,
        )
        pull.run()
        return told


def test_what_is_left_ends_with_retention(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """250 rows of 720 hours that are shown. A page begins with the last row of the one before it."""
    hourly = Hourly(tmp_path / "books.archive", monkeypatch, retention_ms=30 * DAY_MS)
    hourly.rows(-249, 0)
    first, second, third = hourly.pull()
    # The first page reaches 99 hours back, the second 198; what lies above its lowest row is read.
    assert (first.rows, first.left_ms, first.passed_ms) == (100, 621 * HOUR_MS + 1, 99 * HOUR_MS - 1)
    assert first.took_s == 2.0
    assert first.left_s == pytest.approx(2 * 621 / 99, rel=1e-6)
    assert (second.rows, second.left_ms, second.passed_ms) == (199, 522 * HOUR_MS + 1, 198 * HOUR_MS - 1)
    assert second.took_s == 4.0
    assert second.left_s == pytest.approx(4 * 522 / 198, rel=1e-6)
    # The list ends long before retention does: nothing is left then.
    assert (third.rows, third.left_ms, third.left_s) == (250, 0, 0.0)


def test_what_is_left_of_a_list_without_an_end_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hourly = Hourly(tmp_path / "books.archive", monkeypatch)
    hourly.rows(-149, 0)
    first, last = hourly.pull()
    assert (first.rows, first.left_ms, first.passed_ms, first.left_s) == (100, None, 0, None)
    assert (last.rows, last.left_ms, last.left_s) == (150, 0, 0.0)


def test_times_that_are_proven_already_are_not_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pull that was broken off after a page has a span of its own, which the next pull goes on below."""
    hourly = Hourly(tmp_path / "books.archive", monkeypatch, retention_ms=30 * DAY_MS)
    hourly.rows(-249, 0)
    hourly.book.pull(pages=1)
    hourly.rows(1, 200)
    first = hourly.pull()[0]
    # Retention ends at hour -520. Proven: from 99 hours before the start until two minutes before it.
    above, below = 101 * HOUR_MS + 1 + 2 * MINUTE_MS, 421 * HOUR_MS + 1
    assert (first.left_ms, first.passed_ms) == (above + below, 99 * HOUR_MS - 1)
    assert first.took_s == 2.0


def test_what_is_left_ends_where_the_list_ended_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hourly = Hourly(tmp_path / "books.archive", monkeypatch)
    hourly.rows(-49, 0)
    hourly.book.pull()
    hourly.rows(1, 200)
    first, *_, last = hourly.pull()
    assert first.left_ms == 101 * HOUR_MS + 1 + 2 * MINUTE_MS
    assert first.left_s == pytest.approx(2 * 101 / 99, rel=1e-3)
    assert (last.left_ms, last.left_s) == (0, 0.0)
