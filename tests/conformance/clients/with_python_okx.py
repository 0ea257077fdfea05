"""The story with python-okx: REST calls one after another, and its asynchronous WebSocket."""

from __future__ import annotations

import asyncio
import json
from importlib.metadata import version
from typing import Any

from okx.Account import AccountAPI
from okx.Convert import ConvertAPI
from okx.Finance.FlexibleLoan import FlexibleLoanAPI
from okx.Funding import FundingAPI
from okx.PublicData import PublicAPI
from okx.Trade import TradeAPI
from okx.websocket.WsPrivateAsync import WsPrivateAsync

from tests.conformance.clients.runner import Heard, Streaming, Told, Watched, run


class PythonOkx(Streaming):
    version = version("python-okx")

    def __init__(self, told: Told) -> None:
        super().__init__(told)
        key, secret, passphrase = told.key
        made = {"api_key": key, "api_secret_key": secret, "passphrase": passphrase, "flag": "0", "domain": told.url}
        self.clients = [kind(**made) for kind in (AccountAPI, TradeAPI, FundingAPI, ConvertAPI, FlexibleLoanAPI)]
        self.clients.append(PublicAPI(flag="0", domain=told.url))
        watched = [Watched(client, self.called) for client in self.clients]
        self.account, self.trade, self.funding, self.converts, self.loans, self.public = watched
        self.loan_id = ""
        self.listening: asyncio.Task[None] | None = None

    async def owed(self, ccy: str) -> str:
        (row,) = data(await self.account.get_account_balance(ccy))[0]["details"]
        return str(row["liab"])

    async def markets(self, do: dict[str, Any]) -> dict[str, Any]:
        rows = data(await self.public.get_instruments("SPOT"))
        (row,) = [row for row in rows if row["instId"] == do["instId"]]
        return {"tick": row["tickSz"], "lot": row["lotSz"], "least": row["minSz"]}

    async def deposit(self, do: dict[str, Any]) -> dict[str, Any]:
        (trading,) = data(await self.account.get_account_balance())
        return {"trading": {row["ccy"]: row["eq"] for row in trading["details"]}, "funding": await self.in_funding()}

    async def in_funding(self) -> dict[str, str]:
        return {row["ccy"]: row["bal"] for row in data(await self.funding.get_balances())}

    async def borrow(self, do: dict[str, Any]) -> dict[str, Any]:
        (row,) = data(await self.account.spot_manual_borrow_repay(ccy=do["ccy"], side="borrow", amt=do["amt"]))
        return {**row, "owed": await self.owed(do["ccy"])}

    async def order(self, do: dict[str, Any]) -> dict[str, Any]:
        bought, cancelled = [
            data(await self.trade.place_order(do["instId"], "cash", ordType="limit", **do[which]))[0]["ordId"]
            for which in ("bought", "cancelled")
        ]
        data(await self.trade.cancel_order(do["instId"], cancelled))
        (seen,) = data(await self.trade.get_order(do["instId"], bought))
        (gone,) = data(await self.trade.get_order(do["instId"], cancelled))
        return {
            "state": seen["state"],
            "sz": seen["accFillSz"],
            "px": seen["avgPx"],
            "fee": seen["fee"].removeprefix("-"),
            "owed": await self.owed("USDT"),
            "cancelled": gone["state"],
        }

    async def interest(self, do: dict[str, Any]) -> dict[str, Any]:
        rows = data(await self.account.get_interest_accrued())
        return {row["ccy"]: [row["interest"], row["liab"]] for row in rows}

    async def auto_repay(self, do: dict[str, Any]) -> dict[str, Any]:
        (on,) = data(await self.account.set_auto_repay(autoRepay=True))
        data(await self.funding.funds_transfer(do["ccy"], do["amt"], "6", "18"))
        newest = data(await self.account.spot_borrow_repay_history())[0]
        data(await self.account.set_auto_repay(autoRepay=False))
        return {"on": on["autoRepay"], "type": newest["type"], "amt": newest["amt"], "owed": newest["accBorrowed"]}

    async def one_click(self, do: dict[str, Any]) -> dict[str, Any]:
        (listed,) = data(await self.trade.get_oneclick_repay_list_v2())
        (row,) = data(await self.trade.oneclick_repay_v2(**do))
        debts = {one["debtCcy"]: one["debtAmt"] for one in listed["debtData"]}
        return {"debts": debts, "debtCcy": row["debtCcy"], "repayCcyList": row["repayCcyList"]}

    async def one_click_history(self, do: dict[str, Any]) -> dict[str, Any]:
        (first,) = data(await self.trade.oneclick_repay_history_v2())
        data(await self.trade.oneclick_repay_v2(**do))
        second = data(await self.trade.oneclick_repay_history_v2())[0]
        return {
            "status": first["status"],
            "repaid": first["fillDebtSz"],
            "legs": [[leg["instId"], leg["side"], leg["fillPx"], leg["fillSz"]] for leg in first["ordIdInfo"]],
            "second": [second["status"], second["fillDebtSz"]],
        }

    async def convert(self, do: dict[str, Any]) -> dict[str, Any]:
        pair = do["from"], do["to"], "sell", do["sz"], do["from"]
        (quote,) = data(await self.converts.estimate_quote(*pair))
        (trade,) = data(await self.converts.convert_trade(quote["quoteId"], *pair))
        return {"received": trade["fillQuoteSz"]}

    async def convert_history(self, do: dict[str, Any]) -> dict[str, Any]:
        received = await self.convert(do)
        rows = data(await self.converts.get_convert_history())
        return {**received, "history": [[row["fillBaseSz"], row["fillQuoteSz"]] for row in rows]}

    async def loan(self, do: dict[str, Any]) -> dict[str, Any]:
        coin = do["collateral"]["ccy"]
        (row,) = data(await self.loans.borrow(do["loan"], "story1", collateralData=[do["collateral"]]))
        self.loan_id = row["ordId"]
        data(await self.loans.adjust_collateral("add", coin, do["add"]))
        data(await self.loans.adjust_collateral("reduce", coin, do["reduce"]))
        (info,) = data(await self.loans.loan_info())
        (loan,), (collateral,) = info["loanData"], info["collateralData"]
        return {"loan": [loan["ccy"], loan["amt"]], "collateral": [collateral["ccy"], collateral["amt"]]}

    async def loan_repay(self, do: dict[str, Any]) -> dict[str, Any]:
        (info,) = data(await self.loans.loan_info())
        data(await self.loans.repay(self.loan_id, do["ccy"], do["amt"], "story2"))
        left = data(await self.loans.loan_info())
        return {"owed": info["loanData"][0]["amt"], "open": len(left), "funding": await self.in_funding()}

    def history(self, name: str) -> Any:
        method, named, cursor, columns = {
            "orders": (self.trade.get_orders_history, {"instType": "SPOT"}, "ordId", ("instId", "side", "accFillSz")),
            "fills": (self.trade.get_fills_history, {"instType": "SPOT"}, "billId", FILL),
            "bills": (self.account.get_account_bills, {}, "billId", ("type", "subType", "ccy", "balChg")),
            "borrows": (self.account.spot_borrow_repay_history, {}, "ts", ("type", "ccy", "amt", "accBorrowed")),
            "interest": (self.account.get_interest_accrued, {"ccy": "USDT"}, "ts", ("interest",)),
            "loans": (self.loans.loan_history, {}, "refId", ("type", "ccy", "amt")),
            "converts": (self.converts.get_convert_history, {}, "ts", CONVERT),
            "one_clicks": (self.trade.oneclick_repay_history_v2, {}, "ts", ("debtCcy", "fillDebtSz")),
        }[name]

        async def fetch(limit: int, after: dict[str, Any]) -> Any:
            return data(await method(limit=str(limit), **named, **after))

        return fetch, cursor, columns

    async def listen(self, heard: Heard) -> None:
        """Waits for five seconds after its login: it does not read the answer."""
        key, secret, passphrase = self.told.key
        socket = WsPrivateAsync(key, passphrase, secret, f"{self.told.stream}/ws/v5/private")
        self.socket = Watched(socket, self.called)
        await self.socket.connect()

        def hear(text: str) -> None:
            message = json.loads(text)
            channel = message["arg"]["channel"] if "data" in message else ""
            for row in message.get("data", ()):
                if channel == "account":
                    heard.account(row["details"])
                elif channel == "balance_and_position":
                    heard.coins(row["balData"])
                elif channel == "orders":
                    heard.done(row["state"], row["avgPx"], row["accFillSz"])

        channels = [{"channel": "account"}, {"channel": "balance_and_position"}]
        await self.socket.subscribe([*channels, {"channel": "orders", "instType": "SPOT"}], hear)
        self.listening = asyncio.ensure_future(self.socket.consume())
        self.listening.add_done_callback(heard.ended)

    async def switch(self, on: bool) -> None:
        data(await self.account.set_auto_repay(autoRepay=on))

    async def sell(self, do: dict[str, Any]) -> None:
        data(await self.trade.place_order(do["instId"], "cash", "sell", "market", do["sz"]))

    async def by_itself(self, do: dict[str, Any]) -> dict[str, Any]:
        gone = await self.account.borrow_repay("USDT", "borrow", "10", "1")
        demo = AccountAPI(*self.told.key, domain=self.told.url)
        self.clients.append(demo)
        plain = WsPrivateAsync(*self.told.key, "ws://127.0.0.1:9/ws/v5/private")
        await plain.connect()
        return {"vip_loan": gone["code"], "default_flag": demo.flag, "plain_socket": plain.websocket is not None}

    async def close(self) -> None:
        if self.listening:
            await self.socket.stop()
            self.listening.cancel()
        for client in self.clients:
            client.close()


FILL = ("instId", "side", "fillPx", "fillSz")
CONVERT = ("instId", "side", "fillBaseSz", "fillQuoteSz")


def data(answer: dict[str, Any]) -> Any:
    if answer["code"] != "0":
        raise AssertionError(answer)
    return answer["data"]


if __name__ == "__main__":
    run(PythonOkx)
