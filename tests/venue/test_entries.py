"""Entries of new prices: what they leave out is found again, and a day of them is small."""

from __future__ import annotations

import asyncio

import pytest

from tallystick.engine.amounts import ONE
from tallystick.engine.amounts import atoms_from_text as atoms
from tallystick.engine.commands import MoveMarket, PlaceOrder, ReleaseMarket, SetPrices
from tallystick.engine.events import MarketMoved
from tallystick.engine.state import State
from tallystick.store.api import Entry, seal
from tallystick.store.memory import MemoryStore
from tallystick.venue import schedule
from tallystick.venue.entries import command_of, encode_command, encode_events, events_of
from tests.engine.driver import Driver
from tests.venue.world import START_MS, default_feed, running

MOVE = MoveMarket(instruments=("BTC-USDT", "ETH-USDT"), prices=(60_000_100_000, 3_000_000_000), decimals=6)
DAY_MS = 86_400_000
HALF_MS = 150_000
"""Time between two prices of the default market, half a candle."""


def entry_of(driver: Driver) -> Entry:
    stamp, command, events = driver.entries[-1]
    return seal(b"", stamp.seq, stamp.at_ms, encode_command(command), encode_events(command, events))


def priced() -> Driver:
    driver = Driver()
    driver.do(MOVE)
    return driver


def test_an_event_that_says_no_more_than_its_command_is_left_out() -> None:
    driver = priced()
    entry = entry_of(driver)
    assert entry.command == b'["MoveMarket",["BTC-USDT","ETH-USDT"],[60000100000,3000000000],[],6]'
    assert entry.events == b"[]"
    assert command_of(entry) == MOVE
    assert events_of(entry) == driver.entries[-1][2]
    assert driver.state.markets["BTC-USDT"].index == atoms("60000.1")


def test_what_follows_it_is_stored() -> None:
    driver = priced()
    driver.user(1, USDT="1000")
    driver.do(
        PlaceOrder(user_id=1, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.01"), price=atoms("50000"))
    )
    events = driver.do(MoveMarket(instruments=("BTC-USDT",), prices=(40_000 * ONE,)))
    entry = entry_of(driver)
    assert [type(event).__name__ for event in events] == ["MarketMoved", "OrderFilled", "OrderClosed"]
    assert entry.events.startswith(b'[["OrderFilled",')
    assert events_of(entry) == events


def test_an_event_that_says_less_than_its_command_is_stored() -> None:
    driver = priced()
    driver.price("ETH-USDT", "2000")
    events = driver.do(MOVE)
    entry = entry_of(driver)
    assert entry.events == b'[["MarketMoved",["BTC-USDT"],[60000100000],[],6]]'
    assert events_of(entry) == events
    assert driver.state.markets["ETH-USDT"].index == 2_000 * ONE


@pytest.mark.parametrize("ranges", [(5, 7), ()])
def test_an_event_that_says_something_else_is_stored(ranges: tuple[int, ...]) -> None:
    """No engine without a bug gives this: the journal says what happened, not what should have."""
    wrong = MarketMoved(instruments=MOVE.instruments, prices=(1, 2), ranges=ranges, decimals=6)
    assert b'"MarketMoved"' in encode_events(MOVE, [wrong])


# ---- the day


def played(hold: bool) -> tuple[list[Entry], list[str]]:
    """Entries of a day, and hashes of the state in the middle of a candle of it and at its end.

    With `hold` BTC is held by hand from an earlier candle until a point before that moment.
    """

    async def story() -> tuple[list[Entry], list[str]]:
        store = MemoryStore()
        async with running(store, feed=default_feed(START_MS), seeds=()) as venue:
            begun, hashes = venue.state.seq, []
            await venue.advance(by_ms=3 * HALF_MS + 1)
            if hold:
                await venue.submit(SetPrices(prices=(("BTC-USDT", 40_000 * ONE),)))
            await venue.advance(by_ms=HALF_MS)
            if hold:
                await venue.submit(ReleaseMarket(instrument="BTC-USDT"))
            for to_ms in (START_MS + 5 * HALF_MS, START_MS + DAY_MS):
                await venue.advance(to_ms=to_ms)
                hashes.append((await venue.state_hash())[1])
            return list(store.entries(begun)), hashes

    return asyncio.run(story())


def test_a_day_of_the_default_market_is_200_kb_at_most() -> None:
    """24 prices an hour and the hour itself make 600 entries."""
    entries, _ = played(hold=False)
    assert sum(len(entry.command) + len(entry.events) + len(entry.hash) for entry in entries) <= 200_000
    assert len(entries) == 600


@pytest.mark.parametrize("hold", [False, True])
def test_ranges_that_stay_are_left_out_and_the_market_is_the_same(hold: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    short, hashes = played(hold)
    monkeypatch.setattr(schedule, "_changed", lambda state, move: move)
    whole, same = played(hold)
    assert hashes == same
    assert sum(len(entry.command) for entry in short) < 0.85 * sum(len(entry.command) for entry in whole)


def test_the_comparison_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranges only at the first point of a candle, whatever is in force: wrong where that point met a price by hand."""
    free, held = played(hold=False)[1], played(hold=True)[1]

    def planted(state: State, move: MoveMarket) -> MoveMarket:
        first = state.at_ms % (2 * HALF_MS) >= HALF_MS or state.at_ms % 3_600_000 == 0
        return move if first else MoveMarket(instruments=move.instruments, prices=move.prices, decimals=move.decimals)

    monkeypatch.setattr(schedule, "_changed", planted)
    assert played(hold=False)[1] == free
    assert played(hold=True)[1][0] != held[0]


def test_a_price_with_more_decimals_is_stored_whole() -> None:
    exact = MoveMarket(instruments=("BTC-USDT",), prices=(60_000 * ONE + 1,))
    driver = Driver()
    driver.do(exact)
    assert driver.state.markets["BTC-USDT"].index == 60_000 * ONE + 1
    assert command_of(entry_of(driver)) == exact
