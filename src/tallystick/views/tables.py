"""Tables of the histories: name, key field and filters of each."""

from __future__ import annotations

from typing import TypeAlias

import msgspec
from msgspec import Struct

from tallystick.contract.core import Request, Row
from tallystick.store.api import HistoryRow

Filters: TypeAlias = tuple[str | None, str | None]
"""Filter values (a, b) of `store.api.HistoryRow`."""
_encode = msgspec.json.Encoder().encode


class Table(Struct, frozen=True):
    """One history. `key` is the field that orders its rows and that its cursors count in.

    `filters` are the indexed fields that find rows, at most two; of two the second is the more selective one.
    """

    name: str
    key: str
    filters: tuple[str, ...] = ()

    def row(self, user_id: int, key: int, number: int, row: Row, **found_by: str) -> HistoryRow:
        """Row to store. `number` makes the key unique; `found_by` names every filter. Raises KeyError without one."""
        names = self.filters
        a = found_by[names[0]] if names else ""
        b = found_by[names[1]] if len(names) > 1 else ""
        return HistoryRow(table=self.name, user_id=user_id, key=key, id=number, a=a, b=b, body=_encode(row))

    def asked(self, **found_by: str | None) -> Filters:
        """Filters of a page; None, "" and names left out do not narrow it. Raises KeyError for an unknown one."""
        names = self.filters
        for name in found_by:
            if name not in names:
                raise KeyError(f"{self.name} is found by {names}, not by {name}")
        a = found_by.get(names[0]) if names else None
        b = found_by.get(names[1]) if len(names) > 1 else None
        return a or None, b or None

    def whole(self, request: Request) -> Filters:
        """No filters, for any request."""
        return None, None


ACCOUNT_BILLS = Table("account_bills", "billId", ("type", "ccy"))
ASSET_BILLS = Table("asset_bills", "billId", ("type", "ccy"))
SPOT_BORROW_REPAY = Table("spot_borrow_repay", "ts", ("type", "ccy"))
SPOT_INTEREST = Table("spot_interest", "ts", ("ccy", "mgnMode"))
LENDING_RATES = Table("lending_rates", "ts", ("ccy",))
LOANS = Table("loan_history", "refId", ("type", "ordId"))
LOAN_INTEREST = Table("loan_interest", "refId", ("ccy", "ordId"))
ONE_CLICK_REPAYS = Table("one_click_repay", "ts")
REPAYS_AT_ONCE = Table("repay_at_once", "uTime")
CONVERTS = Table("convert", "ts", ("tag", "clTReqId"))
EASY_CONVERTS = Table("easy_convert", "uTime")
ORDERS = Table("order", "ordId", ("instId", "clOrdId"))
FILLS = Table("fill", "billId", ("instId", "ordId"))
TRADES = Table("trades", "tradeId", ("instId",))
SUBACCOUNT_BILLS = Table("subaccount_bills", "ts", ("type", "ccy"))
TRANSFERS = Table("transfer", "transId", ("type", "clientId"))
