"""Measures servers that share a database: `python bench/cluster.py --store postgresql://...` (an empty database).

    passed on   median of a signed GET of account/config at a follower, less that at the leader: milliseconds
    lag         time from the answer to a change at the leader until a follower shows it, under 64 clients: p50, p99;
                the clients are a process of their own, so that whoever looks need not wait for them
    cost        CPU microseconds of the leader and of the follower, and bytes of the journal, for a durable POST
    takeover    seconds from `kill -9` of the leader until another server has carried out a write

`python -m tests.store.database` starts a server with such a database and says its address. A machine that is busy
lengthens all but the cost.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import environment
import servers
import world
from load import get_lane, run_round, switch_lane
from servers import Server

RESULTS = Path(__file__).parent / "results"
REACH = {"passed on": 1.0, "lag p99": 50.0, "takeover longest s": 1.5}
"""Most that is wanted: milliseconds, and seconds of a takeover."""
SECRET = "a-secret-of-the-benchmark"
PRICES = (30_000, 30_100)
LOOKED_EVERY_S = 0.000_5
"""Pause between two looks at the follower, which its answers would keep busy otherwise."""
TICKER = "/api/v5/market/ticker?instId=BTC-USDT"


class Caller:
    """Control calls and public data of one server, over one connection."""

    def __init__(self, url: str, token: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=2)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(self, method: str, target: str, body: object = None) -> Any:
        """Answer with status 200. Raises OSError, http.client.HTTPException otherwise."""
        self._connection.request(method, target, None if body is None else json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        said = json.loads(answer.read())
        if answer.status != 200:
            raise OSError(str(said))
        return said

    def price(self, px: int) -> None:
        self.ask("POST", "/tally/v1/market/price", {"instId": "BTC-USDT", "px": str(px)})

    def last(self) -> str:
        return str(self.ask("GET", TICKER)["data"][0]["askPx"])


def passed_on(leader: str, follower: str, owner: world.User, rounds: int) -> dict[str, float]:
    """Medians of a signed GET, in turns at both servers; the difference is taken within a round."""
    lanes = {url: [get_lane(owner.credentials, [world.CONFIG])] for url in (leader, follower)}
    taken: dict[str, list[float]] = {leader: [], follower: []}
    for number in range(rounds):
        for url in (leader, follower) if number % 2 else (follower, leader):
            taken[url].append(run_round(url, lanes[url], seconds=1.0).percentile_ms(50))
    more = statistics.median(far - near for near, far in zip(taken[leader], taken[follower], strict=True))
    return {
        "at the leader": round(statistics.median(taken[leader]), 3),
        "at a follower": round(statistics.median(taken[follower]), 3),
        "passed on": round(more, 3),
    }


def lags(leader: Caller, follower: Caller, shown: list[str], over: threading.Event) -> list[float]:
    """Milliseconds from the answer of the leader until the follower shows the price, again and again."""
    found = []
    number = 0
    while not over.is_set():
        number += 1
        leader.price(PRICES[number % 2])
        told = time.perf_counter()
        while follower.last() != shown[number % 2]:
            time.sleep(LOOKED_EVERY_S)
        found.append((time.perf_counter() - told) * 1_000)
    return sorted(found)


async def bytes_of(store: str, since: int) -> tuple[int, int]:
    """Entries above a number, and the bytes of their commands, events and hashes."""
    connection = await asyncpg.connect(store)
    try:
        row = await connection.fetchrow(
            "SELECT count(*), sum(length(command) + length(events) + length(hash)) "
            "FROM tallystick.journal WHERE seq > $1",
            since,
        )
        return int(row[0]), int(row[1] or 0)
    finally:
        await connection.close()


def posts(url: str, users: Sequence[world.User], seconds: float) -> int:
    """Number of durable POSTs that were answered, a client for each user."""
    return len(run_round(url, [switch_lane(user.credentials) for user in users], seconds=seconds).latencies)


def loaded(
    store: str, running: list[Server], token: str, users: Sequence[world.User], seconds: float
) -> dict[str, Any]:
    """Lag and cost under load."""
    leader, follower = running[0], running[1]
    at_leader, at_follower = Caller(leader.url, token), Caller(follower.url, token)
    run_round(leader.url, [switch_lane(user.credentials) for user in users], seconds=1.0)
    shown = []
    for px in PRICES:
        at_leader.price(px)
        shown.append(at_leader.last())
    since = int(at_leader.ask("GET", "/tally/v1/health")["seq"])
    over = threading.Event()
    found: list[float] = []
    looking = threading.Thread(target=lambda: found.extend(lags(at_leader, at_follower, shown, over)))
    cpu = [server.cpu_ns() for server in (leader, follower)]
    with ProcessPoolExecutor(1) as clients:
        posted = clients.submit(posts, leader.url, users, seconds)
        looking.start()
        answered = posted.result()
    cpu = [server.cpu_ns() - before for server, before in zip((leader, follower), cpu, strict=True)]
    over.set()
    looking.join()
    entries, size = asyncio.run(bytes_of(store, since))
    return {
        "posts a second": round(answered / seconds),
        "lag p50": round(found[len(found) // 2], 2),
        "lag p99": round(found[len(found) * 99 // 100], 2),
        "looks": len(found),
        "us of the leader": round(cpu[0] / answered / 1_000, 1),
        "us of a follower": round(cpu[1] / entries / 1_000, 1),
        "bytes an entry": round(size / entries, 1),
    }


def takeovers(running: list[Server], token: str, count: int, start: Any) -> list[float]:
    """Seconds until another server has carried out a write, for each kill of a leader."""
    took = []
    for number in range(count):
        leader = next(server for server in running if role(server, token) == "leader")
        others = [server for server in running if server is not leader]
        leader.process.kill()
        began = time.perf_counter()
        while not any(writes(server, token) for server in others):
            time.sleep(0.005)
        took.append(time.perf_counter() - began)
        leader.process.wait()
        running[running.index(leader)] = start(number + len(running))
        while not any(role(server, token) == "leader" for server in running):
            time.sleep(0.05)
    return sorted(took)


def stop_all(running: list[Server]) -> None:
    for server in running:
        server.stop()


def role(server: Server, token: str) -> str:
    try:
        return str(Caller(server.url, token).ask("GET", "/tally/v1/health")["role"])
    except (OSError, http.client.HTTPException):
        return ""


def writes(server: Server, token: str) -> bool:
    try:
        Caller(server.url, token).price(30_000)
        return True
    except (OSError, http.client.HTTPException):
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", required=True, help="address of an empty database")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=10.0, help="length of the load")
    parser.add_argument("--rounds", type=int, default=9, help="rounds of the calls that are passed on")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--save", action="store_true", help="also write bench/results/cluster-DATE.json")
    asked = parser.parse_args()
    os.environ["TALLY_CLUSTER_SECRET"] = SECRET
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        running: list[Server] = []

        def start(number: int) -> Server:
            options = ("--store", asked.store)
            return servers.start_venue(folder / f"server-{number}", None, *options)

        stack.callback(stop_all, running)
        running += [start(number) for number in range(3)]
        _, token = servers.connection(folder / "server-0")
        running.sort(key=lambda server: role(server, token) != "leader")
        Caller(running[0].url, token).price(30_000)
        filled = world.fill_venue(running[0].url, token, users=asked.clients, rows=1)
        found: dict[str, Any] = passed_on(running[0].url, running[1].url, filled.users[0], asked.rounds)
        found |= loaded(asked.store, running, token, filled.users[: asked.clients], asked.seconds)
        took = takeovers(running, token, asked.kills, start)
        found |= {"takeover p50 s": round(statistics.median(took), 3), "takeover longest s": round(took[-1], 3)}
        described = environment.describe(folder)
    for name, value in found.items():
        goal = f"   (wanted: {REACH[name]:g} at most)" if name in REACH else ""
        print(f"{name:<20}{value:>12}{goal}")
    if asked.save:
        path = RESULTS / f"cluster-{time.strftime('%Y-%m-%d', time.gmtime())}.json"
        path.write_text(json.dumps({"environment": described, "figures": found}, indent=1) + "\n")
        print(f"saved {path}")


if __name__ == "__main__":
    main()
