"""Double entry. The only writer of balances; every posting sums to zero in its currency.

Accounts (all in atoms, `state.ledger[account][ccy]`):

    trading:U   coins in user U's trading account, own and borrowed (never below zero)
    funding:U   coins in user U's funding account (never below zero)
    vault:L     collateral locked for loan L (never below zero)
    pool        coins lenders have put up and nobody has borrowed (never below zero)
    debt:U      what U owes in spot mode, as a negative number: principal and the interest that is booked
    loan:L      what loan L owes, as a negative number, likewise
    owed        claims of the pool: all spot debts and loans together, likewise
    transit:L   coins under way while loan L is repaid with collateral (empty between commands)
    fee         trading fees taken
    insurance   the fund that liquidations pay into and that pays for shortfalls (never below zero)
    bad_debt    shortfalls the fund could not pay, as a negative number
    market      the house and everybody outside: the other side of house fills
    desk        the convert desk
    outside     where deposits come from

Interest due since an account was last charged is not booked yet. `debt`, `debts`, `loan_debts`, `owed` and `equity`
add it to their results and change nothing. `charging` books it.
"""

from __future__ import annotations

from tallystick.engine import accrual, transient
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.single import put
from tallystick.engine.sparse import NOTHING, own
from tallystick.engine.state import Loan, State, User

OF_USERS = ("trading:", "funding:", "debt:")
"""Prefixes of the accounts whose every movement is reported to their user."""
NEVER_NEGATIVE = ("trading:", "funding:", "vault:", "transit:", "pool", "owed", "fee", "insurance")


class InvariantViolation(Exception):
    """A broken invariant: a bug, not an error code, so the venue must stop. Carries the identifier of the invariant."""

    def __init__(self, invariant: str, detail: str) -> None:
        super().__init__(f"{invariant}: {detail}")
        self.invariant = invariant


def post(state: State, ccy: str, *moves: tuple[str, int], by_event: bool = True) -> None:
    """Move atoms between accounts. Movements by an event on users' accounts are noted (`transient`).

    Violations: L1 (sum not zero), L3 (an account that may not be negative).
    """
    total = 0
    noted = transient.of(state).postings if by_event else None
    ledger = state.ledger
    for account, delta in moves:
        total += delta
        balances = ledger.get(account, NOTHING)
        before = balances.get(ccy)
        # The first amount of an account is the number of its event, and no copy of it.
        after = delta if before is None else before + delta
        if after < 0 and account.startswith(NEVER_NEGATIVE):
            raise InvariantViolation("L3", f"{account} {ccy} would be {after} atoms")
        if after and type(balances) is dict:
            balances[ccy] = after
        else:
            ledger[account] = put(balances, ccy, after)
        if noted is not None and delta and account.startswith(OF_USERS):
            noted.append((account, ccy, delta, after))
    if total != 0:
        raise InvariantViolation("L1", f"posting in {ccy} sums to {total} atoms")


def claim(state: State, ccy: str, debtor: str, delta: int) -> None:
    """Change a debt of `debtor` (an account debt:U or loan:L), and with it the claims of the pool."""
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
    """Coins in the trading account that no order holds; orders of a cross account may hold more than there is."""
    # `cash` and `max` are written out, as every order asks several times, and the calls cost more than the rest.
    balances = state.ledger.get(f"trading:{user.user_id}")
    there = 0 if balances is None else balances.get(ccy, 0)
    held = user.frozen.get(ccy, 0)
    return there - held if there > held else 0


def at_hand(state: State, user: User, ccy: str) -> int:
    """Coins that may repay a debt of their currency: the available ones, in a cross account those of orders too."""
    return cash(state, user.user_id, ccy) if user.cross else available(state, user, ccy)


# ---- what is owed now


def debt(state: State, user_id: int, ccy: str) -> int:
    """Spot-mode debt: principal plus the interest of every passed hour."""
    owed = state.ledger.get(f"debt:{user_id}")
    booked = 0 if owed is None else owed.get(ccy, 0)
    if not booked:
        return 0
    user = state.users[user_id]
    return -booked if user.charged_ms == state.hour_ms else accrual.spot_debts(state, user)[ccy]


def debts(state: State, user_id: int) -> dict[str, int]:
    """All spot-mode debts of a user, in order of currency."""
    owed = state.ledger.get(f"debt:{user_id}")
    if not owed:
        return {}
    user = state.users[user_id]
    if user.charged_ms == state.hour_ms:
        return {ccy: -owed[ccy] for ccy in sorted(owed)}
    return accrual.spot_debts(state, user)


def loan_debts(state: State, loan: Loan) -> dict[str, int]:
    """Debts of a loan per currency: principal plus the interest of every passed hour."""
    return dict(loan.booked) if loan.charged_ms == state.hour_ms else accrual.loan_debts(state, loan)


def owed(state: State, ccy: str) -> int:
    """Claims of the pool on all debtors together, exact to the atom. Reads every debt."""
    total = sum(debt(state, user_id, ccy) for user_id in state.users)
    return total + sum(loan_debts(state, loan).get(ccy, 0) for loan in state.loans.values() if ccy in loan.booked)


def equity(state: State, user_id: int) -> dict[str, int]:
    """Cash less debt for every currency the trading account touches, in order of currency."""
    held = state.ledger.get(f"trading:{user_id}", {})
    owed = debts(state, user_id)
    return {ccy: held.get(ccy, 0) - owed.get(ccy, 0) for ccy in sorted({**held, **owed})}


def changed_at_ms(state: State, user: User, ccy: str) -> int:
    """Time a currency of the trading account last changed, also by interest; 0 is never."""
    if user.charged_ms != state.hour_ms and balance(state, f"debt:{user.user_id}", ccy):
        return state.hour_ms
    return user.changed_at_ms.get(ccy, 0)


def touch(user: User, ccy: str, at_ms: int) -> None:
    """Record the time at which a currency of the trading account last changed."""
    changed = user.changed_at_ms
    if changed is NOTHING:
        changed = own(user, "changed_at_ms", changed)
    changed[ccy] = at_ms


def spend_exempt(user: User, ccy: str, amount: int) -> None:
    """Spend coins of a manual borrow first; spent coins are no longer exempt from auto repay."""
    exempt = user.exempt.get(ccy, 0)
    if exempt:
        if amount >= exempt:
            del user.exempt[ccy]
        else:
            user.exempt[ccy] = exempt - amount


def require_ccy(state: State, ccy: str) -> None:
    """Require a known currency. Rejects: UNKNOWN_CCY."""
    if ccy not in state.parameters.currencies:
        raise Rejected(Reject.UNKNOWN_CCY, ccy=ccy).because(ccy=ccy, known=" ".join(state.parameters.currencies))
