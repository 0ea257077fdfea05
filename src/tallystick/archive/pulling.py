"""Pulling: reads a series newest first and then backwards, each page in one transaction, and can stop anywhere.

    the exchange's time -> pages from the newest row on -> the newest span is met -> on below it -> the list ends

A reading goes on until it has seen again what the newest span proved, and takes up the span's position there. So a
pull that was broken off leaves a span of its own, and the next one reads from the top, meets it, and goes on below it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

import apsw
import msgspec

from tallystick.archive.chain_of_pages import Link, append
from tallystick.archive.keys import Key, digest, note_keys
from tallystick.archive.spans import bottom_of, joined, meets
from tallystick.archive.store import Archive, Series, Span, put_span
from tallystick.archive.streams import Stream
from tallystick.client.halves import Half
from tallystick.client.history import History, PageRead
from tallystick.client.history import Span as Between
from tallystick.client.readers import MaybeText
from tallystick.client.records import Record
from tallystick.contract.core import Endpoint
from tallystick.contract.fields import fields

SEEN_AGAIN: Final = "UPDATE row SET walk = ?, raw = ? WHERE series = ? AND cursor = ? AND identity = ? AND n = ?"
VANISHING_MS: Final = 60_000
"""Rows so near to the end of retention may be gone at any time."""


class Progress(NamedTuple):
    """How far a pull is: pages and rows that were read, of them new, and the time of the lowest row."""

    stream: str
    filters: str
    pages: int
    rows: int
    fresh: int
    lowest_ms: int | None


Tell: TypeAlias = Callable[[Progress], None]


class Known(Record):
    """Row of any list, with its text as it came."""

    __slots__ = ("place",)

    def __init__(self, raw: object) -> None:
        self.place: Any = raw if type(raw) is tuple else None
        super().__init__(raw)

    def text(self) -> str:
        """The row as it came, to the letter; of an answer of an odd form, its JSON."""
        if self.place is None:
            return msgspec.json.encode(self.raw).decode()
        page, number = self.place
        return str(page.text(number))


def record_of(endpoint: Endpoint) -> type[Known]:
    names = [field.name for field in fields(endpoint.answer)]
    return type(endpoint.name, (Known,), {"__slots__": (), **{name: MaybeText() for name in names}})


class Pull:
    """One reading of a series. `asked_ms` is the exchange's time before its first page, `settled_ms` the time before
    which no row can still appear. `tell` hears of each page.
    """

    def __init__(
        self,
        archive: Archive,
        series: Series,
        stream: Stream,
        client: Half,
        *,
        asked_ms: int,
        settled_ms: int,
        keep_answers: bool = False,
        tell: Tell | None = None,
    ) -> None:
        self.archive = archive
        self.series = series
        self.stream = stream
        self.client = client
        self.asked_ms = asked_ms
        self.settled_ms = settled_ms
        self.keep_answers = keep_answers
        self.tell = tell
        self.filters: dict[str, str] = msgspec.json.decode(series.filters)
        self.record = record_of(stream.endpoint)
        self.title = archive.title_of(series)
        self.pages = self.rows = self.fresh = 0
        self.lowest_ms: int | None = None

    def run(self) -> Progress:
        """Read until the list ends, or until all below is proven already.

        Raises what the client raises, and ArchiveError; what was read until then is kept.
        """
        walk = self.archive.next_walk()
        span = Span(
            id=0,
            series=self.series.id,
            walk=walk,
            from_ms=self.asked_ms,
            to_ms=self.settled_ms,
            ended=False,
            position="",
        )
        reading = self._reading(None)
        while not span.ended and (page := reading.page()) is not None:
            position = reading.position if page.stuck is None else page.stuck.beyond
            with self.archive.writing() as db:
                self._keep(db, span.walk, page)
                if page.stuck is not None:
                    self._note_hole(db, page)
                reached = bottom_of(page.last, self.lowest_ms or 0, self.asked_ms, self.stream.retention_ms)
                span.from_ms = min(span.from_ms, reached)
                span.position, span.ended = position, page.last
                put_span(db, span)
                span = self._join(db, span, walk)
            if self.tell is not None:
                self.tell(self.progress())
            if page.stuck is not None or span.position != position:
                reading = self._reading(span.position)
        return self.progress()

    def progress(self) -> Progress:
        return Progress(
            stream=self.stream.name,
            filters=self.series.filters,
            pages=self.pages,
            rows=self.rows,
            fresh=self.fresh,
            lowest_ms=self.lowest_ms,
        )

    def _reading(self, position: str | None) -> History[Known]:
        return History(self.client, self.stream.endpoint, self.filters, self.record, Between(position=position))

    # ---- pages

    def _keep(self, db: apsw.Connection, walk: int, page: PageRead[Known]) -> None:
        """Write a page: new rows, changed ones with what they were, which reading saw them, and what proves it."""
        found = self._found(db, walk, page.rows)
        new: list[tuple[Key, int, str]] = []
        if found:
            cursors = [key[0] for key, _, _ in found]
            before = self._before(db, min(cursors), max(cursors))
            new = [each for each in found if each[0] not in before]
            again = [(walk, raw, self.series.id, *key) for key, _, raw in found if key in before]
            changed = [
                (self.series.id, *key, page.answer.in_ms, before[key])
                for key, _, raw in found
                if before.get(key, raw) != raw
            ]
            if changed:
                db.executemany("INSERT INTO former VALUES (?, ?, ?, ?, ?, ?)", changed)
            if again:
                db.executemany(SEEN_AGAIN, again)
            db.executemany(
                "INSERT INTO row VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(self.series.id, *key, at_ms, walk, raw) for key, at_ms, raw in new],
            )
            self.lowest_ms = min(at_ms for _, at_ms, _ in found)
        note_keys(db, self.series.id, [key for key, _, _ in new])
        self.pages += 1
        self.rows += len(found)
        self.fresh += len(new)
        link = Link(
            account=self.title,
            stream=self.stream.name,
            answered_ms=page.answer.in_ms,
            asked={name: str(value) for name, value in page.asked.items() if value is not None},
            rows=len(page.answer.rows),
            body=hashlib.sha256(page.answer.raw).hexdigest(),
        )
        append(db, self.series.id, walk, link, page.answer.raw if self.keep_answers else None)

    def _found(self, db: apsw.Connection, walk: int, rows: list[Known]) -> list[tuple[Key, int, str]]:
        """Key, time and text of each row. Rows that are alike are counted, over the pages of one reading."""
        cursor, time, names = self.stream.page.cursor, self.stream.time, self.stream.identity
        found: list[tuple[Key, int, str]] = []
        counts: Counter[tuple[int, int]] = Counter()
        for number, row in enumerate(rows):
            text = row.text()
            at = int(row.raw[cursor])
            at_ms = at if time == cursor else int(row.raw[time])
            if names == ():
                found.append(((at, 0, 0), at_ms, text))
                continue
            if number == 0:
                # Alike rows of the highest cursor may stand at the end of the page before.
                counts.update(self._counted(db, walk, at))
            identity = digest(row.raw if names is None else [row.raw.get(name) for name in names])
            found.append(((at, identity, counts[at, identity]), at_ms, text))
            counts[at, identity] += 1
        return found

    def _counted(self, db: apsw.Connection, walk: int, cursor: int) -> dict[tuple[int, int], int]:
        query = "SELECT identity, count(*) FROM row WHERE series = ? AND cursor = ? AND walk = ? GROUP BY identity"
        return {(cursor, identity): count for identity, count in db.execute(query, (self.series.id, cursor, walk))}

    def _before(self, db: apsw.Connection, lowest: int, highest: int) -> dict[Key, str]:
        query = "SELECT cursor, identity, n, raw FROM row WHERE series = ? AND cursor BETWEEN ? AND ?"
        rows = db.execute(query, (self.series.id, lowest, highest))
        return {(cursor, identity, n): raw for cursor, identity, n, raw in rows}

    def _note_hole(self, db: apsw.Connection, page: PageRead[Known]) -> None:
        cursor = page.stuck.cursor if page.stuck is not None else 0
        at_ms = self.lowest_ms or 0
        db.execute(
            "INSERT OR REPLACE INTO hole VALUES (?, ?, ?, ?)", (self.series.id, cursor, at_ms, len(page.answer.rows))
        )

    # ---- spans

    def _join(self, db: apsw.Connection, span: Span, walk: int) -> Span:
        """The span with all that it meets; rows that were there and did not come again are noted."""
        for lower in self.archive.spans(self.series.id):
            if lower.id == span.id or not meets(span, lower):
                continue
            self._note_vanished(db, span, lower, walk)
            span = joined(span, lower)
            db.execute("DELETE FROM span WHERE id = ?", (lower.id,))
            put_span(db, span)
        return span

    def _note_vanished(self, db: apsw.Connection, span: Span, lower: Span, walk: int) -> None:
        if span.walk != walk:
            return
        shown_ms = 0 if self.stream.retention_ms is None else self.asked_ms - self.stream.retention_ms + VANISHING_MS
        from_ms = max(span.from_ms, lower.from_ms, shown_ms)
        rows = db.execute(
            "SELECT at_ms, cursor FROM row WHERE series = ? AND at_ms >= ? AND at_ms < ? AND walk <> ?",
            (self.series.id, from_ms, lower.to_ms, walk),
        ).fetchall()
        db.executemany(
            "INSERT INTO finding VALUES (?, ?, ?, ?)",
            [
                (self.series.id, at_ms, self.asked_ms, f"row {cursor} was there and is not shown any more")
                for at_ms, cursor in rows
            ],
        )
