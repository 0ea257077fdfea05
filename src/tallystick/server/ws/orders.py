"""Order operations: the same requests, checks, limits and views as their REST twins, answered in one message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.contract import by_route
from tallystick.contract.channels import OPERATIONS
from tallystick.contract.errors import text
from tallystick.server import batch_items, lint, operations
from tallystick.server.call import Refused
from tallystick.server.steps import Step, steps_of
from tallystick.server.ways import Way
from tallystick.views import VIEWS, BatchView, CommandView, Refusal
from tallystick.wire import encode, frames, versioned_fields
from tallystick.wire.decode import Fault

if TYPE_CHECKING:
    from tallystick.contract.core import Row
    from tallystick.server.ws.session import Session


STEPS: dict[str, tuple[Step, ...]] = {
    endpoint.name: steps_of(endpoint, Way.ORDER)
    for path in OPERATIONS.values()
    if (endpoint := by_route.get(path, {}).get("POST")) is not None
}
"""Endpoint -> checks of its operation, see `steps.CHECKS`."""


async def run(session: Session, op: str, request: dict[str, object], request_id: str) -> None:
    """Answer one operation.

    Raises Fault, the first that applies: 60028 (not on this path, or not at this venue), 60011 (not logged in),
    60027 (no id). All other refusals are in the operation's own answer.
    """
    endpoint = by_route.get(OPERATIONS[op], {}).get("POST")
    if endpoint is None or session.path not in ("private", ""):
        raise Fault("60028")
    if session.key is None:
        raise Fault("60011")
    if not request_id:
        raise Fault("60027", "id", param="id")
    services = session.services
    in_us = services.venue.now_ms() * 1_000
    rows: list[Row] = []
    try:
        if services.strict:
            frames.require_documented(request, "expTime")
        call = operations.call_of(services, endpoint, session.key, session.peer, request)
        for step in STEPS[endpoint.name]:
            step(services, call)
        lint.note(endpoint, lint.of_items(call, services.surface))
        match VIEWS[endpoint.name]:
            case BatchView() as batch:
                batch_items.require_distinct(batch, call)
                rows, failed = await batch_items.run_items(services, batch.one, call)
            case CommandView() as one:
                rows, failed = await batch_items.run_items(services, one, call)
            case _:
                raise Fault("60028")
        # The items have the reasons; the text of the whole stays empty here (observed), unlike over REST.
        code, msg = encode.summary(len(rows), failed)[0], ""
    except (Fault, Refusal, Refused) as no:
        code, msg = no.code, text(no.key, **no.details)
    out_us = await services.venue.tell_ms() * 1_000
    shown = versioned_fields.all_completed(rows, services.surface)
    session.say(frames.operation(request_id, op, shown, code, msg, in_us=in_us, out_us=out_us))
