"""One step of a partial liquidation: it sells the dearest collateral first, and no more than is due (F5)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from tallystick.engine.parameters import Parameters
from tests.properties.oracle import COIN, Amounts, Lent, clean, need

SALE_UNIT = COIN // 10**8
"""Collateral is sold in whole 10^-8 coins."""
NEAR = 10**6
"""Atoms of a dollar that cutting prices and values may make."""


class PartialSale:
    """Begins with the first coin sold. Half of each debt, and the fee on what is sold for it, is `due` (in dollars)."""

    def __init__(self, parameters: Parameters, usd: Callable[[str, int], Fraction], loan: Lent) -> None:
        self._usd = usd
        close = Fraction(parameters.loan_close_factor, COIN)
        wanted = sum((usd(ccy, debt) for ccy, debt in loan.debts.items()), Fraction(0)) * close
        self.due = wanted / (1 - Fraction(parameters.loan_liquidation_fee, COIN))
        self.kept: Amounts = {ccy: size for ccy, size in clean(loan.locked).items() if usd(ccy, 1)}
        self.raised = Fraction(0)
        self.coins: list[str] = []

    def sell(self, ccy: str, size: int) -> None:
        if self.coins:
            need(not self.kept[self.coins[-1]], "F5", f"{ccy} is sold, though {self.coins[-1]} is left")
        need(self.raised < self.due + NEAR, "F5", f"{ccy} is sold, though {self.raised} of {self.due} are raised")
        value = self._usd(ccy, self.kept[ccy])
        dearer = [coin for coin, kept in self.kept.items() if self._usd(coin, kept) > value + NEAR]
        need(not dearer, "F5", f"{ccy} is sold before {dearer}")
        self.kept[ccy] -= size
        self.raised += self._usd(ccy, size)
        self.coins.append(ccy)

    def end(self) -> None:
        """All that is due, or all there is; and no more than a unit of the last coin beyond it."""
        need(self.raised > self.due - NEAR or not clean(self.kept), "F5", f"{self.raised} of {self.due}: {self.kept}")
        unit = self._usd(self.coins[-1], SALE_UNIT)
        need(self.raised < self.due + unit + NEAR, "F5", f"sold for {self.raised}, due were {self.due}: {self.coins}")
