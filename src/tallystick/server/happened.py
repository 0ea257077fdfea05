"""Events for programs: whose an event is, and its fields by name with decimals; its words are in `telling.events`.

The journal holds positions and atoms. Whoever shows events takes them from here: the control call, the terminal, and
the report of a failing test.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Context, Decimal

from msgspec import Struct

from tallystick.engine import events as e
from tallystick.engine.amounts import DECIMALS
from tallystick.engine.journaled import AnyEvent
from tallystick.server.moments import EPOCH, iso

WHOLE = frozenset({"count", "decimals", "next_coin", "number"})
"""Fields of events that are whole numbers, beside those that end in `_id`, `_ids` and `_ms`; the others are atoms."""

EXACT = Context(prec=60)


def user_of(event: AnyEvent) -> int:
    """Number of the user whom an event belongs to, 0 for none."""
    record = getattr(event, "record", None)
    found: int = getattr(record if isinstance(record, e.RepayRecord) else event, "user_id", 0)
    return found


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
