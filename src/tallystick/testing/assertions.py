"""Statements about state and journal that a scenario can demand; each is checked when it is played."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tallystick.engine import checks, ledger, margin, prices
from tallystick.engine.amounts import text_from_atoms
from tallystick.engine.events import (
    LiquidationEnded,
    LiquidationStarted,
    LoanMoved,
)
from tallystick.engine.interest import Charge
from tallystick.engine.loan_judging import DUE, standing
from tallystick.engine.state import State
from tallystick.testing.kit.text import counted

FORCED = ("partial_liquidation", "forced_liquidation")


def books_balance(state: State, events: Sequence[Any]) -> str:
    """Each currency sums to zero, none is negative, frozen coins match orders and loans, coins lent match debts."""
    checks.check_state(state)
    return "every currency sums to zero over all accounts"


def no_loan_past_liquidation(state: State, events: Sequence[Any]) -> str:
    """No open loan stands at or above its liquidation LTV."""
    for loan in state.loans.values():
        debts = ledger.loan_debts(state, loan)
        judged = standing(state.parameters, prices.quotes(state), debts, loan.collateral, e_mode=loan.e_mode)
        if judged.verdict == DUE:
            raise AssertionError(f"loan {loan.loan_id} stands at {judged.ltv} of 10^18")
    return f"{counted(len(state.loans), 'open loan')}, none at its liquidation threshold"


def some_loans_liquidated(state: State, events: Sequence[Any]) -> str:
    """At least one loan was liquidated."""
    hit = {event.loan_id for event in events if type(event) is LoanMoved and event.kind in FORCED}
    if not hit:
        raise AssertionError("no loan was liquidated")
    return f"{counted(len(hit), 'loan')} liquidated, in part or whole"


def no_loan_liquidated(state: State, events: Sequence[Any]) -> str:
    """No loan was liquidated."""
    hit = {event.loan_id for event in events if type(event) is LoanMoved and event.kind in FORCED}
    if hit:
        raise AssertionError(f"{counted(len(hit), 'loan')} liquidated, in part or whole")
    return "no loan was liquidated"


def some_loans_survive(state: State, events: Sequence[Any]) -> str:
    """At least one loan is still open."""
    if not state.loans:
        raise AssertionError("no loan is left")
    return f"{counted(len(state.loans), 'loan')} still open"


def healthy_loans_force_repaid(state: State, events: Sequence[Any]) -> str:
    """Loans were repaid by force, and none was liquidated."""
    kinds = [event.kind for event in events if type(event) is LoanMoved]
    if "forced_repayment_buy" not in kinds or any(kind in FORCED for kind in kinds):
        raise AssertionError(f"rows are {sorted(set(kinds))}")
    return f"{counted(kinds.count('forced_repayment_buy'), 'forced repayment')}, no liquidation"


def some_account_liquidated(state: State, events: Sequence[Any]) -> str:
    """A trading account was liquidated, and the liquidation is over."""
    begun = [event.user_id for event in events if type(event) is LiquidationStarted]
    ended = [event.user_id for event in events if type(event) is LiquidationEnded]
    if not begun or sorted(begun) != sorted(ended):
        raise AssertionError(f"liquidations begun by {begun}, ended by {ended}")
    return f"{counted(len(begun), 'trading account')} liquidated, none still frozen"


def no_account_past_liquidation(state: State, events: Sequence[Any]) -> str:
    """No trading account stands at or below its liquidation ratio; those being liquidated are not counted."""
    line = state.parameters.spot_liquidation_ratio
    owing = 0
    for user in state.users.values():
        ratio = None if user.liquidating else margin.margin_ratio(state, user.user_id)
        owing += ratio is not None
        if ratio is not None and ratio <= line:
            raise AssertionError(f"{user.name} stands at {text_from_atoms(ratio)}")
    return f"{counted(owing, 'trading account')} in debt, none at its liquidation ratio"


def rate_rose_tenfold(state: State, events: Sequence[Any]) -> str:
    """The last hour of interest cost at least ten times the rate of the first."""
    rates = [event.rate_per_year for event in events if type(event) is Charge and event.loan_id == 0]
    if len(rates) < 2 or rates[-1] < 10 * rates[0]:
        raise AssertionError(f"the rates were {[text_from_atoms(rate) for rate in rates]}")
    return f"the yearly rate went from {text_from_atoms(rates[0])} to {text_from_atoms(rates[-1])}"


def loan_rows_reconcile(state: State, events: Sequence[Any]) -> str:
    """Debt and collateral of each loan equal the sum of its rows and interest."""
    # docs/rules/flexible-loans.md#reconciliation has both sums.
    owed: dict[tuple[int, str], int] = {}
    locked: dict[tuple[int, str], int] = {}
    for event in events:
        if type(event) is Charge and event.loan_id:
            _add(owed, (event.loan_id, event.ccy), event.interest)
        elif type(event) is LoanMoved:
            _reconcile(owed, locked, event)
    for loan in state.loans.values():
        for ccy, amount in ledger.loan_debts(state, loan).items():
            _same(owed.pop((loan.loan_id, ccy), 0), amount, f"debt of loan {loan.loan_id} in {ccy}")
        for ccy, amount in loan.collateral.items():
            _same(locked.pop((loan.loan_id, ccy), 0), amount, f"collateral of loan {loan.loan_id} in {ccy}")
    for left in (owed, locked):
        for (loan_id, ccy), amount in left.items():
            _same(amount, 0, f"{ccy} of closed loan {loan_id}")
    return "loan rows and interest add up to what is owed and locked, to the last digit"


def _reconcile(owed: dict[tuple[int, str], int], locked: dict[tuple[int, str], int], event: LoanMoved) -> None:
    key, amount = (event.loan_id, event.ccy), event.amount
    match event.kind:
        case "borrowed" | "repaid":
            _add(owed, key, amount)
        case "forced_repayment_buy":
            _add(owed, key, -amount)
        case "collateral_locked" | "collateral_released":
            _add(locked, key, -amount)
        case "forced_repayment_sell" | "sell_collateral":
            _add(locked, key, amount)
        case "partial_liquidation" | "forced_liquidation":
            _add(locked if key in locked else owed, key, amount)


def _add(amounts: dict[tuple[int, str], int], key: tuple[int, str], delta: int) -> None:
    amounts[key] = amounts.get(key, 0) + delta


def _same(found: int, wanted: int, what: str) -> None:
    if found != wanted:
        raise AssertionError(f"{what}: rows say {found}, the state says {wanted}")


HOLDS: dict[str, Callable[[State, Sequence[Any]], str]] = {
    "books-balance": books_balance,
    "no-loan-past-liquidation": no_loan_past_liquidation,
    "some-loans-liquidated": some_loans_liquidated,
    "no-loan-liquidated": no_loan_liquidated,
    "some-loans-survive": some_loans_survive,
    "healthy-loans-force-repaid": healthy_loans_force_repaid,
    "loan-rows-reconcile": loan_rows_reconcile,
    "some-account-liquidated": some_account_liquidated,
    "no-account-past-liquidation": no_account_past_liquidation,
    "rate-rose-tenfold": rate_rose_tenfold,
}
