"""The funding account: both directions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tallystick.contract import asset as contract
from tallystick.engine.account import FUNDING, TRADING
from tallystick.engine.commands import Transfer
from tallystick.engine.core import Stamp
from tallystick.engine.events import Transferred
from tallystick.engine.state import State
from tallystick.views.core import Caller, CommandView, QueryView, Refusal, View, amount, atoms, only

ACCOUNTS = {"6": FUNDING, "18": TRADING}


def currencies(
    state: State, request: contract.AssetCurrencies, caller: Caller
) -> tuple[contract.AssetCurrenciesRow, ...]:
    """One row per currency on a chain called Tallystick: deposits come by control call, withdrawals do not exist."""
    return tuple(
        contract.AssetCurrenciesRow(
            canDep=False,
            canInternal=False,
            canWd=False,
            ccy=currency.ccy,
            chain=f"{currency.ccy}-Tallystick",
            fee="0",
            mainNet=True,
            maxFee="0",
            maxWd="0",
            minDep="0",
            minDepArrivalConfirm="0",
            minFee="0",
            minInternal="0",
            minWd="0",
            minWdUnlockConfirm="0",
            name=currency.name or currency.ccy,
            needTag=False,
            wdQuota="0",
            wdTickSz=str(min(currency.decimals, 18)),
        )
        for currency in state.parameters.currencies.values()
        if not request.ccy or currency.ccy in request.ccy
    )


def balances(state: State, request: contract.AssetBalances, caller: Caller) -> tuple[contract.AssetBalancesRow, ...]:
    """Currencies with a balance above zero."""
    held = state.ledger.get(f"funding:{caller.user_id}", {})
    return tuple(
        contract.AssetBalancesRow(availBal=amount(value), bal=amount(value), ccy=ccy, frozenBal="0")
        for ccy, value in sorted(held.items())
        if not request.ccy or ccy in request.ccy
    )


def transfer_command(request: contract.Transfer, caller: Caller, state: State) -> Transfer:
    """Only inside one account, and only own coins: other types and loanTrans are refused, not ignored."""
    if request.type != "0":
        raise Refusal("58129", param="type")
    if request.loanTrans:
        raise Refusal("51000", param="loanTrans")
    return Transfer(
        caller.user_id,
        request.ccy,
        atoms(request.amt),
        ACCOUNTS[request.from_],
        ACCOUNTS[request.to],
        request.clientId,
    )


def transfer_reply(
    request: contract.Transfer, stamp: Stamp, events: Sequence[Any], state: State
) -> tuple[contract.TransferRow]:
    moved: Transferred = only(events, Transferred)
    return (
        contract.TransferRow(
            transId=str(moved.transfer_id),
            ccy=moved.ccy,
            clientId=moved.client_id,
            from_=request.from_,
            amt=amount(moved.amount),
            to=request.to,
        ),
    )


VIEWS: dict[str, View] = {
    "asset_currencies": QueryView(currencies),
    "asset_balances": QueryView(balances),
    "transfer": CommandView(transfer_command, transfer_reply, amount_field="amt"),
}
