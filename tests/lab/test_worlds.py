"""The lab against the real engine: on random worlds every row of every loan is the engine's, to the atom."""

from __future__ import annotations

import pytest

from tallystick.lab import world as engine
from tallystick.lab.lives import Lives
from tallystick.lab.rows import Row
from tests.lab.worlds import World, world
from tests.torture.form import scaled

CHUNKS = 15
WORLDS = 120
MORE = scaled(200, 10_000)
"""End of the seeds of the long test."""


def by_the_lab(made: World, margin: float = 1e-9) -> dict[int, list[Row]]:
    lives = Lives(made.book, made.hours, made.points, margin)
    return {life.loan_id: list(life.rows) for life in lives.on(made.steps)}


def by_the_engine(made: World) -> dict[int, list[Row]]:
    return engine.play(made.book, made.steps, Lives(made.book, made.hours, made.points).moments).loans


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_every_row_is_the_engines(chunk: int) -> None:
    for seed in range(chunk, WORLDS, CHUNKS):
        made = world(seed, hours_most=240)
        assert by_the_lab(made) == by_the_engine(made), f"world {seed}"


@pytest.mark.long
@pytest.mark.parametrize("chunk", range(97))
def test_every_row_is_the_engines_in_long(chunk: int) -> None:
    for seed in range(WORLDS + chunk, MORE, 97):
        made = world(seed)
        assert by_the_lab(made) == by_the_engine(made), f"world {seed}"
