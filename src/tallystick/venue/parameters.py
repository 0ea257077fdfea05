"""Reader of the packaged table of the exchange's parameters, into the engine's integers.

`tallystick.engine.parameters` declares the parameters and how each is read; the table has their values. Every value
must name its source, by its row or, if a row mixes kinds of sources, by itself. So a guess stays visible as a guess.
"""

from __future__ import annotations

import functools
from importlib import resources
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from tallystick.engine.parameters import (
    CONSTANTS,
    CURRENCIES,
    INSTRUMENTS,
    LEVERS,
    Currency,
    Instrument,
    Parameters,
    path_of,
)
from tallystick.venue.parameter_text import FORMS, value_of

SOURCES = ("documented", "observed", "inferred")


class _Section(NamedTuple):
    """Section of the file: rows of one of the engine's tables, named by `key`; their numbers lack the `prefix`."""

    table: str
    key: str
    prefix: str = ""


_SECTIONS = {
    "instruments": _Section(INSTRUMENTS, "instrument"),
    "currencies": _Section(CURRENCIES, "ccy"),
    "discounts": _Section(CURRENCIES, "ccy", "discount_"),
    "margins": _Section(CURRENCIES, "ccy", "margin_"),
    "lending": _Section(CURRENCIES, "ccy"),
    "free_quotas": _Section(CURRENCIES, "ccy", "free_"),
}


class Cell(NamedTuple):
    """One value of the table, in the engine's form, and its source."""

    value: Any
    source: str
    note: str


class Table(Struct, frozen=True):
    """Packaged table of all parameters: table -> row -> field. Constants have one row, ""."""

    cells: dict[str, dict[str, dict[str, Cell]]]


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    about: str
    instruments: list[dict[str, Any]]
    currencies: list[dict[str, Any]]
    discounts: list[dict[str, Any]]
    margins: list[dict[str, Any]]
    lending: list[dict[str, Any]]
    free_quotas: list[dict[str, Any]]
    constants: list[dict[str, Any]]


class _Origin(Struct, frozen=True):
    """Source and note of a row, and those of single numbers in it that have their own."""

    source: str
    note: str
    fields: dict[str, tuple[str, str]] = {}


@functools.cache
def packaged_table() -> Table:
    """Table shipped with the package."""
    return table_from(packaged_bytes())


def packaged_bytes() -> bytes:
    return resources.files("tallystick.data").joinpath("parameters.json").read_bytes()


def table_from(raw: bytes) -> Table:
    """Read a table. Raises ValueError: a number without a known source, unknown, twice, of another kind, or missing."""
    file = msgspec.json.decode(raw, type=_File)
    cells: dict[str, dict[str, dict[str, Cell]]] = {INSTRUMENTS: {}, CURRENCIES: {}, CONSTANTS: {"": {}}}
    for name, section in _SECTIONS.items():
        for row in getattr(file, name):
            found = cells[section.table].setdefault(row[section.key], {})
            for field, number in _numbers(row, section.key).items():
                _put(found, section.table, row[section.key], section.prefix + field, number)
    for row in file.constants:
        _put(cells[CONSTANTS][""], CONSTANTS, "", row["name"], _numbers(row, "name")["value"])
    for table, rows in cells.items():
        for row_name, found in rows.items():
            for field in LEVERS[table].keys() - found.keys():
                raise ValueError(f"{path_of(table, row_name, field)} is missing")
    return Table(cells)


def _numbers(row: dict[str, Any], key: str) -> dict[str, Cell]:
    """Numbers of a row, still as text."""
    origin = msgspec.convert(row, _Origin)
    texts = {name: text for name, text in row.items() if name not in (key, *_Origin.__struct_fields__)}
    for name in origin.fields:
        if name not in texts:
            raise ValueError(f"a source for {name}, which is no number of the row: {row!r}")
    for source, note in ((origin.source, origin.note), *origin.fields.values()):
        if source not in SOURCES or not note:
            raise ValueError(f"row without a known source: {row!r}")
    return {name: Cell(text, *origin.fields.get(name, (origin.source, origin.note))) for name, text in texts.items()}


def _put(found: dict[str, Cell], table: str, row: str, field: str, number: Cell) -> None:
    path = path_of(table, row, field)
    lever = LEVERS[table].get(field)
    if lever is None or field in found:
        raise ValueError(f"{path} {'is there twice' if lever else 'is not a parameter of the exchange'}")
    try:
        found[field] = number._replace(value=value_of(lever.kind, number.value))
    except (ValueError, TypeError):
        raise ValueError(f"{path} must be {FORMS[lever.kind]}") from None


def load_parameters(table: Table | None = None) -> Parameters:
    """Load the engine's parameters. Amounts and rates in atoms (10**18); delays in milliseconds."""
    table = packaged_table() if table is None else table
    values = {
        name: {row: {field: cell.value for field, cell in found.items()} for row, found in rows.items()}
        for name, rows in table.cells.items()
    }
    return Parameters(
        instruments={name: Instrument(instrument=name, **row) for name, row in values[INSTRUMENTS].items()},
        currencies={name: Currency(ccy=name, **row) for name, row in values[CURRENCIES].items()},
        **values[CONSTANTS][""],
    )
