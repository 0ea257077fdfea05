"""Parameters as users have them to text as the wire has it: exact, and never by way of a float."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias
from urllib.parse import quote

import msgspec

from tallystick.client.clock import to_ms

Parameter: TypeAlias = object
"""str, int, Decimal, bool, an aware datetime, a sequence or a mapping of these; None leaves the parameter out."""

_encode = msgspec.json.Encoder().encode


def plain(name: str, value: Parameter) -> Any:
    """The value as JSON takes it, with numbers as text. Raises TypeError for a float, ValueError for NaN."""
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError(f"{name} is {value}: an amount is a finite number")
        return format(value, "f")
    if isinstance(value, float):
        raise TypeError(
            f"{name} is a float, which is not exact: give Decimal({str(value)!r}) or the text {str(value)!r}"
        )
    if isinstance(value, datetime):
        return str(to_ms(value))
    if isinstance(value, Mapping):
        return given(value, f"{name}.")
    if isinstance(value, Sequence):
        return [plain(name, item) for item in value]
    raise TypeError(f"{name} is {type(value).__name__}: give text, an int, a Decimal, a datetime or a list of them")


def given(fields: Mapping[str, Parameter], prefix: str = "") -> dict[str, Any]:
    """The parameters that are there, as JSON takes them."""
    return {name: plain(prefix + name, value) for name, value in fields.items() if value is not None}


def query(fields: Mapping[str, Any]) -> str:
    """The part of a target from the question mark on, "" without parameters. Lists are joined by commas."""
    pairs = []
    for name, value in fields.items():
        if isinstance(value, list):
            value = ",".join(map(str, value))
        elif isinstance(value, bool):
            value = "true" if value else "false"
        pairs.append(f"{name}={quote(value, safe=',')}")
    return "?" + "&".join(pairs) if pairs else ""


def body(fields: Any) -> bytes:
    return _encode(fields)
