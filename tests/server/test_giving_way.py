"""A venue that has more to do than time: others have their turns between the pieces, whatever the speed.

The machine is one whose clock goes on each time somebody looks at it, so a slice ends after so many looks and no
busy computer changes that. Between a question and its answer the venue may make so many entries and no more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tallystick.contract import channels
from tallystick.server.faults.rules import Rule
from tallystick.server.ws.hub import Key
from tallystick.server.ws.message import Message
from tallystick.store.api import KeyRecord
from tallystick.venue.clock import SPEED_MAX
from tallystick.venue.slices import SLICE_NS, Slice
from tests.server.harness import AT_MS, Response, World, iso, within, world
from tests.venue.machine import HandMachine

DAY_MS = 86_400_000
LOOKS = 8
"""Looks at the machine's clock that fit into a slice."""
ENTRIES_MAX = 4 * LOOKS
"""Of a request: the slice under way, one until it has its turn, one until it is on disk, and one for good measure."""
COINS = ("BTC", "ETH", "SOL", "DOGE", "DOT", "LTC", "OKB", "ADA", "AVAX", "USDC")
CHANNELS = ("tickers", "books", "books5", "bbo-tbt", "mark-price")


class Ear:
    """Somebody who has subscribed to 50 public channels, and takes whatever comes."""

    def __init__(self) -> None:
        self.key: KeyRecord | None = None
        self.conn_id = "00000001"
        self.subscribed: dict[Key, channels.Channel] = {}
        self.heard = 0

    def push(self, message: Message, channel: str = "") -> None:
        self.heard += 1

    def hit_at_once(self, rule: Rule) -> None:
        raise AssertionError(f"hit by {rule.kind.name}")

    def cut(self, code: int, reason: str) -> None:
        raise AssertionError(f"cut off with {code} {reason}")

    def end_when_answered(self, code: int, reason: str) -> None:
        raise AssertionError(f"ended with {code} {reason}")

    def after_reset(self) -> tuple[int, str]:
        return 1012, ""

    def listen(self, here: World) -> None:
        for name in CHANNELS:
            for coin in COINS:
                channel = channels.by_name[name]
                argument = channel.arguments(instId=f"{coin}-USDT")
                key = (name, argument, 0)
                self.subscribed[key] = channel
                here.app.sockets.hub.subscribe(self, key, channel, {"channel": name, "instId": f"{coin}-USDT"})


def in_a_hurry(story: Callable[[World, Ear], Awaitable[None]], speed: int = SPEED_MAX) -> None:
    """At the greatest speed every look at the machine's clock is minutes here, so the venue never catches up. Two
    thousand prices are due when the story begins."""

    async def run() -> None:
        machine = HandMachine(AT_MS, SLICE_NS // LOOKS)
        async with world(mode="real", speed=speed, machine=machine) as here:
            ear = Ear()
            ear.listen(here)
            machine.pass_s(2 * DAY_MS / 1_000 / speed)
            await story(here, ear)
            # Else the venue would go on while it is being stopped.
            await here.venue.set_clock("frozen")

    asyncio.run(run())


QUESTIONS: dict[str, Callable[[World], Awaitable[Response]]] = {
    "the time": lambda here: here.ask("GET", "/api/v5/public/time"),
    "a ticker": lambda here: here.ask("GET", "/api/v5/market/ticker?instId=BTC-USDT"),
    "a balance": lambda here: here.signed("GET", "/api/v5/account/balance"),
    "a history": lambda here: here.signed("GET", "/api/v5/account/spot-borrow-repay-history"),
    "trades": lambda here: here.ask("GET", "/api/v5/market/trades?instId=BTC-USDT"),
    "an order": lambda here: here.signed(
        "POST",
        "/api/v5/trade/order",
        {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "100", "sz": "0.001"},
    ),
    "health": lambda here: here.control("GET", "health"),
    "the clock": lambda here: here.control("GET", "clock"),
    "a price by hand": lambda here: here.control("POST", "market/price", {"instId": "BTC-USDT", "px": "9"}),
    "a new key": lambda here: here.control("POST", "users/alice/keys", {"permissions": ["read"]}),
    "another speed": lambda here: here.control("POST", "clock", {"speed": 20_000}),
    "freezing": lambda here: here.control("POST", "clock", {"mode": "frozen"}),
    "a reset": lambda here: here.control("POST", "reset"),
}


class Counted:
    """How many of the things that were due the venue does while somebody waits. It fails at too many: the planted bug
    would never end."""

    def __init__(self, here: World) -> None:
        self.done = 0
        self.venue = here.venue
        self.do_next = here.venue.line.do_next

    def __enter__(self) -> Counted:
        self.venue.line.do_next = self.count  # type: ignore[method-assign]
        return self

    def __exit__(self, *raised: object) -> None:
        self.venue.line.do_next = self.do_next  # type: ignore[method-assign]

    def count(self) -> None:
        self.done += 1
        assert self.done <= 10 * ENTRIES_MAX
        self.do_next()


@pytest.mark.parametrize("question", QUESTIONS)
def test_nobody_waits_for_a_venue_that_hurries(question: str) -> None:
    async def story(here: World, ear: Ear) -> None:
        for _ in range(3):
            with Counted(here) as counted:
                answer = await QUESTIONS[question](here)
            assert answer.status == 200, answer.body
            assert counted.done <= ENTRIES_MAX

    in_a_hurry(story)


def test_many_at_once_wait_no_longer_than_one() -> None:
    async def story(here: World, ear: Ear) -> None:
        with Counted(here) as counted:
            await asyncio.gather(
                *(ask(here) for name, ask in QUESTIONS.items() if name != "a reset" for _ in range(20))
            )
        assert counted.done <= ENTRIES_MAX

    in_a_hurry(story)


def test_the_planted_bug_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catching up in one go, as it once was."""
    monkeypatch.setattr(Slice, "over", False)
    monkeypatch.setattr("tallystick.venue.line.SLICE_ENTRIES", 10**9)
    with pytest.raises(AssertionError):
        test_nobody_waits_for_a_venue_that_hurries("the time")


def test_a_hurrying_venue_still_gets_on_and_tells_of_it() -> None:
    """Who only asks does not keep it from going on, nor who listens from being told."""

    async def story(here: World, ear: Ear) -> None:
        heard, times = ear.heard, []
        for _ in range(20):
            answer = await QUESTIONS["the time"](here)
            times.append(int(answer.json()["data"][0]["ts"]))
        assert times == sorted(times)
        assert times[-1] > times[0]
        assert ear.heard > heard

    in_a_hurry(story)


def test_frozen_is_frozen_where_it_was_and_nothing_more_happens() -> None:
    async def story(here: World, ear: Ear) -> None:
        told = (await QUESTIONS["the clock"](here)).json()["now_ms"]
        frozen = (await QUESTIONS["freezing"](here)).json()
        assert (frozen["mode"], frozen["speed"]) == ("frozen", SPEED_MAX)
        assert told <= frozen["now_ms"] < AT_MS + 2 * DAY_MS
        with Counted(here) as counted:
            for _ in range(200):
                await asyncio.sleep(0)
            assert (await QUESTIONS["the clock"](here)).json()["now_ms"] == frozen["now_ms"]
        assert counted.done == 0
        assert here.venue.state.at_ms <= frozen["now_ms"]

    in_a_hurry(story)


def test_orders_of_a_hurrying_venue_stand_in_the_order_of_its_time() -> None:
    async def story(here: World, ear: Ear) -> None:
        for _ in range(10):
            before = (await QUESTIONS["the time"](here)).json()["data"][0]["ts"]
            placed = (await QUESTIONS["an order"](here)).json()["data"][0]["ts"]
            after = (await QUESTIONS["the time"](here)).json()["data"][0]["ts"]
            assert int(before) <= int(placed) <= int(after)
        assert (await here.control("POST", "verify")).json()["ok"]

    in_a_hurry(story)


# ---- an advance


def advancing(story: Callable[[World, asyncio.Task[Response]], Awaitable[None]]) -> None:
    """The clock is frozen, and somebody has put it forward by 30 days of prices."""

    async def run() -> None:
        async with world(machine=HandMachine(AT_MS, SLICE_NS // LOOKS)) as here:
            moving = asyncio.create_task(here.control("POST", "clock/advance", {"by": "30d"}))
            for _ in range(10):
                await asyncio.sleep(0)
            assert not moving.done()
            await story(here, moving)

    asyncio.run(run())


@pytest.mark.parametrize("question", [name for name in QUESTIONS if name not in ("another speed", "a reset")])
def test_nobody_waits_for_an_advance(question: str) -> None:
    async def story(here: World, moving: asyncio.Task[Response]) -> None:
        with Counted(here) as counted:
            answer = await QUESTIONS[question](here)
        assert answer.status == 200, answer.body
        assert counted.done <= ENTRIES_MAX
        assert AT_MS < here.venue.now_ms() < AT_MS + 30 * DAY_MS
        moving.cancel()

    advancing(story)


def test_an_advance_returns_when_all_that_is_due_is_done_whoever_asks_meanwhile() -> None:
    async def story() -> None:
        async with world(machine=HandMachine(AT_MS, SLICE_NS // LOOKS)) as here:
            moving = asyncio.create_task(here.control("POST", "clock/advance", {"by": "2d"}))
            placed = []
            while not moving.done():
                placed.append(int((await QUESTIONS["an order"](here)).json()["data"][0]["ts"]))
            assert moving.result().json()["now_ms"] == AT_MS + 2 * DAY_MS
            assert placed == sorted(placed)
            assert AT_MS <= placed[0] < placed[-1] <= AT_MS + 2 * DAY_MS
            assert len(placed) > 10
            assert here.venue.state.hour_ms == AT_MS + 2 * DAY_MS
            assert (await here.control("POST", "verify")).json()["ok"]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("path", "body", "at"),
    [
        ("clock", {"mode": "frozen"}, "frozen"),
        ("clock", {"mode": "real", "speed": 60}, "real"),
        ("reset", {"at": iso(AT_MS + DAY_MS)}, "frozen"),
    ],
)
def test_setting_the_clock_ends_an_advance_where_it_is(path: str, body: Any, at: str) -> None:
    async def story(here: World, moving: asyncio.Task[Response]) -> None:
        reached = (await here.control("POST", path, body)).json()
        assert reached["mode"] == at
        assert AT_MS < reached["now_ms"] < AT_MS + 30 * DAY_MS
        overtaken = await moving
        assert overtaken.status == 409
        message = overtaken.json()["error"]["message"]
        assert message.startswith("the clock was set by another call at 2026-01-")
        assert message.endswith(f", before this one got to {iso(AT_MS + 30 * DAY_MS)}")
        if at == "frozen":
            for _ in range(50):
                await asyncio.sleep(0)
            assert here.venue.now_ms() == reached["now_ms"]

    advancing(story)


@pytest.mark.parametrize(
    ("path", "body"), [("clock/advance", {"by": "1d"}), ("clock", {"at": iso(AT_MS + 40 * DAY_MS)})]
)
def test_a_second_advance_meanwhile_is_refused(path: str, body: Any) -> None:
    async def story(here: World, moving: asyncio.Task[Response]) -> None:
        refused = await here.control("POST", path, body)
        assert refused.status == 409
        said = refused.json()["error"]
        assert said["message"].startswith("the clock is being put forward by another call: it is at 2026-01-")
        assert said["hint"].startswith(f"wait until it gets to {iso(AT_MS + 30 * DAY_MS)}")
        moving.cancel()

    advancing(story)


def test_an_advance_that_does_not_wait_tells_how_far_it_is() -> None:
    async def story() -> None:
        async with world(machine=HandMachine(AT_MS, SLICE_NS // LOOKS)) as here:
            begun = (await here.control("POST", "clock/advance", {"by": "2d", "wait": False})).json()
            way = {"since": iso(AT_MS), "to": iso(AT_MS + 2 * DAY_MS)}
            assert (begun["now_ms"], begun["advancing"]) == (AT_MS, {**way, "percent": 0})
            assert (await here.control("POST", "clock/advance", {"by": "1d"})).status == 409
            percents, placed = [], 0
            while "advancing" in (shown := (await here.control("GET", "clock")).json()):
                assert {**shown["advancing"], "percent": 0} == {**way, "percent": 0}
                percents.append(shown["advancing"]["percent"])
                placed = int((await QUESTIONS["an order"](here)).json()["data"][0]["ts"])
            assert percents == sorted(percents)
            assert percents[0] < 50 <= percents[-1]
            assert AT_MS < placed <= AT_MS + 2 * DAY_MS
            assert shown["now_ms"] == AT_MS + 2 * DAY_MS
            assert (await here.control("POST", "clock/advance", {"to": "next"})).status == 200

    asyncio.run(story())


def test_an_impossible_advance_is_refused_at_once_although_nobody_waits() -> None:
    async def story(here: World) -> None:
        refused = await here.control("POST", "clock/advance", {"to": iso(AT_MS - 1), "wait": False})
        assert refused.status == 400
        assert "advancing" not in (await here.control("GET", "clock")).json()

    within(story)


def test_a_stop_ends_an_advance_that_nobody_waits_for() -> None:
    async def story() -> None:
        async with world(machine=HandMachine(AT_MS, SLICE_NS // LOOKS)) as here:
            await here.control("POST", "clock/advance", {"by": "30d", "wait": False})
            await asyncio.sleep(0)
            here.venue.leave_off()
            for _ in range(1_000):
                await asyncio.sleep(0)
            assert here.venue.advancing is None
            assert here.venue.now_ms() < AT_MS + 30 * DAY_MS

    asyncio.run(story())


def test_an_advance_nobody_waits_for_any_more_is_done_all_the_same() -> None:
    """Its caller has gone; the clock has been put forward, and the venue catches up with it by itself."""

    async def story() -> None:
        async with world(machine=HandMachine(AT_MS, SLICE_NS // LOOKS)) as here:
            moving = asyncio.create_task(here.control("POST", "clock/advance", {"by": "2d"}))
            for _ in range(10):
                await asyncio.sleep(0)
            moving.cancel()
            for _ in range(100_000):
                await asyncio.sleep(0)
                if (await QUESTIONS["the clock"](here)).json()["now_ms"] == AT_MS + 2 * DAY_MS:
                    break
            assert here.venue.state.hour_ms == AT_MS + 2 * DAY_MS

    asyncio.run(story())
