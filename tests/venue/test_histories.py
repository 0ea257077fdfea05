"""Pages whose filters no index helps: in pieces, so that nobody waits for a long look."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tallystick.engine.amounts import ONE
from tallystick.store.memory import MemoryStore
from tallystick.venue.interfaces import PageQuery
from tests.venue.world import USER, pay, running


class WatchedStore(MemoryStore):
    """Remembers the ranges of keys that were looked through."""

    def __init__(self) -> None:
        super().__init__()
        self.ranges: list[tuple[int, int]] = []

    async def page(self, table: str, user_id: int, min_key: int, max_key: int, *rest: Any) -> list[bytes]:
        self.ranges.append((min_key, max_key))
        return await super().page(table, user_id, min_key, max_key, *rest)


@pytest.mark.parametrize(
    ("filters", "limit"),
    [
        ({"holding": (b'"subType":"11"',)}, 100),
        ({"holding": (b'"subType":"12"',)}, 100),
        ({"a": "1", "b": "USDT"}, 100),
        ({"a": "1", "b": "USDT", "holding": (b'"subType":"11"',)}, 4),
        ({"a": "1", "holding": (b'"subType":"11"', b'"ccy":"USDT"')}, 9),
        ({"holding": (b"not there",)}, 1),
    ],
)
def test_rows_no_index_finds_are_looked_through_in_pieces(
    filters: dict[str, Any], limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bills of 20 payments, by turns in and out; of at most four rows at once the page is what it is."""
    monkeypatch.setattr("tallystick.venue.histories.LOOKED_AT_ONCE", 3)

    async def story() -> None:
        store = WatchedStore()
        async with running(store) as venue:
            for number in range(20):
                await venue.submit(pay(amount=ONE if number % 2 else -ONE // 2))
            asked = PageQuery("account_bills", USER, 0, 2**62, limit=limit, **filters)
            found = await venue.histories.page(asked)
            rows = [row for row in store.history() if row.table == "account_bills"][::-1]
            assert (
                found
                == [
                    row.body
                    for row in rows
                    if asked.a in (None, row.a)
                    and asked.b in (None, row.b)
                    and all(piece in row.body for piece in asked.holding)
                ][:limit]
            )
            assert len(store.ranges) > 1
            by_index = [row for row in rows if (row.b == asked.b if asked.b else asked.a in (None, row.a))]
            for min_key, max_key in store.ranges:
                assert sum(min_key <= row.key <= max_key for row in by_index) <= 4

    asyncio.run(story())
