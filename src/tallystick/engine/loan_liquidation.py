"""Liquidation of one loan by given numbers: the acts that carry it out, and the debts and collateral that are left.

    liqLTV <= LTV    partial while at least 2,000 USD are owed and LTV is below min((1 + liqLTV) / 2, 1 - fee),
                     else full; again and again until the loan is below its line or closed

A partial step repays half of each loan coin from the most valuable collateral; a full one seizes all
of it. Both sell at the index and cost 2 % of what is sold, which goes to the insurance fund. Above
LTV 1 - fee a partial step would raise the LTV, so there it is always full.

Nothing here reads a state or changes an argument, see `loan_judging`; `loan_risk` carries the acts out as events.
Source: docs/rules/flexible-loans.md#liquidation (types documented, rules chosen: decisions/011).
"""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

from tallystick.engine.amounts import ONE, lift, mul_down, mul_up, unit_of
from tallystick.engine.flexible_loan import COLLATERAL_RELEASED, FORCED_LIQUIDATION, PARTIAL_LIQUIDATION
from tallystick.engine.kinds import LoanKind
from tallystick.engine.loan_judging import collateral_usd, debts_usd, exact_ltv, lines_of, within_initial_ltv
from tallystick.engine.parameters import Parameters
from tallystick.engine.prices import Quotes
from tallystick.engine.single import Amounts

SALE_UNIT: Final = unit_of(8)
"""Unit of collateral sales: whole 10^-8 coins, rounded up, so that a sale is never too small."""


class Moved(NamedTuple):
    """Row of the loan's history: collateral sold or released, or debt repaid; signed as users see it."""

    kind: LoanKind
    ccy: str
    amount: int


class Settled(NamedTuple):
    """Gain of the insurance fund in atoms of the transit coin, cut; below 0 it pays a shortfall (F5)."""

    amount: int


Act: TypeAlias = Moved | Settled


class Liquidation(NamedTuple):
    """Acts of a liquidation in their order, and the loan after them. Without acts the loan is not due."""

    acts: tuple[Act, ...]
    debts: dict[str, int]
    collateral: dict[str, int]
    closed: bool


def liquidation(
    parameters: Parameters, quotes: Quotes, debts: Amounts, collateral: Amounts, *, e_mode: bool
) -> Liquidation:
    """Liquidate a loan until it is below its line or closed."""
    loan = Liquidated(parameters, quotes, debts, collateral)
    while not loan.closed:
        ltv = exact_ltv(quotes, loan.debts, loan.collateral)
        line = lines_of(parameters, quotes, loan.collateral, e_mode=e_mode).liquidation
        if ltv is None or not is_due(loan, ltv, line, e_mode=e_mode):
            break
        small = debts_usd(quotes, loan.debts) < parameters.loan_small_usd
        if small or ltv >= min((ONE + line) // 2, ONE - parameters.loan_liquidation_fee):
            loan.seize()
        else:
            loan.halve()
    return Liquidation(tuple(loan.acts), loan.debts, loan.collateral, loan.closed)


def is_due(loan: Liquidated, ltv: int, line: int, *, e_mode: bool) -> bool:
    """Test whether a loan is to be liquidated: `ltv` at or above the liquidation LTV, and above the initial LTV.

    If collateral is so large that next to nothing of it counts, cutting to 4 decimals could leave a line below the
    initial LTV, or at 0.
    """
    at_line = ltv >= line
    return at_line and not within_initial_ltv(loan.parameters, loan.quotes, loan.debts, loan.collateral, e_mode=e_mode)


class Liquidated:
    """Loan in liquidation: copies of its debts and collateral, and the acts so far."""

    def __init__(self, parameters: Parameters, quotes: Quotes, debts: Amounts, collateral: Amounts) -> None:
        self.parameters = parameters
        self.quotes = quotes
        self.debts = dict(debts)
        self.collateral = dict(collateral)
        self.acts: list[Act] = []
        self.closed = False

    def halve(self) -> None:
        """Repay the close factor of each loan coin; surplus proceeds of the sale reduce the debt too."""
        parameters, quotes = self.parameters, self.quotes
        wanted = {ccy: mul_up(debt, parameters.loan_close_factor) for ccy, debt in sorted(self.debts.items())}
        wanted_usd = debts_usd(quotes, wanted)
        needed_usd = -(-wanted_usd * ONE // (ONE - parameters.loan_liquidation_fee))
        sold, gross_usd = sales(quotes, self.collateral, needed_usd)
        fee_usd = mul_up(gross_usd, parameters.loan_liquidation_fee)
        repaid = bought(quotes, self.debts, wanted, gross_usd - fee_usd)
        for ccy, amount in sold.items():
            self._move(self.collateral, PARTIAL_LIQUIDATION, ccy, amount)
        for ccy, amount in repaid.items():
            self._move(self.debts, PARTIAL_LIQUIDATION, ccy, amount)
        self._settle(fee_usd)
        if not self.debts or debts_usd(quotes, self.debts) < parameters.loan_dust_usd:
            self._write_off()
            for ccy, locked in sorted(self.collateral.items()):
                self._release(ccy, locked)
            self.closed = True
        elif not self.collateral:
            self._write_off()
            self.closed = True

    def seize(self) -> None:
        """Seize all collateral at the index and write off the debt.

        The fund takes its fee; then, in a posting of its own (F5), it takes the surplus or pays the shortfall.
        """
        gross_usd = collateral_usd(self.quotes, self.collateral)
        owed_usd = debts_usd(self.quotes, self.debts)
        for amounts in (self.collateral, self.debts):
            for ccy, amount in sorted(amounts.items()):
                self._move(amounts, FORCED_LIQUIDATION, ccy, amount)
        fee_usd = mul_up(gross_usd, self.parameters.loan_liquidation_fee)
        if fee_usd:
            self._settle(fee_usd)
        self._settle(gross_usd - fee_usd - owed_usd)
        self.closed = True

    def _write_off(self) -> None:
        self.acts += write_off(self.parameters, self.quotes, self.debts)
        self.debts.clear()

    def _move(self, amounts: dict[str, int], kind: LoanKind, ccy: str, amount: int) -> None:
        self.acts.append(Moved(kind, ccy, -amount))
        amounts[ccy] -= amount
        if not amounts[ccy]:
            del amounts[ccy]

    def _release(self, ccy: str, locked: int) -> None:
        self.acts.append(Moved(COLLATERAL_RELEASED, ccy, locked))
        del self.collateral[ccy]

    def _settle(self, usd: int) -> None:
        self.acts.append(settled(self.parameters, self.quotes, usd))


def write_off(parameters: Parameters, quotes: Quotes, debts: dict[str, int]) -> list[Act]:
    """Acts by which the fund pays the rest of the debts, so that the loan can end."""
    owed_usd = debts_usd(quotes, debts)
    acts: list[Act] = [Moved(PARTIAL_LIQUIDATION, ccy, -amount) for ccy, amount in sorted(debts.items())]
    return [*acts, settled(parameters, quotes, -owed_usd)] if owed_usd else acts


def settled(parameters: Parameters, quotes: Quotes, usd: int) -> Settled:
    """Fee, surplus or shortfall in the transit coin."""
    return Settled(usd * ONE // quotes.usd[parameters.transit_ccy])


def sales(quotes: Quotes, collateral: dict[str, int], gross_usd: int) -> tuple[dict[str, int], int]:
    """Coins to sell and their value: the most valuable collateral first, until `gross_usd` is reached.

    Coins that never had a price come last, worth nothing, and are not sold.
    """
    sold: dict[str, int] = {}
    raised = 0
    for ccy in sorted(collateral, key=lambda ccy: (-mul_down(collateral[ccy], quotes.usd[ccy]), ccy)):
        if raised >= gross_usd:
            break
        index = quotes.usd[ccy]
        if index <= 0:
            break
        amount = min(collateral[ccy], lift(-(-(gross_usd - raised) * ONE // index), SALE_UNIT))
        sold[ccy] = amount
        raised += mul_down(amount, index)
    return sold, raised


def bought(quotes: Quotes, debts: dict[str, int], wanted: dict[str, int], net_usd: int) -> dict[str, int]:
    """Repayments from the net proceeds: `wanted` of each coin in turn; the rest repays the last one."""
    repaid: dict[str, int] = {}
    left = net_usd
    for place, (ccy, amount) in enumerate(wanted.items(), start=1):
        index = quotes.usd[ccy]
        affordable = left * ONE // index
        target = min(debts[ccy], affordable if place == len(wanted) else min(amount, affordable))
        if target:
            repaid[ccy] = target
            left -= mul_up(target, index)
    return repaid
