"""Discount tiers: the share of a coin that counts as collateral. Tiers are marginal, each slice at its own rate.

Above the last tier the rate falls by `discount_step` with every `discount_step_size`, down to nothing; without steps
the last rate goes on. Each slice is cut. Source: docs/rules/margin.md#discount (documented).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Final

from tallystick.engine import prices
from tallystick.engine.amounts import ONE, mul_down, mul_up
from tallystick.engine.parameters import Currency, Parameters
from tallystick.engine.state import State, User

UNBOUNDED: Final = 10**60
"""More atoms than there are of any coin."""


class Curve:
    """Coins that count as a function of coins held, kept as slices; amounts in atoms, rates per 10**18."""

    __slots__ = ("_bounds", "_counted", "_rates")

    def __init__(self, tiers: tuple[tuple[int, int], ...], step: int, size: int) -> None:
        self._bounds = [0]
        """Lower bound of each slice; the last slice has no end."""
        self._counted = [0]
        """Coins that count out of all slices before each slice."""
        self._rates: list[int] = []
        rate = 0
        for upper, rate in tiers:
            self._end(upper, rate)
        if step and size:
            while (rate := rate - step) > 0:
                self._end(self._bounds[-1] + size, rate)
            rate = 0
        self._rates.append(rate)

    def _end(self, upper: int, rate: int) -> None:
        """End the next slice at `upper`."""
        self._counted.append(self._counted[-1] + mul_down(upper - self._bounds[-1], rate))
        self._bounds.append(upper)
        self._rates.append(rate)

    def counted(self, amount: int) -> int:
        """Coins that count out of `amount`; 0 if it is 0 or less."""
        if amount <= 0:
            return 0
        place = bisect_left(self._bounds, amount) - 1
        return self._counted[place] + mul_down(amount - self._bounds[place], self._rates[place])

    def rates(self, low: int, high: int) -> tuple[int, int]:
        """Least and greatest rate at which amounts from `low` to `high` count (0 <= `low` < `high`)."""
        between = self._rates[bisect_right(self._bounds, low) - 1 : bisect_left(self._bounds, high)]
        return min(between), max(between)

    @property
    def first(self) -> tuple[int, int]:
        """Coins in the first slice, and their rate."""
        return (self._bounds[1] if len(self._bounds) > 1 else UNBOUNDED), self._rates[0]

    @property
    def slices(self) -> int:
        """Number of slices."""
        return len(self._rates)


_curve = lru_cache(maxsize=4_096)(Curve)
_NOTHING = Curve((), 0, 0)


def of(currency: Currency) -> Curve:
    """Curve of a currency; nothing counts of a currency that is no collateral."""
    if not currency.collateral:
        return _NOTHING
    return _curve(currency.discount_tiers, currency.discount_step, currency.discount_step_size)


def counts(state: State, user: User, ccy: str) -> bool:
    """Tell whether a coin counts as collateral of an account."""
    return state.parameters.currencies[ccy].collateral and ccy not in user.uncounted


class Curves(dict[str, Curve]):
    """Curves of one set of parameters by currency, each made when it is first asked for."""

    def __init__(self, parameters: Parameters) -> None:
        super().__init__()
        self._currencies = parameters.currencies

    def __missing__(self, ccy: str) -> Curve:
        found = self[ccy] = of(self._currencies[ccy])
        return found


def curves(parameters: Parameters) -> Curves:
    """Curves of these parameters, kept with them: parameters never change, others take their place."""
    found: Curves | None = parameters.__dict__.get("curves")
    if found is None:
        found = parameters.__dict__["curves"] = Curves(parameters)
    return found


def counted(currency: Currency, amount: int) -> int:
    """Coins that count as collateral out of `amount`."""
    return of(currency).counted(amount)


class Valuation:
    """Collateral values at given indices. Each coin's index and curve is looked up once, so do not keep it."""

    __slots__ = ("_curves", "_known", "_out", "_usd")

    def __init__(self, parameters: Parameters, usd: Mapping[str, int], out: Collection[str] = ()) -> None:
        self._curves = curves(parameters)
        self._usd = usd
        self._out = out
        """Coins whose positive equity counts nothing: the account has taken them out of its collateral."""
        self._known: dict[str, tuple[int, Curve]] = {}

    def _of(self, ccy: str) -> tuple[int, Curve]:
        found = self._known.get(ccy)
        if found is None:
            curve = _NOTHING if ccy in self._out else self._curves[ccy]
            found = self._known[ccy] = (self._usd[ccy], curve)
        return found

    def usd_value(self, ccy: str, amount: int) -> int:
        """Value of an equity in USD: positive ones by the tiers, cut; negative ones without a discount, rounded up."""
        index, curve = self._of(ccy)
        return mul_down(curve.counted(amount), index) if amount > 0 else -mul_up(-amount, index)

    def usd_slopes(self, ccy: str, low: int, high: int) -> tuple[int, int, int]:
        """Slopes of the value over an equity between `low` and `high` (`low` < `high`): (least, greatest, noise).

        Slopes are USD per coin, per 10**36. Noise is the number of USD atoms by which roundings may make a difference
        of two values larger or smaller than the slopes say.
        """
        index, curve = self._of(ccy)
        least, greatest = curve.rates(max(low, 0), high) if high > 0 else (ONE, ONE)
        if low < 0:
            least, greatest = min(least, ONE), max(greatest, ONE)
        return index * least, index * greatest, curve.slices * index // ONE + 2


def usd_value(state: State, ccy: str, amount: int, out: Collection[str] = ()) -> int:
    """Collateral value of one equity in USD, with these coins out of the collateral; see `Valuation.usd_value`."""
    return valuation(state, out).usd_value(ccy, amount)


def valuation(state: State, out: Collection[str] = ()) -> Valuation:
    """Valuation at the present indices."""
    return Valuation(state.parameters, prices.indices(state), out)
