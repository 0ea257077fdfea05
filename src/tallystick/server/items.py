"""Orders one by one or in lists, over HTTP and over WebSocket: how they are limited, carried out and answered for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec.structs import replace

from tallystick.contract import by_name
from tallystick.contract.core import SURFACES, Row
from tallystick.contract.errors import ERRORS, text
from tallystick.contract.sub_codes import SUB_CODES
from tallystick.engine.rejects import Rejected
from tallystick.server.call import Call, Refused
from tallystick.views import BatchView, CommandView, Refusal
from tallystick.views.errors import refusal_of
from tallystick.wire.decode import Decoded, Fault

if TYPE_CHECKING:
    from tallystick.server.server import Server

Details: TypeAlias = dict[str, str]
EXPIRY_FORM = re.compile(rb"[0-9]{1,13}")


def not_expired(server: Server, call: Call) -> None:
    """50036: the sender said until when the order may still be placed, and that is over (documented)."""
    until = call.headers.get(b"exptime")
    if until and (not EXPIRY_FORM.fullmatch(until) or int(until) < call.now_ms):
        raise Refused("50036")


def rate_limit_of_batch(server: Server, call: Call) -> None:
    """50011 for the whole. Every order counts; a batch of one counts as a single order (documented)."""
    name = call.endpoint.name
    if len(call.record) == 1:
        name = call.endpoint.single or name
    counts = by_name[name].limits
    orders: dict[str, int] = {}
    for item in call.record:
        if isinstance(item, Decoded):
            instrument = getattr(item.record, "instId", "")
            orders[instrument] = orders.get(instrument, 0) + 1
    counted = [
        ((name, call.user_id, instrument), limit, count) for instrument, count in orders.items() for limit in counts
    ]
    if not server.limiter.admit_many(counted, call.now_ms):
        raise Refused("50011")


def require_distinct(view: BatchView, call: Call) -> None:
    """Raises Refusal where two requests mean the same thing and the documents forbid it."""
    if view.distinct is not None:
        meant = [view.distinct(item.record) for item in call.record if isinstance(item, Decoded)]
        if len(set(meant)) != len(meant):
            raise Refusal(view.twice)


async def run_items(server: Server, one: CommandView, call: Call) -> tuple[list[Row], int]:
    """The rows, and how many of them were refused.

    One after another; each is durable before the next begins, so the items stand in the order they happened.
    """
    name = call.endpoint.single or call.endpoint.name
    rows: list[Row] = []
    failed = 0
    for item in call.record:
        try:
            if isinstance(item, Fault):
                raise item
            rows.append(await run_item(server, one, item.record, call))
        except (Fault, Refusal, Rejected) as no:
            failed += 1
            if one.refused is None:
                raise RuntimeError(f"{name} answers item by item, but not with a refusal") from no
            key, details = key_of(no, name, one)
            record = None if isinstance(item, Fault) else item.record
            rows.append(refused_item(server, one.refused, record, call, key, details))
    return rows, failed


def refused_item(
    server: Server, refused: Callable[[Any, int, str, str], Row], record: Any, call: Call, key: str, details: Details
) -> Row:
    """The item of a refused request; on the later surface it says which of the reasons behind a code it was."""
    row = refused(record, call.now_ms, ERRORS[key].code, text(key, call.language, **details))
    if server.surface == SURFACES[0] or "subCode" not in row.__struct_fields__:
        return row
    return replace(row, subCode=SUB_CODES.get(key, ""))


async def run_item(server: Server, view: CommandView, record: Any, call: Call) -> Row:
    (row,) = await server.venue.perform(
        lambda state, now_ms: view.command(record, server.caller(call, now_ms), state),
        lambda stamp, events, state: view.reply(record, stamp, events, state),
    )
    return row


def key_of(no: Fault | Refusal | Rejected, name: str, view: CommandView) -> tuple[str, Details]:
    """Which error a refused item says, and what fills its text."""
    said = refusal_of(name, no, view.amount_field) if isinstance(no, Rejected) else no
    return said.key, said.details
