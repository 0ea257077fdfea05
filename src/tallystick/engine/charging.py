"""Booking of interest: an event charges the account it names; ten days without an event, the passing hour does.

Both follow from the events alone, so that recovery, `verify` and the venue that decided them book the same interest
with the same entry. Source: chosen (decisions/016).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from tallystick.engine import accrual, ledger, transient
from tallystick.engine.interest import HOUR_MS, Charge
from tallystick.engine.single import put, small
from tallystick.engine.state import Loan, State, User
from tallystick.engine.transient import LOAN, USER, Kind

IDLE_HOURS: Final = 240
"""Hours after which the passing hour charges an account that no event has named: ten days."""


def charge_user(state: State, user: User) -> None:
    """Book the interest of a user's spot debts up to the last full hour. Without effect if already booked."""
    if user.charged_ms == state.hour_ms:
        return
    charges = accrual.charges_of_user(state, user)
    user.charged_ms = state.hour_ms
    for ccy in book(state, f"debt:{user.user_id}", charges):
        ledger.touch(user, ccy, state.hour_ms)


def charge_loan(state: State, loan: Loan) -> None:
    """Book the interest of a loan up to the last full hour. Without effect if already booked."""
    if loan.charged_ms == state.hour_ms:
        return
    charges = accrual.charges_of_loan(state, loan)
    loan.charged_ms = state.hour_ms
    for ccy, interest in book(state, f"loan:{loan.loan_id}", charges).items():
        loan.booked = put(loan.booked, ccy, loan.booked[ccy] + interest)


def book(state: State, account: str, charges: list[Charge]) -> dict[str, int]:
    """Book charges to an account. Returns the interest per currency."""
    noted = transient.of(state)
    noted.charges += charges
    noted.accrued.pop(account, None)
    added: dict[str, int] = {}
    for charge in charges:
        added[charge.ccy] = added.get(charge.ccy, 0) + charge.interest
    for ccy, interest in added.items():
        ledger.post(state, ccy, (account, -interest), ("owed", interest), by_event=False)
    return added


def charge_all(state: State) -> None:
    """Book the interest of everybody: users, then loans, in the order they came."""
    for user in state.users.values():
        charge_user(state, user)
    for loan in state.loans.values():
        charge_loan(state, loan)


def charge_idle(state: State) -> None:
    """Book the interest of accounts that no event has named for `IDLE_HOURS`, the longest uncharged first.

    An hour takes only its share of all accounts: enough that each has its turn once in `IDLE_HOURS`, so that none waits
    twice as long.
    """
    noted = transient.of(state)
    before_ms = state.hour_ms - IDLE_HOURS * HOUR_MS
    if noted.charged_since_ms > before_ms:
        return
    owing, oldest_ms, idle = 0, state.hour_ms, []
    for account in _owing(state):
        owing += 1
        oldest_ms = min(oldest_ms, account[0])
        if account[0] <= before_ms:
            idle.append(account)
    noted.charged_since_ms = oldest_ms
    for _, kind, number in heapq.nsmallest(1 + owing // IDLE_HOURS, idle):
        if kind == USER:
            charge_user(state, state.users[number])
        else:
            charge_loan(state, state.loans[number])


def _owing(state: State) -> Iterator[tuple[int, Kind, int]]:
    """Every account with a debt: (hour it is charged up to, kind, number)."""
    for user in state.users.values():
        if state.ledger.get(f"debt:{user.user_id}"):
            yield user.charged_ms, USER, user.user_id
    for loan in state.loans.values():
        yield loan.charged_ms, LOAN, loan.loan_id


def charged(state: State) -> State:
    """Copy of the state with everybody charged. The given state is not changed; the copy shares all that is equal."""
    copy = replace(state, ledger=dict(state.ledger), users=dict(state.users), loans=dict(state.loans))
    behind = [user for user in state.users.values() if user.charged_ms != state.hour_ms]
    for user in behind:
        copy.users[user.user_id] = replace(user, changed_at_ms=dict(user.changed_at_ms))
    late = [loan for loan in state.loans.values() if loan.charged_ms != state.hour_ms]
    for loan in late:
        copy.loans[loan.loan_id] = replace(loan, booked=small(loan.booked))
    accounts = (*(f"debt:{user.user_id}" for user in behind), *(f"loan:{loan.loan_id}" for loan in late), "owed")
    for account in accounts:
        if account in copy.ledger:
            copy.ledger[account] = small(copy.ledger[account])
    charge_all(copy)
    return copy
