"""Random books whose accounts users can bring about by requests, in Spot mode, multi-currency and portfolio margin."""

from __future__ import annotations

import numpy as np

from tallystick.engine.amounts import ONE, atoms_from_text
from tallystick.engine.kinds import MULTI_CURRENCY, PORTFOLIO, SPOT, AccountMode
from tallystick.engine.parameters import Parameters
from tallystick.engine.spot_judging import DUE, standing
from tallystick.lab.book import Book
from tallystick.lab.lists import with_rates
from tallystick.lab.opening import Owing, state_with
from tallystick.venue.parameters import load_parameters
from tests.lab.account_worlds import QUOTES, owing
from tests.lab.worlds import AT_MS, PRICES, World, steps_of

SPARE = "AVAX"
"""Coin that no account has."""
MODES: tuple[AccountMode, ...] = (SPOT, MULTI_CURRENCY, PORTFOLIO)
UNIT = 100
"""Least amount that can be asked for: coins have 16 decimals."""


def opened_world(seed: int, hours_most: int = 96) -> World:
    """World of a seed with an account of each mode and one more.

    In a tenth of them prices stand still and a rate is 365 % a year, in a quarter all but stable coins fall to 45 %.
    """
    draw, still = np.random.default_rng([31, seed]), seed % 10 == 0
    packaged = load_parameters()
    rates = {ccy: 365 * ONE // 100 if still else int(draw.integers(1, 4 * 10**17)) for ccy in packaged.currencies}
    parameters = with_rates(packaged, rates)
    accounts = [openable(draw, parameters, still, mode) for mode in (*MODES, MODES[seed % 3])]
    prices = {pair: atoms_from_text(text) for pair, text in PRICES.items()}
    book = Book(state_with(parameters, AT_MS, prices, [], accounts))
    hours, points = int(draw.integers(48, hours_most + 1)), 4 if seed % 7 == 0 else 1
    steps = steps_of(draw, book, hours * points, still)
    if seed % 4 == 3:
        coins = [not pair.startswith("USD") for pair in book.pairs]
        steps[len(steps) // 2 :, coins] = steps[len(steps) // 2 :, coins] * 9 // 20
    return World(book, steps, hours, points)


def openable(draw: np.random.Generator, parameters: Parameters, still: bool, mode: AccountMode) -> Owing:
    """Account of a mode that requests can bring about: the first drawn one without what no request leads to."""
    while True:
        drawn = owing(draw, parameters, still)
        held = {ccy: amount - amount % UNIT for ccy, amount in drawn.held.items() if ccy != SPARE}
        debts = {ccy: amount - amount % UNIT for ccy, amount in drawn.debts.items() if ccy != SPARE}
        if mode != SPOT:
            held = {ccy: amount for ccy, amount in held.items() if ccy not in debts}
        out = tuple(ccy for ccy in drawn.out if ccy in held and ccy != "USDT") if mode == MULTI_CURRENCY else ()
        account = Owing(held=held, debts=debts, mode=mode, out=out)
        granted = all(is_granted(parameters, ccy, amount) for ccy, amount in debts.items())
        if held and debts and granted and not due(parameters, account):
            return account


def is_granted(parameters: Parameters, ccy: str, amount: int) -> bool:
    """Tell whether a user of the first level may borrow an amount at once."""
    currency, (level, times) = parameters.currencies[ccy], parameters.quota_levels[0]
    quota = dict(currency.level_quotas).get(level, currency.quota * times // ONE)
    return currency.min_borrow <= amount <= quota


def due(parameters: Parameters, account: Owing) -> bool:
    """Tell whether an account is liquidated at the first prices."""
    equities = {ccy: account.held.get(ccy, 0) - account.debts.get(ccy, 0) for ccy in {*account.held, *account.debts}}
    return standing(parameters, QUOTES, account.debts, equities, account.out).verdict == DUE
