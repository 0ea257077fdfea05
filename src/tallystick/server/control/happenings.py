"""Faults of what happens in control calls: a rule becomes a command, and the state tells it again."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from msgspec.structs import replace

from tallystick.engine import commands
from tallystick.engine.amounts import atoms_from_text, text_from_atoms
from tallystick.engine.faults import KINDS, PPM
from tallystick.engine.kinds import FaultKind
from tallystick.engine.rejects import Reject
from tallystick.engine.state import Fault, State
from tallystick.server.control.fault_forms import FaultBody, FaultRule
from tallystick.server.control.form import Called, Wrong
from tallystick.server.control.text import iso
from tallystick.server.control.users import id_of
from tallystick.server.faults.happenings import LOANS, by_name, codes_of
from tallystick.server.faults.kinds import ANYTHING, Kind
from tallystick.server.faults.rules import When


async def inject(call: Called, kind: Kind, body: FaultBody, when: When, values: Mapping[str, int | str]) -> int:
    """Inject a fault under the next number. Raises Wrong: a key was named (400), no such user (404)."""
    if body.key is not None:
        raise Wrong(400, f"{kind.name} has no key: it is of what happens", "name the user in place of the key")
    if body.user is None and KINDS[engine_kind(kind.name)].user:
        raise Wrong(400, f"{kind.name} needs a user", 'such as "user": "alice"')
    rule = rule_of(kind, body.on, when, values)

    def command(state: State, now_ms: int) -> commands.InjectFault:
        user_id = 0 if body.user is None else id_of(state, body.user)
        return commands.InjectFault(rule=replace(rule, fault_id=call.faults.next_id(state.faults), user_id=user_id))

    return await call.venue.perform(command, lambda stamp, events, state: next(reversed(state.faults)))


def rule_of(kind: Kind, on: str, when: When, values: Mapping[str, int | str]) -> commands.FaultRule:
    """Rule of everybody, without a number."""
    name = engine_kind(kind.name)
    share, code = values.get("share"), values.get("code")
    return commands.FaultRule(
        fault_id=0,
        kind=name,
        nth=when.nth,
        count=when.count or 0,
        from_ms=max(0, when.from_ms or 0),
        until_ms=max(1, when.until_ms) if when.until_ms is not None else 0,
        ppm=when.ppm,
        seed=when.seed,
        ms=int(values.get("ms", 0)),
        leg=int(values.get("leg", 0)),
        share=0 if share is None else atoms_from_text(str(share)),
        reason="" if code is None else codes_of(name, kind.operations[0])[str(code)].name,
        what=LOANS.get(on, ""),
    )


def engine_kind(name: str) -> FaultKind:
    return next(kind for kind in KINDS if kind == name)


async def clear(call: Called, *numbers: int) -> None:
    """Take faults away, by number; all that there are without any."""

    def command(state: State, now_ms: int) -> commands.ClearFaults:
        return commands.ClearFaults(fault_ids=numbers or tuple(state.faults))

    if await call.venue.query(lambda state, _: bool(state.faults)):
        await call.venue.perform(command, lambda stamp, events, state: None)


def told(state: State) -> list[FaultRule]:
    """Faults of the state, with all their values."""
    return [fault_told(state, fault) for fault in state.faults.values()]


def fault_told(state: State, fault: Fault) -> FaultRule:
    rule = fault.rule
    kind, takes = by_name[rule.kind], KINDS[rule.kind]
    code = {}
    if rule.reason:
        code = {reason: name for name, reason in codes_of(rule.kind, kind.operations[0]).items()}
    return FaultRule(
        id=rule.fault_id,
        on=operation_of(kind, rule.what),
        fault=rule.kind,
        user=state.users[rule.user_id].name if rule.user_id else None,
        nth=rule.nth,
        count=rule.count or None,
        from_at=iso(rule.from_ms) if rule.from_ms else None,
        until_at=iso(rule.until_ms) if rule.until_ms else None,
        probability=None if rule.ppm == PPM else Decimal(rule.ppm) / PPM,
        seed=None if rule.ppm == PPM else rule.seed,
        ms=rule.ms if takes.ms else None,
        code=code[Reject[rule.reason]] if rule.reason else None,
        leg=rule.leg if takes.leg else None,
        share=Decimal(text_from_atoms(rule.share)) if takes.share else None,
        matched=fault.met,
        fired=fault.fired,
    )


def operation_of(kind: Kind, what: str) -> str:
    """Operation that a fault is about; `*` if it is about several."""
    if len(kind.operations) == 1:
        return kind.operations[0]
    return next((operation for operation, one in LOANS.items() if one == what), ANYTHING)
