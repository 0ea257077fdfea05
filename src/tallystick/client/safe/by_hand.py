"""Repaying by hand, safely. It has no client number: a repayment is known by its currency, its time and what was there.

The history of borrowing has a row `manual_repay` for it, and one for each payment of a one-click run as well. Where
such a run falls into the same time, rows cannot be told apart; then the answer to the request alone can tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from msgspec.structs import replace

from tallystick.client.clock import fresh_id, from_ms
from tallystick.client.errors import BadAnswer, NotSent, OutcomeUnknown, Refused
from tallystick.client.flows import Flow, Session, call
from tallystick.client.safe import intents, reading, settling
from tallystick.client.safe.exact import WIDE, ZERO, positive, total, up
from tallystick.client.safe.intents import SLACK_MS, Intent
from tallystick.client.safe.one_click import SEND_S, counted
from tallystick.client.safe.outcomes import Outcome, PartlyRepaid, Repaid, Run, UnknownOutcome
from tallystick.client.safe.settling import Look
from tallystick.contract import borrow, repay

HISTORY: Final = borrow.SPOT_BORROW_REPAY_HISTORY
BILLS: Final = ("22", "308")
"""Type and subType of a bill of a repayment by hand (documented)."""
WHERE: Final = "spot_borrow_repay_history() and the debt"
EVERYTHING: Final = Decimal("1.001")
"""Everything is asked for with so much more, for the interest until it arrives: a repayment takes what is owed."""
STEP: Final = Decimal("0.00000001")
MIXED: Final = (
    "A one-click run of this debt fell into the same time, and its payments look the same: look at"
    " spot_borrow_repay_history() and one_click_repay_history_v2()."
)
TWICE: Final = "{count} repayments fit this one request: it was delivered twice, or made elsewhere at the same time."


def repay_spot(session: Session, ccy: str, amt: object, wait_s: float) -> Flow[Outcome]:
    """Repay `amt` of a debt by hand, once; without it everything. See `methods.SafeRepay.repay_spot`."""
    until = session.clock.monotonic() + wait_s
    asked = None if amt is None else positive("amt", amt)
    debts, coins = yield from reading.debts_and_coins(session)
    owed = debts.get(ccy, ZERO)
    if owed == 0:
        yield from reading.confirm_nothing_owed(session, "ccy", ccy, coins)
        return Repaid(repaid=ZERO, left=ZERO, note=f"No {ccy} was owed; nothing was sent.")
    sent = up(WIDE.multiply(owed, EVERYTHING), STEP) if asked is None else asked
    session.clock.forget()
    before = yield from _rows(session, ccy)
    at_ms = session.clock.told_ms()
    name = intents.name_of(session, "repay_spot", ccy)
    intent = Intent(
        what="repay_spot",
        url=session.host.url,
        at_ms=at_ms,
        signed_by_ms=session.clock.now_ms() + int(SEND_S * 1000),
        asked={"ccy": ccy, "amt": format(sent, "f")},
        debt=format(owed, "f"),
        before=counted(before, HISTORY),
        client_id=fresh_id(),
    )
    yield from intents.keep(name, intent)
    refused: Refused | None = None
    why, told = "", None
    try:
        fields = {"ccy": ccy, "side": "repay", "amt": sent}
        by_ms = intent.signed_by_ms
        answer = yield from call(session, borrow.SPOT_MANUAL_BORROW_REPAY, fields, deadline_s=SEND_S, sign_by_ms=by_ms)
        told = answer.rows[0].get("amt")
    except OutcomeUnknown as error:
        why = str(error)
    except Refused as error:
        refused = error
    except NotSent:
        yield from intents.drop(name, intent)
        raise
    intent = replace(intent, signed_by_ms=min(intent.signed_by_ms, session.clock.now_ms()))
    return (yield from settle(session, name, intent, until, refused=refused, why=why, told=bool(told)))


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
    """Read until the outcome of an intent is known. `told`: the request was answered, so that a row must be there."""
    ccy = intent.text("ccy")
    since_ms = intent.at_ms - SLACK_MS

    def own() -> Flow[tuple[Run, ...]]:
        rows = yield from _rows(session, ccy, since_ms)
        reading.require_whole(rows, HISTORY)
        return _new(rows, intent)

    def look(clock_ms: int) -> Flow[Look]:
        runs = yield from own()
        left = yield from reading.left_of(session, ccy)
        if not (yield from settling.still(own, runs)):
            return Look(runs)
        if runs and not told and (yield from _mixed(session, intent)):
            outcome = UnknownOutcome(repaid=total(run.repaid for run in runs), left=left, runs=runs, note=MIXED)
            return Look(runs, outcome)
        if runs:
            return Look(runs, (yield from settling.with_bills(session, _ended(runs, left), ccy, BILLS, since_ms)))
        if told or (refused is None and not intents.closed(session, intent, clock_ms)):
            return Look(())
        times = 1 if left >= Decimal(intent.debt) else 2
        if not (yield from settling.surely_absent(session, own, times)):
            return Look(())
        billed = yield from reading.billed(session, ccy, BILLS, since_ms)
        if billed and not (yield from _rows(session, ccy, since_ms)):
            raise BadAnswer("The bills have a repayment of this debt that the history lacks.", endpoint=HISTORY.name)
        return Look((), settling.refused_or_late(session, intent, refused, left, clock_ms))

    ended = yield from settling.settle(session, (name, intent), look, until, where=WHERE, why=why)
    if not isinstance(ended, Outcome):
        raise TypeError(f"an outcome of a repay was expected, not {type(ended).__name__}")
    return ended


def _ended(runs: tuple[Run, ...], left: Decimal) -> Outcome:
    repaid = total(run.repaid for run in runs)
    note = TWICE.format(count=len(runs)) if len(runs) > 1 else ""
    if left == 0:
        return Repaid(repaid=repaid, left=left, runs=runs, note=note)
    rest = "A rest is owed: more of the coin, or a larger amt, repays it."
    return PartlyRepaid(repaid=repaid, left=left, runs=runs, note=f"{note} {rest}".strip())


def _rows(session: Session, ccy: str, since_ms: int | None = None) -> Flow[list[Mapping[str, Any]]]:
    """Newest repayments by hand, from a time on, newest first. The cursor includes the time it names."""
    answer = yield from call(session, HISTORY, {"ccy": ccy, "type": "manual_repay", "before": since_ms})
    return answer.rows


def _new(rows: list[Mapping[str, Any]], intent: Intent) -> tuple[Run, ...]:
    """Rows that were not there before, and fit the request by time and amount; newest first."""
    old = dict(intent.before)
    found = []
    for row in reversed(rows):
        at, repaid = reading.number(row, "ts", HISTORY), reading.amount(row, "amt", HISTORY)
        if old.get(str(at), 0) > 0:
            old[str(at)] -= 1
        elif at <= intent.closes_at_ms + SLACK_MS and repaid <= Decimal(intent.text("amt")):
            found.append(Run(from_ms(at), "filled", repaid))
    return tuple(reversed(found))


def _mixed(session: Session, intent: Intent) -> Flow[bool]:
    """True where a one-click run of the same debt paid, or may have paid, since the intent."""
    answer = yield from call(session, repay.ONE_CLICK_REPAY_HISTORY_V2)
    return any(
        row.get("debtCcy") == intent.text("ccy")
        and (row.get("status") == "running" or reading.number(row, "ts", HISTORY) > intent.at_ms - 60_000)
        for row in answer.rows
    )
