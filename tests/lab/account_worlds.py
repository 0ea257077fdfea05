"""Random worlds of trading accounts with debts: twenty of every shape, in Spot mode and multi-currency margin."""

from __future__ import annotations

import numpy as np
from msgspec.structs import replace

from tallystick.engine.amounts import ONE, atoms_from_text
from tallystick.engine.discount import Valuation
from tallystick.engine.interest import spot_hours
from tallystick.engine.kinds import MULTI_CURRENCY, SPOT
from tallystick.engine.parameters import Parameters
from tallystick.engine.prices import Quotes
from tallystick.engine.spot_judging import owed_margin, standing, worth
from tallystick.lab.book import Book
from tallystick.lab.opening import Owing, state_with
from tests.lab.worlds import AT_MS, COINS, PRICES, World, parameters_of, steps_of

ACCOUNTS = 20
USD = {pair.split("-")[0]: atoms_from_text(text) for pair, text in PRICES.items()}
QUOTES = Quotes(USD)


def account_world(seed: int, hours_most: int = 720) -> World:
    """World of a seed; a tenth of them have still prices and 365 % a year, as those of loans do."""
    draw = np.random.default_rng([23, seed])
    still = seed % 10 == 0
    parameters = parameters_of(draw, still)
    if seed % 2:
        parameters = with_small_tiers(parameters)
    prices = {pair: atoms_from_text(text) for pair, text in PRICES.items()}
    accounts = [owing(draw, parameters, still) for _ in range(ACCOUNTS)]
    book = Book(state_with(parameters, AT_MS, prices, [], accounts))
    hours = int(draw.integers(120, hours_most + 1))
    points = 4 if seed % 7 == 0 else 1
    return World(book, steps_of(draw, book, hours * points, still), hours, points)


def with_small_tiers(parameters: Parameters) -> Parameters:
    """Tiers of borrowing a thousand times smaller, so that debts reach higher ones, and grow into the next."""
    currencies = {
        ccy: replace(
            row,
            margin_tiers=tuple((upper // 1_000, kept, first) for upper, kept, first in row.margin_tiers),
            margin_step_size=row.margin_step_size // 1_000,
        )
        for ccy, row in parameters.currencies.items()
    }
    return replace(parameters, currencies=currencies)


def owing(draw: np.random.Generator, parameters: Parameters, still: bool) -> Owing:
    """Account that holds 10 to 200,000 USD and whose margin ratio is between 0.9 and 12."""
    coins = [str(ccy) for ccy in draw.permutation(COINS)]
    owes, holds = int(draw.integers(1, 4)), int(draw.integers(1, 6))
    value = int(10 ** draw.uniform(1, 5.3))
    held = {ccy: value * ONE // holds * ONE // USD[ccy] + int(draw.integers(1, 10**9)) for ccy in coins[:holds]}
    first = holds - 1 if draw.random() < 0.2 else holds
    owed = coins[first : first + owes]
    multi = bool(draw.random() < 0.4)
    out = (coins[0],) if multi and draw.random() < 0.3 and holds > 1 else ()
    ratio = draw.uniform(1.0, 1.3) if still else draw.choice([draw.uniform(0.9, 4.0), draw.uniform(3.0, 12.0)])
    counted = worth(Valuation(parameters, USD, out), held)

    def with_share(share: int) -> dict[str, int]:
        return {ccy: max(1, counted * share // ONE // owes * ONE // USD[ccy]) for ccy in owed}

    low, high = 0, 2 * ONE
    while low + 10**9 < high:
        share = (low + high) // 2
        debts = with_share(share)
        equities = {ccy: held.get(ccy, 0) - debts.get(ccy, 0) for ccy in {*held, *debts}}
        needed = owed_margin(parameters, USD, debts, parameters.taker_fee)
        enough = worth(Valuation(parameters, USD, out), equities) * ONE > int(ratio * 10**9) * 10**9 * needed
        low, high = (share, high) if enough else (low, share)
    return Owing(held=held, debts=with_share(low), mode=MULTI_CURRENCY if multi else SPOT, out=out)


def owing_of(book: Book) -> list[Owing]:
    """Accounts of a book, to be opened in another state."""
    return [
        Owing(held=one.held, debts=one.debts, mode=one.user.mode, out=one.user.no_collateral) for one in book.accounts
    ]


def crowded() -> World:
    """World of two accounts: a large one sells at the price of the first hour, and the interest of the second hour has
    a small one sell at that price too, out of what is left of the house's quotes."""
    parameters = parameters_of(np.random.default_rng(1), still=True)
    fallen = Quotes({**USD, "BTC": 38_700 * ONE})
    prices = {pair: atoms_from_text(text) for pair, text in PRICES.items()}

    def account(coins: int, debt: int) -> Owing:
        return Owing(held={"BTC": coins * ONE}, debts={"USDT": debt})

    def ratio_at(one: Owing, hours: int) -> int:
        (debt,) = one.debts.values()
        grown = spot_hours(debt, parameters.currencies["USDT"].rate_per_year, hours)[-1]
        judged = standing(parameters, fallen, {"USDT": grown}, {"USDT": -grown, **one.held})
        return judged.worth * ONE // judged.needed

    low, high = 0, 2 * fallen.usd["BTC"]
    while low + 10**12 < high:
        middle = (low + high) // 2
        low, high = (middle, high) if ratio_at(account(1, middle), 1) > ONE else (low, middle)
    small = account(1, low)
    assert ratio_at(small, 2) <= ONE < ratio_at(small, 1)
    large = account(10, 10 * low + low // 50)
    book = Book(state_with(parameters, AT_MS, prices, [], [large, small]))
    present = [index // unit for index, unit in zip(book.first, book.units, strict=True)]
    place = book.pairs.index("BTC-USDT")
    present[place] = fallen.usd["BTC"] // book.units[place]
    return World(book, np.tile(np.array(present, dtype=np.int64), (5, 1)), 5, 1)
