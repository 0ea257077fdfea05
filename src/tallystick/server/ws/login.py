"""Login over a WebSocket: a signed call with its credentials in the message, and codes of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallystick.contract.channels import LOGIN
from tallystick.server import auth
from tallystick.server.call import Call
from tallystick.server.steps import steps_of
from tallystick.server.ways import Way
from tallystick.wire.decode import Fault

if TYPE_CHECKING:
    from tallystick.server.services import Services
    from tallystick.store.api import KeyRecord

STEPS = steps_of(LOGIN, Way.LOGIN)
TARGET = LOGIN.path.encode("ascii")


def checked(services: Services, args: object, peer: str, now_ms: int, *, skew_ms: int = 0) -> KeyRecord:
    """Check a login, and return its key. `skew_ms` is how far ahead a fault makes the clock seem.

    Raises Fault 60013 (args is no list of objects), then 60031 (more than one); then Refused, by the checks of a
    signed call in their order.
    """
    if type(args) is not list or not args or type(args[0]) is not dict:
        raise Fault("60013")
    if len(args) > 1:
        raise Fault("60031")
    headers = {}
    for header, _, parameter in auth.REQUIRED[Way.LOGIN]:
        value = args[0].get(parameter)
        headers[header] = value.encode("utf-8", "surrogatepass") if isinstance(value, str) else b""
    call = Call(LOGIN, headers, peer, now_ms, Way.LOGIN)
    call.target, call.skew_ms = TARGET, skew_ms
    for step in STEPS:
        step(services, call)
    return call.key
