"""Measures how an archive is handed on: `python bench/exports.py`.

    csv, parquet, jsonl            the bills of an account, 100,000 rows
    beancount, hledger             journals of the same bills
    koinly, rotki-trades, -events  the same, trades paired and loans tagged
    report                         the costs of 100,000 hours of interest

Each form is written to a file and synced, as `tally archive export` does; 3 seconds are the most it may take. Every
figure is printed as seconds of the clock and of CPU, the medians of some rounds, with the load of the machine.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import environment

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.archive.made import AT_MS, put  # noqa: E402
from tests.archive.many import fill  # noqa: E402

from tallystick.archive import bookkeeping, parquet, tables, taxes  # noqa: E402
from tallystick.archive.costs import costs  # noqa: E402
from tallystick.archive.store import Account, Archive  # noqa: E402
from tallystick.archive.writing import placed, write_lines  # noqa: E402

RESULTS = Path(__file__).parent / "results"
BILLS = "account_bills_archive"
HOUR_MS = 3_600_000
REACH_S = 3
SEED = 7


def interest(count: int) -> list[dict[str, str]]:
    """Hours of interest of four coins."""
    return [
        {
            "ccy": ccy,
            "interest": f"0.00{number}",
            "liab": "1000",
            "totalLiab": "1000",
            "ts": str(AT_MS + number * HOUR_MS),
        }
        for number in range(count // 4)
        for ccy in ("BTC", "ETH", "USDC", "USDT")
    ]


def forms(archive: Archive, account: Account, folder: Path) -> dict[str, Callable[[], object]]:
    """Name of a form -> what writes it."""
    bills = next(one for one in archive.all_series() if one.stream == BILLS)

    def as_parquet() -> int:
        out = folder / "bills.parquet"
        with placed(out) as inside:
            return parquet.write(archive, BILLS, [account], folder=inside, out=inside / out.name)

    text: dict[str, Callable[[], Any]] = {
        "csv": lambda: tables.as_csv(archive, BILLS, [account]),
        "jsonl": lambda: tables.as_json(archive, bills),
        "beancount": lambda: bookkeeping.journal(archive, [account], bookkeeping.BEANCOUNT),
        "hledger": lambda: bookkeeping.journal(archive, [account], bookkeeping.HLEDGER),
        **{name: partial(form, archive, account) for name, form in taxes.FORMS.items()},
    }
    written = {name: partial(_written, folder / "out", made) for name, made in text.items()}
    return {**written, "parquet": as_parquet, "report": lambda: costs(archive, [account])}


def _written(out: Path, made: Callable[[], Any]) -> int:
    return write_lines(out, made())


def measured(run: Callable[[], object], rounds: int) -> dict[str, float]:
    """Seconds of the clock and of CPU, medians."""
    clock, cpu = [], []
    for _ in range(rounds):
        began, used = time.perf_counter(), time.process_time()
        run()
        clock.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
    return {"seconds": round(statistics.median(clock), 3), "cpu": round(statistics.median(cpu), 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="", help="forms, with commas")
    parser.add_argument("--save", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        told: dict[str, Any] = {"environment": environment.describe(folder), "rows": given.rows, "forms": {}}
        with Archive(folder / "books.sqlite") as archive:
            account, _ = fill(archive, given.rows, SEED)
            put(archive, account, "interest_accrued", interest(given.rows))
            for name, run in forms(archive, account, folder).items():
                if given.only and name not in given.only.split(","):
                    continue
                found = measured(run, given.rounds)
                told["forms"][name] = found
                late = "" if found["seconds"] <= REACH_S else f", more than {REACH_S} s"
                print(f"{name:14} {found['seconds']:7.3f} s, {found['cpu']:7.3f} s of CPU{late}")
        told["load afterwards"] = round(os.getloadavg()[0], 2)
    print(f"load {told['load afterwards']}")
    if given.save:
        out = RESULTS / f"exports-{datetime.now(UTC):%Y-%m-%d}.json"
        out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        print(f"wrote {out}")


if __name__ == "__main__":
    main()
