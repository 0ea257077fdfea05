"""Whose turn it is: a round of the loop is bounded by time, and who has used least goes first.

Time is that of a clock by hand, which goes on when something costly is done: no busy computer changes what is seen.
"""

from __future__ import annotations

import asyncio
import functools
import random
from collections.abc import Callable
from contextlib import suppress
from heapq import heappush
from typing import Any

import pytest

from tallystick.server import door, protocol, turns
from tallystick.server.connections import COSTLY_MAX
from tallystick.server.protocol import Connection
from tallystick.server.turns import COSTLY_SECONDS, ROUND_SECONDS, TURNS_PER_ROUND, Entry, Turns
from tallystick.server.ws import protocol as ws_protocol
from tests.server.harness import Socket, over_socket
from tests.server.test_raw_http import HOST, TIME, until

CANDLES_SECONDS = 0.005
"""A page of 300 candles, or up to a tenth less: no two take the same time."""
COSTLY = b"GET /api/v5/market/history-candles?instId=BTC-USDT&limit=300 HTTP/1.1\r\n" + HOST + b"\r\n"
GET = TIME + b"\r\n"
ASKED = 12
WORST_SECONDS = 4 * (ROUND_SECONDS + CANDLES_SECONDS)
"""The round under way, that in which it is read, that of its turn, and one for good measure: each ends with the work
that is under way when its time is over."""


class Hand:
    """A clock that goes on by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        for module in (turns, door, protocol, ws_protocol):
            monkeypatch.setattr(module, "stopwatch", lambda: self.now)

    def works(self, seconds: float) -> None:
        self.now += seconds


class Owner:
    used = 0.0
    gone = False


def little() -> float:
    return 0.0


@pytest.fixture
def hand(monkeypatch: pytest.MonkeyPatch) -> Hand:
    return Hand(monkeypatch)


# ---- the line


def in_line(story: Callable[[Turns], Any]) -> None:
    async def run() -> None:
        await story(Turns(asyncio.get_running_loop()))

    asyncio.run(run())


@pytest.mark.parametrize(
    ("seconds", "turns_in_a_round"),
    [(0.0, TURNS_PER_ROUND), (0.3 * ROUND_SECONDS, 4), (1.01 * ROUND_SECONDS, 1), (100 * ROUND_SECONDS, 1)],
)
def test_a_round_ends_when_its_time_is_over_and_has_one_turn_at_least(
    hand: Hand, seconds: float, turns_in_a_round: int
) -> None:
    async def story(line: Turns) -> None:
        waiting = 2 * TURNS_PER_ROUND
        for _ in range(waiting):
            line.ask(Owner(), lambda: hand.works(seconds), little)
        left = []
        while line.line:
            await asyncio.sleep(0)
            left.append(len(line.line))
        assert left == [max(waiting - turns_in_a_round * number, 0) for number in range(1, len(left) + 1)]

    in_line(story)


def test_what_a_turn_lets_go_on_counts_too(hand: Hand) -> None:
    async def story(line: Turns) -> None:
        for _ in range(6):
            line.ask(Owner(), lambda: None, lambda: 0.4 * ROUND_SECONDS)
        await asyncio.sleep(0)
        assert len(line.line) == 4

    in_line(story)


def test_who_asks_again_goes_behind_the_others_by_what_it_took(hand: Hand) -> None:
    """One whose turns take three times as long has a third of them."""

    async def story(line: Turns) -> None:
        order: list[str] = []

        def asks(name: str, owner: Owner, seconds: float) -> None:
            def go_on() -> None:
                order.append(name)
                hand.works(seconds)
                asks(name, owner, seconds)

            line.ask(owner, go_on, lambda: seconds)

        asks("a", Owner(), 0.003)
        asks("b", Owner(), 0.001)
        await until(lambda: len(order) >= 40)
        assert 9 <= order[:40].count("a") <= 11
        line.line.clear()

    in_line(story)


def test_who_comes_late_has_saved_nothing_up_and_owes_nothing(hand: Hand) -> None:
    async def story(line: Turns) -> None:
        alone, late = Owner(), Owner()
        for _ in range(1_000):
            line.charge(alone, 0.001, 0.0)
        assert not line.line
        order: list[str] = []

        def work(name: str) -> None:
            order.append(name)
            hand.works(0.001)

        for _ in range(3):
            line.ask(alone, lambda: work("alone"), little)
            line.ask(late, lambda: work("late"), little)
        await until(lambda: not line.line)
        assert sorted(order[:3]) != ["late"] * 3, "a second of another is not a second for it"
        assert late.used >= 0.998

    in_line(story)


def test_the_time_of_a_round_that_is_over_makes_others_wait_until_the_next(hand: Hand) -> None:
    async def story(line: Turns) -> None:
        assert not line.busy
        line.charge(Owner(), ROUND_SECONDS, 0.0)
        assert line.busy
        await line.turn(Owner(), little)
        assert not line.busy

    in_line(story)


def test_what_the_system_took_away_is_not_counted(hand: Hand) -> None:
    """Nor is it for a request that was interrupted once: three in a row have to take long."""

    async def story(socket: Socket) -> None:
        turns, owner = socket.everybody.turns, Owner()
        turns.charge(owner, 1.0, 0.0)
        assert owner.used <= COSTLY_SECONDS
        turns.charge(owner, 1.0, 0.9)
        assert owner.used >= 1.0
        everybody = socket.everybody
        for seconds, expected in ((0.02, 0.0), (0.03, 0.0), (0.04, 0.02), (0.05, 0.03), (0.0, 0.0), (0.06, 0.0)):
            everybody.learn(b"/path", seconds)
            assert everybody.expected_seconds(b"/path") == expected

    over_socket(story)


def test_what_is_known_of_paths_is_bounded() -> None:
    async def story(socket: Socket) -> None:
        for number in range(3 * COSTLY_MAX):
            socket.everybody.learn(b"/%d" % number, 1.0)
            assert len(socket.everybody.costly) <= COSTLY_MAX

    over_socket(story)


def test_where_more_is_known_by_its_turn_it_waits_for_those_who_ask_for_less(hand: Hand) -> None:
    async def story(line: Turns) -> None:
        order: list[str] = []
        known = 0.0
        for _ in range(3):
            line.ask(Owner(), lambda: order.append("costly"), lambda: known)
        line.ask(Owner(), lambda: order.append("cheap"), little)
        known = 0.001
        await until(lambda: not line.line)
        assert order == ["cheap", "costly", "costly", "costly"]

    in_line(story)


def test_a_bug_in_a_turn_is_told_and_the_others_have_theirs(hand: Hand, caplog: pytest.LogCaptureFixture) -> None:
    async def story(line: Turns) -> None:
        done: list[int] = []

        def work(number: int) -> None:
            done.append(1 // number)

        for number in range(3 * TURNS_PER_ROUND):
            line.ask(Owner(), functools.partial(work, number), little)
        await until(lambda: not line.line)
        assert len(done) == 3 * TURNS_PER_ROUND - 1
        assert caplog.messages == ["a bug, in a turn"]
        line.ask(Owner(), done.clear, little)
        await until(lambda: not done)

    in_line(story)


def test_those_who_are_gone_cost_nobody_a_turn(hand: Hand) -> None:
    async def story(line: Turns) -> None:
        order: list[str] = []
        for number in range(1_000):
            owner = Owner()
            owner.gone = number > 0
            line.ask(owner, lambda: order.append("gone"), lambda: ROUND_SECONDS)
        line.ask(Owner(), lambda: order.append("here"), lambda: 2 * ROUND_SECONDS)
        for _ in range(2):
            await asyncio.sleep(0)
        assert order[-1] == "here"
        assert not line.line

    in_line(story)


def test_the_line_keeps_no_more_who_are_gone_than_who_are_here(hand: Hand) -> None:
    async def story(line: Turns) -> None:
        line._round_comes = True
        let_go_on: list[Owner] = []
        for _ in range(TURNS_PER_ROUND):
            line.ask(Owner(), lambda: let_go_on.append(Owner()), little)
        for number in range(20 * TURNS_PER_ROUND):
            owner = Owner()
            line.ask(owner, functools.partial(let_go_on.append, owner), little)
            owner.gone = True
            line.forget()
            assert len(line.line) <= 3 * TURNS_PER_ROUND
            assert len(let_go_on) + len(line.line) == TURNS_PER_ROUND + number + 1, "each is let go on"
        assert all(owner.gone for owner in let_go_on)
        places = [place[:2] for place in line.line]
        assert all(places[(child - 1) // 2] <= places[child] for child in range(1, len(places)))

    in_line(story)


# ---- floods


def costly(socket: Socket, hand: Hand) -> None:
    """From now on a page of candles takes its time."""
    answer, draw = socket.world.app.answer, random.Random(1)

    async def slowly(request: Any) -> Any:
        if request.path == b"/api/v5/market/history-candles":
            hand.works(CANDLES_SECONDS * draw.uniform(0.9, 1))
            return 200, b"{}", []
        return await answer(request)

    socket.world.app.answer = slowly  # type: ignore[method-assign]


async def pipelines(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """As much as is taken, over and over."""
    while True:
        writer.write(COSTLY * 30)
        for _ in range(30):
            await reader.readuntil(b"{}")


async def asks_one_by_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(COSTLY)
        await reader.readuntil(b"{}")


FLOODS = {"pipelined": pipelines, "one by one": asks_one_by_one}


async def longest_wait(socket: Socket, hand: Hand, flood: Callable[..., Any], clients: int) -> float:
    """Seconds of the clock by hand that a client which asks now and then waits at most, beside so many that flood."""
    costly(socket, hand)
    reader, writer = await socket.open()
    flooding = [await socket.open() for _ in range(clients)]
    floods = [asyncio.create_task(flood(*ends)) for ends in flooding]
    began, most = hand.now, 0.0
    await until(lambda: hand.now - began > CANDLES_SECONDS * clients)
    for _ in range(ASKED):
        began = hand.now
        writer.write(GET)
        await asyncio.wait_for(reader.readuntil(b"]}"), 60)
        most = max(most, hand.now - began)
        # Now and then: others have some rounds meanwhile.
        await until(lambda began=hand.now: hand.now - began > 3 * CANDLES_SECONDS)
    for one in floods:
        one.cancel()
    for one in floods:
        with suppress(asyncio.CancelledError):
            await one
    for _, end in (*flooding, (reader, writer)):
        end.close()
    return most


@pytest.mark.parametrize("clients", [50, 250])
@pytest.mark.parametrize("flood", FLOODS)
def test_a_client_that_asks_once_hardly_waits_for_those_who_always_ask(flood: str, clients: int, hand: Hand) -> None:
    async def story(socket: Socket) -> None:
        assert await longest_wait(socket, hand, FLOODS[flood], clients) <= WORST_SECONDS

    over_socket(story)


def turns_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it once was: eight turns a round, first come first served, and what is first of a read is done at once."""

    def ask(line: Turns, owner: Any, go_on: Any, expected: Any) -> None:
        if not line._round_comes:
            line._round_comes = True
            line.loop.call_soon(line._round)
        entry = Entry(owner, go_on, little, next(line._numbers))
        entry.used = float("inf")
        heappush(line.line, (0.0, entry.number, entry))

    whole = Connection.read_on

    def read_on(connection: Connection) -> Any:
        if connection.active is not None and not connection.active.in_line:
            connection.begin()
        return whole(connection)

    monkeypatch.setattr(turns, "ROUND_SECONDS", 1e9)
    monkeypatch.setattr(turns, "TURNS_PER_ROUND", 8)
    monkeypatch.setattr(Connection, "read_on", read_on)
    monkeypatch.setattr(Turns, "ask", ask)


@pytest.mark.parametrize("flood", FLOODS)
def test_where_turns_are_counted_it_waits_for_all_of_them(
    flood: str, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(socket: Socket) -> None:
        turns_are_counted(monkeypatch)
        assert await longest_wait(socket, hand, FLOODS[flood], 50) > 2 * WORST_SECONDS

    over_socket(story)
