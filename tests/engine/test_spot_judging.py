"""Choice of whom to judge: those who need no judging hide nobody, and an hour judges whom it takes over a line."""

from __future__ import annotations

import pytest

from tallystick.engine import commands as c
from tallystick.engine.events import SpotWarned
from tests.engine.driver import USER, Driver, atoms
from tests.engine.setups import HOUR_MS, NOON_MS, all_of, lose_price, of_kind, with_currency
from tests.engine.test_spot_risk import OTHER, fall, names, spend


def beside(driver: Driver) -> None:
    """Another user, younger, with 1.999 BTC and 50,000 USDT owed and spent: warned below 27,131."""
    driver.user(OTHER, BTC="1.999")
    driver.do(c.ManualBorrow(user_id=OTHER, ccy="USDT", amount=atoms("50000")))
    driver.deposit("USDT", "-50000", OTHER)


def test_an_account_that_has_repaid_all_hides_no_younger_one() -> None:
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100")))
    beside(driver)
    driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms("100")))
    assert [event.user_id for event in of_kind(fall(driver, "27000"), SpotWarned)] == [OTHER]


def test_an_account_that_cannot_be_judged_hides_no_younger_one() -> None:
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.price("SOL-USDT", "150")
    driver.do(c.ManualBorrow(user_id=USER, ccy="SOL", amount=atoms("1")))
    beside(driver)
    lose_price(driver, "SOL-USDT")
    assert [event.user_id for event in of_kind(fall(driver, "27000"), SpotWarned)] == [OTHER]


@pytest.mark.parametrize(
    ("debt", "rate", "price", "hours"), [("99999.9", "0.05", "43670", 1), ("98000", "3", "43755.1", 60)]
)
def test_the_hour_that_takes_a_debt_into_the_next_tier_warns(debt: str, rate: str, price: str, hours: int) -> None:
    """Up to 100,000 USDT a debt asks for 2 % and the fee of 0.1 %, then for 2.5: three times that is 6,300 and 7,800.

    99,999.9 at 5 % a year cost 0.57 an hour, and 2.5 BTC at 43,670 are worth 6,991 more, counted 0.98. 98,000 at 300 %
    are 99,999.93 after 59 hours and 100,034.18 after 60, and 2.5 BTC at 43,755.1 are worth 7,166 more then.
    """
    driver = Driver(NOON_MS + 1, with_currency("USDT", rate_per_year=atoms(rate)))
    driver.user(USER, BTC="2.5")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms(debt)))
    spend(driver, "USDT", debt)
    assert names(fall(driver, price)) == ["PriceHeld"]
    driver.pass_to(NOON_MS + hours * HOUR_MS - 1)
    assert all_of(driver, SpotWarned) == []
    driver.pass_to(NOON_MS + hours * HOUR_MS)
    assert len(all_of(driver, SpotWarned)) == 1
