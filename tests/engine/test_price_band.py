"""Bands of prices by hand: as far as a ratio may grow, its two coins may move by the root of that, and no further."""

from __future__ import annotations

import pytest

from tallystick.engine import commands as c
from tallystick.engine.amounts import ONE
from tallystick.engine.events import LoanMoved, LoanWarned
from tallystick.engine.price_band import Bounds
from tests.engine.driver import Driver, atoms
from tests.engine.setups import HOUR_MS, NOON_MS, with_currency
from tests.engine.test_triggers import overlook_nobody


def priced() -> Driver:
    driver = Driver(NOON_MS + 1)
    for instrument, price in {"BTC-USDT": "40000", "USDC-USDT": "1", "ETH-USDT": "3000"}.items():
        driver.price(instrument, price)
    return driver


def holds(driver: Driver, bounds: Bounds, **indices: int) -> bool:
    """Test the band of these bounds after prices moved; they are per 10**18 of a dollar."""
    band = bounds.band(driver.state)
    assert band is not None
    for ccy, index in indices.items():
        driver.state.markets[f"{ccy}-USDT"].index = index
    return band.holds(driver.state)


@pytest.mark.parametrize(
    ("usdc", "btc", "within"),
    [
        (ONE, 40_000 * ONE, True),
        (2 * ONE, 20_000 * ONE, True),
        (2 * ONE + 1, 20_000 * ONE, False),
        (2 * ONE, 20_000 * ONE - 1, False),
        (ONE // 2, 80_000 * ONE, True),
    ],
)
def test_four_times_is_twice_for_each_coin(usdc: int, btc: int, within: bool) -> None:
    """USDC owed against BTC pledged, a quarter of the way to the line: the ratio may grow by 4."""
    bounds = Bounds()
    bounds.keep_below(("USDC", ONE), ("BTC", 40_000 * ONE), room=4, used=1)
    assert holds(priced(), bounds, USDC=usdc, BTC=btc) is within


def test_the_nearest_line_of_a_coin_counts() -> None:
    """BTC backs two debts: 1.21 leaves it a fall to 1 / 1.1, 40,000 / 1.1 = 36,363.6363..., 4 would leave it half."""
    for btc, within in ((36_363 * ONE + 636363636363636364, True), (36_363 * ONE + 636363636363636363, False)):
        bounds = Bounds()
        bounds.keep_below(("USDC", ONE), ("BTC", 40_000 * ONE), room=4, used=1)
        bounds.keep_below(("ETH", 3_000 * ONE), ("BTC", 40_000 * ONE), room=121, used=100)
        assert holds(priced(), bounds, BTC=btc) is within


def test_a_price_that_is_to_stay_above_another() -> None:
    for eth, within in ((ONE + 1, True), (ONE, False)):
        bounds = Bounds()
        bounds.keep_above("ETH", ONE)
        assert holds(priced(), bounds, ETH=eth) is within


def test_the_transit_coin_may_not_move_at_all() -> None:
    driver = priced()
    bounds = Bounds()
    bounds.keep_above("ETH", ONE)
    band = bounds.band(driver.state)
    assert band is not None
    assert band.holds(driver.state)
    driver.do(c.SetPrices(prices=(("USDT-USD", ONE + 1),)))
    assert not band.holds(driver.state)


def test_without_a_price_or_a_pair_there_is_no_band() -> None:
    driver = priced()
    bounds = Bounds()
    bounds.keep_above("DOT", ONE)
    assert bounds.band(driver.state) is None
    bounds = Bounds()
    bounds.keep_below(("ETH", 0), ("BTC", ONE), room=4, used=1)
    assert bounds.band(driver.state) is None


# ---- bands in use


def lent(driver: Driver, user_id: int, usdt: str, btc: str) -> None:
    """A flexible loan of USDT on BTC."""
    driver.user(user_id)
    driver.deposit("BTC", btc, user_id, account="funding")
    collateral = (("BTC", atoms(btc)),)
    driver.do(
        c.BorrowLoan(
            user_id=user_id, loan_id=0, ccy="USDT", amount=atoms(usdt), collateral=collateral, client_order_id="a1"
        )
    )


def concerned(driver: Driver) -> set[int]:
    """Users whose loan was warned or liquidated so far."""
    found = set()
    for event in (event for _, _, events in driver.entries for event in events):
        forced = isinstance(event, LoanMoved) and event.kind == "partial_liquidation"
        if forced or isinstance(event, LoanWarned):
            found.add(event.user_id)
    return found


def test_who_is_lent_to_within_a_band_is_watched_all_the_same() -> None:
    """1,000 on 1 BTC at 75,000 may go far. 10,000 on 0.2 BTC is at LTV 0.967 at 51,700, well within that band."""
    driver = Driver(NOON_MS + 1)
    driver.price("BTC-USDT", "75000")
    lent(driver, 1, "1000", "1")
    driver.price("BTC-USDT", "74900")
    driver.price("BTC-USDT", "74800")
    lent(driver, 2, "10000", "0.2")
    driver.price("BTC-USDT", "74700")
    assert concerned(driver) == set()
    driver.price("BTC-USDT", "51700")
    assert concerned(driver) == {2}


def test_interest_alone_brings_a_loan_to_its_line() -> None:
    """At 200 % a year 10,000 owed grow by 2.28 an hour. On 0.2 BTC at 60,000 that is LTV 0.83 and then more.

    The loan is warned in the very hour in which judging everybody would warn it.
    """

    def hours_until_warned() -> int:
        driver = Driver(NOON_MS + 1, with_currency("USDT", rate_per_year=2 * ONE))
        driver.price("BTC-USDT", "75000")
        lent(driver, 1, "10000", "0.2")
        driver.price("BTC-USDT", "60001")
        driver.price("BTC-USDT", "60000")
        for hour in range(400):
            if concerned(driver):
                return hour
            driver.wait(HOUR_MS)
        raise AssertionError("never warned")

    watched = hours_until_warned()
    with pytest.MonkeyPatch.context() as patched:
        overlook_nobody(patched)
        assert hours_until_warned() == watched
    assert watched > 10
