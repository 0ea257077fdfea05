"""A synthetic market: coins that walk at random together, with jumps, without an end. One seed gives one market.

All is whole numbers drawn from digests, so every Python on every machine gives the same bytes. The name says all:
`walk:SEED`, or `walk:SEED:SETTING` with calm, volatile (without a word) or crash.

Each hour the market as a whole moves by m, most hours as usual and some by a jump, and a coin by beta x m and a part of
its own. Within the hour its price moves every 150 seconds, by a random bridge from open to close.

The walk is fitted to a recording: volatile to all hours of 41 days of January and February 2022, calm to those of the
fourteen calmest days, crash to the four days from 2022-01-20 12:00 on. The setting crash falls for four days,
from noon of the fifth of every 41 days on, and is volatile before and after. The trend of calm and volatile days is
left out: a year of it would leave nothing. Spreads of hours and the shares of coins are fitted, and nothing else: real
hours hang together in ways that these do not (decisions/048).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache, partial
from itertools import chain, repeat
from math import isqrt
from typing import Final

from msgspec import Struct

from tallystick.engine.amounts import ONE, atoms_from_text, unit_of
from tallystick.venue.candle_lines import HOUR_MS, Point
from tallystick.venue.sources import STEADY

PREFIX: Final = "walk:"
FIRST_DAY_MS: Final = 1_642_291_200_000
"""Midnight in UTC that the days of every walk are counted from."""
NAME_FORM: Final = re.compile(r"walk:([0-9]{1,18})(?::(calm|volatile|crash))?", re.ASCII)
HOURS_BEFORE: Final = 48
"""Hours before the first day, so that it has a yesterday."""
POINTS: Final = 24
"""Points of an hour, two to a candle of 5 minutes: a year has half the entries that it would have with four."""
MILLION: Final = 1_000_000
UNIT: Final = unit_of(6)
MOVE_MOST: Final = 500_000
"""Most that a price moves in an hour, per million."""
CRASH_PERIOD: Final = 41 * 24
CRASH_HOURS: Final = range(4 * 24 + 12, 8 * 24 + 12)
"""Hours of each period that crash."""
NORMAL_SPREAD: Final = 148
NORMAL_MEAN: Final = 510
"""Standard deviation and mean of the sum of four random bytes."""

_POINT: Final[Callable[[Iterable[int]], Point]] = partial(tuple.__new__, Point)
"""Makes a point of its fields, in half the time of `Point._make`, which counts them."""
DECIMALS: Final = {"BTC": 1, "ETH": 2, "SOL": 3, "DOGE": 6, "DOT": 3, "LTC": 2, "OKB": 3, "ADA": 5, "AVAX": 3}
"""Decimals of the prices that are shown: those of the packaged ticks."""


class Fit(Struct, frozen=True):
    """Spread of hours, per million: of the market's usual ones and of its jumps, which are `jumps` of 65,536 hours.

    `drift` is the trend of an hour. `shares` are (beta, spread of the own part) of each coin.
    """

    drift: int
    usual: int
    jumps: int
    jump: int
    shares: dict[str, tuple[int, int]]


CALM: Final = Fit(
    drift=0,
    usual=4_933,
    jumps=4_876,
    jump=17_431,
    shares={
        "BTC": (608_559, 1_903),
        "ETH": (948_289, 2_689),
        "SOL": (1_240_445, 4_426),
        "DOGE": (901_187, 4_873),
        "DOT": (1_162_634, 4_275),
        "LTC": (1_064_994, 4_604),
        "OKB": (717_164, 5_066),
        "ADA": (1_060_901, 6_513),
        "AVAX": (1_295_824, 4_987),
    },
)
VOLATILE: Final = Fit(
    drift=0,
    usual=6_401,
    jumps=6_726,
    jump=25_367,
    shares={
        "BTC": (693_212, 3_157),
        "ETH": (969_266, 3_447),
        "SOL": (1_274_272, 6_116),
        "DOGE": (882_658, 4_904),
        "DOT": (1_112_310, 4_816),
        "LTC": (959_230, 4_256),
        "OKB": (755_737, 5_723),
        "ADA": (1_072_000, 6_034),
        "AVAX": (1_281_312, 6_292),
    },
)
CRASH: Final = Fit(
    drift=-3_311,
    usual=12_300,
    jumps=8_192,
    jump=37_947,
    shares={
        "BTC": (620_451, 4_272),
        "ETH": (895_706, 4_606),
        "SOL": (1_241_007, 8_811),
        "DOGE": (951_210, 5_726),
        "DOT": (1_151_407, 6_569),
        "LTC": (964_487, 4_206),
        "OKB": (800_846, 5_868),
        "ADA": (1_131_843, 6_478),
        "AVAX": (1_243_038, 6_267),
    },
)
BEGIN: Final = {
    "BTC": ("43000", 400),
    "ETH": ("3300", 6_000),
    "SOL": ("150", 70_000),
    "DOGE": ("0.18", 30_000_000),
    "DOT": ("28", 200_000),
    "LTC": ("150", 12_000),
    "OKB": ("26", 300_000),
    "ADA": ("1.3", 2_500_000),
    "AVAX": ("93", 50_000),
}
"""First price of each coin, and the mean of the coins traded in an hour: round numbers of our own."""


def is_walk(name: str) -> bool:
    return name.startswith(PREFIX)


@cache
def walk(name: str) -> Walk:
    """The walk of a name, one for each. Raises ValueError: the name is of another form."""
    found = NAME_FORM.fullmatch(name)
    if found is None:
        raise ValueError(
            f"{name[:40]!r} is no walk: say walk:SEED or walk:SEED:calm, :volatile or :crash, such as walk:7"
        )
    return Walk(name, int(found[1]), found[2] or "volatile")


class Walk:
    """A walk as a source. Two days before its first day it is at the prices of `BEGIN`.

    USDC-USDT stands at 1.
    """

    first_day_ms = FIRST_DAY_MS
    span_ms = 0
    instruments = tuple(f"{ccy}-USDT" for ccy in VOLATILE.shares)
    steady = (STEADY,)
    empty_hours = 1
    points_per_hour = POINTS

    def __init__(self, name: str, seed: int, setting: str) -> None:
        self.name = name
        self._key = f"tallystick walk {seed} {setting}"
        self._setting = setting
        self._days: list[tuple[int, ...]] = [tuple(atoms_from_text(BEGIN[ccy][0]) for ccy in VOLATILE.shares)]
        """Prices at which each day opens, from the hours before the first day on."""
        self._hours_of_day = lru_cache(maxsize=64)(self._load_day)

    def points_of_hour(self, instrument: str, hour_ms: int, shift_ms: int) -> tuple[Point, ...]:
        number = (hour_ms - self.first_day_ms) // HOUR_MS + HOURS_BEFORE
        if number < 0:
            return ()
        place = self.instruments.index(instrument)
        opens = self._opens(number)[place]
        closes = self._opens(number + 1)[place]
        return self._bridge(place, number, opens, closes, hour_ms + shift_ms)

    def _opens(self, number: int) -> tuple[int, ...]:
        """Prices at which an hour opens."""
        day, hour = divmod(number, 24)
        while len(self._days) <= day:
            self._days.append(self._hours_of_day(len(self._days) - 1)[24])
        return self._hours_of_day(day)[hour]

    def _load_day(self, day: int) -> list[tuple[int, ...]]:
        """Prices at which the 24 hours of a day open, and the one after them."""
        found = [self._days[day]]
        for number in range(day * 24, day * 24 + 24):
            fit = self._fit(number)
            drawn = hashlib.shake_256(f"{self._key} {number}".encode()).digest(6 + 4 * len(self.instruments))
            spread = fit.jump if int.from_bytes(drawn[:2], "big") < fit.jumps else fit.usual
            market = fit.drift + spread * _normal(drawn, 2) // NORMAL_SPREAD
            moves = (
                beta * market // MILLION + own * _normal(drawn, 6 + 4 * place) // NORMAL_SPREAD
                for place, (beta, own) in enumerate(fit.shares.values())
            )
            found.append(tuple(_moved(price, move) for price, move in zip(found[-1], moves, strict=True)))
        return found

    def _fit(self, number: int) -> Fit:
        if self._setting == "calm":
            return CALM
        falls = self._setting == "crash" and (number - HOURS_BEFORE) % CRASH_PERIOD in CRASH_HOURS
        return CRASH if falls and number >= HOURS_BEFORE else VOLATILE

    def _bridge(self, place: int, number: int, opens: int, closes: int, at_ms: int) -> tuple[Point, ...]:
        """Points of an hour, from its open on; the next hour begins at its close."""
        fit = self._fit(number)
        beta, own = list(fit.shares.values())[place]
        drawn = hashlib.shake_256(f"{self._key} {number} {place}".encode()).digest(4 * POINTS + 2)
        # The hour's own spread: that of usual hours, over the root of its 24 steps, which is 5 up to two hundredths.
        spread = isqrt((beta * fit.usual // MILLION) ** 2 + own**2)
        step = opens * spread // (5 * NORMAL_SPREAD * MILLION)
        # The sums of four bytes each, as `_normal` has them.
        fours = iter(drawn[: 4 * POINTS])
        steps = [a + b + c + d - NORMAL_MEAN for a, b, c, d in zip(fours, fours, fours, fours, strict=True)]
        ccy = self.instruments[place].split("-")[0]
        tick = unit_of(DECIMALS[ccy])
        whole, way, walked, prices = sum(steps), closes - opens, 0, []
        # The last is the close: the range of a candle goes to the open of the next one.
        for index, one in enumerate((*steps, 0)):
            price = opens + way * index // POINTS + (walked * POINTS - whole * index) * step // POINTS
            prices.append(price - price % tick if price > tick else tick)
            walked += one
        volume = BEGIN[ccy][1] * ONE
        volume = volume * (32_768 + int.from_bytes(drawn[-2:], "big")) // (65_536 * POINTS)
        ranges = [_range(prices[index : index + 3]) for index in range(0, POINTS, 2)]
        times = range(at_ms, at_ms + HOUR_MS, HOUR_MS // POINTS)
        return tuple(map(_POINT, zip(times, prices, _twofold(ranges), repeat(volume), strict=False)))


def _normal(drawn: bytes, place: int) -> int:
    """Nearly normal number with mean 0 and the spread `NORMAL_SPREAD`."""
    return sum(drawn[place : place + 4]) - NORMAL_MEAN


def _moved(price: int, move: int) -> int:
    """Price after a move per million, in whole units and at least one."""
    after = price + price * max(-MOVE_MOST, min(MOVE_MOST, move)) // MILLION
    return max(UNIT, after - after % UNIT)


def _twofold(values: list[int]) -> Iterator[int]:
    """Each value twice in a row."""
    return chain.from_iterable(zip(values, values, strict=True))


def _range(prices: list[int]) -> int:
    return (max(prices) - min(prices)) * ONE // prices[0]
