"""The load client: keep-alive connections that each send one signed request, wait for the answer, send the next.

A closed loop, so the rate is what the server completes. Requests are signed just before each round, hundreds for
each connection, with the timestamps of that moment; during the round they are sent as they are, so the client spends
its time on moving bytes alone. Of an answer it reads the status, the content length and the first bytes of the
body; a single answer that is not a success ends the run, because a fast error is not a result.

By itself: `python bench/load.py URL CONNECTION.JSON --connections 16` measures any server that is already running.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import gc
import hmac
import json
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import uvloop

REQUESTS_PER_LANE = 256
"""Even, so that a lane which alternates two bodies goes on alternating when it starts over."""
ROUND_S_MAX = 20.0
"""Signatures are made once per round and are good for 30 s."""
SUCCESS = b'{"code":"0"'


class BadAnswer(Exception):
    """The server answered with something other than HTTP 200 and code 0, or hung up."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """One API key of one user."""

    api_key: str
    secret_key: str
    passphrase: str


@dataclass(slots=True)
class Lane:
    """What one connection sends: `build(n)` gives method, target and body of its request number n."""

    credentials: Credentials
    build: Callable[[int], tuple[str, str, bytes]]
    sent: int = 0
    ahead: int = REQUESTS_PER_LANE
    """Requests that are signed before a round, which sends them again and again: no fewer than it has targets."""

    def signed(self, host: str) -> list[bytes]:
        """The next requests of this lane, signed now."""
        return [self._signed(host, number) for number in range(self.sent, self.sent + self.ahead)]

    def _signed(self, host: str, number: int) -> bytes:
        method, target, body = self.build(number)
        return signed_request(self.credentials, host, method, target, body)


def signed_request(credentials: Credentials, host: str, method: str, target: str, body: bytes) -> bytes:
    """A whole HTTP request with the four OK-ACCESS headers."""
    now = time.time()
    timestamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"
    message = f"{timestamp}{method}{target}".encode() + body
    signature = base64.b64encode(hmac.digest(credentials.secret_key.encode(), message, "sha256")).decode()
    head = (
        f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\n"
        f"Content-Type: application/json\r\nOK-ACCESS-KEY: {credentials.api_key}\r\nOK-ACCESS-SIGN: {signature}\r\n"
        f"OK-ACCESS-TIMESTAMP: {timestamp}\r\nOK-ACCESS-PASSPHRASE: {credentials.passphrase}\r\n"
    )
    if method == "POST":
        head += f"Content-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + body


@dataclass(frozen=True, slots=True)
class Round:
    """One measured round. Latencies are seconds from the send to the last byte of the answer, sorted."""

    seconds: float
    latencies: tuple[float, ...]
    answer_bytes: int
    client_cpu: float
    """Share of one core that the client itself used; near 1 the client is what was measured."""

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.latencies) / self.seconds

    def percentile_ms(self, percent: float) -> float:
        """The latency below which `percent` of the answers came, in milliseconds."""
        return self.latencies[min(len(self.latencies) - 1, int(len(self.latencies) * percent / 100))] * 1000


@dataclass(slots=True)
class _Tally:
    """What the connections of one round share."""

    ends_at: float
    limit: int
    latencies: list[float] = field(default_factory=list)
    answer_bytes: int = 0
    error: BaseException | None = None


class _Connection(asyncio.Protocol):
    """One keep-alive connection in its closed loop."""

    def __init__(self, lane: Lane, requests: Sequence[bytes], tally: _Tally, done: asyncio.Future[None]) -> None:
        self._lane = lane
        self._requests = requests
        self._tally = tally
        self._done = done
        self._next = 0
        self._buffer = b""
        self._awaited = 0
        self._sent_at = 0.0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(self._requests[self._next % len(self._requests)])
        self._next += 1

    def data_received(self, data: bytes) -> None:
        if self._buffer:
            data = self._buffer + data
        if self._awaited == 0:
            end_of_head = data.find(b"\r\n\r\n")
            if end_of_head < 0:
                self._buffer = data
                return
            self._awaited = end_of_head + 4 + self._content_length(data[:end_of_head].lower())
        if len(data) < self._awaited:
            self._buffer = data
            return
        now = time.perf_counter()
        body_at = data.find(b"\r\n\r\n") + 4
        if data[9:12] != b"200" or not data.startswith(SUCCESS, body_at):
            self._fail(BadAnswer(data[:800].decode("utf-8", "replace")))
            return
        tally = self._tally
        tally.latencies.append(now - self._sent_at)
        tally.answer_bytes += self._awaited
        self._buffer = b""
        self._awaited = 0
        if now < tally.ends_at and len(tally.latencies) < tally.limit:
            self.send()
        else:
            self._finish()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._fail(BadAnswer(f"connection lost: {exc}"))

    def _content_length(self, head: bytes) -> int:
        found = head.find(b"content-length:")
        if found < 0:
            self._fail(BadAnswer("no content-length in " + head.decode("latin-1")))
            return 0
        return int(head[found + 15 :].split(b"\r\n", 1)[0])

    def _finish(self) -> None:
        self._lane.sent += self._next
        if not self._done.done():
            self._done.set_result(None)
        self._transport.close()

    def _fail(self, error: BadAnswer) -> None:
        self._tally.error = self._tally.error or error
        self._finish()


def run_round(url: str, lanes: Sequence[Lane], *, seconds: float, requests_max: int = 2**62) -> Round:
    """Load `url` over one connection per lane for `seconds`, or until `requests_max` answers came.

    Raises BadAnswer at the first answer that is not a success, OSError where nobody listens.
    """
    if seconds > ROUND_S_MAX:
        raise ValueError(f"a round may last {ROUND_S_MAX:g} s at most: signatures grow old")
    return uvloop.run(_round(url, lanes, seconds, requests_max))


async def _round(url: str, lanes: Sequence[Lane], seconds: float, requests_max: int) -> Round:
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    loop = asyncio.get_running_loop()
    tally = _Tally(ends_at=0.0, limit=requests_max)
    connections: list[_Connection] = []
    finished: list[asyncio.Future[None]] = []
    for lane in lanes:
        done: asyncio.Future[None] = loop.create_future()
        connection = _Connection(lane, lane.signed(f"{host}:{port}"), tally, done)
        await loop.create_connection(lambda connection=connection: connection, host, port)  # type: ignore[misc]
        connections.append(connection)
        finished.append(done)
    gc.collect()
    gc.disable()
    cpu_before = _cpu_s()
    started_at = time.perf_counter()
    tally.ends_at = started_at + seconds
    for connection in connections:
        connection.send()
    try:
        await asyncio.wait_for(asyncio.gather(*finished), seconds + 30)
    finally:
        elapsed = time.perf_counter() - started_at
        cpu = (_cpu_s() - cpu_before) / elapsed
        gc.enable()
    if tally.error is not None:
        raise tally.error
    return Round(elapsed, tuple(sorted(tally.latencies)), tally.answer_bytes, cpu)


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def get_lane(credentials: Credentials, targets: Sequence[str], *, offset: int = 0) -> Lane:
    """A lane that asks for these targets in turn, beginning at `offset`."""

    def build(number: int) -> tuple[str, str, bytes]:
        return "GET", targets[(number + offset) % len(targets)], b""

    return Lane(credentials, build, ahead=max(REQUESTS_PER_LANE, len(targets)))


def switch_lane(credentials: Credentials, *, path: str = "/api/v5/account/set-auto-repay") -> Lane:
    """A lane that turns auto repay on and off by turns, so that every command changes something."""
    bodies = (b'{"autoRepay":true}', b'{"autoRepay":false}')
    return Lane(credentials, lambda number: ("POST", path, bodies[number % 2]))


def main() -> None:
    parser = argparse.ArgumentParser(description="Load a running server with signed requests.")
    parser.add_argument("url")
    parser.add_argument("connection", type=Path, help="connection.json; the first user's first trade key is used")
    parser.add_argument("--target", default="/api/v5/finance/flexible-loan/loan-history?limit=100")
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    user = json.loads(arguments.connection.read_text())["users"][0]
    key = next(key for key in user["keys"] if "trade" in key["permissions"])
    credentials = Credentials(key["api_key"], key["secret_key"], key["passphrase"])
    lanes = [get_lane(credentials, [arguments.target]) for _ in range(arguments.connections)]
    rounds = [run_round(arguments.url, lanes, seconds=arguments.seconds) for _ in range(arguments.rounds)]
    middle = sorted(rounds, key=lambda each: each.rate)[len(rounds) // 2]
    print(
        f"{middle.rate:,.0f} requests/s, p50 {middle.percentile_ms(50):.2f} ms, p99 {middle.percentile_ms(99):.2f} ms, "
        f"client used {middle.client_cpu:.0%} of a core"
    )


if __name__ == "__main__":
    main()
