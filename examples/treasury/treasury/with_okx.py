"""A treasury bot on python-okx: it repays every debt in one click."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from okx.Trade import TradeAPI

TRIES = 20


class Unreachable(Exception):
    """The exchange gave no usable answer, however often it was asked."""


class Treasurer:
    """Repays what the account owes, and sells the coins of `sell` for it. Safe to call again, also after a crash."""

    def __init__(
        self,
        trade: TradeAPI,
        sell: tuple[str, ...] = ("BTC",),
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self.trade = trade
        self.sell = sell
        self.wait = wait

    def repay_everything(self) -> None:
        """Repay every debt, and return when none is left. Raises Unreachable."""
        for _ in range(TRIES):
            owed, coins = self.standing()
            if not owed:
                return
            if not self.is_running():
                self.repay(owed[0], coins)
            self.wait(2)
        raise Unreachable(f"{owed} is still owed")

    def repay(self, debt: str, coins: list[str]) -> None:
        """Ask for a repay once. Its outcome is not taken from the answer: the next look at the debt tells."""
        usable = [coin for coin in (debt, *self.sell) if coin in coins]
        try:
            self.trade.oneclick_repay_v2(debt, usable)
        except Exception:
            pass

    def standing(self) -> tuple[list[str], list[str]]:
        """Coins that are owed, and coins that can pay."""
        (row,) = self.read(self.trade.get_oneclick_repay_list_v2)
        return [debt["debtCcy"] for debt in row["debtData"]], [coin["repayCcy"] for coin in row["repayData"]]

    def is_running(self) -> bool:
        return any(run["status"] == "running" for run in self.read(self.trade.oneclick_repay_history_v2))

    def read(self, call: Callable[[], Any]) -> list[dict[str, Any]]:
        """Rows of an answer. A read can be repeated, whatever became of the one before."""
        for _ in range(TRIES):
            try:
                answer = call()
                if answer["code"] == "0" and isinstance(answer["data"], list):
                    return answer["data"]
            except Exception:
                pass
            self.wait(1)
        raise Unreachable("no answer that can be read")
