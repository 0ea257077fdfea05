"""A disk that fails once, under a served venue: it halts, says so, and the next start has all that was acknowledged.

One folder goes through all of it, so that every start has the mess of the one before to go on from.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tallystick.store.sqlite import SqliteStore
from tallystick.venue.boot import JOURNAL
from tallystick.venue.verify import verify
from tests.torture.form import LONG, Progress
from tests.torture.plants import FAILED_WRITES_ARE_PASSED_OVER
from tests.torture.served import Venue, serving, until

pytestmark = pytest.mark.torture

RESTART = "The venue has halted and must be restarted"


def control(path: str, body: dict[str, Any]) -> Callable[[Venue], tuple[int, Any]]:
    return lambda venue: venue.control(path, body)


def order(venue: Venue) -> tuple[int, Any]:
    body = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.01", "px": "10000"}
    return venue.signed("POST", "/api/v5/trade/order", body)


CALLS: dict[str, Callable[[Venue], tuple[int, Any]]] = {
    "transfer": lambda venue: venue.transfer("notacknowledged"),
    "clock": control("clock", {"speed": 2}),
    "keys": control("users/bob/keys", {"permissions": ["read"]}),
    "reset": control("reset", {}),
    "snapshot": control("snapshots", {"name": "never-made"}),
    "advance": control("clock/advance", {"by": "2h"}),
    "order": order,
    "users": control("users", {"name": "never-made"}),
    "price": control("market/price", {"instId": "BTC-USDT", "px": "40000"}),
    "parameters": control("parameters", {"constants": {"taker_fee": "0.002"}}),
    "pools": control("pools", {"ccy": "USDT", "amt": "5"}),
    "balance": control("users/bob/balance", {"account": "trading", "ccy": "BTC", "amt": "1"}),
}
FAULTS = (("sync", "io"), ("write", "full"))
SHORT = (("transfer", 0), ("clock", 1), ("keys", 0), ("reset", 0), ("advance", 1), ("order", 1))
CASES = tuple((name, number) for name in CALLS for number in range(len(FAULTS))) if LONG else SHORT


class Kept:
    """What one folder must hold from start to start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = count()
        self.transfers: list[str] = []
        self.keys: list[str] = []

    def work(self, venue: Venue, name: str) -> None:
        """Commands and a key that are acknowledged."""
        number = f"kept{next(self.numbers)}"
        status, answer = venue.transfer(number)
        assert (status, answer["code"]) == (200, "0"), answer
        self.transfers.append(number)
        self.keys.append(venue.must("users/alice/keys", {"permissions": ["read"], "label": name})["api_key"])

    def forget(self) -> None:
        """A reset was asked for and not acknowledged: it may or may not have come to that, and is done anew."""
        self.transfers.clear()
        self.keys.clear()

    def check(self) -> None:
        store = SqliteStore(self.folder / JOURNAL)
        try:
            assert verify(store).ok
            made = b"".join(entry.command for entry in store.entries())
            assert [number for number in self.transfers if made.count(f'"{number}"'.encode()) != 1] == []
            assert set(self.keys) <= {key.api_key for key in store.load_keys()}
        finally:
            store.close()


def halts(venue: Venue, name: str, fault: tuple[str, str]) -> None:
    """The call that meets the fault is not acknowledged, and neither is anything after it."""
    doing, kind = fault
    venue.order("fail", doing=doing, times=1, kind=kind)
    status, answer = CALLS[name](venue)
    assert venue.order("seen")["failed"] == 1, name
    assert status == 503, (name, status, answer)
    assert isinstance(answer, dict), (name, answer)
    assert venue.control("health")[0] == 503
    status, answer = venue.transfer("after")
    assert (status, answer["code"]) == (503, "50001")
    assert RESTART in answer["msg"]
    for path in ("/api/v5/account/balance", "/api/v5/account/bills"):
        assert venue.signed("GET", path)[0] == 503
    assert venue.control("clock", {"speed": 3})[0] == 503


def test_whatever_write_fails_the_venue_halts_and_the_next_start_has_it_all(tmp_path: Path) -> None:
    kept, progress = Kept(tmp_path / "venue"), Progress("failing writes", len(CASES))
    for done, (name, number) in enumerate(CASES, start=1):
        with serving(kept.folder, "--frozen") as venue:
            kept.work(venue, name)
            halts(venue, name, FAULTS[number])
            (said,) = venue.complaints()
            assert said.startswith("CRITICAL tallystick: the venue has halted"), said
            assert venue.stop() == 1, venue.log()
        if name == "reset":
            kept.forget()
        kept.check()
        progress.at(done)


def test_the_last_write_of_a_stop_is_not_passed_over(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "venue")
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        with serving(kept.folder) as venue:
            kept.work(venue, "stop")
            venue.order("fail", doing="sync", times=1, kind="io")
            assert venue.stop(signal_number) == 1
            assert "planted" in venue.log() or "disk I/O error" in venue.log()
        kept.check()


def test_time_alone_meets_the_fault(tmp_path: Path) -> None:
    """Nobody asks for anything: the hour passes, its interest cannot be written, and health says so."""
    kept = Kept(tmp_path / "venue")
    with serving(kept.folder, "--speed", "3600") as venue:
        kept.work(venue, "time")
        venue.order("fail", doing="write", times=1, kind="full")
        until(lambda: venue.control("health")[0] == 503, 20, "it halts by itself")
        assert venue.transfer("after")[0] == 503
        assert venue.stop() == 1
    kept.check()


def test_a_disk_that_hangs_holds_replies_back_and_loses_none(tmp_path: Path) -> None:
    """Nothing is acknowledged before the disk has it; when it comes back, everybody is answered."""
    kept = Kept(tmp_path / "venue")
    with serving(kept.folder, "--frozen") as venue:
        kept.work(venue, "hang")
        venue.order("hold", doing="sync")
        syncs = venue.order("seen")["sync"]
        found: list[tuple[int, Any]] = []
        waiting = [threading.Thread(target=lambda n=n: found.append(venue.transfer(f"held{n}"))) for n in range(8)]
        for thread in waiting:
            thread.start()
        until(lambda: venue.order("seen")["sync"] > syncs, 10, "a sync begins")
        assert found == [], "acknowledged before it was synced"
        venue.order("let_go")
        for thread in waiting:
            thread.join(30)
        assert [(status, answer["code"]) for status, answer in found] == [(200, "0")] * 8
        kept.transfers += [f"held{n}" for n in range(8)]
        assert venue.stop() == 0
    kept.check()


def test_the_planted_bug_is_seen(tmp_path: Path) -> None:
    """A venue that passes over a failed write of its clock goes on as if nothing had been."""
    with serving(tmp_path / "venue", "--frozen", plant=FAILED_WRITES_ARE_PASSED_OVER) as venue:
        with pytest.raises(AssertionError, match="clock"):
            halts(venue, "clock", FAULTS[0])
        assert venue.transfer("after")[0] == 200
