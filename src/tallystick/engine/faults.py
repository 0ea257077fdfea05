"""Faults of what happens: injected by command, met by what the engine does, and told by events.

The code that a fault hits asks `fires` at the place where it is about to do something. A fault counts the occasions
that meet it, and fires on some of them (`commands.FaultRule`). A fault that has fired as often as it may meets
nothing any more, and stays until it is cleared. A user's own faults come before those of everybody, earlier ones
first, and only the first that wants an occasion fires on it.
Source: chosen (decisions/039).
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from tallystick.engine import commands as c
from tallystick.engine.amounts import ONE
from tallystick.engine.commands import ClearFaults, Command, FaultRule, InjectFault
from tallystick.engine.fault_events import CommandRefused, FaultInjected, FaultMet, FaultsCleared
from tallystick.engine.interest import HOUR_MS
from tallystick.engine.kinds import FaultKind, LoanRequestKind
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import Fault, State
from tallystick.engine.work import Stamp, Work, applies

FAULTS_MAX: Final = 1_000
"""Cap on faults, those that have no more to do included."""
NUMBER_MAX: Final = 1_000_000_000
"""Bound of `nth`, `count` and `seed`."""
MS_MAX: Final = 30 * 86_400_000
"""Longest delay: thirty days."""
LEG_MAX: Final = 100
PPM: Final = 1_000_000


LOANS: Final[tuple[LoanRequestKind, ...]] = ("borrow", "repay")


class Takes(NamedTuple):
    """Parameters of a kind: the most of `ms`, whether it takes `leg`, `share` and needs a user, its reasons to refuse,
    and its occasions.
    """

    ms: int = 0
    leg: bool = False
    share: bool = False
    user: bool = False
    reasons: tuple[Reject, ...] = ()
    whats: tuple[str, ...] = ()


KINDS: Final[dict[FaultKind, Takes]] = {
    "one-click-refused": Takes(reasons=(Reject.REPAY_OFF, Reject.RUN_IN_PROGRESS, Reject.NO_DEBT)),
    "repay-stays-running": Takes(leg=True),
    "repay-leg-late": Takes(ms=MS_MAX, leg=True),
    "repay-leg-canceled": Takes(leg=True),
    "repay-leg-partly-filled": Takes(leg=True, share=True),
    "repay-ends-early": Takes(leg=True),
    "quote-refused": Takes(reasons=(Reject.NO_SUCH_PAIR, Reject.ABOVE_CONVERT_MAX)),
    "quote-expires-early": Takes(ms=MS_MAX),
    "convert-rejected": Takes(),
    "easy-convert-refused": Takes(reasons=(Reject.CONVERT_UNAVAILABLE, Reject.CCY_NOT_CONVERTIBLE)),
    "easy-convert-failed": Takes(),
    "borrow-refused": Takes(
        reasons=(Reject.POOL_EXHAUSTED, Reject.ABOVE_BORROW_LIMIT, Reject.MARGIN_INSUFFICIENT, Reject.NOT_BORROWABLE)
    ),
    "manual-repay-refused": Takes(reasons=(Reject.NOTHING_AVAILABLE, Reject.NO_DEBT)),
    "auto-repay-stalls": Takes(),
    "interest-late": Takes(ms=HOUR_MS - 1, user=True),
    "order-canceled": Takes(),
    "loan-refused": Takes(reasons=(Reject.ABOVE_LOAN_LIMIT, Reject.LOAN_CCY_NOT_BORROWABLE), whats=LOANS),
    "loan-settles-late": Takes(ms=MS_MAX, whats=LOANS),
    "loan-dropped": Takes(whats=LOANS),
    "collateral-not-adjusted": Takes(),
}

REFUSALS: Final[dict[type[Command], tuple[FaultKind, str]]] = {
    c.RepayDebt: ("one-click-refused", ""),
    c.AskQuote: ("quote-refused", ""),
    c.EasyConvert: ("easy-convert-refused", ""),
    c.ManualBorrow: ("borrow-refused", ""),
    c.ManualRepay: ("manual-repay-refused", ""),
    c.BorrowLoan: ("loan-refused", "borrow"),
    c.RepayLoan: ("loan-refused", "repay"),
}
"""The kind that refuses a command before anything else is looked at, and which of its occasions that is."""


def inject_fault(work: Work, command: InjectFault) -> None:
    """Inject a fault, or replace the one with its number. Rejects: UNKNOWN_USER, FAULT_IMPOSSIBLE, TOO_MANY_FAULTS.

    Emits: FaultsCleared (the one it replaces), FaultInjected.
    """
    rule, state = command.rule, work.state
    if rule.user_id:
        work.user(rule.user_id)
    for name, truth in _demands(rule).items():
        if not truth:
            raise Rejected(Reject.FAULT_IMPOSSIBLE, param=name).because(part=name, kind=rule.kind)
    there = rule.fault_id in state.faults
    if not there and len(state.faults) >= FAULTS_MAX:
        raise Rejected(Reject.TOO_MANY_FAULTS, max=str(FAULTS_MAX)).because(most_count=FAULTS_MAX)
    if there:
        work.emit(FaultsCleared(fault_ids=(rule.fault_id,)))
    work.emit(FaultInjected(rule=rule))


def _demands(rule: FaultRule) -> dict[str, bool]:
    """Test whether each part of a rule is in its range, by name."""
    takes = KINDS[rule.kind]
    reasons = [reason.name for reason in takes.reasons]
    return {
        "fault_id": 0 < rule.fault_id < 1 << 63,
        "nth": 0 < rule.nth <= NUMBER_MAX,
        "count": 0 <= rule.count <= NUMBER_MAX,
        "from": rule.from_ms >= 0,
        "until": rule.until_ms == 0 or rule.until_ms > rule.from_ms,
        "probability": 0 < rule.ppm <= PPM,
        "seed": 0 <= rule.seed <= NUMBER_MAX,
        "user": rule.user_id > 0 or not takes.user,
        "ms": 0 <= rule.ms <= takes.ms,
        "leg": 0 <= rule.leg <= (LEG_MAX if takes.leg else 0),
        "share": 0 <= rule.share < (ONE if takes.share else 1),
        "reason": rule.reason in (reasons or [""]),
        "what": rule.what in ("", *takes.whats),
    }


def clear_faults(work: Work, command: ClearFaults) -> None:
    """Take faults away; one that is not there is no matter. Emits: FaultsCleared."""
    work.emit(FaultsCleared(fault_ids=command.fault_ids))


# ---- what they meet


def fires(work: Work, kind: FaultKind, user_id: int, *, leg: int = 0, what: str = "") -> FaultRule | None:
    """Count an occasion for every fault that it meets. Returns the rule of the one that fires. Emits: FaultMet."""
    met = meeting(work, kind, user_id, leg=leg, what=what)
    for event in met:
        work.emit(event)
    return fired(work.state, met)


def refuse(work: Work, command: Command) -> bool:
    """Refuse a command if a fault says so. Emits: FaultMet, CommandRefused."""
    met = _met_by(work, command)
    rule = fired(work.state, met)
    if rule is None:
        return False
    for event in met:
        work.emit(event)
    work.emit(CommandRefused(reason=rule.reason, ccy=_coin_of(command)))
    return True


def _coin_of(command: Command) -> str:
    """Coin that a command that may be refused is about; "" of a quote, whose codes name none."""
    match command:
        case c.ManualBorrow() | c.ManualRepay() | c.BorrowLoan() | c.RepayLoan():
            return command.ccy
        case c.EasyConvert():
            return command.target_ccy
        case c.RepayDebt():
            return command.debt_ccy
    return ""


def require_not_refused(events: Sequence[Any]) -> None:
    """Raise the refusal that the events of a command tell of. Raises Rejected."""
    if events and type(events[-1]) is CommandRefused:
        fired_by = next((event.fault_id for event in events if type(event) is FaultMet and event.fired), 0)
        raise Rejected(Reject[events[-1].reason], ccy=events[-1].ccy).because("fault", fault_count=fired_by)


def let_pass(work: Work, command: Command) -> None:
    """Count a command that was carried out, for the faults that could have refused it. Emits: FaultMet."""
    for event in _met_by(work, command):
        work.emit(event)


def _met_by(work: Work, command: Command) -> list[FaultMet]:
    found = REFUSALS.get(type(command))
    return [] if found is None else meeting(work, found[0], getattr(command, "user_id", 0), what=found[1])


def meeting(work: Work, kind: FaultKind, user_id: int, *, leg: int = 0, what: str = "") -> list[FaultMet]:
    """Faults that an occasion meets, in their order; at most one fires. To be emitted with what it brings about."""
    state, at_ms = work.state, work.stamp.at_ms
    met: list[FaultMet] = []
    taken = False
    for own in (True, False):
        for fault in state.faults.values():
            rule = fault.rule
            if rule.kind != kind or rule.user_id != (user_id if own else 0):
                continue
            if rule.leg not in (0, leg) or rule.what not in ("", what):
                continue
            if at_ms < rule.from_ms or 0 < rule.until_ms <= at_ms or _is_done(fault):
                continue
            wants = not taken and _wants(rule, fault.met + 1)
            taken = taken or wants
            met.append(FaultMet(fault_id=rule.fault_id, fired=wants))
    return met


def fired(state: State, met: list[FaultMet]) -> FaultRule | None:
    """Rule of the fault that fires; None if all let the occasion pass."""
    return next((state.faults[event.fault_id].rule for event in met if event.fired), None)


def _is_done(fault: Fault) -> bool:
    return 0 < fault.rule.count <= fault.fired


def _wants(rule: FaultRule, number: int) -> bool:
    """Test whether a fault wants its occasion of this number."""
    return number >= rule.nth and (rule.ppm == PPM or _drawn_ppm(rule, number) < rule.ppm)


def _drawn_ppm(rule: FaultRule, number: int) -> int:
    """Number below a million, drawn for the occasion of this number. Other kinds draw others of one seed."""
    digest = blake2b(f"{rule.seed}:{rule.kind}:{number}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % PPM


# ---- events


@applies(FaultInjected)
def _injected(state: State, stamp: Stamp, event: FaultInjected) -> None:
    state.faults[event.rule.fault_id] = Fault(rule=event.rule)


@applies(FaultsCleared)
def _cleared(state: State, stamp: Stamp, event: FaultsCleared) -> None:
    """Take faults away; runs that they held go on."""
    for fault_id in event.fault_ids:
        state.faults.pop(fault_id, None)
    for run in state.runs.values():
        if run.held_by in event.fault_ids:
            run.held_by = 0
            run.next_step_at_ms = max(run.next_step_at_ms, stamp.at_ms)


@applies(FaultMet)
def _was_met(state: State, stamp: Stamp, event: FaultMet) -> None:
    fault = state.faults[event.fault_id]
    fault.met += 1
    fault.fired += event.fired


@applies(CommandRefused)
def _refused(state: State, stamp: Stamp, event: CommandRefused) -> None:
    """Change nothing: the command was refused."""
