"""All endpoints, in the order of the documents, and where each is found."""

from __future__ import annotations

from tallystick.contract import (
    account,
    account_limits,
    account_modes,
    amend,
    asset,
    bill_types,
    bills,
    borrow,
    candles,
    convert,
    data_files,
    deposits,
    easy_convert,
    flexible_loan,
    index,
    market,
    orders,
    positions,
    public,
    repay,
    savings,
    subaccounts,
    trade,
    trade_modes,
    trades,
)
from tallystick.contract.core import Endpoint

ENDPOINTS: tuple[Endpoint, ...] = (
    *trade.ENDPOINTS,
    *amend.ENDPOINTS,
    *trade_modes.ENDPOINTS,
    *orders.ENDPOINTS,
    *repay.ENDPOINTS,
    *account.ENDPOINTS,
    *account_limits.ENDPOINTS,
    *account_modes.ENDPOINTS,
    *positions.ENDPOINTS,
    *borrow.ENDPOINTS,
    *asset.ENDPOINTS,
    *deposits.ENDPOINTS,
    *bills.ENDPOINTS,
    *bill_types.ENDPOINTS,
    *subaccounts.ENDPOINTS,
    *convert.ENDPOINTS,
    *easy_convert.ENDPOINTS,
    *flexible_loan.ENDPOINTS,
    *savings.ENDPOINTS,
    *market.ENDPOINTS,
    *candles.ENDPOINTS,
    *index.ENDPOINTS,
    *trades.ENDPOINTS,
    *public.ENDPOINTS,
    *data_files.ENDPOINTS,
)

by_name: dict[str, Endpoint] = {endpoint.name: endpoint for endpoint in ENDPOINTS}

by_route: dict[str, dict[str, Endpoint]] = {}
for _endpoint in ENDPOINTS:
    by_route.setdefault(_endpoint.path, {})[_endpoint.method] = _endpoint

__all__ = ["ENDPOINTS", "by_name", "by_route"]
