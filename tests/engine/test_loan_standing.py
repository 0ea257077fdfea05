"""How the LTV of a loan is shown: over the market value of its collateral, or as since December 2025 over the adjusted.

Expected numbers by hand: collateral at its index times its discount; the liquidation LTV is 1 / 1.015 cut, 0.9852; the
margin call is the one that decides (004) over the discount.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from tallystick.contract import by_name
from tallystick.engine import commands as c
from tallystick.engine import flexible_loan
from tallystick.engine.events import LoanMoved, LoanWarned
from tallystick.engine.parameters import Parameters
from tallystick.venue.parameters import load_parameters
from tallystick.views import VIEWS, Caller, QueryView
from tests.engine.driver import USER, Driver, atoms
from tests.engine.history import NoHistory
from tests.engine.setups import NOON_MS, of_kind, with_currency

FIRST, LATER = "2026-01", "2026-08"
FIELDS = ("collateralNotionalUsd", "curLTV", "marginCallLTV", "liqLTV")


def lent(parameters: Parameters | None, amount: str, *, e_mode: bool = False, **pledged: str) -> Driver:
    """A loan of USDT. BTC at 60,000, ETH at 3,000, DOGE at 0.1, USDC at 1."""
    driver = Driver(NOON_MS + 1, parameters)
    driver.user(USER)
    for pair, price in (("BTC-USDT", "60000"), ("ETH-USDT", "3000"), ("DOGE-USDT", "0.1"), ("USDC-USDT", "1")):
        driver.price(pair, price)
    for ccy, size in pledged.items():
        driver.deposit(ccy, size, account="funding")
    collateral = tuple((ccy, atoms(size)) for ccy, size in pledged.items())
    driver.do(
        c.BorrowLoan(
            user_id=USER,
            loan_id=0,
            ccy="USDT",
            amount=atoms(amount),
            collateral=collateral,
            client_order_id="a",
            e_mode=e_mode,
        )
    )
    return driver


def shown(driver: Driver, surface: str) -> dict[str, Any]:
    """The loan as loan-info has it."""
    view = VIEWS["loan_info"]
    assert isinstance(view, QueryView)
    request = msgspec.convert({}, by_name["loan_info"].request)
    (row,) = view.answer(driver.state, request, Caller(USER, driver.at_ms, NoHistory(), surface=surface))
    found: dict[str, Any] = json.loads(msgspec.json.encode(row))
    return found


def ratios(driver: Driver, surface: str) -> tuple[str, ...]:
    row = shown(driver, surface)
    return tuple(row[name] for name in FIELDS)


def with_lever() -> Parameters:
    return replace(load_parameters(), loan_adjusted_ltv=True)


@pytest.mark.parametrize(
    ("surface", "parameters", "expected"),
    [
        (FIRST, None, ("1000", "0.5", "0.7866", "0.8866")),
        (FIRST, with_lever(), ("900", "0.5556", "0.874", "0.9852")),
        (LATER, None, ("900", "0.5556", "0.874", "0.9852")),
        (LATER, with_lever(), ("900", "0.5556", "0.874", "0.9852")),
    ],
)
def test_one_loan_in_both_forms(surface: str, parameters: Parameters | None, expected: tuple[str, ...]) -> None:
    """500 USDT on 10,000 DOGE at 0.1, which count 0.9: 500 / 900, and 0.7866 / 0.9."""
    driver = lent(parameters, "500", DOGE="10000")
    assert ratios(driver, surface) == expected
    assert shown(driver, surface)["loanNotionalUsd"] == "500"


def test_the_lever_can_be_moved_while_the_venue_runs() -> None:
    driver = lent(None, "500", DOGE="10000")
    driver.do(
        c.ChangeParameters(settings=(c.Setting(table="constants", row="", field="loan_adjusted_ltv", value=True),))
    )
    assert ratios(driver, FIRST)[1] == "0.5556"
    driver.do(
        c.ChangeParameters(settings=(c.Setting(table="constants", row="", field="loan_adjusted_ltv", value=False),))
    )
    assert ratios(driver, FIRST)[1] == "0.5"


@pytest.mark.parametrize(
    ("rate", "adjusted", "ltv", "margin_call"),
    [
        ("1", "1000", "0.1", "0.8852"),
        ("0.98", "980", "0.102", "0.8831"),  # 100 / 980 = 0.10204..., 0.8655 / 0.98
        ("0.85", "850", "0.1176", "0.8675"),  # 0.11764..., 0.7374 / 0.85
        ("0.7", "700", "0.1429", "0.8422"),  # 0.14285..., 0.5896 / 0.7
        ("0.3", "300", "0.3333", "0.714"),  # the initial LTV is the margin call: 0.2142 / 0.3
    ],
)
def test_the_liquidation_ltv_has_no_discount_in_it(rate: str, adjusted: str, ltv: str, margin_call: str) -> None:
    tiers = ((atoms("1000000"), atoms(rate)),)
    driver = lent(with_currency("DOGE", discount_tiers=tiers), "100", DOGE="10000")
    assert ratios(driver, LATER) == (adjusted, ltv, margin_call, "0.9852")


def test_a_mix_counts_each_coin_with_its_discount() -> None:
    """0.03 BTC and 0.2 ETH at 0.98 are 2,352 of 2,400; 8,000 DOGE at 0.9 720 of 800: 3,072 of 3,200, D = 0.96.

    Decided: 0.96 / 1.015 = 0.9458, less 0.1. Over D: 0.8458 / 0.96 = 0.88104...
    """
    driver = lent(None, "1000", BTC="0.03", ETH="0.2", DOGE="8000")
    assert ratios(driver, LATER) == ("3072", "0.3255", "0.881", "0.9852")
    assert ratios(driver, FIRST) == ("3200", "0.3125", "0.8458", "0.9458")


def test_in_e_mode_the_whole_value_counts() -> None:
    """Its lines are of the whole value, whatever the discount (0.98)."""
    driver = lent(None, "9000", e_mode=True, USDC="10000")
    for surface in (FIRST, LATER):
        assert ratios(driver, surface) == ("10000", "0.9", "0.93", "0.95")


def test_who_is_warned_is_the_same_in_both_forms() -> None:
    """500 / (10,000 x p) is 0.7866 at p = 0.063564...; over 0.9 of it that is 0.874."""
    for price, warned in (("0.063565", False), ("0.063564", True)):
        driver = lent(None, "500", DOGE="10000")
        assert bool(of_kind(driver.do(c.SetPrices(prices=(("DOGE-USDT", atoms(price)),))), LoanWarned)) is warned
        ltv, line = ratios(driver, LATER)[1:3]
        assert line == "0.874"
        assert atoms(ltv) >= atoms(line) or not warned


def test_who_is_liquidated_is_the_same_in_both_forms() -> None:
    """0.8866 at p = 0.056395...: over 0.9 of the value 0.98511, shown as 0.9851 with a line of 0.9852."""
    driver = lent(None, "500", DOGE="10000")
    assert of_kind(driver.do(c.SetPrices(prices=(("DOGE-USDT", atoms("0.056396")),))), LoanMoved) == []
    assert ratios(driver, LATER)[1:] == ("0.9851", "0.874", "0.9852")
    assert of_kind(driver.do(c.SetPrices(prices=(("DOGE-USDT", atoms("0.056395")),))), LoanMoved)


def test_where_nothing_counts_there_is_no_ratio() -> None:
    driver = lent(None, "500", DOGE="10000")
    (loan,) = driver.state.loans.values()
    driver.state.markets["DOGE-USDT"].index = 0  # set aside of the engine, which would judge by it
    assert flexible_loan.adjusted_standing(driver.state, loan) == (0, 0, 0, 0)
    assert flexible_loan.plain_standing(driver.state, loan) == (0, 0, 0, 0)
    assert flexible_loan.thresholds(driver.state, loan) == (0, 0, 0)
    assert flexible_loan.liquidation_price(driver.state, loan) is None


def test_in_e_mode_too_there_is_no_ratio_where_nothing_counts() -> None:
    driver = lent(None, "900", e_mode=True, USDC="1000")
    (loan,) = driver.state.loans.values()
    driver.state.markets["USDC-USDT"].index = 0
    assert flexible_loan.adjusted_standing(driver.state, loan) == (0, 0, 0, 0)
