"""Text of the exchange's parameters: one reader, one writer and one description for each kind of value.

The packaged table, patches, control answers and the command line all go through these.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tallystick.engine.amounts import atoms_from_text, text_from_atoms
from tallystick.engine.commands import SettingValue
from tallystick.engine.parameters import Kind


def value_of(kind: Kind, text: object) -> SettingValue | str:
    """Value for the engine, from decimal text, a count, a flag, or lists of these. Raises ValueError or TypeError."""
    return _READ[kind](text)


def text_of(kind: Kind, value: Any) -> Any:
    """Text of a value, as a patch can have it: the inverse of `value_of`."""
    if kind is Kind.NUMBER:
        return text_from_atoms(value)
    if kind is Kind.COUNT:
        return str(value)
    if kind in (Kind.TIERS, Kind.MARGIN_TIERS):
        return [[text_from_atoms(number) for number in tier] for tier in value]
    if kind is Kind.LEVELS:
        return [[level, text_from_atoms(number)] for level, number in value]
    if kind is Kind.PAIRS:
        return [list(pair) for pair in value]
    return list(value) if kind is Kind.NAMES else value


def _number(text: object) -> int:
    if type(text) is not str:
        raise ValueError
    return atoms_from_text(text)


def _count(text: object) -> int:
    if type(text) is int:
        return text
    if type(text) is not str or not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ValueError
    return int(text)


def _flag(text: object) -> bool:
    if type(text) is not bool:
        raise ValueError
    return text


def _tiers(text: object) -> tuple[tuple[int, int], ...]:
    return tuple((atoms_from_text(bound), atoms_from_text(rate)) for bound, rate in _lists(text))


def _margin_tiers(text: object) -> tuple[tuple[int, int, int], ...]:
    return tuple(
        (atoms_from_text(bound), atoms_from_text(maintenance), atoms_from_text(initial))
        for bound, maintenance, initial in _lists(text)
    )


def _names(text: object) -> tuple[str, ...]:
    if type(text) is not list or not all(type(name) is str for name in text):
        raise ValueError
    return tuple(str(name) for name in text)


def _pairs(text: object) -> tuple[tuple[str, str], ...]:
    return tuple((left, right) for left, right in _lists(text))


def _levels(text: object) -> tuple[tuple[str, int], ...]:
    if not all(type(cell) is str for pair in _lists(text) for cell in pair):
        raise ValueError
    return tuple((level, atoms_from_text(number)) for level, number in _lists(text))


def _lists(text: object) -> list[list[Any]]:
    if type(text) is not list:
        raise ValueError
    inner = [item for item in text if type(item) is list]
    if len(inner) != len(text):
        raise ValueError
    return inner


def _name(text: object) -> str:
    if type(text) is not str:
        raise ValueError
    return text


_READ: dict[Kind, Callable[[object], SettingValue | str]] = {
    Kind.NUMBER: _number,
    Kind.COUNT: _count,
    Kind.FLAG: _flag,
    Kind.TIERS: _tiers,
    Kind.MARGIN_TIERS: _margin_tiers,
    Kind.NAMES: _names,
    Kind.PAIRS: _pairs,
    Kind.LEVELS: _levels,
    Kind.TEXT: _name,
}
FORMS: dict[Kind, str] = {
    Kind.NUMBER: 'plain decimal text, such as "0.015"',
    Kind.COUNT: "a whole number, such as 474",
    Kind.FLAG: "true or false",
    Kind.TIERS: 'a list of [upper bound, rate], such as [["20", "0.98"], ["25", "0.9775"]]',
    Kind.MARGIN_TIERS: 'a list of [upper bound, maintenance rate, initial rate], such as [["35", "0.03", "0.1"]]',
    Kind.NAMES: 'a list of currencies, such as ["USDT", "USDC"]',
    Kind.PAIRS: 'a list of [collateral, loan], such as [["USDC", "USDT"]]',
    Kind.LEVELS: 'a list of [level, number], such as [["VIP8", "1000000"]]',
    Kind.TEXT: "a name",
}
"""Form of a value of each kind, for the text of a refusal."""

_TEXT = {"type": "string"}
_DECIMAL = {"type": "string", "pattern": r"^(0|[1-9][0-9]*)(\.[0-9]{1,18})?$"}
_COUNT_TEXT = {"type": "string", "pattern": "^[0-9]{1,18}$"}


def _list_of(*parts: dict[str, Any]) -> dict[str, Any]:
    inner = parts[0] if len(parts) == 1 else {"type": "array", "prefixItems": list(parts), "items": False}
    return {"type": "array", "items": inner | ({} if len(parts) == 1 else {"minItems": len(parts)})}


SCHEMAS: dict[Kind, dict[str, Any]] = {
    Kind.NUMBER: _DECIMAL,
    Kind.COUNT: {"anyOf": [{"type": "integer", "minimum": 0}, _COUNT_TEXT]},
    Kind.FLAG: {"type": "boolean"},
    Kind.TIERS: _list_of(_DECIMAL, _DECIMAL),
    Kind.MARGIN_TIERS: _list_of(_DECIMAL, _DECIMAL, _DECIMAL),
    Kind.NAMES: _list_of(_TEXT),
    Kind.PAIRS: _list_of(_TEXT, _TEXT),
    Kind.LEVELS: _list_of(_TEXT, _DECIMAL),
    Kind.TEXT: _TEXT,
}
"""Form of a value of each kind as JSON Schema, for programs that make patches."""
