"""Margin of a trading account: its value as collateral, and the value it must have.

All results are USD atoms or rates per 10**18. Source: docs/rules/margin.md#margin-ratio (documented); the liquidation
fee is in the ratio's denominator but not in `mmr` (docs/rules/margin.md#ratio-denominator).
Borrow tiers, leverage and potential borrowing: decisions/012; coins over their collateral limit: decisions/024.
"""

from __future__ import annotations

from collections.abc import Collection

from tallystick.engine import account_group, discount, fund, ledger, open_orders, prices, spot_judging
from tallystick.engine.amounts import ONE, cut, div_down, mul_down, mul_up, unit_of
from tallystick.engine.exposure import Fill, fill_if_losing
from tallystick.engine.margin_tiers import tier_cap, tier_of
from tallystick.engine.state import State, User


def adjusted_equity(state: State, user_id: int, changes: dict[str, int] | None = None, without: int = 0) -> int:
    """adjEq: discounted equities, less the losses that open orders would bring and the estimated fees of all of them.

    `changes` (atoms) are applied in thought. The order `without` is left out: a fill of it is in `changes`.
    """
    return worth(state, user_id, changes, without)


def adjusted_equity_without(state: State, user_id: int, out: Collection[str]) -> int:
    """adjEq if exactly these coins were out of the collateral."""
    return worth(state, user_id, None, 0, out=out)


def restricted(state: State) -> set[str]:
    """Coins over their collateral limit (colRes 2): part of adjEq, but they carry no new borrowing."""
    return {ccy for ccy, (level, _) in state.collateral_levels.items() if level == 2}


def free_equity(state: State, user_id: int) -> int:
    """Adjusted equity without the holdings of restricted coins; debts of them count."""
    return worth(state, user_id, None, 0, barred=restricted(state))


def worth(
    state: State,
    user_id: int,
    changes: dict[str, int] | None,
    without: int,
    *,
    order: Fill | None = None,
    barred: Collection[str] = (),
    out: Collection[str] | None = None,
) -> int:
    """Discounted value after `changes`, with every open order filled that would lower it, and with their fees paid.

    `order` comes after them in thought. Holdings of `barred` coins do not count in the sum. Coins that are `out` of the
    collateral, by the account's own choice where None, count nothing when an order is judged either.
    """
    user = state.users[user_id]
    values = discount.valuation(state, user.uncounted if out is None else out)
    equities = ledger.equity(state, user_id)
    for ccy, delta in (changes or {}).items():
        equities[ccy] = equities.get(ccy, 0) + delta
    fees = 0
    if user.frozen or user.promised:
        resting = open_orders.of(state).exposure(state, user_id)
        resting.fill_losing(values, equities, without)
        fees = sum(values.usd_value(ccy, -fee) for ccy, fee in resting.fees(without).items())
    if order is not None:
        fill_if_losing(values, equities, order)
        fees += values.usd_value(order.fee_ccy, -order.fee)
    if barred:
        equities = {ccy: amount for ccy, amount in equities.items() if amount < 0 or ccy not in barred}
    return fees + spot_judging.worth(values, equities)


def priced(state: State, ccys: tuple[str, ...]) -> bool:
    """Test whether all of these coins have a price; a debt without a price cannot be judged."""
    return all(prices.usd_index(state, ccy) > 0 for ccy in ccys)


# ---- debts, tiers and leverage


def leverage_of(state: State, user: User, ccy: str) -> int:
    """Borrowing leverage of a currency, per 10**18."""
    return user.leverage.get(ccy, state.parameters.leverage)


def borrowing(state: State, user: User) -> dict[str, int]:
    """Amounts that margin must carry: debts, in a cross account with what its open orders would borrow on top.

    There each is |min(0, equity - frozen)| of its coin (docs/rules/account-modes.md#one-currency).
    """
    owed = ledger.debts(state, user.user_id)
    return _together(owed, potential(state, user)) if user.cross and user.frozen else owed


def _together(owed: dict[str, int], more: dict[str, int]) -> dict[str, int]:
    return {ccy: owed.get(ccy, 0) + more.get(ccy, 0) for ccy in (*owed, *more)}


def debt_usd(state: State, user_id: int) -> int:
    """Value of all spot debts in USD, rounded up."""
    return sum(mul_up(amount, prices.usd_index(state, ccy)) for ccy, amount in ledger.debts(state, user_id).items())


def potential(state: State, user: User, changes: dict[str, int] | None = None) -> dict[str, int]:
    """Potential borrowing: amounts per currency that open orders would borrow if all of them filled now.

    `changes` (atoms) are applied to the available coins in thought; the need of a new order is negative there.
    """
    if user.cross:
        return _lacking(state, user, changes or {})
    if not user.promised and not changes:
        return {}
    changes = changes or {}
    found = {}
    for ccy in (*user.promised, *(ccy for ccy in changes if ccy not in user.promised)):
        lacking = user.promised.get(ccy, 0) - ledger.available(state, user, ccy) - changes.get(ccy, 0)
        if lacking > 0:
            found[ccy] = lacking
    return found


def _lacking(state: State, user: User, changes: dict[str, int]) -> dict[str, int]:
    """Coins that the open orders of a cross account give and that are not there, debts left out."""
    found = {}
    for ccy in dict.fromkeys((*user.frozen, *changes)):
        lacking = user.frozen.get(ccy, 0) - ledger.cash(state, user.user_id, ccy) - changes.get(ccy, 0)
        if lacking > 0:
            found[ccy] = lacking
    return found


def _margin(state: State, ccy: str, amount: int, total: int, leverage: int, scale: int) -> int:
    """Initial margin of `amount` of a debt of `total`, times `scale`, rounded up: one over the leverage, or more."""
    value = mul_up(amount, prices.usd_index(state, ccy))
    least = tier_of(state.parameters.currencies[ccy], total).initial
    by_leverage = -(-value * scale // leverage)
    return max(by_leverage, -(-value * least * scale // (ONE * ONE)))


def margin_of(state: State, amounts: dict[str, int], scale: int, leverage: dict[str, int]) -> int:
    """Sum of the initial margins of these debts, times `scale`, each rounded up."""
    usual = state.parameters.leverage
    total = 0
    for ccy, amount in amounts.items():
        total += _margin(state, ccy, amount, amount, leverage.get(ccy, usual), scale)
    return total


def _margins(state: State, user: User, more: dict[str, int], scale: int, leverage: dict[str, int]) -> int:
    """Sum of the initial margins of all debts, each increased by `more` of its coin."""
    owed = ledger.debts(state, user.user_id)
    return margin_of(state, _together(owed, more) if more else owed, scale, leverage)


def initial_margin(
    state: State, user_id: int, more: dict[str, int] | None = None, leverage: dict[str, int] | None = None
) -> int:
    """imr: value of each debt over its leverage, never below the margin of its tier, rounded up.

    `more` is owed in thought, `leverage` chosen in thought. Without `more`, a cross account also counts what its open
    orders would borrow.
    """
    user = state.users[user_id]
    if more is None:
        more = potential(state, user) if user.cross else {}
    return _margins(state, user, more, ONE, user.leverage if leverage is None else leverage)


def potential_margins(state: State, user: User) -> dict[str, int]:
    """Initial margin of what may be borrowed of each coin, in USD, rounded up: borrowFroz of the coin.

    In a cross account that of its debt too, unless `borrow_froz_debts` is off.
    """
    if user.cross and state.parameters.borrow_froz_debts:
        return {ccy: margin_of(state, {ccy: owed}, ONE, user.leverage) for ccy, owed in borrowing(state, user).items()}
    more = potential(state, user)
    if not more:
        return {}
    owed = ledger.debts(state, user.user_id)
    return {
        ccy: _margin(state, ccy, amount, owed.get(ccy, 0) + amount, leverage_of(state, user, ccy), ONE)
        for ccy, amount in more.items()
    }


def borrowing_usd(state: State, user: User) -> int:
    """Value in USD of what margin must carry, each coin's rounded up."""
    return sum(mul_up(owed, prices.usd_index(state, ccy)) for ccy, owed in borrowing(state, user).items())


def potential_margin(state: State, user: User) -> int:
    """borrowFroz: initial margin of the potential borrowing of open orders, in USD, each coin's rounded up.

    In a cross account potential borrowing contains the debts, so that this is imr unless `borrow_froz_debts` is off
    (decisions/057).
    """
    return sum(potential_margins(state, user).values())


def maintenance_margin(state: State, user_id: int) -> int:
    """mmr without the liquidation fee, rounded up."""
    return _maintenance(state, user_id, 0)


def needed_margin(state: State, user_id: int) -> int:
    """Denominator of `margin_ratio`: mmr and the liquidation fee, rounded up."""
    return _maintenance(state, user_id, state.parameters.taker_fee)


def _maintenance(state: State, user_id: int, fee: int) -> int:
    return owed_margin(state, borrowing(state, state.users[user_id]), fee)


def owed_margin(state: State, amounts: dict[str, int], fee: int) -> int:
    """Sum of the maintenance margins of these debts, see `spot_judging.owed_margin`."""
    return spot_judging.owed_margin(state.parameters, prices.indices(state), amounts, fee)


def margin_ratio(state: State, user_id: int, adjusted: int | None = None) -> int | None:
    """adjEq / (mmr + liquidation fee), cut; None without a debt. `adjusted` is adjEq if the caller has it."""
    needed = needed_margin(state, user_id)
    if needed == 0:
        return None
    return div_down(adjusted_equity(state, user_id) if adjusted is None else adjusted, needed)


def max_manual_borrow(state: State, user_id: int, ccy: str, carrying: int | None = None) -> int:
    """Most that may be borrowed by hand: (adjEq without restricted coins - imr - borrowFroz) x leverage / price, cut.

    The result is 0 if the coin or any coin that is owed has no price.

    The formula is multiplied out, so imr is not rounded before. `carrying` is `free_equity` if the caller has it.
    """
    index = prices.usd_index(state, ccy)
    if index <= 0:
        return 0
    user = state.users[user_id]
    possible = potential(state, user)
    if not priced(state, (*possible, *ledger.debts(state, user_id))):
        return 0
    leverage = leverage_of(state, user, ccy)
    if carrying is None:
        carrying = free_equity(state, user_id)
    free = mul_down(carrying, leverage) - _margins(state, user, possible, leverage, user.leverage)
    return max(0, div_down(free, index))


def tier_left(state: State, user: User, ccy: str) -> int:
    """Amount that the borrow tier of the chosen leverage still allows."""
    cap = tier_cap(state.parameters.currencies[ccy], leverage_of(state, user, ccy))
    return max(0, cap - ledger.debt(state, user.user_id, ccy))


def quota_left(state: State, user_id: int, ccy: str) -> int:
    """Amount that the quota of the main account still allows, after the debts of it and all its sub-accounts."""
    return max(0, account_group.quota(state, user_id, ccy) - account_group.owed(state, user_id, ccy))


def borrow_limit_left(state: State, user_id: int, ccy: str) -> int:
    """Amount that quota and tier still allow, whatever the collateral."""
    return min(quota_left(state, user_id, ccy), tier_left(state, state.users[user_id], ccy))


def lendable(state: State, ccy: str) -> int:
    """Coins of the pool that may be lent, without those lenders wait for; none while the insurance fund is empty."""
    if fund.is_empty(state):
        return 0
    return max(0, ledger.balance(state, "pool", ccy) - state.redemptions.get(ccy, 0))


def max_loan(state: State, user: User, ccy: str, carrying: int | None = None) -> int:
    """Largest manual borrow: least of quota, tier, pool and collateral, cut to the currency's decimals; 0 if off."""
    currency = state.parameters.currencies[ccy]
    if not user.may_borrow or not currency.borrowable or user.liquidating:
        return 0
    most = min(
        borrow_limit_left(state, user.user_id, ccy),
        lendable(state, ccy),
        max_manual_borrow(state, user.user_id, ccy, carrying),
    )
    return cut(most, unit_of(currency.decimals))
