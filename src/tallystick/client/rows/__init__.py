"""Typed rows of the answers, a module for each subject, loaded when it is asked for.

Made by `python -m docs.client_types` from the contract; not edited by hand.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallystick.client.rows import account as account
    from tallystick.client.rows import account_limits as account_limits
    from tallystick.client.rows import account_modes as account_modes
    from tallystick.client.rows import amend as amend
    from tallystick.client.rows import asset as asset
    from tallystick.client.rows import bill_types as bill_types
    from tallystick.client.rows import bills as bills
    from tallystick.client.rows import borrow as borrow
    from tallystick.client.rows import candles as candles
    from tallystick.client.rows import channel_rows as channel_rows
    from tallystick.client.rows import convert as convert
    from tallystick.client.rows import data_files as data_files
    from tallystick.client.rows import deposits as deposits
    from tallystick.client.rows import easy_convert as easy_convert
    from tallystick.client.rows import flexible_loan as flexible_loan
    from tallystick.client.rows import index as index
    from tallystick.client.rows import market as market
    from tallystick.client.rows import orders as orders
    from tallystick.client.rows import positions as positions
    from tallystick.client.rows import public as public
    from tallystick.client.rows import repay as repay
    from tallystick.client.rows import savings as savings
    from tallystick.client.rows import subaccounts as subaccounts
    from tallystick.client.rows import trade as trade
    from tallystick.client.rows import trade_modes as trade_modes
    from tallystick.client.rows import trades as trades

_MODULES = frozenset(
    [
        "account",
        "account_limits",
        "account_modes",
        "amend",
        "asset",
        "bill_types",
        "bills",
        "borrow",
        "candles",
        "channel_rows",
        "convert",
        "data_files",
        "deposits",
        "easy_convert",
        "flexible_loan",
        "index",
        "market",
        "orders",
        "positions",
        "public",
        "repay",
        "savings",
        "subaccounts",
        "trade",
        "trade_modes",
        "trades",
    ]
)


def __getattr__(name: str) -> ModuleType:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return importlib.import_module(f"{__name__}.{name}")
