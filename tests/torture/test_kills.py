"""`kill -9` of a served venue under load, again and again on one folder: no acknowledged command is lost or doubled."""

from __future__ import annotations

import functools
import operator
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tallystick.store.api import Store
from tallystick.store.postgres.connection import connect, end
from tallystick.store.postgres.store import PostgresStore
from tallystick.store.postgres.threads import LoopThread
from tallystick.store.sqlite import SqliteStore
from tallystick.venue.boot import JOURNAL
from tests.store.database import server, told
from tests.torture.form import Progress, fresh_seed, scaled
from tests.torture.load import Load, numbers_in
from tests.torture.plants import REPLIES_LEAVE_EARLY
from tests.torture.served import ROOT, serving, starting

pytestmark = pytest.mark.torture

KILLS = scaled(8, 300)
ACKNOWLEDGED = scaled(600, 50_000)
"""At least so many in all."""
FIRST_STARTS = scaled(2, 60)
STARTS_WITHIN_S = 1.0
CARRIED_ON = 2
"""Twice what is needed on average: a kill falls anywhere up to there."""


@dataclass(frozen=True)
class Place:
    """Where a venue is kept: in its folder, or in the database at `address`."""

    folder: Path
    address: str

    @property
    def options(self) -> tuple[str, ...]:
        return ("--store", self.address) if self.address else ()

    def opened(self) -> Store:
        return PostgresStore(self.address, make=False) if self.address else SqliteStore(self.folder / JOURNAL)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Place(tmp_path / "venue", server().url() if request.param == "postgres" else "")


class Journal:
    """What stands in it, read anew after every kill from where it ended the time before."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._last: tuple[int, bytes] = (0, b"")
        self.found: Counter[str] = Counter()

    def read(self) -> None:
        store = self._place.opened()
        try:
            seq, seal = self._last
            entries = list(store.entries(max(seq - 1, 0)))
            if seq:
                assert (entries[0].seq, entries[0].hash) == (seq, seal), "what was durable was rewritten"
                entries = entries[1:]
            for entry in entries:
                self.found.update(numbers_in(entry.command))
                self._last = entry.seq, entry.hash
        finally:
            store.close()


def test_what_was_acknowledged_survives_kill_9(place: Place) -> None:
    seed = fresh_seed()
    draw, load = random.Random(seed), Load(seed)
    journal, progress = Journal(place), Progress("kills", KILLS)
    for kill in range(1, KILLS + 1):
        missing = max(ACKNOWLEDGED - len(load.acknowledged), 0) / (KILLS - kill + 1)
        goal = draw.randint(1, int(missing * CARRIED_ON) + 2) if kill < KILLS else int(missing) + 1
        with serving(place.folder, "--speed", "500", *place.options) as venue:
            load.on(venue, functools.partial(operator.le, goal))
        assert load.wrong == []
        journal.read()
        lost = [number for number in load.acknowledged if journal.found[number] != 1]
        assert lost == [], f"after kill {kill}"
        assert [number for number in load.not_done if number in journal.found] == [], f"after kill {kill}"
        assert max(journal.found.values()) == 1, f"after kill {kill}"
        progress.at(kill, f"{len(load.acknowledged):,} acknowledged")
    assert len(load.acknowledged) >= ACKNOWLEDGED
    ended = subprocess.run(
        [sys.executable, "-m", "tallystick", "verify", "--data", str(place.folder), *place.options],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_the_planted_bug_is_seen(tmp_path: Path) -> None:
    """An answer that is given while the disk hangs is gone when the process is."""
    journal = Journal(Place(tmp_path / "venue", ""))
    with serving(tmp_path / "venue", "--frozen", plant=REPLIES_LEAVE_EARLY) as venue:
        venue.order("hold", doing="write")
        status, answer = venue.transfer("n2x")
        assert (status, answer["code"]) == (200, "0")
    journal.read()
    assert journal.found["n2x"] == 0


def test_the_planted_bug_is_seen_in_a_database(tmp_path: Path) -> None:
    """What is acknowledged while the journal is locked by another hand is gone when the process is."""
    place = Place(tmp_path / "venue", server().url())
    journal = Journal(place)
    with serving(place.folder, "--frozen", *place.options, plant=REPLIES_LEAVE_EARLY) as venue, held(place.address):
        status, answer = venue.transfer("n2x")
        assert (status, answer["code"]) == (200, "0")
        venue.process.kill()
        venue.process.wait()
        told(place.address, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    journal.read()
    assert journal.found["n2x"] == 0


@contextmanager
def held(address: str) -> Iterator[None]:
    """Nobody can write to the journal meanwhile."""
    with closing(LoopThread("held")) as thread:
        connection = thread.run(connect(address))
        transaction = connection.transaction()
        thread.run(transaction.start())
        thread.run(connection.execute("LOCK TABLE journal IN EXCLUSIVE MODE"))
        try:
            yield
        finally:
            thread.run(end(connection))


def test_a_first_start_that_was_killed_can_be_done_again(tmp_path: Path) -> None:
    """Wherever it falls, the next start has keys that work and a venue that is whole."""
    draw = random.Random(fresh_seed())
    for number in range(FIRST_STARTS):
        folder = tmp_path / f"venue{number}"
        with starting(folder) as process:
            with suppress(subprocess.TimeoutExpired):
                process.wait(draw.uniform(0.1, 1.2) * STARTS_WITHIN_S)
            process.kill()
        with serving(folder, "--frozen") as venue:
            assert venue.transfer("n1x")[0] == 200
            assert venue.must("verify", {})["ok"]
            assert venue.stop() == 0
