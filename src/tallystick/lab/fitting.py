"""Walk fitted to a market: the volatility of each pair, the common share of the variance, and jumps.

An hour is a jump where the mean move of all pairs is more than `JUMP_TIMES` its usual size, which is its median without
sign over that of a normal number. Volatilities and correlations are those of the other hours; the common share is the
mean correlation of all pairs. Pairs that hardly move are left out, so that they stand still and do not jump.

Sums are exact before they are rounded once (`math.fsum`), the logarithm is that of `draws`, and all else is basic
operations: the same candles give the same walk on every machine. Source: chosen (decisions/058).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np

from tallystick.engine.interest import HOUR_MS, HOURS_PER_YEAR
from tallystick.lab.draws import Floats, log
from tallystick.lab.models import WALK_HOURS, BadModel, Walk, column_of
from tallystick.venue.sources import Source

JUMP_TIMES: Final = 6.0
NORMAL_MEDIAN: Final = 0.6744897501960817
"""Median of a standard normal number without its sign."""
STILL_YEARLY: Final = 0.1
"""Volatility a year below which a pair counts as steady."""
HOURS_LEAST: Final = 48


def fitted_to(market: Source) -> Walk:
    """Walk fitted to the hours of a recorded market. Raises BadModel: it is too short, or nothing in it moves."""
    hours = (market.span_ms // HOUR_MS) or WALK_HOURS
    prices = np.stack([column_of(market, pair, hours, 1) for pair in market.instruments], axis=1)
    return fitted(market.instruments, prices)


def fitted(pairs: Sequence[str], prices: Floats) -> Walk:
    """Walk fitted to prices, a row for each hour and a column for each pair. Raises BadModel."""
    if len(prices) < HOURS_LEAST:
        raise BadModel(f"a walk is fitted to {HOURS_LEAST} hours or more, and the market has {len(prices)}")
    moves = log(prices[1:] / prices[:-1])
    moving = [place for place in range(len(pairs)) if _yearly(moves[:, place].tolist()) >= STILL_YEARLY]
    if not moving:
        raise BadModel("nothing in the market moves: there is no walk to fit")
    means = [math.fsum(row) / len(moving) for row in moves[:, moving].tolist()]
    sizes = sorted(abs(mean) for mean in means)
    usual = sizes[len(sizes) // 2] / NORMAL_MEDIAN
    jumps = [mean for mean in means if abs(mean) > JUMP_TIMES * usual]
    calm = moves[np.array([abs(mean) <= JUMP_TIMES * usual for mean in means])]
    columns = {pairs[place]: calm[:, place].tolist() for place in moving}
    yearly = {pair: _yearly(column) for pair, column in columns.items()}
    return Walk(
        yearly=yearly,
        usual=math.fsum(yearly.values()) / len(yearly),
        together=_together(list(columns.values())),
        jumps_per_year=len(jumps) / len(means) * HOURS_PER_YEAR,
        jump=math.sqrt(_square(jumps) / len(jumps)) if jumps else 0.0,
    )


def _yearly(moves: Sequence[float]) -> float:
    """Volatility a year of hourly moves."""
    return math.sqrt(_square(moves) / len(moves) * HOURS_PER_YEAR)


def _together(columns: Sequence[Sequence[float]]) -> float:
    """Mean correlation of all pairs of columns, from 0 to 1; 0 for one column."""
    found = [
        math.fsum(a * b for a, b in zip(one, other, strict=True)) / math.sqrt(_square(one) * _square(other))
        for one, other in combinations(columns, 2)
    ]
    return min(1.0, max(0.0, math.fsum(found) / len(found))) if found else 0.0


def _square(moves: Sequence[float]) -> float:
    return math.fsum(move * move for move in moves)
