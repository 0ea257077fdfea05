"""Easy convert: small balances, their conversion and its history."""

from __future__ import annotations

from collections.abc import Sequence

from tallystick.contract import easy_convert as contract
from tallystick.engine import commands
from tallystick.engine import easy_convert as engine
from tallystick.engine.amounts import cut, unit_of
from tallystick.engine.core import Stamp
from tallystick.engine.events import EasyConverted, Event
from tallystick.engine.fault_events import EasyConvertFailed
from tallystick.engine.state import State
from tallystick.views import kinds
from tallystick.views.core import Caller, CommandView, PageView, QueryView, View, amount, padded
from tallystick.views.tables import EASY_CONVERTS

LISTED_UNIT = unit_of(16)
HISTORY_PLACES = 16


def currency_list(
    state: State, request: contract.EasyConvertCurrencyList, caller: Caller
) -> tuple[contract.EasyConvertCurrencyListRow]:
    """Convertible coins of the account that are worth under 10 USD, in order of currency."""
    user, account = state.users[caller.user_id], kinds.account_of_source(request.source)
    small = []
    for ccy in sorted(state.ledger.get(f"{account}:{caller.user_id}", {})):
        balance, available = engine.balance_of(state, user, account, ccy)
        if available >= engine.SOURCE_UNIT and engine.is_dust(state, ccy, balance):
            small.append(contract.EasyConvertItem(fromAmt=amount(cut(available, LISTED_UNIT)), fromCcy=ccy))
    return (
        contract.EasyConvertCurrencyListRow(fromData=tuple(small), toCcy=tuple(state.parameters.easy_convert_ccys)),
    )


def convert_command(request: contract.EasyConvert, caller: Caller, state: State) -> commands.EasyConvert:
    return commands.EasyConvert(
        user_id=caller.user_id,
        account=kinds.account_of_source(request.source),
        source_ccys=request.fromCcy,
        target_ccy=request.toCcy,
    )


def convert_reply(
    request: contract.EasyConvert, stamp: Stamp, events: Sequence[Event], state: State
) -> tuple[contract.EasyConvertRow, ...]:
    """One row per source coin. Its status is `running`, as in the sample; the history tells the end (decisions/013)."""
    return tuple(
        contract.EasyConvertRow(
            fillFromSz=amount(event.source_amount),
            fillToSz=amount(event.target_amount),
            fromCcy=event.source_ccy,
            status="running",
            toCcy=event.target_ccy,
            uTime=str(stamp.at_ms),
        )
        for event in events
        if isinstance(event, EasyConverted | EasyConvertFailed)
    )


def history_row(event: EasyConverted | EasyConvertFailed, at_ms: int) -> contract.EasyConvertHistoryRow:
    """Row of the history. The amount received has 16 decimals, zeros included, as in the sample; 0 if failed."""
    filled = isinstance(event, EasyConverted)
    return contract.EasyConvertHistoryRow(
        fillFromSz=amount(event.source_amount if filled else 0),
        fillToSz=padded(event.target_amount if filled else 0, HISTORY_PLACES),
        fromCcy=event.source_ccy,
        status="filled" if filled else "failed",
        toCcy=event.target_ccy,
        acct=kinds.ACCOUNT_CODES[event.account],
        uTime=str(at_ms),
    )


VIEWS: dict[str, View] = {
    "easy_convert_currency_list": QueryView(contract.EasyConvertCurrencyList, currency_list),
    "easy_convert": CommandView(contract.EasyConvert, convert_command, convert_reply),
    "easy_convert_history": PageView(contract.EasyConvertHistory, EASY_CONVERTS, EASY_CONVERTS.whole),
}
