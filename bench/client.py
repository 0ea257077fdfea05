"""The client beside python-okx and ccxt, against a stub server that answers at once.

    python bench/client.py                    all measures, three rounds each
    python bench/client.py --rounds 7 --save  more rounds; also writes bench/results/client-DATE.json

Each measure runs in a process of its own, in turns with the others. `wall` is what it took, `cpu` the CPU time of the
client's process alone; ratios by CPU time move little when other work is on the machine. No client waits for turns
under rate limits: the others have no such thing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent / "src" / "tallystick" / "contract" / "examples"
KEYS = ("15edb65e-8515-4795-8697-7fc85d6f0885", "22582BD0CFF14C41EDBF1AB98506286D", "a-passphrase")
SMALL = "/api/v5/trade/one-click-repay-history-v2"
BILLS = "/api/v5/account/bills"
TIME = "/api/v5/public/time"
PAGE = 100
ROWS = 100_000
FIRST_ID = 9_000_000_000_000_000_000
CALLS = 3_000
FLIGHT = 32
TURNS = 8_000
LEAST = ROWS
"""Paging ends after so many rows, or a page more."""

# ---- the stub


def template() -> bytes:
    """A bill as the exchange sends it, with a place for its number."""
    row = json.loads((EXAMPLES / "account_bills.json").read_text("utf-8"))["answer"]["data"][0]
    text = json.dumps(row | {"billId": "NUMBER", "ccy": "USDT"}, separators=(",", ":"))
    return text.replace("%", "%%").replace("NUMBER", "%d").encode()


ROW = template()


class Bills:
    """All bills, newest first, made once: they are of one length, so that a page is a piece of their text."""

    def __init__(self) -> None:
        row = ROW
        self._text = b",".join([row % number for number in range(FIRST_ID - 1, FIRST_ID - ROWS - 1, -1)])
        self._step = len(row % FIRST_ID) + 1

    def page(self, after: int) -> bytes:
        """The bills older than a number, a page of them."""
        first = (FIRST_ID - after) * self._step
        return b'{"code":"0","data":[%b],"msg":""}' % self._text[first : first + PAGE * self._step - 1]


class Stub(asyncio.Protocol):
    """One connection: a request is answered as soon as its end has come."""

    small: bytes
    bills: Bills

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.buffer = b""

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while True:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            target = self.buffer[4 : self.buffer.find(b" ", 4)]
            self.buffer = self.buffer[end + 4 :]
            self.transport.write(self.answer(target))

    def answer(self, target: bytes) -> bytes:
        path, _, query = target.partition(b"?")
        if path == BILLS.encode():
            asked = dict(pair.split(b"=") for pair in query.split(b"&") if pair)
            return framed(self.bills.page(int(asked.get(b"after") or FIRST_ID)))
        if path == TIME.encode():
            told = {"code": "0", "data": [{"ts": str(int(time.time() * 1000))}], "msg": ""}
            return framed(json.dumps(told).encode())
        return self.small


def framed(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


def serve() -> None:
    """Serve until the standard input ends; the first line of the standard output is the port."""
    import uvloop

    small = json.loads((EXAMPLES / "one_click_repay_history_v2.json").read_text("utf-8"))["answer"]
    Stub.small = framed(json.dumps(small).encode())
    Stub.bills = Bills()

    async def run() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(Stub, "127.0.0.1", 0)
        print(server.sockets[0].getsockname()[1], flush=True)
        await loop.run_in_executor(None, sys.stdin.read)
        server.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())


# ---- the clients


def ours(url: str, **options: Any) -> Any:
    from tallystick import Client

    api_key, secret_key, passphrase = KEYS
    return Client(api_key=api_key, secret_key=secret_key, passphrase=passphrase, base_url=url, pace=False, **options)


def ours_async(url: str, **options: Any) -> Any:
    from tallystick import AsyncClient

    api_key, secret_key, passphrase = KEYS
    return AsyncClient(
        api_key=api_key, secret_key=secret_key, passphrase=passphrase, base_url=url, pace=False, **options
    )


def okx(url: str, name: str) -> Any:
    import importlib

    warnings.simplefilter("ignore")
    module = importlib.import_module(f"okx.{name}")
    return getattr(module, f"{name}API")(*KEYS, flag="0", domain=url)


def ccxt(url: str) -> Any:
    import ccxt.async_support

    exchange = ccxt.async_support.okx({"apiKey": KEYS[0], "secret": KEYS[1], "password": KEYS[2]})
    exchange.urls["api"] = {"rest": url}
    exchange.enableRateLimit = False
    exchange.markets, exchange.markets_by_id, exchange.currencies_by_id = {}, {}, {}
    exchange.markets_loading = None
    exchange.load_markets = _no_markets
    return exchange


async def _no_markets(*_: Any, **__: Any) -> dict[str, Any]:
    return {}


# ---- what is measured: each returns how many units it did


def calls_ours(url: str) -> int:
    with ours(url) as client:
        small = small_of(client)
        for _ in range(CALLS):
            client._run(small())
    return CALLS


def small_of(client: Any) -> Callable[[], Any]:
    """Makes the flow of one signed read, with its rows typed, as a method of the client does."""
    from tallystick.client.flows import call
    from tallystick.client.halves import many
    from tallystick.client.rows.repay import OneClickRepayHistoryV2Row
    from tallystick.contract.repay import ONE_CLICK_REPAY_HISTORY_V2

    return lambda: many(call(client._session, ONE_CLICK_REPAY_HISTORY_V2), OneClickRepayHistoryV2Row)


def calls_okx(url: str) -> int:
    trade = okx(url, "Trade")
    for _ in range(CALLS):
        assert trade.oneclick_repay_history_v2()["code"] == "0"
    return CALLS


def flight_okx(url: str) -> int:
    trade = okx(url, "Trade")

    def one(_: int) -> None:
        assert trade.oneclick_repay_history_v2()["code"] == "0"

    with ThreadPoolExecutor(FLIGHT) as pool:
        list(pool.map(one, range(CALLS)))
    return CALLS


def _flight(url: str, **options: Any) -> int:
    async def run() -> None:
        async with ours_async(url, **options) as client:
            small = small_of(client)

            async def several() -> None:
                for _ in range(TURNS // FLIGHT):
                    await client._run(small())

            await asyncio.gather(*(several() for _ in range(FLIGHT)))

    with asyncio.Runner(loop_factory=_loop()) as runner:
        runner.run(run())
    return TURNS


def _loop() -> Any:
    import uvloop

    return uvloop.new_event_loop


def flight_ours_aiohttp(url: str) -> int:
    return _flight(url)


def flight_ours_httptools(url: str) -> int:
    return _flight(url, transport="httptools")


def flight_aiohttp(url: str) -> int:
    """The same target by aiohttp alone, without a signature, a check or a typed row: no client over it takes less."""
    import aiohttp

    async def run() -> None:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:

            async def several() -> None:
                for _ in range(TURNS // FLIGHT):
                    answer = await session.get(url + SMALL)
                    assert await answer.read()

            await asyncio.gather(*(several() for _ in range(FLIGHT)))

    with asyncio.Runner(loop_factory=_loop()) as runner:
        runner.run(run())
    return TURNS


def pages_ours(url: str) -> int:
    with ours(url) as client:
        return sum(1 for _ in islice(client.account_bills(), LEAST))


def pages_ours_read(url: str) -> int:
    """The same, and of every row its fields are decoded, its time and its amount made."""
    with ours(url) as client:
        found = 0
        for row in islice(client.account_bills(), LEAST):
            assert row.ts is not None
            assert row.balChg is not None
            found += 1
        return found


def pages_ours_async(url: str) -> int:
    async def run() -> int:
        async with ours_async(url) as client:
            found = 0
            async for _ in client.account_bills():
                found += 1
                if found == LEAST:
                    break
            return found

    return asyncio.run(run())


def pages_okx(url: str) -> int:
    account = okx(url, "Account")
    after, found = "", 0
    while rows := account.get_account_bills(after=after)["data"]:
        after, found = rows[-1]["billId"], found + len(rows)
        if found >= LEAST:
            break
    return found


def pages_ccxt(url: str) -> int:
    async def run() -> int:
        exchange = ccxt(url)
        try:
            after, found = "", 0
            while rows := await exchange.fetch_ledger(None, None, PAGE, {"after": after} if after else {}):
                after, found = min(row["id"] for row in rows), found + len(rows)
                if found >= LEAST:
                    break
            return found
        finally:
            await exchange.close()

    return asyncio.run(run())


MEASURES: dict[str, Callable[[str], int]] = {
    "one by one: ours": calls_ours,
    "one by one: python-okx": calls_okx,
    "32 in flight: ours, httptools": flight_ours_httptools,
    "32 in flight: ours, aiohttp": flight_ours_aiohttp,
    "32 in flight: aiohttp alone": flight_aiohttp,
    "32 in flight: python-okx, threads": flight_okx,
    "100,000 rows: ours": pages_ours,
    "100,000 rows: ours, fields read": pages_ours_read,
    "100,000 rows: ours, async": pages_ours_async,
    "100,000 rows: python-okx": pages_okx,
    "100,000 rows: ccxt async": pages_ccxt,
}
RATIOS = (
    ("one by one: ours", "one by one: python-okx", 2),
    ("32 in flight: ours, httptools", "32 in flight: python-okx, threads", 12),
    ("32 in flight: ours, aiohttp", "32 in flight: python-okx, threads", 8),
    ("100,000 rows: ours", "100,000 rows: python-okx", 4),
    ("100,000 rows: ours, fields read", "100,000 rows: python-okx", None),
    ("100,000 rows: ours, async", "100,000 rows: ccxt async", 3),
)
"""(ours, theirs, how many times ours is to be: None where nothing is promised)."""


def one(name: str, url: str) -> None:
    """Run one measure, after a first call that imports what it needs."""
    measure = MEASURES[name]
    global CALLS, TURNS, LEAST
    whole = CALLS, TURNS, LEAST
    CALLS, TURNS, LEAST = 64, 64, PAGE
    measure(url)
    CALLS, TURNS, LEAST = whole
    began, cpu = time.perf_counter(), time.process_time()
    units = measure(url)
    wall, used = time.perf_counter() - began, time.process_time() - cpu
    print(json.dumps({"units": units, "wall_us": wall * 1e6 / units, "cpu_us": used * 1e6 / units}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--save", action="store_true")
    parser.add_argument("--only", default="", help="measures whose name holds this text")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        serve()
    elif given.one:
        one(*given.one)
    else:
        compare(given.rounds, given.only, save=given.save)


def import_ms() -> float:
    """CPU time of importing the client in a new interpreter, median of five, without what the interpreter takes."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def cpu(code: str) -> float:
        tell = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_utime)"
        command = [sys.executable, "-c", f"{code}\n{tell}"]
        runs = [subprocess.run(command, capture_output=True, text=True, env=environment) for _ in range(6)]
        return statistics.median(float(run.stdout) for run in runs[1:]) * 1000

    return cpu("import tallystick.client; from tallystick import Client") - cpu("")


def compare(rounds: int, only: str, *, save: bool) -> None:
    import environment

    command = [sys.executable, str(Path(__file__).resolve())]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in MEASURES if only in name}
    with subprocess.Popen([*command, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as stub:
        assert stub.stdout is not None
        assert stub.stdin is not None
        url = f"http://127.0.0.1:{stub.stdout.readline().strip()}"
        for _ in range(rounds):
            for name in found:
                run = subprocess.run([*command, "--one", name, url], capture_output=True, text=True, check=True)
                found[name].append(json.loads(run.stdout))
        stub.stdin.close()
    told = {
        name: {key: statistics.median(each[key] for each in runs) for key in ("units", "wall_us", "cpu_us")}
        for name, runs in found.items()
    }
    for name, figures in told.items():
        print(f"{name:36} {figures['wall_us']:9.1f} us wall  {figures['cpu_us']:9.1f} us cpu, a call or row")
    ratios = {
        f"{ours} / {theirs.partition(': ')[2]}": {
            "wall": round(told[theirs]["wall_us"] / told[ours]["wall_us"], 2),
            "cpu": round(told[theirs]["cpu_us"] / told[ours]["cpu_us"], 2),
            "wanted": wanted,
        }
        for ours, theirs, wanted in RATIOS
        if ours in told and theirs in told
    }
    for name, ratio in ratios.items():
        wanted = f", wanted {ratio['wanted']} x" if ratio["wanted"] else ""
        print(f"{name:60} {ratio['wall']:6.2f} x by wall, {ratio['cpu']:6.2f} x by cpu{wanted}")
    imported = import_ms()
    print(f"{'import of the client':60} {imported:6.1f} ms of cpu, wanted 100 ms at most")
    if save:
        told_of = environment.describe(HERE)
        path = HERE / "results" / f"client-{datetime.now(UTC):%Y-%m-%d}.json"
        path.write_text(
            json.dumps(
                {"environment": told_of, "measures": told, "ratios": ratios, "import_ms": round(imported, 1)}, indent=1
            )
            + "\n"
        )
        print(path)


if __name__ == "__main__":
    main()
