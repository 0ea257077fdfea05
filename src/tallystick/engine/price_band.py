"""Price bands: a range for the price of each coin, within which no trigger of a pair is reached.

A search of the triggers works out the ratio of every pair. While each price stays within its band, that search would
find nothing, so it is left out. A pair whose ratio X may still grow by a factor r shares it between its two coins: the
owed one may rise by the root of r, and the pledged one may fall by it. A band decides nothing: outside of it the
triggers are searched as ever.
"""

from __future__ import annotations

from math import isqrt
from typing import NamedTuple

from tallystick.engine import prices
from tallystick.engine.amounts import ONE
from tallystick.engine.state import State

UNBOUNDED = 10**60
FINE = 10**9
"""Scale of the factor by which a price may move."""


class Band(NamedTuple):
    """Bands of all coins, as indices of their pairs with the transit coin; the transit coin itself may not move."""

    dollar_pair: str
    dollar_index: int
    ranges: tuple[tuple[str, int, int], ...]
    """(pair, least index, most index)."""

    def holds(self, state: State) -> bool:
        """Test whether every price is within its band."""
        markets = state.markets
        dollar = markets.get(self.dollar_pair)
        if (dollar.index if dollar else ONE) != self.dollar_index:
            return False
        return all(low <= markets[pair].index <= high for pair, low, high in self.ranges)


class Bounds:
    """Bounds of prices that one search finds, in USD per coin per 10**18; `band` makes a band of them."""

    def __init__(self) -> None:
        self._lows: dict[str, int] = {}
        self._highs: dict[str, int] = {}
        self._priced = True

    def keep_below(self, owed: tuple[str, int], pledged: tuple[str, int], *, room: int, used: int) -> None:
        """Keep the ratio of two coins' prices below `room / used` times what it is. Each is (coin, its price)."""
        (owed_ccy, price), (pledged_ccy, against) = owed, pledged
        if price <= 0 or against <= 0:
            self._priced = False
            return
        apart = isqrt(room * FINE * FINE // used)
        high, low = price * apart // FINE, -(-against * FINE // apart)
        self._highs[owed_ccy] = min(self._highs.get(owed_ccy, high), high)
        self._lows[pledged_ccy] = max(self._lows.get(pledged_ccy, low), low)

    def keep_above(self, ccy: str, price: int) -> None:
        """Keep the price of a coin above this one."""
        self._lows[ccy] = max(self._lows.get(ccy, 0), price + 1)

    def band(self, state: State) -> Band | None:
        """Band of these bounds; None if a coin has no pair with the transit coin, or a price is missing."""
        if not self._priced:
            return None
        transit = state.parameters.transit_ccy
        index = prices.usd_index(state, transit)
        ranges = []
        for ccy in {**self._lows, **self._highs}:
            if ccy == transit:
                continue
            market = state.markets.get(f"{ccy}-{transit}")
            if market is None or market.index <= 0 or index <= 0:
                return None
            # The price is the pair's index x that of the transit coin, cut.
            low, high = self._lows.get(ccy, 0), self._highs.get(ccy, UNBOUNDED)
            ranges.append((market.instrument, -(-low * ONE // index), ((high + 1) * ONE - 1) // index))
        return Band(prices.dollar_pair(state), index, tuple(ranges))
