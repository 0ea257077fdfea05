"""Warning, liquidation, forced repayment and repayment with collateral: the worked traces (c) to (f), and the edges."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import flexible_loan as loans
from tallystick.engine import ledger, loan_risk
from tallystick.engine.events import LoanClosed, LoanWarned
from tallystick.engine.rejects import Reject
from tallystick.engine.state import Loan
from tallystick.engine.work import Stamp, Work
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import all_of, with_currency

BTC = "BTC-USDT"


def simple_discounts() -> Driver:
    """BTC counts 0.98, ETH and SOL too, at any size; prices as in the worked examples."""
    driver = Driver()
    flat = ((atoms("1000000"), atoms("0.98")),)
    currencies = {
        ccy: replace(row, discount_tiers=flat) if ccy in ("BTC", "ETH", "SOL") else row
        for ccy, row in driver.parameters.currencies.items()
    }
    instruments = {
        name: replace(row, lot=atoms("0.000001")) if name == "SOL-USDT" else row
        for name, row in driver.parameters.instruments.items()
    }
    driver = Driver(parameters=replace(driver.parameters, currencies=currencies, instruments=instruments))
    for instrument, price in ((BTC, "60000"), ("ETH-USDT", "3000"), ("SOL-USDT", "150"), ("USDC-USDT", "1")):
        driver.price(instrument, price)
    driver.user(USER)
    return driver


def lend(driver: Driver, ccy: str, amount: str, name: str = "loan", user: int = USER, **collateral: str) -> int:
    for coin, size in collateral.items():
        driver.deposit(coin, size, user, "funding")
    pledged = tuple((coin, atoms(size)) for coin, size in collateral.items())
    driver.do(
        c.BorrowLoan(user_id=user, loan_id=0, ccy=ccy, amount=atoms(amount), collateral=pledged, client_order_id=name)
    )
    return driver.state.last_loan_id


def rows(driver: Driver, user: int = USER) -> list[tuple[str, str, str]]:
    """(type, ccy, amt), oldest first."""
    found: list[dict[str, Any]] = [json.loads(row) for row in reversed(driver.table("loan_history", user))]
    return [(row["type"], row["ccy"], row["amt"]) for row in found]


def fund(driver: Driver) -> str:
    """What the insurance fund has gained."""
    return text(ledger.balance(driver.state, "insurance", "USDT") - driver.parameters.insurance_fund)


def test_partial_liquidation_as_worked() -> None:
    """Trace (c): 10,000 USDT on 0.2 BTC, marked at 51,700."""
    driver = simple_discounts()
    # 10,000 x 1.4 needs 14,000 of 0.98 x value: at 60,000 only 0.2380953 BTC would do, so it is lent at 75,000.
    driver.price(BTC, "75000")
    loan_id = lend(driver, "USDT", "10000", BTC="0.2")
    driver.price(BTC, "51800")
    assert rows(driver)[2:] == []
    driver.price(BTC, "51700")
    assert rows(driver)[2:] == [
        ("partial_liquidation", "BTC", "-0.09868551"),
        ("partial_liquidation", "USDT", "-5000.00004966"),
    ]
    loan = driver.state.loans[loan_id]
    assert {ccy: text(amount) for ccy, amount in driver.owes(loan).items()} == {"USDT": "4999.99995034"}
    assert {ccy: text(amount) for ccy, amount in loan.collateral.items()} == {"BTC": "0.10131449"}
    assert text(loans.plain_standing(driver.state, loan).ltv) == "0.9545"
    assert fund(driver) == "102.04081734"


@pytest.mark.parametrize(("more", "left"), [(0, ["4999.99995034"]), (1, [])])
def test_dust_is_what_is_below_its_bound(more: int, left: list[str]) -> None:
    """Trace (c) leaves 4,999.99995034 USDT. As the bound they stay, an atom under it the fund pays them."""
    driver = simple_discounts()
    dust = atoms("4999.99995034") + more
    driver.do(c.ChangeParameters(settings=(c.Setting(table="constants", row="", field="loan_dust_usd", value=dust),)))
    driver.price(BTC, "75000")
    lend(driver, "USDT", "10000", BTC="0.2")
    driver.price(BTC, "51700")
    assert [text(owed) for loan in driver.state.loans.values() for owed in driver.owes(loan).values()] == left
    assert fund(driver) == text(atoms("102.04081734") - (0 if left else atoms("4999.99995034")))


def test_a_partial_liquidation_sells_the_dearest_first_and_no_more_than_is_due() -> None:
    """Three coins: BTC of 3,500, ETH of 3,450 and SOL of 3,406.5 for 10,000 USDT (LTV 0.96558).

    5,000 and the fee of 2 % take 5,102.0408163... The BTC go whole; of the ETH 1,602.0408163... / 3,000, lifted to
    0.53401361; the SOL stay. 5,102.04083 less 102.0408166 is repaid.
    """
    driver = simple_discounts()
    driver.price(BTC, "110000")
    loan_id = lend(driver, "USDT", "10000", BTC="0.07", ETH="1.15", SOL="22.71")
    before = len(rows(driver))
    driver.price(BTC, "50000")
    assert rows(driver)[before:] == [
        ("partial_liquidation", "BTC", "-0.07"),
        ("partial_liquidation", "ETH", "-0.53401361"),
        ("partial_liquidation", "USDT", "-5000.0000134"),
    ]
    loan = driver.state.loans[loan_id]
    assert {ccy: text(amount) for ccy, amount in loan.collateral.items()} == {"ETH": "0.61598639", "SOL": "22.71"}
    assert fund(driver) == "102.0408166"


def test_a_partial_liquidation_ends_with_the_coin_that_just_suffices() -> None:
    """9,800 USDT: half of it over 0.98 is 5,000, as much as the BTC are worth; 4,998 of ETH and 150 of SOL stay."""
    driver = simple_discounts()
    driver.price(BTC, "110000")
    lend(driver, "USDT", "9800", BTC="0.1", ETH="1.666", SOL="1")
    before = len(rows(driver))
    driver.price(BTC, "50000")
    assert rows(driver)[before:] == [("partial_liquidation", "BTC", "-0.1"), ("partial_liquidation", "USDT", "-4900")]
    assert fund(driver) == "100"


def test_a_partial_liquidation_may_take_all_but_the_last_coin() -> None:
    """Four coins of 2,600, 2,599.99998, 2,599 and 2,557.5: at a close factor of 0.7 the third is sold in part.

    7,000 / 0.98 = 7,142.8571428571...; less 5,199.99998 it is 1,942.8571628571... of USDC, lifted to 1,942.85716286.
    """
    driver = simple_discounts()
    driver.do(
        c.ChangeParameters(
            settings=(c.Setting(table="constants", row="", field="loan_close_factor", value=atoms("0.7")),)
        )
    )
    driver.price(BTC, "200000")
    loan_id = lend(driver, "USDT", "10000", BTC="0.052", ETH="0.86666666", USDC="2599", SOL="17.05")
    before = len(rows(driver))
    driver.price(BTC, "50000")
    sold = rows(driver)[before:]
    assert sold[:2] == [("partial_liquidation", "BTC", "-0.052"), ("partial_liquidation", "ETH", "-0.86666666")]
    assert sold[2] == ("partial_liquidation", "USDC", "-1942.85716286")
    assert set(driver.state.loans[loan_id].collateral) == {"USDC", "SOL"}


def test_full_liquidation_as_worked() -> None:
    """Trace (d): 1,500 USDT on 0.03 BTC; at 51,700 the fund gains 51 (fee 31.02 and surplus 19.98)."""
    driver = simple_discounts()
    driver.price(BTC, "75000")
    loan_id = lend(driver, "USDT", "1500", BTC="0.03")
    driver.price(BTC, "51700")
    assert all_of(driver, LoanClosed) == [LoanClosed(user_id=USER, loan_id=loan_id)]
    assert rows(driver)[2:] == [("forced_liquidation", "BTC", "-0.03"), ("forced_liquidation", "USDT", "-1500")]
    assert driver.state.loans == {}
    assert fund(driver) == "51"
    assert driver.funding("USDT") == "1500"
    assert driver.funding("BTC") == "0"


def test_full_liquidation_over_a_gap() -> None:
    """Trace (d), gap: at 49,500 the collateral fetches 1,485; the fund pays 44.70, of which 29.70 is its own fee."""
    driver = simple_discounts()
    driver.price(BTC, "75000")
    lend(driver, "USDT", "1500", BTC="0.03")
    driver.price(BTC, "49500")
    assert driver.state.loans == {}
    assert fund(driver) == "-15"


def test_what_the_fund_cannot_pay_is_bad_debt() -> None:
    driver = Driver()
    driver = Driver(parameters=replace(driver.parameters, insurance_fund=atoms("10")))
    driver.price(BTC, "75000")
    driver.user(USER)
    lend(driver, "USDT", "1500", BTC="0.03")
    driver.price(BTC, "49500")
    assert text(ledger.balance(driver.state, "insurance", "USDT")) == "0"
    assert text(ledger.balance(driver.state, "bad_debt", "USDT")) == "-5"


def test_forced_repayment_as_worked() -> None:
    """Trace (e): a healthy loan of 10 ETH on 1 BTC; lenders leave so far that 4 ETH must be retired."""
    driver = simple_discounts()
    lend(driver, "ETH", "10", BTC="1")
    # 95 % of the deposits that stay are 6 ETH: lenders ask back all but 6 / 0.95 ETH.
    deposits = driver.parameters.currencies["ETH"].pool
    stay = -(-atoms("6") * 100 // 95)
    driver.do(c.MovePool(ccy="ETH", delta=stay - deposits))
    assert rows(driver)[2:] == [
        ("forced_repayment_sell", "BTC", "-0.20040066"),
        ("forced_repayment_buy", "ETH", "4.000000995"),
    ]
    (loan,) = driver.state.loans.values()
    assert text(driver.owes(loan)["ETH"]) == "5.999999005"
    assert text(loan.collateral["BTC"]) == "0.79959934"
    # 12,012.0156 gained net, 12,012.015 spent: the rest is the user's.
    assert driver.funding("USDT") == "0.0005604"
    assert driver.state.redemptions == {}


def test_a_lot_larger_than_the_debt_is_not_kept() -> None:
    """1 ETH is called in and bought in a lot of 5: 0.005 is the fee, 2 pay the debt, 2.995 are the user's."""
    driver = simple_discounts()
    pair = replace(driver.parameters.instruments["ETH-USDT"], lot=atoms("5"), min_size=atoms("5"))
    driver.state.parameters = replace(
        driver.parameters, instruments={**driver.parameters.instruments, "ETH-USDT": pair}
    )
    lend(driver, "ETH", "2", BTC="1")
    assert driver.funding("ETH") == "2"
    deposits = driver.parameters.currencies["ETH"].pool
    driver.do(c.MovePool(ccy="ETH", delta=-(-atoms("1") * 100 // 95) - deposits))
    assert driver.state.loans == {}
    assert ("forced_repayment_buy", "ETH", "2") in rows(driver)
    assert driver.funding("ETH") == "4.995"
    assert text(ledger.balance(driver.state, "fee", "ETH")) == "0.005"


def test_forced_repayment_takes_the_largest_loan_first() -> None:
    driver = simple_discounts()
    driver.user(2)
    lend(driver, "ETH", "2", BTC="1")
    lend(driver, "ETH", "10", BTC="1", user=2)
    deposits = driver.parameters.currencies["ETH"].pool
    driver.do(c.MovePool(ccy="ETH", delta=atoms("11") - deposits))
    assert rows(driver)[2:] == []
    assert [row[0] for row in rows(driver, 2)[2:]] == ["forced_repayment_sell", "forced_repayment_buy"]


def test_lenders_get_what_is_there_and_no_more_than_they_have() -> None:
    driver = simple_discounts()
    pool = driver.parameters.currencies["ETH"].pool
    driver.do(c.MovePool(ccy="ETH", delta=-pool))
    assert ledger.balance(driver.state, "pool", "ETH") == 0
    assert driver.refuse(c.MovePool(ccy="ETH", delta=-1)) is Reject.WOULD_BE_NEGATIVE
    assert (
        driver.refuse(
            c.BorrowLoan(
                user_id=USER,
                loan_id=0,
                ccy="ETH",
                amount=atoms("1"),
                collateral=(("BTC", atoms("1")),),
                client_order_id="x",
            )
        )
        is Reject.FUNDING_INSUFFICIENT
    )


def test_repay_with_collateral_as_worked() -> None:
    """Trace (f): 1,000 SOL on 20 ETH and BTC; 500 repaid from ETH, then BTC, and every hop leaves its rows.

    60,000 USD of ETH come before 54,000 of BTC, however they are listed; 150,000 USDC stay, because they are not.
    """
    driver = simple_discounts()
    loan_id = lend(driver, "SOL", "1000", ETH="20", BTC="0.9", USDC="150000")
    driver.do(
        c.RepayLoanWithCollateral(
            user_id=USER, loan_id=loan_id, ccy="SOL", amount=atoms("500"), collateral_ccys=("BTC", "ETH")
        )
    )
    assert rows(driver)[4:] == [
        ("sell_collateral", "ETH", "-20"),
        ("buy_transition_coin", "USDT", "59940"),
        ("sell_transition_coin", "USDT", "-59940"),
        ("buy_borrowed_coin", "SOL", "399.2004"),
        ("sell_collateral", "BTC", "-0.25250376"),
        ("buy_transition_coin", "USDT", "15135.0753744"),
        ("sell_transition_coin", "USDT", "-15135.07515"),
        ("buy_borrowed_coin", "SOL", "100.799600499"),
        ("repaid", "SOL", "-500"),
    ]
    assert (driver.funding("USDT"), driver.funding("SOL")) == ("0.0002244", "1000.000000499")
    assert text(driver.owes(driver.state.loans[loan_id])["SOL"]) == "500"


def test_the_dearest_collateral_is_sold_first() -> None:
    """180,000 USD of BTC before 60,000 of ETH. 500 / 0.999 up to the lot are 500.500501 SOL, at 150 75,075.07515 USDT,
    and with the fee 75,075.07515 / 0.999 / 60,000 = 1.252503756... BTC."""
    driver = simple_discounts()
    loan_id = lend(driver, "SOL", "1000", ETH="20", BTC="3")
    driver.do(
        c.RepayLoanWithCollateral(
            user_id=USER, loan_id=loan_id, ccy="SOL", amount=atoms("500"), collateral_ccys=("ETH", "BTC")
        )
    )
    assert rows(driver)[3:] == [
        ("sell_collateral", "BTC", "-1.25250376"),
        ("buy_transition_coin", "USDT", "75075.0753744"),
        ("sell_transition_coin", "USDT", "-75075.07515"),
        ("buy_borrowed_coin", "SOL", "500.000000499"),
        ("repaid", "SOL", "-500"),
    ]


def test_collateral_of_equal_worth_is_sold_as_listed() -> None:
    for listed in (("ETH", "BTC"), ("BTC", "ETH")):
        driver = simple_discounts()
        loan_id = lend(driver, "SOL", "500", ETH="20", BTC="1")
        driver.do(
            c.RepayLoanWithCollateral(
                user_id=USER, loan_id=loan_id, ccy="SOL", amount=atoms("10"), collateral_ccys=listed
            )
        )
        assert rows(driver)[3][:2] == ("sell_collateral", listed[0])


def test_repay_with_collateral_that_closes_the_loan() -> None:
    driver = simple_discounts()
    loan_id = lend(driver, "USDT", "1000", BTC="0.1")
    driver.do(
        c.RepayLoanWithCollateral(
            user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("5000"), collateral_ccys=("BTC",)
        )
    )
    # 1,000 / 0.999 / 60,000 lifted to 8 decimals; one hop only, since the loan is in the transition coin.
    # 0.01668336 x 60,000 = 1,001.0016, less 0.1 % 1,000.0005984.
    assert rows(driver)[2:] == [
        ("sell_collateral", "BTC", "-0.01668336"),
        ("buy_transition_coin", "USDT", "1000.0005984"),
        ("repaid", "USDT", "-1000"),
        ("collateral_released", "BTC", "0.08331664"),
    ]
    assert driver.state.loans == {}
    assert (driver.funding("BTC"), driver.funding("USDT")) == ("0.08331664", "1000.0005984")


@pytest.mark.parametrize(
    ("command", "reject"),
    [
        ({"loan_id": 7}, Reject.UNKNOWN_LOAN),
        ({"ccy": "NOPE"}, Reject.UNKNOWN_CCY),
        ({"ccy": "SOL"}, Reject.NOT_LOAN_CCY),
        ({"collateral_ccys": ("BTC",) * 6}, Reject.TOO_MANY_COINS),
        ({"collateral_ccys": ("ETH",)}, Reject.NOT_IN_COLLATERAL),
        ({"collateral_ccys": ()}, Reject.NOT_IN_COLLATERAL),
    ],
)
def test_repay_with_collateral_refusals(command: dict[str, Any], reject: Reject) -> None:
    driver = simple_discounts()
    loan_id = lend(driver, "USDT", "1000", BTC="0.1")
    given = {"loan_id": loan_id, "ccy": "USDT", "amount": atoms("1"), "collateral_ccys": ("BTC",), **command}
    assert driver.refuse(c.RepayLoanWithCollateral(user_id=USER, **given)) is reject


def test_the_warning_comes_at_the_margin_call_and_once_a_day() -> None:
    """1,000 USDT on 0.03 BTC: margin call 0.8655, so at 38,513.3 and below."""
    driver = simple_discounts()
    lend(driver, "USDT", "1000", BTC="0.03")
    assert not warned(driver, "38520")
    assert warned(driver, "38510")
    assert not warned(driver, "38500")
    driver.wait(24 * 3_600_000)
    assert warned(driver, "38490")


def warned(driver: Driver, price: str) -> bool:
    events = driver.do(c.SetPrices(prices=((BTC, atoms(price)),)))
    return any(type(event) is LoanWarned for event in events)


@pytest.mark.parametrize(
    ("rate", "initial", "liquidation"), [("0.3", "0.2142", "0.2955"), ("0.05", "0.0357", "0.0492"), ("0", "0", "0")]
)
def test_no_margin_call_lies_below_the_initial_ltv(rate: str, initial: str, liquidation: str) -> None:
    """0.3 / 1.4 cut is 0.2142 and 0.3 / 1.015 cut 0.2955: ten points below that a new loan would be warned at once."""
    driver = Driver(parameters=with_currency("BTC", discount_tiers=((atoms("100"), atoms(rate)),), discount_step=0))
    driver.price(BTC, "60000")
    loan = Loan(1, USER, {"USDT": atoms("1")}, {"BTC": atoms("1")})
    assert [text(line) for line in loans.thresholds(driver.state, loan)] == [initial, initial, liquidation]


def test_a_loan_within_its_initial_ltv_is_never_warned() -> None:
    """1 BTC at 60,000 with 0.3 counted carries 18,000 / 1.4 = 12,857.142857...; at its margin call it is warned."""
    driver = Driver(parameters=with_currency("BTC", discount_tiers=((atoms("100"), atoms("0.3")),), discount_step=0))
    driver.price(BTC, "60000")
    driver.user(USER)
    lend(driver, "USDT", "12857.14", BTC="1")
    assert not warned(driver, "60001")
    driver.price(BTC, "59999")
    assert [type(event) for event in all_of(driver, LoanWarned)] == [LoanWarned], "12,857.14 x 1.4 / 0.3 is 59,999.99"


def test_without_a_gap_a_loan_in_e_mode_is_still_warned() -> None:
    """The margin call of E-Mode, 0.93, is a line of its own: 900 USDT on 1,000 USDC are there at 0.9677 and below."""
    driver = simple_discounts()
    driver.do(
        c.ChangeParameters(settings=(c.Setting(table="constants", row="", field="loan_margin_call_gap", value=0),))
    )
    driver.deposit("USDC", "1000", account="funding")
    driver.do(
        c.BorrowLoan(
            user_id=USER,
            loan_id=0,
            ccy="USDT",
            amount=atoms("900"),
            collateral=(("USDC", atoms("1000")),),
            client_order_id="e1",
            e_mode=True,
        )
    )
    driver.price("USDC-USDT", "0.9999")
    events = driver.do(c.SetPrices(prices=(("USDC-USDT", atoms("0.9676")),)))
    assert any(type(event) is LoanWarned for event in events)


@pytest.mark.parametrize(
    ("price", "liquidated"), [("50000.00000001", False), ("50000", True), ("49999.99999999", True)]
)
def test_the_edge_of_liquidation(price: str, liquidated: bool) -> None:
    """F3: 965.5 USDT on 0.02 BTC stand at exactly 0.9655 of 1,000 when BTC is at 50,000."""
    driver = simple_discounts()
    driver.price(BTC, "75000")
    lend(driver, "USDT", "965.5", BTC="0.02")
    driver.price(BTC, price)
    assert (driver.state.loans == {}) is liquidated


def test_the_whole_loan_can_be_repaid_however_fine_it_is() -> None:
    """What is left after a partial liquidation closes the loan as it is told; a part has the coin's decimals."""
    driver = simple_discounts()
    driver.price(BTC, "75000")
    driver.price("ETH-USDT", "3000")
    loan_id = lend(driver, "ETH", "3.3", BTC="0.2")
    driver.price(BTC, "51250.7")
    (loan,) = driver.state.loans.values()
    owed = driver.owes(loan)["ETH"]
    assert owed % 100, "more than 16 decimals"
    driver.deposit("ETH", "10", account="funding")
    assert (
        driver.refuse(c.RepayLoan(user_id=USER, loan_id=loan_id, ccy="ETH", amount=owed - 1, client_order_id="part"))
        is Reject.AMOUNT_TOO_FINE
    )
    driver.do(c.RepayLoan(user_id=USER, loan_id=loan_id, ccy="ETH", amount=owed, client_order_id="all"))
    assert driver.state.loans == {}


def test_every_step_lowers_the_ltv() -> None:
    """F4 over many prices: after a price no loan stands at or above its liquidation LTV."""
    for price in range(50_000, 52_000, 37):
        driver = simple_discounts()
        driver.price(BTC, "75000")
        lend(driver, "USDT", "10000", BTC="0.2")
        driver.price(BTC, str(price))
        for loan in driver.state.loans.values():
            ltv = loan_risk.exact_ltv(driver.state, loan)
            assert ltv is not None
            assert ltv < loans.thresholds(driver.state, loan)[2]


def test_no_price_no_judgement() -> None:
    """F13: a loan whose coin has no price is left alone, and can be repaid."""
    driver = simple_discounts()
    loan_id = lend(driver, "USDT", "1000", BTC="0.03")
    driver.state.markets[BTC].index = 0
    loan_risk.review(Work(driver.state, Stamp(driver.seq + 1, driver.at_ms)))
    assert loan_id in driver.state.loans
    driver.do(c.RepayLoan(user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("1000"), client_order_id="close"))
    assert driver.state.loans == {}


def test_e_mode_pairs_have_thresholds_of_their_own() -> None:
    driver = simple_discounts()
    driver.deposit("USDC", "1000", account="funding")
    driver.deposit("BTC", "1", account="funding")
    in_e_mode = c.BorrowLoan(
        user_id=USER,
        loan_id=0,
        ccy="USDT",
        amount=atoms("900"),
        collateral=(("USDC", atoms("1000")),),
        client_order_id="e1",
        e_mode=True,
    )
    over = replace(in_e_mode, amount=atoms("900.01"))
    assert driver.refuse(over) is Reject.ABOVE_LOAN_LIMIT
    wrong = replace(in_e_mode, collateral=(("BTC", atoms("1")),))
    assert driver.refuse(wrong) is Reject.NO_E_MODE_PAIR
    driver.do(in_e_mode)
    (loan,) = driver.state.loans.values()
    assert [text(share) for share in loans.thresholds(driver.state, loan)] == ["0.9", "0.93", "0.95"]
    assert (
        driver.refuse(c.AdjustCollateral(user_id=USER, loan_id=0, add=True, ccy="BTC", amount=atoms("0.1")))
        is Reject.NO_E_MODE_PAIR
    )


def test_the_maxima_are_tight() -> None:
    """F12: the maximum succeeds, one unit of 10^-8 more is refused."""
    driver = simple_discounts()
    loan_id = lend(driver, "USDT", "1000", BTC="0.03")
    loan = driver.state.loans[loan_id]
    most = loans.max_loan(driver.state, USER, loan, "USDT", {})
    assert text(most) == "260"
    unit = loans.REDEEM_UNIT
    more = c.BorrowLoan(
        user_id=USER, loan_id=loan_id, ccy="USDT", amount=most + unit, collateral=(), client_order_id="more"
    )
    assert driver.refuse(more) is Reject.ABOVE_LOAN_LIMIT
    redeem = loans.max_redeem(driver.state, loan, "BTC")
    # 1,400 / 0.98 / 60,000 must stay: 0.0238095238..., so 0.00619047 may go.
    assert text(redeem) == "0.00619047"
    assert (
        driver.refuse(c.AdjustCollateral(user_id=USER, loan_id=0, add=False, ccy="BTC", amount=redeem + unit))
        is Reject.ABOVE_REDEEMABLE
    )
    driver.do(
        c.BorrowLoan(user_id=USER, loan_id=loan_id, ccy="USDT", amount=most, collateral=(), client_order_id="most")
    )


def test_the_maxima_of_a_coin_with_few_decimals_can_be_asked_for() -> None:
    """For 1,000 USDT 1,400 / 0.98 / 61,234.7 = 0.0233294... BTC must stay."""
    driver = simple_discounts()
    loan_id = lend(driver, "USDT", "1000", BTC="0.1234567")
    settings = [c.Setting(table="currencies", row=ccy, field="decimals", value=2) for ccy in ("USDT", "BTC")]
    driver.do(c.ChangeParameters(settings=tuple(settings)))
    driver.price(BTC, "61234.7")
    loan = driver.state.loans[loan_id]
    redeem = loans.max_redeem(driver.state, loan, "BTC")
    assert text(redeem) == "0.1", "0.1234567 less 0.0233295 is 0.100127"
    assert (
        driver.refuse(c.AdjustCollateral(user_id=USER, loan_id=0, add=False, ccy="BTC", amount=atoms("0.11")))
        is Reject.ABOVE_REDEEMABLE
    )
    most = loans.max_loan(driver.state, USER, loan, "USDT", {})
    # 0.1234567 x 61,234.7 x 0.98 / 1.4 = 5,291.8837..., less the 1,000 that are owed
    assert text(most) == "4291.88"
    driver.do(
        c.BorrowLoan(user_id=USER, loan_id=loan_id, ccy="USDT", amount=most, collateral=(), client_order_id="most")
    )


def test_collateral_far_beyond_its_tiers_is_no_reason_to_liquidate() -> None:
    """Of any number of BTC 0.98 count: 58,800 USD. 10,000 USDT are within the initial LTV down to a price of
    10,000 x 1.4 / 0.98 = 14,285.72; of 100,000 BTC the lines are 0.0000098 / 1.015, cut to 0."""
    driver = Driver()
    few = ((atoms("1"), atoms("0.98")), (atoms("2"), 0))
    row = driver.parameters.currencies["BTC"]
    currencies = {**driver.parameters.currencies, "BTC": replace(row, discount_tiers=few, discount_step=0)}
    driver = Driver(parameters=replace(driver.parameters, currencies=currencies))
    driver.price(BTC, "60000")
    driver.user(USER)
    driver.deposit("BTC", "100001", account="funding")
    driver.do(
        c.BorrowLoan(
            user_id=USER,
            loan_id=0,
            ccy="USDT",
            amount=atoms("10000"),
            collateral=(("BTC", atoms("1")),),
            client_order_id="a",
        )
    )
    driver.wait(3_600_000)
    driver.do(
        c.AdjustCollateral(user_id=USER, loan_id=driver.state.last_loan_id, add=True, ccy="BTC", amount=atoms("100000"))
    )
    driver.price(BTC, "60001")
    assert len(driver.state.loans) == 1
    (loan,) = driver.state.loans.values()
    assert loans.thresholds(driver.state, loan) == (0, 0, 0)
    assert loan.collateral == {"BTC": atoms("100001")}
    driver.wait(3_600_000)
    driver.price(BTC, "14300")
    assert atoms("10000") < driver.owes(loan)["USDT"] < atoms("10001")
    driver.price(BTC, "14200")
    assert len(driver.state.loans) == 1
    assert atoms("5000") < driver.owes(loan)["USDT"] < atoms("5001"), (
        "half of it is repaid, and the loan is sound again"
    )
