"""Rate limit of the account, and algo orders, of which this venue has none."""

from __future__ import annotations

from typing import NoReturn

from tallystick.contract import trade_modes as contract
from tallystick.contract.core import Nothing, Request, Row
from tallystick.engine.state import State
from tallystick.views.core import Caller, QueryView, Refusal, View

ORDERS_PER_2S = "1000"
"""Order requests per 2 s of an account without a fill ratio; spot orders do not count (documented)."""


def account_rate_limit(state: State, request: Nothing, caller: Caller) -> tuple[contract.AccountRateLimitRow]:
    return (contract.AccountRateLimitRow(accRateLimit=ORDERS_PER_2S, ts=str(caller.at_ms)),)


def no_algo_orders(state: State, request: Request, caller: Caller) -> tuple[Row, ...]:
    return ()


def no_algo_order(state: State, request: contract.GetAlgoOrder, caller: Caller) -> NoReturn:
    raise Refusal("51603")


VIEWS: dict[str, View] = {
    "account_rate_limit": QueryView(Nothing, account_rate_limit),
    "orders_algo_pending": QueryView(contract.AlgoOrdersPending, no_algo_orders),
    "orders_algo_history": QueryView(contract.AlgoOrdersHistory, no_algo_orders),
    "get_algo_order": QueryView(contract.GetAlgoOrder, no_algo_order),
}
