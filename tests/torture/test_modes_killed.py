"""`kill -9` during one-click repay v1 and switches of the account mode: each is in the journal once, or not at all."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tallystick.store.sqlite import SqliteStore
from tallystick.venue.boot import JOURNAL
from tests.torture.form import Progress, fresh_seed, scaled
from tests.torture.plants import REPLIES_LEAVE_EARLY
from tests.torture.served import ROOT, Venue, serving

pytestmark = pytest.mark.torture

KILLS = scaled(4, 200)
SELL = {"instId": "BTC-USDT", "tdMode": "cross", "side": "sell", "ordType": "market", "sz": "0.001"}
ROUND: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("PlaceOrder", "/api/v5/trade/order", SELL),
    ("RepayAtOnce", "/api/v5/trade/one-click-repay", {"debtCcy": ["BTC"], "repayCcy": "USDT"}),
    ("SwitchMode", "/api/v5/account/set-account-level", {"acctLv": "4"}),
    ("SwitchMode", "/api/v5/account/set-account-level", {"acctLv": "3"}),
)
"""bob comes to owe BTC and pays at once; of each round the journal has one command for each request."""


def prepare(venue: Venue) -> None:
    """Have bob in multi-currency margin without any BTC, at a price that stands still."""
    venue.must("market/price", {"instId": "BTC-USDT", "px": "60000"})
    venue.must("market/book", {"instId": "BTC-USDT", "bids": [["60000", "100"]], "asks": []})
    venue.must("users/bob/modes", {"open": ["3", "4"]})
    venue.must("users/bob/balance", {"account": "trading", "ccy": "BTC", "amt": "-0.5"})
    venue.must("users/bob/balance", {"account": "trading", "ccy": "USDT", "amt": "50000"})
    assert venue.signed("POST", "/api/v5/account/set-account-level", {"acctLv": "3"}, venue.bob)[1]["code"] == "0"


def rounds(venue: Venue, asked: Counter[str], done: Counter[str], refused: list[Any]) -> None:
    """Ask without pause until the venue is gone. What was refused, such as a debt already paid, was not done.

    The kill before may have come between both switches, so that the first one here leads to the mode that is there
    already, which leaves no entry: it counts as asked alone.
    """
    with suppress(OSError, HTTPException):
        asked["SwitchMode"] += 1
        _, first = venue.signed("POST", *ROUND[-1][1:], venue.bob)
        if first["code"] != "0":
            refused.append(first)
            return
        mode = "3"
        while True:
            for name, path, body in ROUND:
                asked[name] += 1
                _, answer = venue.signed("POST", path, body, venue.bob)
                if answer["code"] != "0" or body.get("acctLv") == mode:
                    asked[name] -= 1
                    continue
                done[name] += 1
                mode = body.get("acctLv", mode)


def commands(folder: Path) -> Iterator[str]:
    with closing(SqliteStore(folder / JOURNAL)) as store:
        for entry in store.entries(0):
            yield str(msgspec.json.decode(entry.command)[0])


def test_each_repayment_and_each_switch_is_there_once(tmp_path: Path) -> None:
    draw, folder = random.Random(fresh_seed()), tmp_path / "venue"
    asked, done, progress = Counter[str](), Counter[str](), Progress("kills", KILLS)
    refused: list[Any] = []
    with serving(folder, "--limits", "off") as venue:
        prepare(venue)
        assert venue.stop() == 0
    before = Counter(commands(folder))
    for kill in range(1, KILLS + 1):
        with serving(folder, "--limits", "off") as venue:
            client = threading.Thread(target=rounds, args=(venue, asked, done, refused))
            client.start()
            client.join(draw.uniform(0.01, 0.6))
            venue.process.kill()
            client.join()
        assert refused == [], f"a switch that nothing stands in the way of, after kill {kill - 1}"
        found = Counter(commands(folder)) - before
        for name in {name for name, _, _ in ROUND}:
            assert done[name] <= found[name] <= asked[name], f"{name} after kill {kill}: {done}, {found}, {asked}"
        progress.at(kill, f"{done['RepayAtOnce']} repayments, {done['SwitchMode']} switches")
    ended = subprocess.run(
        [sys.executable, "-m", "tallystick", "verify", "--data", str(folder)],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_planted_bug_is_seen(tmp_path: Path) -> None:
    """An answer that is given while the disk hangs is gone when the process is."""
    folder = tmp_path / "venue"
    with serving(folder, "--limits", "off", plant=REPLIES_LEAVE_EARLY) as venue:
        prepare(venue)
        venue.order("hold", doing="write")
        switched = venue.signed("POST", "/api/v5/account/set-account-level", {"acctLv": "4"}, venue.bob)
        assert switched[1]["code"] == "0"
    assert Counter(commands(folder))["SwitchMode"] < 2, "two were acknowledged"
