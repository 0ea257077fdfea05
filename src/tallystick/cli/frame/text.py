"""Values as text: amounts without an exponent, times in ISO 8601."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal


def exact(value: Decimal | None) -> str:
    """Decimal text with every digit, "" for None."""
    return "" if value is None else format(value, "f")


def short(text: str, digits: int = 8) -> str:
    """An amount for the eye: at most so many digits behind the point, cut, without zeros at the end."""
    whole, point, rest = text.partition(".")
    kept = rest[:digits].rstrip("0")
    return f"{whole}{point}{kept}" if kept else whole


def iso(moment: datetime | None) -> str:
    """A time in ISO 8601 with milliseconds, "" for None."""
    return "" if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def share(text: str, places: int = 2) -> str:
    """A ratio in per cent, rounded half up, such as 7.3 % for 0.073; "" stays."""
    if not text:
        return ""
    rounded = Decimal(text).scaleb(2).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    return f"{short(exact(rounded), places)} %"
