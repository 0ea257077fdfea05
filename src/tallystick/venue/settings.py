"""The exchange's numbers as people write them: text of every parameter, and a patch of text read into a command."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import fields

from tallystick.engine.amounts import atoms_from_text, text_from_atoms
from tallystick.engine.commands import ChangeParameters, Setting, SettingValue
from tallystick.engine.events import ParametersChanged
from tallystick.engine.parameters import Parameters
from tallystick.engine.settings import (
    CONSTANTS,
    CURRENCIES,
    INSTRUMENTS,
    LEVERS,
    Kind,
    Lever,
    limits_text,
    path_of,
    row_of,
)
from tallystick.engine.state import State
from tallystick.venue.parameters import KEYS, Table, load_parameters


class Patch(Struct, frozen=True, forbid_unknown_fields=True):
    """What shall change, by table, row and field; what is not named stays. Values are of the kinds in `LEVERS`.

    They are read here and not by the decoder, so that a wrong one is named.
    """

    instruments: dict[str, dict[str, Any]] = {}
    currencies: dict[str, dict[str, Any]] = {}
    constants: dict[str, Any] = {}


class BadValue(ValueError):
    """A value that is no value of its kind. The text names the parameter and what would be one."""


# ---- from text


def command_of(patch: Patch) -> ChangeParameters:
    """Raises BadValue. Names are left for the engine to judge."""
    rows = [
        *((INSTRUMENTS, row, cells) for row, cells in patch.instruments.items()),
        *((CURRENCIES, row, cells) for row, cells in patch.currencies.items()),
        (CONSTANTS, "", patch.constants),
    ]
    return ChangeParameters(
        settings=tuple(
            Setting(table=table, row=row, field=field, value=_value(table, row, field, text))
            for table, row, cells in rows
            for field, text in cells.items()
        )
    )


def _value(table: str, row: str, field: str, text: object) -> SettingValue:
    lever = LEVERS[table].get(field)
    if lever is None or lever.fixed:
        return 0
    try:
        return _READ[lever.kind](text)
    except (ValueError, TypeError):
        raise BadValue(f"{path_of(table, row, field)} is {_FORMS[lever.kind]}") from None


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


_READ: dict[Kind, Callable[[object], SettingValue]] = {
    Kind.NUMBER: _number,
    Kind.COUNT: _count,
    Kind.FLAG: _flag,
    Kind.TIERS: _tiers,
    Kind.MARGIN_TIERS: _margin_tiers,
    Kind.NAMES: _names,
    Kind.PAIRS: _pairs,
    Kind.LEVELS: _levels,
}
_FORMS = {
    Kind.NUMBER: 'plain decimal text, such as "0.015"',
    Kind.COUNT: "a whole number, such as 474",
    Kind.FLAG: "true or false",
    Kind.TIERS: 'a list of [upper bound, rate], such as [["20", "0.98"], ["25", "0.9775"]]',
    Kind.MARGIN_TIERS: 'a list of [upper bound, maintenance rate, initial rate], such as [["35", "0.03", "0.1"]]',
    Kind.NAMES: 'a list of currencies, such as ["USDT", "USDC"]',
    Kind.PAIRS: 'a list of [collateral, loan], such as [["USDC", "USDT"]]',
    Kind.LEVELS: 'a list of [level, number], such as [["VIP8", "1000000"]]',
}


# ---- to text


def text_of(kind: Kind, value: Any) -> Any:
    """As it can be written in a patch: decimal text, lists of it, or a flag."""
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


def changed_by(event: object) -> list[tuple[str, Any]]:
    """(path, text) of what an event changed; nothing for events of another kind."""
    if type(event) is not ParametersChanged:
        return []
    return [
        (path_of(cell.table, cell.row, cell.field), text_of(LEVERS[cell.table][cell.field].kind, cell.value))
        for cell in event.settings
    ]


class Shown(Struct, frozen=True, omit_defaults=True):
    """One parameter. `source` and `note` belong to the packaged value, which stands beside a changed one.

    `least` and `most` are the range of a number; `fixed` says why it cannot be changed at run time.
    """

    value: Any
    source: str
    note: str
    changed: bool
    packaged: Any = None
    changed_at_ms: int = 0
    least: str = ""
    most: str = ""
    fixed: str = ""


class Parts(Struct, frozen=True):
    """Every parameter by table, row and field. Constants have no rows."""

    instruments: dict[str, dict[str, Shown]]
    currencies: dict[str, dict[str, Shown]]
    constants: dict[str, Shown]


def describe(parameters: Parameters, table: Table, changed: Mapping[str, int] | None = None) -> Parts:
    """`changed` is path -> Unix ms, as `State.changed_parameters`; the table is the one they were loaded from."""
    view = _View(parameters, load_parameters(table), sources(table), changed or {})
    return Parts(
        {name: view.row(INSTRUMENTS, name) for name in parameters.instruments},
        {name: view.row(CURRENCIES, name) for name in parameters.currencies},
        view.row(CONSTANTS, ""),
    )


def describe_state(state: State, table: Table) -> Parts:
    return describe(state.parameters, table, state.changed_parameters)


class _View:
    def __init__(
        self,
        parameters: Parameters,
        packaged: Parameters,
        origins: dict[str, tuple[str, str]],
        changed: Mapping[str, int],
    ) -> None:
        self.parameters = parameters
        self.packaged = packaged
        self.origins = origins
        self.changed = changed

    def row(self, table: str, row: str) -> dict[str, Shown]:
        return {field: self.cell(table, row, field, lever) for field, lever in LEVERS[table].items()}

    def cell(self, table: str, row: str, field: str, lever: Lever) -> Shown:
        path = path_of(table, row, field)
        source, note = self.origins[path]
        changed_at_ms = self.changed.get(path, 0)
        least, most = limits_text(lever) if lever.most and not lever.fixed else ("", "")
        return Shown(
            value=text_of(lever.kind, getattr(row_of(self.parameters, table, row), field)),
            source=source,
            note=note,
            changed=changed_at_ms > 0,
            packaged=text_of(lever.kind, getattr(row_of(self.packaged, table, row), field)) if changed_at_ms else None,
            changed_at_ms=changed_at_ms,
            least=least,
            most=most,
            fixed=lever.fixed,
        )


def sources(table: Table) -> dict[str, tuple[str, str]]:
    """Path of every packaged parameter -> (source, note)."""
    found: dict[str, tuple[str, str]] = {}
    for instrument in table.instruments:
        for cell in fields(instrument):
            if cell.name not in KEYS:
                found[path_of(INSTRUMENTS, instrument.instrument, cell.name)] = instrument.source_of(cell.name)
    coins = [
        *((row.ccy, row, "") for row in table.currencies),
        *((row.ccy, row, "discount_") for row in table.discounts),
        *((row.ccy, row, "margin_") for row in table.margins),
        *((row.ccy, row, "") for row in table.lending),
    ]
    for ccy, row, prefix in coins:
        for cell in fields(row):
            if cell.name not in KEYS:
                found[path_of(CURRENCIES, ccy, prefix + cell.name)] = row.source_of(cell.name)
    for constant in table.constants:
        found[path_of(CONSTANTS, "", constant.name)] = constant.source_of("value")
    return found
