"""The book of bills: kept from the rows alone, and held against what each event did and what the oracle says is there.

What an event moved is read off the balances before and after it, not off what the ledger noted; which type and
subType belong to it is written out here from the exchange's tables.
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from tallystick.engine import events as e
from tallystick.engine.fault_events import InterestBooked, InterestPutOff
from tests.properties.invariants import Step
from tests.properties.oracle import COIN, need

TABLES = ("account_bills", "asset_bills")
KINDS = {
    "manual_borrow": "16/306",
    "auto_borrow": "16/307",
    "manual_repay": "22/308",
    "auto_repay": "22/309",
    "one_click_repay": "29/225",
    "forced_repay": "4/16",
}
TRADES = {
    "normal": ("2/1", "2/2"),
    "full_liquidation": ("5/106", "5/107"),
    "twap": ("4/114", "4/115"),
    "auto_conversion": ("4/376", "4/377"),
}
DIRECTIONS: dict[type, tuple[str, str]] = {
    e.BalanceAdjusted: ("1/11", "1/12"),
    e.Transferred: ("1/11", "1/12"),
    e.TransferredBetween: ("1/11", "1/12"),
    e.QuoteTraded: ("27/318", "27/319"),
    e.EasyConverted: ("28/236", "28/237"),
}
ALWAYS: dict[type, str] = {
    e.HourPassed: "7/9",
    InterestBooked: "7/9",
    e.LiquidationFeeTaken: "5/111",
    e.DebtCovered: "10/108",
}
IN_FUNDING: dict[type, tuple[str, str]] = {
    e.BalanceAdjusted: ("1", "2"),
    e.Transferred: ("130", "131"),
    e.EasyConverted: ("272", "273"),
}
OF_LOANS = {"collateral_locked": "212", "collateral_released": "215", "borrowed": "217", "repaid": "218"}


class BillBook:
    """Sums of all bills so far by (table, user, currency)."""

    def __init__(self) -> None:
        self.sums: dict[tuple[str, int, str], Fraction] = {}
        self.newest: dict[tuple[str, int], int] = {}
        self.categories: dict[int, tuple[str, str, str]] = {}
        self.put_off: dict[int, int] = {}
        """Time to which interest was put off, by user."""
        self.seen: set[str] = set()
        """Types and subTypes there were, of the trading account with a slash."""

    def follow(self, step: Step) -> None:
        """H8: each event's bills are what it moved; after each step every balance is the sum of its bills."""
        rows = sorted(
            (row.table, row.user_id, row.key, json.loads(row.body)) for row in step.rows if row.table in TABLES
        )
        for table, user, key, body in rows:
            need(body["billId"] == str(key), "H8", body)
            # An hour that is charged late, which only the bare engine can be asked for, keeps the numbers of its time.
            # So does one that is charged in its own moment after others that were late in the same.
            at_ms, last_ms = int(body["ts"]), self.newest.get((table, user), 0) // 10**6
            late = body["type"] == "7" and table == "account_bills" and (at_ms < step.stamp.at_ms or at_ms == last_ms)
            last = ("late" if late else table, user)
            need(key > self.newest.get(last, 0), "H8", f"{body} is not newer than the last bill")
            self.newest[last] = key
            place = (table, user, body["ccy"])
            self.sums[place] = self.sums.get(place, Fraction(0)) + Fraction(body["balChg"]) * COIN
            need(Fraction(body["bal"]) * COIN == self.sums[place], "H8", f"{body}, the bills sum to {self.sums[place]}")
        self._judge_events(step, rows)
        for user, account in step.shadow.accounts.items():
            for ccy in account.trading.keys() | account.debt.keys() | account.funding.keys():
                own = account.trading.get(ccy, 0) - account.debt.get(ccy, 0)
                self._judge_sum("account_bills", user, ccy, own)
                self._judge_sum("asset_bills", user, ccy, account.funding.get(ccy, 0))

    def _judge_sum(self, table: str, user: int, ccy: str, amount: int) -> None:
        found = self.sums.get((table, user, ccy), 0)
        need(found == amount, "H8", f"{table} of user {user} sum to {found} {ccy}, there are {amount}")

    def _judge_events(self, step: Step, rows: list[tuple[str, int, int, Any]]) -> None:
        waiting: dict[tuple[str, int, str], list[Any]] = {}
        for table, user, _, body in rows:
            waiting.setdefault((table, user, body["ccy"]), []).append(body)
        for effect in step.effects:
            event = effect.event
            if isinstance(event, e.OrderPlaced):
                self.categories[event.order_id] = (event.category, event.client_order_id, event.tag)
            if isinstance(event, InterestPutOff):
                self.put_off[event.user_id] = event.until_ms
            moved: dict[tuple[str, int, str], int] = {}
            for (account, ccy), change in effect.ledger.items():
                kind, _, user_id = account.partition(":")
                if kind in ("trading", "debt", "funding"):
                    place = ("asset_bills" if kind == "funding" else "account_bills", int(user_id), ccy)
                    moved[place] = moved.get(place, 0) + change
            for place, change in moved.items():
                need(bool(waiting.get(place)), "H8", f"no bill for {event} in {place}")
                self._judge_bill(step, event, place[0], change, waiting[place].pop(0))
        need(not any(waiting.values()), "H8", f"bills without an event: {waiting}")

    def _judge_bill(self, step: Step, event: Any, table: str, change: int, body: Any) -> None:
        need(Fraction(body["balChg"]) * COIN == change, "H8", f"{body}, {event} moved {change}")
        at_ms = step.stamp.at_ms
        if isinstance(event, e.HourPassed):
            at_ms = event.hour_ms
        elif isinstance(event, InterestBooked):
            at_ms = self.put_off[event.user_id]
        need(body["ts"] == str(at_ms), "H8", body)
        if table == "asset_bills":
            need(body["type"] == self._type_in_funding(event, change > 0), "H8", f"{body} for {event}")
            self.seen.add(body["type"])
            return
        kind = f"{body['type']}/{body['subType']}"
        need(kind == self._type_in_trading(event, change > 0), "H8", f"{body} for {event}")
        self.seen.add(kind)
        if isinstance(event, e.OrderFilled):
            size, fee = Fraction(body["sz"]), Fraction(body["fee"])
            went = "-" if change < 0 else ""
            need(Fraction(body["balChg"]) == (-size if went else size) + fee, "H8", f"{body} for {event}")
            need(Fraction(body["fee"]) * COIN == (0 if went else -event.fee), "H8", f"{body} for {event}")
            need((body["clOrdId"], body["tag"]) == self.categories[event.order_id][1:], "H8", f"{body} for {event}")
            need(body["tradeId"] == str(event.trade_id) and Fraction(body["px"]) * COIN == event.price, "H8", body)
        elif isinstance(event, e.Borrowed | e.Repaid):
            need(Fraction(body["sz"]) * COIN == event.amount and change == 0, "H8", f"{body} for {event}")

    def _type_in_trading(self, event: Any, came: bool) -> str:
        if isinstance(event, e.OrderFilled):
            return TRADES[self.categories[event.order_id][0]][0 if came else 1]
        if isinstance(event, e.Borrowed | e.Repaid):
            return KINDS[event.kind]
        return ALWAYS.get(type(event)) or DIRECTIONS[type(event)][0 if came else 1]

    def _type_in_funding(self, event: Any, came: bool) -> str:
        if isinstance(event, e.LoanMoved):
            return OF_LOANS[event.kind]
        if isinstance(event, e.LoanSettled | e.LoanConverted):
            return "215"
        if isinstance(event, e.TransferredBetween):
            of_main = event.main_id == (event.receiver_id if came else event.giver_id)
            return {(False, True): "20", (True, True): "21", (False, False): "22", (True, False): "23"}[came, of_main]
        return IN_FUNDING[type(event)][0 if came else 1]
