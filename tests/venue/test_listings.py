"""Numbers of one's own from TOML: what is new is listed, what is there is changed, and prices are set by hand."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tallystick.engine import commands as c
from tallystick.engine import core, prices
from tallystick.engine.amounts import ONE, atoms_from_text
from tallystick.engine.listing import ListCoins
from tallystick.store.api import StoreError
from tallystick.venue import boot, listings
from tallystick.venue.own import Own, Refused
from tallystick.venue.parameters import load_parameters
from tallystick.venue.settings import BadValue
from tests.venue.world import START_MS

XRP = """
[currencies.XRP]
discount_tiers = [["100000", "0.9"], ["200000", "0.8"]]
margin_tiers = [["50000", "0.05", "0.2"]]
quota = "20000"
pool = "1000000"
loan_max = "50000"

[instruments.XRP-USDT]
tick = "0.0001"
lot = "0.000001"

[currencies.BTC]
quota = "3"

[constants]
taker_fee = "0.002"

[prices]
XRP-USDT = "0.5"
"""
DOT_BY_BRIDGE = """
[currencies.BRG]
[instruments.BRG-USDC]
tick = "0.001"
lot = "0.001"
[prices]
BRG-USDC = "2"
"""


def commands(text: str) -> tuple[c.Command, ...]:
    return listings.commands_of(listings.numbers_of(text), load_parameters())


def test_a_file_gives_a_listing_changes_and_prices() -> None:
    listing, changes, set_prices = commands(XRP)
    assert isinstance(listing, ListCoins)
    (coin,), (pair,) = listing.currencies, listing.instruments
    assert (coin.ccy, coin.quota, coin.pool, coin.loan_max) == ("XRP", 20_000 * ONE, 10**6 * ONE, 50_000 * ONE)
    assert (coin.borrowable, coin.loanable, coin.collateral, coin.decimals) == (True, True, True, 8)
    assert (pair.base_ccy, pair.quote_ccy, pair.min_size, pair.depth_quote) == ("XRP", "USDT", 10**12, 10**6 * ONE)
    assert changes == c.ChangeParameters(
        settings=(
            c.Setting(table="currencies", row="BTC", field="quota", value=3 * ONE),
            c.Setting(table="constants", row="", field="taker_fee", value=ONE // 500),
        )
    )
    assert set_prices == c.SetPrices(prices=(("XRP-USDT", ONE // 2),))


def test_a_coin_that_says_nothing_is_only_held_and_traded() -> None:
    listing = commands(DOT_BY_BRIDGE)[0]
    assert isinstance(listing, ListCoins)
    (coin,) = listing.currencies
    assert (coin.borrowable, coin.loanable, coin.collateral, coin.quota, coin.pool) == (False, False, False, 0, 0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[currencies", "Expected"),
        ("[coins.XRP]", "unknown field `coins`"),
        ('[instruments.XRP-USDT]\nlot = "1"', "has to say tick"),
        ('[currencies.XRP]\nquotas = "1"', "currencies.XRP.quotas is no parameter; there are discount_tiers"),
        ("[currencies.XRP]\nquota = 1.5", "currencies.XRP.quota must be plain decimal text"),
        ('[prices]\nBTC-USDT = "1e3"', "prices.BTC-USDT must be plain decimal text"),
    ],
)
def test_what_is_wrong_is_named(text: str, said: str) -> None:
    with pytest.raises(BadValue, match=said):
        commands(text)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadValue, match="cannot be read: No such file"):
        listings.text_of_file(tmp_path / "none.toml")
    (tmp_path / "odd.toml").write_bytes(b"\xff")
    with pytest.raises(BadValue, match="not text in UTF-8"):
        listings.text_of_file(tmp_path / "odd.toml")
    (tmp_path / "large.toml").write_bytes(b" " * (listings.FILE_MAX + 1))
    with pytest.raises(BadValue, match="larger than"):
        listings.text_of_file(tmp_path / "large.toml")


def test_a_venue_begins_with_the_numbers_and_a_reset_too(tmp_path: Path) -> None:
    async def story() -> None:
        opened = boot.open_venue(tmp_path, mode="frozen", at_ms=START_MS, own=Own(XRP))
        await opened.venue.start()
        state = opened.venue.state
        assert prices.usd_index(state, "XRP") == ONE // 2
        assert state.parameters.currencies["BTC"].quota == atoms_from_text("3")
        begun = core.state_hash(state)
        assert (await opened.venue.verify()).ok
        await opened.venue.stop()
        opened.close()

        again = boot.open_venue(tmp_path)
        await again.venue.start()
        assert prices.usd_index(again.venue.state, "XRP") == ONE // 2
        await again.venue.reset()
        assert core.state_hash(again.venue.state) == begun
        await again.venue.stop()
        again.close()
        with pytest.raises(StoreError, match="--parameters is for a new venue, and this one began with another"):
            boot.open_venue(tmp_path, own=Own(DOT_BY_BRIDGE))

    asyncio.run(story())


def test_numbers_that_the_venue_refuses_leave_no_venue(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="ListCoins is refused: listing impossible, row: XRP-BTC"):
        boot.open_venue(tmp_path, at_ms=START_MS, own=Own(XRP.replace("XRP-USDT", "XRP-BTC")))
    with pytest.raises(Refused, match="ChangeParameters is refused: parameter out of range"):
        boot.open_venue(tmp_path, at_ms=START_MS, own=Own('[constants]\ntaker_fee = "0.5"'))


def test_prices_by_hand_of_a_pair_without_a_recording_stand(tmp_path: Path) -> None:
    async def story() -> None:
        opened = boot.open_venue(None, mode="frozen", at_ms=START_MS, own=Own(DOT_BY_BRIDGE))
        await opened.venue.start()
        await opened.venue.advance(to_ms=START_MS + 86_400_000)
        assert prices.usd_index(opened.venue.state, "BRG") == 2 * ONE
        await opened.venue.stop()

    asyncio.run(story())
