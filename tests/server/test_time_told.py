"""The time that is told never runs backwards, whatever happens to the machine's clock, and to the venue.

Each way in which an answer or a message tells of the time, at three speeds; the machine's clock is set while the
venue runs, and while it is down after it was killed. A killed venue is what its disk had when the answer came.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest

from tallystick.server.ws.message import Message
from tallystick.venue.clock import AHEAD_MS, Clock, Mode
from tallystick.venue.present import Present
from tests.server.harness import AT_MS, World, iso, world
from tests.server.test_giving_way import Ear
from tests.venue.machine import HandMachine

HOUR_S = 3_600
HOUR_MS = 3_600_000
PACES: tuple[tuple[Mode, int], ...] = (("real", 1), ("real", 600), ("frozen", 1))
IDLE_S = 30.05
FORWARD = {"putting it forward": 10 * HOUR_MS, "advancing": 12 * HOUR_MS}
"""Tellings of a clock that was put forward, and by how much at most."""
HALF_MS = 150_000
"""A price is due each half of five minutes; who comes in is there before what is overdue then."""
LIMIT = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "100", "sz": "0.001"}


async def _control(here: World, method: Literal["GET", "POST"], path: str, body: Any = None) -> int:
    told: int = (await here.control(method, path, body)).json()["now_ms"]
    return told


async def _in_time(here: World, body: object) -> int:
    """The time a request came in, which a refused one bears too."""
    answer = (await here.signed("POST", "/api/v5/trade/order", body)).json()
    return int(answer["inTime"]) // 1_000


async def _public_time(here: World) -> int:
    return int((await here.ask("GET", "/api/v5/public/time")).json()["data"][0]["ts"])


async def _order_time(here: World) -> int:
    return int((await here.signed("POST", "/api/v5/trade/order", LIMIT)).json()["data"][0]["ts"])


async def _out_time(here: World) -> int:
    answer = (await here.signed("POST", "/api/v5/trade/batch-orders", [LIMIT, LIMIT])).json()
    return int(answer["outTime"]) // 1_000


async def _ticker_time(here: World) -> int:
    return int((await here.ask("GET", "/api/v5/market/ticker?instId=BTC-USDT")).json()["data"][0]["ts"])


async def _push_time(here: World) -> int:
    """An empty book tells its time to whoever comes."""
    messages: list[Message] = []
    ear = Ear()

    def push(message: Message, channel: str = "") -> None:
        messages.append(message)

    ear.push = push  # type: ignore[method-assign]
    ear.listen(here)
    # What was put before is durable, and so the news of it is out.
    await here.venue.query(lambda state, now_ms: None)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    sent = [msgspec.json.decode(message.text) for message in messages]
    return max(int(row["ts"]) for said in sent for row in said["data"])


TELLINGS: dict[str, Callable[[World], Awaitable[int]]] = {
    "public/time": _public_time,
    "an order": _order_time,
    "an order in": lambda here: _in_time(here, LIMIT),
    "a refused order in": lambda here: _in_time(here, LIMIT | {"sz": "0"}),
    "a list of orders out": _out_time,
    "a ticker": _ticker_time,
    "a push": _push_time,
    "clock": lambda here: _control(here, "GET", "clock"),
    "health": lambda here: _control(here, "GET", "health"),
    "setting the speed": lambda here: _control(here, "POST", "clock", {"speed": 3}),
    "freezing": lambda here: _control(here, "POST", "clock", {"mode": "frozen"}),
    "putting it forward": lambda here: _control(here, "POST", "clock", {"at": iso(AT_MS + 10 * HOUR_MS)}),
    "advancing": lambda here: _control(here, "POST", "clock/advance", {"by": "90m"}),
    "a reset": lambda here: _control(here, "POST", "reset"),
}


def after_a_kill(telling: str, mode: Mode, speed: int, folder: Path, back_s: float) -> None:
    """The venue has been idle when it tells the time; then it is killed, and its machine's clock is set back."""
    killed = folder / "killed"

    async def story() -> None:
        machine = HandMachine(AT_MS)
        async with world(folder=folder / "first", mode=mode, speed=speed, machine=machine) as here:
            machine.pass_s(IDLE_S)
            told_ms = await TELLINGS[telling](here)
            now = here.venue.clock
            shutil.copytree(folder / "first", killed)
        machine.set_wall(-back_s)
        machine.pass_s(0.2)
        async with world(folder=killed, mode=now[0], speed=now[1], machine=machine) as again:
            assert await _public_time(again) >= told_ms
            assert await _order_time(again) >= told_ms
            # And it goes on, at its pace, from what was kept: a second of the machine's ahead at most.
            machine.pass_s(2)
            last_ms = await _public_time(again)
            assert last_ms >= told_ms + (1_000 * now[1] if now[0] == "real" else 0)
            if telling not in FORWARD:
                assert last_ms <= AT_MS + ((IDLE_S + 0.2 + 2) * 1_000 + AHEAD_MS) * max(speed, now[1])

    asyncio.run(story())


@pytest.mark.parametrize(("mode", "speed"), PACES)
@pytest.mark.parametrize("telling", TELLINGS)
def test_what_was_told_is_the_least_after_a_kill(telling: str, mode: Mode, speed: int, tmp_path: Path) -> None:
    after_a_kill(telling, mode, speed, tmp_path, HOUR_S)


@pytest.mark.parametrize("telling", ["public/time", "a refused order in", "a push", "clock"])
def test_a_promise_that_is_not_kept_is_caught(telling: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: the time is told, and nobody writes it down."""
    monkeypatch.setattr(Present, "may_be_told", lambda present, at_ms: True)
    with pytest.raises(AssertionError):
        after_a_kill(telling, "real", 1, tmp_path, HOUR_S)


@pytest.mark.parametrize(("mode", "speed"), PACES)
@pytest.mark.parametrize("by_s", [-HOUR_S, -5, 5, HOUR_S])
def test_time_goes_on_as_if_nobody_had_set_the_machines_clock(mode: Mode, speed: int, by_s: int) -> None:
    async def story() -> None:
        machine = HandMachine(AT_MS)
        async with world(mode=mode, speed=speed, machine=machine) as here:
            for passed in range(3):
                assert await _public_time(here) == AT_MS + (1_000 * passed * speed if mode == "real" else 0)
                machine.set_wall(by_s)
                machine.pass_s(1)

    asyncio.run(story())


@pytest.mark.parametrize(("mode", "speed"), PACES)
@pytest.mark.parametrize("by_s", [-HOUR_S, -5, 5, HOUR_S])
def test_a_machine_whose_clock_is_set_changes_no_time_that_is_told(mode: Mode, speed: int, by_s: int) -> None:
    """Every way of telling, one after the other; before each the machine's clock is set. A reset begins time anew."""

    async def story() -> None:
        machine = HandMachine(AT_MS)
        async with world(mode=mode, speed=speed, machine=machine) as here:
            last_ms = AT_MS
            for name, telling in TELLINGS.items():
                going, pace = here.venue.clock
                machine.set_wall(by_s)
                machine.pass_s(0.1)
                told_ms = await telling(here)
                if name == "a reset":
                    assert told_ms == AT_MS, "a frozen clock goes back to the first start"
                    continue
                assert told_ms >= last_ms, name
                most_ms = FORWARD.get(name, 0) + (100 * pace + HALF_MS * (pace > 1) if going == "real" else 0)
                assert told_ms <= last_ms + most_ms, name
                last_ms = told_ms

    asyncio.run(story())


@pytest.mark.parametrize(("mode", "speed"), PACES)
def test_a_clean_stop_keeps_the_very_time(mode: Mode, speed: int, tmp_path: Path) -> None:
    async def story() -> None:
        machine = HandMachine(AT_MS)
        async with world(folder=tmp_path / "data", mode=mode, speed=speed, machine=machine) as here:
            machine.pass_s(7)
            told_ms = await _public_time(here)
        machine.set_wall(-HOUR_S)
        async with world(folder=tmp_path / "data", mode=mode, speed=speed, machine=machine) as again:
            assert await _public_time(again) == told_ms

    asyncio.run(story())


def test_rate_limits_do_not_open_when_the_machine_is_set() -> None:
    """They run on the venue's clock, which the machine's does not move."""

    async def story() -> None:
        machine = HandMachine(AT_MS)
        async with world(limits="exact", mode="real", machine=machine) as here:
            target = "/api/v5/trade/one-click-repay-history-v2"
            assert (await here.signed("GET", target)).code == "0"
            for by_s in (HOUR_S, -2 * HOUR_S):
                machine.set_wall(by_s)
                assert (await here.signed("GET", target)).code == "50011"
            machine.pass_s(2)
            assert (await here.signed("GET", target)).code == "0"

    asyncio.run(story())


def test_who_signs_with_either_clock_is_in_time() -> None:
    """The machine's clock was set an hour ahead: its own clients sign with that one, others with the right time."""

    async def story() -> None:
        machine = HandMachine(AT_MS)
        async with world(mode="real", machine=machine) as here:
            here.services.wall_ms = machine.wall_ms  # type: ignore[method-assign]
            machine.set_wall(HOUR_S)
            for at_ms, code in (
                (AT_MS, "0"),
                (AT_MS + HOUR_MS, "0"),
                (AT_MS + HOUR_MS // 2, "50102"),
                (AT_MS - HOUR_MS, "50102"),
            ):
                target = "/api/v5/account/balance"
                headers = here.headers(here.alice, "GET", target, at_ms=at_ms)
                pairs = [(name.encode(), str(value).encode()) for name, value in headers.items()]
                assert (await here.ask("GET", target, pairs)).code == code

    asyncio.run(story())


def test_a_clock_that_hangs_on_the_machines_time_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: between its anchors the clock follows the wall, as it once did."""
    monkeypatch.setattr(Clock, "_steady_ns", lambda clock: clock.machine.wall_ms() * 1_000_000)
    for by_s in (-5, HOUR_S):
        with pytest.raises(AssertionError):
            test_time_goes_on_as_if_nobody_had_set_the_machines_clock("real", 600, by_s)
