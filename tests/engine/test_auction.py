"""Lenders' bids as a source of the borrowing rate (docs/rules/interest.md#auction)."""

from __future__ import annotations

import pytest

from tallystick.engine import commands as c
from tallystick.engine import core, rates
from tallystick.engine.events import RatesFixed
from tallystick.engine.parameters import CURRENCIES
from tallystick.engine.rejects import Reject
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import HOUR_MS, NOON_MS, all_of, spot_charges

BOOK = (("200", "0.02"), ("400", "0.09"), ("100", "0.012"), ("1", "0.05"))
"""Filled in the order 100 at 1.2 %, 200 at 2 %, 1 at 5 %, 400 at 9 %."""


def bids(*book: tuple[str, str], ccy: str = "USDT") -> c.SetBids:
    return c.SetBids(ccy=ccy, bids=tuple((atoms(amount), atoms(rate)) for amount, rate in book))


def borrower(owes: str) -> Driver:
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    if owes != "0":
        driver.state.lent["USDT"] = atoms(owes)
    return driver


@pytest.mark.parametrize(
    ("owed", "rate"),
    [
        ("0", "0.012"),
        ("100", "0.012"),
        ("100.000000000000000001", "0.02"),
        ("300", "0.02"),
        ("300.000000000000000001", "0.05"),
        ("301", "0.05"),
        ("302", "0.09"),
        ("701", "0.09"),
        ("5000", "0.09"),
    ],
)
def test_the_highest_accepted_bid_is_the_rate(owed: str, rate: str) -> None:
    driver = borrower(owed)
    driver.do(bids(*BOOK))
    assert text(rates.now(driver.state, "USDT")) == rate


def test_it_counts_from_the_next_hour_on() -> None:
    """1,000 owed, 400 at 5 % and 700 at 8.76 %: the hour from 13:00 costs 1,000 x 0.0876 / 8760 = 0.01."""
    driver = borrower("0")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("1000")))
    driver.do(bids(("400", "0.05"), ("700", "0.0876")))
    driver.wait(HOUR_MS)
    (fixed,) = all_of(driver, RatesFixed)
    assert fixed.rates == (("USDT", atoms("0.0876")),)
    driver.wait(HOUR_MS)
    assert driver.debt("USDT").startswith("1000.01")
    first, second = spot_charges(driver)[-2:]
    assert text(first.rate_per_year) != "0.0876"
    assert text(second.rate_per_year) == "0.0876"
    assert text(second.interest).startswith("0.01000")


def test_a_rate_by_hand_goes_before_and_without_bids_the_curve_is_back() -> None:
    driver = borrower("0")
    driver.do(bids(("400", "0.05")))
    driver.do(
        c.ChangeParameters(
            settings=(c.Setting(table=CURRENCIES, row="USDT", field="rate_per_year", value=atoms("0.03")),)
        )
    )
    assert text(rates.now(driver.state, "USDT")) == "0.03"
    driver.do(c.ChangeParameters(settings=(c.Setting(table=CURRENCIES, row="USDT", field="rate_per_year", value=0),)))
    assert text(rates.now(driver.state, "USDT")) == "0.05"
    assert text(rates.now(driver.state, "USDC")) == "0.01"
    driver.do(bids())
    assert text(rates.now(driver.state, "USDT")) == "0.01"
    assert driver.state.bids == {}


@pytest.mark.parametrize(
    ("book", "ccy", "reject"),
    [
        (BOOK, "NONE", Reject.UNKNOWN_CCY),
        (BOOK * 251, "USDT", Reject.TOO_MANY_BIDS),
        ((("0", "0.02"),), "USDT", Reject.BID_IMPOSSIBLE),
        ((("1", "0.0099"),), "USDT", Reject.BID_IMPOSSIBLE),
        ((("1", "3.650000000000000001"),), "USDT", Reject.BID_IMPOSSIBLE),
    ],
)
def test_bids_that_cannot_be(book: tuple[tuple[str, str], ...], ccy: str, reject: Reject) -> None:
    assert borrower("0").refuse(bids(*book, ccy=ccy)) is reject


def test_so_many_bids_and_no_more_and_each_of_an_atom_at_least() -> None:
    driver = borrower("0")
    driver.do(bids(*BOOK * 250))
    assert len(driver.state.bids["USDT"]) == 1_000
    refused = driver.refusal(bids(*BOOK * 250, ("1", "0.02")))
    assert (refused.reject, refused.details) == (Reject.TOO_MANY_BIDS, {"max": "1000"})
    driver.do(bids(("0.000000000000000001", "0.02")))
    assert driver.state.bids["USDT"] == ((1, atoms("0.02")),)
    for _ in range(2):  # taken away, and once more where there are none
        driver.do(bids())
        assert driver.state.bids == {}


def test_the_ends_of_the_range_are_possible_and_a_narrower_one_binds_old_bids() -> None:
    driver = borrower("0")
    driver.do(bids(("1", "3.65")))
    assert text(rates.now(driver.state, "USDT")) == "3.65"
    driver.do(c.ChangeParameters(settings=(c.Setting(table="constants", row="", field="rate_most", value=atoms("2")),)))
    assert text(rates.now(driver.state, "USDT")) == "2"
    driver.do(bids(("1", "0.01")))
    assert text(rates.now(driver.state, "USDT")) == "0.01"


def test_bids_come_back_from_the_journal() -> None:
    driver = Driver(NOON_MS + 1)
    driver.do(bids(*BOOK))
    driver.wait(HOUR_MS)
    again = core.new_state(driver.parameters, NOON_MS + 1)
    for stamp, _, events in driver.entries:
        core.fold(again, stamp, events)
    assert core.state_hash(again) == core.state_hash(driver.state)
    assert core.encode_state(core.decode_state(core.encode_state(again))) == core.encode_state(driver.state)
