"""Words of the report for events that a scenario tells nobody."""

from __future__ import annotations

from tallystick.engine import events as e
from tallystick.engine.amounts import text_from_atoms
from tallystick.engine.journaled import AnyEvent
from tallystick.testing.kit import journal
from tallystick.testing.words import event_words

UNSEEN = (e.MarketMoved, e.HourPassed, e.KeysNoted, e.RatesFixed)
"""Events that happen to nobody in particular."""


def words_of(event: AnyEvent) -> str:
    """A line for an event; "" for one that is not shown."""
    if isinstance(event, UNSEEN):
        return ""
    return _words(event) or event_words(event) or _fields(event)


def user_of(event: AnyEvent) -> int:
    """Number of the user whom an event belongs to, 0 for none."""
    record = getattr(event, "record", None)
    found: int = getattr(record if isinstance(record, e.RepayRecord) else event, "user_id", 0)
    return found


def _words(event: AnyEvent) -> str:
    amount = text_from_atoms
    match event:
        case e.PriceHeld():
            return f"{event.instrument} at {amount(event.price)}"
        case e.BalanceAdjusted():
            return f"{event.account} {amount(event.delta)} {event.ccy} by a control call"
        case e.UserCreated():
            return f"user {event.name} is made" if not event.master_id else f"sub-account {event.name} is made"
        case e.SpotBorrowSwitched():
            return f"borrowing {'on' if event.enabled else 'off'}"
        case e.AutoRepaySwitched():
            return f"auto repay {'on' if event.enabled else 'off'}"
        case e.OrderPlaced():
            price = f" at {amount(event.price)}" if event.price else ""
            return f"order {event.order_id}: {event.side} {amount(event.size)} {event.instrument}{price}, {event.kind}"
        case e.OrderClosed():
            return f"order {event.order_id}: {event.state}, {amount(event.filled_size)} of {amount(event.size)}"
        case e.RepayStarted():
            coins = ", ".join(event.record.repay_ccys)
            return f"one-click repay of {amount(event.debt)} {event.record.debt_ccy} with {coins} is accepted"
        case e.RepayAdvanced() | e.RepayEnded():
            record = event.record
            return f"one-click repay of {record.debt_ccy}: {record.status}, {amount(record.repaid)} repaid so far"
        case _:
            return ""


def _fields(event: AnyEvent) -> str:
    """Name of an event and its fields that are set."""
    fields = journal.fields_of(event)
    shown = [f"{name}={value}" for name, value in fields.items() if name != "user_id" and value not in (None, "", 0)]
    return f"{type(event).__name__} {', '.join(shown)}"
