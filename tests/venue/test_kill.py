"""`kill -9` under load, for real: nothing acknowledged is lost, nothing happens twice, the state is the model's.

The model is a fresh engine that re-runs the journal's commands and has never seen a disk.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tallystick.engine import core
from tallystick.engine.checks import check_state
from tallystick.store.api import checked_entries
from tallystick.store.sqlite import SqliteStore
from tallystick.venue import recovery
from tallystick.venue.boot import JOURNAL
from tallystick.venue.entries import events_of
from tallystick.venue.parameters import load_parameters
from tallystick.venue.verify import verify

KILLS = 20
ROOT = Path(__file__).parents[2]


def run_and_kill(folder: Path, seed: int, delay_s: float) -> list[tuple[int, int, int]]:
    """Start the venue on the folder, kill it `delay_s` after it is ready; what it had acknowledged."""
    command = [sys.executable, "-m", "tests.venue.killed", str(folder), str(seed)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    told = folder.with_suffix(".out")
    with told.open("wb") as out, subprocess.Popen(command, stdout=out, cwd=ROOT, env=environment) as process:
        deadline = time.monotonic() + 30
        while not told.read_bytes().startswith(b"ready\n"):
            assert process.poll() is None, "the venue did not start"
            assert time.monotonic() < deadline, "the venue did not get ready"
            time.sleep(0.005)
        time.sleep(delay_s)
        assert process.poll() is None, "the venue ended by itself"
        process.send_signal(signal.SIGKILL)
    text = told.read_text()
    # The last line may be cut in the middle.
    lines = text[: text.rindex("\n")].splitlines()[1:]
    return [tuple(int(word) for word in line.split()) for line in lines]  # type: ignore[misc]


def test_kill_9_at_random_instants(tmp_path: Path) -> None:
    """E1, E2, L9, L10: one folder, killed and started again 20 times; every run goes on from the one before."""
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    draw = random.Random(seed)
    folder = tmp_path / "venue"
    folder.mkdir()
    acknowledged: dict[int, tuple[int, int]] = {}
    durable: dict[int, bytes] = {}
    for kill in range(KILLS):
        told = run_and_kill(folder, draw.randrange(2**32), draw.uniform(0.0, 0.25))
        for seq, at_ms, events in told:
            assert seq not in acknowledged, f"kill {kill}: seq {seq} acknowledged twice"
            acknowledged[seq] = (at_ms, events)
        durable = check_what_is_left(folder, acknowledged, durable)
    assert len(acknowledged) > KILLS * 10, "there was no load to speak of"


def check_what_is_left(
    folder: Path, acknowledged: dict[int, tuple[int, int]], durable: dict[int, bytes]
) -> dict[int, bytes]:
    store = SqliteStore(folder / JOURNAL)
    try:
        entries = {entry.seq: entry for entry in checked_entries(store)}
        for seq, (at_ms, events) in acknowledged.items():
            entry = entries.get(seq)
            assert entry is not None, f"seq {seq} was acknowledged and is lost"
            assert (entry.at_ms, len(events_of(entry))) == (at_ms, events)
        for seq, known in durable.items():
            assert entries[seq].hash == known, f"seq {seq} was rewritten"
        recovered = recovery.recover(store, load_parameters(), 0)
        check_state(recovered.state)
        # Re-runs every command on a fresh engine; compares events, rows of the histories and state.
        verdict = verify(store)
        expected = (True, len(entries), core.state_hash(recovered.state))
        assert (verdict.ok, verdict.entries, verdict.state_hash) == expected, verdict.problem
        return {seq: entry.hash for seq, entry in entries.items()}
    finally:
        store.close()
