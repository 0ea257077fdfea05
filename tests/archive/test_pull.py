"""Pulls of a served venue: every stream, all pairs and chains, and rows that one page cannot show."""

from __future__ import annotations

import json

from tallystick.archive.checking import check
from tallystick.archive.pulling import PUT_ROW
from tallystick.archive.store import Archive
from tallystick.archive.streams import STREAMS
from tests.archive.venues import HOUR_MS, User


def count(archive: Archive, stream: str) -> int:
    ((found,),) = archive.read("SELECT count(*) FROM rows WHERE stream = ?", stream)
    return int(found)


def test_all_streams_are_pulled_and_proven(user: User, archive: Archive) -> None:
    for number in range(3):
        user.client.spot_manual_borrow_repay(ccy="USDT", side="borrow", amt=10 + number)
        user.client.transfer(ccy="BTC", amt="0.5", from_="18", to="6")
        user.levers.clock.advance(ms=2 * HOUR_MS)
    found = user.pull(archive)
    assert not found.failed
    assert {progress.stream for progress in found.pulled} == set(STREAMS) - {"one_click_repay_history"}
    assert count(archive, "spot_borrow_repay_history") == 3
    # Three transfers, and the coins that were put in.
    assert count(archive, "asset_bills_history") == 4
    # Interest of one coin at every full hour: six of them passed.
    assert count(archive, "interest_accrued") == 6
    assert check(archive).problems == []


def test_a_second_pull_finds_nothing_new(user: User, archive: Archive) -> None:
    for number in range(50):
        user.client.spot_manual_borrow_repay(ccy="USDT", side="borrow", amt=1 + number)
    first = user.pull(archive)
    again = user.pull(archive)
    assert first.fresh > 50
    assert again.fresh == 0
    assert count(archive, "spot_borrow_repay_history") == 50


def test_every_kind_of_row_has_its_bills(user: User, archive: Archive) -> None:
    user.live()
    found = user.pull(archive)
    assert not found.failed
    # The run sells BTC for USDT and buys USDC; with the two orders these are four fills.
    assert count(archive, "fills_history") == 4
    assert count(archive, "convert_history") == count(archive, "one_click_repay_history_v2") == 1
    assert [problem.text for problem in check(archive).problems] == []


def test_a_cause_or_a_bill_that_is_taken_out_is_missed_by_the_other(user: User, archive: Archive) -> None:
    user.live()
    user.pull(archive)
    for stream in ("spot_borrow_repay_history", "convert_history", "fills_history"):
        ((series,),) = archive.read("SELECT id FROM series WHERE stream = ?", stream)
        row = archive.read("SELECT * FROM row WHERE series = ? LIMIT 1", series)[0]
        with archive.writing() as db:
            db.execute("DELETE FROM row WHERE id = ?", row[0])
            db.execute("DELETE FROM row WHERE series IN (SELECT id FROM series WHERE stream = 'fills')")
        assert "pair" in {problem.kind for problem in check(archive).problems}, stream
        with archive.writing() as db:
            db.execute(PUT_ROW, *row)


def test_each_bill_that_moves_a_balance_is_missed_by_its_chain(user: User, archive: Archive) -> None:
    user.live()
    user.pull(archive, "account_bills_archive", "asset_bills_history")
    assert check(archive).proven
    rows = archive.read("SELECT * FROM row ORDER BY series, cursor")
    bills = [row for row in rows if json.loads(row[7])["balChg"] != "0"]
    first = {bills[0][2]}
    # Nothing says what was there before the first bill of a coin: the first bill of each is not missed.
    seen: set[tuple[int, str]] = set()
    for bill in bills:
        coin = json.loads(bill[7])["ccy"]
        if (bill[1], coin) not in seen:
            seen.add((bill[1], coin))
            first.add(bill[2])
    missed = 0
    for bill in bills:
        if bill[2] in first:
            continue
        with archive.writing() as db:
            db.execute("DELETE FROM row WHERE id = ?", bill[0])
        kinds = {problem.kind for problem in check(archive).problems}
        assert "chain" in kinds, bill
        missed += 1
        with archive.writing() as db:
            db.execute(PUT_ROW, *bill)
    assert missed > 10
    assert check(archive).proven


def test_rows_that_one_page_cannot_show_are_found_by_their_bills(user: User, archive: Archive) -> None:
    """150 loans of one millisecond: the list shows 100 of them, by an inclusive cursor, and bills have all."""
    for number in range(150):
        user.client.spot_manual_borrow_repay(ccy="USDT", side="borrow", amt=1 + number)
    user.pull(archive, "spot_borrow_repay_history")
    assert [problem.kind for problem in check(archive).problems] == ["unprovable"]
    user.levers.clock.advance(ms=10 * 60_000)
    user.pull(archive, "spot_borrow_repay_history", "account_bills_archive")
    found = [problem for problem in check(archive).problems if problem.kind == "pair"]
    assert len(found) == 50
