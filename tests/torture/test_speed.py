"""A clock at high speed and one client with all public channels: nobody else waits for it."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from websockets.sync.client import connect

from tests.torture.beside import a_healthy_client
from tests.torture.form import scaled
from tests.torture.served import serving

pytestmark = pytest.mark.torture

SPEED = 20_000
SECONDS = scaled(4, 60)
WORST_SECONDS = 4.0
"""The fault was half a minute; a busy machine is granted what it takes."""
FREEZE_SECONDS = 5.0
COINS = ("BTC", "ETH", "SOL", "DOGE", "DOT", "LTC", "OKB", "ADA", "AVAX", "USDC")
CHANNELS = ("tickers", "books", "books5", "bbo-tbt", "trades", "mark-price")
ARGS = [{"channel": channel, "instId": f"{coin}-USDT"} for channel in CHANNELS for coin in COINS][:50]


def test_catching_up_gives_way(tmp_path: Path) -> None:
    with (
        serving(tmp_path / "venue", "--speed", str(SPEED)) as venue,
        connect(f"ws://127.0.0.1:{venue.port}/ws/v5/public", proxy=None, max_size=None) as socket,
    ):
        socket.send(json.dumps({"op": "subscribe", "args": ARGS}))
        with a_healthy_client(venue) as waited:
            ends = time.monotonic() + SECONDS
            pushed = 0
            while time.monotonic() < ends:
                socket.recv(timeout=30)
                pushed += 1
        print(f"{pushed} pushes; {waited}")
        began = time.monotonic()
        assert venue.must("clock", {"mode": "frozen"})["mode"] == "frozen"
        froze = time.monotonic() - began
        assert pushed > len(ARGS)
        assert waited.worst < WORST_SECONDS + 2 * waited.late
        assert froze < FREEZE_SECONDS + 2 * waited.late
        assert venue.must("verify", {})["ok"]
        assert venue.stop() == 0
