"""Every packaged scenario plays to its expected end, twice alike; and a scenario that is wrong says so."""

from __future__ import annotations

import asyncio

import pytest

from tallystick.testing import scenario
from tallystick.testing.play import Played, Player
from tallystick.testing.scenario import BadScenario, Expect


def play(told: scenario.Scenario) -> Played:
    async def story() -> Played:
        player = Player(told)
        await player.start()
        try:
            return await player.play()
        finally:
            await player.stop()

    return asyncio.run(story())


@pytest.mark.parametrize("name", scenario.names())
def test_what_must_hold_does(name: str) -> None:
    told = scenario.load(name)
    assert told.title_zh
    assert told.holds or told.expect
    played = play(told)
    assert played.faults == []
    assert len(played.held) == len(told.holds)
    assert played.timeline


def test_the_same_scenario_gives_the_same_state() -> None:
    first, second = (play(scenario.load("crash-of-january-2022")) for _ in range(2))
    assert (first.seq, first.state_hash) == (second.seq, second.state_hash)
    assert first.timeline == second.timeline


def test_a_wrong_expectation_is_a_fault() -> None:
    told = scenario.load("first-loan")
    told.expect = [Expect("alice", "/api/v5/finance/flexible-loan/loan-history", [{"type": "borrowed"}] * 4)]
    assert len(play(told).faults) == 3


def test_what_does_not_hold_is_a_fault() -> None:
    told = scenario.load("first-loan")
    told.holds = ["some-loans-liquidated"]
    assert play(told).faults == ["some-loans-liquidated does not hold: no loan was liquidated"]


def test_a_refusal_nobody_expected_is_a_fault() -> None:
    told = scenario.load("first-loan")
    told.users[0].funding = {"BTC": "0.02"}
    assert "answered 58350" in play(told).faults[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title = 3", "Expected `str`"),
        ("titel = 'x'", "unknown field"),
        ("[[", "Invalid"),
        (
            "title='a'\ntitle_zh='b'\nabout='c'\nstart=2026-01-01T00:00:00Z\n[[steps]]\nafter='1h'",
            "step 1 must say exactly one of",
        ),
        (
            "title='a'\ntitle_zh='b'\nabout='c'\nstart=2026-01-01T00:00:00Z\n"
            "[[steps]]\nafter='2h'\nwait=true\n[[steps]]\nafter='1h'\nwait=true",
            "step 2 comes after 1h",
        ),
        (
            "title='a'\ntitle_zh='b'\nabout='c'\nstart=2026-01-01T00:00:00Z\n[[steps]]\nafter='soon'\nwait=true",
            "'soon' is no duration",
        ),
    ],
)
def test_a_file_that_cannot_be_played_says_why(text: str, says: str) -> None:
    with pytest.raises(BadScenario, match=says):
        scenario.parse(text)


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(BadScenario, match=r"packaged scenarios are: .*first-loan"):
        scenario.load("nope")
