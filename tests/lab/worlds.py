"""Random worlds: twenty loans of every shape, on paths that jump, and on still prices at 365 % a year."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from tallystick.engine.amounts import ONE, atoms_from_text
from tallystick.engine.discount import counted
from tallystick.engine.parameters import Parameters
from tallystick.lab.book import Book
from tallystick.lab.opening import Opened, state_with
from tallystick.lab.panels import Steps
from tallystick.venue.parameters import load_parameters

AT_MS = 1_700_000_000_000
PRICES = {
    "BTC-USDT": "43000.1",
    "ETH-USDT": "3300.07",
    "SOL-USDT": "150.009",
    "DOGE-USDT": "0.18",
    "DOT-USDT": "28.001",
    "LTC-USDT": "150.01",
    "OKB-USDT": "26.003",
    "ADA-USDT": "1.30001",
    "AVAX-USDT": "93.007",
    "USDC-USDT": "0.9999",
    "USDT-USD": "1",
}
COINS = [pair.split("-")[0] for pair in PRICES]
LOANS = 20


class World(NamedTuple):
    book: Book
    steps: Steps
    hours: int
    points: int


def world(seed: int, hours_most: int = 720) -> World:
    """World of a seed. A tenth of them have still prices and 365 % a year, since else nothing crosses by interest."""
    draw = np.random.default_rng(seed)
    still = seed % 10 == 0
    parameters = parameters_of(draw, still)
    prices = {pair: atoms_from_text(text) for pair, text in PRICES.items()}
    usd = {pair.split("-")[0]: price for pair, price in prices.items()}
    loans = [_loan(draw, parameters, usd, still) for _ in range(LOANS)]
    book = Book(state_with(parameters, AT_MS, prices, loans))
    hours = int(draw.integers(120, hours_most + 1))
    points = 4 if seed % 7 == 0 else 1
    return World(book, steps_of(draw, book, hours * points, still), hours, points)


def parameters_of(draw: np.random.Generator, still: bool) -> Parameters:
    packaged = load_parameters()
    currencies = {}
    for ccy, row in packaged.currencies.items():
        rate = 365 * ONE // 100 if still else int(draw.integers(1, 4 * 10**17))
        currencies[ccy] = replace(row, rate_per_year=rate)
    if draw.random() < 0.3:
        # Small tiers, so that the discount of what is left differs from that of the whole.
        tiers = ((ONE // 20, 98 * ONE // 100), (ONE, 9 * ONE // 10), (100 * ONE, 7 * ONE // 10))
        for ccy in ("BTC", "ETH", "SOL"):
            currencies[ccy] = replace(currencies[ccy], discount_tiers=tiers)
    return replace(packaged, currencies=currencies)


def _loan(draw: np.random.Generator, parameters: Parameters, usd: dict[str, int], still: bool) -> Opened:
    if draw.random() < 0.15:
        pledged, owed = parameters.loan_e_mode_pairs[int(draw.integers(len(parameters.loan_e_mode_pairs)))]
        return _sized(draw, parameters, usd, [pledged], [owed], e_mode=True, still=still)
    coins = [str(ccy) for ccy in draw.permutation(COINS)]
    owes, pledges = int(draw.integers(1, 4)), int(draw.integers(1, 11 - 3))
    return _sized(draw, parameters, usd, coins[owes : owes + pledges], coins[:owes], e_mode=False, still=still)


def _sized(
    draw: np.random.Generator,
    parameters: Parameters,
    usd: dict[str, int],
    pledged: list[str],
    owed: list[str],
    *,
    e_mode: bool,
    still: bool,
) -> Opened:
    """Loan of a value between 10 and a million USD whose LTV is a share of its liquidation LTV."""
    value = int(10 ** draw.uniform(1, 6))
    collateral = {ccy: value * ONE // len(pledged) * ONE // usd[ccy] + int(draw.integers(1, 10**9)) for ccy in pledged}
    worth = sum(amount * usd[ccy] for ccy, amount in collateral.items()) // ONE
    share = sum(counted(parameters.currencies[ccy], amount) * usd[ccy] for ccy, amount in collateral.items()) // worth
    line = parameters.loan_e_mode_liquidation if e_mode else share * ONE // parameters.loan_liquidation
    part = draw.uniform(0.97, 1.0) if still else draw.uniform(0.6, 1.001)
    total = worth * line // ONE * int(part * 10**9) // 10**9
    debts = {ccy: max(1, total // len(owed) * ONE // usd[ccy]) for ccy in owed}
    return Opened(debts=debts, collateral=collateral, e_mode=e_mode)


def steps_of(draw: np.random.Generator, book: Book, rows: int, still: bool) -> Steps:
    present = np.array([index // unit for index, unit in zip(book.first, book.units, strict=True)], dtype=np.float64)
    if still:
        return np.tile(present, (rows, 1)).astype(np.int64)
    size = np.array([0.0005 if pair.startswith("USD") else draw.uniform(0.002, 0.02) for pair in book.pairs])
    moved = draw.normal(-0.0003, 1.0, (rows, 1)) * size * 0.7 + draw.normal(0.0, 1.0, (rows, len(size))) * size * 0.7
    gaps = np.where(draw.random(rows) < 0.01, draw.normal(-0.05, 0.1, rows), 0.0)
    moved += gaps[:, None] * (size > 0.001)
    found: Steps = np.maximum(np.rint(present * np.exp(np.cumsum(moved, axis=0))), 1).astype(np.int64)
    return found
