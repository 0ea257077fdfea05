"""Spot borrowing by hand, its history, and auto repay: both directions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tallystick.contract import borrow as contract
from tallystick.engine.commands import ManualBorrow, ManualRepay, SetAutoRepay
from tallystick.engine.core import Stamp
from tallystick.engine.events import AutoRepaySwitched, Borrowed, Repaid
from tallystick.engine.state import State
from tallystick.views.core import Caller, CommandView, PageView, View, amount, atoms, only

TABLE = "spot_borrow_repay"


def auto_repay_command(request: contract.SetAutoRepay, caller: Caller, state: State) -> SetAutoRepay:
    return SetAutoRepay(caller.user_id, request.autoRepay)


def auto_repay_reply(
    request: contract.SetAutoRepay, stamp: Stamp, events: Sequence[Any], state: State
) -> tuple[contract.SetAutoRepayRow]:
    return (contract.SetAutoRepayRow(autoRepay=only(events, AutoRepaySwitched).enabled),)


def manual_command(request: contract.SpotManualBorrowRepay, caller: Caller, state: State) -> ManualBorrow | ManualRepay:
    kind = ManualBorrow if request.side == "borrow" else ManualRepay
    return kind(caller.user_id, request.ccy, atoms(request.amt))


def manual_reply(
    request: contract.SpotManualBorrowRepay, stamp: Stamp, events: Sequence[Any], state: State
) -> tuple[contract.SpotManualBorrowRepayRow]:
    """`amt` is what really was borrowed or repaid."""
    done = only(events, Borrowed if request.side == "borrow" else Repaid)
    return (contract.SpotManualBorrowRepayRow(ccy=request.ccy, side=request.side, amt=amount(done.amount)),)


def history_row(event: Borrowed | Repaid, at_ms: int) -> contract.SpotBorrowRepayHistoryRow:
    return contract.SpotBorrowRepayHistoryRow(
        accBorrowed=amount(event.debt_after),
        amt=amount(event.amount),
        ccy=event.ccy,
        ts=str(at_ms),
        type=event.kind,  # type: ignore[arg-type]
    )


VIEWS: dict[str, View] = {
    "set_auto_repay": CommandView(auto_repay_command, auto_repay_reply),
    "spot_manual_borrow_repay": CommandView(manual_command, manual_reply, amount_field="amt"),
    "spot_borrow_repay_history": PageView(TABLE, lambda request: (request.type, request.ccy or None)),
}
