"""The part of the shadow that follows loan requests between their acceptance and their settlement."""

from __future__ import annotations

from typing import Any, TypeAlias

from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import events as e
from tests.properties.faulty import Faulty
from tests.properties.oracle import need

Asked: TypeAlias = c.BorrowLoan | c.RepayLoan


class Waiting(Faulty):
    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.waiting: dict[int, tuple[Asked, e.LoanRequestAccepted]] = {}
        """Number of a request -> what was asked and how it was accepted."""
        self.reserved: set[int] = set()
        """Numbers of loans that were told before the loans were there."""
        self.last_loan_number = 0

    def asked_for(self, command: c.Command, events: list[Any], at_ms: int) -> c.Command:
        """The command a tick carries out for the request it settles; any other command, and a drop, is what it is.

        Judged by what is known before: whether the request may still be carried out, and whether it is its turn.
        """
        done = [event for event in events if isinstance(event, e.LoanRequestDone) and event.number]
        if not done:
            return command
        (event,) = done
        need(isinstance(command, c.Tick), "F16", f"{command} settles {event}")
        need(event.number == next(iter(self.waiting)), "F16", f"{event} overtakes {self.waiting}")
        asked, accepted = self.waiting[event.number]
        need(at_ms >= accepted.settles_at_ms, "F16", f"settled at {at_ms}: {accepted}")
        verdict = self.borrowable(asked) if isinstance(asked, c.BorrowLoan) else self.repayable(asked, fine=True)
        by_fault = event.dropped == "FAULT"
        need(by_fault == ("loan-dropped" in self.fired), "X2", f"{event} by {self.fired}")
        expected = (None, "") if by_fault else (None, event.dropped)
        need(verdict in expected, "F16", f"{asked} is settled as {event}, expected {verdict}")
        moved = any(isinstance(other, e.LoanMoved) for other in events)
        need(moved != bool(event.dropped), "F16", f"{event} and {events}")
        return command if event.dropped else asked

    def _LoanRequestAccepted(self, event: e.LoanRequestAccepted) -> None:
        said = self.command
        if not isinstance(said, c.BorrowLoan | c.RepayLoan) or not said.settles_later:
            need(False, "F16", f"nobody asked for {event}")
            return
        what = "borrow" if isinstance(said, c.BorrowLoan) else "repay"
        need((event.kind, event.ccy, event.amount) == (what, said.ccy, said.amount), "F16", event)
        need(event.collateral == getattr(said, "collateral", ()), "F16", event)
        need(event.opens == (said.loan_id == 0), "F16", event)
        if event.opens:
            self.give_number(event.loan_id)
            self.reserved.add(event.loan_id)
        last = max((other.settles_at_ms for _, other in self.waiting.values()), default=0)
        due_ms = max(last, self.at_ms + self.settlement_delay_ms())
        need(event.settles_at_ms == due_ms > self.at_ms, "F16", f"{event} is due at {due_ms}")
        self.waiting[event.number] = (replace(said, settles_later=False), event)
        key = f"{what} {said.client_order_id}"
        self.accounts[said.user_id].loans_under_way.add(key)
        self.accounts[said.user_id].loan_ids[key] = self.at_ms

    def give_number(self, loan_id: int) -> None:
        """F10: a loan has a number above all given before, also where it is opened only later."""
        need(loan_id > self.last_loan_number, "F10", f"loan {loan_id} after {self.last_loan_number}")
        self.last_loan_number = loan_id

    def _LoanRequestDone(self, event: e.LoanRequestDone) -> None:
        what, _, client_id = event.key.partition(":")
        account, key = self.accounts[event.user_id], f"{what} {client_id}"
        if not event.number:
            account.loan_ids[key] = self.at_ms
            return
        _, accepted = self.waiting.pop(event.number)
        need((accepted.kind, accepted.client_order_id) == (what, client_id), "F16", f"{event} of {accepted}")
        account.loans_under_way.remove(key)
