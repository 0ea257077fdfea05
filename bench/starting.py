"""Measures the start of a served venue: `python bench/starting.py`.

    new        `tally serve` with a new folder, until its first answer that is not 503: milliseconds (clock and CPU)
    kept       the same with that folder, which has a journal by then
    memory     MiB of the process that has just answered

Medians over the rounds. The clock is looked at every 50 ms. The modules are compiled before, as those of an installed
package are.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path

import environment
import servers

RESULTS = Path(__file__).parent / "results"
REACH_MS = 400
"""Most milliseconds by the clock until the first answer."""


def started(folder: Path) -> dict[str, float]:
    """Start a venue in the folder and stop it once it has answered: milliseconds, and MiB of memory."""
    began = time.perf_counter()
    server = servers.start_venue(folder, None)
    found = {"ms": (time.perf_counter() - began) * 1e3, "cpu ms": server.cpu_ns() / 1e6}
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    server.stop()
    return found | {"MiB": int(status.split("VmRSS:")[1].split()[0]) / 1024}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--save", action="store_true", help="also write bench/results/starting-DATE.json")
    asked = parser.parse_args()
    taken: dict[str, list[dict[str, float]]] = {"new": [], "kept": []}
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        described = environment.describe(Path(scratch))
        started(Path(scratch) / "compiles")
        for number in range(asked.rounds):
            for of_kind in taken.values():
                of_kind.append(started(Path(scratch) / f"venue-{number}"))
    medians = {
        kind: {name: round(statistics.median(one[name] for one in rounds), 1) for name in rounds[0]}
        for kind, rounds in taken.items()
    }
    for kind, found in medians.items():
        reached = "reached" if found["ms"] <= REACH_MS else "NOT reached"
        print(f"{kind:6}{json.dumps(found)}  at most {REACH_MS} ms: {reached}")
    if asked.save:
        path = RESULTS / f"starting-{time.strftime('%Y-%m-%d')}.json"
        path.write_text(json.dumps({"environment": described} | medians, indent=1) + "\n", encoding="utf-8")
        print(f"saved {path}")


if __name__ == "__main__":
    main()
