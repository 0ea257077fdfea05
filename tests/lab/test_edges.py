"""Loans on each line to the atom, and on the edges at which lines are cut: no verdict is wrong.

With a margin of 0 the same loans get wrong verdicts, so they are hard enough.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pytest
from msgspec.structs import replace

from tallystick.engine.amounts import ONE, atoms_from_text
from tallystick.engine.interest import LOAN_UNIT
from tallystick.engine.loan_judging import CALLED, DUE, SAFE, Verdict, standing
from tallystick.engine.parameters import Parameters
from tallystick.engine.prices import Quotes
from tallystick.lab import columns
from tallystick.lab.book import Book
from tallystick.lab.lives import Lives
from tallystick.lab.opening import Opened, state_with
from tallystick.lab.rows import WARNED
from tallystick.venue.parameters import load_parameters
from tests.lab.worlds import AT_MS, COINS, PRICES

LOANS = 3_400
BESIDE = (-1, 0, 1)
"""Atoms by which each debt is put beside the first one that is at the line."""


@lru_cache(maxsize=1)
def parameters() -> Parameters:
    """Rates so small that an hour adds exactly one unit of interest to every debt."""
    packaged = load_parameters()
    coins = {ccy: replace(row, rate_per_year=1) for ccy, row in packaged.currencies.items()}
    return replace(packaged, currencies=coins)


def judged(loan: Opened, quotes: Quotes) -> Verdict:
    return standing(parameters(), quotes, loan.debts, loan.collateral, e_mode=loan.e_mode).verdict


@lru_cache(maxsize=1)
def cases() -> tuple[tuple[Opened, Verdict], ...]:
    """Loans as they stand after one hour, each on a line or an atom beside it, with the engine's verdict."""
    draw = np.random.default_rng(23)
    usd = {pair.split("-")[0]: atoms_from_text(text) for pair, text in PRICES.items()}
    quotes = Quotes(usd)
    found: list[tuple[Opened, Verdict]] = []
    for number in range(LOANS):
        e_mode = number % 10 == 0
        names = [str(ccy) for ccy in draw.permutation(COINS)]
        owed, *pledged = ("USDT", "USDC") if e_mode else names[: int(draw.integers(2, 6))]
        value = int(10 ** draw.uniform(1, 7))
        collateral = {ccy: value * ONE * ONE // usd[ccy] + int(draw.integers(10**9)) for ccy in pledged}

        def with_debt(debt: int, owed: str = owed, collateral: dict[str, int] = collateral) -> Opened:
            return Opened(
                debts={owed: debt}, collateral=collateral, e_mode=owed == "USDT" and set(collateral) == {"USDC"}
            )

        most = 2 * sum(amount * usd[ccy] for ccy, amount in collateral.items()) // usd[owed]
        for verdicts in ((SAFE,), (SAFE, CALLED)):

            def beyond(debt: int, ok: tuple[str, ...] = verdicts, made: Callable[[int], Opened] = with_debt) -> bool:
                return judged(made(debt), quotes) not in ok

            first = first_beyond(beyond, most)
            loans = [with_debt(first + beside) for beside in BESIDE]
            found += [(loan, judged(loan, quotes)) for loan in loans]
    return tuple(found)


def first_beyond(beyond: Callable[[int], bool], most: int) -> int:
    """Least debt that is beyond a line, by bisection."""
    low, high = 2 * LOAN_UNIT, most
    while low + 1 < high:
        middle = (low + high) // 2
        low, high = (low, middle) if beyond(middle) else (middle, high)
    return high


def wrong(margin: float, *, compiled: bool = False, warned: bool = False) -> int:
    """Number of cases on which the lab's verdict is not the engine's; with `compiled` by its machine code.

    Loans that are `warned` already are not warned again in this hour, so that none but those that are due are told.
    """
    before = [
        Opened(
            debts={ccy: debt - LOAN_UNIT for ccy, debt in loan.debts.items()},
            collateral=loan.collateral,
            e_mode=loan.e_mode,
        )
        for loan, _ in cases()
    ]
    prices = {pair: atoms_from_text(text) for pair, text in PRICES.items()}
    book = Book(state_with(parameters(), AT_MS, prices, before))
    still = np.array([[index // unit for index, unit in zip(book.first, book.units, strict=True)]], dtype=np.int64)
    loans = [loan._replace(warned_at_ms=book.hour_ms if warned else 0) for loan in book.loans]
    lives = Lives(book, 1, 1, margin, loans, compiled=compiled).on(still)
    told = {life.loan_id: life.rows[0].what for life in lives}
    count = 0
    for number, (_, wanted) in enumerate(cases(), start=1):
        verdict = SAFE if warned and wanted == CALLED else wanted
        first = told.get(number)
        said = SAFE if first is None else CALLED if first == WARNED else DUE
        count += said != verdict
    return count


def test_every_case_is_on_a_line() -> None:
    verdicts = [verdict for _, verdict in cases()]
    assert len(verdicts) == LOANS * 2 * len(BESIDE)
    assert min(verdicts.count(verdict) for verdict in (SAFE, CALLED, DUE)) > LOANS // 2


@pytest.mark.parametrize("compiled", [False, True])
def test_no_verdict_is_wrong(compiled: bool) -> None:
    assert wrong(1e-9, compiled=compiled) == 0


@pytest.mark.parametrize("compiled", [False, True])
def test_without_the_margin_verdicts_are_wrong(compiled: bool) -> None:
    assert wrong(0.0, compiled=compiled) > 0


@pytest.mark.parametrize("compiled", [False, True])
def test_no_verdict_on_a_warned_loan_is_wrong(compiled: bool) -> None:
    assert wrong(1e-9, compiled=compiled, warned=True) == 0


def test_a_warned_loan_that_is_passed_over_below_a_line_that_is_not_cut_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(columns, "LINE_CUT", 0.0)
    assert wrong(1e-9, warned=True) > 0


def test_a_line_that_is_not_cut_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from tallystick.lab import screen

    monkeypatch.setattr(screen, "_cut", lambda ratio, margin: (ratio, np.zeros(ratio.shape, dtype=bool)))
    assert wrong(1e-9) > 0
