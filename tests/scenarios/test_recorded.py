"""Scenarios of recorded prices play after an import, and what is played are the recorded candles."""

from __future__ import annotations

import asyncio
import csv
import gzip
from pathlib import Path

import pytest

from tallystick.engine.amounts import atoms_from_text as atoms
from tallystick.testing import scenario
from tallystick.testing.runner import Played, Player
from tallystick.venue.imported import Imported
from tallystick.venue.recording import Recording
from tests import recorded

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


@pytest.fixture(scope="module")
def markets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recorded.import_all(tmp_path_factory.mktemp("markets"))


def play(name: str, markets: Path) -> Played:
    async def story() -> Played:
        player = Player.alone(scenario.load(str(recorded.FOLDER / name)), markets=markets)
        await player.start()
        try:
            return await player.play()
        finally:
            await player.stop()

    return asyncio.run(story())


@pytest.mark.recorded
@pytest.mark.parametrize("name", ["crash-of-january-2022.toml", "stablecoin-of-march-2023.toml"])
def test_what_must_hold_does(name: str, markets: Path) -> None:
    played = play(name, markets)
    assert played.faults == []
    assert len(played.held) == 5


@pytest.mark.recorded
def test_candles_of_five_minutes_make_the_recorded_hour(markets: Path) -> None:
    """Hours of the days of the crash, which were recorded apart from the candles of 5 minutes that are played."""
    market = Imported(markets, "okx_2022q1")
    feed = Recording(market.first_day_ms, market)
    packed = recorded.HOURS.joinpath("SOL-USDT_1h.csv.gz").read_bytes()
    hours = {int(row["ts"]): row for row in csv.DictReader(gzip.decompress(packed).decode().splitlines())}
    first_ms = 1_642_636_800_000
    for at_ms in range(first_ms, first_ms + 5 * DAY_MS, HOUR_MS):
        candle, row = feed.candle("SOL-USDT", at_ms, HOUR_MS, at_ms + HOUR_MS), hours[at_ms]
        assert candle is not None
        assert candle[1:5] == tuple(atoms(row[name]) for name in ("open", "high", "low", "close"))


def test_recordings_may_be_missing_in_a_source_package_and_not_in_a_clone(tmp_path: Path) -> None:
    assert recorded.left_out(tmp_path)
    (tmp_path / ".git").touch()
    assert not recorded.left_out(tmp_path), "a clone, or a worktree of one"
    (tmp_path / ".git").unlink()
    (tmp_path / "tests" / "recordings").mkdir(parents=True)
    assert not recorded.left_out(tmp_path)
