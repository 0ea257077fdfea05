"""What happened, for people and programs: a line of words for an event, and its fields by name with decimals.

The journal holds positions and atoms. Whoever shows events takes both from here, so that one event has one wording: the
control call, the terminal, the scenarios, and the report of a failing test.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Context, Decimal

from msgspec import Struct

from tallystick.engine import auto_exchange, cross_settings, modes, repay_at_once
from tallystick.engine import events as e
from tallystick.engine.amounts import DECIMALS, cut, text_from_atoms, unit_of
from tallystick.engine.interest import Charge
from tallystick.engine.journaled import AnyEvent
from tallystick.server.moments import EPOCH, iso
from tallystick.venue.settings import changed_by

WHOLE = frozenset({"count", "decimals", "next_coin", "number"})
"""Fields of events that are whole numbers, beside those that end in `_id`, `_ids` and `_ms`; the others are atoms."""

EXACT = Context(prec=60)

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
        case modes.ModeSwitched():
            return f"account mode {event.mode}"
        case cross_settings.AutoLoanSet():
            return f"auto-loan {'on' if event.enabled else 'off'}"
        case cross_settings.CollateralChosen():
            return f"no collateral: {', '.join(event.out) or 'none'}"
        case modes.ModesOpened():
            return f"open account modes: {', '.join(map(str, event.modes))}"
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
        case repay_at_once.RepaidAtOnce():
            paid = f"{amount(event.repay_amount)} {event.repay_ccy}"
            return f"one-click repay at once: {amount(event.debt_amount)} {event.debt_ccy} for {paid}"
        case e.RepayAdvanced() | e.RepayEnded():
            record = event.record
            return f"one-click repay of {record.debt_ccy}: {record.status}, {amount(record.repaid)} repaid so far"
        case _:
            return ""


def _fields(event: AnyEvent) -> str:
    """Name of an event and its fields that are set."""
    fields = fields_of(event)
    shown = [f"{name}={value}" for name, value in fields.items() if name != "user_id" and value not in (None, "", 0)]
    return f"{type(event).__name__} {', '.join(shown)}"


def event_words(event: AnyEvent | Charge) -> str:
    """A line for what people want to see; "" for the rest."""
    amount = text_from_atoms
    match event:
        case e.LoanMoved():
            return f"{event.kind} {amount(event.amount)} {event.ccy}"
        case e.LoanWarned():
            return f"margin call at LTV {amount(cut(event.ltv, unit_of(4)))}"
        case Charge():
            return f"interest {amount(event.interest)} {event.ccy} on {amount(event.debt_before)}"
        case e.Borrowed() | e.Repaid():
            return f"{event.kind} {amount(event.amount)} {event.ccy}, owes {amount(event.debt_after)}"
        case e.OrderFilled():
            return f"{event.side} {amount(event.size)} {event.instrument} at {amount(event.price)}"
        case e.SpotWarned() | e.LiquidationStarted():
            what = "warning" if type(event) is e.SpotWarned else "liquidation begins"
            return f"{what} at margin ratio {amount(cut(event.ratio, unit_of(4)))}"
        case auto_exchange.ExchangeStarted():
            return f"automatic exchange: {amount(event.owed)} {event.ccy} owed, {amount(event.quota)} free of interest"
        case e.LiquidationEnded():
            return "liquidation ends"
        case e.DebtCovered():
            return f"the fund pays {amount(event.amount)} {event.ccy}, bad debt {amount(event.bad_debt)}"
        case e.ParametersChanged():
            return ", ".join(f"{path} is {text}" for path, text in changed_by(event))
        case _:
            return ""


def fields_of(record: Struct) -> dict[str, object]:
    """Fields of an event or of a part of it, as tests read them."""
    found: dict[str, object] = {}
    places = getattr(record, "decimals", DECIMALS)
    for name in record.__struct_fields__:
        value = getattr(record, name)
        if name.endswith(("at_ms", "hour_ms")):
            found[name.removesuffix("_ms")] = moment_of(value) if value else None
        else:
            found[name] = _value(name, value, places)
    return found


def decimal(value: int, places: int = DECIMALS) -> Decimal:
    """Amount of whole units of the last place, exactly."""
    return Decimal(value).scaleb(-places, EXACT).normalize(EXACT)


def _value(name: str, value: object, places: int) -> object:
    if type(value) is int and name not in WHOLE and not name.endswith(("_id", "_ids", "_ms")):
        return decimal(value, places)
    if isinstance(value, Struct):
        return fields_of(value)
    if isinstance(value, tuple):
        return tuple(_value(name, part, places) for part in value)
    return value


def moment_of(at_ms: int) -> datetime:
    """Time in UTC."""
    return EPOCH + timedelta(milliseconds=at_ms)


def texts_of(record: Struct) -> dict[str, object]:
    """Fields as JSON holds them: amounts, prices and rates as plain decimal text, times in ISO 8601 or null."""
    return {name: _text(value) for name, value in fields_of(record).items()}


def _text(value: object) -> object:
    match value:
        case Decimal():
            return f"{value:f}"
        case datetime():
            return iso((value - EPOCH) // timedelta(milliseconds=1))
        case dict():
            return {name: _text(part) for name, part in value.items()}
        case tuple() | list():
            return [_text(part) for part in value]
        case _:
            return value
