"""Measures a venue in PostgreSQL beside one in SQLite: `python bench/stores.py --store postgresql://...`.

    durable     durable POST set-auto-repay, 64 clients, a user each: requests a second
    page        signed GET of a 100-row page of a history, one client, which waits for each answer; of ten pages in turn
    pages       the same with 16 connections
    page anew   as page, of walks down a long history, of many times more pages than it keeps: the store reads all
    pages anew  the same with 16 connections, each at another place
    page apart  as page anew, of the same pages in an order drawn by lot, so that nothing can be read ahead

The database must be empty, and lie on the disk that the folder of SQLite lies on. `python -m tests.store.database`
starts a server with such a database and says its address. Both venues run at once, idle but for the one that is
loaded; rounds are interleaved, and ratios are taken within a round.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import environment
import servers
import world
from load import Lane, Round, get_lane, run_round, switch_lane
from servers import Server

RESULTS = Path(__file__).parent / "results"
REACH = {"durable": 0.5} | dict.fromkeys(("page", "pages", "page anew", "pages anew", "page apart"), 1 / 1.5)
"""Least part of SQLite's rate that PostgreSQL is to reach."""

KEPT = 10
"""Pages that are asked for again and again."""
BOUNDS = 32
"""Lower bounds, all older than the rows of any page: to the venue the same rows are as many other pages."""

Make = Callable[[world.World], list[Lane]]


def measures(clients: int, connections: int) -> dict[str, Make]:
    def pages(filled: world.World, count: int) -> list[Lane]:
        owner, targets = filled.users[0].credentials, filled.targets()[:KEPT]
        return [get_lane(owner, targets, offset=number) for number in range(count)]

    def anew(filled: world.World, targets: list[str], count: int) -> list[Lane]:
        # Far from each other, so that nobody asks for what another one has just been given.
        owner = filled.users[0].credentials
        return [get_lane(owner, targets, offset=number * len(targets) // count) for number in range(count)]

    return {
        "durable": lambda filled: [switch_lane(user.credentials) for user in filled.users[:clients]],
        "page": lambda filled: pages(filled, 1),
        "pages": lambda filled: pages(filled, connections),
        "page anew": lambda filled: anew(filled, walks(filled), 1),
        "pages anew": lambda filled: anew(filled, walks(filled), connections),
        "page apart": lambda filled: anew(filled, apart(filled), 1),
    }


def walks(filled: world.World) -> list[str]:
    """All full pages from the newest down, once with each lower bound: many times what a venue keeps."""
    pages = filled.targets()[:-1]
    return [f"{page}&before={row['refId']}" for row in filled.history[-BOUNDS:] for page in pages]


def apart(filled: world.World) -> list[str]:
    """The same pages in an order that is drawn by lot, the same for both stores."""
    pages = walks(filled)
    random.Random(1).shuffle(pages)
    return pages


def measured(make: Make, running: dict[str, tuple[Server, world.World]], rounds: int, seconds: float) -> dict[str, Any]:
    """Rates, latencies and ratios of one measure."""
    lanes = {name: make(filled) for name, (_, filled) in running.items()}
    taken: dict[str, list[Round]] = {name: [] for name in running}
    cpu: dict[str, list[float]] = {name: [] for name in running}
    for name, (server, _) in running.items():
        run_round(server.url, lanes[name], seconds=1.0)
    names = list(running)
    for number in range(rounds):
        for name in names if number % 2 else reversed(names):
            server, before = running[name][0], running[name][0].cpu_ns()
            taken[name].append(run_round(server.url, lanes[name], seconds=seconds))
            cpu[name].append((server.cpu_ns() - before) / 1_000 / len(taken[name][-1].latencies))
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    pairs = zip(taken["postgres"], taken["sqlite"], strict=True)
    ratio = statistics.median(ours.rate / theirs.rate for ours, theirs in pairs)
    return {"ratio": round(ratio, 3)} | {name: figures(found, cpu[name]) for name, found in taken.items()}


def figures(rounds: Sequence[Round], cpu_us: Sequence[float]) -> dict[str, float]:
    """Medians over the rounds; `cpu us` is what the venue's own process used for a request."""
    return {
        "per s": round(statistics.median(one.rate for one in rounds), 1),
        "p50 ms": round(statistics.median(one.percentile_ms(50) for one in rounds), 3),
        "p99 ms": round(statistics.median(one.percentile_ms(99) for one in rounds), 3),
        "cpu us": round(statistics.median(cpu_us), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", required=True, help="address of an empty database")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one round")
    parser.add_argument("--clients", type=int, default=64, help="for the durable POST")
    parser.add_argument("--rows", type=int, default=20_000, help="of the history")
    parser.add_argument("--only", default="", help="measures whose name begins so")
    parser.add_argument("--connections", type=int, default=16, help="for the pages")
    parser.add_argument("--folder", type=Path, default=None, help="for SQLite, on the disk of the database")
    parser.add_argument("--save", action="store_true", help="also write bench/results/stores-DATE.json")
    asked = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    server_core, client_core = (cores[0], cores[1]) if len(cores) > 1 else (None, None)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=asked.folder)))
        described = environment.describe(folder)
        servers.pin(client_core)
        running: dict[str, tuple[Server, world.World]] = {}
        for name, options in (("sqlite", ()), ("postgres", ("--store", asked.store))):
            server = servers.start_venue(folder / name, server_core, *options)
            stack.callback(server.stop)
            url, token = servers.connection(folder / name)
            running[name] = server, world.fill_venue(url, token, users=max(asked.clients, 1), rows=asked.rows)
        found = {}
        for name, make in measures(asked.clients, asked.connections).items():
            if not name.startswith(asked.only):
                continue
            found[name] = measured(make, running, asked.rounds, asked.seconds)
            reached = "reached" if found[name]["ratio"] >= REACH[name] else "NOT reached"
            print(f"{name:10} {found[name]}  to reach {REACH[name]:.2f}: {reached}", flush=True)
    if asked.save:
        path = RESULTS / f"stores-{time.strftime('%Y-%m-%d')}.json"
        path.write_text(json.dumps({"environment": described, "figures": found}, indent=1) + "\n", encoding="utf-8")
        print(f"saved {path}")


if __name__ == "__main__":
    main()
