"""Sources of each behaviour and number, which say how far to trust it: documented, observed, inferred or chosen.

Three lists: endpoints with the source of their declaration, pages on what the public record leaves
open (each with the parameters that set it), and every packaged number with its source. A test keeps
the list of pages equal to the pages themselves.
"""

from __future__ import annotations

from importlib import resources
from typing import Any

import msgspec
from msgspec import Struct

from tallystick.contract import ENDPOINTS
from tallystick.engine.parameters import CONSTANTS, CURRENCIES, INSTRUMENTS, path_of
from tallystick.venue.parameters import Table, load_parameters, packaged_table
from tallystick.venue.settings import describe

SOURCES = ("documented", "observed", "inferred", "chosen")
"""Sources, surest first: printed by the exchange, seen in an answer of it, concluded, decided by us."""
CHOSEN = "chosen"


class EndpointSource(Struct, frozen=True):
    """Source of an endpoint's declaration. `where` is the anchor of the document, the recording, or the decision."""

    name: str
    method: str
    path: str
    source: str
    where: str


class Decision(Struct, frozen=True):
    """Page of docs/decisions. `settings` are the parameters that change the choice; "*" is any row.

    `title_zh` is the title in Chinese where events name the page, else "".
    """

    page: str
    title: str
    settings: tuple[str, ...]
    title_zh: str = ""
    source: str = CHOSEN


class ParameterSource(Struct, frozen=True):
    """Source of a parameter. `fixed` says why it cannot be changed at run time; empty means that it can."""

    name: str
    value: Any
    source: str
    note: str
    fixed: str


class Fidelity(Struct, frozen=True):
    endpoints: tuple[EndpointSource, ...]
    decisions: tuple[Decision, ...]
    parameters: tuple[ParameterSource, ...]

    def only(self, source: str) -> Fidelity:
        """Part of the report that has this source."""
        return Fidelity(
            tuple(row for row in self.endpoints if row.source == source),
            tuple(row for row in self.decisions if row.source == source),
            tuple(row for row in self.parameters if row.source == source),
        )


def report(table: Table | None = None) -> Fidelity:
    """Report of all three lists, for the packaged table or another one."""
    return Fidelity(_endpoints(), decisions(), _parameters(packaged_table() if table is None else table))


def decisions() -> tuple[Decision, ...]:
    raw = resources.files("tallystick.data").joinpath("decisions.json").read_bytes()
    return msgspec.json.decode(raw, type=tuple[Decision, ...])


def _endpoints() -> tuple[EndpointSource, ...]:
    return tuple(
        EndpointSource(endpoint.name, endpoint.method, endpoint.path, endpoint.source.kind, endpoint.source.where)
        for endpoint in ENDPOINTS
    )


def _parameters(table: Table) -> tuple[ParameterSource, ...]:
    parts = describe(load_parameters(table), table)
    rows = [
        (CONSTANTS, "", parts.constants),
        *((CURRENCIES, name, cells) for name, cells in parts.currencies.items()),
        *((INSTRUMENTS, name, cells) for name, cells in parts.instruments.items()),
    ]
    return tuple(
        ParameterSource(path_of(table_name, row, field), cell.value, cell.source, cell.note, cell.fixed)
        for table_name, row, cells in rows
        for field, cell in cells.items()
    )
