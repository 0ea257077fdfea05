"""Rows that a flipped byte makes unreadable: each form that is handed on names the row, and writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from tallystick.archive import bookkeeping, tables, taxes
from tallystick.archive.bases.core import ArchiveError
from tallystick.archive.costs import costs
from tallystick.archive.store import Account, Archive
from tests.archive.made import AT_MS, bill, put
from tests.cli.account import Done, run

BILLS = "account_bills_archive"
FUNDS = "asset_bills_history"
LOANS = "loan_history"
HOURS = "interest_accrued"
REPAYS = "one_click_repay_history_v2"
FILLS = "fills_history"
TITLE = "www.okx.com/1"
ROWS: dict[str, list[dict[str, Any]]] = {
    BILLS: [bill(n, "BTC", "0.5", f"{1 + n / 2}") for n in range(3)],
    FUNDS: [bill(n, "BTC", "1", f"{n + 1}", type="1", subType="") for n in range(3)],
    LOANS: [
        {"refId": str(100 + n), "ccy": "BTC", "ts": str(AT_MS + n), "type": "collateral_released", "amt": "1.5"}
        for n in range(3)
    ],
    HOURS: [{"ccy": "USDT", "ts": str(AT_MS + n * 3_600_000), "interest": "0.1", "totalLiab": "100"} for n in range(3)],
    REPAYS: [
        {
            "debtCcy": "USDC",
            "repayCcyList": ["BTC"],
            "ts": str(AT_MS + n),
            "ordIdInfo": [{"ordId": str(n), "instId": "BTC-USDC", "side": "sell", "fillSz": "0.5", "fillPx": "60000"}],
        }
        for n in range(3)
    ],
    FILLS: [
        {"billId": str(200 + n), "ts": str(AT_MS + n), "ordId": str(n), "fillSz": "0.5", "fillIdxPx": "60000"}
        for n in range(3)
    ],
}
"""Three rows of each stream that is read by what is handed on."""
FORMS: dict[str, tuple[str, tuple[str, ...]]] = {
    "csv": (f"export {HOURS} --format csv --out", (HOURS,)),
    "parquet": (f"export {HOURS} --format parquet --out", (HOURS,)),
    "jsonl": ("export --format jsonl --out", tuple(ROWS)),
    "beancount": ("export --format beancount --out", (BILLS, FUNDS)),
    "hledger": ("export --format hledger --out", (BILLS, FUNDS)),
    "koinly": ("export --format koinly --out", (BILLS, FUNDS, LOANS)),
    "rotki-trades": ("export --format rotki-trades --out", (BILLS, FUNDS, LOANS)),
    "rotki-events": ("export --format rotki-events --out", (BILLS, FUNDS, LOANS)),
    "svg": ("report --svg", (HOURS, REPAYS, FILLS)),
    "html": ("report --html", (HOURS, REPAYS, FILLS)),
}
"""Form -> its command, and the streams that it is made from."""
CASES = [(form, stream) for form, (_, streams) in FORMS.items() for stream in streams]
NUMBERS = {BILLS: b'"0.5"', FUNDS: b'"1"', LOANS: b'"1.5"', HOURS: b'"0.1"', REPAYS: b'"0.5"', FILLS: b'"0.5"'}
"""An amount of each stream that is read."""


def made(place: Path) -> Account:
    with Archive(place) as archive:
        account = archive.account("www.okx.com", "1", "here")
        for stream, rows in ROWS.items():
            put(archive, account, stream, rows)
    return account


def flip(place: Path, stream: str, change: Callable[[bytes], bytes]) -> int:
    """Change the text of the second row of a stream. Returns its cursor."""
    connection = apsw.Connection(str(place))
    query = (
        "SELECT row.id, cursor, CAST(raw AS BLOB) FROM row JOIN series ON series.id = row.series"
        " WHERE stream = ? ORDER BY cursor LIMIT 1 OFFSET 1"
    )
    found: tuple[int, int, bytes]
    (found,) = connection.execute(query, (stream,)).fetchall()  # type: ignore[assignment]
    number, cursor, raw = found
    changed = change(raw)
    assert len(changed) == len(raw)
    assert sum(one != other for one, other in zip(raw, changed, strict=True)) == 1
    # The text is put in as bytes, as a file has it whose byte was flipped.
    connection.execute("UPDATE row SET raw = CAST(? AS TEXT) WHERE id = ?", (changed, number))
    connection.close()
    return cursor


def written(place: Path, form: str, out: Path) -> Done:
    return run(*f"archive {FORMS[form][0]} {out} --file {place} --json".split())


def is_named(done: Done, place: Path, stream: str, cursor: int) -> None:
    assert (done.code, done.error["category"]) == (1, "failed"), done.out
    assert f"row {cursor} of {stream} of {TITLE} cannot be read" in done.error["reason"]
    assert f"run tally archive verify --file {place}" in done.error["reason"]


@pytest.mark.parametrize(("form", "stream"), CASES)
def test_a_form_names_the_row_that_is_no_json_and_writes_nothing(tmp_path: Path, form: str, stream: str) -> None:
    place, out = tmp_path / "books.archive", tmp_path / "out"
    made(place)
    assert written(place, form, out).code == 0
    before = out.read_bytes()
    cursor = flip(place, stream, lambda raw: raw.replace(b"{", b"[", 1))
    is_named(written(place, form, out), place, stream, cursor)
    assert out.read_bytes() == before
    out.unlink()
    is_named(written(place, form, out), place, stream, cursor)
    assert [one.name for one in tmp_path.iterdir() if not one.name.startswith("books.archive")] == []


@pytest.mark.parametrize(("form", "stream"), CASES)
def test_a_form_names_the_row_whose_text_is_no_utf8(tmp_path: Path, form: str, stream: str) -> None:
    place, out = tmp_path / "books.archive", tmp_path / "out"
    made(place)
    cursor = flip(place, stream, lambda raw: raw.replace(b"ts", b"t\xf3", 1))
    is_named(written(place, form, out), place, stream, cursor)
    assert not out.exists()


@pytest.mark.parametrize(("form", "stream"), [case for case in CASES if case[0] not in ("csv", "parquet", "jsonl")])
def test_a_form_that_reckons_names_the_row_whose_amount_is_no_number(tmp_path: Path, form: str, stream: str) -> None:
    place, out = tmp_path / "books.archive", tmp_path / "out"
    made(place)
    amount = NUMBERS[stream]
    cursor = flip(place, stream, lambda raw: raw.replace(amount, b'"' + b";" + amount[2:], 1))
    is_named(written(place, form, out), place, stream, cursor)
    assert not out.exists()


@pytest.mark.parametrize("form", list(FORMS))
def test_a_history_of_an_account_that_is_not_there_is_not_left_out(tmp_path: Path, form: str) -> None:
    """A flipped bit made the number of an account another one: status, certificate and verify say so too."""
    place, out = tmp_path / "books.archive", tmp_path / "out"
    made(place)
    connection = apsw.Connection(str(place))
    connection.execute("UPDATE series SET account = 5 WHERE stream = ?", (FORMS[form][1][0],))
    connection.close()
    for done in (
        written(place, form, out),
        run("archive", "status", "--file", str(place), "--json"),
        run(*f"archive certify --out {out} --file {place} --json".split()),
    ):
        assert (done.code, done.error["category"]) == (1, "failed"), done.out
        assert "is of account 5, which is not there" in done.error["reason"]
    assert not out.exists()
    assert run("archive", "verify", "--file", str(place)).code == 1


def what_is_said(archive: Archive, account: Account) -> str:
    """The error of handing all on, to its end; "" for none."""
    try:
        every_form(archive, account)
    except ArchiveError as error:
        return str(error)
    return ""


def every_form(archive: Archive, account: Account) -> None:
    accounts = [account]
    for lines in (
        *(tables.as_csv(archive, stream, accounts) for stream in ROWS),
        *(tables.as_json(archive, series) for series in archive.all_series()),
        *(bookkeeping.journal(archive, accounts, form) for form in (bookkeeping.BEANCOUNT, bookkeeping.HLEDGER)),
        *(form(archive, account) for form in taxes.FORMS.values()),
    ):
        read(lines)
    read(iter(costs(archive, accounts).months))


def read(lines: Any) -> None:
    for _ in lines:
        pass


@pytest.mark.parametrize("stream", list(ROWS))
def test_any_byte_of_a_row_may_be_any_other(tmp_path: Path, stream: str) -> None:
    """Each byte of a row with one of its bits flipped: all forms are written, or the row is named."""
    place = tmp_path / "books.archive"
    account = made(place)
    named = 0
    with Archive(place, read_only=True) as archive:
        ((number, raw),) = archive.read(
            "SELECT row.id, raw FROM row JOIN series ON series.id = row.series"
            " WHERE stream = ? ORDER BY cursor LIMIT 1 OFFSET 1",
            stream,
        )
    writer = apsw.Connection(str(place))
    whole = raw.encode()
    with Archive(place, read_only=True) as archive:
        for offset in range(len(whole)):
            bit = 1 << offset % 8
            changed = whole[:offset] + bytes([whole[offset] ^ bit]) + whole[offset + 1 :]
            writer.execute("UPDATE row SET raw = CAST(? AS TEXT) WHERE id = ?", (changed, number))
            said = what_is_said(archive, account)
            assert not said or f" of {stream} of {TITLE} cannot be read (" in said, (offset, changed)
            named += bool(said)
    writer.close()
    # Each quote, colon and brace at least.
    assert named > len(whole) // 4
