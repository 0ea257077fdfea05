"""Checks of a request, in the order clients see; the first that raises decides the answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple, TypeAlias

from tallystick.contract.core import Endpoint, Limit
from tallystick.contract.surface import limits
from tallystick.server import auth, lint, operations
from tallystick.server.batch_items import counted_as_read, counted_as_sent, not_expired, rate_limit_of_batch, strictly
from tallystick.server.call import Call, found
from tallystick.server.services import Services
from tallystick.server.ways import Way
from tallystick.venue.venue import VenueHalted
from tallystick.views import VIEWS
from tallystick.views.repay import modes_with
from tallystick.wire import decode
from tallystick.wire.decode import Fault, Remark


def rate_limit(services: Services, call: Call) -> None:
    """Refuse above a limit that counts by user or address alone (50011). A refused request is not counted."""
    if not services.limiter.generosity:
        return
    for limit in limits(call.endpoint, services.surface):
        caller: str | int | None = call.peer if limit.per == "ip" else call.user_id
        if limit.per == "main_id":
            caller = services.main_of(call.user_id)
        if not services.limiter.admit((call.endpoint.name, caller), limit, services.pace_ms(call)):
            raise services.rate_refused(call)


def parameters_within_rate(services: Services, call: Call) -> None:
    """Read the parameters, then apply a limit that counts by one of them.

    A request with a fault counts too; above the limit it gets 50011 instead of the code of its fault (chosen).
    """
    try:
        parameters(services, call)
    except Fault as fault:
        count_by_parameter(services, call, partial(counted_as_sent, call.endpoint, fault.sent))
        raise
    count_by_parameter(services, call, partial(counted_as_read, call.record))


def count_by_parameter(services: Services, call: Call, value_of: Callable[[str], object]) -> None:
    """Count a request by user or address and a parameter. Raises Refused 50011; such a request is not counted."""
    counted = [((call.endpoint.name, *counted_by(limit, call, value_of)), limit) for limit in call.endpoint.limits]
    if not services.limiter.admit_all(counted, services.pace_ms(call)):
        raise services.rate_refused(call) from None


def counted_by(limit: Limit, call: Call, value_of: Callable[[str], object]) -> tuple[object, ...]:
    caller, _, parameter = limit.per.partition("+")
    who = call.peer if caller == "ip" else call.user_id
    if not parameter:
        return (who,)
    if parameter == "instId" and "instId" not in call.endpoint.request.__struct_fields__:
        return (who, value_of("baseCcy"), value_of("quoteCcy"))
    return (who, value_of(parameter))


def batch_within_rate(services: Services, call: Call) -> None:
    """Check the form of the body, then the limit; a fault of one request is an item of its own.

    A body that is no list of requests, or has too many, counts as one request.
    """
    try:
        if call.way is Way.ORDER:
            call.items = operations.parameters(services, call)
        else:
            batch_parameters(services, call)
    except Fault as fault:
        call.items = [fault]
        rate_limit_of_batch(services, call)
        raise
    rate_limit_of_batch(services, call)


def batch_parameters(services: Services, call: Call) -> None:
    content_type = call.headers.get(b"content-type")
    call.items = decode.decode_batch(
        call.endpoint, None if content_type is None else content_type.decode("latin-1"), call.body, services.surface
    )
    refuse_what_nobody_reads(services, call)
    call.items = [strictly(services, item) for item in call.items]


def parameters(services: Services, call: Call) -> None:
    """Check the form of the body, then the parameters in declared order, then remarks. Raises `decode.Fault`."""
    endpoint = call.endpoint
    if endpoint.method == "GET":
        decoded = decode.decode_query(endpoint, call.query.decode("latin-1"), services.surface)
    else:
        content_type = call.headers.get(b"content-type")
        decoded = decode.decode_body(
            endpoint, None if content_type is None else content_type.decode("latin-1"), call.body, services.surface
        )
    refuse_what_nobody_reads(services, call)
    if decoded.remarks:
        item = strictly(services, decoded)
        if isinstance(item, Fault):
            raise item
        call.remarks += item.remarks
    call.record, call.sent = decoded.record, decoded.sent


def refuse_what_nobody_reads(services: Services, call: Call) -> None:
    """Remark on the query of a POST and the body of a GET; with `--strict` refuse the whole request (51000, chosen)."""
    if call.query and call.endpoint.method == "POST":
        call.remarks = (Remark(lint.QUERY, "query"),)
    elif (call.body or call.body_passed_over) and call.endpoint.method == "GET":
        call.remarks = (Remark(lint.BODY, "body"),)
    if call.remarks and services.strict:
        raise Fault("51000", None, param=call.remarks[0].name)


def account_mode(services: Services, call: Call) -> None:
    """Refuse endpoints of modes that the caller's account is not in, and those that no mode has here.

    Raises VenueHalted first, as the code after the checks does.
    """
    if services.venue.halted is not None:
        raise VenueHalted(services.venue.halted)
    mode = services.mode_of(call.user_id)
    modes = modes_with(services.venue.state, call.endpoint, services.surface)
    if call.endpoint.name not in VIEWS:
        refused = found(call, "account mode")
        refused.reason = "account mode/none"
        raise refused
    if mode not in modes:
        raise found(call, "account mode").because(mode=mode, modes=" ".join(modes))


Step: TypeAlias = Callable[[Services, Call], None]


class Check(NamedTuple):
    """A step, the ways whose requests it checks, and the endpoints it applies to."""

    step: Step
    ways: tuple[Way, ...]
    concerns: Callable[[Endpoint], bool]


def _signed(endpoint: Endpoint) -> bool:
    return endpoint.permission is not None


def _by_parameter(endpoint: Endpoint) -> bool:
    return not endpoint.batch_max and any("+" in limit.per for limit in endpoint.limits)


def _by_caller(endpoint: Endpoint) -> bool:
    return not endpoint.batch_max and not _by_parameter(endpoint)


_SIGNS = (Way.HTTP, Way.LOGIN)
_ASKS = (Way.HTTP, Way.ORDER)

CHECKS: Final = (
    Check(auth.headers_present, _SIGNS, _signed),
    Check(auth.timestamp_form, _SIGNS, _signed),
    Check(auth.timestamp_window, _SIGNS, _signed),
    Check(auth.key_known, _SIGNS, _signed),
    Check(auth.environment_matches, _SIGNS, _signed),
    Check(auth.address_allowed, _SIGNS, _signed),
    Check(auth.passphrase_right, _SIGNS, _signed),
    Check(auth.signature_right, _SIGNS, _signed),
    Check(auth.permitted, _ASKS, _signed),
    Check(auth.of_main_account, _ASKS, lambda endpoint: endpoint.main_only),
    Check(not_expired, _ASKS, lambda endpoint: endpoint.expires),
    Check(batch_within_rate, (Way.ORDER,), lambda endpoint: True),
    Check(batch_within_rate, (Way.HTTP,), lambda endpoint: endpoint.batch_max > 0),
    Check(parameters_within_rate, (Way.HTTP,), _by_parameter),
    Check(rate_limit, (Way.HTTP,), _by_caller),
    Check(parameters, (Way.HTTP,), _by_caller),
    Check(account_mode, _ASKS, lambda endpoint: bool(endpoint.modes)),
)
"""Order of the checks after route and method, for every way a request can come.

The order is chosen: the exchange's is not documented (decisions/005).
"""


def steps_of(endpoint: Endpoint, way: Way = Way.HTTP) -> tuple[Step, ...]:
    """Checks of requests for an endpoint that come this way."""
    return tuple(check.step for check in CHECKS if way in check.ways and check.concerns(endpoint))


def around_body(steps: tuple[Step, ...]) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """Steps before the body is read, and the rest. The signature covers the body."""
    if auth.signature_right not in steps:
        return (), steps
    at = steps.index(auth.signature_right)
    return (*steps[:at], auth.signature_possible), steps[at:]
