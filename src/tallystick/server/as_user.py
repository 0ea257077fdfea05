"""Requests that a control call sends as a user: read and answered like any other, but never signed or counted.

Tests look at a user this way. Their looks use up no rate limit of the user and meet no injected fault.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

from tallystick.contract.core import Endpoint
from tallystick.server import auth, reasons
from tallystick.server.answers import Answer
from tallystick.server.call import Call
from tallystick.server.steps import Step, account_mode, batch_parameters, parameters
from tallystick.venue.clock import stopwatch

if TYPE_CHECKING:
    from tallystick.server.app import App
    from tallystick.server.services import Services
    from tallystick.store.api import KeyRecord

SendAs: TypeAlias = Callable[[int, str, str, bytes], Awaitable[Answer | None]]
"""Sender of a request: user, method, target and body to the answer; None where there is no such endpoint."""


def steps_as_user(endpoint: Endpoint) -> tuple[Step, ...]:
    """Checks of such a request, in the order of `steps.CHECKS`: those of its content."""
    return (
        *([auth.of_main_account] if endpoint.main_only else []),
        batch_parameters if endpoint.batch_max else parameters,
        *([account_mode] if endpoint.modes else []),
    )


async def send_as(app: App, user_id: int, method: str, target: str, body: bytes) -> Answer | None:
    """Answer a request as this user, who needs an API key. None: no such endpoint. Raises LookupError: no key.

    A POST and a refusal are kept among the requests that were seen; a look at a user is not.
    """
    began = stopwatch()
    path, _, query = target.encode().partition(b"?")
    route = app.routes.get(path, {}).get(method)
    if route is None:
        return None
    services = app.services
    headers = {b"content-type": b"application/json"} if body else {}
    call = Call(route.endpoint, headers, "127.0.0.1", services.venue.now_ms())
    call.target, call.query, call.body = target.encode(), query, body
    if route.endpoint.permission is not None:
        call.key = key_of(services, user_id)
        call.user_id = user_id
    try:
        for step in steps_as_user(route.endpoint):
            step(services, call)
        found = route.run(services, call)
        status, said, extra = found if isinstance(found, tuple) else await found
        if method != "GET":
            app.note(call, status, said, began)
        return status, said, extra
    except Exception as problem:
        status, said, extra = app.told(problem, route, call, "en")
        app.note(call, status, said, began)
        return status, said, [*extra, *reasons.header(call.reasons)]


def key_of(services: Services, user_id: int) -> KeyRecord:
    """First API key of a user, whose label and addresses some answers show. Raises LookupError."""
    for key in services.keys.values():
        if key.user_id == user_id:
            return key
    raise LookupError("the user has no API key")


async def nobody_sends(user_id: int, method: str, target: str, body: bytes) -> Answer | None:
    """Sender of control calls that no app has taken up; it knows no endpoint."""
    return None
