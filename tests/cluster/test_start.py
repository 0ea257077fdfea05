"""While one of several servers starts, whoever asks it hears at once that it starts and how far it is."""

from __future__ import annotations

import asyncio
import signal
import subprocess
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tallystick.cluster import serve
from tallystick.cluster.opening import Wanted
from tallystick.server.serve import Settings
from tallystick.server.starting import Starting
from tallystick.venue import boot
from tallystick.venue.boot import BY_HAND
from tallystick.venue.candle_lines import HOUR_MS
from tallystick.venue.clock import DAY_MS, ClockState
from tallystick.venue.connection import Connection
from tests.cli.process import COMMAND, ENVIRONMENT, tally
from tests.cli.test_catching_up import health_of
from tests.patience import PATIENCE_S, working_less_than
from tests.server.test_starting import ask, starting
from tests.store.database import free_port, server, told

START_MS = 1_767_225_600_000
"""2026-01-01 00:00 UTC."""


async def pass_hours(folder: Path, url: str, hours: int) -> None:
    opened = boot.open_venue(folder, BY_HAND, mode="frozen", at_ms=START_MS, address=url)
    await opened.venue.start()
    await opened.venue.advance(by_ms=hours * HOUR_MS)
    await opened.venue.stop()
    opened.close()


class Asking:
    """Hearer of a start that asks for the health of the server each time it is told something."""

    def __init__(self, answering: Starting, listener: Any) -> None:
        self.answering = answering
        self.listener = listener
        self.heard: list[tuple[int, str]] = []

    def read(self, done: int, of: int) -> None:
        self.answering.read(done, of)
        status, _, reason = ask(self.listener, "/tally/v1/health")
        self.heard.append((status, reason))

    def catch_up(self, at_ms: int, until_ms: int) -> None:
        raise AssertionError("a frozen clock has nothing to catch up with")


def test_a_long_journal_is_told_while_it_is_read_and_then_the_server_takes_over(tmp_path: Path) -> None:
    """2,500 hours of a venue by hand are as many entries beside its seeds: told at 1,000 and at 2,000."""
    url = server().url()
    asyncio.run(pass_hours(tmp_path / "made", url, 2_500))

    async def story(asking: Asking) -> int:
        announced = asyncio.Event()

        def announce(connection: Connection) -> None:
            announced.set()

        serving = asyncio.create_task(
            serve.serve(
                serve.Place(url=url, folder=tmp_path / "here"),
                Wanted(market=BY_HAND),
                Settings(),
                asking.listener,
                announce=announce,
                told=asking,
                started=asking.answering.close,
            )
        )
        await asyncio.wait_for(announced.wait(), PATIENCE_S)
        status, _, _ = await asyncio.to_thread(ask, asking.listener, "/api/v5/public/time")
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        return status

    with starting() as (answering, listener):
        asking = Asking(answering, listener)
        assert asyncio.run(story(asking)) == 200
    assert [status for status, _ in asking.heard] == [503, 503]
    told = [reason.removeprefix("the venue is starting: ").split(" of ")[0] for _, reason in asking.heard]
    assert told == ["1000", "2000"]


def refusal_of(port: int, pid: int) -> dict[str, str]:
    """Answer of a server that starts to a call of the exchange."""
    client = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        with working_less_than(1, pid):
            client.request("GET", "/api/v5/asset/balances")
            refusal: dict[str, str] = msgspec.json.decode(client.getresponse().read())
        return refusal
    finally:
        client.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_catches_up_says_so_and_can_be_stopped(tmp_path: Path, number: int) -> None:
    """Its clock is as if the wall clock had shown an earlier date when the venue stopped: forty years to live through.

    A stop ends it where it is, and all is on disk.
    """
    url = server().url()
    asyncio.run(pass_hours(tmp_path, url, 1))
    ((text,),) = told(url, "SELECT value FROM tallystick.meta WHERE name = 'clock'")
    kept = msgspec.json.decode(str(text), type=ClockState)
    behind = msgspec.structs.replace(kept, mode="real", wall_ms=kept.wall_ms - 40 * 365 * DAY_MS)
    told(url, f"UPDATE tallystick.meta SET value = '{msgspec.json.encode(behind).decode()}' WHERE name = 'clock'")
    port = free_port()
    command = [*COMMAND, "serve", "--port", str(port), "--data", str(tmp_path), "--market", "by-hand", "--store", url]
    process = subprocess.Popen(
        [*command, "--catch-up"], env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("tally: catching up: 20")
        assert "it catches up with its clock and is at 20" in health_of(port, process.pid)
        assert "nothing was carried out" in refusal_of(port, process.pid)["msg"]
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_S)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    assert (process.returncode, err) == (0, "")
    assert out == "Stopped. Everything is on disk; the next start goes on from here.\n"
    checked = tally("verify", "--store", url)
    assert (checked.returncode, checked.stderr) == (0, "")
