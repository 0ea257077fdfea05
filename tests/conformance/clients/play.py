"""Plays the story with every client, each in a process of its own, against one served venue."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.conformance.clients.story import APR, BOOKS, BY_ITSELF, HOUR_MS, PRICES, STEPS, USER, Step
from tests.conformance.served import Served, lint_of, running

ROOT = Path(__file__).resolve().parents[3]
NODE = ROOT / "tests" / "conformance" / "node"
SECOND = ("clock/advance", {"ms": 1_000})
SECONDS_MAX = 120


@dataclass(frozen=True, eq=False)
class Kind:
    """A client as users know it: `name` in the matrix, what runs its file, and which of its halves.

    `lacks` are the steps it has no way to do; with `tls` it insists on TLS. `by_itself` is what comes of what it
    gets wrong by itself.
    """

    name: str
    file: str
    flavour: str = ""
    lacks: tuple[str, ...] = ()
    tls: bool = False
    by_itself: dict[str, Any] = field(default_factory=dict)

    @property
    def in_node(self) -> bool:
        return self.file.endswith(".mjs")

    def command(self) -> list[str]:
        if self.in_node:
            return ["node", str(NODE / self.file)]
        return [sys.executable, "-m", f"tests.conformance.clients.{self.file}"]


CCXT = {
    # The path is not there any more; ccxt knows no name for a status of 404 without a code of OKX.
    "vip_loan": "ExchangeError",
    # Trades only.
    "ledger_types": ["2"],
    # Oldest first: the purchase of ETH began it all.
    "first_order": "ETH/USDT",
}
KINDS = (
    Kind(
        "python-okx",
        "with_python_okx",
        tls=True,
        # To an address without TLS it does not even try to connect.
        by_itself={"vip_loan": "404", "default_flag": "1", "plain_socket": False},
    ),
    Kind("ccxt", "with_ccxt", "sync", lacks=("stream",), by_itself=CCXT),
    Kind("ccxt async", "with_ccxt", "async", lacks=("stream",), by_itself=CCXT),
    Kind("ccxt.pro", "with_ccxt", "pro", by_itself=CCXT),
    Kind(
        "okx-api (node)",
        "with_okx_api.mjs",
        # It asks without signing, with what is left of the last signature; what it throws is no Error.
        by_itself={"vip_loan": "404", "converts_without_tag": 0, "borrow_currencies": "50113", "throws_errors": False},
    ),
    Kind("ccxt (node)", "with_ccxt.mjs", by_itself=CCXT),
)


@dataclass(frozen=True)
class Played:
    """What came of a story: `steps` as the client reported them by name, and what the venue's lint said."""

    version: str
    steps: dict[str, dict[str, Any]]
    lint: tuple[str, ...]


def missing(kind: Kind) -> str:
    """What is not there to run this client; empty where all is."""
    if not kind.in_node:
        return ""
    if shutil.which("node") is None:
        return "the clients in node are not tried: there is no node"
    if not (NODE / "node_modules").is_dir():
        return "the clients in node are not installed: run `make setup-node`"
    return ""


@functools.cache
def played(kind: Kind) -> Played:
    """The story told to the client once, against a venue of its own. Raises AssertionError where its process fails."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "serve.log"
        options = ("--market", "by-hand", "--limits", "off", *(["--tls"] if kind.tls else ()))
        with running(Path(folder) / "venue", *options, log=log) as venue:
            prepare(venue)
            report = _tell(kind, venue)
        return Played(report["version"], report["steps"], lint_of(log))


def prepare(venue: Served) -> None:
    """Prices, books and rates; a rate counts from the next full hour on, which the story begins with."""
    for pair, price in PRICES.items():
        bids, asks = BOOKS[pair]
        venue.control("market/book", {"instId": pair, "bids": bids, "asks": asks})
        venue.control("market/price", {"instId": pair, "px": price})
    for ccy in ("USDC", "USDT"):
        venue.control("rates", {"ccy": ccy, "apr": APR})
    venue.advance(HOUR_MS - venue.control("clock")["now_ms"] % HOUR_MS)


def _tell(kind: Kind, venue: Served) -> dict[str, Any]:
    told = {
        "url": venue.url,
        "stream": venue.url.replace("http", "ws", 1),
        "control_token": venue.connection.control_token,
        "key": venue.new_user(USER),
        "flavour": kind.flavour,
        "steps": [{"name": step.name, "control": (SECOND, *step.control), "do": step.do} for step in STEPS],
    }
    ran = subprocess.run(
        kind.command(),
        input=json.dumps(told),
        env={**os.environ, "PYTHONPATH": str(ROOT), **({"SSL_CERT_FILE": str(venue.ca)} if venue.ca else {})},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    if ran.returncode:
        raise AssertionError(f"{kind.name} ended with {ran.returncode}:\n{ran.stderr}")
    report: dict[str, Any] = json.loads(ran.stdout, parse_float=Decimal, parse_int=Decimal)
    return report


def expected(kind: Kind, step: Step) -> dict[str, Any]:
    return kind.by_itself if step.name == BY_ITSELF else step.expect


def differences(expected: object, got: object, where: str = "") -> Iterator[str]:
    """Text must be equal; a number the client made of an amount must be worth it."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for name in expected.keys() | got.keys():
            yield from differences(expected.get(name), got.get(name), f"{where}.{name}")
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for place, (one, other) in enumerate(zip(expected, got, strict=True)):
            yield from differences(one, other, f"{where}[{place}]")
    elif isinstance(got, Decimal) and isinstance(expected, str | int):
        if got != Decimal(expected):
            yield f"{where}: {got} for {expected}"
    elif got != expected:
        yield f"{where}: {got!r} for {expected!r}"
