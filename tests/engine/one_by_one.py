"""Collateral value and open orders worked out plainly: slice by slice, and one order after the other.

What `engine/discount.py` and `engine/exposure.py` answer from sums, for comparison.
"""

from __future__ import annotations

from tallystick.engine import ledger, prices
from tallystick.engine.amounts import ONE, mul_down, mul_up
from tallystick.engine.parameters import Currency
from tallystick.engine.state import Order, State


def counted(currency: Currency, amount: int) -> int:
    """Coins that count as collateral: marginal tiers, then falling steps, each slice cut."""
    if not currency.collateral:
        return 0
    total = lower = rate = 0
    for upper, rate in currency.discount_tiers:
        if amount <= lower:
            return total
        total += mul_down(min(amount, upper) - lower, rate)
        lower = upper
    step, size = currency.discount_step, currency.discount_step_size
    if step == 0 or size == 0:
        return total + (mul_down(amount - lower, rate) if amount > lower else 0)
    rate -= step
    while amount > lower and rate > 0:
        total += mul_down(min(amount - lower, size), rate)
        lower += size
        rate -= step
    return total


def usd_value(state: State, ccy: str, amount: int) -> int:
    index = prices.usd_index(state, ccy)
    if amount > 0:
        return counted(state.parameters.currencies[ccy], amount) * index // ONE
    return -mul_up(-amount, index)


def fill(order: Order) -> dict[str, int]:
    """Rest of an order, filled at its limit, before its fee."""
    base, quote = order.instrument.split("-")
    left = order.size - order.filled_size
    if order.side == "buy":
        return {quote: -mul_up(left, order.price), base: left}
    return {base: -left, quote: mul_down(left, order.price)}


def fees(state: State, orders: list[Order]) -> dict[str, int]:
    """Estimated fees by quote coin: what each order pays or gets there, times the higher of the two fees."""
    rate = max(state.parameters.taker_fee, state.parameters.maker_fee)
    found: dict[str, int] = {}
    for order in orders:
        quote = order.instrument.split("-")[1]
        found[quote] = found.get(quote, 0) + mul_up(abs(fill(order)[quote]), rate)
    return found


def fill_losing(state: State, orders: list[Order], equities: dict[str, int], without: int = 0) -> None:
    """Fill each order that lowers the sum, the oldest first, on top of those before."""
    for order in orders:
        if order.order_id == without:
            continue
        changes = fill(order)
        now = sum(usd_value(state, ccy, equities.get(ccy, 0)) for ccy in changes)
        after = {ccy: equities.get(ccy, 0) + delta for ccy, delta in changes.items()}
        if sum(usd_value(state, ccy, amount) for ccy, amount in after.items()) < now:
            equities.update(after)


def adjusted_equity(state: State, user_id: int) -> int:
    """adjEq of an account: with the open orders filled that lose, and less the fees of all open orders."""
    equities = ledger.equity(state, user_id)
    orders = [order for order in state.orders.values() if order.user_id == user_id]
    fill_losing(state, orders, equities)
    paid = sum(usd_value(state, ccy, -fee) for ccy, fee in fees(state, orders).items())
    return paid + sum(usd_value(state, ccy, amount) for ccy, amount in equities.items())
