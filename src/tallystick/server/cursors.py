"""Hints on cursors: a value of the wrong kind, and the end of a page after which a client would miss rows.

Hints refuse nothing and leave the page as documented (decisions/007).
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Protocol, cast

import msgspec
from msgspec import Struct

from tallystick.contract.core import Endpoint, Page, Request
from tallystick.contract.fields import fields

TIMES = ("ts", "uTime")
"""Cursors that are Unix times in milliseconds; all others are numbers of rows."""
COUNTED = ("tradeId",)
"""Cursors that count from 1, so that a value of ten digits need not be a time."""
CURSORS = ("after", "before")
BOUNDS = ("begin", "end")
UPPER = ("after", "end")
"""Parameters that ask for older rows. A small value of the others is a usual way to ask for all."""
SECONDS = range(10**9, 10**10)
MILLISECONDS = range(10**12, 10**13)
"""Ranges of numbers that are probably times from 2001 on, in seconds (ten digits) or in milliseconds (thirteen)."""
PAST_ALL = "`after` is newer than all rows: it asks for rows older than the cursor, `before` for newer ones"


class Placed(Protocol):
    """A request for a page of a list."""

    @property
    def after(self) -> int | None: ...
    @property
    def before(self) -> int | None: ...
    @property
    def limit(self) -> int: ...


class Bounded(Protocol):
    """A request that may bound the time of the rows."""

    @property
    def begin(self) -> int | None: ...
    @property
    def end(self) -> int | None: ...


def placed(record: Request) -> Placed:
    """The request, of an endpoint that declares a page; `require_page` has checked that it has the fields."""
    return cast("Placed", record)


def bounded(record: Request) -> Bounded:
    """The request, of an endpoint that declares a `bounded` page; checked as for `placed`."""
    return cast("Bounded", record)


def require_page(request: type[Request], page: Page) -> None:
    """Require the paging fields of a request. Raises RuntimeError for one that lacks any."""
    needed = {*CURSORS, "limit", *(BOUNDS if page.bounded else ())}
    if not needed <= set(request.__struct_fields__):
        raise RuntimeError(f"{request.__name__} is for pages and lacks one of {sorted(needed)}")


# ---- values of another kind


@functools.cache
def named(request: type[Struct]) -> tuple[str, ...]:
    """Names of the fields that place a request in a list."""
    known = {field.attribute for field in fields(request)}
    return tuple(name for name in (*CURSORS, *BOUNDS) if name in known)


def of_another_kind(page: Page, record: Request) -> tuple[str, ...]:
    """Hints on seconds in place of milliseconds, a time in place of a number, and the other way round.

    Such a cursor gets an empty page or the first one, as at the exchange.
    """
    said: tuple[str, ...] = ()
    request: type[Struct] = type(record)
    for name in named(request):
        value = getattr(record, name)
        if value is not None:
            is_time = name in BOUNDS or page.cursor in TIMES
            text = _misread_time(name, value, page) if is_time else _misread_number(name, value, page)
            if text:
                said += (text,)
    return said


def _misread_time(name: str, value: int, page: Page) -> str:
    if value in SECONDS:
        return f"`{name}` {value} looks like seconds, it is in milliseconds: {value}000"
    if value >= MILLISECONDS.stop:
        return f"`{name}` {value} is no time in milliseconds{_or_instead(page)}"
    if name in UPPER and value < MILLISECONDS.start:
        return f"`{name}` {value} is hardly a time in milliseconds, no row is as old{_or_instead(page)}"
    return ""


def _misread_number(name: str, value: int, page: Page) -> str:
    if value in MILLISECONDS or (value in SECONDS and page.cursor not in COUNTED):
        return f"`{name}` {value} looks like a time, the cursor is the {page.cursor} of a row{_or_instead(page)}"
    return ""


# ---- the end of a page


@functools.cache
def _reader(cursor: str) -> Callable[[bytes], object]:
    return msgspec.json.Decoder(msgspec.defstruct("Placed", [(cursor, str)])).decode


def cursor_of(page: Page, row: bytes | Struct) -> int:
    """Cursor of a row, by the endpoint's cursor field; `row` is as stored or a record."""
    placed = _reader(page.cursor)(row) if isinstance(row, bytes) else row
    return int(getattr(placed, page.cursor))


async def at_the_end(
    endpoint: Endpoint,
    page: Page,
    record: Placed,
    last: int,
    beyond: int | None,
    count: Callable[[int], Awaitable[int]],
) -> str:
    """Hint for a client that goes on from a full page; "" where the next page misses no row.

    `last` is the cursor of the last row, `beyond` of the first that did not fit. `count` gives the number of rows that
    share a cursor, up to one more than the largest page has. It is called only where a row could be missed.
    """
    stands_still = page.inclusive and record.after == last
    if not stands_still and beyond != last:
        return ""
    rows = await count(last)
    if rows > page.max and beyond == last:
        return f"more than {page.max} rows have {page.cursor} {last}: {_without_cursor(endpoint, page)}"
    if stands_still:
        return _standing_still(page, record.limit, last, rows)
    back = last if page.inclusive else last + 1
    passes = "" if page.inclusive else f"`after={last}` passes over the rest, "
    return (
        f"this page ends among {rows} rows of {page.cursor} {last}: {passes}ask for "
        f"{_page_from(back, rows, record.limit, page)} and drop the rows you have{_or_instead(page)}"
    )


def _standing_still(page: Page, limit: int, last: int, rows: int) -> str:
    go_on = f"`after={last - 1}`" if rows <= limit else _page_from(last, rows, limit, page)
    return f"all rows of this page have {page.cursor} {last}, which `after` includes: go on with {go_on}"


def _page_from(after: int, rows: int, limit: int, page: Page) -> str:
    """Parameters of a page that holds all rows of one cursor, and the next row where there is room."""
    return f"`after={after}`" if rows < limit else f"`after={after}&limit={min(rows + 1, page.max)}`"


def _or_instead(page: Page) -> str:
    return f"; {page.instead}" if page.instead else ""


def _without_cursor(endpoint: Endpoint, page: Page) -> str:
    """Advice for rows that no cursor reaches."""
    if page.instead:
        return page.instead
    placing = (*CURSORS, *BOUNDS, "limit")
    filters = [field.name for field in fields(endpoint.request) if field.attribute not in placing]
    narrow = f", narrow them with {' or '.join(filters)}" if filters else ""
    return f"no page reaches beyond the first {page.max}{narrow}"
