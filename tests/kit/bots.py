"""Two bots on python-okx: one that tries again blindly, as many SDKs do, and one that looks before it pays again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from okx.Account import AccountAPI
from okx.Trade import TradeAPI

TRIES = 3


class BlindBot:
    """Pays an instalment by hand, and sends it again when the answer is not a good one."""

    def __init__(self, account: AccountAPI) -> None:
        self.account = account

    def pay(self, ccy: str, amount: str) -> None:
        for _ in range(TRIES):
            try:
                if self.account.spot_manual_borrow_repay(ccy, "repay", amount)["code"] == "0":
                    return
            except Exception:
                pass
        raise RuntimeError("no success")


class CarefulBot:
    """Repays a debt in one click, and learns from the debt, never from the answer, whether it is done."""

    def __init__(self, trade: TradeAPI, wait: Callable[[int], object]) -> None:
        self.trade = trade
        self.wait = wait

    def repay(self, ccy: str, sell: str) -> None:
        for _ in range(TRIES * 2):
            (row,) = self.read(self.trade.get_oneclick_repay_list_v2)
            if ccy not in [debt["debtCcy"] for debt in row["debtData"]]:
                return
            if not any(run["status"] == "running" for run in self.read(self.trade.oneclick_repay_history_v2)):
                try:
                    self.trade.oneclick_repay_v2(ccy, [sell])
                except Exception:
                    pass
            self.wait(2)
        raise RuntimeError("no success")

    def read(self, call: Callable[[], Any]) -> Any:
        for _ in range(TRIES):
            try:
                answer = call()
                if answer["code"] == "0" and isinstance(answer["data"], list):
                    return answer["data"]
            except Exception:
                pass
            self.wait(1)
        raise RuntimeError("no answer")
