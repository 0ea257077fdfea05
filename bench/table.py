"""One table of all that is promised of speed: goal, figure, peer, limit, and what disturbed (`python bench/table.py`).

Figures are those of the newest saved results of each kind (`bench/results`); `make bench` puts the ones over HTTP that
it has just measured in their place. Nothing is measured here, and what was never measured says so.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

RESULTS = Path(__file__).parent / "results"
LEFT_OUT = "not measured"

Found = Mapping[str, Any]


class Row(NamedTuple):
    """One promise. `figure` reads its value from the results of a kind; `least` or `most` is the goal.

    `limit` says what bounds the figure.
    """

    what: str
    kind: str
    figure: Callable[[Found], float]
    unit: str
    least: float | None = None
    most: float | None = None
    peer: str = ""
    limit: str = ""


def at(*place: str, times: float = 1.0) -> Callable[[Found], float]:
    """Reads the figure at a place of the results."""

    def read(found: Found) -> float:
        value: Any = found
        for name in place:
            value = value[name]
        return float(value) * times

    return read


def ratio(measure: str, peer: str) -> Callable[[Found], float]:
    return at("measures", measure, "ratios", peer)


def ingest(found: Found) -> float:
    return float(found["rows"]) / float(found["ingest"]["s"])


def slowest(found: Found) -> float:
    return max(float(form["seconds"]) for form in found["forms"].values())


DOWN = ("price", "down 1 %", "seconds")
FIRST = ("price", "seconds to judge everybody once")
LATE = ("measures", "durable", "servers", "venue", "p99_ms")
VERIFY = ("verify, 1 at once", "commands/cpu s")
PYTHON = "Python by request"
JUDGED = "loans to judge"
ROWS = (
    Row("small signed GET", "http", ratio("small", "node"), "x", least=1.2, peer="Node, bare", limit=PYTHON),
    Row("small signed GET", "http", ratio("small", "fastapi"), "x", least=6, peer="FastAPI", limit=PYTHON),
    Row("small signed GET", "http", ratio("small", "starlette"), "x", peer="Starlette", limit=PYTHON),
    Row("small signed GET", "http", ratio("small", "litestar"), "x", peer="Litestar", limit=PYTHON),
    Row("signed page of 100 rows", "http", ratio("page", "fastapi"), "x", least=6, peer="FastAPI", limit="kept pages"),
    Row("durable POST, 64 clients", "http", ratio("durable", "fastapi"), "x", least=5, peer="FastAPI", limit="fsync"),
    Row("durable POST, 64 clients", "http", ratio("durable", "flask"), "x", least=7, peer="Flask", limit="fsync"),
    Row(
        "durable POST, p99",
        "http",
        at("measures", "durable", "servers", "venue", "p99_ms"),
        "ms",
        most=25,
        limit="fsync",
    ),
    Row("book operations", "matching", at("per second", "mixed"), "/s of CPU", least=150_000, limit="events, postings"),
    Row("price 1 % down, 1,000,000 loans", "credit", at(*DOWN, times=1e3), "ms", most=205, limit=JUDGED),
    Row("first price after a start", "credit", at(*FIRST), "s", most=3, limit=JUDGED),
    Row("recovery, 1,000,000 entries", "size", at("recovery", "cpu_s"), "s of CPU", most=10, limit="entries since"),
    Row("verify, one core", "size", at(*VERIFY), "/s of CPU", least=20_000, limit="deciding anew"),
    Row("page 100,000 / page 1", "depth", at("last / first"), "x", most=1.3, limit="one search by key"),
    Row("cold start to the first answer", "starting", at("new", "ms"), "ms", most=400, limit="imports"),
    Row("memory of 1,000,000 loans", "size", at("loans", "MiB"), "MiB", most=1_536, limit="objects of Python"),
    Row("10,000 orders, 1,000 sockets", "size", at("sockets", "MiB"), "MiB", most=400, limit="buffers of sockets"),
    Row("a week's soak, 50 sockets", "size", at("soak", "MiB a day"), "MiB a day", most=1, limit="what is kept"),
    Row("archive: ingest", "archive", ingest, "rows/s", least=50_000, limit="rows in Python"),
    Row("archive: verify 10,000,000 rows", "archive", at("verify", "s"), "s", most=90, limit="a hash of each row"),
    Row("archive: verify --new", "archive", at("verify new", "s"), "s", most=2, limit="rows since"),
    Row("archive: status", "archive", at("status", "ms"), "ms", most=50, limit="counts alone"),
    Row("archive: slowest form of 100,000 rows", "exports", slowest, "s", most=3, limit="text in Python"),
)
"""Promises over HTTP, of the engine, of what is on disk, of the archive."""


def newest(kind: str) -> tuple[str, Found] | None:
    """Day and contents of the newest results of a kind; "http" are those without a name."""
    pattern = "[0-9]*-*-*.json" if kind == "http" else f"{kind}-[0-9]*.json"
    paths = sorted(RESULTS.glob(pattern))
    return (paths[-1].stem[-10:], json.loads(paths[-1].read_text(encoding="utf-8"))) if paths else None


def load_of(found: Found) -> str:
    return str(found.get("environment", {}).get("load", "")).partition(" ")[0]


def lines(now: Found | None = None) -> list[str]:
    """The table; `now` are results over HTTP that were just measured."""
    kinds = {row.kind: newest(row.kind) for row in ROWS}
    if now is not None:
        kinds["http"] = ("now", now)
    heads = ("what", "goal", "figure", "", "peer", "limit", "measured")
    table = [heads, *(_cells(row, kinds[row.kind]) for row in ROWS)]
    widths = [max(len(row[place]) for row in table) for place in range(len(heads))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]


def _cells(row: Row, found: tuple[str, Found] | None) -> tuple[str, ...]:
    goal, bound = ("at least", row.least) if row.least is not None else ("at most", row.most)
    wanted = f"{goal} {bound:,g} {row.unit}" if bound is not None else ""
    try:
        day, results = found or ("", {})
        value = row.figure(results)
    except (KeyError, TypeError):
        return row.what, wanted, LEFT_OUT, "", row.peer, row.limit, ""
    reached = bound is None or (value >= bound if row.least is not None else value <= bound)
    word = "" if bound is None else "reached" if reached else "NOT reached"
    shown = f"{value:,.2f} {row.unit}" if value < 100 else f"{value:,.0f} {row.unit}"
    return row.what, wanted, shown, word, row.peer, row.limit, f"{day}, load {load_of(results) or 'unknown'}"


if __name__ == "__main__":
    print("\n".join(lines()))
