"""Refusals of convert and easy convert name both coins, the least and the most. Numbers by hand."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import convert, easy_convert
from tallystick.engine.convert import FORGET_AFTER_MS
from tallystick.engine.events import QuoteGiven, QuoteTraded
from tallystick.engine.fault_events import QuoteCutShort
from tallystick.engine.kinds import Side
from tallystick.engine.rejects import Reject
from tallystick.venue.parameters import load_parameters
from tests.engine import test_easy_convert as easy
from tests.engine.driver import USER, Driver, atoms
from tests.engine.setups import inject, of_kind
from tests.engine.test_convert import ask, take, trader


def quote(base: str, counter: str, side: Side, size: str, size_ccy: str) -> c.AskQuote:
    return c.AskQuote(user_id=USER, base_ccy=base, quote_ccy=counter, side=side, size=atoms(size), size_ccy=size_ccy)


def asked(driver: Driver, side: Side, size: str, size_ccy: str) -> QuoteGiven:
    return ask(driver, base="BTC", quote="USDT", side=side, size=size, size_ccy=size_ccy)


@pytest.mark.parametrize(("side", "given", "received"), [("buy", "USDT", "BTC"), ("sell", "BTC", "USDT")])
def test_a_result_that_is_too_small_names_what_is_given_first(side: Side, given: str, received: str) -> None:
    """0.00000001 USDT are 10^-13 BTC, and 0.00000001 BTC of a coin at 0.000001 are nothing."""
    driver = trader()
    if side == "sell":
        driver.price("BTC-USDT", "0.1")
    size, ccy = ("0.00000001", "USDT" if side == "buy" else "BTC")
    refused = driver.refusal(quote("BTC", "USDT", side, size, ccy))
    assert (refused.reject, refused.details) == (Reject.RESULT_TOO_SMALL, {"ccy": given, "other": received})


def test_a_quote_beyond_its_limits_names_them() -> None:
    driver = trader()
    least, most = driver.parameters.convert_min_quote, driver.parameters.convert_max_quote
    assert driver.refusal(quote("BTC", "USDT", "buy", "0.01", "USDT")).details == {"min_atoms": str(least)}
    assert driver.refusal(quote("BTC", "USDT", "buy", "1000000000", "USDT")).details == {"max_atoms": str(most)}


def test_too_many_coins_are_refused_with_their_limit() -> None:
    driver = easy.holder()
    assert driver.refusal(easy.convert("OKB", *(["ADA"] * 6))).details == {"max": "5"}


def test_a_target_without_a_price_is_not_available() -> None:
    driver = easy.holder(ADA="5")
    driver.state.markets.pop("OKB-USDT")
    assert driver.refuse(easy.convert("OKB", "ADA")) is Reject.CONVERT_UNAVAILABLE
    assert easy_convert.proceeds(driver.state, "ADA", "OKB", atoms("5")) == 0


def test_an_unknown_coin_is_named() -> None:
    driver = easy.holder()
    refused = driver.refusal(easy.convert("XYZ", "ADA"))
    assert (refused.reject, refused.details) == (Reject.UNKNOWN_CCY, {"ccy": "XYZ"})


def test_coins_of_a_borrow_that_are_sold_are_kept_apart_no_more() -> None:
    """A sale spends the base coin: of 10 USDC that were borrowed 4 are sold, of the USDT nothing."""
    driver = trader()
    for ccy in ("USDC", "USDT"):
        driver.do(c.ManualBorrow(user_id=USER, ccy=ccy, amount=atoms("10")))
    (given,) = driver.do(quote("USDC", "USDT", "sell", "4", "USDC"))
    driver.do(take(given))
    assert driver.state.users[USER].exempt == {"USDC": atoms("6"), "USDT": atoms("10")}


def test_a_fault_that_leaves_a_quote_its_time_changes_nothing() -> None:
    driver = trader()
    inject(driver, "quote-expires-early", ms=driver.parameters.convert_ttl_ms)
    events = driver.do(quote("BTC", "USDT", "buy", "100", "USDT"))
    assert of_kind(events, QuoteCutShort) == []


def test_old_quotes_are_forgotten_and_a_younger_one_stays() -> None:
    driver = trader()
    driver.do(quote("BTC", "USDT", "buy", "100", "USDT"))
    driver.wait(1_000_000)
    (younger,) = driver.do(quote("BTC", "USDT", "buy", "100", "USDT"))
    driver.wait(driver.parameters.convert_ttl_ms + FORGET_AFTER_MS - 1_000_000 + 1)
    assert list(driver.state.quotes) == [younger.quote_id]


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_a_counter_coin_without_a_price_makes_no_pair(side: Side) -> None:
    assert trader().refuse(quote("BTC", "SOL", side, "0.1", "BTC")) is Reject.NO_SUCH_PAIR


def test_a_coin_without_a_price_is_no_small_balance() -> None:
    driver = easy.holder()
    driver.state.markets.pop("OKB-USDT")
    assert not easy_convert.is_dust(driver.state, "OKB", atoms("1"))


def test_the_number_after_a_trade_is_above_it_within_its_millisecond() -> None:
    """The ten thousandth entry has the digits 0000 of its own, and the trade before it 9999."""
    driver = trader()
    driver.seq = driver.state.seq = 9_997
    given = asked(driver, "sell", "0.01", "BTC")
    (traded,) = of_kind(driver.do(take(given)), QuoteTraded)
    following = asked(driver, "sell", "0.01", "BTC")
    assert traded.trade_id[-4:] == "9999"
    assert int(following.quote_id[-17:]) == int(traded.trade_id[-17:]) + 1


def test_two_coins_that_are_all_the_stable_and_major_ones_have_the_spread_of_majors() -> None:
    parameters = replace(load_parameters(), stable_ccys=("USDT",), major_ccys=("BTC",))
    assert convert.half_spread(parameters, "BTC", "USDT") == parameters.convert_half_spread


@pytest.mark.parametrize(("side", "ccy"), [("buy", "USDT"), ("sell", "BTC")])
def test_a_part_of_a_quote_that_brings_nothing_is_refused(side: Side, ccy: str) -> None:
    """10^-13 BTC are 0.000000006 USDT, and 10^-13 USDT next to no BTC: amounts have 8 decimals."""
    driver = trader()
    given = asked(driver, side, "0.01" if ccy == "BTC" else "600", ccy)
    assert driver.refuse(take(given, "0.0000000000001")) is Reject.RESULT_TOO_SMALL
