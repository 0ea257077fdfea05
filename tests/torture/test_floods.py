"""Floods, one after the other: memory stays within bounds, and a client beside them is answered."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.torture.beside import a_healthy_client
from tests.torture.form import LONG
from tests.torture.hostile import KINDS
from tests.torture.plants import UNBOUNDED_REQUESTS
from tests.torture.served import ROOT, Venue, answers, serving, until

pytestmark = pytest.mark.torture

SECONDS = 30.0 if LONG else 1.0
GROWTH_MAX = 64 * 1024 * 1024
"""Of one flood; bounds per connection are far lower."""
GROWTH_OF_ALL_MAX = 96 * 1024 * 1024
PLANTED_ATTACK = "pipelining, not read"
"""Without the bound it is read as fast as the machine can, and nothing of it is answered."""
PLANTED_SECONDS_MAX = 240
WORST_SECONDS = 2.5
"""A flood takes its share of two processors; a client beside it waits for its turn and no longer."""


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    with serving(tmp_path_factory.mktemp("floods") / "venue") as one:
        yield one


@pytest.fixture(scope="module")
def memory(venue: Venue) -> int:
    """Before the first flood, once everything has been asked for once."""
    assert answers(venue)
    return venue.memory()


@pytest.mark.parametrize("kind", KINDS)
def test_a_flood_hurts_nobody(venue: Venue, memory: int, kind: str) -> None:
    before, handles, most = venue.memory(), venue.handles(), 0
    command = [sys.executable, "-m", "tests.torture.hostile", kind, str(venue.port), str(SECONDS)]
    with (
        a_healthy_client(venue) as waited,
        subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as process,
    ):
        while process.poll() is None:
            most = max(most, venue.memory())
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
        assert process.stdout is not None
        told = json.loads(process.stdout.read())
    print(f"{kind}: {(most - before) >> 20} MiB more; {waited}; {told}")
    assert told["sent"] > 0
    assert most - before < GROWTH_MAX
    assert most - memory < GROWTH_OF_ALL_MAX
    assert waited.worst < WORST_SECONDS + 2 * waited.late
    until(lambda: venue.handles() <= handles + 2, 90, "connections are let go")
    assert "Traceback" not in venue.log(), venue.log()


def test_the_planted_bug_is_seen(tmp_path: Path) -> None:
    with serving(tmp_path / "venue", plant=UNBOUNDED_REQUESTS) as planted:
        before = planted.memory()
        command = [sys.executable, "-m", "tests.torture.hostile", PLANTED_ATTACK, str(planted.port), "300"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT) as process:
            try:
                until(
                    lambda: planted.memory() - before > GROWTH_MAX, PLANTED_SECONDS_MAX, "memory grows beyond the bound"
                )
            finally:
                process.kill()


def test_it_is_whole_afterwards(venue: Venue, memory: int) -> None:
    status, answer = venue.transfer("afterwards")
    assert (status, answer["code"]) == (200, "0")
    assert venue.must("verify", {})["ok"]
    assert venue.stop() == 0
