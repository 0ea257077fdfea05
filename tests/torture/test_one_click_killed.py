"""`kill -9` during one-click repay v2 in margin modes: a run goes on after it, and pays each part of a debt once."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from http.client import HTTPException
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from tallystick.engine import borrow, ledger, repay
from tallystick.engine.events import Borrowed, Event, HourPassed, Repaid, RepayEnded, RepayRecord, RepayStarted
from tests.engine.driver import atoms, text
from tests.torture.form import Progress, fresh_seed, scaled
from tests.torture.plants import RUNS_BEGIN_ANEW
from tests.torture.replay import Replay
from tests.torture.served import Venue, serving, until

pytestmark = pytest.mark.torture

KILLS = scaled(3, 200)
OPTIONS = ("--limits", "off", "--surface", "2026-08")
LEVEL, ORDER = "/api/v5/account/set-account-level", "/api/v5/trade/order"
REPAY, HISTORY = "/api/v5/trade/one-click-repay-v2", "/api/v5/trade/one-click-repay-history-v2"
SELL = {"instId": "BTC-USDT", "tdMode": "cross", "side": "sell", "ordType": "market", "sz": "0.001"}
MODES = cycle(("3", "4"))
ETH = "1000"


def prepare(venue: Venue) -> None:
    """Have bob in a margin mode without any BTC, with ETH to sell, at prices that stand still."""
    for pair, bid, ask in (("BTC-USDT", "60000", "60000.1"), ("ETH-USDT", "3000", "3000.01")):
        venue.must("market/price", {"instId": pair, "px": bid})
        venue.must("market/book", {"instId": pair, "bids": [[bid, "100000"]], "asks": [[ask, "100000"]]})
    venue.must("users/bob/modes", {"open": ["3", "4"]})
    for ccy, amount in (("BTC", "-0.5"), ("USDT", "50000"), ("ETH", ETH)):
        venue.must("users/bob/balance", {"account": "trading", "ccy": ccy, "amt": amount})
    switch_mode(venue)


def pace(venue: Venue, leg_ms: int) -> None:
    """Set how long runs take: the sale follows soon after the request, the purchase `leg_ms` after the sale."""
    venue.must("parameters", {"constants": {"repay_first_delay_ms": 20, "repay_leg_delay_ms": leg_ms}})


def switch_mode(venue: Venue) -> None:
    answer = venue.signed("POST", LEVEL, {"acctLv": next(MODES)}, venue.bob)[1]
    assert answer["code"] == "0", answer


def rows(venue: Venue) -> list[Any]:
    """Bob's newest 100 runs, newest first."""
    answer = venue.signed("GET", HISTORY, key=venue.bob)[1]
    assert answer["code"] == "0", answer
    return list(answer["data"])


def running(venue: Venue) -> bool:
    return any(row["status"] == "running" for row in rows(venue)[:1])


def owe_and_repay(venue: Venue, counted: Counter[str]) -> None:
    """Let bob owe 0.001 BTC and pay it with ETH: one leg sells that, one buys BTC."""
    answer = venue.signed("POST", ORDER, SELL, venue.bob)[1]
    assert answer["code"] == "0", answer
    counted["asked"] += 1
    answer = venue.signed("POST", REPAY, {"debtCcy": "BTC", "repayCcyList": ["ETH"]}, venue.bob)[1]
    assert answer["code"] == "0", answer
    counted["begun"] += 1


def ask_on(venue: Venue, counted: Counter[str], failed: list[AssertionError]) -> None:
    """Ask without pause until the venue is gone. A run that is there already comes to its end first."""
    with suppress(OSError, HTTPException):
        try:
            while True:
                while running(venue):
                    pass
                switch_mode(venue)
                owe_and_repay(venue, counted)
        except AssertionError as problem:
            failed.append(problem)


class Runs(Replay):
    """The journal, and its runs. A debt falls by what the row of its run says, and by nothing else."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.started: dict[int, RepayStarted] = {}
        self.ended: list[RepayRecord] = []
        self.repaid: Counter[int] = Counter()
        self.owed = 0
        self.halfway = 0
        """Kills that a run has survived between its legs."""

    @property
    def bob(self) -> int:
        return next(user.user_id for user in self.state.users.values() if user.name == "bob")

    def decided(self, events: Sequence[Event]) -> None:
        before, paid, borrowed = self.owed, 0, 0
        for event in events:
            if type(event) is RepayStarted:
                assert event.record.run_id not in self.started
                self.started[event.record.run_id] = event
            elif type(event) is Borrowed and event.ccy == "BTC":
                borrowed += event.amount
            elif type(event) is Repaid and event.ccy == "BTC":
                paid += event.amount
                if event.kind == borrow.ONE_CLICK_REPAY:
                    self.repaid[max(self.started)] += event.amount
            elif type(event) is RepayEnded:
                self.ended.append(event.record)
                self.paid_once(event.record)
        if "bob" in (user.name for user in self.state.users.values()):
            self.owed = ledger.debt(self.state, self.bob, "BTC")
        if not any(type(event) is HourPassed for event in events):
            assert self.owed - before == borrowed - paid

    def paid_once(self, record: RepayRecord) -> None:
        """One sale and one purchase, whose coins less a fee of 0.1 % pay as far as they go.

        The sale fetches what the debt costs at 60,000, a tick below what it is bought at, so that a hundred-thousandth
        stays owed.
        """
        assert [(leg.instrument, leg.side) for leg in record.legs] == [("ETH-USDT", "sell"), ("BTC-USDT", "buy")]
        debt, bought = self.started[record.run_id].debt, record.legs[1].fill_size
        assert record.status == repay.FILLED
        assert debt * 9999 // 10000 < record.repaid == self.repaid[record.run_id] == min(debt, bought * 999 // 1000)
        assert len({record.run_id for record in self.ended}) == len(self.ended) <= len(self.started)

    def go_on(self) -> None:
        super().go_on()
        self.halfway += any(run.legs for run in self.state.runs.values())


def told(row: Any) -> tuple[str, str, list[str]]:
    return row["ts"], row["fillDebtSz"], [leg["ordId"] for leg in row["ordIdInfo"]]


def killed_between_legs(folder: Path, counted: Counter[str]) -> Runs:
    """The journal of a run whose venue is killed after the sale, long before the purchase."""
    with serving(folder, *OPTIONS) as venue:
        prepare(venue)
        pace(venue, leg_ms=1_500)
        owe_and_repay(venue, counted)
        until(lambda: rows(venue)[0]["ordIdInfo"], 10, "the sale")
    runs = Runs(folder)
    runs.go_on()
    assert (runs.halfway, runs.ended) == (1, [])
    return runs


def test_each_run_pays_its_debt_once(tmp_path: Path) -> None:
    """The first kill comes between the legs, the others at any time."""
    draw, folder = random.Random(fresh_seed()), tmp_path / "venue"
    counted, progress = Counter[str](), Progress("kills", KILLS)
    failed: list[AssertionError] = []
    runs = killed_between_legs(folder, counted)
    for kill in range(2, KILLS + 1):
        with serving(folder, *OPTIONS) as venue:
            pace(venue, leg_ms=20)
            client = threading.Thread(target=ask_on, args=(venue, counted, failed))
            client.start()
            client.join(draw.uniform(0.01, 0.6))
            venue.process.kill()
            client.join()
        assert failed == [], f"after kill {kill - 1}"
        runs.go_on()
        assert counted["begun"] <= len(runs.started) <= counted["asked"], f"after kill {kill}"
        progress.at(kill, f"{len(runs.ended)} runs, {runs.halfway} kills between legs, {runs.state.seq} entries")
    with serving(folder, *OPTIONS) as venue:
        until(lambda: not running(venue), 10, "the last run ends")
        shown = rows(venue)
        (eth,) = venue.signed("GET", "/api/v5/account/balance?ccy=ETH", key=venue.bob)[1]["data"][0]["details"]
        assert venue.stop() == 0
    runs.go_on()
    assert len(runs.ended) == len(runs.started)
    assert [told(row) for row in shown] == [
        (str(record.requested_at_ms), text(record.repaid), [str(leg.order_id) for leg in reversed(record.legs)])
        for record in reversed(runs.ended[-100:])
    ]
    sold = sum(record.legs[0].fill_size for record in runs.ended)
    assert atoms(eth["cashBal"]) == atoms(ETH) - sold, "each sale is in one row"
    asked, ended = counted["asked"], len(runs.ended)
    print(f"{KILLS} kills, {runs.halfway} between legs; {asked} runs asked for, {ended} in the journal")


def test_a_run_that_begins_anew_is_seen(tmp_path: Path) -> None:
    """The planted start has forgotten the sale, so that its run sells a second time."""
    folder = tmp_path / "venue"
    runs = killed_between_legs(folder, Counter())
    with serving(folder, *OPTIONS, plant=RUNS_BEGIN_ANEW) as venue:
        until(lambda: not running(venue), 20, "the run ends")
    with pytest.raises(AssertionError):
        runs.go_on()
    assert runs.ended == []
