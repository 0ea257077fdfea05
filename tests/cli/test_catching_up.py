"""A start that has a long time to catch up with: it says how far it is, and can be stopped."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from http.client import HTTPConnection
from pathlib import Path

import apsw
import msgspec
import pytest

from tallystick.cli.catching_up import EVERY_NS, CatchingUp
from tallystick.server.serve import Asked, begun, bind
from tallystick.server.starting import Starting
from tallystick.venue.boot import BY_HAND, JOURNAL, open_venue, verify_folder
from tallystick.venue.clock import DAY_MS, ClockState
from tallystick.venue.connection import Connection
from tests.cli.process import COMMAND, ENVIRONMENT, serving
from tests.patience import PATIENCE_S, working_less_than
from tests.store.database import free_port
from tests.venue.machine import HandMachine

START_MS = 1_767_225_600_000
"""2026-01-01 00:00 UTC."""
YEARS_40_MS = 40 * 365 * DAY_MS


def kept_clock(folder: Path) -> ClockState:
    with apsw.Connection(str(folder / JOURNAL)) as file:
        ((text,),) = file.execute("SELECT value FROM meta WHERE name = 'clock'").fetchall()
    return msgspec.json.decode(str(text), type=ClockState)


def put_back(folder: Path, by_ms: int) -> None:
    """As if the wall clock had shown an earlier date when the venue stopped."""
    kept = kept_clock(folder)
    text = msgspec.json.encode(msgspec.structs.replace(kept, wall_ms=kept.wall_ms - by_ms)).decode()
    file = apsw.Connection(str(folder / JOURNAL))
    file.execute("UPDATE meta SET value = ? WHERE name = 'clock'", (text,))
    file.close()


def test_how_far_it_is_is_said_now_and_then() -> None:
    machine = HandMachine(START_MS)
    said: list[str] = []
    listener = bind("127.0.0.1", 0)
    told = CatchingUp(machine, said.append, Starting(listener))
    listener.close()
    for day in range(10):
        machine.pass_s(EVERY_NS / 2 / 1_000_000_000)
        told.catch_up(START_MS + day * DAY_MS, START_MS + 400 * DAY_MS)
    assert said == [f"tally: catching up: 2026-01-{day:02} of 2027-02-05" for day in (2, 4, 6, 8, 10)]
    said.clear()
    for place in range(1, 5):
        machine.pass_s(EVERY_NS / 2 / 1_000_000_000)
        told.read(place * 1_000, 430_000)
    assert said == [f"tally: reading the journal: {place},000 of 430,000 entries" for place in (2, 4)]


def health_of(port: int, pid: int) -> str:
    """Message of a venue that is not ready; a venue that works on for a second before it answers fails."""
    client = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        with working_less_than(1, pid):
            client.request("GET", "/tally/v1/health")
            answer = client.getresponse()
        assert answer.status == 503
        return str(json.loads(answer.read())["error"]["message"])
    finally:
        client.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_while_it_catches_up_is_a_clean_one(tmp_path: Path, number: int) -> None:
    with serving(tmp_path, "--market", "by-hand", "--at", "2026-01-01T00:00:00Z") as served:
        assert served.control("POST", "market/price", {"instId": "BTC-USDT", "px": "50000"})
        assert served.stop()[0] == 0
    put_back(tmp_path, YEARS_40_MS)
    port = free_port()
    command = [*COMMAND, "serve", "--port", str(port), "--data", str(tmp_path), "--market", "by-hand"]
    refused = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 1
    assert "14600 days before: set the clock right, or give --catch-up" in refused.stderr
    process = subprocess.Popen(
        [*command, "--catch-up"], env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("tally: catching up: 20")
        assert "it catches up with its clock and is at 20" in health_of(port, process.pid)
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_S)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    assert process.returncode == 0
    assert "Traceback" not in err
    assert out == "Stopped. Everything is on disk; the next start goes on from here.\n"
    assert verify_folder(tmp_path).ok


def test_a_stop_ends_what_is_done_before_anybody_may_ask() -> None:
    async def story() -> None:
        opened = open_venue(None, BY_HAND, mode="frozen", at_ms=START_MS)
        asked = Asked(opened.venue)
        at_it = asyncio.Event()

        async def before() -> Connection:
            at_it.set()
            await asyncio.Event().wait()
            raise AssertionError("nobody ends it")

        beginning = asyncio.create_task(begun(opened, asked, before, lambda at_ms, until_ms: None))
        await asyncio.wait_for(at_it.wait(), PATIENCE_S)
        asked.stop()
        assert await asyncio.wait_for(beginning, PATIENCE_S) is None
        assert await opened.venue.stop() is None
        opened.close()

    asyncio.run(story())
