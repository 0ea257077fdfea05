"""`kill -9` during the automatic exchange: each debt is exchanged once, and what is recovered equals the replay."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from http.client import HTTPException
from itertools import cycle
from pathlib import Path

import pytest

from tallystick.engine import free_quota, ledger
from tallystick.engine.auto_exchange import ExchangeStarted
from tallystick.engine.events import Event
from tests.torture.form import Progress, fresh_seed, scaled
from tests.torture.plants import REPLIES_LEAVE_EARLY
from tests.torture.replay import Replay
from tests.torture.served import Venue, serving

pytestmark = pytest.mark.torture

KILLS = scaled(4, 200)
AUTO_LOAN, ORDER = "/api/v5/account/set-auto-loan", "/api/v5/trade/order"
SELL = {"instId": "BTC-USDT", "tdMode": "cross", "side": "sell", "ordType": "market", "sz": "0.001"}
PRICES = cycle(("60000", "60000.1"))


def prepare(venue: Venue) -> None:
    """Have bob in multi-currency margin without any BTC, of which no debt is free of interest."""
    venue.must("market/price", {"instId": "BTC-USDT", "px": "60000"})
    book = {"bids": [["60000", "100000"]], "asks": [["60001", "100000"]]}
    venue.must("market/book", {"instId": "BTC-USDT", **book})
    venue.must("users/bob/modes", {"open": ["3", "4"]})
    venue.must("users/bob/balance", {"account": "trading", "ccy": "BTC", "amt": "-0.5"})
    venue.must("users/bob/balance", {"account": "trading", "ccy": "USDT", "amt": "50000"})
    venue.must("parameters", {"currencies": {"BTC": {"free_quota": "0"}}})
    assert venue.signed("POST", "/api/v5/account/set-account-level", {"acctLv": "3"}, venue.bob)[1]["code"] == "0"


def owe_and_exchange(venue: Venue, counted: Counter[str]) -> None:
    """Let bob owe BTC, switch auto-loan off and set a price, at which the debt is exchanged."""
    for name, path, body in (("on", AUTO_LOAN, {"autoLoan": True}), ("sold", ORDER, SELL)):
        answer = venue.signed("POST", path, body, venue.bob)[1]
        assert answer["code"] == "0", (name, answer)
    counted["asked"] += 1
    answer = venue.signed("POST", AUTO_LOAN, {"autoLoan": False}, venue.bob)[1]
    assert answer["code"] == "0", answer
    venue.must("market/price", {"instId": "BTC-USDT", "px": next(PRICES)})
    counted["done"] += 1


def ask_on(venue: Venue, counted: Counter[str], failed: list[AssertionError]) -> None:
    """Ask without pause until the venue is gone."""
    with suppress(OSError, HTTPException):
        try:
            while True:
                owe_and_exchange(venue, counted)
        except AssertionError as problem:
            failed.append(problem)


class Exchanges(Replay):
    """The journal, and how many exchanges are in it."""

    exchanges = 0

    def decided(self, events: Sequence[Event]) -> None:
        exchanged = sum(type(event) is ExchangeStarted for event in events)
        self.exchanges += exchanged
        self.nothing_is_left(exchanged > 0)

    def nothing_is_left(self, exchanged: bool) -> None:
        """An entry that exchanges holds all of it: no debt stays above its quota."""
        for user in self.state.users.values() if exchanged else ():
            debts = ledger.debts(self.state, user.user_id)
            if free_quota.granted(user):
                assert all(owed <= free_quota.of(self.state, user, ccy, debts) for ccy, owed in debts.items())


def test_each_debt_is_exchanged_once(tmp_path: Path) -> None:
    draw, folder = random.Random(fresh_seed()), tmp_path / "venue"
    counted, progress = Counter[str](), Progress("kills", KILLS)
    failed: list[AssertionError] = []
    with serving(folder, "--limits", "off") as venue:
        prepare(venue)
        assert venue.stop() == 0
    replay = Exchanges(folder)
    for kill in range(1, KILLS + 1):
        with serving(folder, "--limits", "off") as venue:
            client = threading.Thread(target=ask_on, args=(venue, counted, failed))
            client.start()
            client.join(draw.uniform(0.01, 0.6))
            venue.process.kill()
            client.join()
        assert failed == [], f"after kill {kill - 1}"
        replay.go_on()
        assert counted["done"] <= replay.exchanges <= counted["asked"], f"after kill {kill}"
        progress.at(kill, f"{replay.exchanges} exchanges, {replay.state.seq} entries")
    print(f"{KILLS} kills, {counted['asked']} exchanges asked for, {replay.exchanges} in the journal")


def test_the_planted_bug_is_seen(tmp_path: Path) -> None:
    """An exchange that is acknowledged while the disk hangs is gone when the process is."""
    folder, counted = tmp_path / "venue", Counter[str]()
    with serving(folder, "--limits", "off", plant=REPLIES_LEAVE_EARLY) as venue:
        prepare(venue)
        venue.order("hold", doing="write")
        owe_and_exchange(venue, counted)
    replay = Exchanges(folder)
    replay.go_on()
    assert replay.exchanges < counted["done"], "one was acknowledged"
