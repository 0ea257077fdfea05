"""Fit of the random walk: recorded hours of 2022, in whole numbers, worked out anew.

`python -m tests.venue.fitting` prints the table that stands in `tallystick.venue.walk`. Rates are per million.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from decimal import Decimal
from math import isqrt

from tallystick.venue.walk import FIRST_DAY_MS
from tests.recorded import HOURS

HOUR_MS = 3_600_000
RECORDED = ("BTC", "ETH", "SOL", "DOGE", "DOT", "LTC", "OKB", "ADA", "AVAX")
SPAN_MS = 41 * 24 * HOUR_MS
DAY_HOURS = 24
MILLION = 1_000_000
ONE = 10**12
CRASH = range(FIRST_DAY_MS + 108 * HOUR_MS, FIRST_DAY_MS + 204 * HOUR_MS, HOUR_MS)
"""The four days from 2022-01-20 12:00 on."""
CALM_DAYS = 14


def hours(ccy: str) -> dict[int, tuple[Decimal, Decimal]]:
    """(open, close) of each hour of the 41 days."""
    raw = HOURS.joinpath(f"{ccy}-USDT_1h.csv.gz").read_bytes()
    rows = csv.DictReader(gzip.decompress(raw).decode().splitlines())
    found = {int(row["ts"]): (Decimal(row["open"]), Decimal(row["close"])) for row in rows}
    return {at: found[at] for at in range(FIRST_DAY_MS, FIRST_DAY_MS + SPAN_MS, HOUR_MS)}


def returns(ccy: str) -> dict[int, int]:
    """Return of each hour, per 10**12, cut."""
    return {at: int((close - opened) * ONE / opened) for at, (opened, close) in hours(ccy).items()}


def mean(values: Sequence[int]) -> int:
    return sum(values) // len(values)


def root(square: int) -> int:
    """Square root of a number per 10**24, per million, cut."""
    return isqrt(square) // (ONE // MILLION)


def fit(chosen: Sequence[int]) -> dict[str, object]:
    """The walk of these hours: the market's and each coin's share in it."""
    coins = {ccy: returns(ccy) for ccy in RECORDED}
    market = [mean([coins[ccy][at] for ccy in RECORDED]) for at in chosen]
    usual = sorted(map(abs, market))[len(market) // 2] * 3
    calm = [one for one in market if abs(one) <= usual]
    jumps = [one for one in market if abs(one) > usual]
    centre = mean(market)
    square = sum((one - centre) ** 2 for one in market)
    shares = {}
    for ccy in RECORDED:
        own = [coins[ccy][at] for at in chosen]
        beta = sum((x - centre) * y for x, y in zip(market, own, strict=True)) * MILLION // square
        rest = [y - beta * x // MILLION for x, y in zip(market, own, strict=True)]
        shares[ccy] = (beta, root(mean([(one - mean(rest)) ** 2 for one in rest])))
    return {
        "drift": centre // (ONE // MILLION),
        "usual": root(mean([one**2 for one in calm])),
        "jumps": len(jumps) * 65_536 // len(market),
        "jump": root(mean([one**2 for one in jumps])) if jumps else 0,
        "shares": shares,
    }


def settings() -> dict[str, dict[str, object]]:
    """The fits: the calmest fourteen days, all days, and the four days of the crash."""
    every = list(range(FIRST_DAY_MS, FIRST_DAY_MS + SPAN_MS, HOUR_MS))
    days = [every[place : place + DAY_HOURS] for place in range(0, len(every), DAY_HOURS)]
    bitcoin = returns("BTC")
    days.sort(key=lambda day: sum(abs(bitcoin[at]) for at in day))
    calm = sorted(at for day in days[:CALM_DAYS] for at in day)
    return {"calm": fit(calm), "volatile": fit(every), "crash": fit(list(CRASH))}


if __name__ == "__main__":
    for name, found in settings().items():
        print(name, found)
