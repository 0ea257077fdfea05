"""Auto-loan and the choice of collateral: what each refusal names, and which coins a choice is about.

The codes and the wording by number of coins are documented; what each means exactly is that of decisions/057.
"""

from __future__ import annotations

import pytest

from tallystick.engine import commands as c
from tallystick.engine import cross_settings
from tallystick.engine.amounts import ONE
from tallystick.engine.cross_settings import AutoLoanSet, ChooseCollateral, CollateralChosen, SetAutoLoan
from tallystick.engine.kinds import AccountMode
from tallystick.engine.modes import SwitchMode
from tallystick.engine.parameters import Parameters
from tallystick.engine.rejects import Reject
from tests.engine.driver import USER, Driver, atoms
from tests.engine.setups import with_currency
from tests.engine.test_cross import account, eth
from tests.engine.test_spot_borrow import order

NONE: tuple[str, ...] = ()


def choose(*ccys: str, enabled: bool = False) -> ChooseCollateral:
    return ChooseCollateral(user_id=USER, ccys=ccys, enabled=enabled)


def out(driver: Driver) -> tuple[str, ...]:
    return driver.state.users[USER].no_collateral


def lend(driver: Driver, ccy: str, amount: str) -> None:
    """Owe a coin, by a transfer to the funding account."""
    driver.do(
        c.Transfer(user_id=USER, ccy=ccy, amount=atoms(amount), source="trading", target="funding", may_borrow=True)
    )


def undiscounted(ccy: str, parameters: Parameters | None = None) -> Parameters:
    tiers = ((10**9 * ONE, ONE),)
    return with_currency(ccy, parameters, discount_tiers=tiers, discount_step=0, discount_step_size=0)


# ---- auto-loan


@pytest.mark.parametrize("mode", [3, 4])
def test_auto_loan_is_switched_in_both_modes_and_told_once(mode: AccountMode) -> None:
    driver = account(mode=mode)
    assert driver.do(SetAutoLoan(user_id=USER, enabled=False)) == [AutoLoanSet(user_id=USER, enabled=False)]
    assert driver.do(SetAutoLoan(user_id=USER, enabled=False)) == []
    assert driver.do(SetAutoLoan(user_id=USER, enabled=True)) == [AutoLoanSet(user_id=USER, enabled=True)]


def test_spot_mode_has_neither_setting() -> None:
    driver = account(mode=3, BTC="1")
    driver.do(SwitchMode(user_id=USER, mode=1))
    for command, modes in ((SetAutoLoan(user_id=USER, enabled=False), "3 4"), (choose("BTC"), "3")):
        no = driver.refusal(command)
        assert (no.reject, no.facts) == (Reject.OTHER_MODE, {"mode": "1", "modes": modes})


def test_orders_that_would_borrow_keep_auto_loan_on() -> None:
    """Open sales of 2 BTC and of 3 ETH, where 1 BTC and 1 ETH are there: 1 BTC and 2 ETH would be borrowed."""
    driver = account(BTC="1", ETH="1", USDT="60000")
    driver.do(order("sell", "2", "70000"))
    driver.do(eth("sell", "3", "4000"))
    no = driver.refusal(SetAutoLoan(user_id=USER, enabled=False))
    assert (no.reject, no.facts) == (Reject.ORDERS_BORROW, {"owed": "BTC ETH"})
    assert driver.do(SetAutoLoan(user_id=USER, enabled=True)) == []


# ---- collateral


def test_portfolio_margin_has_every_coin_as_collateral() -> None:
    no = account(mode=4, BTC="1").refusal(choose("BTC"))
    assert (no.reject, no.facts) == (Reject.OTHER_MODE, {"mode": "4", "modes": "3"})


def test_coins_are_taken_out_and_brought_back_by_name() -> None:
    driver = account(BTC="1", ETH="1")
    assert driver.do(choose("BTC", "ETH")) == [CollateralChosen(user_id=USER, out=("BTC", "ETH"))]
    assert driver.do(choose("ETH")) == [], "it is out already"
    assert driver.do(choose("BTC", enabled=True)) == [CollateralChosen(user_id=USER, out=("ETH",))]
    assert driver.do(choose("BTC", enabled=True)) == [], "it is in already"
    assert out(driver) == ("ETH",)


def test_all_coins_are_those_that_may_be_chosen() -> None:
    """DOGE is no collateral here, and USDT always is: `all` takes out neither, and puts USDT in, as in the sample."""
    driver = account(with_currency("DOGE", collateral=False))
    driver.do(choose())
    coins = set(driver.parameters.currencies) - {"DOGE"}
    assert set(out(driver)) == coins - {"USDT"}
    assert set(cross_settings.named_coins(driver.state, NONE, enabled=True)) == coins
    assert set(cross_settings.named_coins(driver.state, NONE, enabled=False)) == coins - {"USDT"}
    driver.do(choose(enabled=True))
    assert out(driver) == ()


def test_coins_that_are_no_collateral_cannot_be_chosen() -> None:
    parameters = with_currency("DOGE", with_currency("SOL", collateral=False), collateral=False)
    driver = account(parameters, BTC="1")
    for enabled in (True, False):
        no = driver.refusal(choose("SOL", "BTC", "DOGE", enabled=enabled))
        assert (no.reject, no.details, no.facts) == (
            Reject.COIN_NOT_ELIGIBLE,
            {"ccy": "SOL, DOGE"},
            {"ccy": "SOL DOGE"},
        )
    assert driver.refuse(choose("NO", "SOL")) is Reject.UNKNOWN_CCY


def test_what_keeps_a_coin_in_is_told_in_the_documented_order() -> None:
    """USDT always counts, 2 ETH are owed, and an open order gives 0.1 BTC."""
    driver = account(BTC="3", USDT="1000")
    lend(driver, "ETH", "2")
    driver.do(order("sell", "0.1", "70000"))
    for ccys, reject, named in (
        (("USDT", "ETH", "BTC"), Reject.COLLATERAL_FIXED, "USDT"),
        (("BTC", "ETH"), Reject.COLLATERAL_BORROWED, "ETH"),
        (("BTC",), Reject.COLLATERAL_IN_ORDERS, "BTC"),
    ):
        no = driver.refusal(choose(*ccys))
        assert (no.reject, no.details["ccy"]) == (reject, named)
    assert out(driver) == ()


@pytest.mark.parametrize(("owed", "equity", "needed"), [("3000", "", ""), ("3003", "997", "1001")])
def test_the_other_coins_must_carry_the_margin(owed: str, equity: str, needed: str) -> None:
    """1 ETH counts its 4,000 whole and leverage is 3: 3,000 USDT need 1,000, which is all that is left without BTC.

    3,003 need 1,001, and 997 are left.
    """
    driver = account(undiscounted("ETH"), prices={"BTC-USDT": "60000", "ETH-USDT": "4000"}, BTC="1", ETH="1")
    lend(driver, "USDT", owed)
    if not needed:
        assert driver.do(choose("BTC")) == [CollateralChosen(user_id=USER, out=("BTC",))]
        return
    no = driver.refusal(choose("BTC"))
    assert (no.reject, no.facts) == (
        Reject.COLLATERAL_NEEDED,
        {"equity_usd": atoms(equity), "needed_usd": atoms(needed)},
    )
