"""Pulls of a served venue: every row once, newest first, through interruptions, ties and rows that come late."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tallystick import Client
from tallystick.archive.checking import check
from tallystick.archive.gathering import account_of, gather
from tallystick.archive.store import Archive
from tallystick.archive.streams import STREAMS
from tallystick.client.levers import Levers
from tests.client.venue import Served, served
from tests.server.harness import TOKEN

HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def venue() -> Iterator[Served]:
    with served() as here:
        yield here


@pytest.fixture
def levers(venue: Served) -> Iterator[Levers]:
    with Levers(venue.url, TOKEN) as here:
        yield here


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive(tmp_path / "books.archive") as here:
        yield here


class User:
    """A user of their own, with coins, credit and a client."""

    def __init__(self, venue: Served, levers: Levers, name: str) -> None:
        self.levers = levers
        levers.users.create(name=name)
        for account in ("trading", "funding"):
            levers.users.adjust_balance(name, account=account, ccy="BTC", amt=10)
        levers.users.switch_spot_borrow(name, enabled=True)
        key = levers.users.create_key(name, permissions=["read", "trade"])
        self.keys: dict[str, Any] = {
            "api_key": key.api_key,
            "secret_key": key.secret_key,
            "passphrase": key.passphrase,
            "base_url": venue.url,
            "pace": False,
        }
        self.client = Client(**self.keys)

    def pull(self, archive: Archive, *names: str) -> Any:
        account = account_of(archive, self.client, self.client._session.host.url, "test")
        return gather(archive, self.client, account, names)


@pytest.fixture
def user(venue: Served, levers: Levers, request: pytest.FixtureRequest) -> Iterator[User]:
    made = User(venue, levers, f"user-{abs(hash(request.node.name)) % 10**9}")
    with made.client:
        yield made


def texts(archive: Archive, stream: str) -> list[str]:
    return [raw for (raw,) in archive.read("SELECT raw FROM rows WHERE stream = ? ORDER BY at_ms, id", stream)]


def test_all_streams_are_pulled_and_proven(user: User, archive: Archive) -> None:
    for number in range(3):
        user.client.spot_manual_borrow_repay(ccy="USDT", side="borrow", amt=10 + number)
        user.client.transfer(ccy="BTC", amt="0.5", from_="18", to="6")
        user.levers.clock.advance(ms=2 * HOUR_MS)
    found = user.pull(archive)
    assert not found.failed
    assert {progress.stream for progress in found.pulled} == set(STREAMS)
    # Three loans; three transfers, with a bill in either account, after the two coins that were put in.
    assert len(texts(archive, "spot_borrow_repay_history")) == 3
    assert len(texts(archive, "asset_bills_history")) == 4
    # Interest is charged at every full hour, of one coin: six hours.
    assert len(texts(archive, "interest_accrued")) == 6
    verdict = check(archive)
    assert verdict.problems == []
    assert verdict.proven


def test_a_second_pull_finds_nothing_new_and_doubles_nothing(user: User, archive: Archive) -> None:
    for number in range(150):
        user.client.spot_manual_borrow_repay(ccy="USDT", side="borrow", amt=1 + number)
    first = user.pull(archive, "spot_borrow_repay_history", "account_bills")
    before = texts(archive, "spot_borrow_repay_history")
    again = user.pull(archive, "spot_borrow_repay_history", "account_bills")
    assert first.fresh > 0
    assert again.fresh == 0
    assert texts(archive, "spot_borrow_repay_history") == before


def test_every_kind_of_row_has_its_bills(user: User, archive: Archive) -> None:
    """Borrowing, repaying, one-click, convert, easy convert, loan, order: pairs are complete, and chains unbroken."""
    client, levers = user.client, user.levers
    client.spot_manual_borrow_repay(ccy="USDT", side="borrow", amt=5_000)
    client.spot_manual_borrow_repay(ccy="USDC", side="borrow", amt=100)
    client.transfer(ccy="BTC", amt=2, from_="18", to="6")
    levers.clock.advance(ms=HOUR_MS)
    client.spot_manual_borrow_repay(ccy="USDT", side="repay", amt=1_000)
    client.place_order(instId="BTC-USDT", tdMode="cash", side="sell", ordType="market", sz="0.01")
    client.place_order(instId="USDC-USDT", tdMode="cash", side="sell", ordType="market", sz="90")
    quote = client.convert_estimate_quote(baseCcy="BTC", quoteCcy="USDT", side="sell", rfqSz="0.1", rfqSzCcy="BTC")
    client.convert_trade(
        quoteId=quote.quoteId, baseCcy="BTC", quoteCcy="USDT", side="sell", sz=quote.rfqSz, szCcy="BTC"
    )
    client.one_click_repay_v2(debtCcy="USDC", repayCcyList=["USDC", "BTC"])
    levers.clock.advance(ms=2 * HOUR_MS)
    found = user.pull(archive)
    assert not found.failed
    rows = {progress.stream: progress.rows for progress in found.pulled}
    # The run sells BTC for USDT and buys USDC; with the two orders these are four fills.
    assert rows["fills_history"] == 4
    assert rows["convert_history"] == rows["one_click_repay_history_v2"] == 1
    verdict = check(archive)
    assert [problem.text for problem in verdict.problems] == []
    assert verdict.proven


def test_rows_that_one_page_cannot_show_are_found_by_their_bills(user: User, archive: Archive) -> None:
    """150 loans of one millisecond: the list shows 100 of them, by an inclusive cursor, and bills have all."""
    for number in range(150):
        user.client.spot_manual_borrow_repay(ccy="USDT", side="borrow", amt=1 + number)
    user.pull(archive, "spot_borrow_repay_history")
    alone = check(archive)
    assert {problem.kind for problem in alone.problems} == {"unprovable"}
    user.levers.clock.advance(ms=10 * 60_000)
    user.pull(archive, "spot_borrow_repay_history", "account_bills_archive")
    found = [problem for problem in check(archive).problems if problem.kind == "pair"]
    assert len(found) == 50
