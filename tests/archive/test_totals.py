"""Totals of every form are the ledger's to the last digit, over many bills."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tallystick.archive import bookkeeping, parquet, tables, taxes
from tallystick.archive.store import Account, Archive
from tallystick.archive.writing import placed
from tests.archive.many import COINS, EXACT, Ledger, amount, fill
from tests.torture.form import scaled

Sums = dict[str, Decimal]
SEED = 20_261_130


@pytest.fixture(scope="module", params=[6_000, pytest.param(scaled(60_000, 1_000_000), marks=pytest.mark.long)])
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Archive, Account, Ledger]]:
    with Archive(tmp_path_factory.mktemp("many") / "books.archive") as archive:
        yield archive, *fill(archive, request.param, SEED)


def summed(pairs: Iterable[tuple[str, Decimal]]) -> Sums:
    sums: Sums = defaultdict(Decimal)
    for ccy, change in pairs:
        sums[ccy] = EXACT.add(sums[ccy], change)
    return {ccy: total for ccy, total in sums.items() if total}


def equity(ledger: Ledger) -> Sums:
    return {ccy: amount(atoms) for ccy, atoms in ledger.equity.items() if atoms}


def coins(ledger: Ledger) -> Sums:
    return {ccy: amount(atoms) for ccy, atoms in ledger.coins.items() if atoms}


def test_a_table(filled: tuple[Archive, Account, Ledger]) -> None:
    archive, account, ledger = filled
    rows = csv.DictReader(line.decode() for line in tables.as_csv(archive, "account_bills_archive", [account]))
    assert summed((row["ccy"], Decimal(row["balChg"])) for row in rows) == equity(ledger)


def test_json_lines(filled: tuple[Archive, Account, Ledger]) -> None:
    archive, _, ledger = filled
    (series,) = archive.all_series()
    rows = (json.loads(line)["row"] for line in tables.as_json(archive, series))
    assert summed((row["ccy"], Decimal(row["balChg"])) for row in rows) == equity(ledger)


def test_parquet(filled: tuple[Archive, Account, Ledger], tmp_path: Path) -> None:
    archive, account, ledger = filled
    out = tmp_path / "bills.parquet"
    with placed(out) as folder:
        parquet.write(archive, "account_bills_archive", [account], folder=folder, out=folder / out.name)
    found = duckdb.execute(f"SELECT ccy, sum(balChg) FROM read_parquet('{out}') GROUP BY ccy").fetchall()
    assert {ccy: total for ccy, total in found if total} == equity(ledger)


@pytest.mark.parametrize("form", [bookkeeping.BEANCOUNT, bookkeeping.HLEDGER])
def test_journals(filled: tuple[Archive, Account, Ledger], form: str) -> None:
    archive, account, ledger = filled
    named = {bookkeeping.commodity(ccy): ccy for ccy in COINS}

    def postings(beginning: str) -> Iterator[tuple[str, Decimal]]:
        for line in bookkeeping.journal(archive, [account], form):
            words = line.decode().split()
            if line.startswith(b"  ") and len(words) == 3 and words[0].startswith(beginning):
                yield named[words[2].strip('"')], Decimal(words[1])

    assert summed(postings("Assets:")) == equity(ledger)
    assert summed(postings("")) == {}


def test_koinly(filled: tuple[Archive, Account, Ledger]) -> None:
    archive, account, ledger = filled
    rows = csv.DictReader(line.decode() for line in taxes.koinly(archive, account))

    def moved() -> Iterator[tuple[str, Decimal]]:
        for row in rows:
            for name, sign in (("Received", 1), ("Sent", -1), ("Fee", -1)):
                if row[f"{name} Amount"]:
                    yield row[f"{name} Currency"], EXACT.multiply(sign, Decimal(row[f"{name} Amount"]))

    assert summed(moved()) == coins(ledger)


def test_rotki(filled: tuple[Archive, Account, Ledger]) -> None:
    archive, account, ledger = filled

    def moved() -> Iterator[tuple[str, Decimal]]:
        for row in csv.DictReader(line.decode() for line in taxes.rotki_trades(archive, account)):
            yield row["Receive Currency"], Decimal(row["Receive Amount"])
            yield row["Spend Currency"], Decimal(row["Spend Amount"]).copy_negate()
            yield row["Fee Currency"], Decimal(row["Fee"] or 0).copy_negate()
        for row in csv.DictReader(line.decode() for line in taxes.rotki_events(archive, account)):
            yield row["Currency"], EXACT.multiply(Decimal(row["Amount"]), 1 if row["Type"] == "Deposit" else -1)

    assert summed(moved()) == coins(ledger)
