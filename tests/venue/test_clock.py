"""The clock alone: real, fast, frozen, kept over a restart; and a machine whose own clock is wrong."""

from __future__ import annotations

import json

import pytest

from tallystick.venue.clock import AHEAD_MS, EARLIEST_MS, LATEST_MS, Clock, FarAhead
from tests.venue.machine import HandMachine
from tests.venue.world import START_MS

HOUR_S = 3_600
HOUR_MS = 3_600_000


def test_a_clock_nobody_touched_shows_the_real_time() -> None:
    machine = HandMachine(START_MS)
    clock = Clock(machine=machine)
    machine.pass_s(12.345)
    assert clock.now_ms() == machine.wall == START_MS + 12_345


def test_speed_counts_from_when_it_was_set() -> None:
    machine = HandMachine(START_MS)
    clock = Clock(machine=machine)
    machine.pass_s(1)
    clock.set(speed=60)
    machine.pass_s(1)
    assert clock.now_ms() == START_MS + 61_000
    assert clock.wait_s(START_MS + 61_000 + 30_000) == 0.5
    clock.set(mode="frozen")
    machine.pass_s(6)
    assert clock.now_ms() == START_MS + 61_000
    assert clock.wait_s(START_MS + 61_001) is None
    assert clock.wait_s(START_MS + 61_000) == 0.0
    clock.set(mode="real", speed=1)
    machine.pass_s(0.5)
    assert clock.now_ms() == START_MS + 61_500


def test_moving_it_keeps_the_rest() -> None:
    clock = Clock("frozen", at_ms=START_MS)
    clock.set(at_ms=START_MS + 4)
    assert (clock.mode, clock.now_ms()) == ("frozen", START_MS + 4)


@pytest.mark.parametrize("change", [{"mode": "sideways"}, {"speed": 0}, {"speed": -1}, {"speed": 1_000_001}])
def test_nonsense_is_refused_and_changes_nothing(change: dict[str, object]) -> None:
    clock = Clock("frozen", at_ms=START_MS)
    with pytest.raises(ValueError, match=r"unknown clock mode|speed must be"):
        clock.set(**change)  # type: ignore[arg-type]
    assert (clock.mode, clock.speed, clock.now_ms()) == ("frozen", 1, START_MS)


# ---- the machine's own clock is set


@pytest.mark.parametrize("speed", [1, 600, 1_000_000])
@pytest.mark.parametrize("by_s", [-HOUR_S, -5, HOUR_S, 40 * 365 * 86_400])
def test_setting_the_machines_clock_moves_nothing(speed: int, by_s: int) -> None:
    machine = HandMachine(START_MS)
    clock = Clock(speed=speed, machine=machine)
    machine.pass_s(1)
    machine.set_wall(by_s)
    assert clock.now_ms() == START_MS + 1_000 * speed
    machine.pass_s(1)
    assert clock.now_ms() == START_MS + 2_000 * speed


def test_a_suspended_machine_misses_no_real_time_and_no_fast_one() -> None:
    """A lid closed for a night is eight hours at speed 1, and nothing at 600 times the speed: that were 200 days."""
    machine = HandMachine(START_MS)
    real, fast = Clock(machine=machine), Clock(speed=600, machine=machine)
    machine.suspend_s(8 * HOUR_S)
    assert real.now_ms() == START_MS + 8 * HOUR_MS
    assert fast.now_ms() == START_MS
    machine.pass_s(1)
    assert real.now_ms() == START_MS + 8 * HOUR_MS + 1_000
    assert fast.now_ms() == START_MS + 600_000


def test_a_steady_clock_that_is_not_steady_holds_the_time() -> None:
    machine = HandMachine(START_MS)
    clock = Clock(machine=machine)
    machine.boot_ns -= 1_000_000_000
    assert clock.now_ms() == START_MS


# ---- the ends of time


@pytest.mark.parametrize("at_ms", [EARLIEST_MS, LATEST_MS])
def test_the_first_and_the_last_moment(at_ms: int) -> None:
    assert Clock("frozen", at_ms=at_ms).now_ms() == at_ms


@pytest.mark.parametrize(
    ("at_ms", "day"),
    [(EARLIEST_MS - 1, "2001-12-31"), (LATEST_MS + 1, "2101-01-01"), (-1, "1969-12-31"), (10**18, "10{18} ms")],
)
def test_a_time_no_venue_can_be_at(at_ms: int, day: str) -> None:
    with pytest.raises(ValueError, match=f"2002-01-01 to 2100-12-31 .UTC., and {day.replace('10{18}', str(at_ms))}"):
        Clock("frozen", at_ms=at_ms)
    clock = Clock("frozen", at_ms=START_MS)
    with pytest.raises(ValueError, match="the time of a venue runs from"):
        clock.set(at_ms=at_ms)
    assert clock.now_ms() == START_MS


@pytest.mark.parametrize("speed", [1, 1_000_000])
def test_a_clock_that_gets_to_the_end_stands_still_there(speed: int) -> None:
    machine = HandMachine(START_MS)
    clock = Clock("real", speed, LATEST_MS - 1_000, machine)
    assert clock.wait_s(LATEST_MS) == 1 / speed
    assert clock.wait_s(LATEST_MS + 1) is None
    machine.pass_s(5)
    assert clock.now_ms() == LATEST_MS
    clock.set(mode="frozen")
    assert clock.now_ms() == LATEST_MS


@pytest.mark.parametrize(("wall_ms", "day"), [(0, "1970-01-01"), (LATEST_MS + 1, "2101-01-01")])
def test_a_machine_without_the_time(wall_ms: int, day: str) -> None:
    with pytest.raises(ValueError, match=f"this machine's clock says {day}, and .*: set it right, or give --at"):
        Clock(machine=HandMachine(wall_ms))
    assert Clock(at_ms=START_MS, machine=HandMachine(wall_ms)).now_ms() == START_MS


# ---- restarts


@pytest.mark.parametrize(
    ("mode", "speed", "last_entry_ms", "told_ms", "expected_ms"),
    [
        ("real", 1, 5_000, 5_000, 5_000 + 100_000),  # went on while the venue was down
        ("real", 1, 500_000, 5_000, 500_000),  # never before the journal
        ("real", 1, 5_000, 600_000, 600_000),  # nor before what was told
        ("real", 1_000, 7_000, 5_000, 7_000),  # goes on where the journal stopped
        ("real", 1_000, 7_000, 8_000, 8_000),
        ("frozen", 1, 4_000, 4_000, 5_000),
        ("frozen", 1, 6_000, 4_000, 6_000),
        ("frozen", 1, 6_000, 6_500, 6_500),
    ],
)
def test_a_restart(mode: str, speed: int, last_entry_ms: int, told_ms: int, expected_ms: int) -> None:
    machine = HandMachine(START_MS)
    kept = Clock(mode, speed, START_MS + 5_000, machine).encode(START_MS + told_ms)  # type: ignore[arg-type]
    machine.pass_s(100)
    clock = Clock.restored(kept, START_MS + last_entry_ms, machine)
    assert (clock.mode, clock.speed, clock.now_ms()) == (mode, speed, START_MS + expected_ms)
    machine.pass_s(1)
    assert clock.now_ms() == START_MS + expected_ms + (1_000 * speed if mode == "real" else 0)


def test_a_machine_that_was_set_back_while_the_venue_was_down() -> None:
    """The venue goes on from what it told; once the machine has the right time again, so has the venue."""
    machine = HandMachine(START_MS)
    first = Clock(machine=machine)
    machine.pass_s(60)
    told_ms = first.now_ms()
    machine.set_wall(-HOUR_S)
    second = Clock.restored(first.encode(told_ms), START_MS, machine)
    assert second.now_ms() == told_ms
    machine.pass_s(60)
    assert second.now_ms() == told_ms + 60_000
    machine.set_wall(HOUR_S)
    machine.pass_s(1)
    third = Clock.restored(second.encode(second.now_ms()), START_MS, machine)
    assert third.now_ms() == machine.wall == START_MS + 121_000


def test_kills_do_not_add_up() -> None:
    """What is kept is ahead of what was told; a venue killed again and again has the right time all the same."""
    machine = HandMachine(START_MS)
    clock = Clock(machine=machine)
    told_ms = START_MS
    for _ in range(300):
        machine.pass_s(0.1)
        told_ms = clock.now_ms()
        clock = Clock.restored(clock.encode(told_ms + AHEAD_MS), START_MS, machine)
        assert clock.now_ms() == told_ms + AHEAD_MS
        machine.pass_s(AHEAD_MS / 1_000)
        assert clock.now_ms() == machine.wall
    assert told_ms > START_MS


def test_a_machine_far_in_the_future_is_not_followed() -> None:
    machine = HandMachine(START_MS)
    kept = Clock(machine=machine).encode(START_MS)
    machine.wall = LATEST_MS + 1
    with pytest.raises(ValueError, match="this machine's clock says 2101-01-01"):
        Clock.restored(kept, START_MS, machine)


@pytest.mark.parametrize("days", [366, 367, 25_550])
def test_a_wall_clock_far_ahead_is_followed_when_told_so(days: int) -> None:
    machine = HandMachine(START_MS)
    kept = {speed: Clock("real", speed, machine=machine).encode(START_MS) for speed in (1, 60)}
    frozen = Clock("frozen", machine=machine).encode(START_MS)
    machine.set_wall(days * 24 * HOUR_S)
    if days == 366:
        assert Clock.restored(kept[1], START_MS, machine).now_ms() == machine.wall
    else:
        with pytest.raises(FarAhead, match=f"stopped at 20.*, {days} days before: .*--catch-up"):
            Clock.restored(kept[1], START_MS, machine)
    assert Clock.restored(kept[1], START_MS, machine, catch_up=True).now_ms() == machine.wall
    for text in (kept[60], frozen):
        assert Clock.restored(text, START_MS, machine).now_ms() == START_MS


def test_what_is_kept() -> None:
    machine = HandMachine(START_MS)
    kept = Clock("real", 60, START_MS + 9, machine).encode(START_MS + 10)
    expected = {"mode": "real", "speed": 60, "at_ms": START_MS + 9, "wall_ms": START_MS, "least_ms": START_MS + 10}
    assert json.loads(kept) == expected
