"""Prices of the recording: which of a command's prices move the market, and what is in force afterwards."""

from __future__ import annotations

from tallystick.engine import commands as c
from tallystick.engine import transient
from tallystick.engine.amounts import ONE
from tallystick.engine.events import MarketMoved
from tallystick.engine.listing import ListCoins
from tallystick.engine.prices import QUOTED_MAX
from tests.engine.driver import Driver, atoms
from tests.engine.setups import of_kind
from tests.engine.test_listing import coin, pair

BTC, ETH, XRP = "BTC-USDT", "ETH-USDT", "XRP-USDT"


def moved(driver: Driver, ranges: tuple[int, ...] = (), **prices: str) -> tuple[str, ...]:
    """Instruments that recorded prices move."""
    command = c.MoveMarket(
        instruments=tuple(f"{ccy}-USDT" for ccy in prices), prices=tuple(map(atoms, prices.values())), ranges=ranges
    )
    (event,) = of_kind(driver.do(command), MarketMoved) or [MarketMoved(instruments=(), prices=())]
    assert set(event.instruments) <= set(command.instruments)
    return event.instruments


def test_each_price_counts_from_its_moment_on_and_the_last_trade_is_cut_to_the_tick() -> None:
    """The tick of BTC is 0.1 and that of ETH 0.01. A move without ranges leaves those in force."""
    driver = Driver()
    assert moved(driver, (ONE // 100, ONE // 50), BTC="60000.16", ETH="3000.019") == (BTC, ETH)
    bitcoin, ether = driver.state.markets[BTC], driver.state.markets[ETH]
    assert (bitcoin.recorded, bitcoin.index, bitcoin.last) == (atoms("60000.16"), atoms("60000.16"), atoms("60000.1"))
    assert (ether.index, ether.last, ether.range_rate) == (atoms("3000.019"), atoms("3000.01"), ONE // 50)
    driver.at_ms += 75_000
    assert moved(driver, BTC="61000", ETH="3000.019") == (BTC, ETH)
    assert (bitcoin.index, bitcoin.priced_at_ms, bitcoin.range_rate) == (atoms("61000"), driver.at_ms, ONE // 100)
    assert ether.priced_at_ms == driver.at_ms


def test_only_an_index_that_changes_is_noted_as_changed() -> None:
    driver = Driver()
    moved(driver, BTC="60000", ETH="3000")
    before = transient.of(driver.state).index_changes
    moved(driver, BTC="60000", ETH="3000")
    assert transient.of(driver.state).index_changes == before
    moved(driver, BTC="60000", ETH="3001")
    assert transient.of(driver.state).index_changes > before


def test_a_price_set_by_hand_stays_until_it_is_released() -> None:
    """The same instruments move before, meanwhile and afterwards."""
    driver = Driver()
    assert moved(driver, BTC="60000", ETH="3000") == (BTC, ETH)
    driver.price(BTC, "50000")
    assert moved(driver, BTC="60001", ETH="3001") == (ETH,)
    assert driver.state.markets[BTC].index == atoms("50000")
    driver.do(c.ReleaseMarket(instrument=BTC))
    assert moved(driver, BTC="60002", ETH="3002") == (BTC, ETH)
    assert driver.state.markets[BTC].index == atoms("60002")


def test_a_pair_moves_once_it_is_listed() -> None:
    driver = Driver()
    assert moved(driver, BTC="60000", XRP="0.5") == (BTC,)
    driver.do(ListCoins(currencies=(coin(driver),), instruments=(pair(driver),)))
    assert moved(driver, BTC="60001", XRP="0.6") == (BTC, XRP)
    assert moved(driver, BTC="60002", XRP="0.7") == (BTC, XRP)
    assert driver.state.markets[XRP].index == atoms("0.7")


def test_nothing_moves_by_no_price() -> None:
    driver = Driver()
    assert driver.do(c.MoveMarket(instruments=(), prices=())) == []
    assert moved(driver, BTC="60000", ETH="3000") == (BTC, ETH)
    assert moved(driver, BTC="0", ETH="3001") == (ETH,)
    assert moved(driver, BTC="0", ETH="0") == ()
    assert driver.state.markets[BTC].index == atoms("60000")


def test_what_is_kept_of_instruments_that_move_together_is_bounded() -> None:
    driver = Driver()
    names = list(driver.state.parameters.instruments)[:7]
    for group in range(1, 2 * QUOTED_MAX):
        some = tuple(name for place, name in enumerate(names) if group >> place & 1)
        for _ in range(2):
            driver.do(c.MoveMarket(instruments=some, prices=tuple(ONE + group for _ in some)))
        assert len(transient.of(driver.state).quoted) <= QUOTED_MAX
    assert driver.state.markets[names[0]].index == ONE + 2 * QUOTED_MAX - 1
