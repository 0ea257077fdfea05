"""Forced payment of a spot debt: from the same coin, then from USDT, then by selling other coins through the book.

Every sale and purchase is an immediate-or-cancel order of the debtor in the ordinary book, at most 1 %
off the index, and none of them borrows. Other coins are sold in order of their discount rate, higher first,
then by value, larger first; coins whose rate is 0 are never sold. Each call tries every source once, so it ends.
Source: docs/rules/liquidation.md#order-of-coins (order retold, bound and sizes chosen: decisions/012).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tallystick.engine import borrow, ledger, margin, open_orders, orders, prices
from tallystick.engine.amounts import ONE, cut, lift, mul_down, mul_up
from tallystick.engine.events import LiquidationFeeTaken
from tallystick.engine.kinds import CancelCause, Category, Side
from tallystick.engine.parameters import Instrument
from tallystick.engine.state import State, User
from tallystick.engine.work import Stamp, Work, applies

LIQUIDATION: Final = "full_liquidation"
FORCED_REPAYMENT: Final = "twap"
"""Documented categories of the venue's own orders; the exchange calls a forced repayment by the second one."""
ROUNDING = 10**6
"""Extra atoms to raise, so that a sale in many fills does not end some atoms short."""


class Terms(NamedTuple):
    """Terms of a forced payment: `fee` for the insurance fund, per 10**18 paid; `only`: the one coin to sell."""

    category: Category
    fee: int
    only: str = ""


def pay(work: Work, user: User, ccy: str, amount: int, terms: Terms) -> int:
    """Pay up to `amount` of a debt, at most what is owed. Returns the amount paid.

    Emits: Repaid, LiquidationFeeTaken, OrderPlaced, OrderFilled, OrderClosed.
    """
    state = work.state
    gains = borrow.before_gains(state, user)
    before = ledger.debt(state, user.user_id, ccy)
    target = before - min(amount, before)
    _repay(work, user, ccy, target, terms)
    if ccy == state.parameters.transit_ccy:
        for coin in _to_sell(state, user, ccy, terms):
            if _left(state, user, ccy, target):
                _sell(work, user, coin, _wanted(state, user, ccy, target, terms), terms)
                _repay(work, user, ccy, target, terms)
    elif _can_buy(state, ccy):
        _buy(work, user, ccy, target, terms)
        for coin in _to_sell(state, user, ccy, terms):
            if _left(state, user, ccy, target) and _can_buy(state, ccy):
                _sell(work, user, coin, _cost(state, ccy, _wanted(state, user, ccy, target, terms)), terms)
                _buy(work, user, ccy, target, terms)
    borrow.repay_gains(work, user, gains)
    return before - ledger.debt(state, user.user_id, ccy)


def sources(state: State, user: User, ccy: str) -> list[str]:
    """Coins that may be sold for a debt in `ccy`, without the transit coin: best discount rate first, then value."""
    parameters = state.parameters
    found = []
    for coin in state.ledger.get(f"trading:{user.user_id}", {}):
        currency = parameters.currencies[coin]
        rate = currency.discount_tiers[0][1] if currency.collateral else 0
        pair = pair_of(state, coin)
        if coin in (ccy, parameters.transit_ccy) or rate == 0 or pair is None:
            continue
        available = ledger.available(state, user, coin)
        if cut(available, pair.lot) >= pair.min_size:
            found.append((-rate, -prices.usd_value(state, coin, available), coin))
    return [coin for _, _, coin in sorted(found)]


def _to_sell(state: State, user: User, ccy: str, terms: Terms) -> list[str]:
    return [coin for coin in sources(state, user, ccy) if terms.only in ("", coin)]


def can_give(state: State, user: User, ccy: str) -> bool:
    """Test whether the account has any coin that could ever pay a debt in `ccy`, however empty the book is now."""
    transit = state.parameters.transit_ccy
    if sources(state, user, ccy) or ledger.at_hand(state, user, ccy) > 1:
        return True
    pair = pair_of(state, ccy)
    if ccy == transit or pair is None:
        return False
    return ledger.available(state, user, transit) >= mul_up(pair.min_size, worst_price(state, pair, "buy"))


def cancel_promises(work: Work, user: User, ccys: dict[str, int], cause: CancelCause) -> None:
    """Cancel the user's open orders that may borrow one of `ccys`, oldest first. Emits: OrderClosed, Repaid.

    In a cross account the coins are one number, so any order that gives such a coin goes, until none of it is lacking.
    """
    state = work.state
    gains = borrow.before_gains(state, user)
    for order in tuple(open_orders.of(state).of_user(user.user_id)):
        lacks = order.held_ccy in margin.potential(state, user) if user.cross else order.beyond
        if lacks and order.held_ccy in ccys:
            orders.close(work, order.order_id, orders.CANCELED, cause)
    borrow.repay_gains(work, user, gains)


# ---- steps


def _left(state: State, user: User, ccy: str, target: int) -> int:
    return max(0, ledger.debt(state, user.user_id, ccy) - target)


def _wanted(state: State, user: User, ccy: str, target: int, terms: Terms) -> int:
    """Coins still needed to bring the debt down to `target` and pay the liquidation fee."""
    left = _left(state, user, ccy, target)
    missing = left + mul_up(left, terms.fee) - ledger.at_hand(state, user, ccy)
    return missing + ROUNDING if missing > 0 else 0


def _repay(work: Work, user: User, ccy: str, target: int, terms: Terms) -> None:
    state = work.state
    at_hand = ledger.at_hand(state, user, ccy)
    amount = min(_left(state, user, ccy, target), at_hand * ONE // (ONE + terms.fee))
    if amount <= 0:
        return
    borrow.repay(work, user, ccy, amount, borrow.FORCED_REPAY)
    fee = mul_up(amount, terms.fee)
    if fee:
        work.emit(LiquidationFeeTaken(user_id=user.user_id, ccy=ccy, amount=fee))


def pair_of(state: State, coin: str) -> Instrument | None:
    return state.parameters.instruments.get(f"{coin}-{state.parameters.transit_ccy}")


def worst_price(state: State, pair: Instrument, side: Side) -> int:
    """Worst price that a forced order takes: 1 % off the index, on the tick; 0 without an index."""
    market = state.markets.get(pair.instrument)
    if market is None or market.index <= 0:
        return 0
    rate = state.parameters.spot_liquidation_bound
    if side == "sell":
        return lift(mul_up(market.index, ONE - rate), pair.tick)
    return cut(mul_down(market.index, ONE + rate), pair.tick)


def _can_buy(state: State, ccy: str) -> bool:
    """Test whether the debt coin is offered within the bound; else nothing is sold for it."""
    pair = pair_of(state, ccy)
    if pair is None:
        return False
    best = orders.best_price(state, pair, "asks")
    return best is not None and best <= worst_price(state, pair, "buy")


def size_for(state: State, pair: Instrument, wanted: int) -> int:
    """Base size that nets `wanted` after the fee, in whole lots, at least the least order."""
    return max(lift(-(-wanted * ONE // (ONE - state.parameters.taker_fee)), pair.lot), pair.min_size)


def _cost(state: State, ccy: str, wanted: int) -> int:
    """Transit coins needed to buy `wanted` net at the bound, beyond those at hand."""
    pair = pair_of(state, ccy)
    return mul_up(size_for(state, pair, wanted), worst_price(state, pair, "buy")) if pair and wanted else 0


def _sell(work: Work, user: User, coin: str, wanted: int, terms: Terms) -> None:
    """Sell so much of a coin that it nets `wanted` transit coins at the bound."""
    state = work.state
    pair = pair_of(state, coin)
    price = worst_price(state, pair, "sell") if pair else 0
    if pair is None or price <= 0 or wanted <= 0:
        return
    gross = -(-wanted * ONE // (ONE - state.parameters.taker_fee))
    size = max(lift(-(-gross * ONE // price), pair.lot), pair.min_size)
    size = min(size, cut(ledger.available(state, user, coin), pair.lot))
    if size >= pair.min_size:
        orders.take(work, user, pair, side="sell", price=price, size=size, held=size, category=terms.category)


def _buy(work: Work, user: User, ccy: str, target: int, terms: Terms) -> None:
    """Buy the debt coin with the transit coins at hand, and repay."""
    state = work.state
    pair = pair_of(state, ccy)
    price = worst_price(state, pair, "buy") if pair else 0
    wanted = _wanted(state, user, ccy, target, terms)
    if pair is None or price <= 0 or wanted <= 0:
        return
    budget = ledger.available(state, user, pair.quote_ccy)
    size = min(size_for(state, pair, wanted), cut(budget * ONE // price, pair.lot))
    if size >= pair.min_size:
        held = mul_up(size, price)
        orders.take(work, user, pair, side="buy", price=price, size=size, held=held, category=terms.category)
        _repay(work, user, ccy, target, terms)


@applies(LiquidationFeeTaken)
def _fee_taken(state: State, stamp: Stamp, event: LiquidationFeeTaken) -> None:
    ledger.post(state, event.ccy, (f"trading:{event.user_id}", -event.amount), ("insurance", event.amount))
    user = state.users[event.user_id]
    ledger.spend_exempt(user, event.ccy, event.amount)
    ledger.touch(user, event.ccy, stamp.at_ms)
