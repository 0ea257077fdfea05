"""Histories of the served venue under a clock that stands: rows share their times, and each comes once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tallystick import AsyncClient, Client
from tallystick.client.errors import Unprovable
from tallystick.client.history import AsyncHistory, History
from tallystick.client.levers import Levers
from tallystick.contract.core import SURFACES
from tests.client.venue import Served, served
from tests.server.harness import TOKEN

CENT = Decimal("0.01")
TIED = 99


@pytest.fixture(scope="module", params=SURFACES)
def venue(request: pytest.FixtureRequest) -> Iterator[Served]:
    with served(surface=request.param) as here:
        yield here


@pytest.fixture(scope="module")
def levers(venue: Served) -> Iterator[Levers]:
    with Levers(venue.url, TOKEN) as here:
        yield here


@pytest.fixture
def books(request: pytest.FixtureRequest, venue: Served, levers: Levers) -> Iterator[Books]:
    """Books of a user named after the test."""
    made = Books(venue, levers, f"user-{abs(hash(request.node.name)) % 10**9}")
    with made.client:
        yield made


class Books:
    """A user of their own with coins and a client, and the calls that make rows; `amounts` are those expected."""

    def __init__(self, venue: Served, levers: Levers, name: str) -> None:
        levers.users.create(name=name)
        levers.users.adjust_balance(name, account="trading", ccy="BTC", amt=1_000)
        levers.users.adjust_balance(name, account="funding", ccy="BTC", amt=1_000)
        levers.users.switch_spot_borrow(name, enabled=True)
        key = levers.users.create_key(name, permissions=["read", "trade"])
        self.levers = levers
        made = {"api_key": key.api_key, "secret_key": key.secret_key, "passphrase": key.passphrase}
        self.keys: dict[str, Any] = {**made, "base_url": venue.url, "pace": False}
        self.client = Client(**self.keys)
        self.amounts: list[Decimal] = []

    def next(self) -> Decimal:
        """An amount that no other row has; rows are expected newest first."""
        amount = 1 + (len(self.amounts) + 1) * CENT
        self.amounts.insert(0, amount)
        return amount

    def tick(self, ms: int = 1) -> None:
        self.levers.clock.advance(ms=ms)

    def borrow(self) -> None:
        self.client.spot_manual_borrow_repay(ccy="USDT", side="borrow", amt=self.next())

    def transfer(self) -> None:
        self.client.transfer(ccy="BTC", amt=self.next(), from_="6", to="18")

    def convert(self) -> None:
        quote = self.client.convert_estimate_quote(
            baseCcy="BTC", quoteCcy="USDT", side="sell", rfqSz=self.next() / 10, rfqSzCcy="BTC"
        )
        self.client.convert_trade(
            quoteId=quote.quoteId, baseCcy="BTC", quoteCcy="USDT", side="sell", sz=quote.rfqSz, szCcy="BTC"
        )

    def adjust(self) -> None:
        self.client.loan_adjust_collateral(type="add", collateralCcy="BTC", collateralAmt=self.next() / 100)


def some_apart_and_some_together(books: Books, act: str, ms: int, together: int) -> None:
    """20 rows each at its own time, `together` at one time, and 20 more."""
    for times, step in ((20, ms), (together, 0), (20, ms)):
        books.tick(ms)
        for _ in range(times):
            getattr(books, act)()
            if step:
                books.tick(step)


def test_borrowings_at_an_inclusive_time(books: Books) -> None:
    some_apart_and_some_together(books, "borrow", 1, TIED)
    found = [row.amt for row in books.client.spot_borrow_repay_history(ccy="USDT")]
    assert found == books.amounts
    assert len(found) == TIED + 40


def test_a_hundred_borrowings_at_one_time_are_unprovable(books: Books) -> None:
    """They may be all there are, but a page holds no more, so nobody can know."""
    some_apart_and_some_together(books, "borrow", 1, 100)
    history = books.client.spot_borrow_repay_history()
    assert [next(history).amt for _ in range(120)] == books.amounts[:120]
    with pytest.raises(Unprovable, match="100 rows share ts") as caught:
        next(history)
    below = books.client.spot_borrow_repay_history(position=caught.value.beyond)
    assert [row.amt for row in below] == books.amounts[120:]


def test_transfers_at_an_exclusive_time_and_by_number(books: Books) -> None:
    some_apart_and_some_together(books, "transfer", 1, TIED)
    assert [-row.balChg for row in books.client.asset_bills(type="131")] == books.amounts
    assert [-row.balChg for row in books.client.asset_bills_history(type="131")] == books.amounts


def test_converts_whose_times_are_cut_to_the_second(books: Books) -> None:
    some_apart_and_some_together(books, "convert", 400, 60)
    found = [row.fillBaseSz * 10 for row in books.client.convert_history()]
    assert sorted(found) == sorted(books.amounts)


def test_loan_rows_by_number(books: Books) -> None:
    books.client.loan_borrow(
        loanData={"ccy": "USDT", "amt": 100}, collateralData=[{"ccy": "BTC", "amt": 1}], clOrdId="one"
    )
    books.tick(60_000)
    some_apart_and_some_together(books, "adjust", 1, 110)
    rows = list(books.client.loan_history())
    assert [-row.amt * 100 for row in rows[:150]] == books.amounts
    assert {row.type for row in rows[150:]} == {"borrowed", "collateral_locked"}


def test_the_async_half_and_a_saved_position(books: Books) -> None:
    some_apart_and_some_together(books, "borrow", 1, 70)

    async def run() -> list[Decimal]:
        found: list[Decimal] = []
        async with AsyncClient(**books.keys) as client:
            position: str | None = None
            while True:
                history = client.spot_borrow_repay_history(position=position)
                assert isinstance(history, AsyncHistory)
                taken = 0
                async for row in history:
                    found.append(row.amt)
                    taken += 1
                    if taken == 33:
                        break
                if not taken:
                    return found
                position = history.position

    assert asyncio.run(run()) == books.amounts


def test_rows_that_come_while_a_history_is_read(books: Books) -> None:
    some_apart_and_some_together(books, "borrow", 1, 90)
    before = list(books.amounts)
    history = books.client.spot_borrow_repay_history()
    assert isinstance(history, History)
    found = []
    for row in history:
        found.append(row.amt)
        if len(found) % 40 == 0:
            books.borrow()
    assert found == before
