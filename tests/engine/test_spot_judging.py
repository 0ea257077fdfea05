"""Judging of an account by given numbers: sums by hand, the two lines, and coins without a price."""

from __future__ import annotations

import pytest

from tallystick.engine.amounts import ONE
from tallystick.engine.interest import spot_hour, spot_hours
from tallystick.engine.prices import Quotes
from tallystick.engine.spot_judging import standing
from tallystick.venue.parameters import load_parameters

PARAMETERS = load_parameters()
QUOTES = Quotes({"BTC": 40_000 * ONE, "USDT": ONE})


def judged(held: int, debt: int) -> tuple[str, int, int]:
    """Standing of an account that holds this many atoms of BTC and owes this many of USDT."""
    return standing(PARAMETERS, QUOTES, {"USDT": debt}, {"BTC": held, "USDT": -debt})


def test_sums_by_hand() -> None:
    """1 BTC counts 0.98 x 40,000 = 39,200; 30,000 USDT need 2 % and the fee of 0.1 %: 630."""
    assert PARAMETERS.currencies["BTC"].discount_tiers[0][1] == ONE * 98 // 100
    assert PARAMETERS.taker_fee == ONE // 1_000
    assert judged(ONE, 30_000 * ONE) == ("safe", 9_200 * ONE, 630 * ONE)


@pytest.mark.parametrize(("more", "verdict"), [(-2, "called"), (0, "called"), (2, "safe")])
def test_on_the_warning_line_and_beside_it(more: int, verdict: str) -> None:
    """30,000 USDT and three times 630 are 31,890: 0.79725 BTC that count, of 0.8135... that are held."""
    held = -(-79_725 * ONE // 98_000) + more
    assert judged(held, 30_000 * ONE)[0] == verdict


@pytest.mark.parametrize(("more", "verdict"), [(-2, "due"), (0, "due"), (2, "called")])
def test_on_the_line_of_liquidation_and_beside_it(more: int, verdict: str) -> None:
    """31,000 USDT need 651, so that 31,651 are the line: 0.791275 BTC that count."""
    held = -(-791_275 * ONE // 980_000) + more
    assert judged(held, 31_000 * ONE)[0] == verdict


def test_no_debt_is_safe_and_a_coin_out_of_the_collateral_counts_nothing() -> None:
    assert standing(PARAMETERS, QUOTES, {}, {"BTC": ONE}).verdict == "safe"
    out = standing(PARAMETERS, QUOTES, {"USDT": ONE}, {"BTC": ONE, "USDT": -ONE}, ("BTC",))
    assert (out.verdict, out.worth) == ("due", -ONE)


def test_without_a_price_nobody_is_judged() -> None:
    unpriced = Quotes({"BTC": 40_000 * ONE, "USDT": 0})
    assert standing(PARAMETERS, unpriced, {"USDT": ONE}, {"BTC": ONE, "USDT": -ONE}).verdict == "unpriced"
    lost = Quotes({"BTC": 0, "USDT": ONE}, lost={"BTC"})
    assert standing(PARAMETERS, lost, {"USDT": ONE}, {"BTC": ONE, "USDT": -ONE}).verdict == "unpriced"
    assert standing(PARAMETERS, lost, {"USDT": ONE}, {"BTC": ONE, "USDT": -ONE}, ("BTC",)).verdict == "due"


def test_hours_in_one_loop_are_hours_one_by_one() -> None:
    debt, rate, found = 97 * ONE, 3_577 * ONE // 100_000, []
    for _ in range(50):
        debt += spot_hour(debt, rate)
        found.append(debt)
    assert spot_hours(97 * ONE, rate, 50) == found
    assert found[0] == 97 * ONE + 396_083_333_333_400
