"""What a trading account is worth as collateral, and what it must be worth.

All results are USD atoms or rates per 10**18. Source: credit-rules 2.4 and 2.5 (help pages and the
API reference); the liquidation fee stands in the ratio's denominator but not in `mmr` (chosen: S3).
"""

from __future__ import annotations

from tallystick.engine import ledger, prices
from tallystick.engine.amounts import ONE, div_down, mul_down, mul_up
from tallystick.engine.commands import PlaceOrder
from tallystick.engine.parameters import Currency
from tallystick.engine.state import Order, State, User


def discounted(currency: Currency, amount: int) -> int:
    """Coins that count as collateral out of `amount`: marginal tiers, each slice at its own rate, cut."""
    if not currency.collateral:
        return 0
    counted = 0
    lower = 0
    rate = 0
    for upper, rate in currency.discount_tiers:
        if amount <= lower:
            return counted
        counted += mul_down(min(amount, upper) - lower, rate)
        lower = upper
    step, size = currency.discount_step, currency.discount_step_size
    if step == 0 or size == 0:
        return counted + (mul_down(amount - lower, rate) if amount > lower else 0)
    rate -= step
    while amount > lower and rate > 0:
        counted += mul_down(min(amount - lower, size), rate)
        lower += size
        rate -= step
    return counted


def discounted_usd(state: State, ccy: str, amount: int) -> int:
    """Collateral value of an equity: tiers for a plus, no haircut for a minus."""
    if amount > 0:
        return prices.usd_value(state, ccy, discounted(state.parameters.currencies[ccy], amount))
    return -mul_up(-amount, prices.usd_index(state, ccy))


def adjusted_equity(state: State, user_id: int, changes: dict[str, int] | None = None) -> int:
    """Sum of discounted equities, less what open orders would lose; `changes` (atoms) are applied in thought."""
    equities = ledger.equity(state, user_id)
    for ccy, delta in (changes or {}).items():
        equities[ccy] = equities.get(ccy, 0) + delta
    if state.users[user_id].frozen:
        _fill_losing_orders(state, user_id, equities)
    return sum(discounted_usd(state, ccy, amount) for ccy, amount in equities.items())


def _fill_losing_orders(state: State, user_id: int, equities: dict[str, int]) -> None:
    """Fill in thought, at its limit and less the fee, each open order that lowers the sum (credit-rules 2.2)."""
    for order in state.orders.values():
        if order.user_id != user_id:
            continue
        instrument = state.parameters.instruments[order.instrument]
        base, quote = instrument.base_ccy, instrument.quote_ccy
        left = order.size - order.filled_size
        after = {ccy: equities.get(ccy, 0) + delta for ccy, delta in fill_changes(state, order, left).items()}
        now = discounted_usd(state, base, equities.get(base, 0)) + discounted_usd(state, quote, equities.get(quote, 0))
        if discounted_usd(state, base, after[base]) + discounted_usd(state, quote, after[quote]) < now:
            equities.update(after)


def fill_changes(state: State, order: Order | PlaceOrder, size: int) -> dict[str, int]:
    """What `size` of a limit order changes when it fills at its limit and pays the higher fee; atoms per currency."""
    parameters = state.parameters
    instrument = parameters.instruments[order.instrument]
    fee = max(parameters.taker_fee, parameters.maker_fee)
    if order.side == "buy":
        return {instrument.quote_ccy: -mul_up(size, order.price), instrument.base_ccy: size - mul_up(size, fee)}
    proceeds = mul_down(size, order.price)
    return {instrument.base_ccy: -size, instrument.quote_ccy: proceeds - mul_up(proceeds, fee)}


def debt_usd(state: State, user_id: int) -> int:
    """Value of all spot debts, rounded up."""
    return sum(mul_up(amount, prices.usd_index(state, ccy)) for ccy, amount in ledger.debts(state, user_id).items())


def initial_margin(state: State, user_id: int) -> int:
    """imr: value of the debts over the borrowing leverage, rounded up."""
    return -(-debt_usd(state, user_id) * ONE // state.parameters.leverage)


def maintenance_margin(state: State, user_id: int) -> int:
    """mmr without the liquidation fee, rounded up."""
    return mul_up(debt_usd(state, user_id), state.parameters.maintenance_rate)


def margin_ratio(state: State, user_id: int) -> int | None:
    """adjEq / (mmr + liquidation fee), cut; None without a debt."""
    debt = debt_usd(state, user_id)
    if debt == 0:
        return None
    needed = mul_up(debt, state.parameters.maintenance_rate + state.parameters.taker_fee)
    return div_down(adjusted_equity(state, user_id), needed)


def free_usd(state: State, user_id: int) -> int:
    """(adjEq - imr) x leverage: the value that may still be borrowed. Multiplied out, so that imr is not rounded."""
    return max(0, mul_down(adjusted_equity(state, user_id), state.parameters.leverage) - debt_usd(state, user_id))


def max_manual_borrow(state: State, user_id: int, ccy: str) -> int:
    """(adjEq - imr) x leverage / price, cut; 0 without a price."""
    index = prices.usd_index(state, ccy)
    return div_down(free_usd(state, user_id), index) if index > 0 else 0


def borrow_limit_left(state: State, user_id: int, ccy: str) -> int:
    """What quota still allows, whatever the collateral."""
    return max(0, state.parameters.currencies[ccy].quota - ledger.debt(state, user_id, ccy))


def max_loan(state: State, user: User, ccy: str) -> int:
    """The least of quota, pool and collateral; 0 where borrowing is off."""
    currency = state.parameters.currencies[ccy]
    if not user.borrow_enabled or not currency.borrowable:
        return 0
    return min(
        borrow_limit_left(state, user.user_id, ccy),
        ledger.balance(state, "pool", ccy),
        max_manual_borrow(state, user.user_id, ccy),
    )


def stays_sound(state: State, user_id: int, changes: dict[str, int]) -> bool:
    """Whether adjEq covers imr after `changes`, or at least does not fall; true without a debt.

    No command makes an account unsound (F2), and what helps an unsound one is not refused.
    """
    margin = initial_margin(state, user_id)
    if margin == 0:
        return True
    after = adjusted_equity(state, user_id, changes)
    return after >= margin or after >= adjusted_equity(state, user_id)
