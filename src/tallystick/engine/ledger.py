"""Double entry. The only writer of balances; every posting sums to zero in its currency.

Accounts (all in atoms, `state.ledger[account][ccy]`):

    trading:U   coins in user U's trading account, own and borrowed (never below zero)
    funding:U   coins in user U's funding account (never below zero)
    vault:L     collateral locked for loan L (never below zero)
    pool        coins lenders have put up and nobody has borrowed (never below zero)
    debt:U      what U owes in spot mode, as a negative number
    loan:L      what loan L owes, as a negative number
    owed        claims of the pool: all spot debts and loans together, interest included
    transit:L   coins under way while loan L is repaid with collateral (empty between commands)
    fee         trading fees taken
    insurance   the fund that liquidations pay into and that pays for shortfalls (never below zero)
    bad_debt    shortfalls the fund could not pay, as a negative number
    market      the house and everybody outside: the other side of house fills
    desk        the convert desk
    outside     where deposits come from
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from operator import itemgetter

from tallystick.engine import derived, numbers
from tallystick.engine.interest import HOUR_MS, Charge, loan_hour, spot_hour
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import Loan, State, User

OF_USERS = ("trading:", "funding:", "debt:")
"""Accounts whose every movement is told to their owner."""
NEVER_NEGATIVE = ("trading:", "funding:", "vault:", "transit:", "pool", "owed", "fee", "insurance")

LOAN_CCYS_MAX = 16
"""More currencies than a loan owes at a time."""


class InvariantViolation(Exception):
    """A bug, not an error code: the venue must stop. Carries the identifier of the invariant."""

    def __init__(self, invariant: str, detail: str) -> None:
        super().__init__(f"{invariant}: {detail}")
        self.invariant = invariant


def post(state: State, ccy: str, *moves: tuple[str, int], by_event: bool = True) -> None:
    """Move atoms between accounts; what an event moves on the accounts of users is noted for it (`derived`).

    Violations: L1 (sum not zero), L3 (an account that may not be negative).
    """
    total = 0
    noted = derived.of(state).postings if by_event else None
    ledger = state.ledger
    for account, delta in moves:
        total += delta
        balances = ledger.get(account)
        if balances is None:
            balances = ledger[account] = {}
        after = balances.get(ccy, 0) + delta
        if after == 0:
            balances.pop(ccy, None)
        else:
            if after < 0 and account.startswith(NEVER_NEGATIVE):
                raise InvariantViolation("L3", f"{account} {ccy} would be {after} atoms")
            balances[ccy] = after
        if noted is not None and delta and account.startswith(OF_USERS):
            noted.append((account, ccy, delta, after))
    if total != 0:
        raise InvariantViolation("L1", f"posting in {ccy} sums to {total} atoms")


def claim(state: State, ccy: str, debtor: str, delta: int) -> None:
    """A debt of `debtor` (an account debt:U or loan:L) rises or falls, and with it what the pool may claim."""
    post(state, ccy, (debtor, -delta), ("owed", delta))
    state.lent[ccy] = max(0, state.lent.get(ccy, 0) + delta)


def balance(state: State, account: str, ccy: str) -> int:
    balances = state.ledger.get(account)
    return 0 if balances is None else balances.get(ccy, 0)


def cash(state: State, user_id: int, ccy: str) -> int:
    """Coins in the trading account, frozen and borrowed ones included."""
    return balance(state, f"trading:{user_id}", ccy)


def funding(state: State, user_id: int, ccy: str) -> int:
    return balance(state, f"funding:{user_id}", ccy)


def available(state: State, user: User, ccy: str) -> int:
    """Coins in the trading account that no order holds."""
    return cash(state, user.user_id, ccy) - user.frozen.get(ccy, 0)


def debt(state: State, user_id: int, ccy: str) -> int:
    """Spot-mode debt: principal plus the interest of every passed hour."""
    settle_user(state, user_id)
    return -balance(state, f"debt:{user_id}", ccy)


def debts(state: State, user_id: int) -> dict[str, int]:
    """All spot-mode debts of a user, in order of currency."""
    settle_user(state, user_id)
    owed = state.ledger.get(f"debt:{user_id}", {})
    return {ccy: -owed[ccy] for ccy in sorted(owed)}


def equity(state: State, user_id: int) -> dict[str, int]:
    """Cash less debt for every currency the trading account touches, in order of currency."""
    settle_user(state, user_id)
    held = state.ledger.get(f"trading:{user_id}", {})
    owed = state.ledger.get(f"debt:{user_id}", {})
    return {ccy: held.get(ccy, 0) + owed.get(ccy, 0) for ccy in sorted(held.keys() | owed.keys())}


# ---- interest that came due


def settle_user(state: State, user_id: int) -> None:
    """Bring the spot debts of a user up to the last full hour, hour by hour. Without effect where they are.

    Called before a debt is read and before an event changes the user, so nobody can tell when it was done.
    """
    user = state.users.get(user_id)
    if user is None or user.charged_ms == state.hour_ms:
        return
    since_ms, user.charged_ms = user.charged_ms, state.hour_ms
    account = f"debt:{user_id}"
    owed = state.ledger.get(account)
    if not owed:
        return
    charges = derived.of(state).charges
    debts = {ccy: -owed[ccy] for ccy in sorted(owed)}
    for hour_ms, rates in _hours(state, debts, since_ms):
        for place, (ccy, rate) in enumerate(rates.items()):
            debt = debts[ccy]
            interest = spot_hour(debt, rate)
            charges.append(Charge(user_id, 0, place, ccy, debt, interest, rate, hour_ms, cash(state, user_id, ccy)))
            debts[ccy] = debt + interest
    for ccy, debt in debts.items():
        grown = debt + owed[ccy]
        post(state, ccy, (account, -grown), ("owed", grown), by_event=False)
        touch(user, ccy, state.hour_ms)


def settle_loan(state: State, loan: Loan) -> None:
    """Bring a loan up to the last full hour, as `settle_user` does a user."""
    if loan.charged_ms == state.hour_ms:
        return
    since_ms, loan.charged_ms = loan.charged_ms, state.hour_ms
    charges = derived.of(state).charges
    before = dict(loan.debts)
    for hour_ms, rates in _hours(state, before, since_ms):
        for place, (ccy, rate) in enumerate(rates.items()):
            debt = loan.debts[ccy]
            interest = loan_hour(debt, rate)
            # A row of interest is numbered by a time, the hour or some ms after it, and four digits of its own.
            ref_id = hour_ms * numbers.ROWS_PER_MS + loan.number * LOAN_CCYS_MAX + place
            charges.append(Charge(loan.user_id, loan.loan_id, ref_id, ccy, debt, interest, rate, hour_ms, 0))
            loan.debts[ccy] = debt + interest
    for ccy, debt in before.items():
        grown = loan.debts[ccy] - debt
        post(state, ccy, (f"loan:{loan.loan_id}", -grown), ("owed", grown))


def settle_all(state: State) -> None:
    """Bring everybody up to the last full hour: users, then loans, in the order they came."""
    for user_id in state.users:
        settle_user(state, user_id)
    for loan in state.loans.values():
        settle_loan(state, loan)


def _hours(state: State, debts: dict[str, int], since_ms: int) -> Iterator[tuple[int, dict[str, int]]]:
    """(end of an hour, rate of each debt in it) for every hour since; currencies in order."""
    cursors = {}
    for ccy in sorted(debts):
        log = state.rates[ccy]
        cursors[ccy] = (log, bisect_right(log, since_ms, key=itemgetter(0)) - 1)
    for hour_ms in range(since_ms + HOUR_MS, state.hour_ms + 1, HOUR_MS):
        rates = {}
        for ccy, (log, place) in cursors.items():
            while place + 1 < len(log) and log[place + 1][0] < hour_ms:
                place += 1
            cursors[ccy] = (log, place)
            rates[ccy] = log[place][1]
        yield hour_ms, rates


def touch(user: User, ccy: str, at_ms: int) -> None:
    """Remember when a currency of the trading account last changed."""
    user.changed_at_ms[ccy] = at_ms


def spend_exempt(user: User, ccy: str, amount: int) -> None:
    """Coins of a manual borrow count as spent first; what is spent is no longer kept from auto repay."""
    exempt = user.exempt.get(ccy, 0)
    if exempt:
        if amount >= exempt:
            del user.exempt[ccy]
        else:
            user.exempt[ccy] = exempt - amount


def require_ccy(state: State, ccy: str) -> None:
    """Rejects: UNKNOWN_CCY."""
    if ccy not in state.parameters.currencies:
        raise Rejected(Reject.UNKNOWN_CCY, ccy=ccy)
