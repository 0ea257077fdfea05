"""A main account and its sub-accounts: each has its own coins and debts, and all draw on one borrowing quota.

Source: docs/rules/borrowing.md#quota; that nothing is set apart for a sub-account is chosen (decisions/022).
"""

from __future__ import annotations

from tallystick.engine import ledger
from tallystick.engine.amounts import mul_down
from tallystick.engine.state import State, User


def main_of(state: State, user_id: int) -> User:
    """The main account a user belongs to; a main account belongs to itself."""
    user = state.users[user_id]
    return state.users[user.master_id] if user.master_id else user


def members(state: State, user_id: int) -> tuple[int, ...]:
    """The main account of a user and all its sub-accounts, the main one first."""
    main = main_of(state, user_id)
    return (main.user_id, *main.sub_ids)


def sub_named(state: State, main: User, name: str) -> int:
    """Id of the sub-account with this name under the main account; 0 if there is none."""
    return next((sub_id for sub_id in main.sub_ids if state.users[sub_id].name == name), 0)


def level(state: State, user_id: int) -> str:
    """Level of the main account, which its sub-accounts share."""
    return main_of(state, user_id).level or state.parameters.quota_levels[0][0]


def quota(state: State, user_id: int, ccy: str) -> int:
    """Most that a main account and its sub-accounts together may owe of a currency.

    Basic quota times the level's coefficient, cut. Where the currency names a quota for the level, that one counts
    instead.
    """
    of = level(state, user_id)
    currency = state.parameters.currencies[ccy]
    absolute = dict(currency.level_quotas).get(of)
    return mul_down(currency.quota, dict(state.parameters.quota_levels)[of]) if absolute is None else absolute


def owed(state: State, user_id: int, ccy: str) -> int:
    """Debt of a main account and its sub-accounts in a currency, in Spot mode."""
    return sum(ledger.debt(state, member, ccy) for member in members(state, user_id))
