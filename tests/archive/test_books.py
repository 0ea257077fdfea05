"""Journals for beancount and hledger, read by the two tools themselves."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tallystick.archive import bookkeeping
from tallystick.archive.bookkeeping import BEANCOUNT, HLEDGER
from tallystick.archive.store import Archive
from tallystick.archive.writing import write_lines
from tests.archive import tools
from tests.archive.made import bill, put
from tests.archive.venues import User

both = pytest.mark.parametrize("form", [BEANCOUNT, HLEDGER])


def written(archive: Archive, form: str, folder: Path) -> Path:
    place = folder / f"books.{form}"
    write_lines(place, bookkeeping.journal(archive, archive.accounts(), form))
    return place


def odd(archive: Archive) -> None:
    """Two hosts with one user number, coins of one letter, of digits and of 18 decimals, dust, and a missing bill."""
    first = archive.account("127.0.0.1:8080", "700", "here")
    second = archive.account("www.okx.com", "700", "there")
    put(
        archive,
        first,
        "account_bills_archive",
        [
            bill(1, "BTC", "0.5", "2.5"),
            bill(2, "BTC", "-0.00000001", "2.49999999"),
            bill(3, "T", "7", "7"),
            bill(4, "XT", "3", "3"),
            bill(5, "1INCH", "0.000000000000000001", "0.000000000000000001"),
            bill(6, "WEI", "123456789.123456789123456789", "123456789.123456789123456789"),
            # 1.5 of the bill after this one have no bill: 2.49999999 - 0.5 is 1.99999999.
            bill(7, "BTC", "-0.5", "0.49999999"),
            bill(8, "USDC", "-0.000000000000000001", "-0.000000000000000001", type="7"),
        ],
    )
    put(archive, second, "account_bills_archive", [bill(1, "BTC", "1", "1"), bill(9, "BTC", "0", "1", type="16")])


@both
def test_a_tool_accepts_the_journal_of_odd_accounts(archive: Archive, tmp_path: Path, form: str) -> None:
    odd(archive)
    done = tools.accepted(form, written(archive, form, tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_sums_of_a_tool_are_the_balances_of_the_last_bills(archive: Archive, tmp_path: Path) -> None:
    odd(archive)
    found = tools.balances(written(archive, HLEDGER, tmp_path))
    own = "Assets:127-0-0-1-8080:U700:Trading"
    assert {coin: Decimal(amount) for (account, coin), amount in found.items() if account == own} == {
        "BTC": Decimal("0.49999999"),
        "C.T": Decimal(7),
        "XT": Decimal(3),
        "C.1INCH": Decimal("0.000000000000000001"),
        "WEI": Decimal("123456789.123456789123456789"),
        "USDC": Decimal("-0.000000000000000001"),
    }
    assert Decimal(found["Assets:Www-okx-com:U700:Trading", "BTC"]) == 1
    assert Decimal(found["Equity:Opening", "BTC"]) == -2
    assert Decimal(found["Equity:Missing", "BTC"]) == Decimal("1.5")
    assert Decimal(found["Expenses:Interest", "USDC"]) == Decimal("0.000000000000000001")


@both
@pytest.mark.parametrize("digit", ["0.00000001", "0.000000000000000001"])
def test_a_tool_refuses_a_journal_that_is_wrong_by_one_digit(
    archive: Archive, tmp_path: Path, form: str, digit: str
) -> None:
    odd(archive)
    place = written(archive, form, tmp_path)
    # The last digit of one bill, in both of its postings: the transaction balances, and the sums do not.
    lines = place.read_text(encoding="utf-8").splitlines()
    wrong = [
        line.replace(f"{digit} ", f"{digit}1 ") if " = " not in line and line.startswith("  ") else line
        for line in lines
    ]
    assert sum(line != other for line, other in zip(lines, wrong, strict=True)) >= 2
    place.write_text("\n".join(wrong) + "\n", encoding="utf-8")
    done = tools.accepted(form, place)
    assert done.returncode != 0
    assert "alance" in done.stderr + done.stdout


@both
def test_a_tool_accepts_all_that_an_account_did(user: User, archive: Archive, tmp_path: Path, form: str) -> None:
    user.live()
    user.pull(archive)
    place = written(archive, form, tmp_path)
    done = tools.accepted(form, place)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    if form == HLEDGER:
        sums = {(account.rpartition(":")[2], coin): Decimal(n) for (account, coin), n in tools.balances(place).items()}
        expected = {("Trading", row.ccy): row.eq for row in user.client.balance().details}
        expected |= {("Funding", row.ccy): row.bal for row in user.client.asset_balances()}
        assert len(expected) > 3
        assert {key: sums.get(key) for key in expected} == expected


@pytest.mark.parametrize(
    ("ccy", "name"), [("BTC", "BTC"), ("1INCH", "C.1INCH"), ("T", "C.T"), ("XT", "XT"), ("st", "C._73Z_74Z")]
)
def test_a_coin_has_a_name_of_its_own_that_both_tools_take(ccy: str, name: str) -> None:
    assert bookkeeping.commodity(ccy) == name
