"""Queries of history rows, complete up to the query. Long ones run in pieces, and others have turns in between."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, TypeVar

from msgspec.structs import replace

from tallystick.engine.interest import Charge
from tallystick.engine.state import State
from tallystick.store.api import HistoryRow, Reader
from tallystick.venue.interfaces import PageQuery
from tallystick.venue.kept_pages import KeptPages, Pages, Run
from tallystick.views import trades
from tallystick.views.core import TradesAsked
from tallystick.views.rows import charges_due, rows_of_charges
from tallystick.views.tables import TRADES

T = TypeVar("T")

LOOKED_AT_ONCE: Final = 2_000
"""Rows the store scans in one go if no index helps."""
SIFTED_AT_ONCE: Final = 500
"""Rows sifted one by one in one go."""
MADE_AT_ONCE: Final = 100
"""Hours of interest that are made into rows in one go."""


class Query(Protocol):
    """Query of the venue, see `venue.Venue.query`."""

    def __call__(self, answer: Callable[[State, int], T], /) -> Awaitable[T]: ...


class Histories:
    """Queries of the histories. Every method raises VenueHalted."""

    def __init__(self, query: Query, store: Reader, generation: Callable[[], int], pages: KeptPages) -> None:
        self._query = query
        self._pages = pages
        self._store = store
        self._generation = generation

    async def of_one_generation(self, read: Callable[[], Awaitable[T]]) -> tuple[int, T]:
        """Generation and result of a read that begins with a query.

        It is read anew if a generation began meanwhile: no page is half of the one before.
        """
        while True:
            generation = self._generation()
            found = await read()
            if generation == self._generation():
                return generation, found

    async def _of_one_venue(self, read: Callable[[], Awaitable[list[bytes]]]) -> list[bytes]:
        _, found = await self.of_one_generation(read)
        return found

    async def page(self, asked: PageQuery) -> list[bytes]:
        """Rows of a history, newest first, with the rows of interest that is due and not booked."""
        # `_of_one_venue`, written out, as each page pays for it.
        while True:
            generation = self._generation()
            found = await self._page(asked)
            if generation == self._generation():
                return found

    async def _page(self, asked: PageQuery) -> list[bytes]:
        owner = asked.table, asked.user_id
        before = self._pages.of(owner)
        charges = await self._query(lambda state, _: charges_due(state, asked.table, asked.user_id))
        if not charges:
            found = self._pages.of(owner).page(asked)
            return await self._read(asked, before) if found is None else found
        rows = await _rows_asked_for(asked, charges)
        found = await self._with_stored_between(asked, rows)
        if len(found) < asked.limit:
            below = rows[-1].key - 1 if rows else asked.max_key
            found += await self._stored(replace(asked, max_key=below, limit=asked.limit - len(found)))
        return found

    async def _read(self, asked: PageQuery, pages: Pages) -> list[bytes]:
        """Page of the store, kept under `pages`, which the owner had before the query; in a walk with the next ones."""
        owner = asked.table, asked.user_id
        if asked.holding or (asked.a and asked.b):
            found = await self._stored(asked)
        elif many := self._pages.of(owner).run_for(asked):
            keys, bodies = await self._store.run(*owner, asked.min_key, asked.max_key, a=asked.a, b=asked.b, limit=many)
            self._pages.keep_run(owner, pages, Run(asked, keys, bodies, ended=len(keys) < many))
            return list(bodies[: asked.limit])
        else:
            found = await self._piece(asked)
        self._pages.keep(owner, pages, asked, found)
        return found.copy()

    async def _with_stored_between(self, asked: PageQuery, rows: list[HistoryRow]) -> list[bytes]:
        """Rows of due interest, merged with stored rows: those of another loan, or booked since."""
        if not rows or not await self._piece(replace(asked, min_key=rows[-1].key, limit=1)):
            return [row.body for row in rows]
        found: list[bytes] = []
        for row in rows:
            found += await self._piece(replace(asked, min_key=row.key + 1, limit=asked.limit - len(found)))
            if len(found) == asked.limit:
                break
            found.append(row.body)
            asked = replace(asked, max_key=row.key - 1)
        return found

    async def _stored(self, asked: PageQuery) -> list[bytes]:
        """Rows of the store, newest first, scanned piece by piece if no index helps."""
        if not asked.holding and not (asked.a and asked.b):
            return await self._piece(asked)
        found: list[bytes] = []
        while True:
            lowest = await self._store.key_at(
                asked.table, asked.user_id, asked.min_key, asked.max_key, asked.a, asked.b, LOOKED_AT_ONCE
            )
            piece = await self._piece(asked if lowest is None else replace(asked, min_key=lowest))
            found += piece
            if lowest is None or len(piece) == asked.limit:
                return found
            asked = replace(asked, max_key=lowest - 1, limit=asked.limit - len(piece))
            await asyncio.sleep(0)

    def _piece(self, asked: PageQuery) -> Awaitable[list[bytes]]:
        return self._store.page(
            asked.table,
            asked.user_id,
            asked.min_key,
            asked.max_key,
            asked.a,
            asked.b,
            asked.limit,
            asked.holding,
        )

    async def sifted(self, asked: PageQuery, look: Callable[[bytes], tuple[int, bool]]) -> list[bytes]:
        """Page of the rows that pass `look` (-> key, passed), from a table whose rows have a key each; see `page`."""
        return await self._of_one_venue(lambda: self._sifted(asked, look))

    async def _sifted(self, asked: PageQuery, look: Callable[[bytes], tuple[int, bool]]) -> list[bytes]:
        found: list[bytes] = []
        max_key = asked.max_key
        while True:
            bodies = await self._page(replace(asked, max_key=max_key, limit=SIFTED_AT_ONCE))
            for body in bodies:
                max_key, belongs = look(body)
                if belongs:
                    found.append(body)
                if len(found) == asked.limit:
                    return found
            if len(bodies) < SIFTED_AT_ONCE:
                return found
            max_key -= 1
            await asyncio.sleep(0)

    async def trades(self, asked: TradesAsked) -> list[bytes]:
        """Public trades, newest first."""
        return await self._of_one_venue(lambda: self._trades(asked))

    async def _trades(self, asked: TradesAsked) -> list[bytes]:
        newest = await self._query(lambda state, _: state.last_trade_id)

        async def time_of(number: int) -> int:
            body = await self._store.row(TRADES.name, trades.NOBODY, number)
            return int(trades.read_row(body).ts) if body else 0

        min_number, max_number = asked.min_number, asked.max_number
        if asked.from_ms:
            min_number = max(min_number, await trades.number_at(time_of, newest, asked.from_ms))
        if asked.to_ms is not None:
            max_number = await trades.number_at(time_of, newest, asked.to_ms + 1) - 1
        return await self._store.page(
            TRADES.name, trades.NOBODY, min_number, max_number, asked.instrument, None, asked.limit
        )

    async def record(
        self, table: str, user_id: int, key: int | None, filters: tuple[str | None, str | None] = (None, None)
    ) -> bytes | None:
        """Row of a history: the one at `key`, or if that is None the newest that matches the filters."""

        async def read() -> bytes | None:
            await self._query(lambda state, _: None)
            if key is not None:
                return await self._store.row(table, user_id, key)
            return await self._store.find(table, user_id, *filters)

        return (await self.of_one_generation(read))[1]


async def _rows_asked_for(asked: PageQuery, charges: list[Charge]) -> list[HistoryRow]:
    """Rows of interest not yet booked, newest first; no more of them than the page holds."""
    charges.sort(key=lambda charge: (charge.hour_ms, charge.number), reverse=True)
    found: list[HistoryRow] = []
    for first in range(0, len(charges), MADE_AT_ONCE):
        rows = rows_of_charges(charges[first : first + MADE_AT_ONCE])
        found += [row for row in rows if row.table == asked.table and _is_asked_for(asked, row)]
        if len(found) >= asked.limit:
            break
        await asyncio.sleep(0)
    return sorted(found, key=lambda row: (row.key, row.id), reverse=True)[: asked.limit]


def _is_asked_for(asked: PageQuery, row: HistoryRow) -> bool:
    """Test a row against a page's bounds and filters, as the store does."""
    return (
        asked.min_key <= row.key <= asked.max_key
        and (not asked.a or row.a == asked.a)
        and (not asked.b or row.b == asked.b)
        and all(piece in row.body for piece in asked.holding)
    )
