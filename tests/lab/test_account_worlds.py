"""Accounts in the lab against the real engine: on random worlds every row of every account is the engine's."""

from __future__ import annotations

import pytest

from tallystick.lab import world as engine
from tallystick.lab.account_lives import AccountLives
from tallystick.lab.account_rows import STARTED, AccountLife
from tallystick.lab.rows import WARNED, Row
from tests.lab.account_worlds import account_world
from tests.lab.opened_worlds import opened_world
from tests.lab.worlds import World
from tests.torture.form import scaled

CHUNKS = 10
WORLDS = 40
MORE = scaled(52, 10_000)
"""End of the seeds of the long test."""


def by_the_lab(made: World, margin: float = 1e-9) -> dict[int, list[Row]]:
    lives = AccountLives(made.book, made.hours, made.points, margin)
    return {life.user_id: list(life.rows) for life in lives.on(made.steps)}


def by_the_engine(made: World) -> dict[int, list[Row]]:
    moments = AccountLives(made.book, made.hours, made.points).moments
    return engine.play(made.book, made.steps, moments).accounts


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_row_is_the_engines(chunk: int) -> None:
    for seed in range(chunk, WORLDS, CHUNKS):
        made = account_world(seed, hours_most=240)
        assert by_the_lab(made) == by_the_engine(made), f"world {seed}"


@pytest.mark.parametrize("seed", [62, 82, 96, 98])
def test_usdt_that_a_forced_sale_leaves_counts(seed: int) -> None:
    """Nobody in these books holds or owes USDT; what sales leave of it lifts accounts above the line of warnings."""
    made = opened_world(seed, hours_most=300)
    assert not any("USDT" in {**one.held, **one.debts} for one in made.book.accounts)
    assert by_the_lab(made) == by_the_engine(made)


def test_interest_and_cost_are_the_engines() -> None:
    for seed in (6, 10, 9):
        made = account_world(seed, hours_most=160)
        lives = AccountLives(made.book, made.hours, made.points)
        lived = engine.lives(made.book, made.steps, lives.moments).accounts
        assert list(lives.on(made.steps)) == [life for life in lived if life.rows]


def test_first_events_are_those_of_whole_lives() -> None:
    for seed in (6, 10, 9):
        made = account_world(seed, hours_most=160)
        whole = {life.user_id: life for life in AccountLives(made.book, made.hours, made.points).on(made.steps)}
        before = {user_id: begun(life) for user_id, life in whole.items()}
        first = AccountLives(made.book, made.hours, made.points, first_events=True)
        found = {life.user_id: life for life in first.on(made.steps)}
        assert found.keys() == whole.keys()
        for user_id, life in found.items():
            assert life.first_ms(STARTED) == whole[user_id].first_ms(STARTED)
            assert life.first_ms(WARNED) == before[user_id].first_ms(WARNED)


def begun(life: AccountLife) -> AccountLife:
    """Life up to its first liquidation."""
    whats = [row.what for row in life.rows]
    return life._replace(rows=life.rows[: whats.index(STARTED)] if STARTED in whats else life.rows)


@pytest.mark.long
@pytest.mark.parametrize("chunk", range(97))
def test_every_row_is_the_engines_in_long(chunk: int) -> None:
    for seed in range(WORLDS + chunk, MORE, 97):
        made = account_world(seed)
        assert by_the_lab(made) == by_the_engine(made), f"world {seed}"
