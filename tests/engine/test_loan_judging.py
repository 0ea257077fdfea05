"""Judging and liquidation of a loan from numbers alone: worked by hand, and without a state."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tallystick.engine import loan_judging
from tallystick.engine.interest import loan_hour, loan_hours
from tallystick.engine.loan_judging import standing
from tallystick.engine.loan_liquidation import Moved, Settled, liquidation
from tallystick.engine.parameters import Parameters
from tallystick.engine.prices import Quotes
from tests.engine.driver import atoms
from tests.engine.test_loan_risk import simple_discounts

USDT, BTC = {"USDT": atoms("10000")}, {"BTC": atoms("0.2")}


def at(price: str) -> Quotes:
    return Quotes({"USDT": atoms("1"), "BTC": atoms(price)})


@pytest.fixture(scope="module")
def parameters() -> Parameters:
    """BTC counts 0.98 at any size."""
    return simple_discounts().parameters


@pytest.mark.parametrize(
    ("price", "verdict", "ltv"),
    [
        # 10,000 over 0.2 x the price, cut at 18 decimals.
        # 0.98 / 1.4 = 0.7; 0.98 / 1.015 = 0.96551..., cut 0.9655, less 0.1: 0.8655.
        ("57770.3", "safe", "0.86549663062161699"),
        ("57770", "called", "0.865501125151462696"),
        ("51787", "called", "0.965493270511904532"),
        ("51786", "due", "0.965511914417023906"),
        ("0", "due", "2"),
    ],
)
def test_where_a_loan_stands(parameters: Parameters, price: str, verdict: str, ltv: str) -> None:
    judged = standing(parameters, at(price), USDT, BTC, e_mode=False)
    assert (judged.verdict, judged.ltv) == (verdict, atoms(ltv))
    lines = ("0", "0", "0") if price == "0" else ("0.7", "0.8655", "0.9655")
    assert judged.lines == tuple(map(atoms, lines))


@pytest.mark.parametrize(
    ("price", "covered"),
    [
        # 10,000 x 1.3 against 0.196 x the price; the line is 0.98 / 1.3 = 0.75384..., cut 0.7538.
        ("66333", "0.753774"),
        ("66328.8", "0.753820"),
        ("66326.6", "0.753845"),
        ("66326.5", ""),
        ("66320", ""),
    ],
)
def test_above_a_line_that_was_cut_a_loan_may_be_within_its_initial_ltv(
    monkeypatch: pytest.MonkeyPatch, parameters: Parameters, price: str, covered: str
) -> None:
    """It is not warned. The planted bug looks no further than the line."""
    narrow = replace(parameters, loan_initial=atoms("1.3"), loan_margin_call_gap=atoms("0.5"))

    def verdict() -> str:
        judged = standing(narrow, at(price), USDT, BTC, e_mode=False)
        assert judged.lines.initial == judged.lines.margin_call == atoms("0.7538")
        return judged.verdict

    assert verdict() == ("safe" if covered else "called")
    monkeypatch.setattr(loan_judging, "LINE_CUT", 0)
    assert verdict() == ("safe" if covered and atoms(covered) <= atoms("0.7538") else "called")


def test_lines_of_e_mode_know_no_discount(parameters: Parameters) -> None:
    judged = standing(parameters, at("53000"), USDT, BTC, e_mode=True)
    assert (judged.verdict, judged.lines) == ("called", tuple(map(atoms, ("0.9", "0.93", "0.95"))))


@pytest.mark.parametrize(
    "quotes", [Quotes({"USDT": atoms("1"), "BTC": 0}, {"BTC"}), Quotes({"USDT": 0, "BTC": atoms("1")})]
)
def test_a_price_that_is_missing_is_no_verdict(parameters: Parameters, quotes: Quotes) -> None:
    judged = standing(parameters, quotes, USDT, BTC, e_mode=False)
    assert (judged.verdict, judged.ltv) == ("unpriced", None)
    assert liquidation(parameters, quotes, USDT, BTC, e_mode=False).acts == ()


def test_a_liquidation_changes_nothing_but_says_all(parameters: Parameters) -> None:
    """Trace (c) of the rules: 10,000 USDT on 0.2 BTC, marked at 51,700. The fee is 2 % of 5,102.040867."""
    done = liquidation(parameters, at("51700"), USDT, BTC, e_mode=False)
    assert done.acts == (
        Moved("partial_liquidation", "BTC", atoms("-0.09868551")),
        Moved("partial_liquidation", "USDT", atoms("-5000.00004966")),
        Settled(atoms("102.04081734")),
    )
    assert (done.debts, done.collateral) == ({"USDT": atoms("4999.99995034")}, {"BTC": atoms("0.10131449")})
    assert (done.closed, USDT, BTC) == (False, {"USDT": atoms("10000")}, {"BTC": atoms("0.2")})


def test_a_loan_below_its_line_is_left_alone(parameters: Parameters) -> None:
    done = liquidation(parameters, at("51787"), USDT, BTC, e_mode=False)
    assert (done.acts, done.debts, done.collateral, done.closed) == ((), USDT, BTC, False)


def test_a_full_liquidation_pays_the_fee_and_then_the_shortfall(parameters: Parameters) -> None:
    """At 40,000 the collateral is worth 8,000: the fee is 160, and 8,000 - 160 - 10,000 are short."""
    done = liquidation(parameters, at("40000"), USDT, BTC, e_mode=False)
    assert done.acts == (
        Moved("forced_liquidation", "BTC", atoms("-0.2")),
        Moved("forced_liquidation", "USDT", atoms("-10000")),
        Settled(atoms("160")),
        Settled(atoms("-2160")),
    )
    assert (done.debts, done.collateral, done.closed) == ({}, {}, True)


@pytest.mark.parametrize("debt", [1, 10**9, 865_993_090_000_000_000, 10**24 + 7])
@pytest.mark.parametrize("rate", [0, 1, 410_000_000_000_000_000, 36_500_000_000_000_000_000])
def test_hours_in_one_loop_are_hours_one_by_one(debt: int, rate: int) -> None:
    owed, wanted = debt, []
    for _ in range(50):
        owed += loan_hour(owed, rate)
        wanted.append(owed)
    assert loan_hours(debt, rate, 50) == wanted
