"""Books from lists: a CSV of loans or accounts, or a saved answer of flexible-loan/loan-info or account/balance."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from tallystick.engine import prices as engine_prices
from tallystick.engine.amounts import ONE, atoms_from_text
from tallystick.engine.kinds import MULTI_CURRENCY, PORTFOLIO, SPOT, AccountMode
from tallystick.engine.parameters import Parameters
from tallystick.engine.state import State
from tallystick.lab.balances import from_balance
from tallystick.lab.listed import BadList, Listed, untold
from tallystick.lab.opening import Opened, Owing, state_with

COLUMNS: Final = ("debt", "collateral")
LOAN_COLUMNS: Final = (*COLUMNS, "e_mode")
ACCOUNT_COLUMNS: Final = ("debt", "coins")
OWING_COLUMNS: Final = (*ACCOUNT_COLUMNS, "mode")
MODES: Final[dict[str, AccountMode]] = {"": SPOT, "spot": SPOT, "multi": MULTI_CURRENCY, "portfolio": PORTFOLIO}
AT_MS: Final = 1_767_225_600_000
"""Time at which a book from a list begins: 2026-01-01 in UTC. Lists carry no time."""
BYTES_MOST: Final = 64 * 1024 * 1024


def listed_in(path: Path, parameters: Parameters) -> Listed:
    """Read the loans or accounts of a file: CSV by the ending .csv, else JSON. Raises BadList, OSError."""
    if path.stat().st_size > BYTES_MOST:
        raise BadList(f"{path} is larger than {BYTES_MOST} bytes")
    raw = path.read_bytes()
    try:
        return from_csv(raw.decode("utf-8-sig")) if path.suffix == ".csv" else from_answer(raw, parameters)
    except UnicodeDecodeError:
        raise BadList(f"{path} is no UTF-8 text") from None


def from_csv(text: str) -> Listed:
    """Read loans or accounts, a line each. Raises BadList.

    Loans have the columns debt, collateral and, where wanted, e_mode (yes or nothing); accounts debt, coins (all that
    is held, borrowed coins included) and, where wanted, mode (spot, multi, portfolio). A cell has amounts and coins in
    turn, such as `1000 USDT` or `0.02 BTC 1.5 ETH`.
    """
    reader = csv.DictReader(io.StringIO(text))
    columns = reader.fieldnames or ()
    lines = _lines(reader)
    if set(COLUMNS) <= set(columns):
        return Listed(loans=tuple(_loan(number, line) for number, line in lines), notes=_unread(columns, LOAN_COLUMNS))
    if set(ACCOUNT_COLUMNS) <= set(columns):
        accounts = tuple(_account(number, line) for number, line in lines)
        return Listed(accounts=accounts, notes=(*_unread(columns, OWING_COLUMNS), *untold(accounts)))
    raise BadList(
        f"the first line must name the columns {' and '.join(COLUMNS)} (and e_mode where it is wanted) for loans, or "
        f"{' and '.join(ACCOUNT_COLUMNS)} (and mode) for accounts"
    )


def _lines(reader: csv.DictReader[str]) -> Iterator[tuple[int, dict[str, str]]]:
    for line in reader:
        if None in line:
            raise BadList(f"line {reader.line_num} has more cells than the first line names columns")
        yield reader.line_num, line


def _unread(columns: Sequence[str], known: Collection[str]) -> tuple[str, ...]:
    unread = [column for column in columns if column not in known]
    return (f"columns that are not read: {', '.join(unread)}.",) if unread else ()


def _loan(number: int, line: Mapping[str, str]) -> Opened:
    told = line.get("e_mode") or ""
    if told not in ("", "yes"):
        raise BadList(f"line {number}, e_mode: {told!r} is neither yes nor nothing")
    return Opened(
        debts=_amounts(line["debt"], f"line {number}, debt"),
        collateral=_amounts(line["collateral"], f"line {number}, collateral"),
        e_mode=told == "yes",
    )


def _account(number: int, line: Mapping[str, str]) -> Owing:
    mode = MODES.get(line.get("mode") or "")
    if mode is None:
        raise BadList(f"line {number}, mode: {line['mode']!r} is none of spot, multi and portfolio")
    return Owing(
        held=_amounts(line["coins"], f"line {number}, coins"),
        debts=_amounts(line["debt"], f"line {number}, debt"),
        mode=mode,
    )


def from_answer(raw: bytes, parameters: Parameters) -> Listed:
    """Read an answer of loan-info or of account/balance, or the rows of one alone. Raises BadList."""
    kind = "flexible-loan/loan-info or account/balance"
    try:
        told: Any = msgspec.json.decode(raw)
        rows = told["data"] if isinstance(told, dict) else told
        if rows and "details" in rows[0]:
            kind = "account/balance"
            return from_balance(rows, parameters)
        kind = "flexible-loan/loan-info"
        return _from_loan_info(rows, parameters)
    except BadList:
        raise
    except (msgspec.DecodeError, KeyError, TypeError, ValueError) as problem:
        raise BadList(f"no answer of {kind}: {problem}") from None


def _from_loan_info(rows: Any, parameters: Parameters) -> Listed:
    """Read rows of loan-info. A loan whose lines are those of E-Mode is in it; one without lines is taken as not."""
    lines = (parameters.loan_e_mode_margin_call, parameters.loan_e_mode_liquidation)
    loans, silent = [], 0
    for row in rows:
        told = tuple(row.get(name) or "" for name in ("marginCallLTV", "liqLTV"))
        silent += "" in told
        loans.append(
            Opened(
                debts={one["ccy"]: atoms_from_text(one["amt"]) for one in row["loanData"]},
                collateral={one["ccy"]: atoms_from_text(one["amt"]) for one in row["collateralData"]},
                e_mode="" not in told and tuple(atoms_from_text(text) for text in told) == lines,
            )
        )
    note = f"loans without marginCallLTV and liqLTV: {silent} of {len(loans)}; they are taken as not in E-Mode."
    return Listed(loans=tuple(loans), notes=(note,) if silent else ())


def _amounts(cell: str | None, where: str) -> dict[str, int]:
    words = (cell or "").split()
    try:
        found = {ccy: atoms_from_text(amount) for amount, ccy in zip(words[::2], words[1::2], strict=True)}
    except ValueError:
        found = {}
    if not found:
        raise BadList(f"{where}: write amounts and coins in turn, such as 0.02 BTC 1.5 ETH, and not {cell or ''!r}")
    if len(found) < len(words) // 2:
        raise BadList(f"{where}: {cell!r} names a coin twice")
    return found


def with_rates(parameters: Parameters, yearly: Mapping[str, int]) -> Parameters:
    """Parameters with these rates a year (per 10**18) set. Raises BadList: a coin is unknown."""
    unknown = [ccy for ccy in yearly if ccy not in parameters.currencies]
    if unknown:
        raise BadList(f"no coin is called {unknown[0]}; there are {' '.join(parameters.currencies)}")
    changed = {ccy: replace(parameters.currencies[ccy], rate_per_year=rate) for ccy, rate in yearly.items()}
    return replace(parameters, currencies={**parameters.currencies, **changed})


def state_of(listed: Listed, parameters: Parameters, prices: Mapping[str, int]) -> State:
    """State with these loans and accounts at these prices (per 10**18 by pair); stable coins are at 1 unless named.

    Raises BadList: a price is missing, or a loan or an account cannot be.
    """
    transit = parameters.transit_ccy
    held = {ccy for account in listed.accounts for ccy in account.held}
    needed = {ccy for loan in listed.loans for ccy in (*loan.debts, *loan.collateral)}
    needed |= {ccy for account in listed.accounts for ccy in account.debts}
    needed |= {ccy for ccy in held if ccy in parameters.currencies and parameters.currencies[ccy].collateral}
    needed -= {transit}
    quoted = {f"{ccy}-{transit}": ONE for ccy in sorted(needed) if ccy in parameters.stable_ccys} | dict(prices)
    unknown = [pair for pair in quoted if pair not in parameters.instruments and pair != f"{transit}-USD"]
    if unknown:
        raise BadList(f"no pair is called {unknown[0]}; there are {' '.join(parameters.instruments)}")
    try:
        state = state_with(parameters, AT_MS, quoted, listed.loans, listed.accounts)
    except ValueError as problem:
        raise BadList(str(problem)) from None
    missing = [ccy for ccy in sorted(needed) if engine_prices.usd_index(state, ccy) <= 0]
    if missing:
        raise BadList(f"say what {missing[0]} is worth: --price {missing[0]}-{transit}=PRICE")
    return state
