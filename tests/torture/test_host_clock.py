"""The machine's clock is set, or the machine sleeps: the time the venue tells never runs backwards, and never leaps."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.torture.plants import WALL_CLOCK
from tests.torture.served import Venue, serving

pytestmark = pytest.mark.torture

HOUR_MS = 3_600_000
SPEED = 600
SLACK_MS = 3_000
"""Milliseconds of real time. The time of a busy machine is measured around the two looks, so it needs none of this."""
STANDSTILL_SECONDS = 60
"""Time that has not gone on by then stands still; a machine that is busy is only slow."""
PLANTED_SECONDS = 2
"""The same where it is known to stand still for longer."""


def told_ms(venue: Venue) -> int:
    status, answer = venue.call("GET", "/api/v5/public/time")
    assert status == 200, answer
    return int(answer["data"][0]["ts"])


class Watch:
    """Every time that was told, each not before the one before it."""

    def __init__(self, venue: Venue, patience_s: float = STANDSTILL_SECONDS) -> None:
        self._venue = venue
        self._patience_s = patience_s
        self.last_ms = told_ms(venue)

    def look(self, times: int = 5) -> int:
        for _ in range(times):
            now_ms = told_ms(self._venue)
            assert now_ms >= self.last_ms, f"time ran backwards by {self.last_ms - now_ms} ms"
            self.last_ms = now_ms
        return self.last_ms

    def goes_on(self, speed: int, real_ms: int = 300) -> None:
        """The clock neither stands still nor leaps while `real_ms` go by."""
        began, before_ms = time.monotonic(), self.look(1)
        deadline = began + self._patience_s
        while self.look(1) - before_ms < real_ms * speed:
            assert time.monotonic() < deadline, "time stands still"
        went_ms = self.last_ms - before_ms
        real = (time.monotonic() - began) * 1_000
        assert went_ms <= (real + SLACK_MS) * speed, f"{went_ms} ms went by in {real:.0f} ms"


def jumps(watch: Watch, venue: Venue, speed: int) -> None:
    """The wall clock is set back and forth; time goes on as if nothing had been. Raises AssertionError."""
    for jump_ms in (-5_000, -HOUR_MS, HOUR_MS, 5_000):
        began, before_ms = time.monotonic(), watch.look()
        venue.order("jump", ms=jump_ms)
        went_ms = watch.look() - before_ms
        real_ms = (time.monotonic() - began) * 1_000
        assert went_ms <= (real_ms + SLACK_MS) * speed, f"a jump of {jump_ms} ms was {went_ms} ms here"
        watch.goes_on(speed)


@pytest.mark.parametrize("speed", [1, SPEED])
def test_a_clock_that_is_set_back_or_forth_moves_nothing(tmp_path: Path, speed: int) -> None:
    with serving(tmp_path / "venue", "--speed", str(speed)) as venue:
        jumps(Watch(venue), venue, speed)
        assert venue.stop() == 0


def test_the_planted_bug_is_seen(tmp_path: Path) -> None:
    with (
        serving(tmp_path / "venue", "--speed", str(SPEED), plant=WALL_CLOCK) as venue,
        pytest.raises(AssertionError, match=r"time ran backwards|time stands still|a jump of"),
    ):
        jumps(Watch(venue, PLANTED_SECONDS), venue, SPEED)


@pytest.mark.parametrize(("speed", "follows"), [(1, True), (SPEED, False)])
def test_a_machine_that_slept(tmp_path: Path, speed: int, follows: bool) -> None:
    """At speed 1 the hour has gone by here too, as for clients; at any other it has not, nor 600 of them."""
    with serving(tmp_path / "venue", "--speed", str(speed)) as venue:
        watch = Watch(venue)
        began, before_ms = time.monotonic(), watch.look()
        venue.order("suspend", ms=HOUR_MS)
        went_ms = watch.look() - before_ms
        real_ms = (time.monotonic() - began) * 1_000
        slept_ms = HOUR_MS if follows else 0
        assert slept_ms <= went_ms <= slept_ms + (real_ms + SLACK_MS) * speed
        watch.goes_on(speed)
        assert venue.stop() == 0


def test_a_start_on_a_clock_that_went_back(tmp_path: Path) -> None:
    """What was told before the stop was told: a later start never goes below it."""
    with serving(tmp_path / "venue", ahead_ms=HOUR_MS) as venue:
        venue.must("users", {"name": "early"})
        last_ms = Watch(venue).look()
        assert venue.stop() == 0
    with serving(tmp_path / "venue") as venue:
        assert told_ms(venue) >= last_ms
        Watch(venue).look()
        assert venue.stop() == 0


@pytest.mark.parametrize("speed", [1, SPEED])
def test_a_kill_takes_back_no_time(tmp_path: Path, speed: int) -> None:
    """Also where nothing was done since, and the wall clock is behind when it starts again."""
    last_ms = 0
    for ahead_ms in (5_000, 0):
        with serving(tmp_path / "venue", "--speed", str(speed), ahead_ms=ahead_ms) as venue:
            watch = Watch(venue)
            assert watch.last_ms >= last_ms, f"time ran backwards by {last_ms - watch.last_ms} ms"
            watch.goes_on(speed)
            last_ms = watch.last_ms
            venue.process.kill()
