"""Interest that is due and not booked yet: pure arithmetic that never changes the state.

A debt is booked up to the hour its account was last charged (`charging`). Interest is due for every full hour
since: each hour at the rate that was in force in it, rounded up, on what was owed by then. `ledger` adds it to
what is booked whenever a debt is asked for. A debt within its interest-free quota (`free_quota`) costs nothing.
Source: chosen (decisions/016).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterator
from operator import itemgetter

from tallystick.engine import free_quota, numbers, transient
from tallystick.engine.free_quota import FreeOf
from tallystick.engine.interest import HOUR_MS, Charge, loan_hour, spot_hour
from tallystick.engine.single import Amounts
from tallystick.engine.state import Loan, State, User

LOAN_CCYS_MAX = 16
"""Bound above the number of currencies that one loan owes at a time."""


InterestOf = Callable[[int, int], int]
"""Interest of one full hour on a debt at a rate a year: `interest.spot_hour` or `interest.loan_hour`."""


def spot_debts(state: State, user: User) -> dict[str, int]:
    """Spot debts of a user who owes and is behind, in order of currency; a new dictionary, free to change."""
    account = f"debt:{user.user_id}"
    booked, free_of = _booked(state.ledger[account]), free_quota.free_of(state, user)
    return _grown(state, account, booked, user.charged_ms, spot_hour, free_of=free_of).copy()


def loan_debts(state: State, loan: Loan) -> dict[str, int]:
    """Debts of a loan that is behind, in the order of booking; a new dictionary, free to change."""
    return _grown(state, f"loan:{loan.loan_id}", loan.booked, loan.charged_ms, loan_hour).copy()


def charges_of_user(state: State, user: User) -> list[Charge]:
    """Due interest of a user's spot debts, the oldest hour first."""
    return charges_until(state, user, state.hour_ms)


def charges_until(state: State, user: User, until_ms: int) -> list[Charge]:
    """Interest of a user's spot debts since the last charge up to an hour, the oldest first.

    An hour in which all of a debt was within its quota has no charge.
    """
    owed = state.ledger.get(f"debt:{user.user_id}")
    if not owed or user.charged_ms == until_ms:
        return []
    booked, free_of = _booked(owed), free_quota.free_of(state, user)
    hours = _hours(state, booked, user.charged_ms, spot_hour, until_ms, free_of=free_of)
    held = state.ledger.get(f"trading:{user.user_id}", {})
    return [
        Charge(
            user_id=user.user_id,
            loan_id=0,
            number=place,
            ccy=ccy,
            debt_before=debt,
            interest=interest,
            rate_per_year=rate,
            hour_ms=hour_ms,
            cash=held.get(ccy, 0),
            cross=user.cross,
            free=free,
        )
        for hour_ms, place, ccy, debt, interest, rate, free in hours
        if not free or free < debt
    ]


def charges_of_loan(state: State, loan: Loan) -> list[Charge]:
    """Due interest of a loan, the oldest hour first."""
    if loan.charged_ms == state.hour_ms:
        return []
    # A row of interest is numbered by a time, the hour or some ms after it, and four digits of its own.
    first = loan.number * LOAN_CCYS_MAX
    return [
        Charge(
            user_id=loan.user_id,
            loan_id=loan.loan_id,
            number=hour_ms * numbers.ROWS_PER_MS + first + place,
            ccy=ccy,
            debt_before=debt,
            interest=interest,
            rate_per_year=rate,
            hour_ms=hour_ms,
            cash=0,
        )
        for hour_ms, place, ccy, debt, interest, rate, _ in _hours(
            state, dict(loan.booked), loan.charged_ms, loan_hour, state.hour_ms
        )
    ]


def _booked(owed: Amounts) -> dict[str, int]:
    return {ccy: -owed[ccy] for ccy in sorted(owed)}


def _grown(
    state: State,
    account: str,
    booked: Amounts,
    charged_ms: int,
    interest_of: InterestOf,
    *,
    free_of: FreeOf | None = None,
) -> dict[str, int]:
    """Debts of an account at the last full hour.

    Kept beside the state, so that the next hour goes on from there. What is booked changes only once the account has
    been charged, which moves `charged_ms`; so a note of another `charged_ms` counts no more.
    """
    notes = transient.of(state).accrued
    known = notes.get(account)
    if known is None or known.charged_ms != charged_ms:
        since_ms, debts = charged_ms, dict(booked)
    elif known.hour_ms == state.hour_ms:
        return known.debts
    else:
        since_ms, debts = known.hour_ms, known.debts
    deque(_hours(state, debts, since_ms, interest_of, state.hour_ms, free_of=free_of), maxlen=0)
    notes[account] = transient.Accrued(charged_ms, state.hour_ms, debts)
    return debts


def _hours(
    state: State,
    debts: dict[str, int],
    since_ms: int,
    interest_of: InterestOf,
    until_ms: int,
    *,
    free_of: FreeOf | None = None,
) -> Iterator[tuple[int, int, str, int, int, int, int]]:
    """Yield every hour since the last charge up to `until_ms`, in order of currency. `debts` grows on the way.

    Items are (end of the hour, place of the debt, currency, debt before, interest, rate, part free of interest). Quotas
    are those of the instant before the hour's interest joins the debts.
    """
    order = sorted(debts)
    logs = [state.rates[ccy] for ccy in order]
    cursors = [bisect_right(log, since_ms, key=itemgetter(0)) - 1 for log in logs]
    for hour_ms in range(since_ms + HOUR_MS, until_ms + 1, HOUR_MS):
        quotas = None if free_of is None else [free_of(ccy, debts) for ccy in order]
        for place, ccy in enumerate(order):
            log, at = logs[place], cursors[place]
            while at + 1 < len(log) and log[at + 1][0] < hour_ms:
                at += 1
            cursors[place] = at
            rate = log[at][1]
            debt = debts[ccy]
            free = 0 if quotas is None else min(debt, quotas[place])
            interest = interest_of(debt - free, rate)
            debts[ccy] = debt + interest
            yield hour_ms, place, ccy, debt, interest, rate, free
