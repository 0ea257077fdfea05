"""Headroom: the largest order, transfer or loan that would be accepted, found by bisection.

The checks are those of a real order or transfer, so the largest size passes and one step more does not. Nothing is
emitted.
"""

from __future__ import annotations

from collections.abc import Callable

from tallystick.engine import account, ledger, margin, orders, prices, soundness, spot_borrow
from tallystick.engine.amounts import ONE, div_down, mul_down, unit_of
from tallystick.engine.commands import PlaceOrder
from tallystick.engine.kinds import Side
from tallystick.engine.margin_tiers import tier_cap
from tallystick.engine.parameters import Instrument
from tallystick.engine.rejects import Rejected
from tallystick.engine.state import State, User


def largest(accepts: Callable[[int], bool], most: int) -> int:
    """Greatest accepted n in 0..`most`, if no n above it is accepted and all below are; `most` + 1 is never asked."""
    low, high = 0, most + 1
    while high - low > 1:
        middle = (low + high) // 2
        if accepts(middle):
            low = middle
        else:
            high = middle
    return low


def order_size(state: State, user: User, instrument: Instrument, side: Side, price: int) -> int:
    """Largest size of a limit order at `price`, in atoms of the base, a multiple of the lot; 0 without a price.

    Coins that may be borrowed for it count. The least size of an order is not checked.
    """
    if price <= 0 or user.liquidating:
        return 0
    ccy = instrument.quote_ccy if side == "buy" else instrument.base_ccy
    spendable = max(0, ledger.available(state, user, ccy))
    if spot_borrow.can_borrow(state, user, ccy):
        spendable += margin.borrow_limit_left(state, user.user_id, ccy)
    most = div_down(spendable, price) if side == "buy" else spendable

    def accepts(lots: int) -> bool:
        command = PlaceOrder(
            user_id=user.user_id,
            instrument=instrument.instrument,
            side=side,
            kind="limit",
            size=lots * instrument.lot,
            price=price,
        )
        try:
            orders.require_affordable(state, instrument, command, orders.need_of(state, instrument, command))
        except Rejected:
            return False
        return True

    return largest(accepts, most // instrument.lot) * instrument.lot


def transfer_size(state: State, user: User, ccy: str, *, may_borrow: bool = False) -> int:
    """Largest amount that may leave the trading account, in the currency's decimals: own coins, or borrowed too."""
    if user.liquidating:
        return 0
    unit = unit_of(state.parameters.currencies[ccy].decimals)
    most = account.own_available(state, user, ccy)
    if may_borrow:
        most = ledger.available(state, user, ccy) + margin.borrow_limit_left(state, user.user_id, ccy)

    def accepts(units: int) -> bool:
        if not (user.cross or may_borrow):
            return soundness.stays_sound(state, user.user_id, {ccy: -units * unit})
        try:
            account.require_leave(state, user, ccy, units * unit, may_borrow=may_borrow)
        except Rejected:
            return False
        return True

    return largest(accepts, most // unit) * unit


def loan_at_leverage(state: State, user: User, ccy: str, leverage: int) -> tuple[int, int]:
    """Largest manual borrow and the initial margin in USD, if this were the leverage of the currency.

    The loan is cut, and is smaller by the amount that the initial margin was rounded up.
    """
    wanted = {**user.leverage, ccy: leverage}
    more = margin.potential(state, user)
    needed = margin.initial_margin(state, user.user_id, more, wanted)
    index = prices.usd_index(state, ccy)
    if index <= 0 or not spot_borrow.can_borrow(state, user, ccy):
        return 0, needed
    free = max(0, margin.adjusted_equity(state, user.user_id) - needed)
    tier = max(0, tier_cap(state.parameters.currencies[ccy], leverage) - ledger.debt(state, user.user_id, ccy))
    by_margin = mul_down(free, leverage) * ONE // index
    return min(by_margin, tier, margin.quota_left(state, user.user_id, ccy), margin.lendable(state, ccy)), needed
