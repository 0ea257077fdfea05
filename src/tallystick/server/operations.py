"""Order operations over a WebSocket, as calls of the pipeline: the message has the list of requests."""

from __future__ import annotations

from tallystick.contract.core import Endpoint
from tallystick.server.batch_items import strictly
from tallystick.server.call import Call
from tallystick.server.services import Services
from tallystick.server.ways import Way
from tallystick.store.api import KeyRecord
from tallystick.views.market import instrument_of_code
from tallystick.wire.decode import Decoded, Fault, decode_object
from tallystick.wire.values import scalar


def call_of(services: Services, endpoint: Endpoint, key: KeyRecord, peer: str, request: dict[str, object]) -> Call:
    """Call of an operation; `expTime` is beside the operation instead of in a header."""
    until = request.get("expTime")
    headers = {b"exptime": (scalar(until) or "none").encode("ascii", "replace")} if until not in (None, "") else {}
    call = Call(endpoint, headers, peer, services.venue.now_ms(), Way.ORDER)
    call.key, call.user_id = key, key.user_id
    call.args = request.get("args")
    return call


def parameters(services: Services, call: Call) -> list[Decoded | Fault]:
    """Requests of an operation; a fault of one of them is an item of its own.

    Raises Fault for a wrong list: 60013, or the code of the REST twin for one that is too long.
    """
    endpoint, args = call.endpoint, call.args
    if type(args) is not list or not args:
        raise Fault("60013")
    if len(args) > (endpoint.batch_max or 1):
        raise Fault(endpoint.too_many, max=str(endpoint.batch_max)) if endpoint.batch_max else Fault("60013")
    if any(type(arg) is not dict for arg in args):
        raise Fault("60013")
    return [strictly(services, _item(services, endpoint, arg)) for arg in args]


def _item(services: Services, endpoint: Endpoint, arg: dict[str, object]) -> Decoded | Fault:
    try:
        return decode_object(endpoint, _with_instrument(services, arg), services.surface)
    except Fault as fault:
        # What was sent, and not what the instrument's number stood for.
        fault.sent = arg
        return fault


def _with_instrument(services: Services, arg: dict[str, object]) -> dict[str, object]:
    """The request with `instIdCode` replaced by its name; the code wins over a name beside it (documented)."""
    code = arg.get("instIdCode")
    if code is None or code == "":
        return arg
    digits = scalar(code) or ""
    name = ""
    if digits.isascii() and digits.isdigit() and len(digits) <= 18:
        name = services.venue.look(lambda state, now_ms: instrument_of_code(state, int(digits)))
    if not name:
        raise Fault("51001")
    return {field: value for field, value in arg.items() if field != "instIdCode"} | {"instId": name}
