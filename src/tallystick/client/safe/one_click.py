"""One-click repay, safely. It has no client number: a run is known by its debt, its list and its time.

    plan -> intent -> one request -> read clock, history and debts until the run has ended, or cannot begin any more

The clock is read before the history: a history that lacks the run and was read after the request's timestamp had left
the window proves that it was not carried out. Such a reading is made twice, and three times where the debt fell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from msgspec.structs import replace

from tallystick.client.clock import fresh_id
from tallystick.client.errors import BadAnswer, NotSent, OutcomeUnknown, Refused
from tallystick.client.flows import Flow, Session, call
from tallystick.client.safe import intents, reading, settling
from tallystick.client.safe.exact import ZERO, total
from tallystick.client.safe.intents import SLACK_MS, Intent
from tallystick.client.safe.outcomes import Leg, NotRepaid, Outcome, PartlyRepaid, Repaid, Run, UnknownOutcome
from tallystick.client.safe.plans import planned
from tallystick.client.safe.settling import Look
from tallystick.contract import repay as contract
from tallystick.contract.core import Endpoint

HISTORY: Final = contract.ONE_CLICK_REPAY_HISTORY_V2
SEND_S: Final = 20.0
"""How long the request itself may take, with what may be repeated of it."""
BILLS: Final = ("29", "225")
"""Type and subType of a bill of a one-click run that repaid (documented)."""
LONGEST_MS: Final = 600_000
"""A run that began longer before pays nothing any more."""
WHERE: Final = "one_click_repay_history_v2() and the debt"
REST: Final = (
    "The run is over and a rest is owed. Run it again if the rest is above the least order of the coin; else let some"
    " of the debt's own coin come in and call repay_spot()."
)
KEPT_MS: Final = (HISTORY.page.retention_ms if HISTORY.page and HISTORY.page.retention_ms else 0) - 3_600_000
"""How long a run is surely in the history: the documented seven days, less an hour."""
GONE: Final = (
    "The history goes back seven days, and the request is older: a run of it would not be there any more. Look at"
    " spot_borrow_repay_history() and the bills."
)
TWICE: Final = (
    "{count} runs fit this one request: it was delivered twice, or another program of yours asked for the same at the"
    " same time. They cannot be told apart; `repaid` is their sum."
)


def repay(session: Session, debt: str, using: tuple[str, ...], wait_s: float) -> Flow[Outcome]:
    """Repay one debt with a list of coins, once. See `methods.SafeRepay.repay`."""
    until = session.clock.monotonic() + wait_s
    plan = yield from planned(session, debt, using)
    if plan.debt == 0:
        return Repaid(repaid=ZERO, left=ZERO, note=f"No {debt} was owed; nothing was sent.", plan=plan)
    session.clock.forget()
    before = yield from _runs(session)
    at_ms = session.clock.told_ms()
    name = intents.name_of(session, "repay", debt)
    intent = Intent(
        what="repay",
        url=session.host.url,
        at_ms=at_ms,
        signed_by_ms=session.clock.now_ms() + int(SEND_S * 1000),
        asked={"debt": debt, "using": list(using)},
        debt=format(plan.debt, "f"),
        before=counted((row for row in before if _same(row, debt, list(using))), HISTORY),
        client_id=fresh_id(),
    )
    yield from intents.keep(name, intent)
    refused: Refused | None = None
    why, told = "", False
    try:
        fields = {"debtCcy": debt, "repayCcyList": using}
        by_ms = intent.signed_by_ms
        yield from call(session, contract.ONE_CLICK_REPAY_V2, fields, deadline_s=SEND_S, sign_by_ms=by_ms)
        told = True
    except OutcomeUnknown as error:
        why = str(error)
    except Refused as error:
        refused = error
    except NotSent:
        yield from intents.drop(name, intent)
        raise
    intent = replace(intent, signed_by_ms=min(intent.signed_by_ms, session.clock.now_ms()))
    outcome = yield from settle(session, name, intent, until, refused=refused, why=why, told=told)
    return replace(outcome, plan=plan)


def settle(
    session: Session,
    name: str,
    intent: Intent,
    until: float,
    *,
    refused: Refused | None = None,
    why: str = "",
    told: bool = False,
) -> Flow[Outcome]:
    """Read until the outcome of an intent is known, or `until` (monotonic, s) has come. Sends nothing that moves.

    `told`: the request was answered, with an acknowledgement.
    """
    debt = intent.text("debt")
    since_ms = intent.at_ms - SLACK_MS

    def look(clock_ms: int) -> Flow[Look]:
        runs = yield from _own(session, intent)
        if any(run.status not in ("filled", "failed") for run in runs):
            return Look(runs)
        left = yield from reading.left_of(session, debt)
        over = refused is not None or intents.closed(session, intent, clock_ms)
        if runs:
            # A second copy of the request may have begun its run in between.
            if not (yield from settling.still(lambda: _own(session, intent), runs)):
                return Look(runs)
            ended = _ended(runs, left)
            if isinstance(ended, NotRepaid) and not told and not over:
                # The run may be another program's, and this request still arrive.
                return Look(runs)
            return Look(runs, (yield from settling.with_bills(session, ended, debt, BILLS, since_ms)))
        if not over:
            return Look(())
        if clock_ms - intent.at_ms >= KEPT_MS:
            return Look((), UnknownOutcome(repaid=ZERO, left=left, note=GONE))
        times = 1 if left >= Decimal(intent.debt) else 2
        if not (yield from settling.surely_absent(session, lambda: _own(session, intent), times)):
            return Look(())
        if (yield from _billed_alone(session, intent)):
            raise BadAnswer("The bills have a run of this debt that the history lacks.", endpoint=HISTORY.name)
        return Look((), settling.refused_or_late(session, intent, refused, left, clock_ms))

    ended = yield from settling.settle(session, (name, intent), look, until, where=WHERE, why=why)
    if not isinstance(ended, Outcome):
        raise TypeError(f"an outcome of a repay was expected, not {type(ended).__name__}")
    return ended


def _ended(runs: tuple[Run, ...], left: Decimal) -> Outcome:
    repaid = total(run.repaid for run in runs)
    notes = [TWICE.format(count=len(runs))] if len(runs) > 1 else []
    if left == 0:
        return Repaid(repaid=repaid, left=left, runs=runs, note=" ".join(notes))
    if repaid > 0:
        return PartlyRepaid(repaid=repaid, left=left, runs=runs, note=" ".join([*notes, REST]))
    return NotRepaid(repaid=repaid, left=left, runs=runs, note=" ".join([*notes, "The run failed: no leg repaid."]))


# ---- runs of the history


def _runs(session: Session, since_ms: int | None = None) -> Flow[list[Mapping[str, Any]]]:
    """Newest rows of the history, from a time on, newest first. Its cursor includes the time it names."""
    answer = yield from call(session, HISTORY, {"before": since_ms})
    return answer.rows


def _same(row: Mapping[str, Any], debt: str, using: list[str]) -> bool:
    return bool(row.get("debtCcy") == debt and row.get("repayCcyList") == using)


def counted(rows: Iterable[Mapping[str, Any]], endpoint: Endpoint) -> dict[str, int]:
    """How many rows of a history there are of each time."""
    found: dict[str, int] = {}
    for row in rows:
        at = reading.text(row, "ts", endpoint)
        found[at] = found.get(at, 0) + 1
    return found


def _own(session: Session, intent: Intent) -> Flow[tuple[Run, ...]]:
    """Runs that fit the request by debt, list and window, and were not there before; newest first."""
    debt, using = intent.text("debt"), intent.asked["using"]
    rows = yield from _runs(session, intent.at_ms - SLACK_MS)
    reading.require_whole(rows, HISTORY)
    old = dict(intent.before)
    found = []
    for row in reversed(rows):
        reading.text(row, "debtCcy", HISTORY)
        at = str(reading.number(row, "ts", HISTORY))
        if not _same(row, debt, list(using)) or int(at) > intent.closes_at_ms + SLACK_MS:
            continue
        if old.get(at, 0) > 0:
            old[at] -= 1
            continue
        found.append(_run(row))
    return tuple(reversed(found))


def _billed_alone(session: Session, intent: Intent) -> Flow[bool]:
    """True where bills say that a run of this debt paid since the intent, and no run of the history can be it."""
    debt = intent.text("debt")
    if not (yield from reading.billed(session, debt, BILLS, intent.at_ms - SLACK_MS)):
        return False
    rows = yield from _runs(session, intent.at_ms - LONGEST_MS)
    return not any(row.get("debtCcy") == debt for row in rows)


def _run(row: Mapping[str, Any]) -> Run:
    return Run(
        reading.moment(row, "ts", HISTORY),
        reading.text(row, "status", HISTORY),
        reading.amount(row, "fillDebtSz", HISTORY),
        tuple(_leg(leg) for leg in reading.rows(row, "ordIdInfo", HISTORY)),
    )


def _leg(row: Mapping[str, Any]) -> Leg:
    filled = bool(row.get("fillPx"))
    return Leg(
        inst_id=reading.text(row, "instId", HISTORY),
        side=reading.text(row, "side", HISTORY),
        px=reading.amount(row, "px", HISTORY),
        sz=reading.amount(row, "sz", HISTORY),
        fill_px=reading.amount(row, "fillPx", HISTORY) if filled else None,
        fill_sz=reading.amount(row, "fillSz", HISTORY) if filled else None,
        state=reading.text(row, "state", HISTORY),
    )
