"""Measures the last page of a long history beside its first: `python bench/depth.py` (no server, no network).

    first      100 rows, the newest
    last       100 rows, behind all others: page 100,000 of 10,000,000 rows
    middle     100 rows half way

Milliseconds of a page read from the store, medians; the three are read by turns, each time at another place near by,
so that nobody is measured on what the one before has just read. The file lies in `--folder`, and takes about 150 bytes
a row.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import environment

from tallystick.store.api import HistoryRow, WriteBatch
from tallystick.store.sqlite import SqliteStore

RESULTS = Path(__file__).parent / "results"
REACH = 1.3
"""Most times the first page that the last one may take."""
TABLE, USER, LIMIT, BATCH = "loan_history", 7, 100, 20_000
NEAR = 1_000
"""Rows within which the place of a page varies."""
BODY = b'{"refId":"%d","type":"collateral_locked","ccy":"BTC","amt":"-0.00012","ts":"1767225600000"}'


def row(key: int) -> HistoryRow:
    return HistoryRow(table=TABLE, user_id=USER, key=key, id=0, a="4", b="1", body=BODY % key)


def filled(folder: Path, rows: int) -> SqliteStore:
    store = SqliteStore(folder / "journal.db")
    for first in range(0, rows, BATCH):
        batch = [row(key) for key in range(first, min(first + BATCH, rows))]
        store.write(WriteBatch(rows=batch))
        if first % (50 * BATCH) == 0:
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return store


async def measured(store: SqliteStore, rows: int, rounds: int) -> dict[str, float]:
    """Milliseconds of each page. RuntimeError where it is not the page that was asked for."""
    chance = random.Random(7)
    newest = {"first": rows - 1, "middle": rows // 2, "last": LIMIT - 1 + NEAR}
    taken: dict[str, list[float]] = {name: [] for name in newest}
    for _ in range(rounds):
        for name, key in newest.items():
            top = key - chance.randrange(NEAR)
            began = time.perf_counter()
            found = await store.page(TABLE, USER, 0, top, limit=LIMIT)
            taken[name].append((time.perf_counter() - began) * 1e3)
            if found != [BODY % number for number in range(top, top - LIMIT, -1)]:
                raise RuntimeError(f"the {name} page has other rows than those from {top} on")
    return {name: statistics.median(times) for name, times in taken.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=2_000)
    parser.add_argument("--folder", type=Path, default=None, help="on a real disk (default: a temporary one)")
    parser.add_argument("--save", action="store_true", help="also write bench/results/depth-DATE.json")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder) as scratch:
        described = environment.describe(Path(scratch))
        with closing(filled(Path(scratch), asked.rows)) as store:
            found = asyncio.run(measured(store, asked.rows, asked.rounds))
    for name, median in found.items():
        print(f"{name:8}{median:>9.4f} ms")
    ratio = found["last"] / found["first"]
    print(f"last / first: {ratio:.2f} (at most {REACH}: {'reached' if ratio <= REACH else 'NOT reached'})")
    if asked.save:
        path = RESULTS / f"depth-{time.strftime('%Y-%m-%d')}.json"
        kept = {"environment": described, "rows": asked.rows, "ms": found, "last / first": ratio}
        path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        print(f"saved {path}")


if __name__ == "__main__":
    main()
