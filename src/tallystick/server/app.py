"""Pipeline of the exchange's API: one ordered list of steps, then the view.

Clients see the order in which a request is checked, so `steps` has it as data.
The first step that raises decides the answer. Nothing is written before the last step
is over, so a refused request leaves no trace in the journal.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Coroutine, Mapping
from functools import partial
from typing import Any

import msgspec

import tallystick
from tallystick.contract import ENDPOINTS
from tallystick.contract.core import Endpoint
from tallystick.contract.openapi import document
from tallystick.contract.subaccounts import NOT_THERE
from tallystick.contract.trade_modes import INACTIVE
from tallystick.engine.rejects import Rejected
from tallystick.server import answers, asgi, auth, lint, reasons
from tallystick.server.answers import NO_HEADERS, Answer, Headers
from tallystick.server.as_user import send_as
from tallystick.server.asgi import Receive, Scope, Send
from tallystick.server.batch_items import refused_item
from tallystick.server.call import Call, No, Refused
from tallystick.server.control import openapi
from tallystick.server.control.form import PREFIX
from tallystick.server.control.service import Control, refused_words
from tallystick.server.faults import play
from tallystick.server.faults.past import StaleApp
from tallystick.server.faults.rules import Asked, Rule
from tallystick.server.request import Busy, Gone, Request, TooLarge
from tallystick.server.routes import Route
from tallystick.server.seen import WELL, Asking
from tallystick.server.services import Services
from tallystick.server.ws.sockets import Sockets
from tallystick.venue.clock import stopwatch
from tallystick.venue.past import Past
from tallystick.venue.venue import VenueHalted
from tallystick.views import Refusal
from tallystick.views.errors import refusal_of
from tallystick.wire import encode
from tallystick.wire.decode import Fault

log = logging.getLogger("tallystick")

ENCODING = "50006/encoding"
ACCEPT_LANGUAGE = b"accept-language"
OWN_PREFIX = b"/tally/"
OPENAPI_PATH = b"/tally/openapi.json"
CONTROL_OPENAPI_PATH = b"/tally/v1/openapi.json"
"""Paths of the OpenAPI documents; open to everybody, as they have nothing secret."""
AS_USER = re.compile(rb"/tally/v1/users/[^/]+/request")
"""Path of the control call that sends a request as a user."""


class App:
    """The application behind every door of the server: requests, streams, control calls.

    It is an ASGI app too, for use inside of other programs.
    """

    def __init__(self, services: Services, control: Control) -> None:
        self.services = services
        self.control = control
        self.entrance = entrance_of("")
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
        carried: list[Request] = []

        async def carry(asked: Request, skew_ms: int = 0) -> Answer:
            carried.append(asked)
            return await self.carry_out(asked, skew_ms)

        began = stopwatch()
        answer = await play.answer(self.services.faults, rule, request, carry, language)
        return self.after_fault(request, rule, answer, carried=bool(carried), began=began)

    def after_fault(self, request: Request, rule: Rule, answer: Answer, *, carried: bool, began: float) -> Answer:
        """The answer that a fault left, with the rule as its reason where the fault itself refuses."""
        status, body, extra = answer
        if carried and (body.startswith(WELL) or any(name == reasons.HEADER for name, _ in extra)):
            return answer
        why = reasons.reason_of("fault", {"id": str(rule.id), "kind": rule.kind.name}, "", {})
        if not carried:
            key = self.services.keys.get(request.headers.get(auth.KEY, b"").decode("latin-1"))
            call = Call(
                self.routes[request.path][request.method].endpoint,
                request.headers,
                request.peer,
                self.services.venue.now_ms(),
            )
            call.user_id, call.target, call.reasons = key.user_id if key else None, request.target, (why,)
            self.note(call, status, body, began, fault=rule.kind.name)
        return status, body, [*extra, *reasons.header((why,))]

    def note(self, call: Call, status: int, body: bytes, began: float, lint_said: str = "", fault: str = "") -> None:
        """Keep a request among those that were seen."""
        endpoint = call.endpoint
        asked = (call.now_ms, call.user_id or 0, endpoint.method, endpoint.name, call.target)
        us = int((stopwatch() - began) * 1_000_000)
        self.services.seen.note(asked, status, body, us, call.reasons, lint=lint_said, fault=fault)

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
        began = stopwatch()
        path, method, headers, services = request.path, request.method, request.headers, self.services
        methods = self.routes.get(path)
        if methods is None:
            if path.startswith(OWN_PREFIX) or (method, path) == ("GET", b"/"):
                return await self.own(request)
            methods = {}
        route = methods.get(method)
        language = language_of(headers) if ACCEPT_LANGUAGE in headers else "en"
        if route is None:
            return self.without_route(request, tuple(methods), language, began)
        venue = services.venue
        turn_ms = venue.turn_at_once()
        now_ms = venue.now_ms() if turn_ms is None else turn_ms
        call = Call(route.endpoint, headers, request.peer, now_ms, target=request.target, query=request.query)
        call.language, call.skew_ms = language, skew_ms
        fault: Fault | None = None
        try:
            # Some refusals carry the time without a turn at the venue.
            telling = venue.telling(now_ms) if turn_ms is None else None
            if telling is not None:
                await telling
            steps = route.steps
            if request.has_body:
                steps, turn_ms = route.after_body, None
                await self.take_body(request, route, call)
            call.turn_ms = turn_ms
            for step in steps:
                step(services, call)
            found = route.run(services, call)
            status, body, extra = found if isinstance(found, tuple) else await found
        except Exception as problem:
            fault = problem if isinstance(problem, Fault) else None
            status, body, extra = self.told(problem, route, call, language)
        lint_said = ""
        if call.reasons or call.remarks or call.hints or fault is not None or route.endpoint.batch_max:
            extra, lint_said = self.remarked(call, fault, extra)
        self.note(call, status, body, began, lint_said)
        return status, body, extra

    def remarked(self, call: Call, fault: Fault | None, extra: Headers) -> tuple[Headers, str]:
        """Headers of an answer with the lint and the reasons of the request, and the text of the lint."""
        lint_said = ""
        if fault is not None or call.remarks or call.hints or call.endpoint.batch_max:
            said = lint.of_call(call, fault, self.services.surface)
            if said is not None:
                extra, lint_said = [*extra, said], said[1].decode("ascii")
        if call.reasons:
            extra = [*extra, *reasons.header(call.reasons)]
        return extra, lint_said

    def without_route(self, request: Request, allowed: tuple[str, ...], language: str, began: float) -> Answer:
        """Answer a request that no endpoint takes."""
        path = request.path.decode("latin-1")
        status, body, extra = without_route(request.method, path, allowed, language)
        name = "inactive" if status == 410 else "method" if status == 405 else "no such path"
        why = reasons.reason_of(name, {"allowed": " or ".join(allowed)}, "", {})
        us = int((stopwatch() - began) * 1_000_000)
        seen, now_ms = self.services.seen, self.services.venue.now_ms()
        asked = Asking(now_ms, 0, request.method, path[:80], request.target)
        seen.note(asked, status, body, us, (why,))
        return status, body, [*extra, *reasons.header((why,))]

    async def take_body(self, request: Request, route: Route, call: Call) -> None:
        """Run the steps that need no body, then read the body. A body that is too large goes before their refusals."""
        if call.headers.get(b"content-encoding", b"identity") != b"identity":
            raise Refused(ENCODING)
        waits = not request.whole
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
        if waits:
            # What is asked from here on is asked of the request as it is whole now.
            call.now_ms = self.services.venue.now_ms()

    async def own(self, request: Request) -> Answer:
        """Answer the venue's own calls: the address alone, the OpenAPI documents, and control calls."""
        if request.path == b"/":
            return 200, self.entrance, NO_HEADERS
        if request.method == "GET" and request.path in (OPENAPI_PATH, CONTROL_OPENAPI_PATH):
            return 200, self.openapi(request), NO_HEADERS
        began = stopwatch()
        answer = await self.control.answer(request)
        # A request that is sent as a user is kept as that user's, if it changes anything or is refused.
        if request.method != "GET" and not (answer[0] == 200 and AS_USER.fullmatch(request.path)):
            self.note_control(request, answer, began)
        return answer

    def note_control(self, request: Request, answer: Answer, began: float) -> None:
        """Keep a control call that changes something among the requests that were seen."""
        status, body, _ = answer
        us = int((stopwatch() - began) * 1_000_000)
        operation = request.path[len(PREFIX) :].decode("latin-1")[:80]
        why = refused_words(body) if status >= 400 else ()
        now_ms = self.services.venue.now_ms()
        asked = Asking(now_ms, 0, request.method, operation, request.path)
        self.services.seen.note(asked, status, body, us, why)

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
                case Refused() if problem.key == ENCODING:
                    call.reasons = (reasons.reason_of("encoding", {}, "", {}),)
                    return answers.closing(ENCODING, language)
                case Refused():
                    call.reasons = (reasons.of_refusal(self.services, call, problem, problem),)
                    return answers.of_code(problem.key, problem.details, language)
                case Fault():
                    return self.refusal(route, call, problem, problem, problem.sent)
                case Refusal():
                    return self.refusal(route, call, problem, problem, call.sent)
                case Rejected():
                    no = refusal_of(route.endpoint.name, problem, route.amount_field, self.services.surface)
                    return self.refusal(route, call, problem, no, call.sent)
                case Gone():
                    return answers.GONE
                case VenueHalted() | TooLarge() | Busy():
                    return self.unable(call, problem, language)
        except Exception as bug:
            bug.__cause__ = problem
            problem = bug
        log.error("a bug, while answering %s", route.endpoint.path, exc_info=problem)
        call.reasons = (reasons.reason_of("a bug", {}, "", {}),)
        return answers.of_code("50026", {}, language)

    def unable(self, call: Call, problem: VenueHalted | TooLarge | Busy, language: str) -> Answer:
        """Answer where the venue or the server cannot take a request."""
        match problem:
            case VenueHalted():
                call.reasons = (reasons.reason_of("halted", {"said": str(problem)}, "", {}),)
                halted = self.services.venue.halted is not None
                return answers.of_code("50001/halted" if halted else "50001", {}, language)
            case TooLarge():
                call.reasons = (reasons.reason_of("too large", {}, "", {}),)
                return answers.closing("51000/body", language)
            case Busy():
                call.reasons = (reasons.reason_of("busy", {}, "", {}),)
                return answers.closing("50013", language)

    def refusal(
        self, route: Route, call: Call, problem: Exception, no: No, sent: Mapping[str, object] | None
    ) -> Answer:
        """Answer for a refusal of what was sent.

        For an order it is in its item; for anything else, or a body that is no request at all, it is the whole answer
        (decisions/005).
        """
        call.reasons = (reasons.of_refusal(self.services, call, no, problem),)
        if sent is None or not route.endpoint.per_item or route.endpoint.batch_max:
            return answers.of_code(no.key, no.details, call.language)
        at_us = call.now_ms * 1_000
        row = refused_item(self.services, call, sent, no)
        return 200, encode.per_item((row,), failed=1, in_us=at_us, out_us=at_us), NO_HEADERS


def entrance_of(console: str) -> bytes:
    """Answer of the path /, for somebody who opens the address in a browser. `console` is the address of a console."""
    at = "the page to look at this venue and to move it is at " + console
    page = at if console else "tally console serves a page to look at this venue and to move it, and prints its address"
    return msgspec.json.encode(
        {
            "tallystick": tallystick.__version__,
            "page": page,
            "openapi": OPENAPI_PATH.decode("ascii"),
            "control_calls": CONTROL_OPENAPI_PATH.decode("ascii"),
        }
    )


def language_of(headers: Mapping[bytes, bytes]) -> str:
    return "zh" if headers.get(ACCEPT_LANGUAGE, b"")[:2].lower() == b"zh" else "en"


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
