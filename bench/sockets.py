"""Measures streams: `python bench/sockets.py` (starts its own venue).

    fan-out   an order changes a book that 200 sockets are subscribed to: from the send of the order until the last
              of them has the change
    rate      signed GETs over 16 connections, without sockets and with 200 that are told of ten changes a second

The venue has the first core, its clients share the second. Changes are 150 ms apart for the fan-out, so that none
waits for the 100 ms within which the channel gathers. Rounds with and without sockets alternate and their ratio is
taken round by round; medians are printed.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environment
import servers
import uvloop
from load import Credentials, get_lane, run_round, signed_request

RESULTS = Path(__file__).parent / "results"
SOCKETS = 200
BETWEEN_S = 0.15
CHANGES_PER_S = 10
REACH_MS = 20.0
REACH_SHARE = 0.70
PRICES = {"BTC-USDT": "30000", "ETH-USDT": "2000", "USDC-USDT": "1"}
TARGET = "/api/v5/account/config"
SUBSCRIBE = json.dumps({"op": "subscribe", "args": [{"channel": "books", "instId": "BTC-USDT"}]}).encode()
HANDSHAKE = (
    "GET /ws/v5/public HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


# ---- the client's side of a socket


def frame(message: bytes) -> bytes:
    """A short or middling text message, masked with zeros, which is a mask like any other."""
    size = len(message)
    head = bytes([0x81, 0x80 | size]) if size < 126 else bytes([0x81, 0xFE]) + size.to_bytes(2, "big")
    return head + b"\0\0\0\0" + message


class Listener(asyncio.Protocol):
    """One subscribed socket; tells `heard` of every update of the book."""

    def __init__(self, host: str, heard: Heard) -> None:
        self.host = host
        self.heard = heard
        self.buffer = b""
        self.open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        key = base64.b64encode(bytes(16)).decode()
        transport.write(HANDSHAKE.format(host=self.host, key=key).encode())  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        data = self.buffer + data if self.buffer else data
        if not self.open:
            head, ended, data = data.partition(b"\r\n\r\n")
            if not ended:
                self.buffer = head
                return
            if b" 101 " not in head[:20]:
                raise RuntimeError(head.decode("latin-1"))
            self.open = True
            self.transport.write(frame(SUBSCRIBE))  # type: ignore[attr-defined]
        while len(data) >= 4:
            size, start = data[1], 2
            if size == 126:
                size, start = int.from_bytes(data[2:4], "big"), 4
            elif size == 127:
                if len(data) < 10:
                    break
                size, start = int.from_bytes(data[2:10], "big"), 10
            if len(data) < start + size:
                break
            self.heard.message(data[start : start + size])
            data = data[start + size :]
        self.buffer = data


class Heard:
    """Counts who has been told."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.snapshots = 0
        self.updates = 0
        self.all_told = asyncio.Event()

    def message(self, message: bytes) -> None:
        if b'"action":"snapshot"' in message[:120]:
            self.snapshots += 1
            waiting_for, told = self.count, self.snapshots
        elif b'"action":"update"' in message[:120]:
            self.updates += 1
            waiting_for, told = self.count, self.updates
        else:
            return
        if told == waiting_for:
            self.all_told.set()

    async def everybody(self) -> None:
        await asyncio.wait_for(self.all_told.wait(), 30)
        self.all_told.clear()
        self.updates = 0


class Trader:
    """Changes the book: a bid far from the market is placed, and cancelled by the next change."""

    def __init__(self, credentials: Credentials, host: str) -> None:
        self.credentials = credentials
        self.host = host
        self.number = 0

    async def connect(self, host: str, port: int) -> None:
        self.reader, self.writer = await asyncio.open_connection(host, port)

    @property
    def has_order(self) -> bool:
        """Whether the order of the last change rests; the next trader's ids begin anew, so it must not stay."""
        return self.number % 2 == 1

    def request(self) -> bytes:
        """The next change, signed."""
        placing = not self.has_order
        order: dict[str, Any] = {"instId": "BTC-USDT", "clOrdId": f"b{self.number // 2}"}
        if placing:
            order |= {"tdMode": "cash", "side": "buy", "ordType": "limit", "px": "1000", "sz": "0.01"}
        self.number += 1
        path = "/api/v5/trade/order" if placing else "/api/v5/trade/cancel-order"
        return signed_request(self.credentials, self.host, "POST", path, json.dumps(order).encode())

    async def answer(self) -> None:
        head = await self.reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        body = await self.reader.readexactly(size)
        if not body.startswith(b'{"code":"0"'):
            raise RuntimeError(body.decode())


async def subscribed(url: str, count: int) -> tuple[list[asyncio.BaseTransport], Heard]:
    """So many sockets, each with its snapshot."""
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    heard = Heard(count)
    loop = asyncio.get_running_loop()
    found = [await loop.create_connection(lambda: Listener(f"{host}:{port}", heard), host, port) for _ in range(count)]
    await heard.everybody()
    return [transport for transport, _ in found], heard


async def trader_of(url: str, credentials: Credentials) -> Trader:
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    trader = Trader(credentials, f"{host}:{port}")
    await trader.connect(host, port)
    return trader


def set_price(url: str, token: str, pair: str, price: str) -> None:
    """Nothing but our own changes may move the book, so prices are set by hand and stay."""
    body = json.dumps({"instId": pair, "px": price}).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/tally/v1/market/price", body, headers)
    with urllib.request.urlopen(request) as answer:
        answer.read()


# ---- measures


async def fan_out(url: str, credentials: Credentials, changes: int) -> list[float]:
    """Milliseconds until everybody has a change, for each change."""
    transports, heard = await subscribed(url, SOCKETS)
    trader = await trader_of(url, credentials)
    took = []
    for _ in range(changes):
        request = trader.request()
        began = time.perf_counter()
        trader.writer.write(request)
        await heard.everybody()
        took.append((time.perf_counter() - began) * 1_000)
        await trader.answer()
        await asyncio.sleep(BETWEEN_S)
    for transport in transports:
        transport.close()
    trader.writer.close()
    return took


async def disturb(url: str, credentials: Credentials) -> None:
    """Subscribe, say so, then change the book ten times a second until the input ends."""
    _, heard = await subscribed(url, SOCKETS)
    trader = await trader_of(url, credentials)
    ended = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    print("ready", flush=True)
    while not ended.done() or trader.has_order:
        trader.writer.write(trader.request())
        await trader.answer()
        await asyncio.sleep(1 / CHANGES_PER_S)
    if heard.updates == 0:
        raise RuntimeError("nobody was told of anything")


def disturbance(url: str, credentials: Credentials, core: int | None) -> subprocess.Popen[str]:
    """`disturb` in a process of its own, ready."""
    given = [url, credentials.api_key, credentials.secret_key, credentials.passphrase]
    process = subprocess.Popen(
        [sys.executable, __file__, "--disturb", *given],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: servers.pin(core),
    )
    if process.stdout is None or process.stdout.readline().strip() != "ready":
        raise RuntimeError("the sockets did not come up")
    return process


def rates(
    url: str, credentials: Credentials, rounds: int, seconds: float, core: int | None
) -> list[tuple[float, float]]:
    """(requests a second alone, with sockets) for each round."""
    lanes = [get_lane(credentials, [TARGET]) for _ in range(16)]
    found = []
    for _ in range(rounds):
        alone = run_round(url, lanes, seconds=seconds).rate
        process = disturbance(url, credentials, core)
        try:
            beside = run_round(url, lanes, seconds=seconds).rate
        finally:
            process.communicate()
        if process.returncode:
            raise RuntimeError("the sockets failed")
        found.append((alone, beside))
    return found


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    cores = sorted(os.sched_getaffinity(0))
    first, second = (cores[0], cores[1]) if len(cores) > 1 else (None, None)
    servers.pin(second)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "venue"
        venue = servers.start_venue(folder, first, "--market", "by-hand")
        try:
            told = json.loads((folder / "connection.json").read_text())
            for pair, price in PRICES.items():
                set_price(venue.url, told["control_token"], pair, price)
            key = told["users"][0]["keys"][0]
            credentials = Credentials(key["api_key"], key["secret_key"], key["passphrase"])
            took = sorted(uvloop.run(fan_out(venue.url, credentials, arguments.changes)))
            pairs = rates(venue.url, credentials, arguments.rounds, arguments.seconds, second)
        finally:
            venue.stop()
    shares = sorted(beside / alone for alone, beside in pairs)
    return {
        "sockets": SOCKETS,
        "fan-out ms": {
            "median": statistics.median(took),
            "p99": took[int(len(took) * 0.99)],
            "reach": REACH_MS,
        },
        "rate": {
            "alone": statistics.median(alone for alone, _ in pairs),
            "with sockets": statistics.median(beside for _, beside in pairs),
            "share": statistics.median(shares),
            "worst share": shares[0],
            "reach": REACH_SHARE,
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure streams.")
    parser.add_argument("--changes", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--save", action="store_true", help="also write bench/results/sockets-DATE.json")
    parser.add_argument("--disturb", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.disturb:
        url, *key = arguments.disturb
        uvloop.run(disturb(url, Credentials(*key)))
        return
    found = measure(arguments)
    fan, rate = found["fan-out ms"], found["rate"]
    say(f"{SOCKETS} sockets have a change after {fan['median']:.1f} ms (median), p99 {fan['p99']:.1f} ms")
    say(
        f"signed GETs: {rate['alone']:,.0f}/s alone, {rate['with sockets']:,.0f}/s beside them: "
        f"{rate['share']:.0%}, at worst {rate['worst share']:.0%}"
    )
    if arguments.save:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"sockets-{datetime.now(UTC):%Y-%m-%d}.json"
        path.write_text(
            json.dumps({"environment": environment.describe(Path(tempfile.gettempdir())), **found}, indent=1) + "\n"
        )
        say(f"written to {path}")


if __name__ == "__main__":
    main()
