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
from tallystick.engine.kinds import Side


def load_command(draw: random.Random, users: Sequence[int]) -> Command:
    user, amount = draw.choice(users), draw.randint(1, 500) * ONE
    ccy = draw.choice(("USDT", "USDC"))
    side: Side = draw.choice(("buy", "sell"))
    small = draw.randint(1, 50) * ONE // 10_000
    return draw.choice(
        (
            lambda: ManualBorrow(user_id=user, ccy=ccy, amount=amount),
            lambda: ManualRepay(user_id=user, ccy=ccy, amount=amount),
            lambda: SetAutoRepay(user_id=user, enabled=draw.random() < 0.5),
            lambda: RepayDebt(user_id=user, debt_ccy=ccy, repay_ccys=(ccy, "BTC")),
            lambda: PlaceOrder(
                user_id=user,
                instrument="BTC-USDT",
                side=side,
                kind=draw.choice(("ioc", "limit")),
                size=small,
                price=43_000 * ONE,
            ),
            lambda: AskQuote(user_id=user, base_ccy="BTC", quote_ccy="USDT", side=side, size=30 * ONE, size_ccy="USDT"),
            lambda: BorrowLoan(
                user_id=user,
                loan_id=0,
                ccy="USDT",
                amount=10 * ONE,
                collateral=(("BTC", ONE // 1_000),),
                client_order_id=f"loan{draw.randrange(10**9)}",
            ),
            lambda: Transfer(user_id=user, ccy="BTC", amount=small, source="trading", target="funding"),
            lambda: AdjustBalance(user_id=user, account="trading", ccy=ccy, delta=amount),
        )
    )()
