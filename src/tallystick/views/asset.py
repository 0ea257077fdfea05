"""The funding account, and transfers out of it, into it and between users."""

from __future__ import annotations

from collections.abc import Sequence

from tallystick.contract import asset as contract
from tallystick.engine import account_group
from tallystick.engine.commands import Transfer, TransferBetween
from tallystick.engine.core import Stamp
from tallystick.engine.events import Event, Transferred, TransferredBetween
from tallystick.engine.state import State
from tallystick.views import kinds
from tallystick.views.core import Caller, CommandView, QueryView, RecordView, Refusal, View, amount, atoms
from tallystick.views.tables import TRANSFERS

WITHIN, TO_SUB, FROM_SUB, TO_MAIN, BETWEEN_SUBS = "0", "1", "2", "3", "4"
OF_MAIN, OF_SUB = (TO_SUB, FROM_SUB), (TO_MAIN, BETWEEN_SUBS)
"""Types of transfer that the key of a main account, or of a sub-account, may ask for (documented)."""


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


def transfer_command(request: contract.Transfer, caller: Caller, state: State) -> Transfer | TransferBetween:
    """Command for a transfer.

    Refused, first that applies: loanTrans between users (51000, only own coins move there), a type of the other kind
    of account (58127 with a main account's key, 58128 with a sub-account's), no subAcct where the type needs it
    (50014), and one that is no sub-account of the same main account (58115).
    """
    if request.loanTrans and request.type != WITHIN:
        raise Refusal("51000", param="loanTrans")
    if request.type != WITHIN:
        return _between(request, caller, state)
    return Transfer(
        user_id=caller.user_id,
        ccy=request.ccy,
        amount=atoms(request.amt),
        source=kinds.account_of(request.from_),
        target=kinds.account_of(request.to),
        client_id=request.clientId,
        may_borrow=request.loanTrans,
    )


def _between(request: contract.Transfer, caller: Caller, state: State) -> TransferBetween:
    main = account_group.main_of(state, caller.user_id)
    is_main = main.user_id == caller.user_id
    if request.type not in (OF_MAIN if is_main else OF_SUB):
        raise Refusal("58127" if is_main else "58128")
    other_id = main.user_id
    if request.type != TO_MAIN:
        if not request.subAcct:
            raise Refusal("50014", param="subAcct")
        other_id = account_group.sub_named(state, main, request.subAcct)
        if not other_id:
            raise Refusal("58115")
    giver_id, receiver_id = caller.user_id, other_id
    if request.type == FROM_SUB:
        giver_id, receiver_id = receiver_id, giver_id
    return TransferBetween(
        user_id=caller.user_id,
        giver_id=giver_id,
        receiver_id=receiver_id,
        ccy=request.ccy,
        amount=atoms(request.amt),
        source=kinds.account_of(request.from_),
        target=kinds.account_of(request.to),
        counterpart="" if request.type == TO_MAIN else request.subAcct,
        client_id=request.clientId,
    )


def transfer_type(event: Transferred | TransferredBetween) -> contract.TransferType:
    """Type by the user who asked; 4 where a main account moves coins between two sub-accounts (chosen)."""
    if isinstance(event, Transferred):
        return "0"
    if event.main_id not in (event.giver_id, event.receiver_id):
        return "4"
    if event.user_id == event.main_id:
        return "1" if event.giver_id == event.main_id else "2"
    return "3"


def transfer_row(event: Transferred | TransferredBetween) -> contract.TransferStateRow:
    """Row of a transfer. It is done when it is answered, so none is ever pending or failed."""
    return contract.TransferStateRow(
        amt=amount(event.amount),
        ccy=event.ccy,
        clientId=event.client_id,
        from_=kinds.ACCOUNT_CODES[event.source],
        state="success",
        subAcct="" if isinstance(event, Transferred) else event.counterpart,
        to=kinds.ACCOUNT_CODES[event.target],
        transId=str(event.transfer_id),
        type=transfer_type(event),
    )


def transfer_reply(
    request: contract.Transfer, stamp: Stamp, events: Sequence[Event], state: State
) -> tuple[contract.TransferRow]:
    moved = next(event for event in events if isinstance(event, Transferred | TransferredBetween))
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
    "asset_currencies": QueryView(contract.AssetCurrencies, currencies, steady=True),
    "asset_balances": QueryView(contract.AssetBalances, balances),
    "transfer": CommandView(contract.Transfer, transfer_command, transfer_reply, amount_field="amt"),
    "transfer_state": RecordView(
        contract.TransferState,
        TRANSFERS,
        lambda state, request, caller: None,
        lambda request: request.transId,
        lambda request: TRANSFERS.asked(type=request.type, clientId=request.clientId),
        "58129/transfer",
    ),
}
