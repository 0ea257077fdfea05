"""Cancel-all-after timers: orders are cancelled at a set time unless the user puts it off (a dead man's switch).

A user has one timer for all orders and one for each tag. It cancels orders placed after it was set, too.
"""

from __future__ import annotations

from typing import Final

from tallystick.engine import borrow, open_orders, orders
from tallystick.engine.commands import SetCancelTimer
from tallystick.engine.events import CancelTimerSet
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import State
from tallystick.engine.work import Stamp, Work, applies

TIMER: Final = "timer"
"""Cause of cancellation for an order whose timer went off."""
TAGS_MAX = 20
"""Most tag timers a user may have at a time (documented)."""


def set_cancel_timer(work: Work, command: SetCancelTimer) -> None:
    """Set, put off or switch off a timer.

    Rejects: UNKNOWN_USER, TOO_MANY_TIMERS. Emits: CancelTimerSet.
    Source: documented (post-cancel-all-after).
    """
    work.user(command.user_id)
    tags = [tag for tag in work.state.cancel_timers.get(command.user_id, {}) if tag]
    if command.timeout_ms and command.tag and command.tag not in tags and len(tags) >= TAGS_MAX:
        raise Rejected(Reject.TOO_MANY_TIMERS, max=str(TAGS_MAX)).because(most_count=TAGS_MAX)
    trigger_at_ms = work.stamp.at_ms + command.timeout_ms if command.timeout_ms else 0
    work.emit(CancelTimerSet(user_id=command.user_id, tag=command.tag, trigger_at_ms=trigger_at_ms))


def due_at_ms(state: State) -> int | None:
    """Time at which the first timer goes off."""
    if not state.cancel_timers:
        return None
    return min((at_ms for timers in state.cancel_timers.values() for at_ms in timers.values()), default=None)


def go_off(work: Work) -> None:
    """Cancel the orders of every timer that is due, oldest first. Emits: CancelTimerSet, OrderClosed, Repaid."""
    state, now_ms = work.state, work.stamp.at_ms
    due = [
        (user_id, tag)
        for user_id, timers in state.cancel_timers.items()
        for tag, at_ms in timers.items()
        if at_ms <= now_ms
    ]
    for user_id, tag in due:
        user = state.users[user_id]
        before = borrow.before_gains(state, user)
        work.emit(CancelTimerSet(user_id=user_id, tag=tag, trigger_at_ms=0))
        for order in tuple(open_orders.of(state).of_user(user_id)):
            if tag in ("", order.tag):
                orders.close(work, order.order_id, orders.CANCELED, TIMER)
        borrow.repay_gains(work, user, before)


@applies(CancelTimerSet)
def _set(state: State, stamp: Stamp, event: CancelTimerSet) -> None:
    timers = state.cancel_timers.setdefault(event.user_id, {})
    if event.trigger_at_ms:
        timers[event.tag] = event.trigger_at_ms
    else:
        timers.pop(event.tag, None)
    if not timers:
        del state.cancel_timers[event.user_id]
