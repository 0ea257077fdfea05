"""Changes to open orders: amend, cancel a batch, cancel all after a time."""

from __future__ import annotations

from collections.abc import Sequence

from tallystick.contract import amend as contract
from tallystick.contract.trade import CancelOrder
from tallystick.engine import transient
from tallystick.engine.commands import AmendOrder, SetCancelTimer
from tallystick.engine.core import Stamp
from tallystick.engine.events import AmendFailed, CancelTimerSet, Event, OrderAmended
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import State
from tallystick.views import trade
from tallystick.views.core import BatchView, Caller, CommandView, Refusal, View, atoms, only

SECOND_MS = 1_000


def amend_command(request: contract.AmendOrder, caller: Caller, state: State) -> AmendOrder:
    """Command to amend an order. Refused: neither price nor size (51500)."""
    if not request.newSz and not request.newPx:
        raise Refusal("51500")
    return AmendOrder(
        user_id=caller.user_id,
        instrument=request.instId,
        order_id=request.ordId or 0,
        client_order_id=request.clOrdId,
        size=atoms(request.newSz) if request.newSz else 0,
        price=atoms(request.newPx) if request.newPx else 0,
        cancel_on_fail=request.cxlOnFail,
        request_id=request.reqId,
    )


def amend_reply(
    request: contract.AmendOrder, stamp: Stamp, events: Sequence[Event], state: State
) -> tuple[contract.AmendOrderRow]:
    """Row of the reply. Raises Rejected with the reason where the order was cancelled as it could not be changed."""
    for event in events:
        if type(event) is AmendFailed:
            raise transient.of(state).refused or Rejected(Reject[event.reason], **dict(event.details))
    amended = only(events, OrderAmended)
    return (
        contract.AmendOrderRow(
            clOrdId=amended.client_order_id,
            ordId=str(amended.order_id),
            ts=str(stamp.at_ms),
            reqId=amended.request_id,
        ),
    )


def _meant(request: contract.AmendOrder) -> tuple[object, ...]:
    return (request.instId, request.ordId or request.clOrdId)


def timer_command(request: contract.CancelAllAfter, caller: Caller, state: State) -> SetCancelTimer:
    return SetCancelTimer(user_id=caller.user_id, timeout_ms=request.timeOut * SECOND_MS, tag=request.tag)


def timer_reply(
    request: contract.CancelAllAfter, stamp: Stamp, events: Sequence[Event], state: State
) -> tuple[contract.CancelAllAfterRow]:
    timer = only(events, CancelTimerSet)
    asked, trigger = stamp.at_ms // SECOND_MS, timer.trigger_at_ms // SECOND_MS
    return (contract.CancelAllAfterRow(triggerTime=str(trigger), tag=timer.tag, ts=str(asked)),)


AMEND = CommandView(contract.AmendOrder, amend_command, amend_reply, amount_field="newSz")

VIEWS: dict[str, View] = {
    "amend_order": AMEND,
    "amend_batch_orders": BatchView(contract.AmendOrder, AMEND, distinct=_meant, twice="51512"),
    "cancel_batch_orders": BatchView(CancelOrder, trade.CANCEL),
    "cancel_all_after": CommandView(contract.CancelAllAfter, timer_command, timer_reply),
}
