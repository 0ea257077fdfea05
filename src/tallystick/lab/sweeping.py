"""Sweeps: one book varied along one axis or two, each variant run on the same paths, so that only the variant differs.

    price=0.8        all first prices of coins that are not stable times 0.8; price:BTC-USDT=0.8 of one pair
    collateral=1.2   all collateral, and all coins that accounts hold, times 1.2; collateral:BTC=1.2 of one coin
    debt=0.9         all debts times 0.9; debt:USDT=0.9 of one coin
    ltv=0.6          the debts of each loan in proportion, so that its LTV is 0.6 at the first prices; not of accounts

What an account holds includes what it has borrowed: each is varied alone.

Prices are varied first, the LTV last. Amounts are cut to atoms, prices are the nearest steps. A variant of prices moves
the same draws to another level. Source: chosen (decisions/058).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from copy import copy
from typing import Final

from msgspec import Struct

from tallystick.engine.amounts import ONE, atoms_from_text
from tallystick.engine.loan_judging import collateral_usd, debts_usd
from tallystick.engine.prices import dollar_pair
from tallystick.lab.book import Book, Held
from tallystick.lab.forms import Answer, Manifest
from tallystick.lab.models import BadModel

NAMES: Final = ("price", "collateral", "debt", "ltv")
AXES_MOST: Final = 2
CELLS_MOST: Final = 400
TIMES_MOST: Final = 1_000_000 * ONE


class Axis(Struct, frozen=True):
    """Axis of a sweep: what is varied, and its values as decimal text."""

    name: str
    values: list[str]


class Cell(Struct, frozen=True):
    """Cell of a sweep: the variant, the digest of its lines, and the answer about its whole book."""

    variant: dict[str, str]
    digest: str
    answer: Answer


class Sweep(Struct, frozen=True):
    """Sweep that is complete. The manifest is that of every cell, without variant and digest."""

    manifest: Manifest
    axes: list[Axis]
    cells: list[Cell]


def axes_of(told: Sequence[str]) -> list[Axis]:
    """Axes from texts NAME=VALUE,VALUE,... Raises BadModel: there is none or more than two, or one cannot be."""
    found = []
    for text in told:
        name, _, values = text.partition("=")
        found.append(Axis(name, values.split(",")))
        for value in found[-1].values:
            _times(name, value)
    if not 1 <= len(found) <= AXES_MOST or len({axis.name for axis in found}) < len(found):
        raise BadModel("a sweep varies one thing or two, such as price=0.8,0.9,1 and ltv=0.5,0.6")
    if len(variants(found)) > CELLS_MOST:
        raise BadModel(f"a sweep has {CELLS_MOST} cells at most")
    return found


def variants(axes: Sequence[Axis]) -> list[dict[str, str]]:
    """Variants of all cells, the last axis moving first."""
    names = [axis.name for axis in axes]
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*(axis.values for axis in axes))]


# ---- variants


def varied(book: Book, variant: Mapping[str, str]) -> Book:
    """Book with a variant; the book itself without one. Raises BadModel."""
    if not variant:
        return book
    made = copy(book)
    for kind in NAMES:
        for name, value in variant.items():
            if name.partition(":")[0] == kind:
                _vary(made, name, _times(name, value))
    return made


def _vary(book: Book, name: str, times: int) -> None:
    kind, _, what = name.partition(":")
    if kind == "price":
        moving = [what] if what else _moving(book)
        _require(name, what, book.pairs)
        priced = zip(book.pairs, book.first, book.units, strict=True)
        book.first = tuple(_step(index, times, unit) if pair in moving else index for pair, index, unit in priced)
        book.quoted_anew = True
        return
    _require(name, what, book.coins)
    if kind == "ltv" and not book.loans:
        raise BadModel("ltv is that of loans, and the book has none: vary debt or collateral")
    if kind == "ltv":
        book.loans = tuple(_at_ltv(book, loan, times) for loan in book.loans)
    elif kind == "debt":
        book.loans = tuple(loan._replace(debts=_scaled(loan.debts, what, times)) for loan in book.loans)
        book.accounts = tuple(one._replace(debts=_scaled(one.debts, what, times)) for one in book.accounts)
    else:
        book.loans = tuple(loan._replace(collateral=_scaled(loan.collateral, what, times)) for loan in book.loans)
        book.accounts = tuple(one._replace(held=_scaled(one.held, what, times)) for one in book.accounts)


def _moving(book: Book) -> list[str]:
    stable = book.parameters.stable_ccys
    return [pair for pair in book.pairs if pair != dollar_pair(book.state) and pair.split("-")[0] not in stable]


def _step(index: int, times: int, unit: int) -> int:
    return max(1, (index * times // ONE + unit // 2) // unit) * unit


def _scaled(amounts: Mapping[str, int], what: str, times: int) -> dict[str, int]:
    return {ccy: max(1, amount * times // ONE) if what in ("", ccy) else amount for ccy, amount in amounts.items()}


def _at_ltv(book: Book, loan: Held, ltv: int) -> Held:
    quotes = book.quotes(book.first)
    worth, owed = collateral_usd(quotes, loan.collateral), debts_usd(quotes, loan.debts)
    return loan._replace(debts={ccy: max(1, debt * worth * ltv // (owed * ONE)) for ccy, debt in loan.debts.items()})


def _times(name: str, value: str) -> int:
    kind, _, what = name.partition(":")
    if kind not in NAMES or (kind == "ltv" and what):
        raise BadModel(f"nothing that can be varied is called {name[:60]!r}; there are {', '.join(NAMES)}")
    try:
        times = atoms_from_text(value)
    except ValueError:
        times = 0
    if not 0 < times <= TIMES_MOST:
        raise BadModel(f"{name[:60]}: {value[:40]!r} is no number above 0 such as 0.9")
    return times


def _require(name: str, what: str, known: Sequence[str]) -> None:
    if what and what not in known:
        raise BadModel(f"{name}: the book has no {what}; there are {', '.join(known)}")
