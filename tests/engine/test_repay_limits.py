"""One-click repay at its limits: two runs at one instant, sales of exactly the least order."""

from __future__ import annotations

from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine.events import RepayAdvanced
from tallystick.venue.parameters import load_parameters
from tests.engine.driver import USER, atoms
from tests.engine.setups import all_of
from tests.engine.test_repay import legs, owing, run


def test_at_one_instant_the_older_user_goes_first() -> None:
    driver = owing("100")
    driver.user(2, ETH="5")
    driver.do(c.ManualBorrow(user_id=2, ccy="USDC", amount=atoms("100")))
    driver.deposit("USDC", "-100", 2)
    for user in (2, USER):
        driver.do(c.RepayDebt(user_id=user, debt_ccy="USDC", repay_ccys=("ETH",)))
    driver.wait(60_000)
    assert [event.record.user_id for event in all_of(driver, RepayAdvanced)] == [USER, 2, USER, 2]


def test_a_sale_of_exactly_the_least_order_counts() -> None:
    """The least order of DOT is 0.1; of 1 DOT at 5 all is sold where 1 is the least: 4.995 USDT net."""
    packaged = load_parameters()
    dot = replace(packaged.instruments["DOT-USDT"], min_size=atoms("1"))
    driver = owing("100", "USDT", parameters=replace(packaged, instruments={**packaged.instruments, "DOT-USDT": dot}))
    driver.deposit("DOT", "1")
    driver.book("DOT-USDT", [("5", "100")], [("5.001", "100")])
    found = run(driver, "USDT", "DOT")
    assert (legs(found), found["fillDebtSz"]) == ([("DOT-USDT", "sell", "1", "5", "filled")], "4.995")
