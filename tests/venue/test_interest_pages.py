"""Pages of a history show interest that is due and not booked as if it had been booked at every hour."""

from __future__ import annotations

import asyncio
import itertools

from tallystick.engine import charging, transient
from tallystick.engine import commands as c
from tallystick.engine.amounts import ONE
from tallystick.engine.commands import Command
from tallystick.store.api import WriteBatch
from tallystick.store.memory import MemoryStore
from tallystick.venue.interfaces import PageQuery
from tallystick.venue.venue import Venue
from tallystick.views.rows import rows_of_charges
from tests.venue.world import HOUR_MS, USER, debtor, pay, running

TABLES = ("spot_interest", "account_bills", "loan_interest")
KEY_MAX = 2**62


def debts() -> tuple[Command, ...]:
    """Two spot debts and two loans of one user."""

    def lend(name: str, ccy: str) -> Command:
        return c.BorrowLoan(
            user_id=USER, loan_id=0, ccy=ccy, amount=ONE, collateral=(("BTC", ONE // 10),), client_order_id=name
        )

    return (
        *debtor(),
        c.SetPrices(prices=(("ETH-USDT", 3_000 * ONE),)),
        c.ManualBorrow(user_id=USER, ccy="ETH", amount=ONE),
        c.AdjustBalance(user_id=USER, account="funding", ccy="BTC", delta=ONE),
        lend("one", "USDT"),
        lend("two", "ETH"),
    )


async def live(venue: Venue) -> None:
    """Hours in which now the user, now one of the loans has an event, and three without any."""
    first, second = venue.state.loans
    for loan_id in (first, second, 0, first, first):
        await venue.advance(by_ms=HOUR_MS)
        if loan_id:
            await venue.submit(
                c.AdjustCollateral(user_id=USER, loan_id=loan_id, add=True, ccy="BTC", amount=ONE // 1_000)
            )
        else:
            await venue.submit(pay())
    await venue.advance(by_ms=3 * HOUR_MS)


def whole(venue: Venue, store: MemoryStore) -> MemoryStore:
    """All rows there are, those that are not stored yet among them."""
    found = MemoryStore()
    found.write(WriteBatch(rows=list(store.history())))
    found.write(WriteBatch(rows=rows_of_charges(transient.of(charging.charged(venue.state)).charges)))
    return found


def test_every_page_is_that_of_all_rows() -> None:
    """Every range, limit and filter; of the loans some rows are stored that are newer than some of the others."""

    async def story() -> None:
        store = MemoryStore()
        async with running(store, seeds=debts()) as venue:
            await live(venue)
            every = whole(venue, store)
            compared = 0
            for table in TABLES:
                rows = [row for row in every.history() if row.table == table and row.user_id == USER]
                stored = {(row.key, row.id) for row in store.history() if row.table == table}
                due = [row for row in rows if (row.key, row.id) not in stored]
                assert stored
                assert due
                assert table != "loan_interest" or max(stored)[0] > min(row.key for row in due)
                bounds = [0, KEY_MAX, *sorted({row.key for row in rows})[-7:]]
                filters = [(None, None), *{(row.a, None) for row in rows}, *{(row.a, row.b) for row in rows}]
                pieces: list[tuple[bytes, ...]] = [(), (b'"ETH"',)]
                for low, high, limit, (a, b), holding in itertools.product(
                    bounds, bounds, (1, 3, 100), filters, pieces
                ):
                    asked = PageQuery(table, USER, low, high, a=a, b=b, limit=limit, holding=holding)
                    expected = await every.page(table, USER, low, high, a=a, b=b, limit=limit, holding=holding)
                    assert await venue.histories.page(asked) == expected, asked
                    compared += bool(expected)
            assert compared > 1_000

    asyncio.run(story())


def test_an_event_while_a_page_is_read_shows_no_row_twice() -> None:
    """Interest that was due when the page was asked for is booked before the store is read."""

    async def story() -> None:
        store = MemoryStore()
        async with running(store, seeds=debts()) as venue:
            await venue.advance(by_ms=3 * HOUR_MS)
            expected = await whole(venue, store).page("spot_interest", USER, 0, KEY_MAX)
            asked = asyncio.create_task(venue.histories.page(PageQuery("spot_interest", USER, 0, KEY_MAX)))
            paid = asyncio.create_task(venue.submit(pay()))
            assert await asked == expected
            await paid
            assert await venue.histories.page(PageQuery("spot_interest", USER, 0, KEY_MAX)) == expected

    asyncio.run(story())
