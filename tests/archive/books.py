"""A list of the exchange as a model, with its clock, and the archive of it.

The list is a model of the documents' words; what an archive must have is what the list ever showed, each row once.
"""

from __future__ import annotations

import json
from pathlib import Path

from tallystick.archive.pulling import Pull
from tallystick.archive.store import Archive
from tallystick.archive.streams import Stream
from tests.client.lists import START_MS, Listed, ListHalf, Raw, endpoint, row

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS


class Broken(Exception):
    """The power goes off."""


class Book:
    """A list of the exchange with its clock, and the archive of it: at a place, or one that is open already."""

    def __init__(
        self, place: Path | str | Archive, *, inclusive: bool, by_time: bool, shared: bool, filters: str = "{}"
    ) -> None:
        shown = endpoint(inclusive=inclusive, by_time=by_time, shared=shared)
        self.stream = Stream(shown, late_ms=2 * MINUTE_MS)
        self.listed = Listed(shown, [])
        self.half = ListHalf(self.listed)
        self.archive = place if isinstance(place, Archive) else Archive(place)
        self.account = self.archive.account("list", "1", "test")
        self.series = self.archive.series(self.account.id, shown.name, filters)
        self.now_ms = START_MS
        self.count = 0
        self.all: list[Raw] = []

    def add(self, ts: int) -> None:
        self.count += 1
        made = row(self.count, ts=ts, ref_id=ts * 1000 + self.count % 1000)
        self.all.append(made)
        self.listed.rows.append(made)
        self.listed.rows.sort(key=lambda one: int(one[self.listed.page.cursor]), reverse=True)

    def pull(self, pages: int | None = None) -> None:
        """One pull; with `pages` it is broken off after so many."""
        asked = 0

        def tell(_: object) -> None:
            nonlocal asked
            asked += 1
            if asked == pages:
                raise Broken

        pull = Pull(
            self.archive,
            self.series,
            self.stream,
            self.half,
            asked_ms=self.now_ms,
            settled_ms=self.now_ms - self.stream.late_ms,
            tell=tell,
        )
        try:
            pull.run()
        except Broken:
            pass

    def amounts(self) -> list[str]:
        return sorted(json.loads(raw)["amt"] for (raw,) in self.archive.read("SELECT raw FROM rows"))
