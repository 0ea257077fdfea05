"""Measures resets, snapshots and forks: `python bench/generations.py` (no server, no network).

    reset     of a venue in memory with the two seeded users, each after an hour, a user, a price and an order
    accounts  saving, restoring and forking a venue of 10 and of 10,000 accounts that owe, in memory and on disk

A fork counts until it is started. Times are of the clock and of the processors (all threads); a machine that does
other work moves the first. Each answer is checked: a state, a journal, a number of rows that is not the right one ends
the run.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import environment

from tallystick.engine import commands as c
from tallystick.engine import core
from tallystick.engine.amounts import ONE
from tallystick.store.api import Store
from tallystick.store.memory import MemoryStore
from tallystick.store.sqlite import SqliteStore
from tallystick.venue.boot import ALICE, open_venue
from tallystick.venue.clock import Clock
from tallystick.venue.markets import DEFAULT
from tallystick.venue.parameters import load_parameters
from tallystick.venue.recording import Recording
from tallystick.venue.venue import Venue
from tallystick.venue.walk import walk

RESULTS = Path(__file__).parent / "results"
START_MS = 1_767_225_600_000
HOUR_MS = 3_600_000
REACH_MS = {"reset p50": 2.0, "reset p99": 5.0, "restore of 10,000": 120.0, "fork of 10,000": 80.0, "of 10": 5.0}

Times = dict[str, list[tuple[float, float]]]
"""Name -> (milliseconds by the clock, milliseconds of the processors) of each round."""


@contextmanager
def timed(times: Times, name: str) -> Iterator[None]:
    gc.collect()
    gc.disable()
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    times.setdefault(name, []).append(((time.perf_counter() - wall) * 1e3, (time.process_time() - cpu) * 1e3))
    gc.enable()


def require(found: object, expected: object, what: str) -> None:
    if found != expected:
        sys.exit(f"{what}: {found!r} is not {expected!r}")


# ---- reset


async def resets(rounds: int) -> Times:
    times: Times = {}
    venue = open_venue(None, mode="frozen", at_ms=START_MS).venue
    await venue.start()
    fresh, number = core.state_hash(venue.state), venue.state.seq
    for round_ in range(rounds):
        await venue.submit(c.CreateUser(user_id=2_000, name="carol"))
        await venue.submit(c.SetPrices(prices=(("BTC-USDT", 40_000 * ONE),)))
        await venue.submit(
            c.PlaceOrder(
                user_id=ALICE, instrument="BTC-USDT", side="buy", kind="limit", size=ONE // 1_000, price=30_000 * ONE
            )
        )
        await venue.advance(by_ms=HOUR_MS)
        wall, cpu = time.perf_counter(), time.process_time()
        await venue.reset()
        times.setdefault("reset", []).append(((time.perf_counter() - wall) * 1e3, (time.process_time() - cpu) * 1e3))
        require((core.state_hash(venue.state), venue.state.seq), (fresh, number), f"reset {round_}")
    await venue.stop()
    return times


# ---- accounts


def accounts(count: int) -> list[c.Command]:
    """Users with BTC who owe USDT."""
    found: list[c.Command] = []
    for number in range(1, count + 1):
        found += [
            c.CreateUser(user_id=number, name=f"u{number}"),
            c.SwitchSpotBorrow(user_id=number, enabled=True),
            c.AdjustBalance(user_id=number, account="trading", ccy="BTC", delta=ONE // 10),
            c.ManualBorrow(user_id=number, ccy="USDT", amount=100 * ONE),
        ]
    return found


async def of_accounts(store: Store, count: int, rounds: int) -> Times:
    times: Times = {}
    feed = Recording(START_MS, walk(DEFAULT))
    venue = Venue(store, load_parameters(), feed, Clock("frozen", at_ms=START_MS), seeds=accounts(count))
    await venue.start()
    before = (core.state_hash(venue.state), venue.state.seq)
    rows = sum(1 for _ in store.history())
    for round_ in range(rounds):
        await measured(times, "save", lambda: venue.snapshots.save("here"))
        await venue.advance(by_ms=HOUR_MS)
        await venue.submit(c.AdjustBalance(user_id=1, account="trading", ccy="BTC", delta=ONE))
        await measured(times, "restore", lambda: venue.snapshots.restore("here"))
        require((core.state_hash(venue.state), venue.state.seq), before, f"restore {round_}")
        with timed(times, "fork"):
            fork = await venue.fork()
            await fork.start()
        require((core.state_hash(fork.state), fork.state.seq), before, f"fork {round_}")
        require(sum(1 for _ in fork.store.history()), rows, "rows of the fork")
        await fork.stop()
        await venue.snapshots.delete("here")
    require((await venue.verify()).ok, True, "verify")
    await venue.stop()
    return times


async def measured(times: Times, name: str, call: Callable[[], Awaitable[Any]]) -> None:
    with timed(times, name):
        await call()


# ---- telling


def figures(times: Times) -> dict[str, dict[str, float]]:
    return {
        name: {
            "p50 ms": round(statistics.median(wall for wall, _ in found), 2),
            "p99 ms": round(sorted(wall for wall, _ in found)[max(len(found) * 99 // 100 - 1, 0)], 2),
            "cpu p50 ms": round(statistics.median(cpu for _, cpu in found), 2),
            "cpu p99 ms": round(sorted(cpu for _, cpu in found)[max(len(found) * 99 // 100 - 1, 0)], 2),
            "rounds": len(found),
        }
        for name, found in times.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resets", type=int, default=1_000, help="number of resets (1,000)")
    parser.add_argument("--rounds", type=int, default=9, help="rounds of snapshots and forks (9)")
    parser.add_argument("--counts", type=int, nargs="+", default=[10, 10_000], help="numbers of accounts (10 10000)")
    parser.add_argument("--folder", type=Path, default=None, help="folder on the disk to be measured")
    parser.add_argument("--save", action="store_true", help="also write bench/results/generations-DATE.json")
    asked = parser.parse_args()
    found: dict[str, Any] = {"reset": figures(asyncio.run(resets(asked.resets)))["reset"]}
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        told = environment.describe(Path(folder))
        for count in asked.counts:
            found[f"{count:,} accounts, memory"] = figures(asyncio.run(of_accounts(MemoryStore(), count, asked.rounds)))
            store = SqliteStore(Path(folder) / f"{count}.sqlite")
            found[f"{count:,} accounts, disk"] = figures(asyncio.run(of_accounts(store, count, asked.rounds)))
            store.close()
    result = {"environment": told, "to reach, ms": REACH_MS, "figures": found}
    text = json.dumps(result, indent=1)
    print(text)
    if asked.save:
        (RESULTS / f"generations-{time.strftime('%Y-%m-%d')}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
