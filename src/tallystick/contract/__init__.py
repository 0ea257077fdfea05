"""Declarations of the API, in the exchange's own spelling; `ENDPOINTS` is the whole surface."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallystick.contract import account as account
    from tallystick.contract import account_limits as account_limits
    from tallystick.contract import account_modes as account_modes
    from tallystick.contract import amend as amend
    from tallystick.contract import asset as asset
    from tallystick.contract import bill_types as bill_types
    from tallystick.contract import bills as bills
    from tallystick.contract import borrow as borrow
    from tallystick.contract import candles as candles
    from tallystick.contract import convert as convert
    from tallystick.contract import data_files as data_files
    from tallystick.contract import deposits as deposits
    from tallystick.contract import easy_convert as easy_convert
    from tallystick.contract import flexible_loan as flexible_loan
    from tallystick.contract import index as index
    from tallystick.contract import market as market
    from tallystick.contract import orders as orders
    from tallystick.contract import positions as positions
    from tallystick.contract import public as public
    from tallystick.contract import repay as repay
    from tallystick.contract import savings as savings
    from tallystick.contract import subaccounts as subaccounts
    from tallystick.contract import trade as trade
    from tallystick.contract import trade_modes as trade_modes
    from tallystick.contract import trades as trades
    from tallystick.contract.endpoints import ENDPOINTS, by_name, by_route

__all__ = ["ENDPOINTS", "by_name", "by_route"]


def __getattr__(name: str) -> object:
    """Load a subject, or the whole surface, when it is asked for: who calls three endpoints loads their subjects."""
    if name in __all__:
        from tallystick.contract import endpoints

        return getattr(endpoints, name)
    if not name.startswith("_"):
        module = f"{__name__}.{name}"
        try:
            return importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
