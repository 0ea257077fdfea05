"""Books from lists: a CSV of one's own and a saved answer of loan-info, and what is said of bad ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallystick.engine.amounts import ONE
from tallystick.lab.book import Book
from tallystick.lab.lists import BadList, from_csv, from_loan_info, loans_of, state_of, with_rates
from tallystick.venue.parameters import load_parameters

CSV = "debt,collateral,e_mode\n1000 USDT,0.02 BTC 1.5 ETH,\n50 USDT,60 USDC,yes\n"
INFO = b'{"code":"0","data":[{"loanData":[{"ccy":"USDT","amt":"10"}],"collateralData":[{"ccy":"BTC","amt":"0.01"}]}]}'
PRICES = {"BTC-USDT": 60_000 * ONE, "ETH-USDT": 3_000 * ONE}


def test_a_csv() -> None:
    first, second = Book(state_of(from_csv(CSV), load_parameters(), PRICES)).loans
    assert (first.debts, first.collateral) == ({"USDT": 1000 * ONE}, {"BTC": ONE // 50, "ETH": 3 * ONE // 2})
    assert (second.collateral, second.e_mode) == ({"USDC": 60 * ONE}, True)


def test_an_answer_of_loan_info(tmp_path: Path) -> None:
    path = tmp_path / "loans.json"
    path.write_bytes(INFO)
    (loan,) = Book(state_of(loans_of(path), load_parameters(), PRICES)).loans
    assert (loan.debts, loan.collateral) == ({"USDT": 10 * ONE}, {"BTC": ONE // 100})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n", "must name the columns debt and collateral"),
        ("debt,collateral\n1000,0.02 BTC\n", "line 2, debt: write amounts and coins in turn"),
        ("debt,collateral\n1 USDT,\n", "line 2, collateral"),
        ("debt,collateral\n1 XYZ,1 BTC\n", "loan 1: XYZ is unknown"),
        ("debt,collateral\n1 BTC,1 BTC\n", "BTC is both owed and pledged"),
        ("debt,collateral\n0 USDT,1 BTC\n", "each above 0"),
        ("debt,collateral\n1 USDT,1 SOL\n", "--price SOL-USDT=PRICE"),
    ],
)
def test_a_bad_line_is_named(text: str, said: str) -> None:
    with pytest.raises(BadList, match=said):
        state_of(from_csv(text), load_parameters(), PRICES)


@pytest.mark.parametrize("raw", [b"{", b'{"data":[{}]}', b"7", b'[{"loanData":[{"ccy":"USDT","amt":"-1"}]}]'])
def test_no_answer_of_loan_info(raw: bytes) -> None:
    with pytest.raises(BadList, match="no answer of flexible-loan/loan-info"):
        from_loan_info(raw)


def test_rates_of_coins_that_are_there() -> None:
    assert with_rates(load_parameters(), {"USDT": ONE // 10}).currencies["USDT"].rate_per_year == ONE // 10
    with pytest.raises(BadList, match="no coin is called XYZ"):
        with_rates(load_parameters(), {"XYZ": 1})
