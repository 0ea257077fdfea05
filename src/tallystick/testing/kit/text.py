"""Text of the values that tests give to the kit: amounts, times and durations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias

Number: TypeAlias = str | int | Decimal
Duration: TypeAlias = str | timedelta
Moment: TypeAlias = str | datetime


def number_text(value: object, name: str) -> str:
    """Plain decimal text of an amount, price or rate. Raises TypeError for a float and other types."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise TypeError(f"{name} is {value!r}: give text or a Decimal, such as '0.1', for a float has no exact decimals")


def milliseconds(value: timedelta) -> int:
    return value // timedelta(milliseconds=1)


def moment_text(value: Moment) -> str:
    """ISO 8601 of a time. Raises ValueError: a datetime without a zone."""
    if isinstance(value, str):
        return value
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone: give tzinfo=datetime.UTC, or ISO text")
    return value.astimezone(UTC).isoformat()


def moment_of(at_ms: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)
