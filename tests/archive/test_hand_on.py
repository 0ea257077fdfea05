"""What an archive hands on: certificates, tables and journals, against amounts worked out from the account itself."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from decimal import Decimal

import pytest

from tallystick.archive import bookkeeping, tables
from tallystick.archive.certificate import CertificateError, checked, lines
from tallystick.archive.store import Archive
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
    for line in bookkeeping.journal(archive, form):
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
    text = b"\n".join(tables.as_csv(archive, "account_bills_archive")).decode()
    rows = list(csv.DictReader(text.splitlines()))
    ((count,),) = archive.read("SELECT count(*) FROM rows WHERE stream = 'account_bills_archive'")
    assert len(rows) == count
    assert {row["account"].rpartition("/")[0] for row in rows} == {user.url.removeprefix("http://")}
    assert sum(Decimal(row["balChg"]) for row in rows if row["ccy"] == "BTC") == next(
        row.eq for row in user.client.balance().details if row.ccy == "BTC"
    )


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
        ("BTC", "BTC"),
        ("", ""),
    ],
)
def test_what_begins_like_a_formula_is_quoted(value: str, shown: str) -> None:
    assert tables.safe(value) == shown
