"""Interest-free quotas: what adds to one, and whose debts have one (docs/rules/account-modes.md#quota)."""

from __future__ import annotations

import pytest

from tallystick.engine import free_quota, ledger, transient
from tallystick.engine.cross_settings import SetAutoLoan
from tests.engine.driver import USER, Driver, text
from tests.engine.test_cross import account
from tests.engine.test_cross_settings import lend


def quota(driver: Driver, ccy: str) -> str:
    user = driver.state.users[USER]
    return text(free_quota.of(driver.state, user, ccy, ledger.debts(driver.state, USER)))


@pytest.mark.parametrize(("held", "owed", "told"), [("", "", "20000"), ("20", "", "20020"), ("", "100", "20000")])
def test_the_quota_of_usdt_is_its_number_and_the_usdc_above_zero(held: str, owed: str, told: str) -> None:
    """20,000 USDT are documented, with what there is of USDC and without what is owed of it."""
    driver = account(BTC="1")
    driver.price("USDC-USDT", "1")
    if held:
        driver.deposit("USDC", held)
    if owed:
        lend(driver, "USDC", owed)
    assert quota(driver, "USDT") == told
    assert (quota(driver, "BTC"), quota(driver, "SOL")) == ("1", "0")


def test_those_whose_auto_loan_is_off_are_looked_at_and_no_others() -> None:
    driver = account(BTC="1")
    assert free_quota.users(driver.state) == []
    driver.do(SetAutoLoan(user_id=USER, enabled=False))
    assert free_quota.users(driver.state) == [driver.state.users[USER]]
    driver.do(SetAutoLoan(user_id=USER, enabled=True))
    assert free_quota.users(driver.state) == []
    assert transient.of(driver.state).without_loans == set()
