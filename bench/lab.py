"""Measures the lab: `python bench/lab.py`.

    lives         the whole lives of a book on paths of 30 days, one process
    first events  the same book, each loan up to its first warning and the start of its first liquidation
    small         20 loans on 1,000 paths
    screen        the screen of that run of first events, by numpy and by numba: with whole paths and blocks of hours
                  passed over, with whole paths alone, and with every hour of every loan judged
    whole         with `--whole`: `tally lab run` on 1,000 paths by two workers, first events and whole lives

Loans owe USDT on one coin each, at an LTV between 0.3 and 0.69; paths are blocks of `walk:39:calm`. Figures are seconds
of CPU and of the clock, with the load of the machine; loan-hours answered and judged singly are told apart.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import environment

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))
# One thread, as workers have: those of the libraries below numpy wait in loops that count as CPU.
os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import numpy as np  # noqa: E402

from tallystick.engine.amounts import ONE, text_from_atoms  # noqa: E402
from tallystick.lab.book import Book  # noqa: E402
from tallystick.lab.columns import Columns  # noqa: E402
from tallystick.lab.draws import Floats  # noqa: E402
from tallystick.lab.lists import AT_MS, with_rates  # noqa: E402
from tallystick.lab.lives import Lives  # noqa: E402
from tallystick.lab.models import Blocks  # noqa: E402
from tallystick.lab.opening import Opened, state_with  # noqa: E402
from tallystick.lab.panels import Places  # noqa: E402
from tallystick.lab.screen import Codes, Passed, Screen  # noqa: E402
from tallystick.venue.parameters import load_parameters  # noqa: E402
from tallystick.venue.walk import walk  # noqa: E402

RESULTS = Path(__file__).parent / "results"
HOURS = 720
SEED = 7
WORKERS = 2
EVERY_HOUR: Final = "every hour"
WHOLE_PATHS: Final = "whole paths"
BLOCKS: Final = "whole paths, then blocks of hours"
DOES: Final = {"spawn_main": "worker or writer", "resource_tracker": "tracker of resources", "lab": "gathers and tells"}
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


class Timed:
    """Seconds of CPU of a screen, and what it finds, while loans are followed.

    `looks` says how much of it there is: every hour, whole paths, or whole paths and then blocks of hours.
    """

    def __init__(self, screen: Screen, looks: str) -> None:
        self.seconds = 0.0
        self.found = 0
        self._looks = looks
        self._passed, self._codes, self._extremes = screen.passed, screen.codes, screen.extremes
        screen.passed, screen.codes, screen.extremes = self.passed, self.codes, self.extremes  # type: ignore[method-assign]

    def passed(self, columns: Columns, owed: Floats, lows: Floats, highs: Floats, path: Places) -> Passed:
        if self._looks == EVERY_HOUR or (self._looks == WHOLE_PATHS and lows.shape[1] > 1):
            nobody = np.zeros((len(path), lows.shape[1]), dtype=bool)
            return Passed(nobody, nobody)
        began = time.process_time()
        found = self._passed(columns, owed, lows, highs, path)
        self.seconds += time.process_time() - began
        return found

    def codes(self, columns: Columns, owed: Floats, usd: Floats, path: Places) -> Codes:
        began = time.process_time()
        found = self._codes(columns, owed, usd, path)
        self.seconds += time.process_time() - began
        self.found += int(np.count_nonzero(found))
        return found

    def extremes(self, usd: Floats) -> tuple[Floats, Floats]:
        began = time.process_time()
        found = self._extremes(usd)
        self.seconds += time.process_time() - began
        return found


def screens(count: int, paths: int) -> dict[str, Any]:
    """CPU seconds of the screen within runs of first events: with all of its looks, and with fewer of them.

    What is made at the first use, machine code above all, is made on another path before.
    """
    made = book(count)
    path = Blocks(walk("walk:39:calm")).paths(made, SEED, HOURS, 1)
    steps = [path(number) for number in range(paths)]
    told: dict[str, Any] = {"loans": count, "paths": paths}
    for name, compiled in (("numpy", False), *((("numba", True),) if find_spec("numba") else ())):
        found = told[name] = {}
        for looks in (BLOCKS, WHOLE_PATHS, EVERY_HOUR):
            warm = Lives(made, HOURS, 1, first_events=True, compiled=compiled)
            Timed(warm.screen, looks)
            warm.on(path(paths))
            followed = Lives(made, HOURS, 1, first_events=True, compiled=compiled)
            timed = Timed(followed.screen, looks)
            lived = sum(len(some) for some in followed.over(steps))
            found[looks] = {
                "CPU seconds": round(timed.seconds, 3),
                "looked": followed.screen.looked,
                "found": timed.found,
                "loans to which something happens": lived,
            }
        times = {looks: row["CPU seconds"] for looks, row in found.items()}
        found["times as fast"] = {
            f"as {looks}": round(times[looks] / times[BLOCKS], 1) for looks in (WHOLE_PATHS, EVERY_HOUR)
        }
    return told


# ---- whole runs, by the command


def whole(count: int, paths: int) -> dict[str, Any]:
    """Runs of a book on paths of 30 days by `tally lab run` with two workers, whole lives and first events."""
    told: dict[str, Any] = {"loans": count, "paths": paths, "workers": WORKERS}
    with tempfile.TemporaryDirectory() as place:
        loans = Path(place) / "loans.csv"
        loans.write_text(listed(count), encoding="utf-8")
        for name, more in (("first events", ["--first-events"]), ("whole lives", [])):
            told[name] = command(loans, paths, Path(place) / name.replace(" ", "-"), more)
    return told


def listed(count: int) -> str:
    """The loans of the book as a CSV."""
    lines = ["debt,collateral"]
    for loan in book(count).loans:
        owed, pledged = (
            " ".join(f"{text_from_atoms(atoms)} {ccy}" for ccy, atoms in coins.items())
            for coins in (loan.debts, loan.collateral)
        )
        lines.append(f"{owed},{pledged}")
    return "\n".join([*lines, ""])


def command(loans: Path, paths: int, out: Path, more: list[str]) -> dict[str, Any]:
    """One run by the command, as a user begins it: its seconds, and CPU and peak of memory of each process."""
    words = [sys.executable, "-m", "tallystick", "lab", "run", str(loans), "--rate", "USDT=0.08", "--json"]
    words += [word for pair, price in PRICES.items() for word in ("--price", f"{pair}={price}")]
    words += ["--model", "blocks", "--market", "walk:39:calm", "--paths", str(paths), "--days", "30"]
    words += ["--seed", str(SEED), "--workers", str(WORKERS), "--out", str(out), *more]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with (out.parent / "told.json").open("wb") as answer:
        begun = subprocess.Popen(words, stdout=answer, env={**os.environ, "PYTHONPATH": str(ROOT / "src")})
        peaks: dict[int, tuple[str, float, int]] = {}
        while begun.poll() is None:
            peaks |= {pid: row for pid in family(begun.pid) if (row := used(pid)) is not None}
            time.sleep(0.2)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if begun.returncode:
        raise SystemExit(f"the run ended with exit code {begun.returncode}")
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    return {
        "seconds": round(time.perf_counter() - began, 1),
        "CPU seconds of all processes": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
        "processes": [
            {"does": does, "CPU seconds": round(seconds, 1), "MiB at most": kib // 1024}
            for does, seconds, kib in peaks.values()
        ],
        "loan-hours answered": manifest["loan_hours"],
        "loan-hours judged singly": manifest["looked"],
        "decided in whole numbers": manifest["decided"],
        "MiB of lines": round((out / "lives.jsonl").stat().st_size / 2**20, 1),
        "lines": manifest["digest"][:16],
    }


def family(pid: int) -> list[int]:
    """A process and those that it has begun."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        return [pid, *(int(child) for child in children.read_text(encoding="utf-8").split())]
    except OSError:
        return [pid]


def used(pid: int) -> tuple[str, float, int] | None:
    """Role of a process, its seconds of CPU so far and its peak in KiB; None once it has ended."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return None
    peak = next((line for line in status.splitlines() if line.startswith("VmHWM")), None)
    if peak is None:
        return None
    does = next((does for mark, does in DOES.items() if any(mark in word for word in words)), "other")
    return does, (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK"), int(peak.split()[1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loans", type=int, default=10_000)
    parser.add_argument("--paths", type=int, default=20)
    parser.add_argument("--whole", action="store_true", help="run 1,000 paths by the command too, which takes minutes")
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
    if asked.whole:
        found["whole"] = whole(asked.loans, 1_000)
    found["MiB at most"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    found["load afterwards"] = round(os.getloadavg()[0], 2)
    text = json.dumps(found, indent=1)
    print(text)
    if asked.save:
        out = RESULTS / f"lab-{datetime.now(UTC):%Y-%m-%d}.json"
        out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
