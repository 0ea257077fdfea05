from __future__ import annotations

import pytest

from tallystick.venue.clock import Clock


class Wall:
    def __init__(self, at_ms: int) -> None:
        self.at_ms = at_ms

    def __call__(self) -> int:
        return self.at_ms


def test_a_clock_nobody_touched_shows_the_real_time() -> None:
    wall = Wall(1_000_000)
    clock = Clock(wall=wall)
    wall.at_ms += 12_345
    assert clock.now_ms() == wall.at_ms


def test_speed_counts_from_when_it_was_set() -> None:
    wall = Wall(1_000)
    clock = Clock(wall=wall)
    wall.at_ms = 2_000
    clock.set(speed=60)
    wall.at_ms = 3_000
    assert clock.now_ms() == 2_000 + 60_000
    assert clock.wait_s(62_000 + 30_000) == 0.5
    clock.set(mode="frozen")
    wall.at_ms = 9_000
    assert clock.now_ms() == 62_000
    assert clock.wait_s(62_001) is None
    assert clock.wait_s(62_000) == 0.0
    clock.set(mode="real", speed=1)
    wall.at_ms = 9_500
    assert clock.now_ms() == 62_500


def test_moving_it_keeps_the_rest() -> None:
    wall = Wall(0)
    clock = Clock("frozen", at_ms=5_000, wall=wall)
    clock.set(at_ms=9_000)
    assert (clock.mode, clock.now_ms()) == ("frozen", 9_000)


@pytest.mark.parametrize("change", [{"mode": "sideways"}, {"speed": 0}, {"speed": -1}, {"speed": 1_000_001}])
def test_nonsense_is_refused_and_changes_nothing(change: dict[str, object]) -> None:
    clock = Clock("frozen", at_ms=1)
    with pytest.raises(ValueError, match=r"unknown clock mode|speed must be"):
        clock.set(**change)  # type: ignore[arg-type]
    assert (clock.mode, clock.speed, clock.now_ms()) == ("frozen", 1, 1)


@pytest.mark.parametrize(
    ("mode", "speed", "last_entry_ms", "expected_ms"),
    [
        ("real", 1, 5_000, 5_000 + 100_000),  # went on while the venue was down
        ("real", 1, 500_000, 500_000),  # never before the journal
        ("real", 1_000, 7_000, 7_000),  # goes on where the journal stopped
        ("frozen", 1, 4_000, 5_000),
        ("frozen", 1, 6_000, 6_000),
    ],
)
def test_a_restart(mode: str, speed: int, last_entry_ms: int, expected_ms: int) -> None:
    wall = Wall(0)
    kept = Clock(mode, speed, at_ms=5_000, wall=wall).encode()  # type: ignore[arg-type]
    wall.at_ms = 100_000
    clock = Clock.restored(kept, last_entry_ms, wall)
    assert (clock.mode, clock.speed, clock.now_ms()) == (mode, speed, expected_ms)
