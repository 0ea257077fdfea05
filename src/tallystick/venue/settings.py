"""Parameters as text: the text of every parameter, and the reader of a patch into a command."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final

from msgspec import Struct

from tallystick.contract.core import Doc
from tallystick.contract.words.parameters import PARAMETER_WORDS, UNIT_WORDS
from tallystick.engine.commands import ChangeParameters, Setting, SettingValue
from tallystick.engine.events import ParametersChanged
from tallystick.engine.parameters import CONSTANTS, CURRENCIES, INSTRUMENTS, LEVERS, Lever, Parameters, Row, path_of
from tallystick.engine.settings import limits_text, row_of
from tallystick.engine.state import State
from tallystick.venue.parameter_text import FORMS, SCHEMAS, text_of, value_of
from tallystick.venue.parameters import Cell, Table

LISTED: Final = Cell(None, "listed", "given when the coin or pair was listed here")
"""Source of the numbers of a row that the packaged table does not have."""


class Patch(Struct, frozen=True, forbid_unknown_fields=True):
    """Patch of parameters, by table, row and field; those not named stay. Values are of the kinds in `LEVERS`.

    This module reads the values, not the decoder, so that the refusal can name a wrong one.
    """

    instruments: Annotated[
        dict[str, dict[str, Any]], Doc("Instrument, name of the parameter, value", "交易对、参数名和值")
    ] = {}
    currencies: Annotated[dict[str, dict[str, Any]], Doc("Coin, name of the parameter, value", "币种、参数名和值")] = {}
    constants: Annotated[dict[str, Any], Doc("Name of the parameter, value", "参数名和值")] = {}


class BadValue(ValueError):
    """Error for a value that is not of its kind. The text names the parameter and the form it needs."""


# ---- from text


def command_of(patch: Patch) -> ChangeParameters:
    """Read a patch into a command. The engine judges the names. Raises BadValue."""
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
        return 0  # refused by the engine, whatever the value
    try:
        value = value_of(lever.kind, text)
    except (ValueError, TypeError):
        raise BadValue(f"{path_of(table, row, field)} must be {FORMS[lever.kind]}") from None
    if isinstance(value, str):
        raise BadValue(f"{path_of(table, row, field)} is a name, and names cannot be changed")
    return value


def changed_by(event: object) -> list[tuple[str, Any]]:
    """Parameters that an event changed: (path, text); empty for events of another kind."""
    return texts_of(event.settings) if type(event) is ParametersChanged else []


def texts_of(settings: Iterable[Setting]) -> list[tuple[str, Any]]:
    """Parameters with their values: (path, text)."""
    return [
        (path_of(cell.table, cell.row, cell.field), text_of(LEVERS[cell.table][cell.field].kind, cell.value))
        for cell in settings
    ]


class Shown(Struct, frozen=True, omit_defaults=True):
    """One parameter as shown. `source` and `note` belong to the packaged value, which is shown beside a changed one.

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


class Meaning(Struct, frozen=True):
    """Description of one parameter and of its unit, in both languages; a name or a flag has no unit."""

    about: str
    about_zh: str
    unit: str = ""
    unit_zh: str = ""


class Parts(Struct, frozen=True):
    """All parameters by table, row and field; constants have no rows. `meanings` are by table and field."""

    instruments: dict[str, dict[str, Shown]]
    currencies: dict[str, dict[str, Shown]]
    constants: dict[str, Shown]
    meanings: dict[str, dict[str, Meaning]]


def describe(parameters: Parameters, table: Table, changed: Mapping[str, int] | None = None) -> Parts:
    """Describe parameters loaded from a table. `changed` is path -> Unix ms, as `State.changed_parameters`."""

    def shown(name: str, row: str) -> dict[str, Shown]:
        values = row_of(parameters, name, row)
        return {field: _shown(values, table, (name, row, field), changed or {}) for field in LEVERS[name]}

    return Parts(
        {name: shown(INSTRUMENTS, name) for name in parameters.instruments},
        {name: shown(CURRENCIES, name) for name in parameters.currencies},
        shown(CONSTANTS, ""),
        meanings(),
    )


def describe_state(state: State, table: Table) -> Parts:
    return describe(state.parameters, table, state.changed_parameters)


def _shown(row: Row, table: Table, place: tuple[str, str, str], changed: Mapping[str, int]) -> Shown:
    name, row_name, field = place
    lever = LEVERS[name][field]
    packaged = table.cells[name].get(row_name, {}).get(field, LISTED)
    changed_at_ms = changed.get(path_of(*place), 0)
    least, most = limits_text(lever) if lever.most and not lever.fixed else ("", "")
    return Shown(
        value=text_of(lever.kind, getattr(row, field)),
        source=packaged.source,
        note=packaged.note,
        changed=changed_at_ms > 0,
        packaged=text_of(lever.kind, packaged.value) if changed_at_ms and packaged is not LISTED else None,
        changed_at_ms=changed_at_ms,
        least=least,
        most=most,
        fixed=lever.fixed,
    )


def patch_schema() -> dict[str, Any]:
    """JSON Schema of a patch: every parameter that can be changed, with its description, unit, form and range."""

    def fields(table: str) -> dict[str, Any]:
        words = meanings()[table]
        open_ones = {field: lever for field, lever in LEVERS[table].items() if not lever.fixed}
        found = {field: SCHEMAS[lever.kind] | _said(words[field], lever) for field, lever in open_ones.items()}
        return {"type": "object", "properties": found, "additionalProperties": False}

    tables = {table: {"type": "object", "additionalProperties": fields(table)} for table in (INSTRUMENTS, CURRENCIES)}
    tables[CONSTANTS] = fields(CONSTANTS)
    return {"title": "Patch", "type": "object", "properties": tables, "additionalProperties": False}


def _said(meaning: Meaning, lever: Lever) -> dict[str, str]:
    parts = [meaning.about, *([meaning.unit] if meaning.unit else [])]
    parts += ["{} to {}".format(*limits_text(lever))] if lever.most else []
    return {"description": "; ".join(parts), "x-description-zh": meaning.about_zh}


def meanings() -> dict[str, dict[str, Meaning]]:
    """Descriptions: table -> field -> meaning."""
    return {
        table: {
            field: Meaning(
                PARAMETER_WORDS[table][field].en,
                PARAMETER_WORDS[table][field].zh,
                UNIT_WORDS[lever.unit.value].en,
                UNIT_WORDS[lever.unit.value].zh,
            )
            for field, lever in levers.items()
        }
        for table, levers in LEVERS.items()
    }
