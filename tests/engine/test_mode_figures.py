"""Account modes: figures of an account in each mode, margin that must carry a switch, and what a refusal names.

Worked by hand: ETH at 4,000 and BTC at 60,000 count whole, the leverage is 3, and a debt of USDT needs 2 % of its value
and the fee of 0.1 %. BTC is out of the collateral, which only multi-currency margin leaves out.
"""

from __future__ import annotations

from typing import Any

import pytest

from tallystick.engine import commands as c
from tallystick.engine import modes
from tallystick.engine.cross_settings import ChooseCollateral
from tallystick.engine.kinds import AccountMode
from tallystick.engine.modes import Figures, ModeSwitched, ObstaclesSet, OpenModes, SetObstacles, Standing, SwitchMode
from tallystick.engine.rejects import Reject
from tallystick.engine.state import LateInterest
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import NOON_MS
from tests.engine.test_cross import account
from tests.engine.test_cross_settings import lend, undiscounted
from tests.engine.test_spot_borrow import order


def owing(usdt: str, mode: AccountMode = 3, ccy: str = "USDT") -> Driver:
    """1 ETH and 1 BTC, which is out of the collateral, and a debt."""
    parameters = undiscounted("BTC", undiscounted("ETH"))
    driver = account(parameters, prices={"BTC-USDT": "60000", "ETH-USDT": "4000"}, BTC="1", ETH="1")
    driver.do(ChooseCollateral(user_id=USER, ccys=("BTC",), enabled=False))
    switch(driver, mode)
    if usdt:
        lend(driver, ccy, usdt)
    return driver


def spot(**coins: str) -> Driver:
    driver = Driver(NOON_MS + 1)
    driver.user(USER, coins)
    for pair, price in (("BTC-USDT", "60000"), ("ETH-USDT", "4000"), ("DOGE-USDT", "0.2")):
        driver.price(pair, price)
    driver.do(OpenModes(user_id=USER, modes=(3,)))
    return driver


def switch(driver: Driver, mode: AccountMode) -> list[Any]:
    return driver.do(SwitchMode(user_id=USER, mode=mode))


def figures(driver: Driver, mode: AccountMode) -> tuple[str, str]:
    found = modes.figures(driver.state, driver.state.users[USER], mode)
    return tuple("" if number is None else text(number) for number in found)  # type: ignore[return-value]


# ---- figures


def test_each_mode_has_its_own_collateral() -> None:
    """2,400 USDT need 800 and, with the fee, 50.4: 4,000 - 2,400 = 1,600 in mode 3, and 61,600 in mode 4."""
    driver = owing("2400")
    assert figures(driver, 3) == ("800", "31.746031746031746031")
    assert figures(driver, 4) == ("60800", "1222.222222222222222222")
    assert modes.figures(driver.state, driver.state.users[USER], 1) == Figures(None, None)


def test_restricted_coins_are_not_available_and_are_in_the_ratio() -> None:
    driver = owing("2400", mode=4)
    driver.state.collateral_levels["BTC"] = (2, 0)
    assert figures(driver, 4) == ("800", "1222.222222222222222222")


def test_without_a_debt_there_is_no_ratio() -> None:
    assert figures(owing(""), 3) == ("4000", "")


@pytest.mark.parametrize(("own", "value"), [(3, 0), (-3, 0), (7, 1), (-7, -1), (0, 0)])
def test_equity_is_rounded_towards_zero(own: int, value: int) -> None:
    """DOGE at 0.2 USD: 3 atoms are 0.6 of an atom, and 7 are 1.4."""
    assert modes.signed_value(spot().state, "DOGE", own) == value


# ---- margin that carries a switch


def test_the_collateral_of_the_other_mode_must_carry_the_margin() -> None:
    """3,000 USDT need 1,000, all that ETH leaves in mode 3; 3,003 need 1,001, and 997 are left."""
    assert switch(owing("3000", mode=4), 3) == [ModeSwitched(user_id=USER, mode=3)]
    driver = owing("3003", mode=4)
    no = driver.refusal(SwitchMode(user_id=USER, mode=3))
    assert (no.reject, no.facts) == (
        Reject.SWITCH_MARGIN,
        {"equity_usd": atoms("997"), "needed_usd": atoms("1001")},
    )
    assert switch(driver, 4) == []


def test_mode_4_counts_what_was_taken_out_in_mode_3() -> None:
    driver = owing("2400")
    driver.price("ETH-USDT", "3100")
    assert switch(driver, 4) == [ModeSwitched(user_id=USER, mode=4)]
    assert driver.refuse(SwitchMode(user_id=USER, mode=3)) is Reject.SWITCH_MARGIN, "700 are left, and 800 needed"


def test_a_debt_without_a_price_cannot_be_carried() -> None:
    driver = owing("0.1", ccy="ETH", mode=4)
    driver.deposit("ETH", "-0.9")
    driver.do(
        c.Transfer(user_id=USER, ccy="ETH", amount=atoms("0.1"), source="trading", target="funding", may_borrow=True)
    )
    driver.state.markets["ETH-USDT"].index = 0
    no = driver.refusal(SwitchMode(user_id=USER, mode=3))
    assert (no.reason, no.facts) == ("switch_margin/unpriced", {})


def test_the_present_mode_is_never_in_the_way() -> None:
    driver = spot(USDT="5")
    driver.do(SetObstacles(user_id=USER, obstacles=("algos",)))
    assert modes.standing(driver.state, driver.state.users[USER], 1) == Standing((), sound=True)
    assert switch(driver, 1) == []


# ---- what refusals name


def test_too_little_is_told_with_what_is_there() -> None:
    """9,999.99 USDT: one cent less than what is asked of an account that leaves Spot mode, and of no other."""
    driver = spot(USDT="9999.99")
    no = driver.refusal(SwitchMode(user_id=USER, mode=3))
    facts = {"name": "user1", "has_usd": atoms("9999.99"), "least_usd": atoms("10000")}
    assert (no.reject, no.facts) == (Reject.SWITCH_ASSETS, facts)
    other = account(USDT="5")
    assert switch(other, 4) == [ModeSwitched(user_id=USER, mode=4)]


def test_open_orders_are_told_with_the_oldest() -> None:
    driver = spot(USDT="90000", BTC="2")
    placed = [driver.do(order("sell", "0.5", price))[0].order_id for price in ("70000", "80000")]
    no = driver.refusal(SwitchMode(user_id=USER, mode=3))
    assert (no.reject, no.facts) == (Reject.SWITCH_ORDERS, {"open_count": 2, "id": str(placed[0])})


def test_debts_are_told_by_coin_and_interest_that_is_late_by_name() -> None:
    driver = spot(USDT="90000")
    for ccy in ("ETH", "BTC"):
        driver.do(c.ManualBorrow(user_id=USER, ccy=ccy, amount=atoms("0.1")))
    no = driver.refusal(SwitchMode(user_id=USER, mode=3))
    assert (no.reject, no.facts) == (Reject.SWITCH_DEBTS, {"name": "user1", "owed": "BTC ETH"})
    late = spot(USDT="90000")
    late.state.late_interest[USER] = LateInterest(until_ms=late.at_ms + 1, charges=[])
    no = late.refusal(SwitchMode(user_id=USER, mode=3))
    assert (no.reject, no.facts) == (Reject.SWITCH_DEBTS, {"name": "user1", "owed": "interest"})


def test_a_closed_mode_is_told_with_the_open_ones() -> None:
    no = spot(USDT="90000").refusal(SwitchMode(user_id=USER, mode=4))
    assert (no.reject, no.facts) == (Reject.MODE_CLOSED, {"mode": "4", "known": "1 3", "name": "user1"})


def test_what_a_control_call_puts_in_the_way_is_kept_in_the_documented_order() -> None:
    driver = spot(USDT="90000")
    put = SetObstacles(user_id=USER, obstacles=("region", "algos"))
    assert driver.do(put) == [ObstaclesSet(user_id=USER, obstacles=("algos", "region"))]
    assert driver.do(put) == []
    no = driver.refusal(SwitchMode(user_id=USER, mode=3))
    assert (no.reject, no.facts) == (Reject.SWITCH_ALGOS, {"name": "user1"})
    assert modes.standing(driver.state, driver.state.users[USER], 3).items == ("algos", "region")
    assert driver.do(SetObstacles(user_id=USER, obstacles=())) == [ObstaclesSet(user_id=USER, obstacles=())]
    assert switch(driver, 3) == [ModeSwitched(user_id=USER, mode=3)]
