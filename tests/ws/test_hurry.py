"""Streams of a venue whose time goes faster than that of those who listen: gathered, bounded, and right in the end."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from tallystick.server.ws import hub as hubs
from tallystick.server.ws.message import Message
from tests.server.harness import AT_MS, World, world
from tests.server.test_giving_way import LOOKS, Ear, in_a_hurry
from tests.venue.machine import HandMachine

SPEED = 40_000
PRICE_S = 150
"""Prices of the default market move every 150 seconds of the venue."""
MOVE_S = PRICE_S / SPEED


class Listener(Ear):
    """Keeps what it hears."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[Message] = []

    def push(self, message: Message, channel: str = "") -> None:
        self.messages.append(message)

    def of(self, channel: str, coin: str = "BTC") -> list[dict[str, Any]]:
        """The rows of one channel, oldest first."""
        told = [msgspec.json.decode(message.text) for message in self.messages]
        arg = {"channel": channel, "instId": f"{coin}-USDT"}
        return [row for said in told if said["arg"] == arg for row in said["data"]]


async def told(here: World) -> None:
    """Wait until what was pushed has been let go."""
    await here.venue.query(lambda state, now_ms: None)
    for _ in range(5):
        await asyncio.sleep(0)


async def last_price(here: World) -> str:
    answer = (await here.ask("GET", "/api/v5/market/ticker?instId=BTC-USDT")).json()
    return str(answer["data"][0]["last"])


def test_what_changes_faster_than_anyone_can_look_is_gathered() -> None:
    """Forty prices in 150 ms of the machine: each is in the journal, and four are told, the last one last."""

    async def story() -> None:
        machine = HandMachine(AT_MS)
        async with world(mode="real", speed=SPEED, machine=machine) as here:
            # The loop's own timer stands still for the test: only the machine's time counts.
            here.app.sockets.hub._wake_in = lambda wait_s: None  # type: ignore[method-assign]
            ear = Listener()
            ear.listen(here)
            await told(here)
            ear.messages.clear()
            seq = here.venue.state.seq
            for _ in range(40):
                machine.pass_s(MOVE_S)
                await told(here)
            assert here.venue.state.seq >= seq + 40
            assert 3 <= len(ear.of("tickers")) <= 5
            await here.venue.set_clock("frozen")
            await told(here)
            assert ear.of("tickers")[-1]["last"] == await last_price(here)

    asyncio.run(story())


def test_at_the_real_speed_and_while_the_clock_stands_still_nothing_is_held_back() -> None:
    async def story() -> None:
        for mode in ("real", "frozen"):
            machine = HandMachine(AT_MS)
            async with world(mode=mode, machine=machine) as here:
                ear = Listener()
                ear.listen(here)
                await told(here)
                ear.messages.clear()
                for number in range(4):
                    if mode == "real":
                        machine.pass_s(PRICE_S)
                        await told(here)
                    else:
                        await here.venue.advance(by_ms=PRICE_S * 1_000)
                        await told(here)
                    assert len(ear.of("tickers")) == number + 1

    asyncio.run(story())


def test_many_streams_due_at_once_are_looked_at_in_slices() -> None:
    async def story(here: World, ear: Ear) -> None:
        hub = here.app.sockets.hub
        await here.venue.set_clock("frozen")
        await told(here)
        looks: list[int] = []
        look, changed = hub._look, hub._changed

        def counting_look(*given: Any) -> None:
            looks.append(0)
            look(*given)

        def counting_change(*given: Any) -> Any:
            looks[-1] += 1
            return changed(*given)

        hub._look, hub._changed = counting_look, counting_change  # type: ignore[method-assign, assignment]
        for stream in hub.streams.values():
            stream.dirty = True
        hub.clock_moved()
        for _ in range(100_000):
            if not any(stream.dirty for stream in hub.streams.values()):
                break
            await asyncio.sleep(0)
        assert sum(looks) == len(hub.streams) == 50
        assert max(looks) <= LOOKS

    in_a_hurry(story)


def test_an_entry_of_many_streams_tells_some_at_once_and_the_rest_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten instruments move at the full hour, and with them 50 streams; all is told in the end, each change once."""
    monkeypatch.setattr(hubs, "TOLD_AT_ONCE", 12)

    async def story() -> None:
        async with world(at_ms=AT_MS - PRICE_S * 1_000) as here:
            ear = Listener()
            ear.listen(here)
            await told(here)
            ear.messages.clear()
            at_once: list[int] = []
            entry = here.app.sockets.hub.entry

            def counting(*given: Any) -> Any:
                before = sum(stream.dirty for stream in here.app.sockets.hub.streams.values())
                release = entry(*given)
                after = sum(stream.dirty for stream in here.app.sockets.hub.streams.values())
                at_once.append(after - before)
                return release

            here.app.sockets.hub.entry = counting  # type: ignore[method-assign, assignment]
            await here.venue.advance(by_ms=PRICE_S * 1_000)
            for _ in range(100_000):
                if not any(stream.dirty for stream in here.app.sockets.hub.streams.values()):
                    break
                await asyncio.sleep(0)
            await told(here)
            # At the full hour there is a price for each of ten instruments, with five streams each.
            assert max(at_once) == 50 - 12
            for coin in ("BTC", "ETH", "SOL", "DOGE", "DOT", "LTC", "OKB", "ADA", "AVAX"):
                assert len(ear.of("tickers", coin)) == 1
                assert len(ear.of("books", coin)) == 1

    asyncio.run(story())


def test_the_planted_bug_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every change told at once, however fast time goes."""
    monkeypatch.setattr(hubs.Hub, "_gathers", lambda hub, stream, at_ms: False)
    with pytest.raises(AssertionError):
        test_what_changes_faster_than_anyone_can_look_is_gathered()
