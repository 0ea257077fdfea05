"""An automatic exchange as `cross_model` has it, written from docs/rules/account-modes.md#automatic-exchange.

It says when an exchange is due, how much it buys, which coins it sells in which order, and that it sells no more than
the purchase costs. Prices and sizes of single fills are taken as seen; all else is exact.
"""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from math import ceil, floor

from tallystick.engine.auto_exchange import ExchangeStarted
from tallystick.engine.events import OrderFilled, OrderPlaced
from tallystick.engine.parameters import Instrument
from tests.properties.cross_model import COIN, Amounts, Different, Model

BOUND = Fraction(1, 100)
TRANSIT = "USDT"
CENT = COIN // 100
"""More than all roundings of a sale together, in USDT."""


class Exchange:
    """One exchange, from its beginning to the last of its fills."""

    def __init__(self, model: Model, event: ExchangeStarted) -> None:
        self.model, self.ccy = model, event.ccy
        owed, quota = model.above().get(event.ccy, 0), model.quota(event.ccy)
        if (event.owed, event.quota) != (owed, quota) or not owed:
            raise Different(f"{event}: the model has {owed} above a quota of {quota}")
        self.wanted = owed - floor(Fraction(quota * model.parameters.exchange_target, COIN))
        self.before: Amounts = {ccy: model.free(ccy) for ccy in model.own}
        self.sold: Amounts = {}
        self.bought = self.spent = self.raised = 0

    def fill(self, event: OrderFilled) -> None:
        base = event.instrument.split("-")[0]
        index = self.model.index[base]
        if abs(event.price - index) > BOUND * index:
            raise Different(f"{event} is beyond the bound around {index}")
        value = Fraction(event.size * event.price, COIN)
        if event.side == "sell":
            self.sold[base] = self.sold.get(base, 0) + event.size
            self.raised += floor(value) - event.fee
        elif base == self.ccy:
            self.bought += event.size
            self.spent += ceil(value)
        else:
            raise Different(f"{event} buys another coin than {self.ccy}")

    def end(self) -> None:
        """Hold what was sold and bought against what was wanted."""
        cost = self.spent if self.ccy != TRANSIT else self.wanted
        own = self.before.get(TRANSIT, 0) if self.ccy != TRANSIT else 0
        if self.ccy != TRANSIT and self.bought > self.purchase():
            raise Different(f"{self.bought} {self.ccy} are bought, {self.purchase()} are wanted")
        if self.sold and own >= cost:
            raise Different(f"{self.sold} are sold, though {own} USDT pay {cost}")
        self.keep_order()
        if not self.whole:
            left = [
                ccy for ccy in self.sources() if self.before[ccy] - self.sold.get(ccy, 0) >= self.pair(ccy).min_size
            ]
            if left:
                raise Different(f"{left} could be sold for {self.ccy}, of which {self.bought} are bought")
        elif self.sold:
            last = list(self.sold)[-1]
            over, grain = self.raised + own - cost, Fraction(self.pair(last).lot * self.model.index[last], COIN)
            if over > grain + CENT and self.sold[last] > self.pair(last).min_size:
                raise Different(f"{over} USDT are over, a lot of {last} is {float(grain)}")

    @property
    def whole(self) -> bool:
        return self.raised >= self.wanted if self.ccy == TRANSIT else self.bought == self.purchase()

    def purchase(self) -> int:
        """Least size in whole lots that brings what is wanted after the fee."""
        pair = self.pair(self.ccy)
        gross = Fraction(self.wanted * COIN, COIN - self.model.parameters.taker_fee)
        return max(ceil(gross / pair.lot) * pair.lot, pair.min_size)

    def sources(self) -> list[str]:
        """Coins that can be sold, in their order: the better first rate, then the larger value."""
        currencies = self.model.parameters.currencies
        found = [
            (-currencies[ccy].discount_tiers[0][1], -amount * self.model.index[ccy], ccy)
            for ccy, amount in self.before.items()
            if ccy not in (self.ccy, TRANSIT) and amount >= self.pair(ccy).min_size
        ]
        return [ccy for _, _, ccy in sorted(found)]

    def keep_order(self) -> None:
        """Require that a coin is sold only once all before it are."""
        order = self.sources()
        if list(self.sold) != order[: len(self.sold)]:
            raise Different(f"{list(self.sold)} are sold, the order is {order}")
        for ccy in list(self.sold)[:-1]:
            if self.before[ccy] - self.sold[ccy] >= self.pair(ccy).lot:
                raise Different(f"{ccy} is left and another coin is sold")

    def pair(self, ccy: str) -> Instrument:
        return self.model.parameters.instruments[f"{ccy}-{TRANSIT}"]


class Exchanges:
    """Exchanges of one run. `seen` counts them by coin, count of coins sold, and whole or not."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.seen: Counter[str] = Counter()
        self.open: Exchange | None = None
        self.orders: set[int] = set()

    def begin(self, event: ExchangeStarted) -> None:
        self.end()
        self.open = Exchange(self.model, event)

    def placed(self, event: OrderPlaced) -> None:
        if event.category == "twap":
            if self.open is None:
                raise Different(f"{event} and no exchange")
            self.orders.add(event.order_id)

    def filled(self, event: OrderFilled) -> None:
        if self.open is not None and event.order_id in self.orders:
            self.open.fill(event)

    def end(self) -> None:
        if self.open is not None:
            self.open.end()
            extent = "whole" if self.open.whole else "in part"
            self.seen[f"{self.open.ccy} {extent}, {len(self.open.sold)} sold"] += 1
            self.open = None

    def judge(self) -> None:
        """After a price or an hour: what is above its quota still is so for want of coins."""
        for ccy in self.model.above():
            others = [other for other in self.model.own if other != ccy]
            worth = sum(self.model.free(other) * Fraction(self.model.index[other], COIN) for other in others)
            if worth > 100 * COIN:
                raise Different(f"{ccy} is above its quota, with coins for {float(worth / COIN)} USD")
