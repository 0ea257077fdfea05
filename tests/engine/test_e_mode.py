"""Loans in E-Mode: 0.9 of the whole value may be owed, also where collateral leaves or a request settles later."""

from __future__ import annotations

from tallystick.engine import commands as c
from tallystick.engine.rejects import Reject
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.test_flexible_loan import adjust, only_loan, pledger
from tests.engine.test_flexible_loan import borrow as more


def borrow(driver: Driver, amount: str, *, later: bool = False) -> None:
    """USDT on 1,000 USDC at 1."""
    command = c.BorrowLoan(
        user_id=USER,
        loan_id=0,
        ccy="USDT",
        amount=atoms(amount),
        collateral=(("USDC", atoms("1000")),),
        client_order_id="a",
        e_mode=True,
        settles_later=later,
    )
    driver.do(command)


def test_collateral_leaves_up_to_the_initial_ltv_of_e_mode() -> None:
    """800 / 0.9 = 888.88888888... must stay."""
    driver = pledger(USDC="1000")
    borrow(driver, "800")
    assert driver.refuse(adjust("USDC", "111.112")) is Reject.ABOVE_REDEEMABLE
    driver.do(adjust("USDC", "111.111"))
    assert text(only_loan(driver).collateral["USDC"]) == "888.889"


def test_a_request_that_settles_later_is_still_of_e_mode_then() -> None:
    """Outside E-Mode 1,000 USDC stand behind 700 USDT at most, and 800 would be dropped."""
    driver = pledger(USDC="1000")
    borrow(driver, "800", later=True)
    driver.wait(600_000)
    assert only_loan(driver).e_mode
    assert driver.owes(only_loan(driver))["USDT"] >= atoms("800")


def test_a_loan_of_e_mode_is_added_to_within_its_own_initial_ltv() -> None:
    """900 USDT on 1,000 USDC, though the request does not say E-Mode; a unit more is refused."""
    driver = pledger(USDC="1000")
    borrow(driver, "500")

    def add(amount: str) -> c.BorrowLoan:
        return more(amount, loan_id=only_loan(driver).loan_id, name="b")

    over = driver.refusal(add("400.0000000000000001"))
    assert over.reason == "above_loan_limit/ltv"
    assert over.facts == {"counted_usd": atoms("900"), "needed_usd": atoms("900.0000000000000001")}
    driver.do(add("400"))
    assert driver.owes(only_loan(driver))["USDT"] == atoms("900")
