"""The lab against the real engine: on random worlds every row of every loan is the engine's, to the atom."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tallystick.engine.flexible_loan import FORCED_LIQUIDATION, PARTIAL_LIQUIDATION
from tallystick.lab import world as engine
from tallystick.lab.lives import Lives
from tallystick.lab.rows import DUE, WARNED, Row
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


def test_first_events_are_the_engines() -> None:
    """The first warning, if it comes before the first liquidation, and that; whoever is warned is looked at less."""
    ways = (False, True) if find_spec("numba") else (False,)
    warned = liquidated = 0
    for seed in range(20):
        made = world(seed, hours_most=240)
        wanted = {loan: first_events(rows) for loan, rows in by_the_engine(made).items()}
        for compiled in ways:
            lives = Lives(made.book, made.hours, made.points, first_events=True, compiled=compiled)
            assert {life.loan_id: life.rows for life in lives.on(made.steps)} == wanted, f"world {seed}"
        warned += sum(1 for rows in wanted.values() if rows[0].what == WARNED)
        liquidated += sum(1 for rows in wanted.values() if rows[-1].what == DUE)
    assert min(warned, liquidated) > 100


def first_events(rows: list[Row]) -> tuple[Row, ...]:
    """First warning of a loan, and the time of its first liquidation, after which nothing is told."""
    fell = next((row.at_ms for row in rows if row.what in (PARTIAL_LIQUIDATION, FORCED_LIQUIDATION)), None)
    warnings = [row for row in rows if row.what == WARNED and (fell is None or row.at_ms <= fell)]
    return (*warnings[:1], *(() if fell is None else (Row(fell, DUE, "", 0),)))


@pytest.mark.long
@pytest.mark.parametrize("chunk", range(97))
def test_every_row_is_the_engines_in_long(chunk: int) -> None:
    for seed in range(WORLDS + chunk, MORE, 97):
        made = world(seed)
        assert by_the_lab(made) == by_the_engine(made), f"world {seed}"
