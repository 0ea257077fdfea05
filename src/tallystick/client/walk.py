"""Walks through lists by their cursors, which meet every row once, newest first; `history` goes over the network.

    rows at or below the edge are asked for -> those given before are left out -> the rest is given -> a lower edge

The edge is the lowest cursor value seen so far. Each page is asked for from the edge itself on, not from below it, so
that rows which share the edge's value and did not fit into the page before are found; those given already are known
by their text, or by the fields that stay where rows change. A list with an exclusive cursor is asked for the edge
and one. A full page with one cursor value in it leads no further and may hide rows: that is `Unprovable`.

Pages of fewer rows than asked for are the last (decisions/042). Rows that come while a history is read are newer
than its edge, and belong to the next reading.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from itertools import takewhile
from operator import itemgetter
from typing import Final, Generic, NamedTuple, TypeVar

from tallystick.client.answers import Answer
from tallystick.client.clock import to_ms
from tallystick.client.errors import BadAnswer, Unprovable
from tallystick.client.flows import Flow, call
from tallystick.client.halves import AsyncHalf, Half
from tallystick.client.kinds import Moment
from tallystick.client.records import Record
from tallystick.client.undecoded import last_cursor, reader
from tallystick.contract.core import Endpoint, Page
from tallystick.contract.kinds import Kind, kind

R = TypeVar("R", bound=Record)

TIMES: Final = ("ts", "cTime", "uTime", "fillTime")
"""Fields that say when a row was made, the first that a row has."""
SECOND_MS: Final = 1_000
VERSION: Final = 1


class Span(NamedTuple):
    """Rows from `since` on and before `until`; below `position`, where an earlier reading ended."""

    since: Moment | None = None
    until: Moment | None = None
    position: str | None = None


class Mark(NamedTuple):
    """A row that was given: a digest of what stays the same of it, and one of all of it."""

    identity: str
    content: str


class PageRead(NamedTuple, Generic[R]):
    """One page of a history: parameters it was asked with, its answer, and its rows that no page before had.

    `last`: the list ends here. `stuck`: it cannot be read on from here, and may hide rows.
    """

    asked: Mapping[str, object]
    answer: Answer
    rows: list[R]
    last: bool
    stuck: Unprovable | None


_first = itemgetter(0)
_second = itemgetter(1)


def _digest(value: object) -> str:
    import json

    return blake2b(json.dumps(value, sort_keys=True).encode(), digest_size=8).hexdigest()


def _ms(moment: Moment | None) -> int | None:
    return to_ms(moment) if isinstance(moment, datetime) else moment


class Walk(Generic[R]):
    """The reading of one history, without the network: `ask` says what to ask for, `take` takes the rows in.

    Rows are handed out from the left of `pending`; `fetched` are these and those handed out since the last `_settle`,
    which notes the ones at the last cursor value `at` under `given`. A saved position holds their marks.
    """

    def __init__(self, endpoint: Endpoint, fields: Mapping[str, object], record: type[R], span: Span) -> None:
        page = endpoint.page
        if page is None:
            raise TypeError(f"{endpoint.name} is no history")
        self.endpoint = endpoint
        self.page: Page = page
        self.fields = {name: value for name, value in fields.items() if value is not None}
        self.record = record
        self.since = _ms(span.since)
        self.until = _ms(span.until)
        self.by_time = kind(endpoint.answer, page.cursor) is Kind.TIME
        self.time = page.cursor if self.by_time else next((n for n in TIMES if n in record.declared.values()), "")
        self.unique = not (self.by_time or page.shared or page.identity)
        self.reader = reader(page.cursor)
        self.last_cursor = last_cursor(page.cursor)
        self.pending: deque[R] = deque()
        self.fetched: list[tuple[int, R]] = []
        self.over = False
        self.stuck: Unprovable | None = None
        self.at: int | None = None
        self.edge: int | None = None
        self.given: list[R] = []
        self.marks: list[Mark] = []
        if span.position is not None:
            self._restore(span.position)

    # ---- positions

    def position(self) -> str:
        """Place of the reading, below the last row that was handed out, as text to be kept."""
        self._settle()
        marks = [*self.marks, *map(self._mark, self.given)]
        return self._position(self.at, marks)

    def _position(self, at: int | None, marks: list[Mark]) -> str:
        import json

        found = {"v": VERSION, "of": self.endpoint.name, "with": self._filters(), "at": at, "given": marks}
        return json.dumps(found, separators=(",", ":"))

    def _filters(self) -> str:
        return _digest({name: str(value) for name, value in self.fields.items()})

    def _restore(self, text: str) -> None:
        """Take a saved position up. Raises ValueError for one of another history, or other filters."""
        import json

        try:
            found = json.loads(text)
            version, of, filters = found["v"], found["of"], found["with"]
            at, marks = found["at"], [Mark(*map(str, mark)) for mark in found["given"]]
            at = at if at is None else int(at)
        except (ValueError, TypeError, LookupError):
            raise ValueError("this is no saved position of a history") from None
        if (version, of) != (VERSION, self.endpoint.name):
            raise ValueError(f"this position is one of {of}, not of {self.endpoint.name}")
        if filters != self._filters():
            raise ValueError(f"this position of {of} was saved with other filters")
        self.at = self.edge = at
        self.marks = marks

    def _mark(self, row: R) -> Mark:
        return Mark(_digest(self._identity(row)), _digest(row.raw))

    def _identity(self, row: R) -> object:
        """Identity of a row that outlives its changes: some declared fields, a number of its own, or all declared ones.

        A field that the exchange adds while a history is read makes no other row.
        """
        if self.unique:
            return row.raw.get(self.page.cursor)
        names = self.page.identity or tuple(row.declared.values())
        return [row.raw.get(name) for name in names]

    # ---- what to ask for

    def ask(self, edge: int | None = None) -> dict[str, object]:
        """Parameters of the next page, or of the one below `edge`."""
        after = self._after() if edge is None else self._from(edge)
        bounds: dict[str, object] = {}
        if self.page.bounded:
            bounds = {"begin": self.since, "end": self.until}
        return {**self.fields, **bounds, "after": after, "limit": self.page.max}

    def _after(self) -> int | None:
        if self.edge is not None:
            return self._from(self.edge)
        # Cursors may be cut to the second, so the first page begins a second above; rows above are left out.
        return self.until + SECOND_MS if self.by_time and self.until is not None else None

    def _from(self, edge: int) -> int:
        return edge if self.page.inclusive else edge + 1

    # ---- what comes

    def take(self, answer: Answer) -> None:
        """Take a page in: new rows go into `pending`, and the edge comes down or the history is over."""
        self._settle()
        cursors = self._cursors(answer)
        rows = list(zip(cursors, map(self.record, answer.rows), strict=True))
        if self.edge is not None and rows and max(cursors) > self.edge:
            rows = [found for found in rows if found[0] <= self.edge]
        if answer.rows and not rows:
            raise BadAnswer(
                f"The page has rows above the {self.page.cursor} it was asked for, and none from there on.",
                sample=answer.raw[:200].decode("utf-8", "replace"),
                endpoint=self.endpoint.name,
            )
        # Newest first, as documented; rows of one value stay as they came.
        if sorted(cursors, reverse=True) != cursors:
            rows.sort(key=_first, reverse=True)
        fresh = self._unknown(rows)
        if self.since is not None or self.until is not None:
            fresh = [found for found in fresh if self._wanted(found[1])]
        self.fetched += fresh
        self.pending.extend(map(_second, fresh))
        if len(answer.rows) < self.page.max or not rows or self._below(rows):
            self.over = True
            return
        highest, lowest = rows[0][0], rows[-1][0]
        self.edge = lowest
        if highest == lowest:
            self._stand(lowest, len(rows))

    def _stand(self, cursor: int, count: int) -> None:
        """All rows of a full page share one cursor value: go on below it where that loses nothing, or be stuck."""
        unwanted = self.by_time and self.until is not None and cursor >= self.until
        if unwanted or self.page.whole:
            self.edge = cursor - 1
            return
        instead = f" {self.page.instead[0].upper()}{self.page.instead[1:]}." if self.page.instead else ""
        self.stuck = Unprovable(
            f"{count} rows share {self.page.cursor} {cursor}, as many as a page holds, and there may be more.",
            hint=f"Ask with a filter that parts them, or go on below them with position=error.beyond.{instead}",
            endpoint=self.endpoint.name,
            cursor=cursor,
            beyond=self._position(cursor - 1, []),
        )

    def _cursors(self, answer: Answer) -> list[int]:
        return answer.cursors or [self._cursor(self.record(sent)) for sent in answer.rows]

    def _cursor(self, row: R) -> int:
        try:
            return int(row.raw[self.page.cursor])
        except (LookupError, TypeError, ValueError):
            raise BadAnswer(
                f"A row has no {self.page.cursor} to go on from.",
                sample=repr(row.raw)[:200],
                endpoint=self.endpoint.name,
            ) from None

    def _unknown(self, rows: list[tuple[int, R]]) -> list[tuple[int, R]]:
        """Rows that were not given before: of those at the edge, the ones no mark is left for."""
        edge = self.edge
        if edge is None or self.at != edge:
            return rows
        known = [row for _, row in takewhile(lambda found: found[0] == edge, rows)]
        below = rows[len(known) :]
        # Where no two rows share a cursor, that is their identity, and the rows need not be decoded.
        if self.unique and len(known) <= len(self.marks) + len(self.given):
            return below
        if not self.marks and known == self.given:
            return below
        marks = [*self.marks, *map(self._mark, self.given)]
        contents = [mark.content for mark in marks]
        new = []
        # Rows that are as they were first, so that a changed one takes the mark of none of them.
        for row, mark in zip(known, map(self._mark, known), strict=True):
            if mark.content in contents:
                number = contents.index(mark.content)
                del contents[number], marks[number]
            else:
                new.append((row, mark))
        identities = [mark.identity for mark in marks]
        unknown = []
        for row, mark in new:
            if mark.identity in identities:
                identities.remove(mark.identity)
            else:
                unknown.append((edge, row))
        return unknown + below

    def _wanted(self, row: R) -> bool:
        at_ms = self._at_ms(row)
        if at_ms is None:
            return True
        return (self.since is None or at_ms >= self.since) and (self.until is None or at_ms < self.until)

    def _below(self, rows: list[tuple[int, R]]) -> bool:
        """True where what is still to come is older than `since`."""
        if self.since is None:
            return False
        if self.by_time:
            return rows[-1][0] < self.since
        times = [self._at_ms(row) for _, row in rows]
        return all(at_ms is not None and at_ms < self.since for at_ms in times)

    def _at_ms(self, row: R) -> int | None:
        sent = row.raw.get(self.time)
        try:
            return int(sent) if sent else None
        except (TypeError, ValueError):
            raise BadAnswer(
                f"{self.time} of a row is no time.", sample=repr(row.raw)[:200], endpoint=self.endpoint.name
            ) from None

    def _settle(self) -> None:
        """Note the rows that were handed out. The position stands below the last of them from now on."""
        fetched = self.fetched
        handed = len(fetched) - len(self.pending)
        if not handed:
            return
        cursor = fetched[handed - 1][0]
        first = handed - 1
        while first and fetched[first - 1][0] == cursor:
            first -= 1
        if cursor != self.at:
            self.at, self.given, self.marks = cursor, [], []
        self.given += map(_second, fetched[first:handed])
        del fetched[:handed]

    def read(self, asked: Mapping[str, object], answer: Answer) -> PageRead[R]:
        """Take a page in and hand all its new rows out."""
        self.take(answer)
        rows = list(self.pending)
        self.pending.clear()
        return PageRead(asked, answer, rows, self.over, self.stuck)

    def page_flow(self, half: Half | AsyncHalf) -> Flow[Answer]:
        """The call of the next page. Raises the `Unprovable` the reading is stuck at, every time it is asked."""
        if self.stuck is not None:
            raise self.stuck
        return self.flow(half, self.ask())

    def flow(self, half: Half | AsyncHalf, asked: Mapping[str, object]) -> Flow[Answer]:
        """The call of a page."""
        return call(half._session, self.endpoint, asked, reader=self.reader)
