"""What an archive hands on: certificates, tables and journals, against amounts worked out from the account itself."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest

from tallystick.archive import bookkeeping, tables
from tallystick.archive.certificate import CertificateError, checked, lines
from tallystick.archive.store import Archive
from tallystick.archive.writing import write_lines
from tests.archive.made import bill, put
from tests.archive.venues import User


def test_a_certificate_holds_until_any_of_it_is_changed(user: User, archive: Archive) -> None:
    user.live()
    user.pull(archive, keep_answers=True)
    written = list(lines(archive))
    found = checked(written)
    ((pages,),) = archive.read("SELECT count(*) FROM page")
    assert (found.pages, found.answers) == (pages, pages)
    assert pages > 10
    for number, line in enumerate(written):
        with pytest.raises(CertificateError):
            checked([*written[:number], *written[number + 1 :]])
        changed = json.loads(line)
        if "page" in changed:
            changed["page"]["answered_ms"] += 1
            with pytest.raises(CertificateError, match=f"line {number + 1}"):
                checked([*written[:number], json.dumps(changed).encode(), *written[number + 1 :]])
            changed["page"]["answered_ms"] -= 1
            changed["answer"] = changed["answer"].replace('"code":"0"', '"code":"1"')
            with pytest.raises(CertificateError, match="the answer is not the one"):
                checked([*written[:number], json.dumps(changed).encode(), *written[number + 1 :]])


@pytest.mark.parametrize("form", [bookkeeping.BEANCOUNT, bookkeeping.HLEDGER])
def test_a_journal_sums_to_what_the_account_has(user: User, archive: Archive, form: str) -> None:
    user.live()
    user.pull(archive)
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in bookkeeping.journal(archive, archive.accounts(), form):
        words = line.decode().split()
        if line.startswith(b"  ") and len(words) == 3:
            sums[words[0].rpartition(":")[2], words[2].strip('"')] += Decimal(words[1])
    expected = {("Trading", row.ccy): row.eq for row in user.client.balance().details}
    expected |= {("Funding", row.ccy): row.bal for row in user.client.asset_balances()}
    assert len(expected) > 3
    for place, amount in expected.items():
        assert sums[place] == amount, place


def test_a_table_has_every_row_and_nothing_that_is_a_formula(user: User, archive: Archive) -> None:
    user.live()
    user.pull(archive)
    text = b"\n".join(tables.as_csv(archive, "account_bills_archive", archive.accounts())).decode()
    rows = list(csv.DictReader(text.splitlines()))
    ((count,),) = archive.read("SELECT count(*) FROM rows WHERE stream = 'account_bills_archive'")
    assert len(rows) == count
    assert {row["account"].rpartition("/")[0] for row in rows} == {user.url.removeprefix("http://")}
    assert sum(Decimal(row["balChg"]) for row in rows if row["ccy"] == "BTC") == next(
        row.eq for row in user.client.balance().details if row.ccy == "BTC"
    )


HOSTILE = ["=1+1", "+1+1", "-1+1", "@x", "\t=1", "\r=1", "\n=1+1", 'a",=1', "a\r\n=1,=2", "＝1", "-0.5", "7"]


def test_a_table_of_hostile_names_is_read_back_row_by_row(archive: Archive, tmp_path: Path) -> None:
    """A reader of CSV sees one row for each bill, and no value that begins a formula but numbers."""
    account = archive.account("www.okx.com", "1", "here")
    bills = [bill(n, "BTC", "-0.5", "1", clOrdId=name, tag=name) for n, name in enumerate(HOSTILE)]
    put(archive, account, "account_bills_archive", bills)
    place = tmp_path / "bills.csv"
    write_lines(place, tables.as_csv(archive, "account_bills_archive", [account]))
    with place.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["clOrdId"].removeprefix("'") for row in rows] == HOSTILE
    assert {row["balChg"] for row in rows} == {"-0.5"}
    begun = {value for row in rows for value in row.values() if value[:1] in "=+-@\t\r\n＝" and value}
    assert begun == {"-0.5"}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("-12.5", "-12.5"),
        ("+3", "+3"),
        ("=1+1", "'=1+1"),
        ("-1+1", "'-1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|' /C calc'!B", "'+cmd|' /C calc'!B"),
        ("\tx", "'\tx"),
        ("-1e5", "'-1e5"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("\0=1", "'\0=1"),
        ("＝1+1", "'＝1+1"),
        ("＋1", "'＋1"),
        ("－1", "'－1"),
        ("＠SUM(A1)", "'＠SUM(A1)"),
        (" =1+1", "' =1+1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("\u00a0=1", "'\u00a0=1"),
        ("-１", "'-１"),
        ("BTC", "BTC"),
        ("a=1", "a=1"),
        ("2026-01-15", "2026-01-15"),
        ("", ""),
    ],
)
def test_what_begins_like_a_formula_is_quoted(value: str, shown: str) -> None:
    assert tables.safe(value) == shown
