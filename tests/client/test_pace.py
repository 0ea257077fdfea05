"""Turns under rate limits: exact, shared by processes, by user, main account and address."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pytest

from tallystick import Client
from tallystick.client.clock import Clock
from tallystick.client.flows import Session, call, windows_of
from tallystick.client.hosts import HOSTS, host_of
from tallystick.client.pace import Pace
from tallystick.client.steps import Reserve, Turn
from tallystick.contract import ENDPOINTS, borrow, convert, market, repay, trade
from tallystick.contract.core import Endpoint, Limit
from tallystick.server.limits import Window
from tests.client.venue import served

HOUR_MS = 3_600_000
TIMEOUT_MS = 10_000


class Watch:
    """A monotonic clock that tests move."""

    def __init__(self) -> None:
        self.ms = 1_000_000.0

    def __call__(self) -> float:
        return self.ms / 1000


def paging(limit: Limit, share_percent: int, seed: int, length_ms: int = HOUR_MS) -> tuple[int, int]:
    """Calls for an hour at a share of a limit, over a network that jitters, against the server's own window.

    Returns how many calls passed and how many were refused with 50011.
    """
    die = random.Random(seed)
    watch = Watch()
    pace = Pace(None, watch)
    window = Window(limit.requests, limit.period_ms)
    step = Reserve((("window", limit.requests, limit.period_ms, 1),), TIMEOUT_MS)
    every_ms = limit.period_ms * 100 / (limit.requests * share_percent)
    due, end = watch.ms, watch.ms + length_ms
    arrivals: list[tuple[float, float]] = []
    while due < end:
        watch.ms = max(watch.ms, due)
        while (turn := pace.reserve(step)).wait_ms:
            watch.ms += turn.wait_ms
        there, back = die.uniform(1, 60), die.uniform(1, 60)
        arrivals.append((watch.ms + there, watch.ms + there + back))
        watch.ms += there + back
        pace.release(turn)
        due += every_ms
    refused = 0
    for at, _ in sorted(arrivals):
        if window.admits(int(at)):
            window.passed.append(int(at))
        else:
            refused += 1
    return len(arrivals), refused


LIMITS = sorted({(limit.requests, limit.period_ms) for endpoint in ENDPOINTS for limit in endpoint.limits})


@pytest.mark.parametrize(("requests", "period_ms"), LIMITS)
def test_steady_calls_at_nine_tenths_of_each_limit_without_one_refusal(requests: int, period_ms: int) -> None:
    """One caller, one call after the other: what it can keep up with, it has. The dense limits have six minutes."""
    length_ms = HOUR_MS if requests <= 20 else HOUR_MS // 10
    calls, refused = paging(Limit(requests, period_ms, "user_id"), 90, seed=requests, length_ms=length_ms)
    assert refused == 0
    wanted = length_ms * requests * 9 // (period_ms * 10)
    one_after_the_other = length_ms // 125
    assert calls >= min(wanted, one_after_the_other) * 99 // 100


def test_the_measure_of_pace_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn that runs from when it was taken, and not from its answer, lets two requests come too close."""
    monkeypatch.setattr(Pace, "release", lambda self, turn: None)
    reserve = Pace.reserve

    def from_the_start(self: Pace, step: Reserve) -> Turn:
        return reserve(self, Reserve(step.windows, 0))

    monkeypatch.setattr(Pace, "reserve", from_the_start)
    assert paging(Limit(1, 2_000, "user_id"), 100, seed=1)[1] > 0


def test_a_request_under_way_holds_its_turn_and_frees_it_if_it_dies() -> None:
    watch = Watch()
    pace = Pace(None, watch)
    step = Reserve((("w", 1, 2_000, 1),), TIMEOUT_MS)
    first = pace.reserve(step)
    watch.ms += 5_000
    assert 0 < pace.reserve(step).wait_ms <= 5
    watch.ms += TIMEOUT_MS - 5_000 + 2_000
    second = pace.reserve(step)
    assert second.wait_ms == 0
    # The first comes back late: the turn is the second's by now, and stays so.
    pace.release(first)
    watch.ms += 1
    assert 0 < pace.reserve(step).wait_ms <= 5
    pace.release(second)
    assert 2_000 <= pace.reserve(step).wait_ms <= 2_004


def test_all_windows_or_none() -> None:
    pace = Pace(None, Watch())
    pace.reserve(Reserve((("b", 1, 2_000, 1),), TIMEOUT_MS))
    both = Reserve((("a", 2, 2_000, 2), ("b", 1, 2_000, 1)), TIMEOUT_MS)
    assert pace.reserve(both).wait_ms > 0
    assert pace.reserve(Reserve((("a", 2, 2_000, 2),), TIMEOUT_MS)).wait_ms == 0


def test_more_than_a_window_has_is_let_through() -> None:
    pace = Pace(None, Watch())
    assert pace.reserve(Reserve((("a", 2, 2_000, 3),), TIMEOUT_MS)).wait_ms == 0


ONE: Final = Reserve((("w", 1, 2_000, 1),), TIMEOUT_MS)


def test_slots_of_an_earlier_start_of_the_machine_cost_one_period(tmp_path: Path) -> None:
    watch = Watch()
    pace = Pace(tmp_path / "pace", watch)
    pace.release(pace.reserve(ONE))
    watch.ms = 5.0
    assert pace.reserve(ONE).wait_ms == 2_000
    watch.ms += 2_000
    assert pace.reserve(ONE).wait_ms == 0
    pace.close()


# ---- files that are damaged, and folders that go


@pytest.mark.parametrize("content", [b"\x01", b"not a window", b"\x7f" * 24, b"\x00" * 70_000])
def test_a_damaged_file_counts_as_used_up_for_a_period(tmp_path: Path, content: bytes) -> None:
    watch = Watch()
    pace = Pace(tmp_path / "pace", watch)
    pace.release(pace.reserve(ONE))
    (window,) = (tmp_path / "pace").glob("*.window")
    window.write_bytes(content)
    assert pace.reserve(ONE).wait_ms == 2_000
    watch.ms += 2_000
    assert pace.reserve(ONE).wait_ms == 0
    pace.close()


def test_a_folder_that_was_cleaned_is_made_anew_and_forgets_nothing(tmp_path: Path) -> None:
    """The first process has its file open; the second opens a new one, and both see each other in it."""
    watch = Watch()
    first = Pace(tmp_path / "pace", watch)
    first.release(first.reserve(ONE))
    shutil.rmtree(tmp_path / "pace")
    assert first.reserve(ONE).wait_ms > 0
    second = Pace(tmp_path / "pace", watch)
    assert second.reserve(ONE).wait_ms > 0
    watch.ms += 3_000
    assert second.reserve(ONE).wait_ms == 0
    assert first.reserve(ONE).wait_ms > 0
    first.close()
    second.close()


def test_a_release_into_a_cleaned_folder_is_kept(tmp_path: Path) -> None:
    watch = Watch()
    pace = Pace(tmp_path / "pace", watch)
    turn = pace.reserve(ONE)
    shutil.rmtree(tmp_path / "pace")
    pace.release(turn)
    assert pace.reserve(ONE).wait_ms > 1_990
    pace.close()


@pytest.mark.parametrize("name", ["pread", "pwrite", "open", "fstat"])
def test_a_folder_that_cannot_be_used_any_more_is_no_error_and_no_free_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    watch = Watch()
    pace = Pace(tmp_path / "pace", watch)
    turn = pace.reserve(ONE)

    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error")

    if name == "open":
        pace.close()
    monkeypatch.setattr(f"tallystick.client.{'files' if name == 'open' else 'pace'}.os.{name}", broken)
    watch.ms += 20_000
    assert pace.reserve(ONE).wait_ms == 2_000
    monkeypatch.undo()
    pace.release(turn)
    assert pace.reserve(ONE).wait_ms == 2_000
    watch.ms += 2_001
    assert pace.reserve(ONE).wait_ms == 0
    assert caplog.text.count("other processes are not seen") == 1
    pace.close()


FORKS = """
import os, sys
from pathlib import Path
from tallystick.client.pace import Pace
from tallystick.client.steps import Reserve
pace = Pace(Path(sys.argv[1]))
step = Reserve((("w", 5, 200, 1),), 1000)
pace.reserve(step)
with pace._locked(["w"]):
    child = os.fork()
    if child == 0:
        print(pace.reserve(step).wait_ms, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
print(pace.reserve(step).wait_ms)
"""


def test_a_child_does_not_share_the_locks_of_its_parent(tmp_path: Path) -> None:
    """While the parent holds a window the child is told to ask again."""
    command = [sys.executable, "-c", FORKS, str(tmp_path / "pace")]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    assert run.stdout.split() == ["1", "0"]


CHILD = """
import sys, time
from pathlib import Path
from types import MappingProxyType
from typing import Any
from tallystick.client.pace import Pace
from tallystick.client.steps import Reserve
pace = Pace(Path(sys.argv[1]))
step = Reserve((("shared", 20, 200, 1),), 1000)
passed = []
while len(passed) < 60:
    turn = pace.reserve(step)
    if turn.wait_ms:
        time.sleep(turn.wait_ms / 1000)
        continue
    passed.append(time.monotonic())
    pace.release(turn)
print(*passed)
"""


def test_processes_share_a_window(tmp_path: Path) -> None:
    """Three processes, one limit of 20 in 200 ms: of any 21 requests the last comes 200 ms after the first."""
    children = [
        subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    moments = sorted(float(moment) for child in children for moment in child.communicate(timeout=60)[0].split())
    assert len(moments) == 180
    assert min(last - first for first, last in zip(moments, moments[20:], strict=False)) >= 0.2


def test_a_folder_of_another_user_is_not_used(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = tmp_path / "open"
    folder.mkdir(mode=0o777)
    os.chmod(folder, 0o777)
    pace = Pace(folder)
    assert pace.reserve(Reserve((("w", 1, 2_000, 1),), TIMEOUT_MS)).wait_ms == 0
    assert list(folder.iterdir()) == []
    assert "others may write to it" in caplog.text


# ---- which windows


def session(host: str = "global") -> Session:
    return Session(host=HOSTS[host], key=None, clock=Clock(), uid="7", main_uid="3")


def test_windows_are_by_path_and_scope() -> None:
    def names(endpoint: Endpoint, values: Any = MappingProxyType({})) -> list[tuple[str, int, int, int]]:
        """Without the host, which stands first in every name."""
        found = windows_of(session(), endpoint, values)
        return [(name.partition(" ")[2], requests, period, count) for name, requests, period, count in found]

    assert names(repay.ONE_CLICK_REPAY_V2) == [("7 one_click_repay_v2 user_id ", 1, 2_000, 1)]
    assert names(market.TICKER, {"instId": "BTC-USDT"}) == [(" ticker ip ", 20, 2_000, 1)]
    assert names(borrow.SPOT_MANUAL_BORROW_REPAY)[0][0] == "3 spot_manual_borrow_repay main_id "
    order = {"instId": "BTC-USDT"}
    assert names(trade.PLACE_ORDER, order) == [("7 place_order user_id+instId BTC-USDT", 60, 2_000, 1)]
    assert names(trade.BATCH_ORDERS, [order, order, {"instId": "ETH-USDT"}]) == [
        ("7 batch_orders user_id+instId BTC-USDT", 300, 2_000, 2),
        ("7 batch_orders user_id+instId ETH-USDT", 300, 2_000, 1),
    ]


def test_the_older_surface_counts_manual_repays_by_user() -> None:
    older = Session(host=host_of("http://localhost", surface="2026-01"), key=None, clock=Clock(), uid="7", main_uid="3")
    ((name, *_),) = windows_of(older, borrow.SPOT_MANUAL_BORROW_REPAY, {})
    assert name.startswith("http://localhost 7 ")


def test_two_keys_of_one_user_share_their_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two clients with two keys of alice page a history of 5 a 2 s on a venue with exact limits and a real clock."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with served(limits="exact", mode="real") as venue:
        keys = [venue.keys(venue.alice), venue.keys(venue.reader)]
        clients = [Client(**key) for key in keys]
        for number in range(6):
            client = clients[number % 2]
            client._run(call(client._session, convert.CONVERT_CURRENCY_PAIR, {"fromCcy": "BTC", "toCcy": "USDT"}))
        assert {client._session.uid for client in clients} == {clients[0]._session.uid}
        assert len(list((tmp_path / "tallystick").glob("*.owner"))) == 2
        again = Client(**keys[0])
        assert again._session.uid == clients[0]._session.uid
        for client in (*clients, again):
            client.close()
