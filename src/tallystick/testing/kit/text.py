"""Text of amounts that tests give to the kit, and times of the journal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal


def number_text(value: object, name: str) -> str:
    """Plain decimal text of an amount, price or rate. Raises TypeError for a float and other types."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise TypeError(f"{name} is {value!r}: give text or a Decimal, such as '0.1', for a float has no exact decimals")


def require_unit(duration: object) -> None:
    """Require a duration to say its unit. Raises TypeError for a bare number."""
    if isinstance(duration, int | float):
        raise TypeError(f"{duration} has no unit: give text such as '{duration}s', or a timedelta")


def counted(number: int, word: str) -> str:
    """Number and word, in the plural unless it is one."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def moment_of(at_ms: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms)
