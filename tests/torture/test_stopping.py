"""A stop while connections hang in every state there is: it ends in time, in order, and tells those who listen."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.torture.hostile import GET
from tests.torture.served import serving, until
from tests.torture.states import HTTP, SOCKETS, Held, State

pytestmark = pytest.mark.torture

STOP_SECONDS_MAX = 60
"""Far beyond the ten that a stop grants: who hangs is dropped, and a busy machine is only slow."""
RESTARTS = 1012
UNREAD = State("answers that are not read", GET * 5_000)


def stopped(folder: Path, number: int) -> None:
    """A venue with a connection in every state ends in order with this signal, and tells who listens."""
    with (
        serving(folder) as venue,
        connect(f"ws://127.0.0.1:{venue.port}/ws/v5/public", proxy=None) as listener,
    ):
        listener.send('{"op":"subscribe","args":[{"channel":"tickers","instId":"BTC-USDT"}]}')
        assert '"subscribe"' in listener.recv(10)
        held = [Held(venue.port, state) for state in (*HTTP, *SOCKETS)]
        unread = Held(venue.port, UNREAD)
        settled = time.monotonic() + 1
        while time.monotonic() < settled:
            for one in held:
                one.look()
        venue.process.send_signal(number)
        until(lambda: not venue.alive, STOP_SECONDS_MAX, "it ends")
        assert venue.process.returncode == 0, venue.log()
        with suppress(ConnectionClosed):
            while True:
                listener.recv(10)
        assert listener.close_code == RESTARTS
        assert "Traceback" not in venue.log(), venue.log()
        assert "AssertionError" not in venue.log()
        for one in (*held, unread):
            one.socket.close()


def test_a_stop_survives_every_state(tmp_path: Path) -> None:
    """Two venues at once: what takes its time is waiting."""
    with ThreadPoolExecutor(2) as both:
        ends = [both.submit(stopped, tmp_path / number.name, number) for number in (signal.SIGTERM, signal.SIGINT)]
        for end in ends:
            end.result()
