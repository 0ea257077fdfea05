"""The story with ccxt: its three flavours have the same methods, and those of `pro` can stream.

Where ccxt has a method of its own it is used; the paths it only lists are called by their implicit names.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import ccxt
import ccxt.async_support
import ccxt.pro

from tests.conformance.clients.runner import Client, Heard, Streaming, Told, Watched, run

FLAVOURS = {"sync": ccxt.okx, "async": ccxt.async_support.okx, "pro": ccxt.pro.okx}


class Ccxt(Client):
    version = ccxt.__version__

    def __init__(self, told: Told) -> None:
        super().__init__(told)
        key, secret, passphrase = told.key
        self.exchange = FLAVOURS[told.flavour](
            {"apiKey": key, "secret": secret, "password": passphrase, "enableRateLimit": False}
        )
        self.exchange.urls["api"] = {"rest": told.url, "ws": f"{told.stream}/ws/v5"}
        self.okx = Watched(self.exchange, self.called)
        self.loan_id = ""

    async def owed(self, ccy: str) -> str:
        balance = await self.okx.fetch_balance()
        return str(next(row["liab"] for row in balance["info"]["data"][0]["details"] if row["ccy"] == ccy))

    async def markets(self, do: dict[str, Any]) -> dict[str, Any]:
        market = (await self.okx.load_markets())[symbol(do)]
        precision = market["precision"]
        return {"tick": precision["price"], "lot": precision["amount"], "least": market["limits"]["amount"]["min"]}

    async def deposit(self, do: dict[str, Any]) -> dict[str, Any]:
        trading = await self.okx.fetch_balance()
        return {"trading": trading["total"], "funding": await self.in_funding()}

    async def in_funding(self) -> dict[str, float]:
        total: dict[str, float] = (await self.okx.fetch_balance({"type": "funding"}))["total"]
        return total

    async def borrow(self, do: dict[str, Any]) -> dict[str, Any]:
        (row,) = data(await self.okx.private_post_account_spot_manual_borrow_repay({**do, "side": "borrow"}))
        return {**row, "owed": await self.owed(do["ccy"])}

    async def order(self, do: dict[str, Any]) -> dict[str, Any]:
        bought, cancelled = [
            await self.okx.create_order(symbol(do), "limit", one["side"], float(one["sz"]), float(one["px"]))
            for one in (do["bought"], do["cancelled"])
        ]
        await self.okx.cancel_order(cancelled["id"], symbol(do))
        seen = await self.okx.fetch_order(bought["id"], symbol(do))
        gone = await self.okx.fetch_order(cancelled["id"], symbol(do))
        return {
            "state": seen["info"]["state"],
            "sz": seen["filled"],
            "px": seen["average"],
            "fee": seen["fee"]["cost"],
            "owed": await self.owed("USDT"),
            "cancelled": gone["status"],
        }

    async def interest(self, do: dict[str, Any]) -> dict[str, Any]:
        rows = await self.okx.fetch_borrow_interest()
        return {row["currency"]: [row["interest"], row["amountBorrowed"]] for row in rows}

    async def auto_repay(self, do: dict[str, Any]) -> dict[str, Any]:
        (on,) = data(await self.okx.private_post_account_set_auto_repay({"autoRepay": True}))
        await self.okx.transfer(do["ccy"], float(do["amt"]), "funding", "trading")
        newest = data(await self.okx.private_get_account_spot_borrow_repay_history())[0]
        data(await self.okx.private_post_account_set_auto_repay({"autoRepay": False}))
        return {"on": on["autoRepay"], "type": newest["type"], "amt": newest["amt"], "owed": newest["accBorrowed"]}

    async def one_click(self, do: dict[str, Any]) -> dict[str, Any]:
        (listed,) = data(await self.okx.private_get_trade_one_click_repay_currency_list_v2())
        (row,) = data(await self.okx.private_post_trade_one_click_repay_v2(do))
        debts = {one["debtCcy"]: one["debtAmt"] for one in listed["debtData"]}
        return {"debts": debts, "debtCcy": row["debtCcy"], "repayCcyList": row["repayCcyList"]}

    async def one_click_history(self, do: dict[str, Any]) -> dict[str, Any]:
        (first,) = data(await self.okx.private_get_trade_one_click_repay_history_v2())
        data(await self.okx.private_post_trade_one_click_repay_v2(do))
        second = data(await self.okx.private_get_trade_one_click_repay_history_v2())[0]
        return {
            "status": first["status"],
            "repaid": first["fillDebtSz"],
            "legs": [[leg["instId"], leg["side"], leg["fillPx"], leg["fillSz"]] for leg in first["ordIdInfo"]],
            "second": [second["status"], second["fillDebtSz"]],
        }

    async def convert(self, do: dict[str, Any]) -> dict[str, Any]:
        pair = do["from"], do["to"], float(do["sz"])
        quote = await self.okx.fetch_convert_quote(*pair)
        trade = await self.okx.create_convert_trade(quote["id"], *pair)
        return {"received": trade["toAmount"]}

    async def convert_history(self, do: dict[str, Any]) -> dict[str, Any]:
        received = await self.convert(do)
        rows = await self.okx.fetch_convert_trade_history()
        return {**received, "history": [[row["fromAmount"], row["toAmount"]] for row in newest_first(rows)]}

    async def loan(self, do: dict[str, Any]) -> dict[str, Any]:
        coin = do["collateral"]["ccy"]
        request = {"loanData": do["loan"], "collateralData": [do["collateral"]], "clOrdId": "story1"}
        (row,) = data(await self.okx.private_post_finance_flexible_loan_borrow(request))
        self.loan_id = row["ordId"]
        for kind in ("add", "reduce"):
            change = {"type": kind, "collateralCcy": coin, "collateralAmt": do[kind]}
            data(await self.okx.private_post_finance_flexible_loan_adjust_collateral(change))
        (info,) = data(await self.okx.private_get_finance_flexible_loan_loan_info())
        (loan,), (collateral,) = info["loanData"], info["collateralData"]
        return {"loan": [loan["ccy"], loan["amt"]], "collateral": [collateral["ccy"], collateral["amt"]]}

    async def loan_repay(self, do: dict[str, Any]) -> dict[str, Any]:
        (info,) = data(await self.okx.private_get_finance_flexible_loan_loan_info())
        request = {**do, "ordId": self.loan_id, "clOrdId": "story2"}
        data(await self.okx.private_post_finance_flexible_loan_repay(request))
        left = data(await self.okx.private_get_finance_flexible_loan_loan_info())
        return {"owed": info["loanData"][0]["amt"], "open": len(left), "funding": await self.in_funding()}

    def history(self, name: str) -> Any:
        okx = self.okx
        unified: dict[str, tuple[Callable[..., Any], str, tuple[str, ...]]] = {
            "orders": (okx.fetch_closed_orders, "ordId", ("instId", "side", "accFillSz")),
            "fills": (okx.fetch_my_trades, "billId", ("instId", "side", "fillPx", "fillSz")),
            "converts": (okx.fetch_convert_trade_history, "ts", CONVERT),
            "interest": (lambda *more: okx.fetch_borrow_interest("USDT", *more), "ts", ("interest",)),
        }
        implicit = {
            # fetch_ledger cannot leave out instType=SPOT, and finds the bills of trades only.
            "bills": (okx.private_get_account_bills, "billId", ("type", "subType", "ccy", "balChg")),
            "borrows": (okx.private_get_account_spot_borrow_repay_history, "ts", ("type", "ccy", "amt", "accBorrowed")),
            "loans": (okx.private_get_finance_flexible_loan_loan_history, "refId", ("type", "ccy", "amt")),
            "one_clicks": (okx.private_get_trade_one_click_repay_history_v2, "ts", ("debtCcy", "fillDebtSz")),
        }
        if name in implicit:
            method, cursor, columns = implicit[name]

            async def listed(limit: int, after: dict[str, Any]) -> Any:
                return data(await method({"limit": str(limit), **after}))

            return listed, cursor, columns
        unified_method, cursor, columns = unified[name]

        async def fetch(limit: int, after: dict[str, Any]) -> Any:
            page = await unified_method(None, None, limit, after)
            return sorted((row["info"] for row in page), key=lambda row: int(row[cursor]), reverse=True)

        return fetch, cursor, columns

    async def by_itself(self, do: dict[str, Any]) -> dict[str, Any]:
        try:
            gone = await self.okx.borrow_cross_margin("USDT", 10)
        except ccxt.BaseError as error:
            gone = type(error).__name__
        ledger = await self.okx.fetch_ledger()
        orders = await self.okx.fetch_closed_orders()
        return {
            "vip_loan": gone,
            "ledger_types": sorted({row["info"]["type"] for row in ledger}),
            "first_order": orders[0]["symbol"],
        }

    async def close(self) -> None:
        if self.told.flavour != "sync":
            await self.exchange.close()


class CcxtPro(Ccxt, Streaming):
    """It has no method for balance_and_position; coins are told by the account channel too."""

    async def listen(self, heard: Heard) -> None:
        async def balances() -> None:
            while True:
                for account in (await self.okx.watch_balance())["info"]["data"]:
                    heard.coins(account["details"])
                    heard.account(account["details"])

        async def orders() -> None:
            while True:
                for order in await self.okx.watch_orders():
                    heard.done(order["info"]["state"], order["average"], order["filled"])

        self.listening = [asyncio.create_task(balances()), asyncio.create_task(orders())]
        for task in self.listening:
            task.add_done_callback(heard.ended)

    async def switch(self, on: bool) -> None:
        data(await self.okx.private_post_account_set_auto_repay({"autoRepay": on}))

    async def sell(self, do: dict[str, Any]) -> None:
        await self.okx.create_order(symbol(do), "market", "sell", float(do["sz"]))

    async def close(self) -> None:
        for task in self.listening:
            task.cancel()
        await super().close()


CONVERT = ("instId", "side", "fillBaseSz", "fillQuoteSz")


def symbol(do: dict[str, Any]) -> str:
    return str(do["instId"]).replace("-", "/")


def newest_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """ccxt turns every page round."""
    return sorted(rows, key=lambda row: row["timestamp"], reverse=True)


def data(answer: dict[str, Any]) -> Any:
    return answer["data"]


if __name__ == "__main__":
    run(lambda told: (CcxtPro if told.flavour == "pro" else Ccxt)(told))
