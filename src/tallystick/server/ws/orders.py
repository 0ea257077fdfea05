"""Order operations: the same requests, checks, limits and views as their REST twins, answered in one message."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tallystick.contract import by_route
from tallystick.contract.channels import OPERATIONS
from tallystick.contract.errors import ERRORS, text
from tallystick.server import batch_items, lint, operations, reasons
from tallystick.server.call import Refused
from tallystick.server.faults import orders as order_faults
from tallystick.server.faults.rules import Asked
from tallystick.server.seen import Asking
from tallystick.server.steps import Step, steps_of
from tallystick.server.ways import Way
from tallystick.venue.clock import stopwatch
from tallystick.views import VIEWS, BatchView, CommandView, Refusal
from tallystick.wire import encode, frames, versioned_fields
from tallystick.wire.decode import Fault

if TYPE_CHECKING:
    from tallystick.contract.core import Endpoint, Row
    from tallystick.server.services import Services
    from tallystick.server.ws.session import Session
    from tallystick.store.api import KeyRecord


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
    asked = Asked(name=endpoint.name, method="WS", user_id=session.key.user_id, key=session.key.api_key)
    services = session.services
    rule = services.faults.hit(asked, services.venue.now_ms()) if services.faults.rules else None
    carry = partial(carried_out, session, session.key, endpoint, op, request=request)
    if rule is None:
        session.say(await carry())
    else:
        refuse = partial(refused, services, op, request_id)
        await order_faults.answer(order_faults.Played(rule, session, carry, refuse, services.faults.delays))


def refused(services: Services, op: str, request_id: str, key: str) -> bytes:
    """Answer with the code of a fault."""
    now_us = services.venue.now_ms() * 1_000
    return frames.operation(request_id, op, (), ERRORS[key].code, text(key), in_us=now_us, out_us=now_us)


async def carried_out(
    session: Session, api_key: KeyRecord, endpoint: Endpoint, op: str, *, request: dict[str, object]
) -> bytes:
    """Carry an operation out, and return its answer."""
    services = session.services
    request_id = frames.id_of(request)
    in_us = services.venue.now_ms() * 1_000
    rows: list[Row] = []
    why: tuple[reasons.Reason, ...] = ()
    began = stopwatch()
    call = operations.call_of(services, endpoint, api_key, session.peer, request)
    try:
        if services.strict:
            frames.require_documented(request, "expTime")
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
        why = (reasons.of_refusal(services, call, no, no),)
    out_us = await services.venue.tell_ms() * 1_000
    shown = versioned_fields.all_completed(rows, services.surface)
    said = frames.operation(request_id, op, shown, code, msg, in_us=in_us, out_us=out_us)
    asked = Asking(out_us // 1_000, api_key.user_id, "WS", endpoint.name, op.encode("ascii"))
    services.seen.note(asked, 0, said, int((stopwatch() - began) * 1_000_000), why or call.reasons)
    return said
