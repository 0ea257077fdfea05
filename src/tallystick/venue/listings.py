"""New coins and pairs as text: what a listing has to say of each, what is taken for granted, and the command it makes.

A row names its numbers as a patch does. A coin that says nothing is held and traded, and nothing more: it is
borrowed in Spot mode where `quota` is said, lent in flexible loans where `loan_max` is said, and counts as collateral
where `discount_tiers` are said (decisions/048).
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from tallystick.engine.amounts import atoms_from_text
from tallystick.engine.commands import Command, SetPrices
from tallystick.engine.listing import ListCoins, with_rows
from tallystick.engine.parameters import (
    CURRENCIES,
    INSTRUMENTS,
    LEVERS,
    Currency,
    Instrument,
    Parameters,
    path_of,
)
from tallystick.venue.parameter_text import FORMS, value_of
from tallystick.venue.settings import BadValue, Patch, command_of

__all__ = ["Listing", "Numbers", "commands_of", "listing_of", "numbers_of", "prices_of", "text_of_file", "with_rows"]

FILE_MAX: Final = 1 << 20
_ALL: Final = "1000000000000"
COIN_DEFAULTS: Final[dict[str, Any]] = {
    "discount_tiers": [[_ALL, "0"]],
    "discount_step": "0",
    "discount_step_size": _ALL,
    "margin_tiers": [[_ALL, "0.05", "0.2"]],
    "margin_step": "0.01",
    "margin_step_size": _ALL,
    "rate_per_year": "0",
    "quota": "0",
    "pool": "0",
    "min_borrow": "0.000001",
    "decimals": 8,
    "collateral_limit": "0",
    "level_quotas": [],
    "free_quota": "0",
    "free_quota_equity": [],
}
PAIR_DEFAULTS: Final[dict[str, Any]] = {"depth_quote": "1000000", "listed_at_ms": 0}
PAIR_NEEDS: Final = ("tick", "lot")


class Listing(Struct, frozen=True, forbid_unknown_fields=True):
    """New coins and pairs by name, and prices that are set by hand once they are listed."""

    currencies: dict[str, dict[str, Any]] = {}
    instruments: dict[str, dict[str, Any]] = {}
    prices: dict[str, str] = {}


class Numbers(Struct, frozen=True, forbid_unknown_fields=True):
    """File of numbers: rows that are new are listed, those that are there are changed, and prices are set by hand."""

    currencies: dict[str, dict[str, Any]] = {}
    instruments: dict[str, dict[str, Any]] = {}
    constants: dict[str, Any] = {}
    prices: dict[str, str] = {}


def numbers_of(text: str) -> Numbers:
    """Numbers from TOML. Raises BadValue: no TOML, or tables of another form."""
    try:
        return msgspec.convert(tomllib.loads(text), Numbers)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as problem:
        raise BadValue(str(problem)) from None


def text_of_file(path: Path) -> str:
    """Text of a file that a user names. Raises BadValue: it cannot be read, is no text, or is too large."""
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_MAX + 1)
        if len(raw) > FILE_MAX:
            raise BadValue(f"{path} is larger than {FILE_MAX} bytes")
        return raw.decode("utf-8")
    except OSError as problem:
        raise BadValue(f"{path} cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise BadValue(f"{path} is not text in UTF-8") from None


def commands_of(numbers: Numbers, parameters: Parameters) -> tuple[Command, ...]:
    """Commands that bring these numbers about, in their order: listing, changes, prices. Raises BadValue."""
    new_coins = {name: row for name, row in numbers.currencies.items() if name not in parameters.currencies}
    new_pairs = {name: row for name, row in numbers.instruments.items() if name not in parameters.instruments}
    patch = Patch(
        {name: row for name, row in numbers.instruments.items() if name not in new_pairs},
        {name: row for name, row in numbers.currencies.items() if name not in new_coins},
        numbers.constants,
    )
    found: list[Command] = []
    if new_coins or new_pairs:
        found.append(listing_of(new_coins, new_pairs))
    change = command_of(patch)
    if change.settings:
        found.append(change)
    if numbers.prices:
        found.append(prices_of(numbers.prices))
    return tuple(found)


def listing_of(coins: dict[str, dict[str, Any]], pairs: dict[str, dict[str, Any]]) -> ListCoins:
    """Read new rows into a command. The engine judges names and ranges. Raises BadValue."""
    return ListCoins(
        currencies=tuple(_coin(name, row) for name, row in coins.items()),
        instruments=tuple(_pair(name, row) for name, row in pairs.items()),
    )


def prices_of(prices: dict[str, str]) -> SetPrices:
    """Read prices by hand. Raises BadValue."""
    found = []
    for name, text in prices.items():
        try:
            found.append((name, atoms_from_text(text)))
        except ValueError:
            raise BadValue(f'prices.{name} must be plain decimal text, such as "0.5"') from None
    return SetPrices(prices=tuple(found))


def _coin(name: str, row: dict[str, Any]) -> Currency:
    said = {
        **COIN_DEFAULTS,
        "loan_max": row.get("quota", "0"),
        "borrowable": "quota" in row,
        "loanable": "loan_max" in row,
        "collateral": "discount_tiers" in row,
        "name": name,
        **row,
    }
    return Currency(ccy=name, **_values(CURRENCIES, name, said, ()))


def _pair(name: str, row: dict[str, Any]) -> Instrument:
    base, _, quote = name.partition("-")
    said = {**PAIR_DEFAULTS, "base_ccy": base, "quote_ccy": quote, "min_size": row.get("lot"), **row}
    return Instrument(instrument=name, **_values(INSTRUMENTS, name, said, PAIR_NEEDS))


def _values(table: str, row: str, said: dict[str, Any], needed: tuple[str, ...]) -> dict[str, Any]:
    """Values of a new row for the engine. Raises BadValue: a field is unknown, lacks, or is of another form."""
    levers = LEVERS[table]
    missing = [field for field in needed if field not in said]
    if missing:
        raise BadValue(f"{table}.{row} is new here, and a new one has to say {' and '.join(missing)}")
    values = {}
    for field, text in said.items():
        lever = levers.get(field)
        if lever is None:
            raise BadValue(f"{path_of(table, row, field)} is no parameter; there are {', '.join(levers)}")
        try:
            values[field] = value_of(lever.kind, text)
        except (ValueError, TypeError):
            raise BadValue(f"{path_of(table, row, field)} must be {FORMS[lever.kind]}") from None
    return values
