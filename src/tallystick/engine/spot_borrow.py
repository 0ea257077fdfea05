"""Automatic borrowing: an order may spend more than is available, and the shortfall is borrowed when it fills.

While the order rests nothing is owed: it freezes the available coins, and the rest that it may spend is a
promise (`Order.beyond`, summed in `User.promised`). Promises that available coins do not cover are
potential borrowing, which limits and margin must carry together with the debts. It is judged again at each
fill: an order whose coins can no longer be borrowed is cancelled instead.
Source: docs/rules/borrowing.md#order-check; codes of the 51008 family (documented), the rest decisions/012.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from tallystick.engine import ledger, margin, refusals, soundness, transient
from tallystick.engine.events import Borrowed
from tallystick.engine.exposure import Fill
from tallystick.engine.kinds import CauseOrNone
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import Order, State, User
from tallystick.engine.work import Work

AUTO_BORROW: Final = "auto_borrow"
RISK: Final = "risk"
CAP: Final = "cap"


def require_room(state: State, user: User, ccy: str, need: int) -> None:
    """Require that a new order that spends `need` may borrow its shortfall, together with all open orders.

    Rejects, first that applies: INSUFFICIENT_BALANCE (borrowing off, or not of this coin) or AUTO_LOAN_OFF,
    ORDER_ABOVE_TIER or CROSS_ORDER_ABOVE_TIER, ORDER_ABOVE_QUOTA, ORDER_POOL_EXHAUSTED. The caller judges the
    margin, with the order filled.
    """
    lacking = margin.potential(state, user, {ccy: -need}).get(ccy, 0)
    if lacking == 0:
        return
    if not can_borrow(state, user, ccy):
        raise refusals.not_covered(state, user, ccy, need)
    if lacking > (left := margin.tier_left(state, user, ccy)):
        no = Rejected(Reject.CROSS_ORDER_ABOVE_TIER if user.cross else Reject.ORDER_ABOVE_TIER, ccy=ccy)
        raise refusals.above_tier(state, no, user, ccy, asked=lacking, left=left)
    if lacking > (left := margin.quota_left(state, user.user_id, ccy)):
        no = Rejected(Reject.ORDER_ABOVE_QUOTA, ccy=ccy)
        raise refusals.above_quota(state, no, user, ccy, asked=lacking, left=left)
    if lacking > (left := margin.lendable(state, ccy)):
        raise refusals.pool_empty(state, Reject.ORDER_POOL_EXHAUSTED, ccy, lacking, left)


def require_margin(
    state: State,
    user: User,
    changes: dict[str, int],
    needs: dict[str, int],
    resting: Fill | None = None,
    *,
    without: int = 0,
) -> None:
    """Require the margin of a new order, first with every coin and then without the restricted ones.

    `changes` are its effect once it has filled, its fee paid; `resting` is set if it may stay open. The order takes the
    place of the order `without`; `needs` is what it needs more than that one.

    Rejects: MARGIN_INSUFFICIENT, or ORDER_LOWERS_EQUITY in a cross account that is short already; then if only
    restricted coins could carry it ORDER_COLLATERAL_RESTRICTED (it spends available coins) or ORDER_BORROW_RESTRICTED
    (it would borrow).
    """
    uid = user.user_id
    if soundness.stays_sound(state, uid, changes, needs, resting=resting, without=without):
        return
    weighed = transient.of(state).weighed
    if weighed is None or not soundness.stays_sound(
        state, uid, changes, needs, resting=resting, without=without, leave_out_restricted=False
    ):
        short = weighed and user.cross and soundness.is_short(state, user)
        raise refusals.lowers_equity(state) if short else refusals.unsound(state)
    equity, needed = weighed
    names = ",".join(sorted(margin.restricted(state)))
    borrowed = margin.potential(state, user, needs)
    for ccy in needs:
        if borrowed.get(ccy, 0):
            no = Rejected(Reject.ORDER_BORROW_RESTRICTED, ccy=ccy, other=names)
            raise no.because(ccy=ccy, restricted=names, equity_usd=equity, needed_usd=needed)
    no = Rejected(Reject.ORDER_COLLATERAL_RESTRICTED, other=names)
    raise no.because(restricted=names, equity_usd=equity, needed_usd=needed)


def is_covered(state: State, user: User, ccy: str, need: int) -> bool:
    """Test whether coins at hand cover `need`, and no order of the account may borrow: then `require_room` passes.

    The margin is not asked then either, unless the account owes.
    """
    return need <= ledger.available(state, user, ccy) and not promised(state, user)


def promised(state: State, user: User) -> Collection[str]:
    """Coins that open orders of the account may borrow."""
    return margin.potential(state, user) if user.cross else user.promised


def can_borrow(state: State, user: User, ccy: str) -> bool:
    """Test whether this user may owe this coin at all."""
    return user.may_borrow and state.parameters.currencies[ccy].borrowable and not user.liquidating


def shortfall(state: State, order: Order, spent: int, released: int) -> int:
    """Coins that a fill lacks: coins of other orders are not touched, those of this one (`released`) are used first.

    A cross account has one number for a coin: a fill takes what is there, whichever order holds it.
    """
    user = state.users[order.user_id]
    if user.cross:
        return max(0, spent - ledger.cash(state, order.user_id, order.held_ccy))
    at_hand = ledger.available(state, user, order.held_ccy) + released
    return max(0, spent - at_hand)


def refusal(state: State, order: Order, amount: int, changes: dict[str, int]) -> CauseOrNone:
    """Reason why a fill that changes balances by `changes` may not borrow `amount`: "cap" or "risk"; "" if it may."""
    user, ccy = state.users[order.user_id], order.held_ccy
    if not can_borrow(state, user, ccy):
        return CAP
    if amount > margin.borrow_limit_left(state, user.user_id, ccy) or amount > margin.lendable(state, ccy):
        return CAP
    owed = (ccy, *ledger.debts(state, user.user_id))
    if not margin.priced(state, owed):
        return RISK
    needed = margin.initial_margin(state, user.user_id, {ccy: amount})
    worth = margin.adjusted_equity(state, user.user_id, changes, without=order.order_id)
    return "" if worth >= needed else RISK


def borrow(work: Work, user: User, ccy: str, amount: int) -> None:
    """Borrow exactly what a fill or a transfer lacks, in the same command. Emits: Borrowed."""
    debt_after = ledger.debt(work.state, user.user_id, ccy) + amount
    work.emit(Borrowed(user_id=user.user_id, ccy=ccy, amount=amount, kind=AUTO_BORROW, debt_after=debt_after))
