"""Pulling: reads a series newest first and then backwards, each page in one transaction, and can stop anywhere.

    the exchange's time -> pages from the newest row on -> the newest span is met -> on below it -> the list ends

A reading goes on until it has seen again what the newest span proved, and takes up the span's position there. So a
pull that was broken off leaves a span of its own, and the next one reads from the top, meets it, and goes on below it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

import msgspec

from tallystick.archive.bases.core import Base
from tallystick.archive.chain_of_pages import Link, append, now_ms, state_of
from tallystick.archive.keys import Key, digest, mark, note_rows, weight
from tallystick.archive.raw_rows import Known, heads_of, record_of
from tallystick.archive.spans import bottom_of, joined, left_ms, meets
from tallystick.archive.store import Archive, Series, Span, put_span
from tallystick.archive.streams import Stream
from tallystick.archive.vanished import Vanished
from tallystick.client import clock
from tallystick.client.errors import BadAnswer
from tallystick.client.halves import Half
from tallystick.client.history import History
from tallystick.client.walk import PageRead
from tallystick.client.walk import Span as Between

PUT_ROW: Final = "INSERT INTO row (id, series, cursor, identity, n, at_ms, walk, raw) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
PUT_FORMER: Final = (
    "INSERT INTO former (row, series, cursor, identity, n, at_ms, until_ms, raw, mark)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
SEEN_AGAIN: Final = "UPDATE row SET walk = ? WHERE id = ?"
VANISHING_MS: Final = 60_000
"""Rows so near to the end of retention may be gone at any time."""
NEWEST: Final = "SELECT at_ms FROM row WHERE series = ? ORDER BY cursor DESC, identity DESC, n DESC LIMIT 1"


class Progress(NamedTuple):
    """How far a pull is: pages and rows that were read, of them new, and the time of the lowest row.

    `left_ms` is the time of the exchange that is still to be gone through, None where nothing says how much; `took_s`
    and `passed_ms` are the seconds so far, and the time that was gone through in them.
    """

    stream: str
    filters: str
    pages: int
    rows: int
    fresh: int
    lowest_ms: int | None
    left_ms: int | None
    passed_ms: int
    took_s: float

    @property
    def left_s(self) -> float | None:
        """Seconds that the rest takes at the pace so far, as if rows were spread evenly; None where it is unknown."""
        if self.left_ms == 0:
            return 0.0
        if self.left_ms is None or self.passed_ms <= 0:
            return None
        return self.took_s * self.left_ms / self.passed_ms


Tell: TypeAlias = Callable[[Progress], None]


class Before(NamedTuple):
    """A row of the archive before a page is written."""

    id: int
    at_ms: int
    raw: str


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
        self.heads = heads_of(stream.page.cursor, stream.time) if stream.identity == () else None
        self.title = archive.title_of(series)
        self.next_row = archive.next_row()
        self.vanished = Vanished(archive.base, series.id)
        retention_ms = stream.retention_ms
        self.shown_ms = 0 if retention_ms is None else asked_ms - retention_ms + VANISHING_MS
        """Time from which on the exchange shows all rows."""
        self.pages = self.rows = self.fresh = 0
        self.lowest_ms: int | None = None
        self.began_s = clock.monotonic()
        self.left_ms: int | None = None
        self.first_left_ms: int | None = None
        """Times left before the first page."""
        self.fresh_ms: list[int] = []
        """Times of the new rows of the last page."""

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
        self.first_left_ms = self.left_ms = self._left(span)
        reading, edge_ms = self._reading(None), self._newest_ms()
        while not span.ended and (page := reading.page()) is not None:
            if edge_ms and not page.answer.rows:
                self._require_gone(edge_ms, page)
            position = reading.position if page.stuck is None else page.stuck.beyond
            with self.archive.writing() as db:
                seen_by = span.walk
                fresh = self._keep(db, seen_by, page)
                if page.stuck is not None:
                    self._note_hole(db, page)
                reached = bottom_of(page.last, self.lowest_ms or 0, self.asked_ms, self.stream.retention_ms)
                span.from_ms = min(span.from_ms, reached)
                span.position, span.ended = position, page.last
                put_span(db, span)
                span = self._join(db, span, walk)
                self._chain(db, seen_by, page)
            self.pages += 1
            self.rows += len(page.rows)
            self.fresh += fresh
            self.left_ms = self._left(span)
            if self.tell is not None:
                self.tell(self.progress())
            # Each page but the first begins with a row that was there, unless it begins below a full page of one time.
            edge_ms = span.from_ms if page.stuck is None else 0
            if page.stuck is not None or span.position != position:
                reading = self._reading(span.position)
        return self.progress()

    def _require_gone(self, edge_ms: int, page: PageRead[Known]) -> None:
        """Raise BadAnswer for an empty page that was to show a row of this time, which was seen and is still kept.

        An empty list is no end of a history then, but an answer that is wrong. Orders may go before their time.
        """
        if edge_ms > self.shown_ms and not self.stream.open_list:
            raise BadAnswer(
                "The page is empty, where a row that was there before was to be seen again.",
                sample=page.answer.raw[:200].decode("utf-8", "replace"),
                endpoint=self.stream.name,
            )

    def _newest_ms(self) -> int:
        """Time of the newest row that was read before, 0 without one."""
        rows = self.archive.read(NEWEST, self.series.id)
        return int(rows[0][0]) if rows else 0

    def _left(self, span: Span) -> int | None:
        return left_ms(span, self.archive.spans(self.series.id), self.asked_ms, self.stream.retention_ms)

    def progress(self) -> Progress:
        passed_ms = 0
        if self.left_ms is not None and self.first_left_ms is not None:
            passed_ms = self.first_left_ms - self.left_ms
        return Progress(
            stream=self.stream.name,
            filters=self.series.filters,
            pages=self.pages,
            rows=self.rows,
            fresh=self.fresh,
            lowest_ms=self.lowest_ms,
            left_ms=self.left_ms,
            passed_ms=passed_ms,
            took_s=clock.monotonic() - self.began_s,
        )

    def _reading(self, position: str | None) -> History[Known]:
        return History(self.client, self.stream.endpoint, self.filters, self.record, Between(position=position))

    # ---- pages

    def _keep(self, db: Base, walk: int, page: PageRead[Known]) -> int:
        """Write the rows of a page: new ones, changed ones with what they were, and which reading saw the others.

        Returns how many are new.
        """
        found = self._found(db, walk, page)
        self.fresh_ms = []
        if not found:
            return 0
        cursors = [key[0] for key, _, _ in found]
        before = self._before(db, min(cursors), max(cursors))
        fresh = [each for each in found if each[0] not in before]
        changed = [each for each in found if each[0] in before and before[each[0]].raw != each[2]]
        again = [before[key].id for key, _, raw in found if key in before and before[key].raw == raw]
        total = sum(weight(*key, at_ms, raw) for key, at_ms, raw in (*fresh, *changed))
        if changed:
            total -= self._note_former(db, [(key, before[key]) for key, _, _ in changed], page.answer.in_ms)
        if again:
            db.execute_many(SEEN_AGAIN, [(walk, number) for number in again])
        written = changed + fresh
        numbers = range(self.next_row, self.next_row + len(written))
        db.execute_many(
            PUT_ROW,
            [
                (number, self.series.id, *key, at_ms, walk, raw)
                for number, (key, at_ms, raw) in zip(numbers, written, strict=True)
            ],
        )
        note_rows(db, self.series.id, len(fresh), total)
        self.vanished.shown(db, (key for key, _, _ in found))
        self.next_row += len(written)
        self.fresh_ms = [at_ms for _, at_ms, _ in fresh]
        self.lowest_ms = min(at_ms for _, at_ms, _ in found)
        return len(fresh)

    def _note_former(self, db: Base, changed: list[tuple[Key, Before]], until_ms: int) -> int:
        """Keep what rows were before they changed, and take them out. Returns the sum of their weights."""
        kept = [(was.id, self.series.id, *key, was.at_ms, until_ms, was.raw) for key, was in changed]
        db.execute_many(PUT_FORMER, [(*values, mark(*values)) for values in kept])
        db.execute_many("DELETE FROM row WHERE id = ?", [(was.id,) for _, was in changed])
        return sum(weight(*key, was.at_ms, was.raw) for key, was in changed)

    def _chain(self, db: Base, walk: int, page: PageRead[Known]) -> None:
        """Write the page behind the last one, with how its series stands now."""
        link = Link(
            account=self.title,
            stream=self.stream.name,
            answered_ms=page.answer.in_ms,
            wall_ms=now_ms(),
            walk=walk,
            asked={name: str(value) for name, value in page.asked.items() if value is not None},
            rows=len(page.answer.rows),
            state=state_of(db, self.series.id).hex(),
            body=hashlib.sha256(page.answer.raw).hexdigest(),
        )
        append(db, self.series.id, link, page.answer.raw if self.keep_answers else None)

    def _found(self, db: Base, walk: int, page: PageRead[Known]) -> list[tuple[Key, int, str]]:
        """Key, time and text of each row. Rows that are alike are counted, over the pages of one reading."""
        cursor, time = self.stream.page.cursor, self.stream.time
        # A field that the exchange adds one day makes no other row.
        names = self.stream.identity or tuple(self.record.declared.values())
        if self.heads is not None:
            heads = self.heads(page.answer.raw) if page.answer.cursors is not None else []
            return [(*(row.head(heads, cursor, time)), row.text()) for row in page.rows]
        found: list[tuple[Key, int, str]] = []
        counts: Counter[tuple[int, int]] = Counter()
        for number, row in enumerate(page.rows):
            at = row.number(cursor)
            if number == 0:
                # Alike rows of the highest cursor may stand at the end of the page before.
                counts.update(self._counted(db, walk, at))
            identity = digest([row.raw.get(name) for name in names])
            found.append(((at, identity, counts[at, identity]), row.number(time), row.text()))
            counts[at, identity] += 1
        return found

    def _counted(self, db: Base, walk: int, cursor: int) -> dict[tuple[int, int], int]:
        query = "SELECT identity, count(*) FROM row WHERE series = ? AND cursor = ? AND walk = ? GROUP BY identity"
        return {(cursor, identity): count for identity, count in db.fetch(query, self.series.id, cursor, walk)}

    def _before(self, db: Base, lowest: int, highest: int) -> dict[Key, Before]:
        query = "SELECT cursor, identity, n, id, at_ms, raw FROM row WHERE series = ? AND cursor BETWEEN ? AND ?"
        rows = db.fetch(query, self.series.id, lowest, highest)
        return {(cursor, identity, n): Before(number, at_ms, raw) for cursor, identity, n, number, at_ms, raw in rows}

    def _note_hole(self, db: Base, page: PageRead[Known]) -> None:
        cursor = page.stuck.cursor if page.stuck is not None else 0
        db.execute(
            "INSERT INTO hole (series, cursor, at_ms, rows) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (series, cursor) DO UPDATE SET at_ms = excluded.at_ms, rows = excluded.rows",
            self.series.id,
            cursor,
            self.lowest_ms or 0,
            len(page.answer.rows),
        )

    # ---- spans

    def _join(self, db: Base, span: Span, walk: int) -> Span:
        """The span with all that it meets; rows that were there and did not come again are noted.

        A new row in times that a span proves shows that it does not prove them: it is given up, and read again.
        """
        for lower in self.archive.spans(self.series.id):
            if lower.id == span.id or not meets(span, lower):
                continue
            if any(lower.from_ms <= at_ms < lower.to_ms for at_ms in self.fresh_ms):
                db.execute("DELETE FROM span WHERE id = ?", lower.id)
                continue
            self._note_vanished(db, span, lower, walk)
            span = joined(span, lower)
            db.execute("DELETE FROM span WHERE id = ?", lower.id)
            put_span(db, span)
        return span

    def _note_vanished(self, db: Base, span: Span, lower: Span, walk: int) -> None:
        if span.walk == walk:
            self.vanished.note(db, walk, (max(span.from_ms, lower.from_ms, self.shown_ms), lower.to_ms), self.asked_ms)
