"""Spot cost: average and cumulative cost in USD of coins bought in a trading account, and the gain since.

Only trades of the account's orders count, forced ones included, and only for the base coin. Coins that come or go in
another way change neither the cost nor the amount bought. The amount bought is what came in, the fee taken off;
prices are those of the trades, without the fee. The cost starts again once as much is sold as was bought, or if the
quote coin has no price. Every quotient is cut: these numbers are for information and move no coin.

Source: documented (help centre, spot cost price: both formulas and its worked example); that fees stay out, other
movements do not count and a holding sold out is forgotten is chosen (decisions/027).
"""

from __future__ import annotations

from typing import NamedTuple

from tallystick.engine import prices
from tallystick.engine.amounts import div_down, mul_down
from tallystick.engine.events import OrderFilled
from tallystick.engine.sparse import own
from tallystick.engine.state import SpotCost, State, User


class Gain(NamedTuple):
    """Gain on one coin: prices and values in USD per 10**18, ratios per 10**18; None where there is no divisor."""

    amount: int
    average: int
    cumulative: int
    gain: int
    gain_ratio: int | None
    total: int
    total_ratio: int | None


def traded(state: State, user: User, event: OrderFilled) -> None:
    """Count a fill. For appliers only, before the trade moves an index."""
    instrument = state.parameters.instruments[event.instrument]
    cost = user.costs.get(instrument.base_ccy)
    if cost is None and event.side == "sell":
        return
    price = mul_down(event.price, prices.usd_index(state, instrument.quote_ccy))
    if cost is not None and event.side == "sell":
        cost.amount -= event.size
        cost.sold += mul_down(event.size, price)
    else:
        received = event.size - event.fee
        if received <= 0:
            return
        if cost is None:
            cost = own(user, "costs", user.costs)[instrument.base_ccy] = SpotCost()
        cost.average = (cost.average * cost.amount + price * received) // (cost.amount + received)
        cost.amount += received
        cost.bought += mul_down(received, price)
    if cost.amount <= 0 or price <= 0:
        del user.costs[instrument.base_ccy]


def gain(state: State, user: User, ccy: str) -> Gain | None:
    """Gain on a coin at its last price; None if none of it was bought, or it has no price."""
    cost = user.costs.get(ccy)
    last = _last_usd(state, ccy)
    if cost is None or last <= 0:
        return None
    paid = cost.bought - cost.sold
    total = mul_down(cost.amount, last) - paid
    return Gain(
        amount=cost.amount,
        average=cost.average,
        cumulative=div_down(paid, cost.amount),
        gain=mul_down(cost.amount, last - cost.average),
        gain_ratio=div_down(last - cost.average, cost.average) if cost.average else None,
        total=total,
        total_ratio=div_down(total, paid) if paid > 0 else None,
    )


def _last_usd(state: State, ccy: str) -> int:
    transit = state.parameters.transit_ccy
    market = state.markets.get(f"{ccy}-{transit}")
    if market is None or market.index <= 0:
        return prices.usd_index(state, ccy)
    return mul_down(prices.reference(market), prices.usd_index(state, transit))
