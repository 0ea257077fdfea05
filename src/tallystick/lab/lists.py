"""Books from lists of loans: a CSV of one's own, or a saved answer of flexible-loan/loan-info."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from tallystick.engine import prices as engine_prices
from tallystick.engine.amounts import ONE, atoms_from_text
from tallystick.engine.parameters import Parameters
from tallystick.engine.state import State
from tallystick.lab.opening import Opened, state_with

COLUMNS: Final = ("debt", "collateral")
AT_MS: Final = 1_767_225_600_000
"""Time at which a book from a list begins: 2026-01-01 in UTC. Lists carry no time."""
BYTES_MOST: Final = 64 * 1024 * 1024


class BadList(ValueError):
    """Error for a list of loans that cannot be read. The text names the place."""


def loans_of(path: Path) -> list[Opened]:
    """Read the loans of a file: CSV by the ending .csv, else JSON. Raises BadList, OSError."""
    if path.stat().st_size > BYTES_MOST:
        raise BadList(f"{path} is larger than {BYTES_MOST} bytes")
    raw = path.read_bytes()
    try:
        return from_csv(raw.decode("utf-8-sig")) if path.suffix == ".csv" else from_loan_info(raw)
    except UnicodeDecodeError:
        raise BadList(f"{path} is no UTF-8 text") from None


def from_csv(text: str) -> list[Opened]:
    """Read lines with the columns debt, collateral and, where wanted, e_mode (yes or nothing). Raises BadList.

    A cell has amounts and coins in turn, such as `1000 USDT` or `0.02 BTC 1.5 ETH`.
    """
    reader = csv.DictReader(io.StringIO(text))
    if not set(COLUMNS) <= set(reader.fieldnames or ()):
        raise BadList(f"the first line must name the columns {' and '.join(COLUMNS)}, and e_mode where it is wanted")
    return [
        Opened(
            debts=_amounts(line["debt"], f"line {number}, debt"),
            collateral=_amounts(line["collateral"], f"line {number}, collateral"),
            e_mode=(line.get("e_mode") or "") == "yes",
        )
        for number, line in enumerate(reader, start=2)
    ]


def from_loan_info(raw: bytes) -> list[Opened]:
    """Read an answer of loan-info, or its rows alone. Loans of an answer are not in E-Mode. Raises BadList."""
    try:
        told: Any = msgspec.json.decode(raw)
        rows = told["data"] if isinstance(told, dict) else told
        return [
            Opened(
                debts={one["ccy"]: atoms_from_text(one["amt"]) for one in row["loanData"]},
                collateral={one["ccy"]: atoms_from_text(one["amt"]) for one in row["collateralData"]},
            )
            for row in rows
        ]
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as problem:
        raise BadList(f"no answer of flexible-loan/loan-info: {problem}") from None


def _amounts(cell: str | None, where: str) -> dict[str, int]:
    words = (cell or "").split()
    try:
        found = {ccy: atoms_from_text(amount) for amount, ccy in zip(words[::2], words[1::2], strict=True)}
    except ValueError:
        found = {}
    if not found:
        raise BadList(f"{where}: write amounts and coins in turn, such as 0.02 BTC 1.5 ETH, and not {cell!r}")
    return found


def with_rates(parameters: Parameters, yearly: Mapping[str, int]) -> Parameters:
    """Parameters with these rates a year (per 10**18) set. Raises BadList: a coin is unknown."""
    unknown = [ccy for ccy in yearly if ccy not in parameters.currencies]
    if unknown:
        raise BadList(f"no coin is called {unknown[0]}; there are {' '.join(parameters.currencies)}")
    changed = {ccy: replace(parameters.currencies[ccy], rate_per_year=rate) for ccy, rate in yearly.items()}
    return replace(parameters, currencies={**parameters.currencies, **changed})


def state_of(loans: Iterable[Opened], parameters: Parameters, prices: Mapping[str, int]) -> State:
    """State with these loans at these prices (per 10**18 by pair); stable coins are at 1 unless named.

    Raises BadList: a price is missing, or a loan cannot be.
    """
    found = list(loans)
    transit = parameters.transit_ccy
    needed = {ccy for loan in found for ccy in (*loan.debts, *loan.collateral)} - {transit}
    quoted = {f"{ccy}-{transit}": ONE for ccy in sorted(needed) if ccy in parameters.stable_ccys} | dict(prices)
    unknown = [pair for pair in quoted if pair not in parameters.instruments and pair != f"{transit}-USD"]
    if unknown:
        raise BadList(f"no pair is called {unknown[0]}; there are {' '.join(parameters.instruments)}")
    try:
        state = state_with(parameters, AT_MS, quoted, found)
    except ValueError as problem:
        raise BadList(str(problem)) from None
    missing = [ccy for ccy in sorted(needed) if engine_prices.usd_index(state, ccy) <= 0]
    if missing:
        raise BadList(f"say what {missing[0]} is worth: --price {missing[0]}-{transit}=PRICE")
    return state
