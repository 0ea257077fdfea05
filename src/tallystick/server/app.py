"""Pipeline of the exchange's API: one ordered list of steps, then the view.

Clients see the order in which a request is checked, so `steps` has it as data.
The first step that raises decides the answer. Nothing is written before the last step
is over, so a refused request leaves no trace in the journal.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import msgspec

import tallystick
from tallystick.contract import ENDPOINTS
from tallystick.contract.core import Endpoint, Page, Row, has_spot_mode
from tallystick.contract.openapi import document
from tallystick.contract.subaccounts import NOT_THERE
from tallystick.contract.trade_modes import INACTIVE
from tallystick.engine.commands import Command
from tallystick.engine.rejects import Rejected
from tallystick.server import answers, asgi, auth, cursors, lint, pages
from tallystick.server.answers import NO_HEADERS, Answer
from tallystick.server.as_user import send_as
from tallystick.server.asgi import Receive, Scope, Send
from tallystick.server.batch_items import refused_item, require_distinct, run_items
from tallystick.server.call import Call, No, R, Refused, of_class
from tallystick.server.control import openapi
from tallystick.server.control.service import Control
from tallystick.server.faults import play
from tallystick.server.faults.past import StaleApp
from tallystick.server.faults.rules import Asked, Rule
from tallystick.server.request import Busy, Gone, Request, TooLarge
from tallystick.server.services import Services
from tallystick.server.steps import around_body, steps_of
from tallystick.server.ws.sockets import Sockets
from tallystick.venue.past import Past
from tallystick.venue.venue import VenueHalted
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
from tallystick.views.errors import refusal_of
from tallystick.wire import encode, versioned_fields
from tallystick.wire.decode import Fault

log = logging.getLogger("tallystick")

OWN_PREFIX = b"/tally/"
OPENAPI_PATH = b"/tally/openapi.json"
CONTROL_OPENAPI_PATH = b"/tally/v1/openapi.json"
"""Paths of the OpenAPI documents; open to everybody, as they have nothing secret."""


# ---- views, one way for each kind


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


async def run_query(view: QueryView[R, Row], endpoint: Endpoint, services: Services, call: Call) -> Answer:
    record = of_class(call.record, view.request)
    found: Sequence[Row]
    if endpoint.page is None:
        found = await services.venue.query(
            lambda state, now_ms: view.answer(state, record, services.caller(call, now_ms))
        )
    else:
        found = await pages.queried(services, view, endpoint.page, call)
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


Run: TypeAlias = Callable[[Services, Call], Awaitable[Answer]]


def run_of(view: View, endpoint: Endpoint) -> Run:
    """Function that answers requests of an endpoint. Raises RuntimeError where the view does not fit it."""
    if not issubclass(endpoint.request, view.request):
        raise RuntimeError(f"{endpoint.name} takes {endpoint.request.__name__}, its view {view.request.__name__}")
    match view:
        case CommandView():
            return partial(run_command, view, endpoint)
        case BatchView():
            return partial(run_batch, view)
        case QueryView():
            return partial(run_query, view, endpoint)
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
    """Placeholder for the view of an endpoint that Spot mode lacks; `steps.account_mode` refuses all its requests."""
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
        if not has_spot_mode(endpoint):
            return
        view = VIEWS[endpoint.name]
        if isinstance(view, CommandView):
            self.amount_field = view.amount_field
        if endpoint.page is not None:
            cursors.require_page(endpoint.request, endpoint.page)
        self.run = run_of(view, endpoint)


# ---- the whole way


class App:
    """The application behind every door of the server: requests, streams, control calls.

    It is an ASGI app too, for use inside of other programs.
    """

    def __init__(self, services: Services, control: Control) -> None:
        self.services = services
        self.control = control
        control.send_as = partial(send_as, self)
        self.routes: dict[bytes, dict[str, Route]] = {}
        for endpoint in ENDPOINTS:
            self.routes.setdefault(endpoint.path.encode("ascii"), {})[endpoint.method] = Route(endpoint)
        self.sockets = Sockets(services, control.site)
        services.faults.look_back = self.look_back
        services.venue.listen(self.sockets.hub)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asgi.serve(self, scope, receive, send)

    async def look_back(self) -> StaleApp:
        """App over the past of the venue, which begins as the present. Raises VenueHalted."""
        return StaleApp(self, await Past.of(self.services.venue))

    def answer(self, request: Request) -> Coroutine[Any, Any, Answer]:
        """Answer a request, by a fault where a rule hits it."""
        return self.hit(request) if self.services.faults.rules else self.carry_out(request)

    async def hit(self, request: Request) -> Answer:
        """Answer a request while there are rules of faults. Control calls and paths without a route meet none."""
        route = self.routes.get(request.path, {}).get(request.method)
        rule = None if route is None else self.rule_of(route.endpoint, request)
        if rule is None:
            return await self.carry_out(request)
        language = language_of(request.headers)
        return await play.answer(self.services.faults, rule, request, self.carry_out, language)

    def rule_of(self, endpoint: Endpoint, request: Request) -> Rule | None:
        """Rule that hits a request. Its user is that of the key it names: most faults come before the signature."""
        services, named = self.services, request.headers.get(auth.KEY, b"").decode("latin-1")
        key = services.keys.get(named)
        user_id = None if key is None else key.user_id
        asked = Asked(name=endpoint.name, method=endpoint.method, user_id=user_id, key=named)
        return services.faults.hit(asked, services.venue.now_ms())

    async def carry_out(self, request: Request, skew_ms: int = 0) -> Answer:
        """Carry a request out: route and method, size of the body, steps of the endpoint, then its view.

        A body is not kept where no step needs it: a step before the signature refuses, or the endpoint reads none.
        `skew_ms` is how far ahead a fault makes the clock seem.
        """
        path, method, headers = request.path, request.method, request.headers
        methods = self.routes.get(path)
        if methods is None:
            if path.startswith(OWN_PREFIX):
                return await self.own(request)
            methods = {}
        route = methods.get(method)
        language = language_of(headers)
        if route is None:
            return without_route(method, path.decode("latin-1"), tuple(methods), language)
        now_ms = self.services.venue.now_ms()
        call = Call(route.endpoint, headers, request.peer, now_ms)
        call.target, call.query, call.language = request.target, request.query, language
        if skew_ms:
            call.skew_ms = skew_ms
        fault: Fault | None = None
        try:
            # Some refusals carry the time without a turn at the venue.
            await self.services.venue.tell(now_ms)
            if request.has_body:
                if headers.get(b"content-encoding", b"identity") != b"identity":
                    return answers.closing("50006/encoding", language)
                waits = not request.whole
                await self.take_body(request, route, call)
                if waits:
                    # What is asked from here on is asked of the request as it is whole now.
                    call.now_ms = self.services.venue.now_ms()
            for step in route.after_body if request.has_body else route.steps:
                step(self.services, call)
            status, body, extra = await route.run(self.services, call)
        except Exception as problem:
            fault = problem if isinstance(problem, Fault) else None
            status, body, extra = self.told(problem, route, call, language)
        if fault is not None or call.remarks or call.hints or route.endpoint.batch_max:
            said = lint.of_call(call, fault, self.services.surface)
            if said is not None:
                extra = [*extra, said]
        return status, body, extra

    async def take_body(self, request: Request, route: Route, call: Call) -> None:
        """Run the steps that need no body, then read the body. A body that is too large goes before their refusals."""
        try:
            for step in route.before_body:
                step(self.services, call)
        except Refused:
            await request.pass_over()
            raise
        if route.endpoint.permission is None and route.endpoint.method == "GET":
            call.body_passed_over = await request.pass_over() > 0
        else:
            call.body = await request.body()

    async def own(self, request: Request) -> Answer:
        """Answer the venue's own calls: the OpenAPI documents, and control calls."""
        if request.method == "GET" and request.path in (OPENAPI_PATH, CONTROL_OPENAPI_PATH):
            return 200, self.openapi(request), NO_HEADERS
        return await self.control.answer(request)

    def openapi(self, request: Request) -> bytes:
        """OpenAPI document of this surface or of the control calls, with the address it was asked at."""
        url = f"{request.scheme}://{request.headers.get(b'host', b'').decode('latin-1')}"
        version = tallystick.__version__
        if request.path == CONTROL_OPENAPI_PATH:
            return msgspec.json.encode(openapi.document(server_url=url, version=version))
        return msgspec.json.encode(document(self.services.surface, server_url=url, version=version))

    def told(self, problem: Exception, route: Route, call: Call, language: str) -> Answer:
        """Answer for an exception: a refusal in its code; a bug as 50026, with a traceback in the log."""
        try:
            match problem:
                case Refused():
                    return answers.of_code(problem.key, problem.details, language)
                case Fault():
                    return self.refusal(route, call, problem, problem.sent, language)
                case Refusal():
                    return self.refusal(route, call, problem, call.sent, language)
                case Rejected():
                    no = refusal_of(route.endpoint.name, problem, route.amount_field, self.services.surface)
                    return self.refusal(route, call, no, call.sent, language)
                case VenueHalted():
                    halted = self.services.venue.halted is not None
                    return answers.of_code("50001/halted" if halted else "50001", {}, language)
                case TooLarge():
                    return answers.closing("51000/body", language)
                case Busy():
                    return answers.closing("50013", language)
                case Gone():
                    return answers.GONE
        except Exception as bug:
            bug.__cause__ = problem
            problem = bug
        log.error("a bug, while answering %s", route.endpoint.path, exc_info=problem)
        return answers.of_code("50026", {}, language)

    def refusal(self, route: Route, call: Call, no: No, sent: Mapping[str, object] | None, language: str) -> Answer:
        """Answer for a refusal of what was sent.

        For an order it is in its item; for anything else, or a body that is no request at all, it is the whole answer
        (decisions/005).
        """
        if sent is None or not route.endpoint.per_item or route.endpoint.batch_max:
            return answers.of_code(no.key, no.details, language)
        at_us = call.now_ms * 1_000
        row = refused_item(self.services, call, sent, no)
        return 200, encode.per_item((row,), failed=1, in_us=at_us, out_us=at_us), NO_HEADERS


def language_of(headers: Mapping[bytes, bytes]) -> str:
    return "zh" if headers.get(b"accept-language", b"")[:2].lower() == b"zh" else "en"


def without_route(method: str, path: str, allowed: tuple[str, ...], language: str) -> Answer:
    """Answer without a route: 50005 for an inactive endpoint, 404 for an unknown one, 405 where `allowed` exist."""
    if (method, path) in INACTIVE:
        return answers.of_code("50005", {}, language)
    if (method, path) in NOT_THERE:
        return answers.not_found(None)
    if not allowed:
        return answers.not_found(lint.of_path(path))
    status, body, extra = answers.method_not_allowed(allowed, language)
    return status, body, [*extra, lint.of_method(path, allowed)]
