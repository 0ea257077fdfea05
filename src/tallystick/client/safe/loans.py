"""Repayment of a flexible loan, safely.

The client number is remembered for 60 s on the exchange's clock: 51016 says that the request was carried out, 51784
that it is under way. So a request whose outcome is unknown is repeated with the same number within 45 s, and later
only reconciled. A request is accepted first and settled then; the history of the loan has the row, and its cursor is
a number that the request's time does not tell, so that rows are new which are newer than the newest before.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from msgspec.structs import replace

from tallystick.client.clock import fresh_id
from tallystick.client.errors import AlreadyDone, BadAnswer, BadParameter, NotSent, OutcomeUnknown, Refused
from tallystick.client.flows import Flow, Session, call
from tallystick.client.safe import intents, reading, settling
from tallystick.client.safe.exact import ZERO, positive, total
from tallystick.client.safe.intents import Intent
from tallystick.client.safe.outcomes import NotRepaid, Outcome, PartlyRepaid, Repaid, Run
from tallystick.client.safe.settling import Look
from tallystick.contract import flexible_loan as contract

HISTORY: Final = contract.LOAN_HISTORY
REMEMBERED_MS: Final = 60_000
REPEAT_WITHIN_MS: Final = 45_000
"""A client number protects for 60 s. What is sent later than this could arrive when it is forgotten."""
WHERE: Final = "loan_history() and loan_info()"


def repay_loan(session: Session, ord_id: str, ccy: str, amt: object, wait_s: float) -> Flow[Outcome]:
    """Repay `amt` of a flexible loan. See `methods.SafeRepay.repay_loan`."""
    until = session.clock.monotonic() + wait_s
    asked = format(positive("amt", amt), "f")
    owed = yield from _owed(session, ord_id, ccy)
    if owed == 0:
        yield from reading.require_coin(session, "ccy", ccy)
        yield from _require_loan(session, ord_id, ccy)
        return Repaid(repaid=ZERO, left=ZERO, note=f"No {ccy} was owed; nothing was sent.")
    session.clock.forget()
    newest = yield from call(session, HISTORY, {"limit": 1})
    ref_id = reading.number(newest.rows[0], "refId", HISTORY) if newest.rows else 0
    at_ms = session.clock.now_ms()
    name = intents.name_of(session, "repay_loan", f"{ord_id}-{ccy}")
    intent = Intent(
        what="repay_loan",
        url=session.host.url,
        at_ms=at_ms,
        signed_by_ms=at_ms + REPEAT_WITHIN_MS,
        asked={"ord_id": ord_id, "ccy": ccy, "amt": asked},
        debt=format(owed, "f"),
        before={"refId": ref_id},
        client_id=fresh_id(),
    )
    yield from intents.keep(name, intent)
    refused, why = yield from _send(session, name, intent)
    intent = replace(intent, signed_by_ms=min(intent.signed_by_ms, session.clock.now_ms()))
    return (yield from settle(session, name, intent, until, refused=refused, why=why))


def _send(session: Session, name: str, intent: Intent) -> Flow[tuple[Refused | None, str]]:
    """Send the request, and again with its number while its outcome is unknown and the number protects it."""
    fields = {"ordId": intent.text("ord_id"), "ccy": intent.text("ccy"), "amt": intent.text("amt")}
    fields["clOrdId"] = intent.client_id
    why = ""
    while session.clock.now_ms() < intent.at_ms + REPEAT_WITHIN_MS - int(session.timeout_s * 1000):
        try:
            yield from call(
                session, contract.LOAN_REPAY, fields, deadline_s=session.timeout_s, sign_by_ms=intent.signed_by_ms
            )
            return None, ""
        except AlreadyDone:
            return None, ""
        except OutcomeUnknown as error:
            why = str(error)
        except Refused as error:
            # After an unknown outcome a refusal may be of the repeat alone: the history tells.
            return (None if why else error), str(error)
        except NotSent as error:
            if not why:
                yield from intents.drop(name, intent)
                raise
            return None, str(error)
    return None, why


def settle(
    session: Session, name: str, intent: Intent, until: float, *, refused: Refused | None = None, why: str = ""
) -> Flow[Outcome]:
    """Read until the loan's history has the repayment, or the request can be neither accepted nor settled any more."""

    def own() -> Flow[tuple[Run, ...]]:
        newer = intent.before.get("refId") or None
        fields = {"ordId": intent.text("ord_id"), "type": "repaid", "before": newer}
        rows = (yield from call(session, HISTORY, fields)).rows
        reading.require_whole(rows, HISTORY)
        return tuple(
            Run(reading.moment(row, "ts", HISTORY), "filled", _repaid(row))
            for row in rows
            if reading.text(row, "ccy", HISTORY) == intent.text("ccy") and _repaid(row) <= Decimal(intent.text("amt"))
        )

    def look(clock_ms: int) -> Flow[Look]:
        runs = yield from own()
        left = yield from _owed(session, intent.text("ord_id"), intent.text("ccy"))
        if runs:
            return Look(runs, _ended(runs, left) if (yield from settling.still(own, runs)) else None)
        if refused is None and not intents.closed(session, intent, clock_ms - REMEMBERED_MS):
            return Look(())
        if not (yield from settling.surely_absent(session, own, 1 if left >= Decimal(intent.debt) else 2)):
            return Look(())
        note = str(refused) if refused else "The request was not settled within its time."
        return Look((), NotRepaid(repaid=ZERO, left=left, note=note, code=refused.code if refused else ""))

    ended = yield from settling.settle(session, (name, intent), look, until, where=WHERE, why=why)
    if not isinstance(ended, Outcome):
        raise TypeError(f"an outcome of a repay was expected, not {type(ended).__name__}")
    return ended


def _ended(runs: tuple[Run, ...], left: Decimal) -> Outcome:
    repaid = total(run.repaid for run in runs)
    note = f"{len(runs)} repayments fit this one request." if len(runs) > 1 else ""
    if left == 0:
        return Repaid(repaid=repaid, left=left, runs=runs, note=note)
    rest = "A rest is owed: ask for more than is owed to close the loan."
    return PartlyRepaid(repaid=repaid, left=left, runs=runs, note=f"{note} {rest}".strip())


def _repaid(row: Mapping[str, Any]) -> Decimal:
    """Amount of a row of the history, where what is repaid has a minus."""
    return abs(reading.amount(row, "amt", HISTORY))


def _owed(session: Session, ord_id: str, ccy: str) -> Flow[Decimal]:
    """Debt of a loan in a currency; 0 where loan-info no longer has it.

    Two readings must agree that nothing is owed: an answer that comes without its rows looks the same.
    """
    owed = yield from _owed_by_one(session, ord_id, ccy)
    if owed == 0 and (yield from _owed_by_one(session, ord_id, ccy)) != 0:
        raise BadAnswer("One reading has a debt that the other lacks.", endpoint=contract.LOAN_INFO.name)
    return owed


def _owed_by_one(session: Session, ord_id: str, ccy: str) -> Flow[Decimal]:
    """Result of one reading of loan-info.

    The older surface tells no number of a loan: there an account with one loan alone is told apart.
    """
    endpoint = contract.LOAN_INFO
    rows = (yield from call(session, endpoint)).rows
    if any("ordId" not in row for row in rows) and len(rows) > 1:
        raise BadAnswer("Several loans without their numbers cannot be told apart.", endpoint=endpoint.name)
    for row in rows:
        if row.get("ordId", ord_id) == ord_id:
            return total(
                reading.amount(each, "amt", endpoint)
                for each in reading.rows(row, "loanData", endpoint)
                if reading.text(each, "ccy", endpoint) == ccy
            )
    return ZERO


def _require_loan(session: Session, ord_id: str, ccy: str) -> Flow[None]:
    """Raises BadParameter for a loan that never was, or never had this coin: nothing of it is repaid.

    The older surface has the rows of all loans. There nothing of the coin is owed by any of them.
    """
    rows = (yield from call(session, HISTORY, {"ordId": ord_id, "type": "borrowed"})).rows
    coins = [reading.text(row, "ccy", HISTORY) for row in rows]
    if ccy in coins:
        return
    field, value = ("ccy", ccy) if coins else ("ord_id", ord_id)
    what = f"a coin that loan {ord_id} never had" if coins else "the number of no loan of this account"
    hint = f"It borrowed {', '.join(sorted(set(coins)))}." if coins else "loan_info() lists the loans."
    raise BadParameter(f"{field} is {value!r}, {what}; nothing was sent.", hint=hint, field=field)
