"""Measures what grows with size and time: `python bench/size.py` (starts its own venues).

    recovery   seconds until a venue of 1,000,000 entries stands again, as after a kill: from its last snapshot on
    verify     commands a second of `tally verify`: on one core, and with a process for each core
    loans      MiB of a process with 1,000,000 flexible loans
    sockets    MiB of a served venue with 10,000 open orders and 1,000 subscribed sockets
    soak       a week at a fast clock with 50 sockets that are told of prices: MiB over time, and their slope, after the
               clock was put forward by 180 days, which fill what is kept of prices and rows

Seconds are CPU seconds beside those by the clock, so that other work on the machine can be told apart. Each part is
measured in a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import environment
import servers
import world
from sockets import subscribed

RESULTS = Path(__file__).parent / "results"
START_MS = 1_767_225_600_000
HOUR_MS = 3_600_000
WEEK_S = 7 * 86_400
ORDERS_OF_USER = 500
"""Open orders of each user: the documented limit of one pair."""
SLOPE_MIB = 1.0
"""MiB a day that the memory of a soak may rise, over its second half."""
GOALS: dict[str, tuple[str, float]] = {
    "recovery": ("s", 10.0),
    "verify": ("commands/s of CPU, at least", 20_000.0),
    "loans": ("MiB", 1_536.0),
    "sockets": ("MiB", 400.0),
    "soak": ("MiB a day", SLOPE_MIB),
}


def memory_mib(pid: int, name: str = "VmRSS") -> float:
    """Memory of a process: what it has now, or the most it had (`VmHWM`)."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return round(int(status.split(f"{name}:")[1].split()[0]) / 1024, 1)


# ---- a journal of a million entries


async def made(folder: Path, entries: int) -> int:
    """Live until the journal has so many entries, and stop as a kill does, with no snapshot at the end."""
    from tallystick.venue import boot

    opened = boot.open_venue(folder, mode="frozen", at_ms=START_MS)
    await opened.venue.start()
    while opened.venue.state.seq < entries:
        await opened.venue.advance(by_ms=240 * HOUR_MS)
    print(opened.venue.state.seq, flush=True)
    os._exit(0)


async def recovered(folder: Path) -> dict[str, Any]:
    """Seconds until a venue stands again."""
    from tallystick.venue import boot

    began, began_cpu = time.perf_counter(), time.process_time()
    opened = boot.open_venue(folder, mode="frozen")
    await opened.venue.start()
    return {
        "s": round(time.perf_counter() - began, 2),
        "cpu_s": round(time.process_time() - began_cpu, 2),
        "entries": opened.venue.state.seq,
        "MiB": memory_mib(os.getpid()),
    }


def verified(folder: Path, workers: int) -> dict[str, Any]:
    """Seconds of a check of the whole journal."""
    from tallystick.venue import boot

    began, before = time.perf_counter(), os.times()
    verdict = boot.verify_folder(folder, workers=workers)
    after = os.times()
    cpu_s = sum(after[:4]) - sum(before[:4])
    if not verdict.ok:
        raise RuntimeError(str(verdict))
    return {"workers": workers, "s": round(time.perf_counter() - began, 2), "cpu_s": round(cpu_s, 2)}


# ---- memory


def of_loans(count: int) -> dict[str, Any]:
    """Memory of a state with so many loans."""
    from credit import million_loans

    state = million_loans(count)
    return {"loans": len(state.loans), "MiB": memory_mib(os.getpid()), "most MiB": memory_mib(os.getpid(), "VmHWM")}


async def of_sockets(folder: Path, orders: int, sockets: int) -> dict[str, Any]:
    """Memory of a served venue with so many open orders and sockets."""
    options = f"--market by-hand --max-connections {sockets + 100}".split()
    server = servers.start_venue(folder, None, *options)
    try:
        url, token = servers.connection(folder)
        api = world.Api(url)
        new = memory_mib(server.process.pid)
        api.control(token, "POST", "market/price", {"instId": "BTC-USDT", "px": "30000"})
        for number in range(-(-orders // ORDERS_OF_USER)):
            user = world.new_user(api, token, f"trader{number}")
            coins = {"account": "trading", "ccy": "USDT", "amt": "100000000"}
            api.control(token, "POST", f"users/trader{number}/balance", coins)
            place(api, user, min(ORDERS_OF_USER, orders - number * ORDERS_OF_USER))
        with_orders = memory_mib(server.process.pid)
        transports, _ = await subscribed(url, sockets)
        found = {"new MiB": new, "with orders MiB": with_orders, "MiB": memory_mib(server.process.pid)}
        for transport in transports:
            transport.close()
        return found | {"orders": orders, "sockets": sockets}
    finally:
        server.stop()


def place(api: world.Api, user: world.User, count: int) -> None:
    """Rest so many bids of one user, far below the market."""
    for first in range(0, count, 20):
        batch = [
            {
                "instId": "BTC-USDT",
                "tdMode": "cash",
                "side": "buy",
                "ordType": "limit",
                "px": str(1_000 + number % 5_000),
                "sz": "0.001",
            }
            for number in range(first, min(first + 20, count))
        ]
        rows = api.signed(user.credentials, "POST", "/api/v5/trade/batch-orders", batch)
        if any(row["sCode"] != "0" for row in rows):
            raise RuntimeError(str(rows))


async def soak(folder: Path, speed: int, sockets: int, samples: int) -> dict[str, Any]:
    """Memory of a served venue over a week of its clock."""
    server = servers.start_venue(folder, None, "--speed", str(speed))
    try:
        url, token = servers.connection(folder)
        advanced = world.Api(url, timeout_s=3_600).control(token, "POST", "clock/advance", {"by": "180d"})
        if "error" in advanced:
            raise RuntimeError(str(advanced))
        transports, heard = await subscribed(url, sockets)
        found = []
        for _ in range(samples):
            await asyncio.sleep(WEEK_S / speed / samples)
            found.append(memory_mib(server.process.pid))
        for transport in transports:
            transport.close()
        late = found[samples // 2 :]
        days = [7 * (samples // 2 + place) / samples for place in range(len(late))]
        slope = statistics.linear_regression(days, late).slope
        return {
            "speed": speed,
            "sockets": sockets,
            "updates": heard.updates,
            "MiB": found,
            "MiB a day": round(slope, 2),
        }
    finally:
        server.stop()


# ---- parts


def part(name: str, folder: Path, size: int) -> Any:
    """Result of one part, in this process."""
    parts: dict[str, Callable[[], Any]] = {
        "made": lambda: asyncio.run(made(folder, size)),
        "recovery": lambda: asyncio.run(recovered(folder)),
        "verify": lambda: verified(folder, size),
        "loans": lambda: of_loans(size),
        "sockets": lambda: asyncio.run(of_sockets(folder, size, size // 10)),
        "soak": lambda: asyncio.run(soak(folder, size, 50, 40)),
    }
    return parts[name]()


def beside(name: str, folder: Path, size: int) -> Any:
    """Result of one part, in a process of its own."""
    words = [sys.executable, __file__, "--part", name, "--folder", str(folder), "--size", str(size)]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1]) | {"load": round(os.getloadavg()[0], 1)}
    print(f"{name:10}{json.dumps(found)}", file=sys.stderr, flush=True)
    return found


def measured(asked: argparse.Namespace, scratch: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if {"recovery", "verify"} & set(asked.only):
        words = [sys.executable, __file__, "--part", "made", "--folder", str(scratch / "journal")]
        subprocess.run([*words, "--size", str(asked.entries)], check=True, stdout=subprocess.DEVNULL)
        found["recovery"] = beside("recovery", scratch / "journal", 0)
        entries = found["recovery"]["entries"]
        for workers in dict.fromkeys((1, os.cpu_count() or 1)) if "verify" in asked.only else ():
            taken = beside("verify", scratch / "journal", workers)
            taken |= {"commands/cpu s": round(entries / taken["cpu_s"]), "commands/s": round(entries / taken["s"])}
            found[f"verify, {workers} at once"] = taken
    sizes = {"loans": asked.loans, "sockets": asked.orders, "soak": asked.speed}
    for name, size in sizes.items():
        if name in asked.only:
            found[name] = beside(name, scratch / name, size)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(GOALS), type=lambda text: text.split(","), help="parts to measure")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--loans", type=int, default=1_000_000)
    parser.add_argument("--orders", type=int, default=10_000, help="open orders; a tenth of it are sockets")
    parser.add_argument("--speed", type=int, default=2_000, help="of the clock of the soak")
    parser.add_argument("--save", action="store_true", help="also write bench/results/size-DATE.json")
    parser.add_argument("--part", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.part:
        print(json.dumps(part(asked.part, asked.folder, asked.size)))
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        described = environment.describe(Path(scratch))
        found = measured(asked, Path(scratch))
    for name, figures in found.items():
        unit, goal = GOALS[name.split(",")[0]]
        print(f"{name:20}{json.dumps(figures)}  goal: {goal:g} {unit}")
    if asked.save:
        path = RESULTS / f"size-{time.strftime('%Y-%m-%d')}.json"
        path.write_text(json.dumps({"environment": described} | found, indent=1) + "\n", encoding="utf-8")
        print(f"saved {path}")


if __name__ == "__main__":
    main()
