"""Scenarios played on a served venue: the story's own end, one at a time, and a venue that goes on afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tallystick.server import serve
from tallystick.testing import scenario
from tallystick.testing.stage import ScenarioStage
from tallystick.venue import boot
from tests.server.harness import World, within

BY_HAND = [name for name in scenario.names() if scenario.load(name).market == "by-hand"]


def staged(story: Callable[[World], Awaitable[None]]) -> None:
    """Run a story on a venue whose server has a stage."""

    async def prepared(here: World) -> None:
        here.app.control.stage = ScenarioStage(here.app)
        await story(here)

    within(prepared)


async def play(here: World, name: str, **fields: object) -> Any:
    return (await here.control("POST", f"scenarios/{name}/play", fields)).json()


async def names(here: World) -> list[str]:
    return [user["name"] for user in (await here.control("GET", "users")).json()["users"]]


@pytest.mark.parametrize("name", BY_HAND)
def test_a_story_ends_on_a_venue_as_it_says(name: str) -> None:
    async def story(here: World) -> None:
        for told in scenario.plays(scenario.load(name)):
            variant = told.title.rpartition(": ")[2] if scenario.load(name).variants else ""
            found = await play(here, name, variant=variant)
            assert (found["state"], found["percent"], found["complaints"]) == ("held", 100, [])
            assert found["held"], "something had to hold"
            assert set(await names(here)) >= {user.name for user in told.users}
            shown = (await here.control("GET", "scenarios")).json()["playing"]
            assert shown == {key: value for key, value in found.items() if key != "ok"}

    staged(story)


def test_the_story_has_its_own_people_and_a_reset_brings_back_everybody() -> None:
    """alice of the story is not alice of the venue: her key opens nothing until the reset."""

    async def story(here: World) -> None:
        assert (await here.signed("GET", "/api/v5/account/balance")).code == "0"
        assert (await play(here, "pool-squeeze"))["state"] == "held"
        assert (await here.signed("GET", "/api/v5/account/balance")).code == "50119", "nobody has this key"
        assert "bob" not in await names(here)
        await here.control("POST", "reset", {})
        assert await names(here) == ["alice", "bob"]
        assert (await here.signed("GET", "/api/v5/account/balance")).code == "0"

    staged(story)


def test_chinese_words_of_a_story_have_no_blank_where_their_lines_end() -> None:
    async def story(here: World) -> None:
        told = (await here.control("GET", "scenarios")).json()["scenarios"]
        (cascade,) = (one for one in told if one["name"] == "cascade")
        assert "而订单簿很薄。BTC 的价格手动设为 50,000" in cascade["about_zh"]
        assert not any("\n" in one["about_zh"] for one in told)

    staged(story)


def test_a_complaint_makes_a_playing_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """A story that expects nothing to be liquidated, where somebody is."""
    told = scenario.load("liquidated-while-repaying")
    monkeypatch.setattr(scenario, "load", lambda name: told)
    told.expect[0].rows.append({"ccy": "BTC"})

    async def story(here: World) -> None:
        found = await play(here, "liquidated-while-repaying")
        assert found["state"] == "failed"
        assert len(found["complaints"]) == 1

    staged(story)


@pytest.mark.parametrize(
    ("name", "fields", "status", "words"),
    [
        ("nothing", {}, 404, "there is no packaged scenario 'nothing'"),
        ("../../etc/passwd.toml", {}, 404, "no such control endpoint"),
        ("story.toml", {}, 404, "there is no packaged scenario 'story.toml'"),
        ("pool-squeeze", {"variant": "blended"}, 400, "there is no variant 'blended'"),
        ("pool-squeeze", {"pause_ms": -1}, 400, "pause_ms is -1"),
        ("pool-squeeze", {"pause_ms": 60_001}, 400, "pause_ms is 60001"),
        ("crash", {}, 409, "crash needs the market walk:2:crash"),
    ],
)
def test_what_cannot_be_played_is_refused_and_changes_nothing(
    name: str, fields: dict[str, object], status: int, words: str
) -> None:
    async def story(here: World) -> None:
        before = await here.seq_and_hash()
        answer = await here.control("POST", f"scenarios/{name}/play", fields)
        assert answer.status == status
        assert words in answer.json()["error"]["message"]
        assert await here.seq_and_hash() == before
        assert "playing" not in (await here.control("GET", "scenarios")).json()

    staged(story)


def test_one_at_a_time_until_it_is_stopped() -> None:
    async def story(here: World) -> None:
        begun = await play(here, "cascade", wait=False, pause_ms=60_000)
        assert (begun["state"], begun["percent"]) == ("running", 0)
        again = await here.control("POST", "scenarios/cascade/play", {})
        assert (again.status, again.json()["error"]["message"]) == (409, "cascade is being played, at 0 %")
        stopped = (await here.control("DELETE", "scenarios")).json()
        assert (stopped["state"], stopped["held"]) == ("stopped", [])
        twice = await here.control("DELETE", "scenarios")
        assert (twice.status, twice.json()["error"]["message"]) == (409, "no scenario is being played")
        assert (await play(here, "pool-squeeze"))["state"] == "held"

    staged(story)


def test_an_advance_under_way_is_not_reset_away() -> None:
    async def story(here: World) -> None:
        await here.control("POST", "clock/advance", {"by": "300d", "wait": False})
        answer = await here.control("POST", "scenarios/pool-squeeze/play", {})
        assert answer.status == 409
        assert answer.json()["error"]["message"].startswith("the clock is being put forward, until 2026-11-")
        await here.control("POST", "clock", {"mode": "frozen"})

    staged(story)


def test_a_reset_of_another_caller_ends_the_story() -> None:
    async def story(here: World) -> None:
        arrived, turn = asyncio.Event(), asyncio.Event()

        async def wait(seconds: float) -> None:
            arrived.set()
            await turn.wait()

        here.app.control.stage = ScenarioStage(here.app, wait)
        playing = asyncio.ensure_future(play(here, "pool-squeeze"))
        await arrived.wait()
        await here.control("POST", "reset", {})
        turn.set()
        found = await playing
        assert (found["state"], found["complaints"]) == ("failed", ["the venue was reset or restored meanwhile"])
        assert await names(here) == ["alice", "bob"]

    within(story)


def test_a_server_without_a_stage_says_where_a_scenario_is_played() -> None:
    async def story(here: World) -> None:
        assert (await here.control("GET", "scenarios")).json()["scenarios"] == []
        answer = await here.control("POST", "scenarios/crash/play", {})
        assert answer.status == 409
        assert answer.json()["error"]["hint"].startswith("`tally scenario run crash`")
        assert (await here.control("DELETE", "scenarios")).status == 409

    within(story)


def test_a_venue_goes_on_after_a_story_and_a_start(tmp_path: Path) -> None:
    """Keys in connection.json of people who are not there stay unknown; the next reset brings them back."""

    async def lives(story: Callable[[boot.Opened], Awaitable[None]]) -> None:
        opened = boot.open_venue(tmp_path, mode="frozen")
        await opened.venue.start()
        try:
            await story(opened)
        finally:
            await opened.venue.stop()
            opened.close()

    async def first(opened: boot.Opened) -> None:
        app = serve.app_of(opened, serve.Settings())
        found = await ScenarioStage(app).begin("first-loan", "", 0, wait=True)
        assert found.state == "held"
        assert {key.user_id for key in opened.venue.keys.values()} == {2001}

    async def then(opened: boot.Opened) -> None:
        assert {user.name for user in opened.venue.state.users.values()} == {"alice"}
        assert {key.user_id for key in opened.venue.keys.values()} == {2001}
        await opened.venue.reset()

    async def last(opened: boot.Opened) -> None:
        assert sorted(user.name for user in opened.venue.state.users.values()) == ["alice", "bob"]
        given = {key.api_key for user in opened.connection.users for key in user.keys}
        assert set(opened.venue.keys) == given

    for story in (first, then, last):
        asyncio.run(lives(story))
        assert boot.verify_folder(tmp_path).ok
