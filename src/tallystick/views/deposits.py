"""Deposits and withdrawals, of which there are none (decisions/027), and the value of all assets."""

from __future__ import annotations

from typing import Never, NoReturn

from tallystick.contract import deposits as contract
from tallystick.contract.core import Nothing
from tallystick.engine import ledger, prices
from tallystick.engine.amounts import ONE, mul_down
from tallystick.engine.state import State
from tallystick.views.core import Caller, QueryView, Refusal, View, amount
from tallystick.views.index import USD_CNY


def asset_valuation(
    state: State, request: contract.AssetValuation, caller: Caller
) -> tuple[contract.AssetValuationRow]:
    """Value of the funding account and of the trading account less its debts; locked collateral is in neither.

    Refused: a currency without a known rate (51000), or without a price now (51014).
    """
    held = state.ledger.get(f"funding:{caller.user_id}", {})
    funding = sum(prices.usd_value(state, ccy, left) for ccy, left in held.items())
    trading = sum(
        prices.usd_value(state, ccy, own) if own >= 0 else -prices.usd_value(state, ccy, -own)
        for ccy, own in ledger.equity(state, caller.user_id).items()
    )
    in_funding, in_trading = (_in_ccy(state, value, request.ccy) for value in (funding, trading))
    return (
        contract.AssetValuationRow(
            details=contract.ValuationDetails(
                classic="0", earn="0", funding=amount(in_funding), trading=amount(in_trading)
            ),
            totalBal=amount(in_funding + in_trading),
            ts=str(caller.at_ms),
        ),
    )


def _in_ccy(state: State, usd: int, ccy: str) -> int:
    """A value in USD in another currency, cut towards zero."""
    sign, size = (-1, -usd) if usd < 0 else (1, usd)
    if ccy == "USD":
        return usd
    if ccy == "CNY":
        return sign * mul_down(size, USD_CNY)
    if ccy not in state.parameters.currencies:
        raise Refusal("51000", param="ccy")
    index = prices.usd_index(state, ccy)
    if index <= 0:
        raise Refusal("51014")
    return sign * (size * ONE // index)


def _known(state: State, ccy: str) -> None:
    if ccy:
        ledger.require_ccy(state, ccy)


def non_tradable_assets(
    state: State, request: contract.NonTradableAssets, caller: Caller
) -> tuple[contract.NonTradableAssetsRow, ...]:
    return ()


def deposit_address(state: State, request: contract.DepositAddress, caller: Caller) -> NoReturn:
    """Refuse (58301): there is no chain, deposits are made by control call. Rejects: UNKNOWN_CCY."""
    _known(state, request.ccy)
    raise Refusal("58301")


def history(
    state: State, request: contract.DepositHistory | contract.WithdrawalHistory, caller: Caller
) -> tuple[Never, ...]:
    """Empty history. Rejects: UNKNOWN_CCY."""
    _known(state, request.ccy)
    return ()


def withdrawal(state: State, request: contract.Withdrawal, caller: Caller) -> NoReturn:
    """Refuse (50038), as in demo trading, which has no withdrawals either. Rejects: UNKNOWN_CCY."""
    _known(state, request.ccy)
    raise Refusal("50038")


def cancel_withdrawal(state: State, request: contract.CancelWithdrawal, caller: Caller) -> NoReturn:
    """Refuse (58215): no withdrawal has this number."""
    raise Refusal("58215")


def deposit_status(
    state: State, request: contract.DepositStatus, caller: Caller
) -> tuple[contract.DepositStatusRow, ...]:
    """Status: none. Refused: any withdrawal number (58215), a deposit without currency, address or chain (50014)."""
    if request.wdId:
        raise Refusal("58215")
    for name, given in (("ccy", request.ccy), ("to", request.to), ("chain", request.chain)):
        if not given:
            raise Refusal("50014", param=name)
    _known(state, request.ccy)
    return ()


def exchange_list(state: State, request: Nothing, caller: Caller) -> tuple[contract.ExchangeListRow, ...]:
    return ()


VIEWS: dict[str, View] = {
    "asset_valuation": QueryView(contract.AssetValuation, asset_valuation),
    "non_tradable_assets": QueryView(contract.NonTradableAssets, non_tradable_assets),
    "deposit_address": QueryView(contract.DepositAddress, deposit_address),
    "deposit_history": QueryView(contract.DepositHistory, history),
    "withdrawal": QueryView(contract.Withdrawal, withdrawal),
    "cancel_withdrawal": QueryView(contract.CancelWithdrawal, cancel_withdrawal),
    "withdrawal_history": QueryView(contract.WithdrawalHistory, history),
    "deposit_status": QueryView(contract.DepositStatus, deposit_status),
    "exchange_list": QueryView(Nothing, exchange_list),
}
