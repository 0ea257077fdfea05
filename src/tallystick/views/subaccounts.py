"""Sub-accounts as their main account sees them: the answers the sub-account itself would get, and transfers.

The server checks the key before. A sub-account of another main account answers like one that does not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec
from msgspec.structs import asdict, replace

from tallystick.contract import subaccounts as contract
from tallystick.contract.account import Balance
from tallystick.contract.account_limits import MaxWithdrawal, MaxWithdrawalRow
from tallystick.contract.asset import AssetBalances, AssetBalancesRow
from tallystick.contract.core import Row
from tallystick.engine import account_group
from tallystick.engine.commands import SetTransferOut, TransferBetween
from tallystick.engine.core import Stamp
from tallystick.engine.events import Event, TransferredBetween
from tallystick.engine.state import State
from tallystick.store.api import HistoryRow
from tallystick.views import account, account_limits, asset, kinds
from tallystick.views.core import Caller, CommandView, PageView, QueryView, Refusal, View, amount, atoms, only
from tallystick.views.tables import SUBACCOUNT_BILLS, Filters

MISSING, MISSING_IN_FUNDING = "59510", "58115"
"""Codes for a name that is no sub-account, from the error tables of the account and of the funding account."""
_encode = msgspec.json.Encoder().encode
R = TypeVar("R", bound=Row)


def subaccounts(
    state: State, request: contract.SubaccountList, caller: Caller
) -> tuple[contract.SubaccountListRow, ...]:
    """Sub-accounts, newest first, both cursors exclusive (the order is chosen). None is ever frozen."""
    if request.enable == "false":
        return ()
    subs = [state.users[sub_id] for sub_id in reversed(state.users[caller.user_id].sub_ids)]
    rows = [
        contract.SubaccountListRow(
            canTransOut=sub.may_transfer_out,
            subAcct=sub.name,
            ts=str(sub.made_at_ms),
            uid=str(sub.user_id),
            firstLvSubAcct=sub.name,
        )
        for sub in subs
        if request.subAcct in ("", sub.name)
        and (request.after is None or sub.made_at_ms < request.after)
        and (request.before is None or sub.made_at_ms > request.before)
    ]
    return tuple(rows[: request.limit])


def keys(state: State, request: contract.SubaccountApikey, caller: Caller) -> tuple[contract.SubaccountApikeyRow, ...]:
    """API keys of a sub-account, oldest first. Refused: unknown sub-account (59510), unknown key of it (59506)."""
    found = [
        key
        for key in caller.keys_of(_named(state, caller, request.subAcct, MISSING))
        if request.apiKey in ("", key.api_key)
    ]
    if request.apiKey and not found:
        raise Refusal("59506")
    return tuple(
        contract.SubaccountApikeyRow(
            label=key.label,
            apiKey=key.api_key,
            perm=",".join(key.permissions),
            ip=",".join(key.ips),
            ts=str(key.made_at_ms),
        )
        for key in found
    )


def balance(state: State, request: contract.SubaccountBalance, caller: Caller) -> tuple[contract.SubaccountBalanceRow]:
    """Answer of `account/balance` to the sub-account, with the fields in the order of this endpoint's sample."""
    (own,) = account.balance(state, Balance(), _as_sub(state, caller, request.subAcct, MISSING))
    details = tuple(_reordered(contract.SubaccountBalanceDetail, detail) for detail in own.details)
    return (_reordered(contract.SubaccountBalanceRow, own, details=details),)


def _reordered(kind: type[R], row: Row, **changed: object) -> R:
    values = asdict(row) | changed
    return kind(**{name: values[name] for name in kind.__struct_fields__})


def funding(state: State, request: contract.SubaccountFunding, caller: Caller) -> tuple[AssetBalancesRow, ...]:
    """Answer of `asset/balances` to the sub-account."""
    asked_as = _as_sub(state, caller, request.subAcct, MISSING_IN_FUNDING)
    return asset.balances(state, AssetBalances(ccy=request.ccy), asked_as)


def max_withdrawal(
    state: State, request: contract.SubaccountMaxWithdrawal, caller: Caller
) -> tuple[MaxWithdrawalRow, ...]:
    """Answer of `account/max-withdrawal` to the sub-account."""
    asked_as = _as_sub(state, caller, request.subAcct, MISSING)
    return account_limits.max_withdrawal(state, MaxWithdrawal(ccy=request.ccy), asked_as)


def _named(state: State, caller: Caller, name: str, missing: str) -> int:
    """Id of a sub-account of the caller. Refused: `missing`."""
    sub_id = account_group.sub_named(state, state.users[caller.user_id], name)
    if not sub_id:
        raise Refusal(missing)
    return sub_id


def _as_sub(state: State, caller: Caller, name: str, missing: str) -> Caller:
    return replace(caller, user_id=_named(state, caller, name, missing))


# ---- transfers


def transfer_command(request: contract.SubaccountTransfer, caller: Caller, state: State) -> TransferBetween:
    """Command for a transfer. Refused, first that applies: loanTrans (51000, only own coins move), a name (58115)."""
    if request.loanTrans:
        raise Refusal("51000", param="loanTrans")
    return TransferBetween(
        user_id=caller.user_id,
        giver_id=_named(state, caller, request.fromSubAccount, MISSING_IN_FUNDING),
        receiver_id=_named(state, caller, request.toSubAccount, MISSING_IN_FUNDING),
        ccy=request.ccy,
        amount=atoms(request.amt),
        source=kinds.account_of(request.from_),
        target=kinds.account_of(request.to),
        counterpart=request.toSubAccount,
    )


def transfer_reply(
    request: contract.SubaccountTransfer, stamp: Stamp, events: Sequence[Event], state: State
) -> tuple[contract.SubaccountTransferRow]:
    return (contract.SubaccountTransferRow(transId=str(only(events, TransferredBetween).transfer_id)),)


def transfer_out_command(request: contract.SetTransferOut, caller: Caller, state: State) -> SetTransferOut:
    """Command to allow transfers out. Refused: more than 20 names (50025), then one that is no sub-account (59510)."""
    names = request.subAcct.split(",")
    if len(names) > contract.NAMES_MAX:
        raise Refusal("50025", param="subAcct", max=str(contract.NAMES_MAX))
    subs = tuple(_named(state, caller, name.strip(), MISSING) for name in names)
    return SetTransferOut(user_id=caller.user_id, sub_ids=subs, allowed=request.canTransOut)


def transfer_out_reply(
    request: contract.SetTransferOut, stamp: Stamp, events: Sequence[Event], state: State
) -> tuple[contract.SetTransferOutRow, ...]:
    return tuple(
        contract.SetTransferOutRow(subAcct=name.strip(), canTransOut=request.canTransOut)
        for name in request.subAcct.split(",")
    )


def bill_row(event: TransferredBetween, stamp: Stamp, state: State) -> HistoryRow | None:
    """Main account's row of a transfer between it and a sub-account, by any user; None between two sub-accounts.

    Both documented types have the main account on one side.
    """
    if event.main_id not in (event.giver_id, event.receiver_id):
        return None
    down = event.giver_id == event.main_id
    row = contract.SubaccountBillsRow(
        amt=amount(event.amount),
        billId=str(event.transfer_id),
        ccy=event.ccy,
        subAcct=state.users[event.receiver_id if down else event.giver_id].name,
        ts=str(stamp.at_ms),
        type="0" if down else "1",
    )
    return SUBACCOUNT_BILLS.row(event.main_id, stamp.at_ms, event.transfer_id, row, type=row.type, ccy=row.ccy)


def _bill_filters(request: contract.SubaccountBills) -> Filters:
    return SUBACCOUNT_BILLS.asked(type=request.type, ccy=request.ccy)


def _bill_holding(request: contract.SubaccountBills) -> tuple[bytes, ...]:
    return (b'"subAcct":' + _encode(request.subAcct),) if request.subAcct else ()


VIEWS: dict[str, View] = {
    "subaccount_list": QueryView(contract.SubaccountList, subaccounts),
    "subaccount_apikey": QueryView(contract.SubaccountApikey, keys),
    "subaccount_balance": QueryView(contract.SubaccountBalance, balance),
    "subaccount_funding": QueryView(contract.SubaccountFunding, funding),
    "subaccount_max_withdrawal": QueryView(contract.SubaccountMaxWithdrawal, max_withdrawal),
    "subaccount_bills": PageView(contract.SubaccountBills, SUBACCOUNT_BILLS, _bill_filters, _bill_holding),
    "subaccount_transfer": CommandView(
        contract.SubaccountTransfer, transfer_command, transfer_reply, amount_field="amt"
    ),
    "set_transfer_out": CommandView(contract.SetTransferOut, transfer_out_command, transfer_out_reply),
}
