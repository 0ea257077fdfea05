"""Control calls of the exchange's parameters: the values in force, changes to them, and their sources."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Struct

from tallystick.contract.core import Doc, doc
from tallystick.server.control.form import Called, ControlEndpoint, Empty, Query, Spelling, Wrong
from tallystick.venue import fidelity, settings
from tallystick.venue.parameters import packaged_table


class FidelityQuery(Query, frozen=True, kw_only=True):
    """Query for the values of one kind of source; all without one."""

    source: Annotated[str | None, doc("Kind of source", "来源的种类")] = None


class Changed(Struct, frozen=True, kw_only=True):
    """Path and new value of each parameter that changed."""

    # JSON as the kind of each number has it: text, true or false, a list of texts or of lists.
    changed: dict[str, Any]


async def show(call: Called, body: Empty) -> settings.Parts:
    return await call.venue.query(lambda state, _: settings.describe_state(state, packaged_table()))


async def change(call: Called, body: settings.Patch) -> Changed:
    """Apply a patch, all of it or nothing."""
    try:
        command = settings.command_of(body)
    except settings.BadValue as problem:
        raise Wrong(400, str(problem), "GET parameters shows each one in the form to send") from None
    if not command.settings:
        raise Wrong(400, "nothing to change", 'such as {"currencies": {"BTC": {"quota": "5"}}}')
    outcome = await call.venue.submit(command)
    return Changed(changed={name: value for event in outcome.events for name, value in settings.changed_by(event)})


async def show_fidelity(call: Called, body: Empty) -> fidelity.Fidelity:
    source = call.asked(FidelityQuery).source
    if source not in (None, *fidelity.SOURCES):
        raise Wrong(400, f"{source[:40]!r} is no source", "there are: " + ", ".join(fidelity.SOURCES))
    whole = fidelity.report()
    return whole if source is None else whole.only(source)


ENDPOINTS = (
    ControlEndpoint(
        "GET",
        "parameters",
        Empty,
        settings.Parts,
        show,
        Doc(
            "Show every parameter in force, with the source of its packaged value",
            "查看生效中的每个数值及其出厂值的来源",
        ),
        spelling=Spelling("parameters show"),
    ),
    ControlEndpoint(
        "POST",
        "parameters",
        settings.Patch,
        Changed,
        change,
        Doc("Change parameters, all of them or none", "修改数值，要么全部生效，要么都不生效"),
        (
            '{"currencies": {"BTC": {"quota": "5"}}, "instruments": {"BTC-USDT": {"depth_quote": "100000"}}, '
            '"constants": {"taker_fee": "0.002"}}',
        ),
        spelling=Spelling("parameters set"),
    ),
    ControlEndpoint(
        "GET",
        "fidelity",
        Empty,
        fidelity.Fidelity,
        show_fidelity,
        Doc(
            "List what is documented, observed, inferred or chosen",
            "列出哪些有文档、哪些来自观察、哪些是假定或自行决定",
        ),
        ("source=inferred",),
        FidelityQuery,
    ),
)
