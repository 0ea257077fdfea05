"""Archives of accounts whose mode lacks lists: what is no gap, what is not claimed, and what bills say instead."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import pytest

from tallystick.archive import absence
from tallystick.archive.bases.core import ArchiveError
from tallystick.archive.checking import check
from tallystick.archive.gathering import Gathered
from tallystick.archive.records import Verdict
from tallystick.archive.standing import now_ms, status
from tallystick.archive.store import Archive
from tallystick.cli.archiving.looking import table
from tallystick.client.levers import Levers
from tallystick.contract.endpoints import by_name
from tests.archive.venues import User

MINUTE_MS = 60_000
LENT = "spot_borrow_repay_history"
REPAID = "one_click_repay_history_v2"
AT_ONCE = "one_click_repay_history"


def priced(levers: Levers) -> None:
    levers.market.set_price(instId="BTC-USDT", px=60_000)
    levers.market.set_book(instId="BTC-USDT", bids=[(60_000, 100)], asks=[(60_001, 100)])


def switched(user: User, mode: Literal["1", "3"]) -> None:
    user.levers.users.open_modes(user.name, open=("3",))
    assert user.client.set_account_level(acctLv=mode).acctLv == mode


def later(user: User, archive: Archive, ms: int = 10 * MINUTE_MS) -> Gathered:
    user.levers.clock.advance(ms=ms)
    found = user.pull(archive)
    assert found.failed == []
    return found


def lent_and_repaid(user: User) -> None:
    user.client.spot_manual_borrow_repay(ccy="USDT", side="borrow", amt=1_000)
    user.client.spot_manual_borrow_repay(ccy="USDT", side="repay", amt=1_000)


def problems(verdict: Verdict) -> list[tuple[str, str]]:
    return [(one.kind, one.stream) for one in verdict.problems]


def test_a_list_is_absent_since_the_pull_that_met_the_mode_and_what_was_before_is_not_claimed(
    user: User, archive: Archive
) -> None:
    """One pull in Spot mode, two in multi-currency: runs of v2 between the first two pulls are known to nobody.

    Loans of coins have bills, which tell their times too, but for the last two minutes until the next pull.
    """
    lent_and_repaid(user)
    assert later(user, archive).absent == {}
    assert problems(check(archive)) == []
    switched(user, "3")
    assert later(user, archive).absent == {LENT: "3", REPAID: "3"}
    assert problems(check(archive)) == [("unprovable", REPAID), ("unprovable", LENT)]
    later(user, archive)
    verdict = check(archive)
    assert not verdict.found
    (left,) = verdict.problems
    assert (left.kind, left.stream) == ("unprovable", REPAID)
    # ten minutes, and the two that rows of the pull before them may have been late
    assert left.until_ms - left.from_ms == 12 * MINUTE_MS
    assert left.text == "account mode 3 has no such list: pull in mode 1 to read these times"
    assert {(one.stream, one.mode, one.until_ms - one.from_ms) for one in verdict.absent} == {
        (LENT, "3", 10 * MINUTE_MS),
        (REPAID, "3", 10 * MINUTE_MS),
    }


def test_back_in_spot_mode_all_is_read_and_nothing_is_absent(user: User, archive: Archive) -> None:
    lent_and_repaid(user)
    switched(user, "3")
    later(user, archive)
    later(user, archive)
    # the two bills of the loan have no row, since Spot mode's list was never read
    assert problems(check(archive)).count(("pair", "account_bills, account_bills_archive")) == 2
    switched(user, "1")
    assert later(user, archive).absent == {AT_ONCE: "1"}
    verdict = check(archive)
    # the list of v1 was read for the last time in mode 3
    assert problems(verdict) == [("unprovable", AT_ONCE)]
    assert [one.stream for one in verdict.absent] == [AT_ONCE]


def test_a_loan_between_two_pulls_that_met_the_same_mode_is_missed_by_its_bills(
    user: User, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account was in Spot mode meanwhile, which no pull has met. Without the bills nobody would know."""
    switched(user, "3")
    later(user, archive)
    later(user, archive)
    known = check(archive)
    assert not known.found
    switched(user, "1")
    lent_and_repaid(user)
    switched(user, "3")
    later(user, archive)
    later(user, archive)
    assert check(archive).found
    found = [one.text for one in check(archive).problems if one.kind == "pair"]
    assert found == [f"USDT 1000 in account_bills, account_bills_archive has nothing in {LENT}"] * 2
    monkeypatch.setattr("tallystick.archive.sweep.told_by_bills", lambda archive, series: [])
    assert not check(archive).found


def test_orders_of_margin_and_the_first_version_are_read_once_the_account_was_in_such_a_mode(
    user: User, levers: Levers, archive: Archive
) -> None:
    priced(levers)
    later(user, archive)
    assert {series.stream for series in archive.all_series() if series.stream == AT_ONCE} == set()
    switched(user, "3")
    user.client.place_order(instId="BTC-USDT", tdMode="cross", side="sell", ordType="market", sz="10.5")
    user.client.one_click_repay(debtCcy=["BTC"], repayCcy="USDT")
    later(user, archive)
    rows = {
        (series.stream, json.loads(series.filters).get("instType")): [
            json.loads(row.raw) for row in archive.rows(series.id)
        ]
        for series in archive.all_series()
    }
    for stream in ("orders_history", "orders_history_archive", "fills_history"):
        assert rows[stream, "SPOT"] == []
        assert [row["instType"] for row in rows[stream, "MARGIN"]] == ["MARGIN"]
    ((repaid,),) = (rows[AT_ONCE, None],)
    assert (repaid["debtCcy"], repaid["fillDebtSz"].rstrip("0").rstrip("."), repaid["status"]) == (
        "BTC",
        "0.5",
        "filled",
    )
    switched(user, "1")
    later(user, archive)
    assert rows.keys() == {
        (series.stream, json.loads(series.filters).get("instType")) for series in archive.all_series()
    }


def test_a_run_of_the_first_version_without_its_row_is_found_by_its_bill(
    user: User, levers: Levers, archive: Archive
) -> None:
    priced(levers)
    switched(user, "3")
    user.client.place_order(instId="BTC-USDT", tdMode="cross", side="sell", ordType="market", sz="10.5")
    user.client.one_click_repay(debtCcy=["BTC"], repayCcy="USDT")
    later(user, archive)
    assert not check(archive).found
    with archive.writing() as db:
        db.execute("DELETE FROM row WHERE series IN (SELECT id FROM series WHERE stream = ?)", AT_ONCE)
    texts = [one.text for one in check(archive).problems if one.kind == "pair"]
    assert texts == [f"BTC 0.5 in account_bills, account_bills_archive has nothing in {AT_ONCE}"]


def test_status_names_absent_lists_and_warns_of_nothing_that_no_pull_can_save(user: User, archive: Archive) -> None:
    switched(user, "3")
    later(user, archive)
    told = status(archive, now_ms(archive))
    found = {one.stream: one for one in told.series}
    ((mode, since_ms),) = [(one.mode, one.from_ms) for one in found[REPAID].absent]
    assert mode == "3"
    assert 0 <= told.now_ms - since_ms < MINUTE_MS
    assert found[REPAID].falls_out_ms is None
    assert not told.soon
    assert f"{REPAID}: account mode 3 has no such list, since 20" in table(told)
    assert 'orders_history {"instType":"MARGIN"}' in table(told)


def test_an_absence_that_was_changed_is_damage(user: User, archive: Archive) -> None:
    switched(user, "3")
    later(user, archive)
    with archive.writing() as db:
        db.execute("UPDATE absence SET from_ms = 0")
    assert [one.kind for one in check(archive).problems].count("damage") == 2


@pytest.mark.parametrize(
    ("mode", "name", "code", "lacking"),
    [
        ("3", LENT, "51010", True),
        ("1", AT_ONCE, "51010", True),
        ("1", LENT, "51010", False),
        ("", LENT, "51010", False),
        ("3", LENT, "50011", False),
        ("3", "fills", "51010", False),
    ],
)
def test_only_a_mode_without_the_list_is_why_it_is_absent(mode: str, name: str, code: str, lacking: bool) -> None:
    assert absence.lacks(mode, by_name[name], code) == lacking


def test_an_archive_of_the_format_before_is_brought_to_this_one(user: User, place: Path | str) -> None:
    with Archive(place) as archive:
        user.pull(archive)
        rows = check(archive).rows
        with archive.writing() as db:
            db.execute("DROP TABLE absence")
            if isinstance(place, Path):
                db.execute("PRAGMA user_version = 2")
            else:
                db.execute("UPDATE format SET version = 2")
    with pytest.raises(ArchiveError, match=r"has format 2, .* pull into it, which brings it there"):
        Archive(place, read_only=True)
    switched(user, "3")
    with Archive(place) as archive:
        assert later(user, archive).absent == {LENT: "3", REPAID: "3"}
        assert check(archive).rows == rows
    Archive(place, read_only=True).close()
