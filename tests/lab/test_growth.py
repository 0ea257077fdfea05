"""Growth of many debts at once, against the engine's interest of one debt, hour by hour."""

from __future__ import annotations

import numpy as np
import pytest

from tallystick.engine.amounts import ONE
from tallystick.engine.interest import HOURS_PER_YEAR, LOAN_UNIT, loan_hours
from tallystick.lab import growth

HOURS = 200


def debts() -> tuple[list[int], list[int]]:
    """Debts between a unit and a billion coins, and rates; the last fifty come to whole units by themselves.

    A debt of a million units at one part in a million an hour is charged exactly one unit in the first hour.
    """
    draw = np.random.default_rng(11)
    bases = [int(10 ** draw.uniform(10, 27)) for _ in range(400)]
    rates = [int(draw.integers(0, 4 * ONE)) for _ in range(400)]
    return bases + [10**6 * LOAN_UNIT * n for n in range(1, 51)], rates + [HOURS_PER_YEAR * ONE // 10**6] * 50


def by_the_engine(bases: list[int], rates: list[int], since: list[int]) -> list[list[int]]:
    found = []
    for base, rate, first in zip(bases, rates, since, strict=True):
        later = [(debt - base) // LOAN_UNIT for debt in loan_hours(base, rate, HOURS - first)]
        found.append([0] * (first + 1) + later)
    return found


def test_every_hour_is_the_engines() -> None:
    bases, rates = debts()
    since = [number % 7 for number in range(len(bases))]
    assert len(bases) > growth.FEW
    start = np.zeros(len(bases), dtype=np.int64)
    found = growth.grow(bases, start, rates, np.array(since), HOURS)
    assert found.tolist() == by_the_engine(bases, rates, since)
    few = growth.grow(bases[:5], start[:5], rates[:5], np.array(since[:5]), HOURS)
    assert few.tolist() == found[:5].tolist()


def test_without_a_doubt_some_hours_are_another_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The debts are hard enough: with no product in doubt, some of them are charged wrongly."""
    bases, rates = debts()
    monkeypatch.setattr(growth, "DOUBT", 0.0)
    start = np.zeros(len(bases), dtype=np.int64)
    found = growth.grow(bases, start, rates, np.zeros(len(bases), dtype=np.int64), HOURS)
    assert found.tolist() != by_the_engine(bases, rates, [0] * len(bases))
