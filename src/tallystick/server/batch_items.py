"""Orders one by one or in lists, over HTTP and WebSocket: their limits, execution and answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from tallystick.contract import by_name
from tallystick.contract.core import SURFACES, Request, Row
from tallystick.contract.errors import text
from tallystick.contract.sub_codes import SUB_CODES
from tallystick.engine.commands import Command
from tallystick.engine.rejects import Rejected
from tallystick.server import reasons
from tallystick.server.call import Call, No, R, found, of_class
from tallystick.views import BatchView, CommandView, Refusal
from tallystick.views.errors import refusal_of
from tallystick.wire import echo
from tallystick.wire.decode import Decoded, Fault, value_of

if TYPE_CHECKING:
    from tallystick.contract.core import Endpoint
    from tallystick.server.services import Services

EXPIRY_FORM = re.compile(rb"0*([0-9]+)")
EXPIRY_DIGITS_MAX = 13
"""Digits of an expiry; a longer number is later than any clock goes."""


def not_expired(services: Services, call: Call) -> None:
    """Refuse an order after its `expTime` (50036, documented), or whose `expTime` is no number (51000, chosen)."""
    until = call.headers.get(b"exptime")
    if not until:
        return
    form = EXPIRY_FORM.fullmatch(until)
    if form is None:
        sent = until[:40].decode("latin-1")
        raise found(call, "expiry form", param="expTime").because(sent=sent)
    digits = form[1]
    if len(digits) <= EXPIRY_DIGITS_MAX and int(digits) < call.now_ms:
        raise found(call, "expired").because(until_ms=int(digits), venue_ms=call.now_ms)


def rate_limit_of_batch(services: Services, call: Call) -> None:
    """Refuse the whole batch above the rate limit (50011).

    Every order counts, also one with a fault; a batch of one counts as a single order (documented).
    """
    name = call.endpoint.name
    if len(call.items) == 1:
        name = call.endpoint.single or name
    counts = by_name[name].limits
    orders: dict[object, int] = {}
    for item in call.items:
        if isinstance(item, Decoded):
            instrument = counted_as_read(item.record, "instId")
        else:
            instrument = counted_as_sent(call.endpoint, item.sent, "instId")
        orders[instrument] = orders.get(instrument, 0) + 1
    counted = [
        ((name, call.user_id, instrument), limit, count) for instrument, count in orders.items() for limit in counts
    ]
    if not services.limiter.admit_many(counted, services.pace_ms(call)):
        raise services.rate_refused(call)


def counted_as_read(record: Request, name: str) -> object:
    """Value of a parameter that a rate limit counts by; "" where it was left out."""
    return getattr(record, name, "") or ""


def counted_as_sent(endpoint: Endpoint, sent: Mapping[str, object] | None, name: str) -> object:
    """Value of such a parameter in a request with a fault; "" where it was left out or cannot be read."""
    value = None if sent is None else value_of(endpoint.request, name, sent.get(name))
    return value or ""


def require_distinct(view: BatchView[R, Command, Row], call: Call) -> None:
    """Require that no two requests name the same thing where the documents forbid it. Raises Refusal."""
    if view.distinct is not None:
        read = [of_class(item.record, view.request) for item in call.items if isinstance(item, Decoded)]
        meant = [view.distinct(record) for record in read]
        if len(set(meant)) != len(meant):
            raise Refusal(view.twice)


async def run_items(services: Services, one: CommandView[R, Command, Row], call: Call) -> tuple[list[Row], int]:
    """Run the items of a batch: (rows, number of refused ones).

    They run one after another; each is durable before the next begins, so rows are in the order of execution.
    """
    name = call.endpoint.single or call.endpoint.name
    rows: list[Row] = []
    failed = 0
    for place, item in enumerate(call.items, 1):
        try:
            if isinstance(item, Fault):
                raise item
            rows.append(await run_item(services, one, item.record, call))
        except (Fault, Refusal, Rejected) as no:
            failed += 1
            said = refusal_of(name, no, one.amount_field, services.surface) if isinstance(no, Rejected) else no
            rows.append(refused_item(services, call, item.sent or {}, said))
            call.reasons += (reasons.of_refusal(services, call, said, no, place if len(call.items) > 1 else 0),)
    return rows, failed


def refused_item(services: Services, call: Call, sent: Mapping[str, object], no: No) -> Row:
    """Item of a refused order; on the later surface `subCode` tells the reasons behind one code apart."""
    message = text(no.key, call.language, **no.details)
    row = echo.refused(call.endpoint, sent, call.now_ms, no.code, message)
    if services.surface == SURFACES[0] or "subCode" not in row.__struct_fields__:
        return row
    return replace(row, subCode=SUB_CODES.get(no.key, ""))


async def run_item(services: Services, view: CommandView[R, Command, Row], request: Request, call: Call) -> Row:
    record = of_class(request, view.request)
    (row,) = await services.venue.perform(
        lambda state, now_ms: view.command(record, services.caller(call, now_ms), state),
        lambda stamp, events, state: view.reply(record, stamp, events, state),
    )
    return row


def strictly(services: Services, item: Decoded | Fault) -> Decoded | Fault:
    """Refuse with `--strict` the first parameter that is not read or not sent as documented (51000, chosen)."""
    if not services.strict or isinstance(item, Fault) or not item.remarks:
        return item
    fault = Fault("51000", None, param=item.remarks[0].name)
    fault.remarks, fault.sent = item.remarks, item.sent
    return fault
