"""Automatic exchange of a debt that is above its interest-free quota while auto-loan is off.

Accounts are judged where the ladder judges them (`spot_risk.review`): after every price, every full hour and every
change of parameters. A debt above its quota is bought back until a share of the quota is left, half of it by the
packaged table: with own transit coins first, then with the proceeds of other coins, in the order of a forced payment
(`forced_sale.sources`). Sales and the purchase are immediate-or-cancel orders of category twap, no worse than the
bound of a forced payment. Their sizes follow from the offers of the book, so that no more is sold than the purchase
costs. Coins that open orders hold stay where they are. An exchange that can buy nothing leaves no trace and is tried
again.
Source: docs/rules/account-modes.md#automatic-exchange (documented and retold), the rest chosen (decisions/059).
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

from tallystick.engine import borrow, forced_sale, free_quota, ledger, orders, prices
from tallystick.engine.amounts import ONE, cut, lift, mul_down, mul_up
from tallystick.engine.events import Event
from tallystick.engine.kinds import Gauge
from tallystick.engine.parameters import Instrument
from tallystick.engine.state import State, User
from tallystick.engine.work import Stamp, Work, applies

NEAR: Final = tuple(ONE * percent // 100 for percent in (80, 85, 90, 95, 100))
"""Shares of a quota from which the gauge of an account reads 1 to 5 (chosen: decisions/059)."""
_READINGS: Final[tuple[Gauge, ...]] = (0, 1, 2, 3, 4, 5)
Levels: TypeAlias = list[tuple[int, int]]
"""Offers (price, size), best first."""


class ExchangeStarted(Event, frozen=True, kw_only=True):
    """A debt was above its interest-free quota with auto-loan off; the orders behind it in the entry exchange it."""

    user_id: int
    ccy: str
    owed: int
    quota: int


class _Sale(NamedTuple):
    pair: Instrument
    size: int


class _Plan(NamedTuple):
    """Sales, and the size of the purchase that they and the own transit coins pay for (0 of a debt in those)."""

    sales: list[_Sale]
    bought: int


def review(work: Work, user: User) -> bool:
    """Exchange every debt of an account that is above its quota, the most valuable first.

    Returns True if one stays above, so that the account is judged again after the next price. Emits: ExchangeStarted,
    OrderPlaced, OrderFilled, OrderClosed, Repaid.
    """
    state = work.state
    if not (free_quota.granted(user) and state.parameters.exchange_enabled) or user.liquidating:
        return False
    above = _above(state, user)
    if not above:
        return False
    if work.stamp.at_ms >= user.exchanged_at_ms + state.parameters.exchange_every_ms:
        for ccy in sorted(above, key=lambda ccy: (-mul_up(above[ccy], prices.usd_index(state, ccy)), ccy)):
            _exchange(work, user, ccy)
    return bool(_above(state, user))


def nearness(state: State, user: User, ccy: str) -> Gauge:
    """Nearness of an exchange of a debt: 1 at 80 % of its quota, then one more for every 5 %; 0 where none can come."""
    if not (free_quota.granted(user) and state.parameters.exchange_enabled):
        return 0
    debts = ledger.debts(state, user.user_id)
    if ccy not in debts:
        return 0
    quota = free_quota.of(state, user, ccy, debts)
    return _READINGS[sum(debts[ccy] * ONE >= quota * share for share in NEAR)]


def _above(state: State, user: User) -> dict[str, int]:
    """Debts above their quotas."""
    debts = ledger.debts(state, user.user_id)
    return {ccy: owed for ccy, owed in debts.items() if owed > free_quota.of(state, user, ccy, debts)}


def _exchange(work: Work, user: User, ccy: str) -> None:
    """Buy a debt back until the share of its quota is left that the parameters name."""
    state = work.state
    if ccy not in _above(state, user):
        return  # an exchange before this one filled an order of the account
    debts = ledger.debts(state, user.user_id)
    quota = free_quota.of(state, user, ccy, debts)
    target = mul_down(quota, state.parameters.exchange_target)
    plan = _plan(state, user, ccy, debts[ccy] - target)
    if plan is None:
        return
    work.emit(ExchangeStarted(user_id=user.user_id, ccy=ccy, owed=debts[ccy], quota=quota))
    gains = borrow.before_gains(state, user)
    for pair, size in plan.sales:
        orders.take(
            work,
            user,
            pair,
            side="sell",
            price=forced_sale.worst_price(state, pair, "sell"),
            size=size,
            held=size,
            category=forced_sale.FORCED_REPAYMENT,
        )
    if plan.bought:
        _buy(work, user, ccy, plan.bought)
    amount = min(ledger.debt(state, user.user_id, ccy), ledger.at_hand(state, user, ccy))
    if amount > 0:
        borrow.repay(work, user, ccy, amount, borrow.FORCED_REPAY)
    borrow.repay_gains(work, user, gains)


def _buy(work: Work, user: User, ccy: str, size: int) -> None:
    """Buy up to `size` of a coin with the transit coins at hand."""
    state = work.state
    pair = forced_sale.pair_of(state, ccy)
    if pair is None:
        return
    offers = _offers(state, user, pair, buying=True)
    size = min(size, _affordable(offers, pair, ledger.available(state, user, pair.quote_ccy)))
    if size >= pair.min_size:
        orders.take(
            work,
            user,
            pair,
            side="buy",
            price=forced_sale.worst_price(state, pair, "buy"),
            size=size,
            held=_cost(offers, size),
            category=forced_sale.FORCED_REPAYMENT,
        )


# ---- sizes


def _plan(state: State, user: User, ccy: str, wanted: int) -> _Plan | None:
    """Orders that buy `wanted` of a coin net of the fee, or as much as the account and the book allow; None if nothing.

    Sales are no larger than needed: each coin's size is the least that nets what is still missing at the offers.
    """
    transit = state.parameters.transit_ccy
    if ccy == transit:
        sales, _ = _sales(state, user, ccy, wanted)
        return _Plan(sales, 0) if sales else None
    pair = forced_sale.pair_of(state, ccy)
    if pair is None:
        return None
    offers = _offers(state, user, pair, buying=True)
    size = min(forced_sale.size_for(state, pair, wanted), cut(sum(size for _, size in offers), pair.lot))
    own = ledger.available(state, user, transit)
    sales, raised = _sales(state, user, ccy, _cost(offers, size) - own)
    bought = min(size, _affordable(offers, pair, own + raised))
    return _Plan(sales, bought) if bought >= pair.min_size else None


def _sales(state: State, user: User, ccy: str, missing: int) -> tuple[list[_Sale], int]:
    """Sales that net `missing` transit coins, or as many as there are; and what they net."""
    found: list[_Sale] = []
    raised = 0
    if missing > 0:
        missing += forced_sale.ROUNDING
    for coin in forced_sale.sources(state, user, ccy):
        if raised >= missing:
            break
        pair = forced_sale.pair_of(state, coin)
        if pair is None:
            continue
        offers = _offers(state, user, pair, buying=False)
        most = cut(ledger.available(state, user, coin), pair.lot)
        size = min(max(_netting(state, offers, pair, missing - raised), pair.min_size), most)
        net = _net_of(state, offers, size)
        if net > 0:
            found.append(_Sale(pair, size))
            raised += net
    return found, raised


def _offers(state: State, user: User, pair: Instrument, *, buying: bool) -> Levels:
    """Offers of others within the bound of a forced payment."""
    price = forced_sale.worst_price(state, pair, "buy" if buying else "sell")
    if price <= 0:
        return []
    levels = orders.visible_levels(state, pair, "asks" if buying else "bids", without=user.user_id)
    return [level for level in levels if (level[0] <= price if buying else level[0] >= price)]


def _cost(offers: Levels, size: int) -> int:
    """Quote coins that a purchase of `size` costs, each fill rounded up."""
    total = 0
    for price, there in offers:
        part = min(size, there)
        total += mul_up(part, price)
        size -= part
    return total


def _affordable(offers: Levels, pair: Instrument, budget: int) -> int:
    """Largest size that `budget` quote coins buy, in whole lots."""
    size = 0
    for price, there in offers:
        part = min(there, cut(budget * ONE // price, pair.lot))
        size += part
        budget -= mul_up(part, price)
        if part < there:
            break
    return size


def _net(state: State, price: int, size: int) -> int:
    """Quote coins that a fill brings, cut, less the fee, rounded up."""
    received = mul_down(size, price)
    return received - mul_up(received, state.parameters.taker_fee)


def _net_of(state: State, offers: Levels, size: int) -> int:
    """Quote coins that a sale of `size` nets at the offers."""
    total = 0
    for price, there in offers:
        part = min(size, there)
        total += _net(state, price, part)
        size -= part
    return total


def _netting(state: State, offers: Levels, pair: Instrument, wanted: int) -> int:
    """Least size in whole lots that nets `wanted` quote coins at the offers, or all they take."""
    size = 0
    for price, there in offers:
        whole = _net(state, price, there)
        if whole >= wanted:
            # One atom for each of the two roundings of a fill.
            received = -(-(wanted + 1) * ONE // (ONE - state.parameters.taker_fee)) + 1
            return size + min(there, lift(-(-received * ONE // price), pair.lot))
        size += there
        wanted -= whole
    return size


@applies(ExchangeStarted)
def _started(state: State, stamp: Stamp, event: ExchangeStarted) -> None:
    state.users[event.user_id].exchanged_at_ms = stamp.at_ms
