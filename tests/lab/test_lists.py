"""Books from lists: a CSV of one's own and a saved answer of loan-info, and what is said of bad ones."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tallystick.cli.predicting.mirror import NoHistory
from tallystick.contract.account import Balance
from tallystick.engine.amounts import ONE, text_from_atoms
from tallystick.engine.kinds import MULTI_CURRENCY, PORTFOLIO, SPOT
from tallystick.lab.book import Book
from tallystick.lab.listed import BadList
from tallystick.lab.lists import from_answer, from_csv, listed_in, state_of, with_rates
from tallystick.lab.opening import state_with
from tallystick.venue.parameters import load_parameters
from tallystick.views.account import balance
from tallystick.views.core import Caller
from tests.lab.account_worlds import account_world
from tests.lab.opened_worlds import opened_world
from tests.lab.worlds import AT_MS

CSV = "debt,collateral,e_mode\n1000 USDT,0.02 BTC 1.5 ETH,\n50 USDT,60 USDC,yes\n"
INFO = b'{"code":"0","data":[{"loanData":[{"ccy":"USDT","amt":"10"}],"collateralData":[{"ccy":"BTC","amt":"0.01"}]}]}'
PRICES = {"BTC-USDT": 60_000 * ONE, "ETH-USDT": 3_000 * ONE}


def test_a_csv() -> None:
    first, second = Book(state_of(from_csv(CSV), load_parameters(), PRICES)).loans
    assert (first.debts, first.collateral) == ({"USDT": 1000 * ONE}, {"BTC": ONE // 50, "ETH": 3 * ONE // 2})
    assert (second.collateral, second.e_mode) == ({"USDC": 60 * ONE}, True)


def test_columns_that_are_not_read_are_noted() -> None:
    listed = from_csv("debt,collateral,emode,who\n1 USDT,2 USDC,yes,me\n")
    assert listed.notes == ("columns that are not read: emode, who.",)
    assert not listed.loans[0].e_mode


def test_an_answer_of_loan_info(tmp_path: Path) -> None:
    path = tmp_path / "loans.json"
    path.write_bytes(INFO)
    (loan,) = Book(state_of(listed_in(path, load_parameters()), load_parameters(), PRICES)).loans
    assert (loan.debts, loan.collateral) == ({"USDT": 10 * ONE}, {"BTC": ONE // 100})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n", "must name the columns debt and collateral .* or debt and coins"),
        ("debt,collateral\n1000,0.02 BTC\n", "line 2, debt: write amounts and coins in turn"),
        ("debt,collateral\n1 USDT,\n", "line 2, collateral"),
        ("debt,collateral\n1 XYZ,1 BTC\n", "loan 1: XYZ is unknown"),
        ("debt,collateral\n1 BTC,1 BTC\n", "BTC is both owed and pledged"),
        ("debt,collateral\n0 USDT,1 BTC\n", "each above 0"),
        ("debt,collateral\n1 USDT,1 SOL\n", "--price SOL-USDT=PRICE"),
        ("debt,collateral\n1 USDT\n", "and not ''"),
        ("debt,collateral\n1 USDT 2 USDT,1 BTC\n", "line 2, debt: '1 USDT 2 USDT' names a coin twice"),
        ("debt,collateral\n1 USDT,1 BTC,yes\n", "line 2 has more cells than the first line names columns"),
        ("debt,collateral,e_mode\n1 USDT,2 USDC,Yes\n", "line 2, e_mode: 'Yes' is neither yes nor nothing"),
        ("debt,collateral,e_mode\n1 USDT,1 BTC,yes\n", "loan 1: E-Mode is for USDT on USDC alone"),
    ],
)
def test_a_bad_line_is_named(text: str, said: str) -> None:
    with pytest.raises(BadList, match=said):
        state_of(from_csv(text), load_parameters(), PRICES)


@pytest.mark.parametrize("raw", [b"{", b'{"data":[{}]}', b"7", b'[{"loanData":[{"ccy":"USDT","amt":"-1"}]}]'])
def test_no_answer_of_loan_info(raw: bytes) -> None:
    with pytest.raises(BadList, match="no answer of flexible-loan/loan-info"):
        from_answer(raw, load_parameters())


def test_rates_of_coins_that_are_there() -> None:
    assert with_rates(load_parameters(), {"USDT": ONE // 10}).currencies["USDT"].rate_per_year == ONE // 10
    with pytest.raises(BadList, match="no coin is called XYZ"):
        with_rates(load_parameters(), {"XYZ": 1})


LINES = '"marginCallLTV":"{}","liqLTV":"{}"'
ROW = '{{"loanData":[{{"ccy":"USDT","amt":"90"}}],"collateralData":[{{"ccy":"USDC","amt":"100"}}],{}}}'


def test_e_mode_is_read_from_the_lines_of_a_loan() -> None:
    """E-Mode is called at 0.93 and liquidated at 0.95 of the packaged numbers; a loan outside has other lines."""
    parameters = load_parameters()
    lines = [text_from_atoms(line) for line in (parameters.loan_e_mode_margin_call, parameters.loan_e_mode_liquidation)]
    rows = [ROW.format(LINES.format(*lines)), ROW.format(LINES.format("0.8", "0.85"))]
    found = from_answer(f"[{','.join(rows)}]".encode(), parameters)
    assert [loan.e_mode for loan in found.loans] == [True, False]
    assert found.notes == ()


def test_a_loan_without_lines_is_taken_as_not_in_e_mode_and_that_is_said() -> None:
    found = from_answer(INFO, load_parameters())
    assert found.notes == ("loans without marginCallLTV and liqLTV: 1 of 1; they are taken as not in E-Mode.",)


UNTOLD = (
    "accounts in other modes than Spot: {}; the book does not tell whether their auto-loan is on, and it is taken to "
    "be on."
)
BALANCE = """{"code":"0","data":[{"availEq":"%s","details":[
  {"ccy":"BTC","eq":"0.5","liab":"0","ordFrozen":"0","collateralEnabled":true},
  {"ccy":"ETH","eq":"2","liab":"","ordFrozen":"","collateralEnabled":false},
  {"ccy":"USDT","eq":"-9000.5","liab":"10000.5","ordFrozen":"0","collateralEnabled":true},
  {"ccy":"ODDCOIN","eq":"7","liab":"0"}]}]}"""


def test_an_answer_of_the_balance_in_spot_mode() -> None:
    """Equity -9,000.5 and a debt of 10,000.5: 1,000 USDT are held. `collateralEnabled` says nothing in Spot mode."""
    listed = from_answer((BALANCE % "").encode(), load_parameters())
    assert listed.notes == ("account 1 holds ODDCOIN, which this venue does not know: it counts nothing.",)
    (account,) = Book(state_of(listed, load_parameters(), PRICES)).accounts
    assert account.held == {"BTC": ONE // 2, "ETH": 2 * ONE, "USDT": 1_000 * ONE}
    assert account.debts == {"USDT": 10_000 * ONE + ONE // 2}
    assert (account.user.mode, account.user.uncounted) == (SPOT, ())


def test_an_answer_of_the_balance_in_multi_currency_margin() -> None:
    listed = from_answer((BALANCE % "12000").encode(), load_parameters())
    (account,) = Book(state_of(listed, load_parameters(), PRICES)).accounts
    assert (account.user.mode, account.user.uncounted) == (MULTI_CURRENCY, ("ETH",))
    assert listed.notes[1:] == (UNTOLD.format("1 of 1"),)


@pytest.mark.parametrize("made", [account_world(3, hours_most=130).book, opened_world(3).book])
def test_the_venues_own_answer_is_the_account_again(made: Book) -> None:
    """Answers of the venue on each account of a random world make the same book; the second has every mode."""
    rows = []
    for account in made.accounts:
        caller = Caller(user_id=account.user.user_id, at_ms=made.state.at_ms, market=NoHistory())
        (row,) = balance(made.state, Balance(), caller)
        rows.append(msgspec.to_builtins(row))
    listed = from_answer(msgspec.json.encode(rows), made.parameters)
    again = Book(state_with(made.parameters, AT_MS, {}, (), listed.accounts))
    for one, other in zip(made.accounts, again.accounts, strict=True):
        assert (one.debts, one.user.mode) == (other.debts, other.user.mode)
        both = {ccy for ccy in one.held if ccy in one.debts}
        assert {ccy: one.held[ccy] for ccy in both} == {ccy: other.held[ccy] for ccy in both}
        assert one.held == other.held


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"ordFrozen":"0"', '"ordFrozen":"1"', "BTC is held by open orders"),
        ('"availEq":""', '"availEq":"","upl":"3"', "holds positions"),
        ('"liab":"10000.5"', '"liab":"9000"', "less than nothing"),
        ('"eq":"-9000.5","liab":"10000.5"', '"eq":"7","liab":"0"', "no account of the answer owes anything"),
    ],
)
def test_balances_that_cannot_be_taken(old: str, new: str, said: str) -> None:
    with pytest.raises(BadList, match=said):
        from_answer((BALANCE % "").replace(old, new, 1).encode(), load_parameters())


def test_a_csv_of_accounts() -> None:
    text = "debt,coins,mode\n1000 USDT,0.03 BTC 5 USDT,\n10 ETH,50000 USDT,multi\n9 ETH,50000 USDT,portfolio\n"
    first, second, third = Book(state_of(from_csv(text), load_parameters(), PRICES)).accounts
    assert (first.debts, first.held) == ({"USDT": 1000 * ONE}, {"BTC": 3 * ONE // 100, "USDT": 5 * ONE})
    assert (second.user.mode, third.user.mode) == (MULTI_CURRENCY, PORTFOLIO)
    assert from_csv(text).notes == (UNTOLD.format("2 of 3"),)
    with pytest.raises(BadList, match="line 2, mode: 'x' is none of spot, multi and portfolio"):
        from_csv("debt,coins,mode\n1000 USDT,0.03 BTC,x\n")
