"""One-click repay at its limits: two runs at one instant, sales of exactly the least order."""

from __future__ import annotations

from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine.events import RepayAdvanced
from tallystick.venue.parameters import load_parameters
from tests.engine.driver import USER, atoms
from tests.engine.setups import all_of
from tests.engine.test_repay import legs, owing, row, run


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


def test_no_more_is_repaid_than_was_owed_at_the_request() -> None:
    """100 owed, 20 of them at hand: 80 are left to do, though 50 more are borrowed before the first leg.

    A sale of ETH that aims at 80 brings some hundredths less at 2,999.
    """
    driver = owing("100", have="20")
    driver.book("ETH-USDT", [("2999", "10")], [("3000", "10")])
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("USDC", "ETH")))
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDC", amount=atoms("50")))
    driver.wait(60_000)
    assert atoms("99.9") < atoms(row(driver)["fillDebtSz"]) <= atoms("100")
    assert atoms("50") <= atoms(driver.debt("USDC")) < atoms("50.1")


def test_no_more_is_repaid_in_usdt_than_was_owed_at_the_request() -> None:
    driver = owing("100", "USDT")
    driver.book("ETH-USDT", [("3000", "10")], [("3000.01", "10")])
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDT", repay_ccys=("ETH",)))
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("50")))
    driver.wait(60_000)
    assert (row(driver)["fillDebtSz"], driver.debt("USDT")) == ("100", "50")


def test_levels_of_the_book_add_up_in_what_a_sale_is_to_bring() -> None:
    """At least 80 USDC may be bought here. Bids of 0.02 ETH bring 59.99 USDT, and the rest at the next level 40.5."""
    packaged = load_parameters()
    usdc = replace(packaged.instruments["USDC-USDT"], min_size=atoms("80"))
    driver = owing("100", parameters=replace(packaged, instruments={**packaged.instruments, "USDC-USDT": usdc}))
    driver.book("ETH-USDT", [("2999.5", "0.02"), ("2999", "0.02")], [("3000", "1")])
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("ETH",)))
    driver.wait(60_000)
    assert [leg[0] for leg in legs(row(driver))] == ["ETH-USDT", "USDC-USDT"]


def test_own_usdt_that_are_listed_join_without_those_a_sale_has_raised() -> None:
    """0.01 ETH bring 29.9 USDT; 50 are at hand besides. (29.9 + 50) / 1.005 = 79.5024875621890547... USDC to buy."""
    driver = owing("100")
    driver.deposit("USDT", "50")
    driver.book("ETH-USDT", [("2990", "0.01")], [("3000", "1")])
    found = run(driver, "USDC", "ETH", "USDT")
    assert found["ordIdInfo"][0]["sz"] == "79.5024875621890547"


def test_own_bids_are_no_proceeds() -> None:
    """At least 80 USDC may be bought here. Of others 0.001 ETH are bid for; one's own 0.1 would be cancelled."""
    packaged = load_parameters()
    usdc = replace(packaged.instruments["USDC-USDT"], min_size=atoms("80"))
    driver = owing("100", parameters=replace(packaged, instruments={**packaged.instruments, "USDC-USDT": usdc}))
    driver.book("ETH-USDT", [("2999", "0.001")], [("3000", "1")])
    bid = c.PlaceOrder(
        user_id=USER, instrument="ETH-USDT", side="buy", kind="limit", size=atoms("0.1"), price=atoms("2999.5")
    )
    driver.do(bid)
    found = run(driver, "USDC", "ETH")
    assert (legs(found), found["status"], driver.cash("ETH")) == ([], "failed", "5")
