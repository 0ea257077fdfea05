"""Rows of the histories, everything before the question included. Others have their turns between the pieces."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol, TypeVar

from msgspec.structs import replace

from tallystick.engine.state import State
from tallystick.store.api import Reader
from tallystick.venue.interfaces import PageQuery
from tallystick.views import trades
from tallystick.views.core import TradesAsked
from tallystick.views.rows import bring_up_to_date

T = TypeVar("T")

LOOKED_AT_ONCE: Final = 2_000
"""Rows the store looks through in one go for what no index helps to find."""
SIFTED_AT_ONCE: Final = 500
"""Rows read one by one in one go."""


class Query(Protocol):
    """See `venue.Venue.query`."""

    def __call__(self, answer: Callable[[State, int], T], /) -> Awaitable[T]: ...


class Histories:
    """Every method raises VenueHalted."""

    def __init__(self, query: Query, store: Reader) -> None:
        self._query = query
        self._store = store

    async def page(self, asked: PageQuery) -> list[bytes]:
        """Rows of a history, newest first."""
        await self._query(lambda state, _: bring_up_to_date(state, asked.table, asked.user_id))
        if not asked.holding and not (asked.a and asked.b):
            return self._piece(asked)
        found: list[bytes] = []
        while True:
            lowest = self._store.key_at(
                asked.table, asked.user_id, asked.min_key, asked.max_key, asked.a, asked.b, LOOKED_AT_ONCE
            )
            piece = self._piece(asked if lowest is None else replace(asked, min_key=lowest))
            found += piece
            if lowest is None or len(piece) == asked.limit:
                return found
            asked = replace(asked, max_key=lowest - 1, limit=asked.limit - len(piece))
            await asyncio.sleep(0)

    def _piece(self, asked: PageQuery) -> list[bytes]:
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
        """As `page`, of a table whose rows have a key each, but only what `look` (-> key, whether) lets through."""
        found: list[bytes] = []
        max_key = asked.max_key
        while True:
            bodies = await self.page(replace(asked, max_key=max_key, limit=SIFTED_AT_ONCE))
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
        newest = await self._query(lambda state, _: state.last_trade_id)

        def time_of(number: int) -> int:
            body = self._store.row(trades.TABLE, trades.NOBODY, number)
            return int(trades.read_row(body).ts) if body else 0

        min_number = max(asked.min_number, trades.number_at(time_of, newest, asked.from_ms) if asked.from_ms else 0)
        max_number = asked.max_number
        if asked.to_ms is not None:
            max_number = trades.number_at(time_of, newest, asked.to_ms + 1) - 1
        return self._store.page(
            trades.TABLE, trades.NOBODY, min_number, max_number, asked.instrument, None, asked.limit
        )

    async def record(
        self, table: str, user_id: int, key: int | None, filters: tuple[str | None, str | None] = (None, None)
    ) -> bytes | None:
        """One row of a history: the one at `key`, or where that is None the newest that matches the filters."""
        await self._query(lambda state, _: None)
        if key is not None:
            return self._store.row(table, user_id, key)
        return self._store.find(table, user_id, *filters)
