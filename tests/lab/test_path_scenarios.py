"""Paths of accounts as scenarios: random books are opened on a real venue by requests, and what the lab says comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from tallystick.engine.interest import HOUR_MS
from tallystick.engine.kinds import MULTI_CURRENCY, PORTFOLIO, SPOT, AccountMode
from tallystick.engine.state import State
from tallystick.lab import world
from tallystick.lab.account_lives import AccountLives
from tallystick.lab.account_rows import COVERED, ENDED, FEE, FILLED, REPAID, STARTED
from tallystick.lab.book import Book
from tallystick.lab.models import Shock
from tallystick.lab.rows import WARNED, Row
from tallystick.lab.telling import scenario_of
from tallystick.lab.world import Lived
from tallystick.testing import scenario
from tallystick.testing.runner import Player
from tests.lab.opened_worlds import opened_world
from tests.lab.worlds import World
from tests.torture.form import scaled

CHUNKS = 5
WORLDS = 20
MORE = scaled(40, 2_000)
"""End of the seeds of the long test."""


def lived(made: World) -> Lived:
    return Lived([], list(AccountLives(made.book, made.hours, made.points).on(made.steps)))


def told(made: World, found: Lived) -> str:
    moments = AccountLives(made.book, made.hours, made.points).moments
    return scenario_of(made.book, made.steps, moments, found, "Path")


def complaints(text: str) -> list[str]:
    """Complaints of a play of a scenario on a venue of its own."""
    return played(text)[0]


def played(text: str) -> tuple[list[str], State]:
    """Complaints of a play, and the state of the venue at its end."""

    async def story() -> tuple[list[str], State]:
        player = Player.alone(scenario.parse(text))
        await player.start()
        try:
            return (await player.play()).faults, player.venue.state
        finally:
            await player.stop()

    return asyncio.run(story())


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_venue_does_on_a_path_what_the_lab_says(chunk: int) -> None:
    for seed in range(chunk, WORLDS, CHUNKS):
        made = opened_world(seed)
        assert complaints(told(made, lived(made))) == [], f"world {seed}"


@pytest.mark.long
@pytest.mark.parametrize("chunk", range(97))
def test_the_venue_does_on_a_path_what_the_lab_says_in_long(chunk: int) -> None:
    for seed in range(WORLDS + chunk, MORE, 97):
        made = opened_world(seed, hours_most=480)
        assert complaints(told(made, lived(made))) == [], f"world {seed}"


def an_hour_late(row: Row) -> Row:
    return row._replace(at_ms=row.at_ms + HOUR_MS)


def an_atom_off(row: Row) -> Row:
    return row._replace(amount=row.amount + 1)


LATE = [(what, an_hour_late) for what in (WARNED, STARTED, ENDED, FILLED, FEE, COVERED)]
OFF = [(what, an_atom_off) for what in (FILLED, REPAID, FEE, COVERED)]


@pytest.mark.parametrize("mode", [MULTI_CURRENCY, PORTFOLIO])
@pytest.mark.parametrize(("what", "wrong"), [*LATE, *OFF])
def test_a_lab_that_is_an_atom_off_or_an_hour_late_is_seen(
    mode: AccountMode, what: str, wrong: Callable[[Row], Row]
) -> None:
    """One row of one account is told wrongly, and the venue does otherwise."""
    made = opened_world(3)
    found = lived(made)
    modes = {account.user.user_id: account.user.mode for account in made.book.accounts}
    for number, life in enumerate(found.accounts):
        places = [place for place, row in enumerate(life.rows) if row.what == what and modes[life.user_id] == mode]
        if places:
            rows = (*life.rows[: places[0]], wrong(life.rows[places[0]]), *life.rows[places[0] + 1 :])
            accounts = [*found.accounts[:number], life._replace(rows=rows), *found.accounts[number + 1 :]]
            said = complaints(told(made, found._replace(accounts=accounts)))
            assert said
            assert all(f"account{life.user_id}" in one for one in said)
            return
    raise AssertionError(f"no account of mode {mode} has a row {what}")


def test_a_lab_whose_interest_is_an_atom_off_is_seen() -> None:
    made = opened_world(3)
    found = lived(made)
    life = found.accounts[0]
    ccy = next(iter(life.interest))
    wrong = life._replace(interest={**life.interest, ccy: life.interest[ccy] + 1})
    (said,) = complaints(told(made, found._replace(accounts=[wrong, *found.accounts[1:]])))
    assert said.startswith(f"/api/v5/account/balance of account{life.user_id}")


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_the_venue_does_what_the_engine_says_of_accounts_without_auto_loan(chunk: int) -> None:
    """Their debts have interest-free quotas and are exchanged above them, which `tally lab world` plays."""
    exchanged = 0
    for seed in range(chunk, WORLDS, CHUNKS):
        made = opened_world(seed)
        for account in made.book.accounts:
            account.user.auto_loan = False
        moments = AccountLives(made.book, made.hours, made.points).moments
        found = world.lives(made.book, made.steps, moments)
        text = told(made, found)
        exchanged += text.count('subType = "114"')
        assert complaints(text) == [], f"world {seed}"
    assert exchanged


TRADED = """
title = "Debts by trading"
title_zh = "交易产生的负债"
about = "Users of each mode owe by an order, and pay interest for a day."
start = 2026-01-01T00:00:00Z
users = [
  { name = "ann", modes = [3], trading = { BTC = "1" } },
  { name = "ben", modes = [4], trading = { ETH = "20" } },
  { name = "cas", borrow = true, trading = { BTC = "1" } },
]
parameters = { currencies = { USDT = { rate_per_year = "0.3" }, BTC = { rate_per_year = "0.1" } } }
prices = { BTC-USDT = "60000", ETH-USDT = "3000" }
"""


def posted(user: str, path: str, **body: str) -> str:
    fields = ", ".join(f'{name} = "{value}"' for name, value in body.items())
    return f'[[steps]]\nuser = "{user}"\npost = "/api/v5/{path}"\nbody = {{ {fields} }}\n'


def ordered(user: str, pair: str, mode: str, side: str, size: str) -> str:
    return posted(user, "trade/order", instId=pair, tdMode=mode, side=side, ordType="market", sz=size)


@pytest.mark.parametrize(
    ("btc", "eth", "modes"), [("48000", "1600", {3}), ("119000", "2900", {4}), ("16000", "2300", {1, 3})]
)
def test_a_book_of_a_venue_whose_users_owe_by_trading(btc: str, eth: str, modes: set[int]) -> None:
    """Users of a scenario borrow by hand or by transfer, whatever the debts of the book came of, and stand alike.

    99,000 USDT are owed on 1 BTC and 33 ETH, 1.2 BTC on 20 ETH and 72,000 USDT, 70,000 USDT on 1 BTC and 23.3 ETH.
    """

    faults, state = played(
        TRADED
        + posted("ann", "account/set-account-level", acctLv="3")
        + posted("ben", "account/set-account-level", acctLv="4")
        + ordered("ann", "ETH-USDT", "cross", "buy", "99000")
        + ordered("ben", "BTC-USDT", "cross", "sell", "1.2")
        + ordered("cas", "ETH-USDT", "cash", "buy", "70000")
        + '[[steps]]\nafter = "24h10m"\nprice = { BTC-USDT = "60100" }\n'
    )
    assert faults == []
    book = Book(state)
    assert [account.user.mode for account in book.accounts] == [MULTI_CURRENCY, PORTFOLIO, SPOT]
    shock = Shock({"BTC-USDT": btc, "ETH-USDT": eth})
    made = World(book, shock.paths(book, 0, 30, 1)(0), 30, 1)
    found = lived(made)
    mode_of = {account.user.user_id: account.user.mode for account in book.accounts}
    sold = {mode_of[life.user_id] for life in found.accounts for row in life.rows if row.what == FILLED}
    assert sold == modes
    assert complaints(told(made, found)) == []
