"""Checks of what is new: they say what a check of all says, but for damage behind the mark they began at."""

from __future__ import annotations

import random

from tallystick.archive.checking import check, check_new
from tallystick.archive.store import Archive
from tests.archive.forging import take_out
from tests.archive.venues import HOUR_MS, User

CHANGES = 40


def act(user: User, chance: random.Random) -> None:
    """Something that leaves rows, and some time."""
    client = user.client
    deed = chance.randrange(5)
    if deed == 0:
        client.spot_manual_borrow_repay(ccy="USDT", side="borrow", amt=chance.randrange(1, 50))
    elif deed == 1:
        client.transfer(ccy="BTC", amt="0.01", from_="18", to="6")
    elif deed == 2:
        client.place_order(instId="BTC-USDT", tdMode="cash", side="sell", ordType="market", sz="0.001")
    else:
        user.levers.clock.advance(ms=chance.choice((1_000, 60_000, HOUR_MS, 3 * HOUR_MS)))


def last_rows(archive: Archive, stream: str) -> list[int]:
    """Numbers of the rows of a stream, the newest last."""
    query = "SELECT row.id FROM row JOIN series ON series.id = row.series WHERE stream = ? ORDER BY cursor"
    return [number for (number,) in archive.read(query, stream)]


def test_a_check_of_what_is_new_agrees_with_a_check_of_all(user: User, archive: Archive) -> None:
    chance = random.Random(11)
    user.live()
    assert user.pull(archive).failed == []
    first = check_new(archive)
    assert (first.whole, first.problems) == (True, [])
    for _ in range(6):
        for _ in range(CHANGES):
            act(user, chance)
        user.pull(archive)
        new, whole = check_new(archive), check(archive)
        assert (new.whole, whole.whole) == (False, True)
        assert new.problems == whole.problems == []
        assert (new.rows, new.pages) == (whole.rows, whole.pages)


def test_rows_that_are_missing_of_the_new_ones_are_found(user: User, archive: Archive) -> None:
    user.live()
    user.pull(archive)
    check_new(archive)
    for number in range(4):
        user.client.place_order(instId="BTC-USDT", tdMode="cash", side="sell", ordType="market", sz="0.001")
        user.client.spot_manual_borrow_repay(ccy="USDT", side="borrow", amt=10 + number)
        user.levers.clock.advance(ms=60_000)
    user.levers.clock.advance(ms=HOUR_MS)
    user.pull(archive)
    take_out(archive, last_rows(archive, "spot_borrow_repay_history")[-2])
    found = check_new(archive)
    assert not found.whole
    assert [(one.kind, one.stream) for one in found.problems] == [("pair", "account_bills, account_bills_archive")]
    assert found.problems == check(archive).problems
    # It is told again by each later check, though nothing is new.
    assert check_new(archive).problems == found.problems


def test_damage_behind_the_mark_is_found_by_a_check_of_all_alone(user: User, archive: Archive) -> None:
    user.live()
    user.levers.clock.advance(ms=30 * HOUR_MS)
    user.pull(archive)
    check_new(archive)
    user.levers.clock.advance(ms=30 * HOUR_MS)
    user.pull(archive)
    check_new(archive)
    with archive.writing() as db:
        db.execute("DELETE FROM row WHERE id = ?", last_rows(archive, "account_bills_archive")[0])
    assert check_new(archive).problems == []
    assert "damage" in {one.kind for one in check(archive).problems}


def test_damage_of_what_is_new_is_found_and_no_mark_is_kept(user: User, archive: Archive) -> None:
    user.live()
    user.pull(archive)
    check_new(archive)
    user.levers.clock.advance(ms=2 * HOUR_MS)
    user.pull(archive)
    with archive.writing() as db:
        db.execute("DELETE FROM row WHERE id = ?", last_rows(archive, "interest_accrued")[-1])
    for _ in range(2):
        found = check_new(archive)
        assert not found.whole
        assert "damage" in {one.kind for one in found.problems}


def test_a_mark_is_not_believed_where_its_page_was_changed(user: User, archive: Archive) -> None:
    user.live()
    user.pull(archive)
    assert check_new(archive).whole
    assert not check_new(archive).whole
    with archive.writing() as db:
        db.execute("UPDATE page SET hash = ? WHERE id = (SELECT max(id) FROM page)", bytes(32))
    found = check_new(archive)
    assert found.whole
    assert "damage" in {one.kind for one in found.problems}


def test_rows_that_come_below_the_mark_are_checked_with_all_above(user: User, archive: Archive) -> None:
    """The bills are pulled long after the rest was checked."""
    user.live()
    user.levers.clock.advance(ms=30 * HOUR_MS)
    user.pull(archive, "spot_borrow_repay_history", "interest_accrued")
    assert check_new(archive).problems == []
    user.pull(archive, "account_bills_archive")
    take_out(archive, last_rows(archive, "spot_borrow_repay_history")[0])
    assert "pair" in {one.kind for one in check_new(archive).problems}
