"""Pages of lists: the rows of one page, and hints where its cursors would make a client miss rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from msgspec.structs import replace

from tallystick.contract.core import Page, Row
from tallystick.server import cursors
from tallystick.server.call import Call, R, of_class
from tallystick.server.services import Services
from tallystick.store.api import KEY_MAX
from tallystick.venue.interfaces import PageQuery
from tallystick.views import PageView, PublicPageView, QueryView, SiftedView, TradesView
from tallystick.views.trades import NOBODY
from tallystick.wire import page

NEWEST_KNOWN_MAX = 10_000
ROWS_OF_A_TIME_MAX = 1_000
"""Rows that share a time in a public history at most: one for each currency."""
T = TypeVar("T", bytes, Row)


async def stored(services: Services, view: PageView[R], declared: Page, call: Call) -> Sequence[bytes]:
    """Rows of a page of a stored history. Raises Refused: a new generation has ended the key meanwhile.

    Where rows share a cursor, one row more than the page holds is read, to see if the page ends among them.
    """
    record, place = of_class(call.record, view.request), cursors.placed(call.record)
    declared = view.page(declared, record)
    if declared.bounded:
        bounds = cursors.bounded(call.record)
        window = page.window(
            declared, place.after, place.before, place.limit, call.now_ms, begin_ms=bounds.begin, end_ms=bounds.end
        )
    else:
        window = page.window(declared, place.after, place.before, place.limit, call.now_ms)
    a, b = view.filters(record)
    table, user_id = view.table.name, call.user_id or 0
    asked = PageQuery(
        table=table,
        user_id=user_id,
        min_key=window.min_key,
        max_key=window.max_key,
        a=a,
        b=b,
        limit=window.limit + declared.shared,
        holding=view.holding(record),
    )
    rows: Sequence[bytes] = await services.venue.histories.page(asked)
    if declared.shared:
        rows = await one_page(call, declared, rows, window.limit, lambda at: alike(services, declared, asked, at))
    call.hints += cursors.of_another_kind(declared, record)
    if rows and place.after is not None:
        # Where the newest rows share a time, the lint itself advises a cursor one above it.
        beside = 1 if declared.shared and not declared.inclusive else 0
        key = min((place.after - beside) * declared.keys_per_cursor, KEY_MAX)
        if await points_past_all(services, (table, user_id), key):
            call.hints += (cursors.PAST_ALL,)
    services.require_key(call)
    return rows


async def of_nobody(services: Services, view: PublicPageView[R], declared: Page, call: Call) -> Sequence[bytes]:
    """Rows of a page of a public history, as this surface shows them; unfiltered, up to the end of a time."""
    record, place = of_class(call.record, view.request), cursors.placed(call.record)
    call.hints += cursors.of_another_kind(declared, record)
    filtered = await services.venue.query(lambda state, now_ms: view.ask(state, record, services.caller(call, now_ms)))
    window = page.window(declared, place.after, place.before, place.limit, call.now_ms)
    asked = PageQuery(view.table.name, NOBODY, window.min_key, window.max_key, filtered or None, limit=window.limit)
    histories = services.venue.histories

    async def read() -> list[bytes]:
        rows = await histories.page(asked)
        if filtered or len(rows) < window.limit:
            return rows
        last = view.key(rows[-1])
        of_last = replace(asked, min_key=last, max_key=last, limit=ROWS_OF_A_TIME_MAX)
        return [row for row in rows if view.key(row) != last] + await histories.page(of_last)

    _, rows = await histories.of_one_generation(read)
    return [view.shown(row, services.surface) for row in rows]


async def alike(services: Services, declared: Page, asked: PageQuery, cursor: int) -> int:
    """Number of the rows asked for that share a cursor."""
    first = cursor * declared.keys_per_cursor
    last = first + declared.keys_per_cursor - 1
    of_cursor = replace(asked, min_key=max(first, asked.min_key), max_key=min(last, asked.max_key))
    return len(await services.venue.histories.page(replace(of_cursor, limit=declared.max + 1)))


async def points_past_all(services: Services, owner: tuple[str, int], key: int) -> bool:
    """True if no row of the user is at or after a cursor: then asking for older rows asks for all."""
    if key <= services.newest_known.get(owner, -1):
        return False
    if await services.venue.histories.page(PageQuery(*owner, key, KEY_MAX, limit=1)):
        if len(services.newest_known) >= NEWEST_KNOWN_MAX:
            services.newest_known.clear()
        services.newest_known[owner] = key
        return False
    return True


async def sifted(services: Services, view: SiftedView[R], declared: Page, call: Call) -> Sequence[bytes]:
    """Rows of a page of a stored history whose rows are looked at one by one. Raises Refused as `stored`."""
    record, place = of_class(call.record, view.request), cursors.placed(call.record)
    call.hints += cursors.of_another_kind(declared, record)
    window = page.window(declared, place.after, place.before, place.limit)
    a, b = view.filters(record)
    query = PageQuery(
        table=view.table.name,
        user_id=call.user_id or 0,
        min_key=window.min_key,
        max_key=window.max_key,
        a=a,
        b=b,
        limit=window.limit,
        holding=view.holding(record),
    )
    rows = await services.venue.histories.sifted(query, view.look(record, declared, call.now_ms))
    services.require_key(call)
    return rows


async def traded(services: Services, view: TradesView[R], call: Call) -> Sequence[bytes]:
    """Rows of public trades."""
    record, endpoint = of_class(call.record, view.request), call.endpoint
    asked = await services.venue.query(lambda state, now_ms: view.ask(state, record, services.caller(call, now_ms)))
    if endpoint.page is None:
        return await services.venue.histories.trades(asked)
    declared = view.page(endpoint.page, record)
    call.hints += cursors.of_another_kind(declared, record)
    if not declared.shared:
        return await services.venue.histories.trades(asked)

    async def count(at_ms: int) -> int:
        of_time = replace(asked, from_ms=at_ms, to_ms=at_ms, limit=declared.max + 1)
        return len(await services.venue.histories.trades(of_time))

    found = await services.venue.histories.trades(replace(asked, limit=asked.limit + 1))
    return await one_page(call, declared, found, asked.limit, count)


async def queried(services: Services, view: QueryView[R, Row], declared: Page, call: Call) -> Sequence[Row]:
    """Rows from the state."""
    record, place = of_class(call.record, view.request), cursors.placed(call.record)

    async def answer(asked: R) -> tuple[Row, ...]:
        return await services.venue.query(
            lambda state, now_ms: view.answer(state, asked, services.caller(call, now_ms))
        )

    async def count(cursor: int) -> int:
        beside = 0 if declared.inclusive else 1
        of_cursor = replace(record, after=cursor + beside, before=cursor - beside, limit=declared.max + 1)
        return len(await answer(of_cursor))

    call.hints += cursors.of_another_kind(declared, record)
    if not declared.shared:
        return await answer(record)
    found = await answer(replace(record, limit=place.limit + 1))
    return await one_page(call, declared, found, place.limit, count)


async def one_page(
    call: Call, declared: Page, found: Sequence[T], limit: int, count: Callable[[int], Awaitable[int]]
) -> Sequence[T]:
    """Cut to `limit` rows, which may share a cursor; adds a hint where the page ends among rows of one cursor."""
    rows = found[:limit]
    if len(rows) == limit:
        last = cursors.cursor_of(declared, rows[-1])
        beyond = cursors.cursor_of(declared, found[limit]) if len(found) > limit else None
        hint = await cursors.at_the_end(call.endpoint, declared, cursors.placed(call.record), last, beyond, count)
        if hint:
            call.hints += (hint,)
    return rows
