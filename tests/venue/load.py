"""Random commands over every feature: most succeed, the rest are refused, which is a test too."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tallystick.engine.amounts import ONE
from tallystick.engine.commands import (
    AdjustBalance,
    AskQuote,
    BorrowLoan,
    Command,
    ManualBorrow,
    ManualRepay,
    PlaceOrder,
    RepayDebt,
    SetAutoRepay,
    Transfer,
)


def load_command(draw: random.Random, users: Sequence[int]) -> Command:
    user, amount = draw.choice(users), draw.randint(1, 500) * ONE
    ccy = draw.choice(("USDT", "USDC"))
    side, small = draw.choice(("buy", "sell")), draw.randint(1, 50) * ONE // 10_000
    return draw.choice(
        (
            lambda: ManualBorrow(user, ccy, amount),
            lambda: ManualRepay(user, ccy, amount),
            lambda: SetAutoRepay(user, draw.random() < 0.5),
            lambda: RepayDebt(user, ccy, (ccy, "BTC")),
            lambda: PlaceOrder(user, "BTC-USDT", side, draw.choice(("ioc", "limit")), small, 43_000 * ONE),
            lambda: AskQuote(user, "BTC", "USDT", side, 30 * ONE, "USDT"),
            lambda: BorrowLoan(user, 0, "USDT", 10 * ONE, (("BTC", ONE // 1_000),), f"loan{draw.randrange(10**9)}"),
            lambda: Transfer(user, "BTC", small, "trading", "funding"),
            lambda: AdjustBalance(user, "trading", ccy, amount),
        )
    )()
