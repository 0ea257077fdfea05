"""Walk fitted to prices: numbers by hand, a walk that is found again, and the same bytes hour by hour."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tallystick.engine.interest import HOURS_PER_YEAR
from tallystick.lab.draws import Floats, log
from tallystick.lab.fitting import fitted, fitted_to
from tallystick.lab.models import BadModel, Walk
from tallystick.lab.naming import model_of
from tallystick.venue.markets import HERE
from tallystick.venue.walk import walk
from tests.lab.worlds import world

PAIRS = ("BTC-USDT", "ETH-USDT")


def by_turns(up: float, hours: int = 200) -> Floats:
    """Prices that go up by a factor and back, hour by hour."""
    return np.array([[100.0 * up ** (hour % 2)] for hour in range(hours)])


def test_by_hand() -> None:
    """Moves of 1 % up and back: log 1.01 each hour; both pairs together, so that all of the variance is common."""
    found = fitted(PAIRS, np.concatenate((by_turns(1.01), by_turns(1.01)), axis=1))
    yearly = math.log(1.01) * math.sqrt(HOURS_PER_YEAR)
    assert found.yearly == pytest.approx(dict.fromkeys(PAIRS, yearly))
    assert found.together == pytest.approx(1.0)
    assert (found.jumps_per_year, found.jump) == (0.0, 0.0)
    assert found.usual == pytest.approx(yearly)


def test_pairs_that_part_have_nothing_in_common_and_steady_ones_are_left_out() -> None:
    prices = np.concatenate((by_turns(1.01), 1.0 / by_turns(1.01), by_turns(1.0001)), axis=1)
    found = fitted((*PAIRS, "USDC-USDT"), prices)
    assert found.together == 0.0
    assert set(found.yearly) == set(PAIRS)


def test_a_jump_is_counted_and_kept_out_of_the_volatility() -> None:
    """199 moves, one of them of -20 %: 8,760 / 199 of them come in a year."""
    prices = by_turns(1.01)
    prices[100:] *= 0.8
    found = fitted(("BTC-USDT",), prices)
    fall = -math.log(0.8 / 1.01)
    assert found.jumps_per_year == pytest.approx(HOURS_PER_YEAR / 199)
    assert found.jump == pytest.approx(fall)
    assert found.yearly["BTC-USDT"] == pytest.approx(math.log(1.01) * math.sqrt(HOURS_PER_YEAR))


def test_a_walk_is_found_again() -> None:
    """20,000 hours of a walk: volatilities within 3 %, the common share within 0.05, jumps within a third."""
    book = world(1, hours_most=130).book
    wanted = Walk(usual=0.9, together=0.6, jumps_per_year=40.0, jump=0.12)
    steps = wanted.paths(book, 7, 20_000, 1)(0)
    coins = [place for place, pair in enumerate(book.pairs) if pair.endswith("-USDT") and "USDC" not in pair]
    found = fitted([book.pairs[place] for place in coins], steps[:, coins].astype(np.float64))
    assert all(abs(size / 0.9 - 1) < 0.03 for size in found.yearly.values())
    assert abs(found.together - 0.6) < 0.05
    assert 0.67 < found.jumps_per_year / 40.0 < 1.34


def test_logarithms_hour_by_hour_are_those_of_all_hours() -> None:
    """The sums are exact, so the bytes depend on the logarithm alone, and that on no other hour."""
    moves = np.linspace(0.7, 1.4, 1_001)
    assert [log(move[None])[0] for move in moves] == log(moves).tolist()


def test_a_fitted_walk_is_read_back_from_what_it_tells() -> None:
    found = fitted_to(walk("walk:39"))
    assert model_of(found.told(), HERE) == found
    assert min(found.yearly.values()) > 0.1


def test_markets_that_cannot_be_fitted() -> None:
    with pytest.raises(BadModel, match="48 hours or more"):
        fitted(PAIRS, np.ones((10, 2)))
    with pytest.raises(BadModel, match="nothing in the market moves"):
        fitted(PAIRS, np.ones((100, 2)))
