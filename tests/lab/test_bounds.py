"""Bounds of rates: the engine's first liquidation of each loan lies between those at the least and the most rate."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from tallystick.engine import ledger
from tallystick.lab import world as engine
from tallystick.lab.account_lives import AccountLives
from tallystick.lab.account_rows import STARTED
from tallystick.lab.book import Book
from tallystick.lab.bounds import TOLD, Rates, at_bound
from tallystick.lab.conditions import require
from tallystick.lab.lives import Lives
from tallystick.lab.records import LIQUIDATED
from tallystick.lab.rows import WARNED, Row
from tests.lab.account_worlds import account_world
from tests.lab.worlds import World, world

NEVER = 2**62
FIRSTS = ((*LIQUIDATED, STARTED), (*LIQUIDATED, STARTED, WARNED))


def without_rates(made: World) -> Book:
    """Book whose rates follow from usage: 97 % of each pool are lent out, and liquidations give coins back."""
    state, parameters = made.book.state, made.book.parameters
    coins = {ccy: replace(row, rate_per_year=0) for ccy, row in parameters.currencies.items()}
    state.parameters = replace(parameters, currencies=coins)
    for ccy in made.book.yearly:
        taken = ledger.balance(state, "pool", ccy) - state.lent[ccy] * 3 // 97
        ledger.post(state, ccy, ("pool", -taken), ("outside", taken), by_event=False)
    return Book(state)


def firsts(told: dict[int, list[Row]], number: int) -> list[int]:
    """Times of the first liquidation, and of the first event of either kind."""
    rows: Sequence[Row] = told.get(number, ())
    return [next((row.at_ms for row in rows if row.what in whats), NEVER) for whats in FIRSTS]


def of_lab(made: World, book: Book, rates: Rates) -> engine.Told:
    bound = Book(at_bound(book.state, rates))
    require(bound)
    loans = Lives(bound, made.hours, made.points).on(made.steps)
    accounts = AccountLives(bound, made.hours, made.points).on(made.steps)
    return engine.Told(
        {life.loan_id: list(life.rows) for life in loans}, {life.user_id: list(life.rows) for life in accounts}
    )


def test_the_engine_lies_between_the_bounds() -> None:
    """Worlds 10 and 20 have still prices, where nothing but interest brings a loan to its line."""
    apart = 0
    for seed in (1, 2, 3, 10, 20):
        for made in (world(seed, hours_most=240), account_world(seed, hours_most=240)):
            book = without_rates(made)
            least, most = of_lab(made, book, "least"), of_lab(made, book, "most")
            played = engine.play(book, made.steps, Lives(book, made.hours, made.points).moments)
            for low, venue, high in zip(most, played, least, strict=True):
                for number in range(1, 21):
                    for early, at_ms, late in zip(*(firsts(told, number) for told in (low, venue, high)), strict=True):
                        assert early <= at_ms <= late
                        apart += early < at_ms < late
    assert apart > 10


def test_rates_that_are_set_stay() -> None:
    book = world(1, hours_most=130).book
    assert at_bound(book.state, "most").parameters == book.parameters
    assert at_bound(book.state, "first-hour") is book.state
    assert "no bound" in TOLD["first-hour"]
