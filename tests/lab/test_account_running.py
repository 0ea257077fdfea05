"""Runs of books with loans and accounts: the same bytes however they are done, and by the engine itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallystick.engine.amounts import atoms_from_text
from tallystick.lab.book import Book
from tallystick.lab.forms import Manifest
from tallystick.lab.models import Walk
from tallystick.lab.opening import Opened, state_with
from tallystick.lab.replaying import replayed
from tallystick.lab.running import WHOLE, Folder, Kind, Run, begin, carry_out
from tests.lab.account_worlds import account_world, owing_of
from tests.lab.worlds import AT_MS, PRICES, world

MODEL = Walk(usual=1.5)
PATHS = 30


@pytest.fixture(scope="module")
def book() -> Book:
    """Ten loans and ten accounts of random worlds in one state."""
    loans = world(3, hours_most=130).book
    accounts = account_world(4, hours_most=130).book
    opened = [Opened(debts=one.debts, collateral=one.collateral, e_mode=one.e_mode) for one in loans.loans[:10]]
    prices = {pair: atoms_from_text(text) for pair, text in PRICES.items()}
    return Book(state_with(accounts.parameters, AT_MS, prices, opened, owing_of(accounts)[:10]))


def started(book: Book, kind: Kind = WHOLE) -> Manifest:
    return begin(book, MODEL, paths=PATHS, seed=7, hours=48, points=1, kind=kind)


@pytest.fixture(scope="module")
def whole(book: Book) -> Run:
    return carry_out(started(book), book, MODEL)


def test_loans_and_accounts_are_told(whole: Run) -> None:
    assert (whole.manifest.loans, whole.manifest.accounts) == (10, 10)
    paths = list(whole.paths())
    assert sum(len(path.loans) for path in paths) > PATHS
    assert sum(one.liquidations for path in paths for one in path.accounts) > PATHS
    assert any(one.sales_cost != "0" for path in paths for one in path.accounts)


def test_two_workers_give_the_same_bytes(book: Book, whole: Run) -> None:
    assert list(carry_out(started(book), book, MODEL, workers=2).lines()) == list(whole.lines())


def test_the_engine_has_the_same_outcomes(book: Book, whole: Run) -> None:
    """It tells quiet loans and accounts too, with their interest; all others are those of the lab."""
    played = carry_out(started(book, Kind(engine=True)), book, MODEL)
    assert played.manifest.by == "engine"
    for mine, theirs in zip(whole.paths(), played.paths(), strict=True):
        assert len(theirs.loans) + len(theirs.accounts) == 20
        loans, accounts = {one.loan: one for one in theirs.loans}, {one.account: one for one in theirs.accounts}
        assert [loans[one.loan] for one in mine.loans] == mine.loans
        assert [accounts[one.account] for one in mine.accounts] == mine.accounts
        noted = {one.loan for one in mine.loans} | {one.account for one in mine.accounts}
        quiet = [one for one in theirs.loans if one.loan not in noted]
        assert all(one.called_ms == one.liquidated_ms == 0 for one in quiet)


def test_first_events_are_those_of_the_whole_run(book: Book, whole: Run) -> None:
    first = carry_out(started(book, Kind(first_events=True)), book, MODEL)
    for mine, theirs in zip(first.paths(), whole.paths(), strict=True):
        assert [one.account for one in mine.accounts] == [one.account for one in theirs.accounts]
        assert [one.liquidated_ms for one in mine.accounts] == [one.liquidated_ms for one in theirs.accounts]
        assert [one.liquidated_ms for one in mine.loans] == [one.liquidated_ms for one in theirs.loans]


def test_alone_the_same_are_liquidated_first_at_the_same_time(book: Book, whole: Run) -> None:
    alone = carry_out(started(book, Kind(alone=True)), book, MODEL)
    assert [[(one.account, one.liquidated_ms) for one in path.accounts] for path in alone.paths()] == [
        [(one.account, one.liquidated_ms) for one in path.accounts] for path in whole.paths()
    ]


def test_a_path_again_is_the_engines(book: Book, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.begin(started(book), book)
    again = replayed(folder, 5)
    assert again.same
    assert again.accounts
