"""Bills of both accounts: their streams, the fields that are read of them, and types that several readers know."""

from __future__ import annotations

from decimal import Context
from typing import Final

import msgspec
from msgspec import Struct

TRADING: Final = "trading"
FUNDING: Final = "funding"
BILLS: Final = {TRADING: ("account_bills_archive", "account_bills"), FUNDING: ("asset_bills_history",)}
"""Streams with the bills of each kind of account."""
REPAYMENTS: Final = frozenset({("22", "308"), ("22", "309"), ("29", "225"), ("4", "16")})
"""Type and subtype of the bills that repay debt of the trading account (decisions/018)."""
EXACT: Final = Context(prec=60)
"""Sums of amounts are exact in it."""


class Bill(Struct, frozen=True, rename={"from_": "from"}, gc=False):
    """Fields of a bill, as they came; bills of the funding account have fewer."""

    billId: str
    ccy: str
    bal: str
    balChg: str
    ts: str
    type: str
    subType: str = ""
    sz: str = ""
    fee: str = ""
    interest: str = ""
    instId: str = ""
    ordId: str = ""
    tradeId: str = ""
    from_: str = ""
    to: str = ""
    mgnMode: str = ""


decode_bill: Final = msgspec.json.Decoder(Bill).decode
