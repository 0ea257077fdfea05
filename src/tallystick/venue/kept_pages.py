"""Pages of histories that were read and are still the same: who asks for one again gets it without the store.

Clients ask for the same pages again and again, and rows come seldom. They also walk down a history, page after page:
who has gone down three times has a run of rows read that holds several pages, and gets the next ones out of it. A row
that is put ends all that is kept of its table and user, before anybody can know of it. Source: chosen (decisions/044).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from operator import neg
from typing import Final, TypeAlias

from tallystick.store.api import HistoryRow
from tallystick.venue.interfaces import PageQuery

Owner: TypeAlias = tuple[str, int]
"""Table and user."""
BYTES_MAX: Final = 16 * 2**20
"""Bytes that are kept; one page more, and all are dropped."""
ROW_BYTES: Final = 60
"""Bytes that a row takes beside those of its body, about."""
OWNERS_MAX: Final = 10_000
PAGES_AHEAD: Final = 5
"""Pages in a run."""
ROWS_AHEAD: Final = 500
"""Rows in a run at most. A page of as many is read alone."""
STEPS_DOWN: Final = 3
"""Steps, each to a page below the one before, after which a reader is taken to walk."""


class Run:
    """All rows with the filters of `asked` from its highest key down to the last that was read, newest first.

    Where it has `ended` there are none below, down to the lowest key of `asked`.
    """

    __slots__ = ("asked", "bodies", "bytes", "ended", "keys")

    def __init__(self, asked: PageQuery, keys: Sequence[int], bodies: Sequence[bytes], *, ended: bool) -> None:
        self.asked = asked
        self.keys = keys
        self.bodies = bodies
        self.ended = ended
        self.bytes = size_of(self.bodies)

    def page(self, asked: PageQuery) -> list[bytes] | None:
        """The page, None where not all of it is known to be in here."""
        if asked.max_key > self.asked.max_key or not self._same_filters(asked):
            return None
        keys, last = self.keys, len(self.keys)
        first = bisect_left(keys, -asked.max_key, key=neg)
        end = bisect_right(keys, -asked.min_key, first, min(first + asked.limit, last), key=neg)
        whole = end == first + asked.limit or end < last or (self.ended and asked.min_key >= self.asked.min_key)
        return list(self.bodies[first:end]) if whole else None

    def _same_filters(self, asked: PageQuery) -> bool:
        return (asked.a, asked.b, asked.holding) == (self.asked.a, self.asked.b, self.asked.holding)

    def leads_to(self, asked: PageQuery) -> bool:
        """True where a page goes on about where this run ends: within a quarter of its length from there."""
        if self.ended or not self._same_filters(asked):
            return False
        first, last = self.keys[0], self.keys[-1]
        return abs(asked.max_key - last) * 4 <= first - last


class Pages:
    """Pages of one owner, and the bytes they take; of the last walk through them its run."""

    __slots__ = ("bytes", "missed", "rows", "run", "steps")

    def __init__(self) -> None:
        self.rows: dict[PageQuery, list[bytes]] = {}
        self.bytes = 0
        self.missed: PageQuery | None = None
        self.steps = 0
        self.run: Run | None = None

    def page(self, asked: PageQuery) -> list[bytes] | None:
        """A page as it was read, which is the caller's own; None where it is not kept."""
        found = self.rows.get(asked)
        if found is not None:
            return found.copy()
        return None if self.run is None else self.run.page(asked)

    def run_for(self, asked: PageQuery) -> int:
        """Rows of a run that is to be read for a page that is not kept; 0 where the page is read alone."""
        missed, self.missed = self.missed, asked
        down = missed is not None and (asked.a, asked.b) == (missed.a, missed.b) and asked.max_key < missed.max_key
        self.steps = self.steps + 1 if down else 0
        if self.steps < STEPS_DOWN and (self.run is None or not self.run.leads_to(asked)):
            return 0
        self.steps = 0
        return min(asked.limit * PAGES_AHEAD, ROWS_AHEAD) if asked.limit < ROWS_AHEAD else 0


class KeptPages:
    """Pages by their owner, at most `bytes_max`; with 0 none is kept."""

    def __init__(self, bytes_max: int = BYTES_MAX) -> None:
        self._bytes_max = bytes_max
        self._bytes = 0
        self._of: dict[Owner, Pages] = {}

    def __len__(self) -> int:
        return len(self._of)

    @property
    def held(self) -> int:
        """Bytes that all pages take, about."""
        return self._bytes

    def of(self, owner: Owner) -> Pages:
        """Pages of an owner as of now. Who is to keep a page asks for them before the turn that the read follows."""
        found = self._of.get(owner)
        if found is None:
            if len(self._of) >= OWNERS_MAX:
                self.clear()
            found = self._of[owner] = Pages()
        return found

    def keep(self, owner: Owner, pages: Pages, asked: PageQuery, rows: list[bytes]) -> None:
        """Keep a page of the store, unless a row of the owner was put since `pages` were asked for."""
        if self._has_room(owner, pages, size_of(rows)):
            pages.rows[asked] = rows

    def keep_run(self, owner: Owner, pages: Pages, run: Run) -> None:
        """Keep a run in place of the one before, unless a row of the owner was put since `pages` were asked for."""
        before = 0 if pages.run is None else pages.run.bytes
        if self._has_room(owner, pages, run.bytes - before):
            pages.run = run

    def _has_room(self, owner: Owner, pages: Pages, size: int) -> bool:
        """Count the bytes of what is to be kept. False where it must not be kept."""
        if self._bytes + size > self._bytes_max:
            self.clear()
            return False
        if self._of.get(owner) is not pages:
            return False
        pages.bytes += size
        self._bytes += size
        return True

    def end(self, rows: Sequence[HistoryRow]) -> None:
        """Drop all pages of the owners of these rows, which are being put."""
        for row in rows:
            ended = self._of.pop((row.table, row.user_id), None)
            if ended is not None:
                self._bytes -= ended.bytes

    def clear(self) -> None:
        """Drop everything, as where other rows take the place of all."""
        self._of.clear()
        self._bytes = 0


def size_of(bodies: Sequence[bytes]) -> int:
    """Bytes that rows take, about."""
    return sum(map(len, bodies)) + ROW_BYTES * (len(bodies) + 1)
