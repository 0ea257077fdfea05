"""Paths of a run again: one by the lab and by the real engine, and all of them with other collateral."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from tallystick.lab import conditions, world
from tallystick.lab.account_lives import AccountLives
from tallystick.lab.book import Book
from tallystick.lab.jobs import LabFailed
from tallystick.lab.lab import Lab
from tallystick.lab.lives import Lives
from tallystick.lab.naming import model_of
from tallystick.lab.rows import Row
from tallystick.lab.running import BY_ENGINE, Folder
from tallystick.lab.sizing import Sized, collateral_for, holding_for
from tallystick.lab.telling import scenario_of


class Replayed(NamedTuple):
    """One path again: its rows by loan and by account, whether the engine has the same ones, and its scenario in TOML.

    Whatever the run follows, whole lives are replayed, and accounts sell together.
    """

    rows: dict[int, list[Row]]
    accounts: dict[int, list[Row]]
    same: bool
    scenario: str


def replayed(folder: Folder, path: int, *, told: bool = False) -> Replayed:
    """Replay a path of a run; the scenario is made where it is asked for, else "".

    Raises LabFailed: the folder holds no run, the run has no such path, or it cannot be told as a scenario. Raises
    BadModel.
    """
    manifest, book = folder.manifest(), folder.book()
    if path >= manifest.paths:
        raise LabFailed(f"the run has the paths 0 to {manifest.paths - 1}")
    model = model_of(manifest.model, Path(manifest.markets))
    steps = model.paths(book, manifest.seed, manifest.hours, manifest.points)(path)
    lives = Lives(book, manifest.hours, manifest.points)
    played = Lab(book, manifest.hours, manifest.points).by_the_engine(model, path, manifest.seed)
    if manifest.by == BY_ENGINE:
        rows, same = _of_book(book, played), True
        lived = world.lives(book, steps, lives.moments) if told else world.Lived([], [])
    else:
        accounts = AccountLives(book, manifest.hours, manifest.points)
        lived = world.Lived(list(lives.on(steps)), list(accounts.on(steps)))
        rows = world.Told(
            {life.loan_id: list(life.rows) for life in lived.loans},
            {life.user_id: list(life.rows) for life in lived.accounts},
        )
        same = rows == _of_book(book, played)
    title = f"Path {path} of {manifest.model['model']}, seed {manifest.seed}"
    return Replayed(*rows, same, scenario_of(book, steps, lives.moments, lived, title) if told else "")


def _of_book(book: Book, played: world.Told) -> world.Told:
    """Rows of the loans and accounts of a book alone."""
    loans, accounts = {loan.loan_id for loan in book.loans}, {one.user.user_id for one in book.accounts}
    return world.Told(
        {loan_id: rows for loan_id, rows in played.loans.items() if loan_id in loans},
        {user_id: rows for user_id, rows in played.accounts.items() if user_id in accounts},
    )


def sized(folder: Folder, number: int, ccy: str, share: Fraction, *, of_account: bool = False) -> Sized:
    """Collateral of a loan, or coins of an account, that are enough on all paths of a run but a share of them.

    See `collateral_for` and `holding_for`. Raises LabFailed, BadModel; Coupled: the engine alone can play the book.
    """
    manifest, book = folder.manifest(), folder.book()
    if manifest.by == BY_ENGINE:
        conditions.require(book)
    model = model_of(manifest.model, Path(manifest.markets))
    path = model.paths(book, manifest.seed, manifest.hours, manifest.points)
    paths = [path(one) for one in range(manifest.paths)]
    enough = holding_for if of_account else collateral_for
    most = int(share * manifest.paths)
    return enough(book, number, ccy, paths=paths, hours=manifest.hours, points=manifest.points, most=most)
