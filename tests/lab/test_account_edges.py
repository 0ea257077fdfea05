"""Accounts on each line to the atom, and an atom beside it: no verdict is wrong.

The lines are margin ratios of 3.0000 and 1.0000, and the venue does not cut a ratio before it judges: whoever is an
atom above 3.0000 is shown 3.0000 or less by cutting, and is not warned. With a margin of 0 the same accounts get wrong
verdicts, so they are hard enough.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from msgspec.structs import replace

from tallystick.engine.amounts import ONE, atoms_from_text
from tallystick.engine.interest import SPOT_UNIT
from tallystick.engine.kinds import MULTI_CURRENCY, SPOT
from tallystick.engine.parameters import Parameters
from tallystick.engine.spot_judging import CALLED, DUE, SAFE, Verdict, standing
from tallystick.lab.account_lives import AccountLives
from tallystick.lab.account_rows import STARTED
from tallystick.lab.book import Book
from tallystick.lab.opening import Owing, state_with
from tallystick.venue.parameters import load_parameters
from tests.lab.account_worlds import QUOTES, USD
from tests.lab.test_edges import BESIDE, first_beyond
from tests.lab.worlds import AT_MS, COINS, PRICES

ACCOUNTS = 1_000


@lru_cache(maxsize=1)
def parameters() -> Parameters:
    """Rates so small that an hour adds exactly one unit of interest to every debt below 876,000 coins."""
    packaged = load_parameters()
    coins = {ccy: replace(row, rate_per_year=1) for ccy, row in packaged.currencies.items()}
    return replace(packaged, currencies=coins)


def judged(account: Owing) -> Verdict:
    equities = {ccy: account.held.get(ccy, 0) - account.debts.get(ccy, 0) for ccy in {*account.held, *account.debts}}
    return standing(parameters(), QUOTES, account.debts, equities, account.out).verdict


@lru_cache(maxsize=1)
def cases() -> tuple[tuple[Owing, Verdict], ...]:
    """Accounts as they stand after one hour, each on a line or an atom beside it, with the engine's verdict."""
    draw = np.random.default_rng(29)
    found: list[tuple[Owing, Verdict]] = []
    for number in range(ACCOUNTS):
        owed, *holds = (str(ccy) for ccy in draw.permutation(COINS)[: int(draw.integers(2, 6))])
        value = int(10 ** draw.uniform(1, 4.5))
        held = {ccy: value * ONE * ONE // USD[ccy] + int(draw.integers(10**9)) for ccy in holds}
        if number % 5 == 0:
            held[owed] = value * ONE * ONE // USD[owed]
        multi = number % 3 == 0
        account = Owing(
            held=held,
            debts={owed: 1},
            mode=MULTI_CURRENCY if multi else SPOT,
            out=tuple(holds[1:2]) if multi else (),
        )
        most = 3 * sum(amount * USD[ccy] for ccy, amount in held.items()) // USD[owed]
        for verdicts in ((SAFE,), (SAFE, CALLED)):

            def with_debt(debt: int, account: Owing = account, owed: str = owed) -> Owing:
                return replace(account, debts={owed: debt})

            def beyond(debt: int, ok: tuple[str, ...] = verdicts, made: Callable[[int], Owing] = with_debt) -> bool:
                return judged(made(debt)) not in ok

            first = first_beyond(beyond, most)
            owing = [with_debt(first + beside) for beside in BESIDE]
            found += [(one, judged(one)) for one in owing]
    return tuple(found)


def wrong(margin: float) -> int:
    """Number of cases on which the lab's verdict is not the engine's."""
    before = [
        replace(account, debts={ccy: debt - SPOT_UNIT for ccy, debt in account.debts.items()}) for account, _ in cases()
    ]
    prices = {pair: atoms_from_text(text) for pair, text in PRICES.items()}
    book = Book(state_with(parameters(), AT_MS, prices, [], before))
    still = np.array([[index // unit for index, unit in zip(book.first, book.units, strict=True)]], dtype=np.int64)
    lives = AccountLives(book, 1, 1, margin, first_events=True).on(still)
    whats = {life.user_id: [row.what for row in life.rows] for life in lives}
    count = 0
    for number, (_, verdict) in enumerate(cases(), start=1):
        said = SAFE if number not in whats else DUE if STARTED in whats[number] else CALLED
        count += said != verdict
    return count


def test_every_case_is_on_a_line() -> None:
    verdicts = [verdict for _, verdict in cases()]
    assert len(verdicts) == ACCOUNTS * 2 * len(BESIDE)
    assert min(verdicts.count(verdict) for verdict in (SAFE, CALLED, DUE)) >= ACCOUNTS


def test_no_verdict_is_wrong() -> None:
    assert wrong(1e-9) == 0


def test_without_the_margin_verdicts_are_wrong() -> None:
    assert wrong(0.0) > 0
