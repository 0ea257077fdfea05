"""One row is taken out of a random archive: it is missed wherever bills cover it, and `status` says where they do."""

from __future__ import annotations

from pathlib import Path

from tallystick.archive.checking import check
from tallystick.archive.standing import now_ms, status
from tallystick.archive.store import Archive
from tests.archive.missing import archives
from tests.archive.venues import HOUR_MS, User

TIE = 100


def test_a_row_that_is_missing_is_found_where_bills_cover_it(user: User, tmp_path: Path) -> None:
    found = list(archives(user, tmp_path, 3, 30))
    assert [one for one in found if one[1] and not one[2]] == []
    assert sum(covered for _, covered, _ in found) > 15


def test_status_says_what_bills_do_not_cover(user: User, archive: Archive) -> None:
    user.live()
    user.pull(archive)
    billed = {one.stream: one.billed for one in status(archive, now_ms(archive)).series}
    assert {stream for stream, yes in billed.items() if yes} == {
        *("account_bills", "account_bills_archive", "asset_bills_history", "fills", "fills_history"),
        *("spot_borrow_repay_history", "interest_accrued"),
    }


def test_a_full_page_of_one_time_is_proven_by_bills_where_it_hides_nothing(user: User, archive: Archive) -> None:
    """A hundred loans of one millisecond fill a page: the list cannot say that there are no more, the bills can."""
    for number in range(TIE):
        user.client.spot_manual_borrow_repay(ccy="USDT", side="borrow", amt=1 + number)
    user.pull(archive, "spot_borrow_repay_history")
    (open_,) = check(archive).problems
    assert open_.kind == "unprovable"
    user.levers.clock.advance(ms=HOUR_MS)
    user.pull(archive, "spot_borrow_repay_history", "account_bills_archive")
    assert check(archive).problems == []


def test_a_full_page_of_one_time_stays_unprovable_where_bills_show_more(user: User, archive: Archive) -> None:
    for number in range(TIE + 1):
        user.client.spot_manual_borrow_repay(ccy="USDT", side="borrow", amt=1 + number)
    user.levers.clock.advance(ms=HOUR_MS)
    user.pull(archive, "spot_borrow_repay_history", "account_bills_archive")
    assert sorted(problem.kind for problem in check(archive).problems) == ["pair", "unprovable"]
