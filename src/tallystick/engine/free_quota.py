"""Interest-free quotas: debts of a cross account that cost nothing while its auto-loan is off.

A quota is an amount of a coin for each account. That of some coins grows by what the account has of others (the quota
of USDT by its USDC). With auto-loan on, every unit of a debt costs. Source: docs/rules/account-modes.md#quota
(documented), the judging of it decisions/059.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from tallystick.engine import transient
from tallystick.engine.state import State, User

FreeOf: TypeAlias = Callable[[str, dict[str, int]], int]
"""Interest-free quota of a coin, given all debts of the account."""


def granted(user: User) -> bool:
    """Tell whether debts of an account have a quota: in multi-currency and portfolio margin with auto-loan off."""
    return user.cross and not user.auto_loan


def users(state: State) -> list[User]:
    """Users whose debts have a quota. Everybody is looked at once, then those whose auto-loan is off."""
    noted = transient.of(state)
    if noted.without_loans is None:
        noted.without_loans = {user.user_id for user in state.users.values() if not user.auto_loan}
    return [state.users[user_id] for user_id in sorted(noted.without_loans) if granted(state.users[user_id])]


def note(state: State, user: User) -> None:
    """Note that the auto-loan of a user was switched."""
    known = transient.of(state).without_loans
    if known is not None:
        (known.discard if user.auto_loan else known.add)(user.user_id)


def of(state: State, user: User, ccy: str, debts: dict[str, int]) -> int:
    """Quota of a coin in atoms: its own number and the equity above zero of the coins that add to it."""
    currency = state.parameters.currencies[ccy]
    held = state.ledger.get(f"trading:{user.user_id}", {})
    added = sum(max(0, held.get(coin, 0) - debts.get(coin, 0)) for coin in currency.free_quota_equity)
    return currency.free_quota + added


def free_of(state: State, user: User) -> FreeOf | None:
    """Quotas of an account as a function, None where it has none."""
    if not granted(user):
        return None
    return lambda ccy, debts: of(state, user, ccy, debts)


def free_part(state: State, user: User, ccy: str, debts: dict[str, int]) -> int:
    """Part of a debt that costs nothing, in atoms; 0 without a quota."""
    return min(debts.get(ccy, 0), of(state, user, ccy, debts)) if granted(user) else 0
