"""Reads the packaged table of the exchange's numbers into the engine's integers.

Decimal text becomes integers per 10**18 here, and nowhere later. Every number must say where it comes
from, by its row or, where a row mixes kinds, by itself, so that a guess stays visible as a guess.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources

import msgspec
from msgspec import Struct

from tallystick.engine.amounts import atoms_from_text
from tallystick.engine.parameters import Currency, Instrument, Parameters

SOURCES = ("documented", "observed", "inferred")
_TEXT_CONSTANTS = frozenset({"transit_ccy", "bridge_ccy"})
_LEVEL_CONSTANTS = frozenset({"quota_levels"})


KEYS = frozenset({"instrument", "ccy", "source", "note", "fields"})
"""What stands in a row and is no number: its key, and where its numbers come from."""


class _Row(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    source: str
    note: str
    fields: dict[str, tuple[str, str]] = {}
    """Number of this row -> (source, note), where other than the row's holds."""

    def source_of(self, field: str) -> tuple[str, str]:
        """(source, note) of one number of this row."""
        return self.fields.get(field, (self.source, self.note))


class _Instrument(_Row, frozen=True, kw_only=True):
    instrument: str
    base_ccy: str
    quote_ccy: str
    tick: str
    lot: str
    min_size: str
    depth_quote: str
    listed_at_ms: int


class _Currency(_Row, frozen=True, kw_only=True):
    ccy: str
    name: str
    decimals: int


class _Discount(_Row, frozen=True, kw_only=True):
    ccy: str
    tiers: tuple[tuple[str, str], ...]
    step: str
    step_size: str


class _Margin(_Row, frozen=True, kw_only=True):
    ccy: str
    tiers: tuple[tuple[str, str, str], ...]
    """(upper bound, maintenance rate, initial rate)."""
    step: str
    step_size: str


class _Lending(_Row, frozen=True, kw_only=True):
    ccy: str
    rate_per_year: str
    quota: str
    pool: str
    min_borrow: str
    loan_max: str
    borrowable: bool = True
    collateral: bool = True
    loanable: bool = True
    collateral_limit: str = "0"
    level_quotas: tuple[tuple[str, str], ...] = ()


class _Constant(_Row, frozen=True, kw_only=True):
    name: str
    value: str | bool | int | tuple[str | tuple[str, str], ...]


class Table(Struct, frozen=True, forbid_unknown_fields=True):
    """The file as it stands, rows with their sources."""

    about: str
    instruments: tuple[_Instrument, ...]
    currencies: tuple[_Currency, ...]
    discounts: tuple[_Discount, ...]
    margins: tuple[_Margin, ...]
    lending: tuple[_Lending, ...]
    constants: tuple[_Constant, ...]


def packaged_table() -> Table:
    """The table shipped with the package. Raises ValueError where a number has no known source."""
    return table_from(resources.files("tallystick.data").joinpath("parameters.json").read_bytes())


def table_from(raw: bytes) -> Table:
    table = msgspec.json.decode(raw, type=Table)
    for rows in (table.instruments, table.currencies, table.discounts, table.margins, table.lending, table.constants):
        for row in rows:
            _require_sources(row)
    return table


def _require_sources(row: _Row) -> None:
    keys = KEYS | {"name"} if isinstance(row, _Constant) else KEYS
    numbers = {field.name for field in msgspec.structs.fields(row)} - keys
    for name in row.fields:
        if name not in numbers:
            raise ValueError(f"a source for {name}, which is no number of the row: {row!r}")
    for source, note in ((row.source, row.note), *row.fields.values()):
        if source not in SOURCES or not note:
            raise ValueError(f"row without a known source: {row!r}")


def load_parameters(table: Table | None = None) -> Parameters:
    """The engine's parameters. Amounts and rates in atoms (10**18); delays in milliseconds."""
    table = packaged_table() if table is None else table
    constants = {row.name: _constant(row) for row in table.constants}
    return msgspec.convert(
        {
            "instruments": {row.instrument: _instrument(row) for row in table.instruments},
            "currencies": _currencies(table),
            **constants,
        },
        Parameters,
    )


def _constant(row: _Constant) -> object:
    """Decimal text is a number per 10**18, a JSON number is a count or a duration, and names stay names."""
    if row.name in _LEVEL_CONSTANTS and isinstance(row.value, tuple):
        return _levels(pair for pair in row.value if isinstance(pair, tuple))
    if isinstance(row.value, str) and row.name not in _TEXT_CONSTANTS:
        return atoms_from_text(row.value)
    return row.value


def _levels(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, int], ...]:
    return tuple((level, atoms_from_text(number)) for level, number in pairs)


def _instrument(row: _Instrument) -> Instrument:
    return Instrument(
        instrument=row.instrument,
        base_ccy=row.base_ccy,
        quote_ccy=row.quote_ccy,
        tick=atoms_from_text(row.tick),
        lot=atoms_from_text(row.lot),
        min_size=atoms_from_text(row.min_size),
        depth_quote=atoms_from_text(row.depth_quote),
        listed_at_ms=row.listed_at_ms,
    )


def _currencies(table: Table) -> dict[str, Currency]:
    discounts = {row.ccy: row for row in table.discounts}
    margins = {row.ccy: row for row in table.margins}
    lending = {row.ccy: row for row in table.lending}
    return {row.ccy: _currency(row, discounts[row.ccy], margins[row.ccy], lending[row.ccy]) for row in table.currencies}


def _currency(row: _Currency, discount: _Discount, margin: _Margin, lending: _Lending) -> Currency:
    return Currency(
        ccy=row.ccy,
        name=row.name,
        decimals=row.decimals,
        discount_tiers=tuple((atoms_from_text(bound), atoms_from_text(rate)) for bound, rate in discount.tiers),
        discount_step=atoms_from_text(discount.step),
        discount_step_size=atoms_from_text(discount.step_size),
        margin_tiers=tuple(
            (atoms_from_text(bound), atoms_from_text(maintenance), atoms_from_text(initial))
            for bound, maintenance, initial in margin.tiers
        ),
        margin_step=atoms_from_text(margin.step),
        margin_step_size=atoms_from_text(margin.step_size),
        rate_per_year=atoms_from_text(lending.rate_per_year),
        quota=atoms_from_text(lending.quota),
        pool=atoms_from_text(lending.pool),
        min_borrow=atoms_from_text(lending.min_borrow),
        loan_max=atoms_from_text(lending.loan_max),
        borrowable=lending.borrowable,
        collateral=lending.collateral,
        loanable=lending.loanable,
        collateral_limit=atoms_from_text(lending.collateral_limit),
        level_quotas=_levels(lending.level_quotas),
    )
