"""Pages of histories that were read and are still the same: who asks for one again gets it without the store.

Clients ask for the same pages again and again, and rows come seldom. A row that is put ends all that is kept of its
table and user, before anybody can know of it. Source: chosen (decisions/044).
"""

from __future__ import annotations

from collections.abc import Sequence
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


class Pages:
    """Pages of one owner, and the bytes they take."""

    __slots__ = ("bytes", "rows")

    def __init__(self) -> None:
        self.rows: dict[PageQuery, list[bytes]] = {}
        self.bytes = 0


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
        size = sum(map(len, rows)) + ROW_BYTES * (len(rows) + 1)
        if self._bytes + size > self._bytes_max:
            self.clear()
        elif self._of.get(owner) is pages:
            pages.rows[asked] = rows
            pages.bytes += size
            self._bytes += size

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
