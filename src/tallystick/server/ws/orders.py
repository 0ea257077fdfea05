"""Order operations: the same requests, checks, limits and views as their REST twins, answered in one message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.contract import by_route
from tallystick.contract.channels import OPERATIONS
from tallystick.contract.core import SPOT_ONLY
from tallystick.contract.errors import text
from tallystick.server import auth, items, lint
from tallystick.server.call import Call, Refused
from tallystick.views import VIEWS, BatchView, CommandView, Refusal
from tallystick.views.market import instrument_of_code
from tallystick.wire import encode, frames, later
from tallystick.wire.decode import Decoded, Fault, decode_object
from tallystick.wire.values import scalar

if TYPE_CHECKING:
    from tallystick.contract.core import Endpoint, Row
    from tallystick.server.ws.session import Session


async def run(session: Session, op: str, request: dict[str, object], request_id: str) -> None:
    """Answer one operation.

    Raises Fault, the first that applies: 60028 (not on this path, or nothing this venue has), 60011 (not logged in),
    60027 (no id). All else is said in the operation's own answer.
    """
    endpoint = by_route.get(OPERATIONS[op], {}).get("POST")
    if endpoint is None or session.path not in ("private", ""):
        raise Fault("60028")
    if session.key is None:
        raise Fault("60011")
    if not request_id:
        raise Fault("60027", "id", param="id")
    server = session.server
    in_us = server.venue.now_ms() * 1_000
    rows: list[Row] = []
    try:
        if server.strict:
            frames.require_documented(request, "expTime")
        call = _call(session, endpoint, request)
        auth.permitted(server, call)
        items.not_expired(server, call)
        if endpoint.modes and not set(endpoint.modes) & set(SPOT_ONLY):
            raise Refusal("51010")
        _read(session, call, request.get("args"))
        items.rate_limit_of_batch(server, call)
        lint.note(endpoint, lint.of_items(call, server.surface))
        match VIEWS[endpoint.name]:
            case BatchView() as batch:
                items.require_distinct(batch, call)
                rows, failed = await items.run_items(server, batch.one, call)
            case CommandView() as one:
                rows, failed = await items.run_items(server, one, call)
            case _:
                raise Fault("60028")
        # Its items say why; the text of the whole stays empty here (observed), unlike over REST.
        code, msg = encode.summary(len(rows), failed)[0], ""
    except (Fault, Refusal, Refused) as no:
        code, msg = no.code, text(no.key, **no.details)
    out_us = await server.venue.tell_ms() * 1_000
    shown = later.all_completed(rows, server.surface)
    session.say(frames.operation(request_id, op, shown, code, msg, in_us=in_us, out_us=out_us))


def _call(session: Session, endpoint: Endpoint, request: dict[str, object]) -> Call:
    """The operation as the REST pipeline knows it; `expTime` stands beside the operation instead of in a header."""
    until = request.get("expTime")
    headers = {b"exptime": (scalar(until) or "none").encode("ascii", "replace")} if until else {}
    call = Call(endpoint, b"", b"", headers, session.peer, session.server.venue.now_ms(), "en")
    if session.key is not None:
        call.key, call.user_id = session.key, session.key.user_id
    return call


def _read(session: Session, call: Call, args: object) -> None:
    """Raises Fault for what is wrong with the list, or Refused 50011 for it above the limit: it counts as one."""
    try:
        call.items = _items(session, call.endpoint, args)
    except Fault as fault:
        call.items = [fault]
        items.rate_limit_of_batch(session.server, call)
        raise


def _items(session: Session, endpoint: Endpoint, args: object) -> list[Decoded | Fault]:
    """What is wrong with one request is said in its own item.

    Raises Fault for what is wrong with the list: 60013, or the code of the REST twin for one that is too long.
    """
    if type(args) is not list or not args:
        raise Fault("60013")
    if len(args) > (endpoint.batch_max or 1):
        raise Fault(endpoint.too_many, max=str(endpoint.batch_max)) if endpoint.batch_max else Fault("60013")
    if any(type(arg) is not dict for arg in args):
        raise Fault("60013")
    return [items.strictly(session.server, _item(session, endpoint, arg)) for arg in args]


def _item(session: Session, endpoint: Endpoint, arg: dict[str, object]) -> Decoded | Fault:
    try:
        return decode_object(endpoint, _with_instrument(session, arg), session.server.surface)
    except Fault as fault:
        # What was sent, and not what the instrument's number stood for.
        fault.sent = arg
        return fault


def _with_instrument(session: Session, arg: dict[str, object]) -> dict[str, object]:
    """`instIdCode` turned into the name it stands for; it wins over a name beside it (documented)."""
    code = arg.get("instIdCode")
    if code is None or code == "":
        return arg
    digits = scalar(code) or ""
    name = ""
    if digits.isascii() and digits.isdigit() and len(digits) <= 18:
        name = session.server.venue.look(lambda state, now_ms: instrument_of_code(state, int(digits)))
    if not name:
        raise Fault("51001")
    return {field: value for field, value in arg.items() if field != "instIdCode"} | {"instId": name}
