"""Judging of one loan by given numbers: its values in USD, its three lines, its LTV, and the verdict.

    LTV < marginCallLTV              nothing
    marginCallLTV <= LTV < liqLTV    a warning
    liqLTV <= LTV                    liquidation (`loan_liquidation`)

A loan within its initial LTV is neither warned nor liquidated, wherever rounding has put the lines.

Nothing here reads a state. Parameters, prices, debts and collateral are arguments, so that a loan can be judged at
prices that no venue has seen. `loan_risk` judges the loans of a venue by these functions and no others. Debts and
collateral are atoms per currency and are never changed; a currency in them has more than 0.
Source: docs/rules/flexible-loans.md#liquidation (rules chosen: decisions/011; constants: decisions/004).
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, TypeAlias

from tallystick.engine import discount
from tallystick.engine.amounts import ONE, mul_down, mul_up, ratio_cut, unit_of
from tallystick.engine.parameters import Parameters
from tallystick.engine.prices import Quotes
from tallystick.engine.single import Amounts

LTV_DECIMALS: Final = 4
LINE_CUT: Final = unit_of(LTV_DECIMALS)
"""Most that cutting a line to its decimals takes off it."""

Verdict: TypeAlias = Literal["unpriced", "safe", "called", "due"]
UNPRICED: Final = "unpriced"
SAFE: Final = "safe"
CALLED: Final = "called"
DUE: Final = "due"


class Lines(NamedTuple):
    """Lines of a loan, LTVs per 10**18, each cut to 4 decimals."""

    initial: int
    margin_call: int
    liquidation: int


class Judged(NamedTuple):
    """Verdict on a loan, with its exact LTV (see `exact_ltv`) and its lines."""

    verdict: Verdict
    ltv: int | None
    lines: Lines


def standing(parameters: Parameters, quotes: Quotes, debts: Amounts, collateral: Amounts, *, e_mode: bool) -> Judged:
    """Judge a loan: unpriced, safe, called (to be warned), or due for liquidation."""
    # Each value is worked out once: a price has thousands of loans judged.
    value = collateral_usd(quotes, collateral)
    counted = 0 if e_mode else discounted_usd(parameters, quotes, collateral)
    lines = lines_at(parameters, value, counted, e_mode=e_mode)
    ltv = None if is_unpriced(quotes, debts, collateral) else ltv_at(debts_usd(quotes, debts), value)
    if ltv is None:
        return Judged(UNPRICED, ltv, lines)
    # Whoever is within the initial LTV is above its line by no more than was cut from it; without a line, by any.
    near = ltv <= lines.initial + LINE_CUT or lines.initial == 0
    if ltv < lines.margin_call or (near and within_initial_ltv(parameters, quotes, debts, collateral, e_mode=e_mode)):
        return Judged(SAFE, ltv, lines)
    return Judged(DUE if ltv >= lines.liquidation else CALLED, ltv, lines)


# ---- values: sums of lists, as a generator for one or two coins costs as much as all else


def debts_usd(quotes: Quotes, debts: Amounts) -> int:
    """Value of debts in USD, each rounded up."""
    usd = quotes.usd
    return sum([mul_up(amount, usd[ccy]) for ccy, amount in debts.items()])


def collateral_usd(quotes: Quotes, collateral: Amounts) -> int:
    """Undiscounted value of collateral in USD, each coin cut."""
    usd = quotes.usd
    return sum([mul_down(amount, usd[ccy]) for ccy, amount in collateral.items()])


def discounted_usd(parameters: Parameters, quotes: Quotes, collateral: Amounts) -> int:
    """Value of collateral in USD after the discount tiers, each coin cut."""
    curves, usd = discount.curves(parameters), quotes.usd
    return sum([mul_down(curves[ccy].counted(amount), usd[ccy]) for ccy, amount in collateral.items()])


# ---- lines


def lines_of(parameters: Parameters, quotes: Quotes, collateral: Amounts, *, e_mode: bool) -> Lines:
    """Lines of a loan by its collateral; all are 0 while the collateral is worth nothing."""
    counted = 0 if e_mode else discounted_usd(parameters, quotes, collateral)
    return lines_at(parameters, collateral_usd(quotes, collateral), counted, e_mode=e_mode)


def lines_at(parameters: Parameters, value: int, counted: int, *, e_mode: bool) -> Lines:
    """Lines by the USD that the collateral is worth, and those that count of it, which E-Mode does not ask for."""
    if value == 0:
        return Lines(0, 0, 0)
    if e_mode:
        return Lines(
            parameters.loan_e_mode_initial, parameters.loan_e_mode_margin_call, parameters.loan_e_mode_liquidation
        )
    initial = ratio_cut(counted * ONE, value * parameters.loan_initial, LTV_DECIMALS)
    liquidation = ratio_cut(counted * ONE, value * parameters.loan_liquidation, LTV_DECIMALS)
    return Lines(initial, max(initial, liquidation - parameters.loan_margin_call_gap), liquidation)


def exact_ltv(quotes: Quotes, debts: Amounts, collateral: Amounts) -> int | None:
    """LTV: loan value over collateral value per 10**18, cut; None while a price is missing (F13: no loan is judged).

    Collateral that never had a price counts as 0, so that pledging some of it stops no liquidation.
    """
    if is_unpriced(quotes, debts, collateral):
        return None
    return ltv_at(debts_usd(quotes, debts), collateral_usd(quotes, collateral))


def is_unpriced(quotes: Quotes, debts: Amounts, collateral: Amounts) -> bool:
    """Test whether a debt has no price, or collateral has lost its own."""
    usd, lost = quotes
    for ccy in debts:
        if usd[ccy] <= 0:
            return True
    for ccy in collateral:  # noqa: SIM110 - see above
        if ccy in lost:
            return True
    return False


def ltv_at(owed: int, value: int) -> int:
    """LTV by what is owed and what the collateral is worth, in USD; 2 where it is worth nothing."""
    return owed * ONE // value if value else 2 * ONE


def within_initial_ltv(
    parameters: Parameters, quotes: Quotes, debts: Amounts, collateral: Amounts, *, e_mode: bool
) -> bool:
    """Test L x 1.4 <= discounted collateral, in E-Mode L <= 0.9 x collateral; false while a price is missing (F13)."""
    usd = quotes.usd
    if any([usd[ccy] <= 0 for ccy in (*debts, *collateral)]):  # noqa: C419 - see above
        return False
    needed, counted = initial_cover(parameters, quotes, debts, collateral, e_mode=e_mode)
    return needed <= counted


def initial_cover(
    parameters: Parameters, quotes: Quotes, debts: Amounts, collateral: Amounts, *, e_mode: bool
) -> tuple[int, int]:
    """Both sides of `within_initial_ltv` in USD: collateral that these debts need, and what this one counts."""
    owed = debts_usd(quotes, debts)
    if e_mode:
        return owed, mul_down(collateral_usd(quotes, collateral), parameters.loan_e_mode_initial)
    return mul_up(owed, parameters.loan_initial), discounted_usd(parameters, quotes, collateral)
