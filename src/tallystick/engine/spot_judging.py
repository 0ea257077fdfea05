"""Judging of one trading account by given numbers: its worth, the margin its debts need, and the verdict.

    worth = adjEq, needed = mmr + fee
    worth / needed <= 3    called: a warning
    worth / needed <= 1    due: liquidation (`spot_risk`)

Nothing here reads a state or changes an argument, so that a book of accounts can be judged at any prices (the lab).
What open orders would change is not in it: `margin` puts it into the equities. Accounts without a debt are safe.
Source: docs/rules/margin.md#margin-ratio, docs/rules/liquidation.md#ladder (thresholds documented).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

from tallystick.engine.amounts import ONE, mul_up
from tallystick.engine.discount import Valuation
from tallystick.engine.margin_tiers import tier_of
from tallystick.engine.parameters import Parameters
from tallystick.engine.prices import Quotes

Verdict: TypeAlias = Literal["unpriced", "safe", "called", "due"]
UNPRICED: Final = "unpriced"
SAFE: Final = "safe"
CALLED: Final = "called"
DUE: Final = "due"


class Judged(NamedTuple):
    """Verdict on an account, with the two sums in USD whose ratio is its margin ratio."""

    verdict: Verdict
    worth: int
    needed: int


def standing(
    parameters: Parameters,
    quotes: Quotes,
    debts: Mapping[str, int],
    equities: Mapping[str, int],
    out: Collection[str] = (),
) -> Judged:
    """Judge an account without open orders; coins that are `out` of its collateral count nothing."""
    value = worth(Valuation(parameters, quotes.usd, out), equities)
    needed = owed_margin(parameters, quotes.usd, debts, parameters.taker_fee)
    if is_unpriced(parameters, quotes, debts, equities, out):
        return Judged(UNPRICED, value, needed)
    return Judged(verdict_of(parameters, value, needed), value, needed)


def verdict_of(parameters: Parameters, value: int, needed: int) -> Verdict:
    """Verdict on an account that is worth `value` and needs `needed`: on a line it is beyond it."""
    if not needed:
        return SAFE
    if value * ONE <= needed * parameters.spot_liquidation_ratio:
        return DUE
    return CALLED if value * ONE <= needed * parameters.spot_warning_ratio else SAFE


def worth(values: Valuation, equities: Mapping[str, int]) -> int:
    """Sum of the equities in USD: positive ones discounted and cut, negative ones whole and rounded up."""
    total = 0
    for ccy, amount in equities.items():
        total += values.usd_value(ccy, amount)
    return total


def owed_margin(parameters: Parameters, usd: Mapping[str, int], amounts: Mapping[str, int], fee: int) -> int:
    """Sum of the maintenance margins of these debts and of `fee`, a rate, on their value; each rounded up."""
    currencies = parameters.currencies
    return sum(
        mul_up(mul_up(amount, usd[ccy]), tier_of(currencies[ccy], amount).maintenance + fee)
        for ccy, amount in amounts.items()
    )


def is_unpriced(
    parameters: Parameters, quotes: Quotes, owed: Iterable[str], held: Iterable[str], out: Collection[str] = ()
) -> bool:
    """Test whether a coin that is owed has no price, or one that is held as collateral has lost its own (F13)."""
    usd, lost = quotes
    if any(usd[ccy] <= 0 for ccy in owed):
        return True
    currencies = parameters.currencies
    return any(currencies[ccy].collateral and ccy not in out and ccy in lost for ccy in held)
