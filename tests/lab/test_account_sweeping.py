"""Sweeps of accounts: a varied book is the engine's, also at varied prices, and a sweep goes on after Ctrl-C."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tallystick.engine.amounts import ONE, atoms_from_text
from tallystick.lab import running, world
from tallystick.lab.account_lives import AccountLives
from tallystick.lab.account_rows import STARTED
from tallystick.lab.book import Account, Book
from tallystick.lab.jobs import LabFailed
from tallystick.lab.kept_sweeps import Plan, SweepFolder
from tallystick.lab.models import BadModel, Walk
from tallystick.lab.opening import Opened, state_with
from tallystick.lab.rows import Row
from tallystick.lab.running import begin
from tallystick.lab.sweeping import axes_of, varied
from tallystick.lab.tables import swept
from tests.lab.account_worlds import account_world, owing_of
from tests.lab.worlds import AT_MS, PRICES, World

MODEL = Walk(usual=1.5)
VARIANT = {"price": "0.8", "collateral": "0.99"}


def opened_anew(book: Book) -> Book:
    """Accounts of a varied book in a state of their own, whose prices are the varied ones."""
    prices = {pair: atoms_from_text(text) for pair, text in PRICES.items()}
    prices |= dict(zip(book.pairs, book.first, strict=True))
    return Book(state_with(book.parameters, AT_MS, prices, [], owing_of(book)))


def lived(book: Book, made: World) -> dict[int, list[Row]]:
    lives = AccountLives(book, made.hours, made.points)
    return {life.user_id: list(life.rows) for life in lives.on(made.steps)}


@pytest.mark.parametrize("seed", [2, 10])
def test_a_varied_book_is_the_engines(seed: int) -> None:
    """At four fifths of the prices some accounts are due at the first moment, which is judged at the varied prices."""
    made = account_world(seed, hours_most=130)
    book = varied(made.book, VARIANT)
    moments = AccountLives(book, made.hours, made.points).moments
    found = lived(book, made)
    assert found == world.play(opened_anew(book), made.steps, moments).accounts
    first_ms = int(moments.at_ms[0])
    assert any(row.what == STARTED and row.at_ms == first_ms for rows in found.values() for row in rows)
    book.quoted_anew = False
    assert lived(book, made) != found


def test_a_variant_of_accounts_by_hand() -> None:
    made = account_world(1, hours_most=130).book
    first: Account = made.accounts[0]
    ccy = next(iter(first.held))
    book = varied(made, {f"collateral:{ccy}": "0.5", "debt": "2"})
    assert book.accounts[0].held == {**first.held, ccy: first.held[ccy] // 2}
    assert book.accounts[0].debts == {coin: 2 * debt for coin, debt in first.debts.items()}
    with pytest.raises(BadModel, match="ltv is that of loans, and the book has none"):
        varied(made, {"ltv": "0.5"})


def test_ctrl_c_keeps_cells_and_paths_and_the_rest_is_done_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "RANGE_PATHS", 4)
    loans = [Opened(debts={"USDT": 20_000 * ONE}, collateral={"BTC": ONE})]
    accounts = account_world(4, hours_most=130).book
    prices = {pair: atoms_from_text(text) for pair, text in PRICES.items()}
    book = Book(state_with(accounts.parameters, AT_MS, prices, loans, owing_of(accounts)[:5]))
    axes = axes_of(["debt=0.9,1,1.1"])
    manifest = begin(book, MODEL, paths=8, seed=7, hours=24, points=1)
    whole = swept(manifest, book, axes, MODEL)
    assert len({cell.digest for cell in whole.cells}) == 3
    folder = SweepFolder(tmp_path / "swept")
    folder.begin(Plan(manifest, axes), book)
    told: list[int] = []

    def stop(done: int, of: int) -> None:
        told.append(done)
        if done == 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        swept(manifest, book, axes, MODEL, folder=folder, progress=stop)
    assert (folder.cell(0), folder.cell(1)) == (whole.cells[0], None)
    told.clear()
    again = SweepFolder(tmp_path / "swept")
    assert swept(again.plan().manifest, again.book(), again.plan().axes, MODEL, folder=again, progress=stop) == whole
    assert told == [16, 20, 24]
    with pytest.raises(LabFailed, match="holds a sweep or a run"):
        folder.begin(Plan(manifest, axes), book)


def test_the_draws_of_accounts_are_the_same_for_every_variant() -> None:
    made = account_world(1, hours_most=130).book
    one, other = (MODEL.paths(book, 7, 24, 1)(2) for book in (made, varied(made, {"debt": "2"})))
    assert np.array_equal(one, other)
