"""Parquet files of an archive, read back by DuckDB: each amount is the text it was."""

from __future__ import annotations

import builtins
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tallystick.archive import parquet
from tallystick.archive.bases.core import ArchiveError
from tallystick.archive.store import Archive
from tallystick.archive.writing import placed
from tests.archive.made import AT_MS, bill, put
from tests.archive.venues import User

EXACT = [
    "0",
    "0.000000000000000001",
    "-0.000000000000000001",
    "99999999999999999999.999999999999999999",
    "-99999999999999999999.999999999999999999",
    "83271.9",
    "0.10000000",
    "1.000000000000000000000",
    "00012.5",
]
UNFIT = ["0.0000000000000000001", "100000000000000000000", "1e5", "NaN", "1,5", "=1+1", " 1"]


def bills(archive: Archive, *changes: str) -> None:
    account = archive.account("www.okx.com", "1", "here")
    put(archive, account, "account_bills_archive", [bill(n, "BTC", text, "1") for n, text in enumerate(changes)])


def write(archive: Archive, stream: str, out: Path) -> int:
    with placed(out) as folder:
        return parquet.write(archive, stream, archive.accounts(), folder=folder, out=folder / out.name)


def read(out: Path, columns: str = "*") -> list[Any]:
    return duckdb.execute(f"SELECT {columns} FROM read_parquet('{out}')").fetchall()


def test_each_amount_is_the_text_it_was(archive: Archive, tmp_path: Path) -> None:
    bills(archive, *EXACT)
    out = tmp_path / "bills.parquet"
    assert write(archive, "account_bills_archive", out) == len(EXACT)
    assert [change for (change,) in read(out, "balChg")] == [Decimal(text) for text in EXACT]
    first = read(out, 'account, epoch_ms("at"), epoch_ms(ts), ccy, fee, typeof(balChg), typeof(fee), typeof(ts)')[0]
    assert first == ("www.okx.com/1", AT_MS, AT_MS, "BTC", None, "DECIMAL(38,18)", "DECIMAL(38,18)", "TIMESTAMP")
    assert sorted(path.name for path in tmp_path.iterdir() if "parquet" in path.name) == ["bills.parquet"]


@pytest.mark.parametrize("text", UNFIT)
def test_a_value_that_does_not_fit_is_named_and_nothing_is_written(archive: Archive, tmp_path: Path, text: str) -> None:
    bills(archive, "1", text)
    out = tmp_path / "bills.parquet"
    out.write_bytes(b"before")
    with pytest.raises(ArchiveError) as said:
        write(archive, "account_bills_archive", out)
    for part in (
        "balChg",
        "www.okx.com/1",
        "2026-01-15T19:00:00.000",
        text,
        "DECIMAL(38,18)",
        "--format jsonl",
        "archive verify",
    ):
        assert part in str(said.value)
    assert out.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".bills")] == []


def test_a_time_that_a_flipped_byte_made_none_is_named(archive: Archive, tmp_path: Path) -> None:
    hour = {"ccy": "USDT", "ts": str(AT_MS), "interest": "0.1"}
    put(archive, archive.account("www.okx.com", "1", "here"), "interest_accrued", [hour])
    with archive.writing() as db:
        db.execute("UPDATE row SET raw = replace(raw, '17685', '1768u')")
    with pytest.raises(
        ArchiveError, match=r"ts of www\.okx\.com/1 .* is 1768u0*, .* a time in milliseconds: .* verify"
    ):
        write(archive, "interest_accrued", tmp_path / "hours.parquet")
    assert not (tmp_path / "hours.parquet").exists()


def test_all_that_an_account_did_sums_up_in_duckdb(user: User, archive: Archive, tmp_path: Path) -> None:
    user.live()
    user.pull(archive)
    for stream in ("account_bills_archive", "one_click_repay_history_v2", "loan_history", "interest_accrued"):
        out = tmp_path / f"{stream}.parquet"
        ((count,),) = archive.read("SELECT count(*) FROM rows WHERE stream = ?", stream)
        assert write(archive, stream, out) == len(read(out)) == count
    query = f"SELECT ccy, sum(balChg) FROM read_parquet('{tmp_path / 'account_bills_archive.parquet'}') GROUP BY ccy"
    sums = dict(duckdb.execute(query).fetchall())
    for row in user.client.balance().details:
        assert sums[row.ccy] == row.eq
    ((legs,),) = read(tmp_path / "one_click_repay_history_v2.parquet", "json_array_length(ordIdInfo)")
    assert legs == 2


def test_without_the_extra_a_sentence_says_how_to_install_it(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "duckdb":
            raise ImportError(name)
        return load(name, *rest)

    bills(archive, "1")
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ArchiveError, match=r"which is not installed: pip install"):
        write(archive, "account_bills_archive", tmp_path / "bills.parquet")
