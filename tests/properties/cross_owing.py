"""Random runs of an account that owes and has its auto-loan off for long: debts come above their quotas, and go."""

from __future__ import annotations

from collections import Counter

from tallystick.engine import commands as c
from tallystick.engine.cross_settings import SetAutoLoan
from tests.properties.cross_model import COIN
from tests.properties.cross_run import COINS, PAIRS, USER, Run

DEBTS = {"BTC": COIN // 10**3, "ETH": COIN // 50, "USDT": 25 * COIN}
"""A thousandth of the largest debt that is asked for."""


class Owing(Run):
    """Coins come in often; a third of the commands borrow, switch auto-loan or set a price near the last one."""

    def command(self) -> c.Command:
        dice, turn = self.dice, self.dice.random()
        ccy = dice.choice(COINS)
        if turn < 0.15:
            amount = DEBTS[ccy] * dice.randint(1, 1000)
            return c.Transfer(user_id=USER, ccy=ccy, amount=amount, source="trading", target="funding", may_borrow=True)
        if turn < 0.3:
            return SetAutoLoan(user_id=USER, enabled=dice.random() < 0.4)
        if turn < 0.45:
            pair = dice.choice(tuple(PAIRS))
            price = self.model.index[pair.split("-")[0]] * dice.randint(980, 1020) // 1000
            return c.SetPrices(prices=((pair, price - price % 10**16),))
        if turn < 0.5:
            return c.Tick()
        if turn < 0.55:
            amount = 2 * DEBTS[ccy] * dice.randint(1, 1000)
            return c.AdjustBalance(user_id=USER, account="trading", ccy=ccy, delta=amount)
        return self.order() if turn < 0.7 else super().command()

    def play(self, steps: int) -> Counter[str]:
        return super().play(steps) + self.exchanges.seen
