"""A treasury bot on ccxt, async: it keeps a debt below a limit, and repays it in one click when it grows above."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import ccxt

TRIES = 20


class Unreachable(Exception):
    """The exchange gave no usable answer, however often it was asked."""


class Watch:
    """Keeps the debt of one coin at or below `limit`, and sells `sell` for it. Safe to call again at any time."""

    def __init__(
        self,
        exchange: Any,
        debt: str,
        limit: Decimal,
        sell: str,
        wait: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.exchange = exchange
        self.debt = debt
        self.limit = limit
        self.sell = sell
        self.wait = wait

    async def keep(self) -> bool:
        """Repay if too much is owed, and return when that is over; True if something was repaid. Raises Unreachable."""
        acted = False
        for _ in range(TRIES):
            owed, coins = await self.standing()
            if owed <= self.limit:
                return acted
            acted = True
            if not await self.is_running():
                await self.repay(coins)
            await self.wait(2)
        raise Unreachable(f"{owed} {self.debt} is still owed")

    async def standing(self) -> tuple[Decimal, list[str]]:
        """Amount that is owed, and coins that can pay."""
        (row,) = await self.read(self.exchange.private_get_trade_one_click_repay_currency_list_v2)
        owed = (Decimal(debt["debtAmt"]) for debt in row["debtData"] if debt["debtCcy"] == self.debt)
        return next(owed, Decimal(0)), [coin["repayCcy"] for coin in row["repayData"]]

    async def is_running(self) -> bool:
        runs = await self.read(self.exchange.private_get_trade_one_click_repay_history_v2)
        return any(run["status"] == "running" for run in runs)

    async def repay(self, coins: list[str]) -> None:
        """Ask for a repay once. Its outcome is not taken from the answer: the next look at the debt tells."""
        usable = [coin for coin in (self.debt, self.sell) if coin in coins]
        body = {"debtCcy": self.debt, "repayCcyList": usable}
        try:
            await self.exchange.private_post_trade_one_click_repay_v2(body)
        except (ccxt.BaseError, ValueError, TypeError):
            pass

    async def read(self, call: Callable[[], Awaitable[Any]]) -> list[dict[str, Any]]:
        """Rows of an answer. A read can be repeated, whatever became of the one before."""
        for _ in range(TRIES):
            try:
                answer = await call()
                if answer["code"] == "0" and isinstance(answer["data"], list):
                    return answer["data"]
            except (ccxt.BaseError, ValueError, TypeError, KeyError):
                pass
            await self.wait(1)
        raise Unreachable("no answer that can be read")
