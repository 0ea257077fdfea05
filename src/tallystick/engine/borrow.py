"""Spot-mode debt: manual borrow and repay, and auto repay.

A debt is one number per user and currency: principal plus interest (`ledger.debts`). Repayment is
always in the same currency.
Source: docs/rules/borrowing.md#manual-borrow, docs/rules/interest.md#charge, docs/rules/auto-repay.md.
"""

from __future__ import annotations

from typing import Final

from tallystick.engine import faults, ledger, margin, prices, refusals
from tallystick.engine.amounts import unit_of
from tallystick.engine.commands import ManualBorrow, ManualRepay, SetAutoRepay, SwitchSpotBorrow
from tallystick.engine.events import (
    AutoRepaySwitched,
    Borrowed,
    Repaid,
    SpotBorrowSwitched,
)
from tallystick.engine.kinds import RepayKind
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.sparse import own
from tallystick.engine.state import State, User
from tallystick.engine.work import Stamp, Work, applies

MANUAL_BORROW: Final = "manual_borrow"
MANUAL_REPAY: Final = "manual_repay"
ONE_CLICK_REPAY: Final = "one_click_repay"
AUTO_REPAY: Final = "auto_repay"
FORCED_REPAY: Final = "forced_repay"


def switch_spot_borrow(work: Work, command: SwitchSpotBorrow) -> None:
    """Allow or forbid a user to borrow in Spot mode: the switch of the web page.

    Rejects: UNKNOWN_USER, DEBT_OUTSTANDING (switching off with a debt, or with open orders that may borrow).
    Emits: SpotBorrowSwitched.
    """
    user = work.user(command.user_id)
    owes = ledger.debts(work.state, command.user_id) or command.user_id in work.state.late_interest
    if not command.enabled and (owes or user.promised):
        owed = ",".join((*ledger.debts(work.state, command.user_id), *user.promised))
        raise Rejected(Reject.DEBT_OUTSTANDING).because(name=user.name, owed=owed)
    work.emit(SpotBorrowSwitched(user_id=command.user_id, enabled=command.enabled))


def set_auto_repay(work: Work, command: SetAutoRepay) -> None:
    """Switch auto repay. Switching it on repays every debt once, also from coins of an earlier manual borrow.

    Rejects: UNKNOWN_USER, BORROWING_NOT_ENABLED. Emits: AutoRepaySwitched, Repaid per swept currency.
    Source: documented (trading-account-rest-api-set-auto-repay); the sweep is chosen (decisions/003).
    """
    user = work.user(command.user_id)
    if not user.borrow_enabled:
        raise Rejected(Reject.BORROWING_NOT_ENABLED).because(name=user.name)
    was_on = user.auto_repay
    work.emit(AutoRepaySwitched(user_id=command.user_id, enabled=command.enabled))
    if command.enabled and not was_on:
        for ccy in ledger.debts(work.state, command.user_id):
            auto_repay(work, user, ccy)


def manual_borrow(work: Work, command: ManualBorrow) -> None:
    """Borrow coins into the trading account. Amounts in atoms of the currency.

    Rejects, first that applies: UNKNOWN_USER, IN_LIQUIDATION, UNKNOWN_CCY, NOT_BORROWABLE (coin, or borrowing
    off), AMOUNT_TOO_FINE, BELOW_MIN_BORROW, ABOVE_BORROW_LIMIT (quota, tier), MARGIN_INSUFFICIENT, POOL_EXHAUSTED.
    Emits: Borrowed. Source: documented codes; their order is chosen (decisions/003).
    """
    user = work.active_user(command.user_id)
    state = work.state
    ledger.require_ccy(state, command.ccy)
    currency = state.parameters.currencies[command.ccy]
    if not user.borrow_enabled or not currency.borrowable:
        why = "coin" if user.borrow_enabled else ""
        raise Rejected(Reject.NOT_BORROWABLE).because(why, name=user.name, ccy=command.ccy)
    require_decimals(state, command.ccy, command.amount)
    if command.amount < currency.min_borrow:
        no = Rejected(Reject.BELOW_MIN_BORROW, min_atoms=str(currency.min_borrow), ccy=command.ccy)
        raise no.because(ccy=command.ccy, asked=command.amount, least=currency.min_borrow)
    if command.amount > margin.borrow_limit_left(state, command.user_id, command.ccy):
        raise refusals.above_limit(state, user, command.ccy, command.amount)
    if command.amount > (most := margin.max_manual_borrow(state, command.user_id, command.ccy)):
        raise refusals.beyond_margin(state, user, command.ccy, command.amount, most)
    if command.amount > (left := margin.lendable(state, command.ccy)):
        raise refusals.pool_empty(state, Reject.POOL_EXHAUSTED, command.ccy, command.amount, left)
    debt_after = ledger.debt(state, command.user_id, command.ccy) + command.amount
    work.emit(
        Borrowed(
            user_id=command.user_id, ccy=command.ccy, amount=command.amount, kind=MANUAL_BORROW, debt_after=debt_after
        )
    )


def manual_repay(work: Work, command: ManualRepay) -> None:
    """Repay a debt from available coins of its currency: the least of amount, debt and available coins.

    Rejects: UNKNOWN_USER, UNKNOWN_CCY, AMOUNT_TOO_FINE (of less than all that is owed), NO_DEBT, NOTHING_AVAILABLE.
    Emits: Repaid.
    """
    user = work.user(command.user_id)
    state = work.state
    ledger.require_ccy(state, command.ccy)
    debt = ledger.debt(state, command.user_id, command.ccy)
    if debt == 0 or command.amount < debt:
        require_decimals(state, command.ccy, command.amount)
    if debt == 0:
        raise Rejected(Reject.NO_DEBT).because(ccy=command.ccy, owed=",".join(ledger.debts(state, user.user_id)))
    amount = min(command.amount, debt, ledger.available(state, user, command.ccy))
    if amount <= 0:
        raise Rejected(Reject.NOTHING_AVAILABLE, ccy=command.ccy).because(ccy=command.ccy, account="trading")
    repay(work, user, command.ccy, amount, MANUAL_REPAY)


def require_decimals(state: State, ccy: str, amount: int) -> None:
    """Require no more fraction digits than the currency has. Rejects: AMOUNT_TOO_FINE."""
    if amount % unit_of(state.parameters.currencies[ccy].decimals):
        places = state.parameters.currencies[ccy].decimals
        raise Rejected(Reject.AMOUNT_TOO_FINE).because(ccy=ccy, asked=amount, places_count=places)


def repay(work: Work, user: User, ccy: str, amount: int, kind: RepayKind) -> None:
    """Repay `amount` (already bounded by debt and coins at hand). Emits: Repaid."""
    debt_after = ledger.debt(work.state, user.user_id, ccy) - amount
    work.emit(Repaid(user_id=user.user_id, ccy=ccy, amount=amount, kind=kind, debt_after=debt_after))


def auto_repay(work: Work, user: User, ccy: str) -> None:
    """Repay a debt at once from coins of its currency that came in or were freed, if auto repay is on.

    Other coins never repay it. Unspent coins of a manual borrow stay, as do coins raised by a running one-click repay.
    In a cross account a coin is one number: whatever comes in pays the debt first, and nothing switches that off.
    """
    if not (user.auto_repay or user.cross):
        return
    debt = ledger.debt(work.state, user.user_id, ccy)
    if debt == 0:
        return
    amount = min(debt, unreserved(work.state, user, ccy) - user.exempt.get(ccy, 0))
    if amount > 0 and (user.cross or not faults.fires(work, "auto-repay-stalls", user.user_id)):
        repay(work, user, ccy, amount, AUTO_REPAY)


def before_gains(state: State, user: User) -> dict[str, int]:
    """Coins that auto repay could draw on, per currency in debt; pass them to `repay_gains` after a change."""
    return {ccy: unreserved(state, user, ccy) for ccy in ledger.debts(state, user.user_id)}


def repay_gains(work: Work, user: User, before: dict[str, int]) -> None:
    """Auto-repay every currency of which more coins are at hand than `before`. Emits: Repaid."""
    for ccy, had in before.items():
        if unreserved(work.state, user, ccy) > had:
            auto_repay(work, user, ccy)


def unreserved(state: State, user: User, ccy: str) -> int:
    """Available coins that a running one-click repay has not set aside; in a cross account none are."""
    run = state.runs.get(user.user_id)
    if run is None or user.cross:
        return ledger.at_hand(state, user, ccy)
    aside = {state.parameters.transit_ccy: run.raised_net, state.parameters.bridge_ccy: run.bridged}
    return ledger.at_hand(state, user, ccy) - aside.get(ccy, 0)


# ---- events


@applies(SpotBorrowSwitched)
def _spot_borrow_switched(state: State, stamp: Stamp, event: SpotBorrowSwitched) -> None:
    user = state.users[event.user_id]
    user.borrow_enabled = event.enabled
    if not event.enabled:
        user.auto_repay = False


@applies(AutoRepaySwitched)
def _auto_repay_switched(state: State, stamp: Stamp, event: AutoRepaySwitched) -> None:
    user = state.users[event.user_id]
    if event.enabled and not user.auto_repay:
        user.exempt.clear()
    user.auto_repay = event.enabled


@applies(Borrowed)
def _borrowed(state: State, stamp: Stamp, event: Borrowed) -> None:
    user = state.users[event.user_id]
    ledger.post(state, event.ccy, (f"trading:{event.user_id}", event.amount), ("pool", -event.amount))
    ledger.claim(state, event.ccy, f"debt:{event.user_id}", event.amount)
    if event.kind == MANUAL_BORROW:
        own(user, "exempt", user.exempt)[event.ccy] = user.exempt.get(event.ccy, 0) + event.amount
    ledger.touch(user, event.ccy, stamp.at_ms)


@applies(Repaid)
def _repaid(state: State, stamp: Stamp, event: Repaid) -> None:
    user = state.users[event.user_id]
    if event.debt_after < 0:
        raise ledger.InvariantViolation("B3", f"repaid {event.amount} atoms of {event.ccy}, more than is owed")
    ledger.post(state, event.ccy, (f"trading:{event.user_id}", -event.amount), ("pool", event.amount))
    ledger.claim(state, event.ccy, f"debt:{event.user_id}", -event.amount)
    if event.kind != AUTO_REPAY:
        ledger.spend_exempt(user, event.ccy, event.amount)
    if event.debt_after == 0:
        user.exempt.pop(event.ccy, None)
    ledger.touch(user, event.ccy, stamp.at_ms)


def usable(state: State, user: User, ccy: str) -> tuple[int, int]:
    """Coins that one-click repay may draw on: (available atoms, their USD value)."""
    amount = ledger.available(state, user, ccy)
    return amount, prices.usd_value(state, ccy, amount)
