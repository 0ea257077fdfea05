"""One story for every client: what is done, step by step, and what must come of it.

Nothing here is about any client. A step begins with control calls, which every client's process makes in the
same way; then the client does what `do` says with methods of its own and reports what it was told. Amounts the
client hands over as text must be equal to the last digit; where it makes numbers of them, as numbers.

Every expected amount is worked out by hand from the rules, in the comment beside it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

HOUR_MS = 3_600_000

PRICES = {"BTC-USDT": "40000", "ETH-USDT": "3000", "USDC-USDT": "1"}
BOOKS: dict[str, tuple[list[list[str]], list[list[str]]]] = {
    "BTC-USDT": ([["40000", "5"]], [["40010", "5"]]),
    "ETH-USDT": ([["2999", "5"]], [["3000", "5"]]),
    "USDC-USDT": ([["0.9999", "9999"]], [["1", "9999"]]),
}
APR = "0.073"
"""Of USDC and USDT, from the full hour before the story on: an hour costs a debt divided by 120,000."""
USER = "story"
"""Whom the story is about."""
BY_ITSELF = "by_itself"
"""The last step, another one for each client."""


@dataclass(frozen=True)
class Step:
    """`control` are paths and bodies of control calls that come first.

    A second passes before each step: rows of one moment share a cursor where cursors are times.
    """

    name: str
    title: str
    title_zh: str
    expect: dict[str, Any]
    do: dict[str, Any] = field(default_factory=dict)
    control: tuple[tuple[str, dict[str, Any]], ...] = ()


def _put(account: str, ccy: str, amt: str) -> tuple[str, dict[str, Any]]:
    return f"users/{USER}/balance", {"account": account, "ccy": ccy, "amt": amt}


STEPS = (
    Step(
        "markets",
        "load markets",
        "加载市场",
        do={"instId": "ETH-USDT"},
        # As the exchange listed ETH-USDT in 2022.
        expect={"tick": "0.01", "lot": "0.000001", "least": "0.001"},
    ),
    Step(
        "deposit",
        "deposit by control call, read balances",
        "通过控制接口入金并读取余额",
        control=(
            _put("trading", "BTC", "1"),
            _put("trading", "USDT", "100"),
            _put("funding", "BTC", "0.1"),
            _put("funding", "USDT", "60"),
        ),
        expect={"trading": {"BTC": "1", "USDT": "100"}, "funding": {"BTC": "0.1", "USDT": "60"}},
    ),
    Step(
        "borrow",
        "borrow by hand",
        "手动借币",
        do={"ccy": "USDC", "amt": "300"},
        expect={"ccy": "USDC", "side": "borrow", "amt": "300", "owed": "300"},
    ),
    Step(
        "order",
        "place an order that borrows, cancel another",
        "下单自动借币，并撤销另一笔订单",
        do={
            "instId": "ETH-USDT",
            "bought": {"side": "buy", "sz": "0.1", "px": "3000"},
            "cancelled": {"side": "buy", "sz": "0.01", "px": "2500"},
        },
        # 0.1 ETH at 3,000 cost 300 USDT; 100 are there, so 200 are borrowed. The taker's fee is 0.1 % of the ETH.
        expect={"state": "filled", "sz": "0.1", "px": "3000", "fee": "0.0001", "owed": "200", "cancelled": "canceled"},
    ),
    Step(
        "interest",
        "an hour of interest",
        "一小时计息",
        control=(("clock/advance", {"ms": HOUR_MS}),),
        # 300 / 120,000 and 200 / 120,000, up at 16 decimals; the rate is the 8,760th part of 7.3 %.
        expect={"USDC": ["0.0025", "300"], "USDT": ["0.0016666666666667", "200"]},
    ),
    Step(
        "auto_repay",
        "auto repay of what comes in",
        "入金自动还币",
        # The coins borrowed by hand are spent: switching on would repay with them.
        control=(_put("trading", "USDC", "-300"),),
        do={"ccy": "USDT", "amt": "50"},
        # 200.0016666666666667 less the 50 that come in.
        expect={"on": True, "type": "auto_repay", "amt": "50", "owed": "150.0016666666666667"},
    ),
    Step(
        "one_click",
        "one-click repay",
        "一键还债",
        control=(_put("trading", "USDC", "50"),),
        do={"debtCcy": "USDC", "repayCcyList": ["USDC", "BTC"]},
        expect={
            "debts": {"USDC": "300.0025", "USDT": "150.0016666666666667"},
            "debtCcy": "USDC",
            "repayCcyList": ["USDC", "BTC"],
        },
    ),
    Step(
        "one_click_history",
        "its history; a second run",
        "一键还债历史；第二次还债",
        control=(("clock/advance", {"ms": 10_000}),),
        do={"debtCcy": "USDT", "repayCcyList": ["USDT"]},
        # 50 own USDC leave 250.0025. With the fee of 0.1 % that is 250.252752..., up to the lot 250.252753. The bound
        # of the sale is the tick below 40,000 x 0.995, 39799.9; 250.252753 / 39799.9 is 0.00628777 to the lot. It
        # fetches 251.5108 USDT less 0.2515108. 250.252753 USDC cost as many USDT, and less 0.1 % are 250.002500247:
        # nothing is owed. 251.2592892 - 250.252753 = 1.0065362 USDT are left; they are all the second run repays.
        expect={
            "status": "filled",
            "repaid": "300.0025",
            "legs": [["USDC-USDT", "buy", "1", "250.252753"], ["BTC-USDT", "sell", "40000", "0.00628777"]],
            "second": ["filled", "1.0065362"],
        },
    ),
    Step(
        "convert",
        "convert: a quote, a trade against it",
        "闪兑：询价与成交",
        do={"from": "ETH", "to": "USDT", "sz": "0.02"},
        # 0.02 x 3,000 less half a spread of 0.05 %.
        expect={"received": "59.97"},
    ),
    Step(
        "convert_history",
        "another one, and their history",
        "再次闪兑及其历史",
        do={"from": "ETH", "to": "USDT", "sz": "0.01"},
        # 0.01 x 3,000 less half a spread of 0.05 %.
        expect={"received": "29.985", "history": [["0.01", "29.985"], ["0.02", "59.97"]]},
    ),
    Step(
        "loan",
        "flexible loan: borrow, add and take out collateral",
        "活期借币：借币、追加与减少质押",
        do={
            "loan": {"ccy": "USDT", "amt": "1000"},
            "collateral": {"ccy": "BTC", "amt": "0.09"},
            "add": "0.01",
            "reduce": "0.005",
        },
        expect={"loan": ["USDT", "1000"], "collateral": ["BTC", "0.095"]},
    ),
    Step(
        "loan_repay",
        "an hour of interest on it, repaid and closed",
        "计息一小时后还清结束",
        control=(("clock/advance", {"ms": HOUR_MS}),),
        # More than is owed: the loan is closed with what it takes.
        do={"ccy": "USDT", "amt": "1100"},
        # 1,000 / 120,000, up at 8 decimals. Of 60 USDT 50 were transferred, 10 + 1,000 less the repayment are left.
        expect={"owed": "1000.00833334", "open": 0, "funding": {"BTC": "0.1", "USDT": "9.99166666"}},
    ),
    Step(
        "page_orders",
        "page the orders",
        "翻页：订单",
        do={"history": "orders", "limit": 2},
        expect={
            "rows": [
                ["USDC-USDT", "buy", "250.252753"],
                ["BTC-USDT", "sell", "0.00628777"],
                ["ETH-USDT", "buy", "0.1"],
            ]
        },
    ),
    Step(
        "page_fills",
        "page the fills",
        "翻页：成交",
        do={"history": "fills", "limit": 2},
        expect={
            "rows": [
                ["USDC-USDT", "buy", "1", "250.252753"],
                ["BTC-USDT", "sell", "40000", "0.00628777"],
                ["ETH-USDT", "buy", "3000", "0.1"],
            ]
        },
    ),
    Step(
        "page_bills",
        "page the bills",
        "翻页：交易账户账单",
        do={"history": "bills", "limit": 4},
        # A bill says by how much coins less debt have changed: nothing, where coins were borrowed or repaid.
        expect={
            "rows": [
                # 148.9951304666666667 / 120,000, up: what was owed after the second run, see there.
                ["7", "9", "USDT", "-0.0012416260872223"],
                ["27", "318", "USDT", "29.985"],
                ["27", "319", "ETH", "-0.01"],
                ["27", "318", "USDT", "59.97"],
                ["27", "319", "ETH", "-0.02"],
                ["29", "225", "USDT", "0"],
                ["29", "225", "USDC", "0"],
                ["2", "1", "USDC", "250.002500247"],
                ["2", "2", "USDT", "-250.252753"],
                ["2", "1", "USDT", "251.2592892"],
                ["2", "2", "BTC", "-0.00628777"],
                ["29", "225", "USDC", "0"],
                ["1", "11", "USDC", "50"],
                ["22", "309", "USDT", "0"],
                ["1", "11", "USDT", "50"],
                ["1", "12", "USDC", "-300"],
                ["7", "9", "USDT", "-0.0016666666666667"],
                ["7", "9", "USDC", "-0.0025"],
                ["2", "1", "ETH", "0.0999"],
                ["2", "2", "USDT", "-300"],
                ["16", "307", "USDT", "0"],
                ["16", "306", "USDC", "0"],
                ["1", "11", "USDT", "100"],
                ["1", "11", "BTC", "1"],
            ]
        },
    ),
    Step(
        "page_borrows",
        "page the borrow and repay history",
        "翻页：借还币历史",
        # The cursor of this history and of the one-click history includes the row it names.
        do={"history": "borrows", "limit": 2, "inclusive": True},
        # A one-click run repays by hand. 150.0016666666666667 - 1.0065362 = 148.9951304666666667.
        expect={
            "rows": [
                ["manual_repay", "USDT", "1.0065362", "148.9951304666666667"],
                ["manual_repay", "USDC", "250.0025", "0"],
                ["manual_repay", "USDC", "50", "250.0025"],
                ["auto_repay", "USDT", "50", "150.0016666666666667"],
                ["auto_borrow", "USDT", "200", "200"],
                ["manual_borrow", "USDC", "300", "300"],
            ]
        },
    ),
    Step(
        "page_interest",
        "page the interest on USDT",
        "翻页：USDT 计息记录",
        do={"history": "interest", "limit": 1},
        expect={"rows": [["0.0012416260872223"], ["0.0016666666666667"]]},
    ),
    Step(
        "page_loans",
        "page the loan history",
        "翻页：活期借币历史",
        do={"history": "loans", "limit": 2},
        expect={
            "rows": [
                ["collateral_released", "BTC", "0.095"],
                ["repaid", "USDT", "-1000.00833334"],
                ["collateral_released", "BTC", "0.005"],
                ["collateral_locked", "BTC", "-0.01"],
                ["borrowed", "USDT", "1000"],
                ["collateral_locked", "BTC", "-0.09"],
            ]
        },
    ),
    Step(
        "page_converts",
        "page the convert history",
        "翻页：闪兑历史",
        do={"history": "converts", "limit": 1},
        expect={"rows": [["ETH-USDT", "sell", "0.01", "29.985"], ["ETH-USDT", "sell", "0.02", "59.97"]]},
    ),
    Step(
        "page_one_clicks",
        "page the one-click history",
        "翻页：一键还债历史",
        do={"history": "one_clicks", "limit": 1, "inclusive": True},
        expect={"rows": [["USDT", "1.0065362"], ["USDC", "300.0025"]]},
    ),
    Step(
        "stream",
        "stream an auto repay over WebSocket",
        "通过 WebSocket 推送自动还币",
        # Auto repay is switched on, then ETH are sold; it is off again in the end.
        do={"instId": "ETH-USDT", "sz": "0.03"},
        # Of USDT are owed 148.9951304666666667 + 0.0012416260872223, and there are 59.97 + 29.985 from the conversions.
        # Switching on repays with all of them. The sale at 2,999 brings 89.97 less 0.1 %, 89.88003; the rest of the
        # debt is repaid, 30.838657907246111 stay.
        expect={
            "order": ["filled", "2999", "0.03"],
            "owed": ["148.996372092753889", "59.041372092753889", "0"],
            "cash": ["89.955", "0", "30.838657907246111"],
        },
    ),
    Step(BY_ITSELF, "what it gets wrong by itself", "客户端自身的问题", expect={}),
)
