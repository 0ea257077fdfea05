"""The feed of the console: what it tells, in which order, and what it does when it is far behind or alone."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tallystick.client.levers import AsyncLevers
from tallystick.console import feed as module
from tallystick.console.calls import exact
from tallystick.console.feed import READERS_MAX, WAITING_MAX, Feed, Full
from tests.cli.process import Served, serving
from tests.patience import PATIENCE_S

Queue = asyncio.Queue[bytes | None]


def within(served: Served, story: Callable[[Feed], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with AsyncLevers(served.url, served.connection["control_token"]) as levers:
            found = Feed(levers)
            try:
                await story(found)
            finally:
                await found.close()

    # In a thread of its own: Playwright keeps a loop in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, run()).result()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with serving(tmp_path_factory.mktemp("feed") / "data", "--frozen") as found:
        yield found


async def next_with(queue: Queue, name: str) -> dict[str, Any]:
    """The next message that has rows of this name."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            line = await queue.get()
            assert line is not None
            message: dict[str, Any] = json.loads(line)
            if message.get(name):
                return message


async def change(served: Served, amt: str) -> None:
    body = {"account": "trading", "ccy": "DOT", "amt": amt}
    await asyncio.to_thread(served.control, "POST", "users/bob/balance", body)


def test_events_and_requests_come_once_and_in_order(served: Served) -> None:
    async def story(found: Feed) -> None:
        async with found.reading() as queue:
            assert (await next_with(queue, "clock"))["begins"] is True
            await next_with(queue, "events")
            seen: list[str] = []
            for number in range(5):
                await change(served, str(number + 1))
            while len(seen) < 5:
                message = await next_with(queue, "events")
                seen += [row["words"] for row in message["events"]]
        assert seen == [f"{number + 1} DOT put into trading by a control call" for number in range(5)]

    within(served, story)


def test_a_second_page_gets_what_is_kept(served: Served) -> None:
    async def story(found: Feed) -> None:
        async with found.reading() as one:
            await next_with(one, "events")
            async with found.reading() as two:
                message = json.loads(await two.get() or b"")
        assert message["begins"] is True
        assert message["events"][0]["words"] == "user alice is made"

    within(served, story)


def test_a_page_that_opens_later_is_told_nothing_old(served: Served) -> None:
    """Between two pages nobody reads: the second one begins with the venue as it is, not as it was for the first."""

    async def story(found: Feed) -> None:
        async with found.reading() as one:
            before = (await next_with(one, "events"))["clock"]["seq"]
        await change(served, "1")
        async with found.reading() as two:
            message = json.loads(await two.get() or b"")
        assert message["begins"] is True
        assert message["clock"]["seq"] == before + 1
        assert message["events"][-1]["seq"] == before + 1

    within(served, story)


def test_of_a_flood_of_requests_the_newest_are_told(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first five and the last five of thirty requests between two looks are told: the venue is spared the rest."""
    monkeypatch.setattr(module, "REQUESTS_EACH", 5)

    async def story(found: Feed) -> None:
        async with found.reading() as queue:
            await next_with(queue, "clock")
            # Nobody looks while the flood comes.
            await found.close()
            before = (await asyncio.to_thread(served.control, "GET", "requests?after=0&limit=1"))["newest"]
            for number in range(30):
                await change(served, str(number + 1))
        told: set[int] = set()
        async with found.reading() as queue:
            while before + 30 not in told:
                told |= {row["number"] for row in (await next_with(queue, "requests"))["requests"]}
        assert {number - before for number in told if number > before} == {1, 2, 3, 4, 5, 26, 27, 28, 29, 30}

    within(served, story)


def test_a_reset_begins_anew(served: Served) -> None:
    async def story(found: Feed) -> None:
        async with found.reading() as queue:
            before = (await next_with(queue, "events"))["clock"]["generation"]
            await asyncio.to_thread(served.control, "POST", "reset", {})
            message = await next_with(queue, "begins")
            while message["clock"]["generation"] == before:
                message = await next_with(queue, "begins")
        assert message["clock"]["generation"] == before + 1

    within(served, story)


def test_after_a_reset_no_note_of_the_time_before_is_told(served: Served) -> None:
    """An hour of interest is noted; the generation that follows a reset has no hour yet."""

    async def story(found: Feed) -> None:
        async with found.reading() as queue:
            before = (await next_with(queue, "events"))["clock"]["generation"]
            await asyncio.to_thread(served.control, "POST", "clock/advance", {"by": "1h"})
            async with asyncio.timeout(PATIENCE_S):
                while not (await asyncio.to_thread(served.control, "GET", "notes?after=0&limit=1"))["notes"]:
                    pass
            await change(served, "1")
            await next_with(queue, "notes")
            await asyncio.to_thread(served.control, "POST", "reset", {})
            message = await next_with(queue, "begins")
            while message["clock"]["generation"] == before:
                message = await next_with(queue, "begins")
            told = [message]
            await change(served, "1")
            while not any("1 DOT" in row["words"] for row in told[-1].get("events", ())):
                told.append(await next_with(queue, "events"))
        assert [note for one in told for note in one.get("notes", ())] == []

    within(served, story)


def test_a_page_that_does_not_read_is_let_go(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVERY_S", 0)

    async def story(found: Feed) -> None:
        async with found.reading() as slow, found.reading() as quick:
            async with asyncio.timeout(PATIENCE_S):
                for number in range(WAITING_MAX * 3):
                    await change(served, str(number + 1))
                    while not quick.empty():
                        quick.get_nowait()
                    if slow.qsize() == 1 and number > WAITING_MAX:
                        break
            assert await slow.get() is None

    within(served, story)


def test_pages_have_a_bound_and_nobody_is_asked_without_one(served: Served) -> None:
    async def story(found: Feed) -> None:
        contexts = [found.reading() for _ in range(READERS_MAX)]
        for context in contexts:
            await context.__aenter__()
        with pytest.raises(Full):
            await found.reading().__aenter__()
        for context in contexts:
            await context.__aexit__(None, None, None)
        assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []

    within(served, story)


def test_a_venue_that_is_not_there_is_told_once(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--frozen") as gone:
        gone.stop()

    async def story(found: Feed) -> None:
        async with found.reading() as queue, asyncio.timeout(PATIENCE_S):
            message = json.loads(await queue.get() or b"")
        assert "Nothing was sent" in message["lost"]
        assert message["answers"] is False

    within(gone, story)


def test_whole_numbers_that_a_browser_cannot_hold_are_text() -> None:
    held = {"small": 2**53, "large": [2**53 + 1, {"id": -(2**60)}], "flag": True, "text": "1"}
    assert exact(held) == {"small": 2**53, "large": [str(2**53 + 1), {"id": str(-(2**60))}], "flag": True, "text": "1"}
