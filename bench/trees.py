"""Compares two working trees: `python bench/trees.py OLD`, where OLD is another checkout, such as a git worktree.

    requests     CPU microseconds of the server's process for a signed GET or POST, 16 connections
    engine       `bench/credit.py` of each tree, CPU seconds

Both run with this interpreter and its packages, in turns, so that a machine that grows slower does so for both. Wall
clocks say little on a machine with other work, so all figures are CPU time; each ratio is taken between neighbours,
and medians are printed. The servers are started anew a few times, as a start alone moves a figure by some percent.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import environment
import servers
import world
from load import Credentials, Lane, get_lane, run_round, switch_lane
from servers import Server

HERE = Path(__file__).parent
RESULTS = HERE / "results"
NAMES = ("before", "after")
CONNECTIONS = 16
HISTORY = f"{world.HISTORY}?limit=100"
REQUESTS = {
    "public/time": ("/api/v5/public/time", 1.0),
    "account/config": (world.CONFIG, 1.0),
    "account/balance": ("/api/v5/account/balance", 0.5),
    "market/tickers": ("/api/v5/market/tickers?instType=SPOT", 0.125),
    "account/bills?limit=100": ("/api/v5/account/bills?limit=100", 1.0),
    "flexible-loan/loan-history?limit=100": (HISTORY, 1.0),
    "POST account/set-auto-repay": ("", 0.5),
}
"""Name -> target, and how many of the requests of a round are sent; slow ones need fewer."""
CREDIT = """
import runpy, sys, time
time.perf_counter = time.process_time
sys.path.insert(0, sys.argv[1])
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0] + "/credit.py", run_name="__main__")
"""
"""Runs the credit benchmark of a tree on CPU time."""


@dataclass(slots=True)
class Row:
    """Figures of one measure by tree, a pair for each round."""

    figures: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in NAMES})

    @property
    def change(self) -> float:
        """Median over the rounds of after / before - 1."""
        pairs = zip(*(self.figures[name] for name in NAMES), strict=True)
        ratios: list[float] = [after / before for before, after in pairs]
        return statistics.median(ratios) - 1

    def told(self) -> dict[str, Any]:
        medians = {name: round(statistics.median(self.figures[name]), 4) for name in NAMES}
        return medians | {"change": round(self.change, 4), "rounds": len(self.figures[NAMES[0]])}


def lanes_of(name: str, keys: Credentials) -> list[Lane]:
    if name.startswith("POST"):
        return [switch_lane(keys) for _ in range(CONNECTIONS)]
    return [get_lane(keys, [REQUESTS[name][0]]) for _ in range(CONNECTIONS)]


def cost(server: Server, lanes: Sequence[Lane], requests: int) -> float:
    """CPU microseconds of a request."""
    before = server.cpu_ns()
    sent = len(run_round(server.url, lanes, seconds=15, requests_max=requests).latencies)
    return (server.cpu_ns() - before) / sent / 1e3


def start(trees: dict[str, Path], folder: Path, stack: ExitStack, core: int | None) -> dict[str, Server]:
    running = {}
    for name, tree in trees.items():
        running[name] = servers.start_venue(folder / name, core, source=tree / "src")
        stack.callback(running[name].stop)
    return running


def life(trees: dict[str, Path], rows: dict[str, Row], rounds: int, requests: int) -> None:
    """Start both venues, fill them alike, and load them in turns."""
    cores = sorted(os.sched_getaffinity(0))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        running = start(trees, folder, stack, cores[0] if len(cores) > 1 else None)
        keys = {}
        for name in NAMES:
            url, token = servers.connection(folder / name)
            keys[name] = world.fill_venue(url, token, users=1, rows=5).users[0].credentials
        lanes = {(what, name): lanes_of(what, keys[name]) for what in rows for name in NAMES}
        for number in range(-1, rounds):
            for what, row in rows.items():
                many = max(CONNECTIONS, int(requests * REQUESTS[what][1]))
                for name in NAMES if number % 2 else NAMES[::-1]:
                    took = cost(running[name], lanes[what, name], many)
                    if number >= 0:
                        row.figures[name].append(took)


def credit(tree: Path, options: Sequence[str]) -> dict[str, float]:
    """Figures of the credit benchmark of a tree, flat, by name."""
    command = [sys.executable, "-c", CREDIT, str(tree / "bench"), *options]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(tree / "src")}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{tree}: {done.stderr[-2000:]}")
    return dict(flat(json.loads(done.stdout)))


def flat(found: dict[str, Any], prefix: str = "") -> list[tuple[str, float]]:
    pairs: list[tuple[str, float]] = []
    for name, value in found.items():
        if isinstance(value, dict):
            pairs += flat(value, f"{prefix}{name}: ")
        elif isinstance(value, (int, float)):
            pairs.append((prefix + name, value))
    return pairs


def engine(trees: dict[str, Path], options: Sequence[str], rounds: int) -> dict[str, Row]:
    """The credit benchmark of both trees in turns; figures that only one of them has are left out."""
    rows: dict[str, Row] = {}
    for number in range(rounds):
        taken = {name: credit(trees[name], options) for name in (NAMES if number % 2 else NAMES[::-1])}
        for what in taken["before"]:
            if taken["before"][what] and what in taken["after"]:
                for name in NAMES:
                    rows.setdefault(what, Row()).figures[name].append(taken[name][what])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old", type=Path, help="checkout to compare with")
    parser.add_argument("--new", type=Path, default=HERE.parent, help="checkout to measure (default: this one)")
    parser.add_argument("--rows", default=",".join(REQUESTS), help="requests, by name (default: all)")
    parser.add_argument("--lives", type=int, default=3, help="starts of the servers (default 3)")
    parser.add_argument("--rounds", type=int, default=8, help="rounds of a life (default 8)")
    parser.add_argument("--requests", type=int, default=4_000, help="requests of a round (default 4,000)")
    parser.add_argument("--credit", metavar="OPTIONS", help='the engine instead: options of credit.py, "--only week"')
    parser.add_argument("--save", action="store_true", help="also write bench/results/trees-DATE.json")
    options = parser.parse_args()
    trees = dict(zip(NAMES, (options.old.resolve(), options.new.resolve()), strict=True))
    found: dict[str, Any] = {"environment": environment.describe(Path(tempfile.gettempdir()))}
    if options.credit is None:
        rows = {name: Row() for name in options.rows.split(",")}
        for number in range(options.lives):
            life(trees, rows, options.rounds, options.requests)
            print(f"life {number + 1}", file=sys.stderr, flush=True)
    else:
        rows = engine(trees, options.credit.split(), options.rounds)
    for name, row in rows.items():
        told = row.told()
        found[name] = told
        print(f"{name:<64}{told['before']:>12,.4g}{told['after']:>12,.4g}{told['change']:>+9.1%}")
    if options.save:
        path = RESULTS / f"trees-{time.strftime('%Y-%m-%d')}.json"
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
