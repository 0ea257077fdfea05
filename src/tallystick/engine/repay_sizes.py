"""Sizes of the legs of a one-click repay, and the test that the legs can repay anything at all.

The amount owed is the rest of the request, or the present debt if that is less. It is grossed up for the fee and
lifted to the lot of the purchase. At the reference price that makes the target of the sales:

    needed    = lift(owed / (1 - fee), lot)
    target    = needed x reference - raised so far
    sale      = target / bound of the sale, half up at 16 decimals, at most what is available
    purchase  = the lesser of needed and raised / (reference x 1.005), half up at 16 decimals

Fills obey the lot. A sale is not made if its proceeds, with those of the coins after it, do not reach the least
order of the purchase: it would repay nothing.
Source: observed (the history sample of order-book-trading-trade-post-trade-one-click-repay-new); that nothing is sold
in vain, and what is known beforehand, chosen (decisions/006).
"""

from __future__ import annotations

from typing import NamedTuple

from tallystick.engine import ledger, orders, prices
from tallystick.engine.amounts import ONE, cut, lift, mul_down, mul_up, ratio_half_up, text_from_atoms
from tallystick.engine.parameters import Instrument
from tallystick.engine.state import State, User

RAW_SIZE_DECIMALS = 16


class Task(NamedTuple):
    """Task that the legs still have to do. Amounts in atoms.

    `owed` is in the debt coin; `raised` in the transit coin, before fees; `raised_net` the same after fees; `bridged`
    in the bridge coin, to be sold on.
    """

    debt_ccy: str
    coins: tuple[str, ...]
    owed: int
    raised: int = 0
    raised_net: int = 0
    bridged: int = 0


# ---- pairs and prices


def transit_pair(state: State, ccy: str) -> Instrument | None:
    """Pair of a coin with the transit coin."""
    return state.parameters.instruments.get(f"{ccy}-{state.parameters.transit_ccy}")


def pair_of(state: State, ccy: str) -> Instrument:
    """Pair with the transit coin, of a coin that is known to have one."""
    return state.parameters.instruments[f"{ccy}-{state.parameters.transit_ccy}"]


def sale_pair(state: State, ccy: str) -> Instrument | None:
    """Pair a listed coin is sold in: with the transit coin, else with the bridge coin, which can be sold on."""
    bridge = state.parameters.bridge_ccy
    if transit_pair(state, bridge) is None:
        return transit_pair(state, ccy)
    return transit_pair(state, ccy) or state.parameters.instruments.get(f"{ccy}-{bridge}")


def reference(state: State, pair: Instrument) -> int:
    """Reference price: last trade, else the index; 0 if the pair has no price yet."""
    market = state.markets.get(pair.instrument)
    return prices.reference(market) if market else 0


def bound(price: int, rate: int, tick: int) -> int:
    """Largest tick strictly below price x rate: 1 x 1.005 gives 1.0049, 83273.1 x 0.995 gives 82856.7."""
    exact = price * rate
    return cut(-(-exact // ONE) - 1, tick)


def sale_bound(state: State, pair: Instrument) -> int:
    """Worst price a sale takes; 0 or less if there is none."""
    return bound(reference(state, pair), ONE - state.parameters.repay_bound, pair.tick)


def purchase_bound(state: State, pair: Instrument) -> int:
    """Worst price a purchase takes; 0 or less if there is none."""
    return bound(reference(state, pair), ONE + state.parameters.repay_bound, pair.tick)


# ---- sizes


def needed(state: State, pair: Instrument, owed: int) -> int:
    """Debt coins to buy so that `owed` remains after the fee; a multiple of the lot."""
    return lift(_gross_up(state, owed), pair.lot)


def target(state: State, task: Task) -> int:
    """Transit coins still to raise; 0 or less if enough is raised. A debt in them has no pair."""
    pair = transit_pair(state, task.debt_ccy)
    if pair is None:
        return _gross_up(state, task.owed)
    return mul_up(needed(state, pair, task.owed), reference(state, pair)) - task.raised


def sale_size(state: State, user: User, task: Task, ccy: str, pair: Instrument) -> int:
    """Size of a listed coin to sell; 0 without a price."""
    return min(_at_bound(state, pair, _wanted(state, task, pair)), ledger.available(state, user, ccy))


def onward_size(state: State, user: User, task: Task, pair: Instrument) -> int:
    """Size of the bridge coins from a sale to sell for the transit coin."""
    at_hand = min(task.bridged, ledger.available(state, user, pair.base_ccy))
    return min(_at_bound(state, pair, target(state, task)), at_hand)


def own_transit(state: State, task: Task, pair: Instrument, own: int) -> int:
    """Part of `own` listed transit coins that joins those raised: at most the purchase's cost at its worst price."""
    at_worst = mul_up(
        mul_up(needed(state, pair, task.owed), reference(state, pair)), ONE + state.parameters.repay_bound
    )
    return max(0, min(own, at_worst - task.raised))


def purchase_size(state: State, task: Task, pair: Instrument) -> int:
    """Size of the debt coin to buy; 0 if no price is within the bound, or it is below the least order."""
    if purchase_bound(state, pair) <= 0:
        return 0
    worst = reference(state, pair) * (ONE + state.parameters.repay_bound)
    size = min(needed(state, pair, task.owed), ratio_half_up(task.raised * ONE, worst, RAW_SIZE_DECIMALS))
    return size if cut(size, pair.lot) >= pair.min_size else 0


def _gross_up(state: State, amount: int) -> int:
    return -(-amount * ONE // (ONE - state.parameters.taker_fee))


def _at_bound(state: State, pair: Instrument, quote: int) -> int:
    """Size that brings `quote` at the bound of a sale; 0 without a price."""
    price = sale_bound(state, pair)
    return ratio_half_up(quote, price, RAW_SIZE_DECIMALS) if price > 0 and quote > 0 else 0


def _wanted(state: State, task: Task, pair: Instrument) -> int:
    """Quote coins that a sale in this pair is to bring, rounded up.

    Over the bridge that is the amount that brings the target when sold on at its bound, plus the fee of the first sale.
    A debt in the bridge coin is paid by the sale itself. It has a reference price here: without one nothing is left to
    raise.
    """
    wanted = target(state, task)
    onward = transit_pair(state, pair.quote_ccy)
    if onward is None:
        return wanted
    if task.debt_ccy == pair.quote_ccy:
        return -(-wanted * ONE // reference(state, onward))
    price = sale_bound(state, onward)
    return _gross_up(state, -(-wanted * ONE // price)) if price > 0 else 0


# ---- is it any use


def least_unreached(state: State, user: User, task: Task, *, by_book: bool) -> str:
    """Least order that the legs cannot reach, such as "1 USDC"; "" if they can repay something.

    Sales are assumed to fill at the reference, or `by_book` as far as the present book fills them within their bound. A
    sale that the book would not fill at all does no harm, so it is assumed at the reference. The purchase comes later,
    so only its least size is checked.
    """
    pair = transit_pair(state, task.debt_ccy)
    own = ledger.available(state, user, state.parameters.transit_ccy) - task.raised_net
    owed, unreached = task.owed, ""
    if task.bridged:
        task, unreached = _sold_on(state, user, task, by_book)
    for ccy in task.coins:
        if ccy == task.debt_ccy or target(state, task) <= 0:
            continue
        if ccy == state.parameters.transit_ccy and pair is not None:
            task = task._replace(raised=task.raised + own_transit(state, task, pair, own))
        elif ccy != state.parameters.transit_ccy:
            task, less = after_sale(state, user, task, ccy, by_book=by_book)
            unreached = unreached or less
    if task.debt_ccy == state.parameters.transit_ccy:
        return "" if task.raised else unreached
    if pair is None or task.owed < owed or (task.raised and purchase_size(state, task, pair)):
        return ""
    too_small = needed(state, pair, owed) < pair.min_size
    return unreached if unreached and not task.raised and not too_small else _least(pair)


def after_sale(state: State, user: User, task: Task, ccy: str, *, by_book: bool) -> tuple[Task, str]:
    """Task after the sale of a listed coin, over the bridge if it goes that way, and the least order not reached.

    If a least order is not reached, nothing is sold, not even in the first hop. Proceeds in the debt coin itself come
    off `owed`.
    """
    pair = sale_pair(state, ccy)
    size = sale_size(state, user, task, ccy, pair) if pair else 0
    if pair is None or cut(size, pair.lot) < pair.min_size:
        return task, _least(pair) if pair else ""
    gross = _proceeds(state, user, pair, size, by_book)
    if pair.quote_ccy == task.debt_ccy != state.parameters.transit_ccy:
        return task._replace(owed=max(0, task.owed - _net(state, gross))), ""
    if pair.quote_ccy == state.parameters.transit_ccy:
        return task._replace(raised=task.raised + gross), ""
    return _sold_on(state, user, task._replace(bridged=_net(state, gross)), by_book)


def _sold_on(state: State, user: User, task: Task, by_book: bool) -> tuple[Task, str]:
    """Task after the second hop, and the least order not reached."""
    pair = pair_of(state, state.parameters.bridge_ccy)
    size = min(_at_bound(state, pair, target(state, task)), task.bridged)
    if cut(size, pair.lot) < pair.min_size:
        return task._replace(bridged=0), _least(pair)
    gross = _proceeds(state, user, pair, size, by_book)
    return task._replace(raised=task.raised + gross, bridged=0), ""


def _net(state: State, gross: int) -> int:
    return gross - mul_up(gross, state.parameters.taker_fee)


def _proceeds(state: State, user: User, pair: Instrument, size: int, by_book: bool) -> int:
    """Quote coins from a sale, before its fee."""
    left = cut(size, pair.lot)
    gross = 0
    if by_book:
        lowest = sale_bound(state, pair)
        for price, shown in orders.visible_levels(state, pair, "bids", without=user.user_id):
            if price < lowest or left <= 0:
                break
            gross += mul_down(min(left, shown), price)
            left -= min(left, shown)
    return gross or mul_down(cut(size, pair.lot), reference(state, pair))


def _least(pair: Instrument) -> str:
    return f"{text_from_atoms(pair.min_size)} {pair.base_ccy}"
