"""Every packaged scenario plays to its expected end, twice alike; and a scenario that is wrong says so."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.testing import scenario, synopsis
from tallystick.testing.runner import Played, Player
from tallystick.testing.scenario import BadScenario, Expect, Outcome, Times
from tallystick.venue.settings import Patch


def play(told: scenario.Scenario) -> Played:
    async def story() -> Played:
        player = Player.alone(told)
        await player.start()
        try:
            return await player.play()
        finally:
            await player.stop()

    return asyncio.run(story())


PLAYS = {told.title: told for name in scenario.names() for told in scenario.plays(scenario.load(name))}
"""Every packaged scenario, and of those with variants each variant."""


@pytest.mark.parametrize("title", PLAYS)
def test_what_must_hold_does(title: str) -> None:
    told = PLAYS[title]
    assert told.title_zh
    assert told.holds
    played = play(told)
    assert played.faults == []
    assert len(played.held) >= len(told.holds)
    assert played.timeline


@pytest.mark.parametrize("title", PLAYS)
def test_a_story_in_which_nothing_happens_does_not_end_as_told(title: str) -> None:
    assert play(replace(PLAYS[title], steps=[])).faults


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("cascade", {"parameters": Patch(constants={"index_own_share": "0"})}),
        ("cascade", {"outcome": Outcome(liquidated=["ann", "cas", "ben", "lea"])}),
        ("cascade", {"outcome": Outcome(bad_debt="0.000000000000000001")}),
        ("cascade", {"outcome": Outcome(index={"BTC-USDT": "48900.1"})}),
        ("cascade", {"outcome": Outcome(index={"ETH-USDT": "3000"})}),
        ("cascade", {"outcome": Outcome(times={"ann": Times(liquidation_begins=["10m1ms"])})}),
        ("cascade", {"outcome": Outcome(times={"ann": Times(liquidation_begins=["10m", "11m"])})}),
        ("cascade", {"outcome": Outcome(times={"ann": Times(liquidation_ends=[])})}),
        ("cascade", {"outcome": Outcome(times={"nobody": Times(warned=["1h"])})}),
    ],
)
def test_another_outcome_is_a_fault(name: str, changed: dict[str, Any]) -> None:
    assert play(replace(scenario.load(name), **changed)).faults


def test_times_of_warnings_and_liquidations() -> None:
    """Prices fall after ten minutes: all but dan are warned, lea for her loan, and three accounts sell at once."""
    sold = Times(warned=["10m"], liquidation_begins=["600s"], liquidation_ends=["10m"])
    lea = Times(warned=["10m"], liquidation_begins=[])
    times = {"ann": sold, "ben": sold, "cas": sold, "dan": Times([], [], []), "lea": lea}
    played = play(replace(scenario.load("cascade"), outcome=Outcome(times=times)))
    assert played.faults == []
    assert "warnings and liquidations come at their times: 5 users" in played.held
    late = Outcome(times={"ann": Times(liquidation_begins=["11m"]), "dan": Times(warned=["1h"])})
    assert play(replace(scenario.load("cascade"), outcome=late)).faults == [
        "liquidation_begins of ann, number 1: after 10m, not after 11m",
        "warned of dan, number 1: never, not after 1h",
    ]


@pytest.mark.parametrize("ms", [0, 1, 60_000, 3_600_000, 90_061_001])
def test_a_duration_is_read_as_it_is_written(ms: int) -> None:
    assert scenario.duration_ms(scenario.duration_text(ms)) == ms


def test_tables_within_a_row_are_compared_by_the_fields_that_are_named() -> None:
    """A user with mode 3 open enters it, and has 2 BTC and 5 USDT; mode 4 was not opened."""
    text = HEAD + (
        "prices={BTC-USDT='60000'}\n[[users]]\nname='ann'\nmodes=[3]\ntrading={BTC='2', USDT='5'}\n"
        "[[steps]]\nuser='ann'\npost='/api/v5/account/set-account-level'\nbody={acctLv='4'}\ncode='51070'\n"
        "[[steps]]\nuser='ann'\npost='/api/v5/account/set-account-level'\nbody={acctLv='3'}\n"
        "[[expect]]\nuser='ann'\nget='/api/v5/account/balance'\nrows=[{details=[DETAILS]}]\n"
    )

    def faults(details: str) -> list[str]:
        return play(scenario.parse(text.replace("DETAILS", details))).faults

    assert faults("{ccy='BTC', availEq='2'}, {ccy='USDT', eq='5'}") == []
    for wrong in ("{ccy='BTC', availEq='2.1'}, {}", "{ccy='BTC'}", "{ccy='BTC'}, {}, {}", "{ccy='BTC', odd='1'}, {}"):
        (said,) = faults(wrong)
        assert "row 1: details is [" in said


def test_the_two_indexes_are_told_apart_by_their_outcomes() -> None:
    """What holds with one share does not with the other's."""
    own, blended = scenario.plays(scenario.load("own-book-or-blended-index"))
    assert play(replace(own, parameters=blended.parameters)).faults
    assert play(replace(blended, parameters=own.parameters)).faults


def test_the_same_scenario_gives_the_same_state() -> None:
    first, second = (play(scenario.load("crash")) for _ in range(2))
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
        (
            "title='a'\ntitle_zh='b'\nabout='c'\nstart=2026-01-01T00:00:00Z\n[outcome.times.ann]\nwarned=['late']",
            "'late' is no duration",
        ),
    ],
)
def test_a_file_that_cannot_be_played_says_why(text: str, says: str) -> None:
    with pytest.raises(BadScenario, match=says):
        scenario.parse(text)


HEAD = "title='a'\ntitle_zh='b'\nabout='c'\nstart=2026-01-01T00:00:00Z\n"


@pytest.mark.parametrize("variants", ["[[variants]]\nname='x'", "[[variants]]\nname='x'\n[[variants]]\nname='x'"])
def test_variants_are_several_with_different_names(variants: str) -> None:
    with pytest.raises(BadScenario, match="two or more with different names"):
        scenario.parse(HEAD + variants)


def test_a_variant_comes_on_top_of_the_scenario() -> None:
    told = scenario.parse(
        HEAD + "holds=['books-balance']\n[parameters.constants]\nleverage='5'\ntaker_fee='0'\n"
        "[outcome]\nbad_debt='1'\n"
        "[[variants]]\nname='x'\nparameters={constants={leverage='2'},currencies={BTC={quota='1'}}}\n"
        "holds=['no-loan-liquidated']\n[[variants]]\nname='y'\nabout='why'\noutcome={bad_debt='2'}\n"
    )
    left, right = scenario.plays(told)
    assert left.parameters == Patch(currencies={"BTC": {"quota": "1"}}, constants={"leverage": "2", "taker_fee": "0"})
    assert (left.title, left.about, left.holds) == ("a: x", "c", ["books-balance", "no-loan-liquidated"])
    assert left.outcome == Outcome(bad_debt="1")
    assert (right.about, right.outcome, right.variants) == ("why", Outcome(bad_debt="2"), [])
    assert [only.title for only in scenario.plays(told, "y")] == ["a: y"]
    with pytest.raises(BadScenario, match="variants of this scenario are: 'x', 'y'"):
        scenario.plays(told, "z")
    with pytest.raises(BadScenario, match="are: none"):
        scenario.plays(scenario.load("first-loan"), "z")


@pytest.mark.parametrize(
    ("patch", "says"),
    [
        (Patch(constants={"leverage": 3}), "constants.leverage must be plain decimal text"),
        (Patch(constants={"leverage": "11"}), "PARAMETER_OUT_OF_RANGE .*'most': '10'"),
        (Patch(constants={"leverige": "3"}), "UNKNOWN_PARAMETER .*leverige"),
    ],
)
def test_a_number_there_is_not_says_which(patch: Patch, says: str) -> None:
    with pytest.raises(BadScenario, match=says):
        play(replace(scenario.load("first-loan"), parameters=patch))


def test_numbers_change_in_the_middle_of_a_story_too() -> None:
    """Interest of the hour that begins after it: 1000.00114156 x 0.876 / 8760 = 0.100000114..., up at 8 decimals."""
    told = scenario.load("first-loan")
    told.steps.insert(1, scenario.Step("30m", parameters=Patch(currencies={"USDT": {"rate_per_year": "0.876"}})))
    told.expect = []
    lines = [moment.what for moment in play(told).timeline]
    assert "currencies.USDT.rate_per_year is 0.876" in lines
    assert "interest 0.10000012 USDT on 1000.00114156" in lines


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(BadScenario, match=r"packaged scenarios are: .*first-loan"):
        scenario.load("nope")


FAULTY = """
title = 'a'
title_zh = 'b'
about = 'c'
start = 2026-01-01T00:00:00Z
holds = ['books-balance']
[prices]
BTC-USDT = '60000'
[[users]]
name = 'alice'
borrow = true
trading = { BTC = '1' }
[[steps]]
fault = { on = 'spot_manual_borrow_repay', fault = 'drop-after-commit', user = 'alice', nth = 1 }
[[steps]]
user = 'alice'
post = '/api/v5/account/spot-manual-borrow-repay'
body = { ccy = 'USDT', side = 'borrow', amt = '100' }
code = 'none'
[[steps]]
fault = { on = 'spot_manual_borrow_repay', fault = '50004-not-done', nth = 1 }
[[steps]]
user = 'alice'
post = '/api/v5/account/spot-manual-borrow-repay'
body = { ccy = 'USDT', side = 'borrow', amt = '100' }
code = '50004'
[[expect]]
user = 'alice'
get = '/api/v5/account/spot-borrow-repay-history'
rows = [{ ccy = 'USDT', type = 'manual_borrow', amt = '100' }]
"""


def test_a_step_makes_requests_go_wrong() -> None:
    """The answer that is lost was of a loan that was made, the one of 50004 of none: one row."""
    told = scenario.parse(FAULTY)
    assert play(told).faults == []
    assert [synopsis.Synopsis(chinese=False).deed(step) for step in told.steps if step.fault][1] == (
        'fault 50004-not-done on spot_manual_borrow_repay {"nth":1}'
    )


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("drop-after-commit", "50004-not-done", "answered 50004"),
        ("50004-not-done", "50004-done", "2 rows, not 1"),
        (
            "on = 'spot_manual_borrow_repay', fault = '50004-not-done'",
            "on = 'config', fault = '50004-not-done'",
            "never fired",
        ),
    ],
)
def test_another_fault_in_a_step_is_told(old: str, new: str, says: str) -> None:
    faults = play(scenario.parse(FAULTY.replace(old, new, 1))).faults
    assert any(says in fault for fault in faults), faults


def test_a_fault_that_there_is_not_is_a_bad_scenario() -> None:
    for old, new in (("50004-not-done", "50004-nott-done"), ("nth = 1", "nht = 1"), ("'alice', nth", "'bob', nth")):
        with pytest.raises(BadScenario, match="fault: "):
            play(scenario.parse(FAULTY.replace(old, new, 1)))
