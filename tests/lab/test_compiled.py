"""Screen in machine code: the same lives as by numpy on random worlds, and no wrong verdict on any line."""

from __future__ import annotations

import numpy as np
import pytest

from tallystick.lab.lives import Lives
from tests.lab.worlds import world

WORLDS = 40


@pytest.mark.parametrize("chunk", range(4))
def test_lives_are_those_of_numpy(chunk: int) -> None:
    """Also what E-Mode, several debts, four prices an hour and still prices make of them."""
    for seed in range(chunk, WORLDS, 4):
        made = world(seed, hours_most=240)
        slow, fast = (Lives(made.book, made.hours, made.points, compiled=compiled) for compiled in (False, True))
        paths = [made.steps, np.maximum(made.steps * 9 // 10, 1)]
        assert list(fast.over(paths)) == list(slow.over(paths)), f"world {seed}"
        assert fast.screen.looked == slow.screen.looked


def test_without_the_margin_the_lives_differ_from_the_engines_in_both() -> None:
    """A margin of 0 leaves no doubts, in machine code too: nothing is decided in whole numbers."""
    made = world(10, hours_most=240)
    for compiled in (False, True):
        lives = Lives(made.book, made.hours, made.points, 0.0, compiled=compiled)
        lives.on(made.steps)
        assert lives.decided == 0
