"""The benchmark: `python bench/run.py` measures the venue and its peers over HTTP, side by side, in one call.

All servers run at once, idle but for the one that is being loaded. They share one core, the client has another.
Rounds are interleaved (A B C, B C A, C A B, ...), so that a machine that grows slower does so for all alike; each
ratio is taken within one round, and what is printed is the median over the rounds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import environment
import servers
import table
import world
from load import Lane, Round, get_lane, run_round, switch_lane
from servers import Server

RESULTS = Path(__file__).parent / "results"
WARM_UP_S = 1.0
CLIENT_CPU_MAX = 0.8
"""Above this share of its core the client may be what holds the rate down; the table says so."""
OTHERS_CPU_MAX = 0.08
"""A round in which anything else used more than this share of a core is thrown away and repeated.

On either core: the two may be threads of one real core, where work on one slows the other."""
REPEATS_MAX = 3
"""As many times the rounds asked for; on a machine that stays busy the rest is measured as it is, and says so."""

Counter = Callable[[], int]
PEERS: dict[str, Callable[[str, Path, int | None], Server]] = {
    "fastapi": servers.start_asgi,
    "starlette": servers.start_asgi,
    "litestar": servers.start_asgi,
    "flask": servers.start_flask,
    "node": servers.start_node,
}


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing that is measured, and what is to be reached (None: nothing promised)."""

    name: str
    title: str
    lanes: Callable[[], list[Lane]]
    reach_ratio: dict[str, float]
    reach_p99_ms: float | None = None
    durable: bool = False
    by_all: bool = False
    """Peers that answer nothing else (`world.CONFIG_ALONE`) are measured too."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Medians over the rounds of one server in one measure; times in milliseconds."""

    rate: float
    rates: tuple[float, ...]
    p50_ms: float
    p99_ms: float
    p99_worst_ms: float
    cpu_us: float
    """CPU microseconds of the server for a request."""
    cpu_us_all: tuple[float, ...]
    server_cpu: float
    others_cpu: float
    client_cpu: float
    answer_bytes: float


def measures(filled: world.World, connections: int, clients: int) -> list[Measure]:
    """The three of them, in the order they run."""
    owner = filled.users[0].credentials
    targets = filled.targets()
    return [
        Measure(
            "page",
            f"signed GET of a 100-row page, {connections} connections",
            lambda: [get_lane(owner, targets, offset=number) for number in range(connections)],
            {"fastapi": 6.0},
        ),
        Measure(
            "small",
            f"signed GET of account/config, {connections} connections",
            lambda: [get_lane(owner, [world.CONFIG]) for _ in range(connections)],
            {"fastapi": 6.0, "node": 1.2},
            by_all=True,
        ),
        Measure(
            "durable",
            f"durable POST set-auto-repay, {clients} clients, a user each",
            lambda: [switch_lane(user.credentials) for user in filled.users[:clients]],
            {"fastapi": 5.0, "flask": 7.0},
            reach_p99_ms=25.0,
            durable=True,
        ),
    ]


def measure(
    what: Measure,
    running: Sequence[Server],
    counters: dict[str, Counter],
    *,
    rounds: int,
    seconds: float,
) -> tuple[dict[str, Summary], int]:
    """Load each server in turn, `rounds` times: their summaries, and how many disturbed rounds were repeated.

    RuntimeError where an acknowledged command was not written.
    """
    lanes = {server.name: what.lanes() for server in running}
    kept: list[dict[str, Taken]] = []
    repeats = 0
    for server in running:
        run_round(server.url, lanes[server.name], seconds=WARM_UP_S)
    while len(kept) < rounds:
        shift = len(kept) % len(running)
        taken = {
            server.name: take(server, lanes[server.name], counters[server.name] if what.durable else None, seconds)
            for server in [*running[shift:], *running[:shift]]
        }
        disturbed = any(each.others_cpu > OTHERS_CPU_MAX for each in taken.values())
        print("x" if disturbed else ".", end="", file=sys.stderr, flush=True)
        if disturbed and repeats < REPEATS_MAX * rounds:
            repeats += 1
        else:
            kept.append(taken)
    print(file=sys.stderr)
    return {server.name: summary([taken[server.name] for taken in kept]) for server in running}, repeats


@dataclass(frozen=True, slots=True)
class Taken:
    """A round, and how much of a core the server, and anything that is neither server nor client, had during it."""

    round: Round
    server_cpu: float
    others_cpu: float


def take(server: Server, lanes: Sequence[Lane], written: Counter | None, seconds: float) -> Taken:
    """One round of one server. With `written`, every acknowledged command must be among those written."""
    written_before = written() if written is not None else 0
    before = server.cpu_s(), time.process_time(), servers.machine_cpu_s()
    taken = run_round(server.url, lanes, seconds=seconds)
    after = server.cpu_s(), time.process_time(), servers.machine_cpu_s()
    server_s, client_s, machine_s = (late - early for late, early in zip(after, before, strict=True))
    if written is not None and written() - written_before < len(taken.latencies):
        raise RuntimeError(
            f"{server.name} acknowledged {len(taken.latencies)} commands and wrote {written() - written_before}"
        )
    return Taken(taken, server_s / taken.seconds, max(0.0, machine_s - server_s - client_s) / taken.seconds)


def summary(taken: Sequence[Taken]) -> Summary:
    """The medians of one server's rounds."""
    rounds = [each.round for each in taken]
    rates = tuple(each.rate for each in rounds)
    return Summary(
        rate=statistics.median(rates),
        rates=rates,
        p50_ms=statistics.median(each.percentile_ms(50) for each in rounds),
        p99_ms=statistics.median(each.percentile_ms(99) for each in rounds),
        p99_worst_ms=max(each.percentile_ms(99) for each in rounds),
        cpu_us=statistics.median(cpu_us(each) for each in taken),
        cpu_us_all=tuple(map(cpu_us, taken)),
        server_cpu=statistics.median(each.server_cpu for each in taken),
        others_cpu=max(each.others_cpu for each in taken),
        client_cpu=statistics.median(each.client_cpu for each in rounds),
        answer_bytes=sum(each.answer_bytes for each in rounds) / sum(len(each.latencies) for each in rounds),
    )


def cpu_us(taken: Taken) -> float:
    """CPU microseconds of the server for a request of a round."""
    return taken.server_cpu / taken.round.rate * 1e6


def report(what: Measure, found: dict[str, Summary]) -> list[str]:
    """The lines to print for one measure."""
    lines = [
        "",
        what.title,
        f"  {'':8} {'req/s':>8} {'spread':>15} {'p50 ms':>7} {'p99 ms':>7} {'worst':>7} {'cpu us':>7} {'bytes':>6}"
        "  cpu: its, ours",
    ]
    for name, each in found.items():
        spread = f"{min(each.rates):,.0f}-{max(each.rates):,.0f}"
        lines.append(
            f"  {name:8} {each.rate:>8,.0f} {spread:>15} {each.p50_ms:>7.2f} {each.p99_ms:>7.2f}"
            f" {each.p99_worst_ms:>7.2f} {each.cpu_us:>7,.0f} {each.answer_bytes:>6.0f}"
            f"  {each.server_cpu:.0%} / {each.client_cpu:.0%}"
            + ("  the client is the bottleneck" if each.client_cpu > CLIENT_CPU_MAX else "")
            + (f"  disturbed, up to {each.others_cpu:.0%}" if each.others_cpu > OTHERS_CPU_MAX else "")
        )
    by_cpu = cpu_ratios(found)
    for name, ratio in ratios(found).items():
        told = f"{ratio:.2f} x, by CPU {by_cpu[name]:.2f} x"
        lines.append(f"  venue / {name}: {told}{_reached(ratio, what.reach_ratio.get(name), ' x')}")
    if "venue" in found and what.reach_p99_ms is not None:
        p99_ms = found["venue"].p99_ms
        word = "reached" if p99_ms <= what.reach_p99_ms else "NOT reached"
        lines.append(f"  venue: p99 {p99_ms:.2f} ms (at most {what.reach_p99_ms:g} ms: {word})")
    return lines


def ratios(found: dict[str, Summary]) -> dict[str, float]:
    """Peer -> median over the rounds of the venue's rate by the peer's rate in the same round."""
    if "venue" not in found:
        return {}
    venue = found["venue"].rates
    return {
        name: statistics.median(ours / theirs for ours, theirs in zip(venue, each.rates, strict=True))
        for name, each in found.items()
        if name != "venue"
    }


def cpu_ratios(found: dict[str, Summary]) -> dict[str, float]:
    """Peer -> median over the rounds of the peer's CPU for a request by the venue's; other work moves it little."""
    if "venue" not in found:
        return {}
    venue = found["venue"].cpu_us_all
    return {
        name: statistics.median(theirs / ours for ours, theirs in zip(venue, each.cpu_us_all, strict=True) if ours)
        for name, each in found.items()
        if name != "venue"
    }


def _reached(value: float, goal: float | None, unit: str) -> str:
    if goal is None:
        return ""
    return f" (to reach: {goal:,g}{unit}, {'reached' if value >= goal else 'NOT reached'})"


def start(folder: Path, stack: ExitStack, arguments: argparse.Namespace, core: int | None) -> tuple[Any, ...]:
    """Start and fill the chosen servers: (world, servers, name -> counter of durable commands)."""
    running: list[Server] = []
    counters: dict[str, Counter] = {}
    users = max(arguments.clients, 1)
    if "venue" in arguments.servers:
        data = folder / "venue"
        running.append(servers.start_venue(data, core))
        stack.callback(running[-1].stop)
        url, token = servers.connection(data)
        filled = world.fill_venue(url, token, users=users, rows=arguments.rows)
        # A connection of its own each time: the venue ends one that rests while the others are measured.
        counters["venue"] = lambda: int(world.Api(url).control(token, "GET", "state-hash")["seq"])
    else:
        filled = world.invent(users=users, rows=arguments.rows)
    for name, starter in PEERS.items():
        if name in arguments.servers:
            database = folder / f"{name}.db"
            (world.fill_node if name in world.CONFIG_ALONE else world.fill_peer)(database, filled)
            running.append(starter(name, database, core))
            stack.callback(running[-1].stop)
            counters[name] = lambda database=database: world.turned_switches(database)  # type: ignore[misc]
    return filled, running, counters


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--servers", default=",".join(("venue", *PEERS)), type=lambda text: text.split(","))
    parser.add_argument("--measures", default="page,small,durable", type=lambda text: text.split(","))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one round")
    parser.add_argument("--rows", type=int, default=1_000, help="rows of loan history")
    parser.add_argument("--connections", type=int, default=16, help="for the two GETs")
    parser.add_argument("--clients", type=int, default=64, help="for the durable POST")
    parser.add_argument(
        "--folder", type=Path, default=None, help="for the data, on a real disk (default: a temporary one)"
    )
    parser.add_argument("--save", action="store_true", help="also write bench/results/DATE.json")
    arguments = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    server_core, client_core = (cores[0], cores[1]) if len(cores) > 1 else (None, None)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=arguments.folder)))
        described = environment.describe(folder)
        pinned = f"servers to core {server_core}, client to core {client_core}"
        described["pinned"] = pinned if len(cores) > 1 else "no, there is one core"
        for name, text in described.items():
            print(f"{name + ':':22}{text}")
        servers.pin(client_core)
        filled, running, counters = start(folder, stack, arguments, server_core)
        urls = {server.name: server.url for server in running}
        world.same_answers(urls, filled)
        world.same_refusals(urls, filled)
        print(f"{'rounds:':22}{arguments.rounds} of {arguments.seconds:g} s for each server, interleaved")
        results = {}
        for what in measures(filled, arguments.connections, arguments.clients):
            if what.name not in arguments.measures:
                continue
            able = [server for server in running if what.by_all or server.name not in world.CONFIG_ALONE]
            found, repeats = measure(what, able, counters, rounds=arguments.rounds, seconds=arguments.seconds)
            print("\n".join(report(what, found)), flush=True)
            if repeats:
                print(f"  ({repeats} disturbed rounds were thrown away and repeated)")
            told = {"ratios": ratios(found), "ratios by cpu": cpu_ratios(found)}
            results[what.name] = {"title": what.title, **told, "servers": found}
    told_now = json.loads(json.dumps({"environment": described, "measures": results}, default=_fields))
    print("", *table.lines(told_now), sep="\n")
    if arguments.save:
        save(described, results)


def save(described: dict[str, str], results: dict[str, Any]) -> None:
    """Write the figures beside the earlier ones; a second run on one day replaces the first."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{time.strftime('%Y-%m-%d', time.gmtime())}.json"
    plain = {"environment": described, "measures": results}
    path.write_text(json.dumps(plain, indent=1, default=_fields) + "\n")
    print(f"\nsaved: {path}")


def _fields(value: Any) -> Any:
    """A Summary as a dictionary, figures cut to three decimals."""
    return {
        name: [round(each, 3) for each in item] if isinstance(item, tuple) else round(item, 3)
        for name in value.__slots__
        for item in [getattr(value, name)]
    }


if __name__ == "__main__":
    main()
