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

from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import State, User

NEVER_NEGATIVE = ("trading:", "funding:", "vault:", "transit:", "pool", "owed", "fee", "insurance")


class InvariantViolation(Exception):
    """A bug, not an error code: the venue must stop. Carries the identifier of the invariant."""

    def __init__(self, invariant: str, detail: str) -> None:
        super().__init__(f"{invariant}: {detail}")
        self.invariant = invariant


def post(state: State, ccy: str, *moves: tuple[str, int]) -> None:
    """Move atoms between accounts. Violations: L1 (sum not zero), L3 (an account that may not be negative)."""
    total = 0
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
    if total != 0:
        raise InvariantViolation("L1", f"posting in {ccy} sums to {total} atoms")


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
    """Spot-mode debt: principal plus charged interest."""
    return -balance(state, f"debt:{user_id}", ccy)


def debts(state: State, user_id: int) -> dict[str, int]:
    """All spot-mode debts of a user, in order of currency."""
    owed = state.ledger.get(f"debt:{user_id}", {})
    return {ccy: -owed[ccy] for ccy in sorted(owed)}


def equity(state: State, user_id: int) -> dict[str, int]:
    """Cash less debt for every currency the trading account touches, in order of currency."""
    held = state.ledger.get(f"trading:{user_id}", {})
    owed = state.ledger.get(f"debt:{user_id}", {})
    return {ccy: held.get(ccy, 0) + owed.get(ccy, 0) for ccy in sorted(held.keys() | owed.keys())}


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
