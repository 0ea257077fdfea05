"""Endpoint name -> view. Complete: a test compares it with the contract."""

from __future__ import annotations

from tallystick.views import (
    account,
    account_limits,
    account_modes,
    asset,
    bills,
    borrow,
    candles,
    convert,
    deposits,
    easy_convert,
    flexible_loan,
    index,
    market,
    orders,
    positions,
    public,
    repay,
    trade,
    trades,
)
from tallystick.views.core import (
    BatchView,
    Caller,
    CommandView,
    PageView,
    QueryView,
    RecordView,
    Refusal,
    SiftedView,
    TradesView,
    View,
)

VIEWS: dict[str, View] = {
    **trade.VIEWS,
    **orders.VIEWS,
    **repay.VIEWS,
    **account.VIEWS,
    **account_limits.VIEWS,
    **account_modes.VIEWS,
    **positions.VIEWS,
    **borrow.VIEWS,
    **asset.VIEWS,
    **deposits.VIEWS,
    **bills.VIEWS,
    **convert.VIEWS,
    **easy_convert.VIEWS,
    **flexible_loan.VIEWS,
    **market.VIEWS,
    **candles.VIEWS,
    **index.VIEWS,
    **trades.VIEWS,
    **public.VIEWS,
}

__all__ = [
    "VIEWS",
    "BatchView",
    "Caller",
    "CommandView",
    "PageView",
    "QueryView",
    "RecordView",
    "Refusal",
    "SiftedView",
    "TradesView",
    "View",
]
