"""Routes: the steps of each endpoint, and the function that runs its view, one way for each kind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeAlias

from tallystick.contract.core import Endpoint, Page, Row
from tallystick.engine.commands import Command
from tallystick.engine.state import State
from tallystick.server import cursors, pages
from tallystick.server.answers import NO_HEADERS, Answer
from tallystick.server.batch_items import require_distinct, run_items
from tallystick.server.call import Call, R, of_class
from tallystick.server.services import Services
from tallystick.server.steps import around_body, steps_of
from tallystick.views import (
    VIEWS,
    BatchView,
    CommandView,
    PageView,
    PublicPageView,
    QueryView,
    RecordView,
    Refusal,
    SiftedView,
    TradesView,
    View,
)
from tallystick.wire import encode, versioned_fields


async def run_command(view: CommandView[R, Command, Row], endpoint: Endpoint, services: Services, call: Call) -> Answer:
    record = of_class(call.record, view.request)
    stamp, rows = await services.venue.perform(
        lambda state, now_ms: view.command(record, services.caller(call, now_ms), state),
        lambda stamp, events, state: (stamp, view.reply(record, stamp, events, state)),
    )
    if endpoint.per_item:
        body = encode.per_item(
            versioned_fields.all_completed(rows, services.surface),
            failed=0,
            in_us=call.now_ms * 1_000,
            out_us=stamp.at_ms * 1_000,
        )
    else:
        body = encode.success(versioned_fields.all_completed(rows, services.surface), endpoint.envelope)
    return 200, body, NO_HEADERS


async def run_batch(view: BatchView[R, Command, Row], services: Services, call: Call) -> Answer:
    require_distinct(view, call)
    rows, failed = await run_items(services, view.one, call)
    in_us = call.now_ms * 1_000
    items = versioned_fields.all_completed(rows, services.surface)
    out_us = await services.venue.tell_ms() * 1_000
    return 200, encode.per_item(items, failed=failed, in_us=in_us, out_us=out_us), NO_HEADERS


def run_query(
    view: QueryView[R, Row], endpoint: Endpoint, services: Services, call: Call
) -> Answer | Awaitable[Answer]:
    record, venue = of_class(call.record, view.request), services.venue

    def answer(state: State, now_ms: int) -> Sequence[Row]:
        return view.answer(state, record, services.caller(call, now_ms))

    if call.turn_ms is None:
        return in_turn(venue.query(answer), endpoint, services)
    return of_rows(venue.asked(answer, call.turn_ms), endpoint, services)


def run_steady(
    view: QueryView[R, Row], endpoint: Endpoint, services: Services, call: Call
) -> Answer | Awaitable[Answer]:
    if call.turn_ms is None:
        return run_query(view, endpoint, services, call)
    key = None if endpoint.permission is None else call.key
    asked = endpoint.name, "" if key is None else key.api_key, call.query
    body = services.steady.find(services.venue.state, asked, key)
    if body is not None:
        return 200, body, NO_HEADERS
    answer = run_query(view, endpoint, services, call)
    if isinstance(answer, tuple):
        services.steady.keep(asked, key, answer[1])
    return answer


async def run_listed(view: QueryView[R, Row], endpoint: Endpoint, page: Page, services: Services, call: Call) -> Answer:
    return of_rows(await pages.queried(services, view, page, call), endpoint, services)


async def in_turn(found: Awaitable[Sequence[Row]], endpoint: Endpoint, services: Services) -> Answer:
    return of_rows(await found, endpoint, services)


def of_rows(found: Sequence[Row], endpoint: Endpoint, services: Services) -> Answer:
    rows = versioned_fields.all_completed(found, services.surface)
    body = encode.success_bare(rows[0], endpoint.envelope) if endpoint.bare else encode.success(rows, endpoint.envelope)
    return 200, body, NO_HEADERS


async def run_page(view: PageView[R], endpoint: Endpoint, page: Page, services: Services, call: Call) -> Answer:
    rows = await pages.stored(services, view, page, call)
    return 200, ready(services, endpoint, rows), NO_HEADERS


async def run_public_page(
    view: PublicPageView[R], endpoint: Endpoint, page: Page, services: Services, call: Call
) -> Answer:
    rows = await pages.of_nobody(services, view, page, call)
    return 200, encode.success_raw(rows, endpoint.envelope), NO_HEADERS


async def run_sifted(view: SiftedView[R], endpoint: Endpoint, page: Page, services: Services, call: Call) -> Answer:
    rows = await pages.sifted(services, view, page, call)
    return 200, ready(services, endpoint, rows), NO_HEADERS


async def run_trades(view: TradesView[R], endpoint: Endpoint, services: Services, call: Call) -> Answer:
    rows = await pages.traded(services, view, call)
    return 200, ready(services, endpoint, rows), NO_HEADERS


def ready(services: Services, endpoint: Endpoint, rows: Sequence[bytes]) -> bytes:
    """Answer with rows that are JSON already."""
    return encode.success_raw(
        versioned_fields.stored_completed(endpoint.answer, rows, services.surface), endpoint.envelope
    )


async def run_record(view: RecordView[R, Row], endpoint: Endpoint, services: Services, call: Call) -> Answer:
    record = of_class(call.record, view.request)
    living = await services.venue.query(lambda state, now_ms: view.living(state, record, services.caller(call, now_ms)))
    if living is not None:
        return (
            200,
            encode.success((versioned_fields.completed(living, services.surface),), endpoint.envelope),
            NO_HEADERS,
        )
    body = await services.venue.histories.record(
        view.table.name, call.user_id or 0, view.key(record), view.filters(record)
    )
    services.require_key(call)
    if body is None or not view.shown(body, call.now_ms):
        raise Refusal(view.missing)
    rows = versioned_fields.stored_completed(endpoint.answer, (body,), services.surface)
    return 200, encode.success_raw(rows, endpoint.envelope), NO_HEADERS


Run: TypeAlias = Callable[[Services, Call], Answer | Awaitable[Answer]]
"""Function that answers a request: at once, or by what is to be awaited."""


def run_of(view: View, endpoint: Endpoint) -> Run:
    """Function that answers requests of an endpoint. Raises RuntimeError where the view does not fit it."""
    if not issubclass(endpoint.request, view.request):
        raise RuntimeError(f"{endpoint.name} takes {endpoint.request.__name__}, its view {view.request.__name__}")
    match view:
        case CommandView():
            return partial(run_command, view, endpoint)
        case BatchView():
            return partial(run_batch, view)
        case QueryView() if endpoint.page is None:
            return partial(run_steady if view.steady else run_query, view, endpoint)
        case QueryView():
            return partial(run_listed, view, endpoint, page_of(endpoint))
        case PageView() | SiftedView() if endpoint.permission is None:
            raise RuntimeError(f"{endpoint.name} is public, its view reads the rows of a user")
        case PageView():
            return partial(run_page, view, endpoint, page_of(endpoint))
        case PublicPageView() if endpoint.permission is not None:
            raise RuntimeError(f"{endpoint.name} needs a key, its view reads public rows")
        case PublicPageView():
            return partial(run_public_page, view, endpoint, page_of(endpoint))
        case SiftedView():
            return partial(run_sifted, view, endpoint, page_of(endpoint))
        case TradesView():
            return partial(run_trades, view, endpoint)
        case RecordView():
            return partial(run_record, view, endpoint)
    raise RuntimeError(f"no function runs a {type(view).__name__}")


def page_of(endpoint: Endpoint) -> Page:
    if endpoint.page is None:
        raise RuntimeError(f"{endpoint.name} is paged but declares no page")
    return endpoint.page


async def nobody_gets_here(services: Services, call: Call) -> Answer:
    """Placeholder for the view of an endpoint that no mode here has; `steps.account_mode` refuses all its requests."""
    raise RuntimeError(f"a request for {call.endpoint.name} has passed its checks")


class Route:
    """Steps and view of an endpoint, prepared before any request."""

    __slots__ = ("after_body", "amount_field", "before_body", "endpoint", "run", "steps")

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.steps = steps_of(endpoint)
        self.before_body, self.after_body = around_body(self.steps)
        self.amount_field = ""
        self.run: Run = nobody_gets_here
        view = VIEWS.get(endpoint.name)
        if view is None:
            return
        if isinstance(view, CommandView):
            self.amount_field = view.amount_field
        if endpoint.page is not None:
            cursors.require_page(endpoint.request, endpoint.page)
        self.run = run_of(view, endpoint)
