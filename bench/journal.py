"""Measures what is on disk: `python bench/journal.py` (no server, no network).

    journal of a day     bytes of the journal that a simulated day of the default market adds, by kind of entry
    file                 what the table takes of the file, pages and all
    made                 CPU microseconds for an entry while a clock is put forward, disk included
    folded               CPU microseconds for an entry at a start that has no snapshot
    verified             CPU microseconds for an entry of `tally verify`
    year                 CPU seconds of an advance by 365 days (at most 20), and the most memory (with --year)

Nobody trades on that day: it is what a venue writes that only runs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import environment

from tallystick.store.sqlite import SqliteStore
from tallystick.venue import boot, recovery
from tallystick.venue.parameters import load_parameters

RESULTS = Path(__file__).parent / "results"
START_MS = 1_767_225_600_000
DAY_MS = 86_400_000
DAYS_OF_YEAR = 365
YEAR_CPU_S = 20
"""Most CPU seconds of an advance by a year."""
WAS = {"entries": 1_176, "commands": 391_980, "events": 397_668, "hashes": 75_264, "bytes": 864_912, "file": 958_464}
"""On 2026-11-29, before the journal was made small: format 1."""


def sizes(path: Path, after_seq: int) -> tuple[dict[str, int], dict[str, int]]:
    """(bytes by column, bytes by kind of command) of the entries above `after_seq`."""
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as connection:
        names = [str(row[1]) for row in connection.execute("PRAGMA table_info(journal)") if row[2] == "BLOB"]
        hashes = " + ".join(f"length({name})" for name in names if name not in ("command", "events"))
        rows: list[Any] = connection.execute(
            f"SELECT command, length(command), length(events), {hashes} FROM journal WHERE seq > ?", (after_seq,)
        ).fetchall()
        file = connection.execute("SELECT sum(pgsize) FROM dbstat WHERE name = 'journal'").get
    kinds: Counter[str] = Counter()
    for command, *lengths in rows:
        kinds[json.loads(command)[0]] += sum(lengths)
    commands, events, others = (sum(row[place] for row in rows) for place in (1, 2, 3))
    total = {"entries": len(rows), "commands": commands, "events": events, "hashes": others}
    return total | {"bytes": commands + events + others, "file": file}, dict(kinds)


async def day(folder: Path, days: int = 1) -> tuple[int, float]:
    """Make that many days: number of the entry before them, and CPU seconds they took."""
    opened = boot.open_venue(folder, mode="frozen", at_ms=START_MS)
    await opened.venue.start()
    first = opened.venue.state.seq
    began = time.process_time()
    await opened.venue.advance(by_ms=days * DAY_MS)
    took = time.process_time() - began
    await opened.venue.stop()
    opened.close()
    return first, took


def timed(act: Callable[[], object]) -> float:
    began = time.process_time()
    act()
    return time.process_time() - began


def speeds(folder: Path, days: int) -> dict[str, float]:
    """CPU microseconds for an entry."""
    first, made = asyncio.run(day(folder, days))
    with closing(SqliteStore(folder / boot.JOURNAL)) as store:
        last = store.last_entry()
        entries = last.seq if last else 0
        with closing(apsw.Connection(str(folder / boot.JOURNAL))) as connection:
            connection.execute("DELETE FROM snapshot")
        folded = timed(lambda: recovery.recover(store, load_parameters(), START_MS))
    verified = timed(lambda: boot.verify_folder(folder))
    took = {"made": made / (entries - first), "folded": folded / entries, "verified": verified / entries}
    return {name: round(seconds * 1e6, 2) for name, seconds in took.items()}


def year(folder: Path) -> dict[str, float]:
    """CPU seconds and entries of a year, and the most memory in MiB."""
    before, took = asyncio.run(day(folder, DAYS_OF_YEAR))
    with closing(SqliteStore(folder / boot.JOURNAL)) as store:
        last = store.last_entry()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"cpu_s": round(took, 2), "entries": (last.seq if last else 0) - before, "mib": most // 1024}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of the speeds (default 5)")
    parser.add_argument("--days", type=int, default=10, help="days of one round (default 10)")
    parser.add_argument("--year", action="store_true", help="only advance by a year, which takes a minute")
    parser.add_argument("--save", action="store_true", help="also write bench/results/journal-DATE.json")
    arguments = parser.parse_args()
    if arguments.year:
        with tempfile.TemporaryDirectory() as scratch:
            taken_by_year = year(Path(scratch))
        reached = "reached" if taken_by_year["cpu_s"] <= YEAR_CPU_S else "NOT reached"
        print(f"{json.dumps(taken_by_year)}  at most {YEAR_CPU_S} s: {reached}")
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "day"
        first, _ = asyncio.run(day(folder))
        total, kinds = sizes(folder / boot.JOURNAL, first)
        taken = [speeds(Path(scratch) / f"round-{number}", arguments.days) for number in range(arguments.rounds)]
    print(f"{'journal of a day':<18}{'now':>12}{'was':>12}")
    for name, value in total.items():
        print(f"  {name:<16}{value:>12,}{WAS[name]:>12,}")
    for name, value in kinds.items():
        print(f"  of {name:<13}{value:>12,}")
    medians = {name: statistics.median(one[name] for one in taken) for name in taken[0]}
    for name, median in medians.items():
        print(f"{name:<18}{median:>12.2f} us CPU an entry")
    if arguments.save:
        found = environment.describe(Path(tempfile.gettempdir()))
        kept = {"environment": found, "day": total, "was": WAS, "kinds": kinds, "us": medians}
        path = RESULTS / f"journal-{time.strftime('%Y-%m-%d')}.json"
        path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        print(f"saved {path}")


if __name__ == "__main__":
    main()
