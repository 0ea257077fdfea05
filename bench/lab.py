"""Measures the lab: `python bench/lab.py`.

    lives         the whole lives of a book on paths of 30 days, one process
    first events  the same book, each loan up to its first warning and the start of its first liquidation
    small         20 loans on 1,000 paths
    screen        the same book screened with blocks of hours and without, nothing followed

Loans owe USDT on one coin each, at an LTV between 0.3 and 0.69; paths are blocks of `walk:39:calm`. Figures are seconds
of CPU and of the clock, with the load of the machine; loan-hours answered and judged singly are told apart.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import environment
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from tallystick.engine.amounts import ONE  # noqa: E402
from tallystick.lab.book import Book  # noqa: E402
from tallystick.lab.following import Following  # noqa: E402
from tallystick.lab.lists import AT_MS, with_rates  # noqa: E402
from tallystick.lab.lives import Lives  # noqa: E402
from tallystick.lab.models import Blocks  # noqa: E402
from tallystick.lab.opening import Opened, state_with  # noqa: E402
from tallystick.lab.panels import Steps  # noqa: E402
from tallystick.venue.parameters import load_parameters  # noqa: E402
from tallystick.venue.walk import walk  # noqa: E402

RESULTS = Path(__file__).parent / "results"
HOURS = 720
SEED = 7
PRICES = {"BTC-USDT": 60_000, "ETH-USDT": 3_000, "SOL-USDT": 150, "LTC-USDT": 80}


def book(count: int) -> Book:
    """Book of a seed."""
    draw = np.random.default_rng(SEED)
    loans = []
    for number in range(count):
        pair = list(PRICES)[number % len(PRICES)]
        value, ltv = float(10 ** draw.uniform(3, 5)), float(draw.uniform(0.3, 0.69))
        pledged = {pair.split("-")[0]: int(value / PRICES[pair] * 10**8) * 10**10}
        loans.append(Opened(debts={"USDT": int(value * ltv * 10**8) * 10**10}, collateral=pledged))
    parameters = with_rates(load_parameters(), {"USDT": 8 * ONE // 100})
    prices = {pair: price * ONE for pair, price in PRICES.items()}
    return Book(state_with(parameters, AT_MS, prices, loans))


def lives(count: int, paths: int, *, first_events: bool = False) -> dict[str, Any]:
    """Lives of a book on whole paths, or its first events; making its columns once is told apart."""
    made = book(count)
    began, began_cpu = time.perf_counter(), time.process_time()
    found = Lives(made, HOURS, 1, first_events=first_events)
    path = Blocks(walk("walk:39:calm")).paths(made, SEED, HOURS, 1)
    prepared = time.process_time() - began_cpu
    events = sum(len(told) for told in found.over(path(number) for number in range(paths)))
    return {
        "loans": count,
        "paths": paths,
        "CPU seconds to prepare": round(prepared, 2),
        "CPU seconds": round(time.process_time() - began_cpu, 2),
        "seconds": round(time.perf_counter() - began, 2),
        "loan-hours answered": count * paths * HOURS,
        "loan-hours judged singly": found.screen.looked,
        "decided in whole numbers": found.decided,
        "loans to which something happens": events,
    }


def screened(found: Lives, steps: Steps) -> int:
    """Moments of a path at which a loan of the book is not safe; what is left after liquidations is not followed."""
    follow, moments = Following(found, [steps]), 0
    keys, passed = follow.first_look()
    for block, (start, end) in enumerate(found.screen.blocks):
        rows = keys[~passed[:, block]]
        codes = follow.codes(rows, found.columns.take(rows), found.owed(rows, start + 1, end + 1), start)
        moments += int(np.count_nonzero(codes))
    return moments


def screens(count: int, paths: int) -> dict[str, Any]:
    """CPU seconds of the screen with blocks of 24 hours and with one block of all hours."""
    made = book(count)
    path = Blocks(walk("walk:39:calm")).paths(made, SEED, HOURS, 1)
    steps = [path(number) for number in range(paths)]
    told: dict[str, Any] = {"loans": count, "paths": paths}
    for name, hours in (("with blocks", 24), ("without blocks", HOURS)):
        found = Lives(made, HOURS, 1, block_hours=hours)
        began = time.process_time()
        moments = sum(screened(found, one) for one in steps)
        told[name] = {
            "CPU seconds": round(time.process_time() - began, 2),
            "looked": found.screen.looked,
            "found": moments,
        }
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loans", type=int, default=10_000)
    parser.add_argument("--paths", type=int, default=20)
    parser.add_argument("--save", action="store_true", help="also write bench/results/lab-DATE.json")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        machine = environment.describe(Path(place))
    found: dict[str, Any] = {
        "environment": machine,
        "lives": lives(asked.loans, asked.paths),
        "first events": lives(asked.loans, asked.paths, first_events=True),
        "small": lives(20, 1_000),
        "screen": screens(asked.loans, asked.paths),
    }
    found["MiB at most"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    found["load afterwards"] = round(os.getloadavg()[0], 2)
    text = json.dumps(found, indent=1)
    print(text)
    if asked.save:
        out = RESULTS / f"lab-{datetime.now(UTC):%Y-%m-%d}.json"
        out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
