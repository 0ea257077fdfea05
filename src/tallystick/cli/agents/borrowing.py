"""Borrowing of an agent: sent once, and found again by the row that it leaves in the history.

A borrowing has no number of its own at the exchange. What was there before is noted ahead of the request; a row of its
coin and amount that came since is the request's. Two of them may be a request that was delivered twice, or somebody
else's: then nobody can say, and it stays unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from tallystick.client.flows import Flow, Session, call
from tallystick.client.safe import reading
from tallystick.client.safe.exact import positive
from tallystick.client.safe.intents import SLACK_MS, WINDOW_MS, closed
from tallystick.client.safe.one_click import SEND_S, counted
from tallystick.client.safe.settling import EVERY_S, UNPACED_EVERY_S, surely_absent
from tallystick.client.steps import Wait
from tallystick.contract import borrow

HISTORY: Final = borrow.SPOT_BORROW_REPAY_HISTORY
LATE: Final = "The request did not arrive in time, and can no longer be accepted."
TWICE: Final = "{count} borrowings fit this one request: it was delivered twice, or made elsewhere at the same time."
READINGS: Final = 2
"""Readings of the history without the row, before it is believed to be absent."""


class Attempt(Struct, frozen=True, kw_only=True):
    """One borrowing: what is asked for, the bounds of its time on the exchange's clock, and rows that were there."""

    ccy: str
    amt: str
    at_ms: int
    signed_by_ms: int
    before: dict[str, int]

    @property
    def closes_at_ms(self) -> int:
        """From then on the request cannot be accepted any more."""
        return self.signed_by_ms + WINDOW_MS


class Found(NamedTuple):
    """Result of a search. `row` is the borrowing's, None where it did not happen or nobody knows.

    `absent`: it did not happen and cannot any more. `note` says why nobody knows.
    """

    row: Mapping[str, Any] | None
    absent: bool
    note: str = ""


def prepare(session: Session, ccy: str, amt: str) -> Flow[str]:
    """What finds a borrowing again, as text to be noted before it is sent. Raises what reads raise, ValueError."""
    positive("amt", amt)
    session.clock.forget()
    rows = yield from _rows(session, ccy)
    attempt = Attempt(
        ccy=ccy,
        amt=amt,
        at_ms=session.clock.told_ms(),
        signed_by_ms=session.clock.now_ms() + int(SEND_S * 1000),
        before=counted(rows, HISTORY),
    )
    return msgspec.json.encode(attempt).decode()


def carry_out(session: Session, prepared: str) -> Flow[dict[str, Any]]:
    """Send a borrowing once. Raises what calls raise, OutcomeUnknown among it."""
    attempt = read(prepared)
    fields = {"ccy": attempt.ccy, "side": "borrow", "amt": attempt.amt}
    endpoint, by_ms = borrow.SPOT_MANUAL_BORROW_REPAY, attempt.signed_by_ms
    answer = yield from call(session, endpoint, fields, deadline_s=SEND_S, sign_by_ms=by_ms)
    return dict(answer.rows[0]) if answer.rows else dict(fields)


def find(session: Session, prepared: str, until: float) -> Flow[Found]:
    """Look for a borrowing until it is found, cannot happen any more, or time is up (monotonic, s). Sends nothing."""
    attempt = read(prepared)
    since_ms = attempt.at_ms - SLACK_MS

    def own() -> Flow[tuple[Mapping[str, Any], ...]]:
        rows = yield from _rows(session, attempt.ccy, since_ms)
        reading.require_whole(rows, HISTORY)
        return _new(rows, attempt)

    seen_ms: int | None = None
    while True:
        clock_ms = yield from reading.exchange_ms(session)
        rows = yield from own()
        if len(rows) == 1:
            return Found(rows[0], absent=False)
        if rows:
            return Found(None, absent=False, note=TWICE.format(count=len(rows)))
        if closed(session, attempt, clock_ms) and (yield from surely_absent(session, own, READINGS)):
            return Found(None, absent=True, note=LATE)
        pause = EVERY_S if session.paced else UNPACED_EVERY_S
        if clock_ms == seen_ms or session.clock.monotonic() + pause >= until:
            return Found(None, absent=False)
        seen_ms = clock_ms
        yield Wait(pause)


def read(prepared: str) -> Attempt:
    return msgspec.json.decode(prepared.encode(), type=Attempt)


def _rows(session: Session, ccy: str, since_ms: int | None = None) -> Flow[list[Mapping[str, Any]]]:
    """Newest borrowings by hand, from a time on, newest first. The cursor includes the time it names."""
    answer = yield from call(session, HISTORY, {"ccy": ccy, "type": "manual_borrow", "before": since_ms})
    return answer.rows


def _new(rows: list[Mapping[str, Any]], attempt: Attempt) -> tuple[Mapping[str, Any], ...]:
    """Rows that were not there before, and fit the request by time and amount."""
    old = dict(attempt.before)
    found = []
    for row in reversed(rows):
        at, amt = reading.number(row, "ts", HISTORY), reading.amount(row, "amt", HISTORY)
        if old.get(str(at), 0) > 0:
            old[str(at)] -= 1
        elif at <= attempt.closes_at_ms + SLACK_MS and amt == Decimal(attempt.amt):
            found.append(row)
    return tuple(found)
