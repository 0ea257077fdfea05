"""New coins and pairs: listed whole or not at all, then borrowed and priced like the others."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import core, ledger, prices, rates
from tallystick.engine.listing import CoinsListed, ListCoins
from tallystick.engine.parameters import Currency, Instrument
from tallystick.engine.rejects import Reject
from tests.engine.driver import USER, Driver, atoms, text


def coin(driver: Driver, **changes: Any) -> Currency:
    """XRP like SOL, with a pool of 1,000 and a quota of 100."""
    like = driver.state.parameters.currencies["SOL"]
    changes = {"ccy": "XRP", "name": "XRP", "pool": atoms("1000"), "quota": atoms("100"), **changes}
    return replace(like, **changes)


def pair(driver: Driver, quote: str = "USDT", **changes: Any) -> Instrument:
    like = driver.state.parameters.instruments["SOL-USDT"]
    changes = {"instrument": f"XRP-{quote}", "base_ccy": "XRP", "quote_ccy": quote, **changes}
    return replace(like, **changes)


def listed(quote: str = "USDT") -> Driver:
    driver = Driver()
    command = ListCoins(currencies=(coin(driver),), instruments=(pair(driver, quote),))
    assert driver.do(command) == [CoinsListed(currencies=command.currencies, instruments=command.instruments)]
    return driver


def test_a_coin_is_listed_with_a_full_pool_and_a_rate() -> None:
    driver = listed()
    assert ledger.balance(driver.state, "pool", "XRP") == atoms("1000")
    assert rates.in_force(driver.state, "XRP") == rates.now(driver.state, "XRP") > 0
    assert prices.usd_index(driver.state, "XRP") == 0
    assert not prices.lost(driver.state, "XRP")


def test_it_is_borrowed_after_it_has_a_price_and_interest_runs() -> None:
    """The quota is 100; at 0.5 USD a coin 100 XRP are 50 USD, which 0.01 BTC at 60,000 backs many times."""
    driver = listed()
    driver.user(USER, BTC="0.01")
    driver.price("BTC-USDT", "60000")
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy="XRP", amount=atoms("10"))) is Reject.MARGIN_INSUFFICIENT
    driver.price("XRP-USDT", "0.5")
    assert prices.usd_index(driver.state, "XRP") == atoms("0.5")
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy="XRP", amount=atoms("100.1"))) is Reject.ABOVE_BORROW_LIMIT
    driver.do(c.ManualBorrow(user_id=USER, ccy="XRP", amount=atoms("100")))
    driver.wait(2 * 3_600_000)
    assert ledger.debt(driver.state, USER, "XRP") > atoms("100")
    assert ledger.balance(driver.state, "pool", "XRP") == atoms("900")


def test_a_coin_without_a_pair_in_usdt_is_priced_through_the_bridge_coin() -> None:
    driver = listed("USDC")
    driver.price("USDC-USDT", "0.99")
    driver.price("XRP-USDC", "0.5")
    assert text(prices.usd_index(driver.state, "XRP")) == "0.495"


def test_a_replay_comes_to_the_same_state() -> None:
    driver = listed()
    driver.price("XRP-USDT", "0.5")
    again = core.new_state(driver.parameters, 1_700_000_000_000)
    for stamp, _, events in driver.entries:
        core.fold(again, stamp, events)
    assert core.state_hash(again) == core.state_hash(driver.state)
    assert core.decode_state(core.encode_state(driver.state)).parameters == driver.state.parameters


def test_nothing_listed_leaves_no_event() -> None:
    assert Driver().do(ListCoins()) == []


@pytest.mark.parametrize(
    ("coins", "pairs", "because"),
    [
        ([{"ccy": "xrp"}], [], "capital letters"),
        ([{"ccy": ""}], [], "capital letters"),
        ([{"ccy": "BTC"}], [], "listed already"),
        ([{}, {}], [], "named twice"),
        ([{}], [{"instrument": "XRPUSDT"}], "is called XRP-USDT"),
        ([], [{}], "no coin XRP"),
        ([{}], [{"quote_ccy": "BTC", "instrument": "XRP-BTC"}], "quoted in USDT or USDC"),
        ([{}], [{"base_ccy": "USDT", "quote_ccy": "USDC", "instrument": "USDT-USDC"}], "USDT is no base"),
        ([{}], [{}, {}], "named twice"),
        ([], [{"instrument": "SOL-USDT", "base_ccy": "SOL"}], "listed already"),
    ],
)
def test_an_impossible_listing_is_refused(
    coins: list[dict[str, Any]], pairs: list[dict[str, Any]], because: str
) -> None:
    driver = Driver()
    command = ListCoins(
        currencies=tuple(coin(driver, **one) for one in coins), instruments=tuple(pair(driver, **one) for one in pairs)
    )
    refused = driver.refusal(command)
    assert refused.reject is Reject.LISTING_IMPOSSIBLE
    assert because in refused.details["because"]


def test_the_same_pair_the_other_way_round_is_refused() -> None:
    """USDC is quoted in USDT here, so a bridge coin USDT quoted in USDC cannot come beside it."""
    driver = Driver()
    driver.do(ListCoins(currencies=(coin(driver),), instruments=(pair(driver, "USDC"),)))
    driver.state.parameters = replace(driver.state.parameters, bridge_ccy="XRP")
    turned = pair(driver, instrument="USDC-XRP", base_ccy="USDC", quote_ccy="XRP")
    assert "other way round" in driver.refusal(ListCoins(instruments=(turned,))).details["because"]


@pytest.mark.parametrize(
    ("coin_changes", "pair_changes", "parameter"),
    [
        ({"quota": -1}, {}, "currencies.XRP.quota"),
        ({"pool": -1}, {}, "currencies.XRP.pool"),
        ({"name": ""}, {}, "currencies.XRP.name"),
        ({"discount_tiers": ()}, {}, "currencies.XRP.discount_tiers"),
        ({}, {"tick": 0}, "instruments.XRP-USDT.tick"),
        ({}, {"lot": 0}, "instruments.XRP-USDT.lot"),
        ({}, {"listed_at_ms": -1}, "instruments.XRP-USDT.listed_at_ms"),
        ({}, {"depth_quote": -1}, "instruments.XRP-USDT.depth_quote"),
    ],
)
def test_numbers_out_of_range_are_refused(
    coin_changes: dict[str, Any], pair_changes: dict[str, Any], parameter: str
) -> None:
    driver = Driver()
    command = ListCoins(currencies=(coin(driver, **coin_changes),), instruments=(pair(driver, **pair_changes),))
    refused = driver.refusal(command)
    assert refused.reject is Reject.PARAMETER_OUT_OF_RANGE
    assert refused.details["parameter"] == parameter


def test_numbers_that_disagree_are_refused() -> None:
    driver = Driver()
    odd = pair(driver, min_size=atoms("0.0000015"), lot=atoms("0.000001"))
    refused = driver.refusal(ListCoins(currencies=(coin(driver),), instruments=(odd,)))
    assert refused.reject is Reject.PARAMETERS_DISAGREE


def test_a_listed_coin_is_changed_like_the_others() -> None:
    driver = listed()
    driver.do(c.ChangeParameters(settings=(c.Setting(table="currencies", row="XRP", field="quota", value=atoms("7")),)))
    assert driver.state.parameters.currencies["XRP"].quota == atoms("7")
