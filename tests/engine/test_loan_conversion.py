"""Repayment with collateral and forced repayment where amounts are as small as a unit of sale."""

from __future__ import annotations

from tallystick.engine import commands as c
from tallystick.engine import ledger
from tallystick.engine.rejects import Reject
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import NOON_MS, lose_price

ULP = atoms("0.0000000000000001")


def owing(debt: int, pledged: int) -> tuple[Driver, int]:
    """USDT on BTC at 60,000, in atoms."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER)
    driver.price("BTC-USDT", "60000")
    driver.deposit("BTC", "1", account="funding")
    driver.do(
        c.BorrowLoan(
            user_id=USER, loan_id=0, ccy="USDT", amount=debt, collateral=(("BTC", pledged),), client_order_id="a"
        )
    )
    return driver, driver.state.last_loan_id


def test_a_part_may_not_take_all_collateral() -> None:
    """Sales go by 10^-8 BTC. Repaying a little from less than that would sell all, and leave a debt on nothing."""
    driver, loan_id = owing(20_000 * ULP, ULP)
    part = c.RepayLoanWithCollateral(
        user_id=USER, loan_id=loan_id, ccy="USDT", amount=100 * ULP, collateral_ccys=("BTC",)
    )
    assert driver.refuse(part) is Reject.COLLATERAL_TOO_LITTLE
    driver.do(
        c.RepayLoanWithCollateral(
            user_id=USER, loan_id=loan_id, ccy="USDT", amount=20_000 * ULP, collateral_ccys=("BTC",)
        )
    )
    assert driver.state.loans == {}


def test_a_part_may_not_raise_the_ltv_over_that_of_a_new_loan() -> None:
    """0.0011 USDT on 0.0000000300 BTC (0.0018 USDT): LTV 0.61. A third of it costs 10^-8 BTC, 0.0006 USDT: as good.
    An ulp costs the same 10^-8 BTC and would leave 0.0011 on 0.0012: 0.92."""
    driver, loan_id = owing(atoms("0.0011"), atoms("0.00000003"))
    tiny = c.RepayLoanWithCollateral(user_id=USER, loan_id=loan_id, ccy="USDT", amount=ULP, collateral_ccys=("BTC",))
    assert driver.refuse(tiny) is Reject.COLLATERAL_TOO_LITTLE
    # 0.0000000100 BTC bring 0.0005994 USDT after the fee
    driver.do(
        c.RepayLoanWithCollateral(
            user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("0.00059"), collateral_ccys=("BTC",)
        )
    )
    loan = driver.state.loans[loan_id]
    assert (text(driver.owes(loan)["USDT"]), text(loan.collateral["BTC"])) == ("0.00051", "0.00000002")


def test_a_part_may_raise_the_ltv_below_that_of_a_new_loan() -> None:
    """0.001 USDT on 0.0000003 BTC (0.018 USDT). An ulp costs 10^-8 BTC: LTV 0.0556 becomes 0.0575."""
    driver, loan_id = owing(atoms("0.001"), atoms("0.0000003"))
    driver.do(
        c.RepayLoanWithCollateral(user_id=USER, loan_id=loan_id, ccy="USDT", amount=ULP, collateral_ccys=("BTC",))
    )
    loan = driver.state.loans[loan_id]
    assert (text(driver.owes(loan)["USDT"]), text(loan.collateral["BTC"])) == ("0.0009999999999999", "0.00000029")


def test_a_coin_listed_twice_is_sold_once() -> None:
    driver, loan_id = owing(atoms("1000"), atoms("0.03"))
    driver.price("BTC-USDT", "36000")
    # 0.03 BTC are worth 1,080, of which all but 0.1 % come in: enough for 1,000, not a second time
    driver.do(
        c.RepayLoanWithCollateral(
            user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("1000"), collateral_ccys=("BTC", "BTC")
        )
    )
    assert driver.state.loans == {}

    driver, loan_id = owing(atoms("1000"), atoms("0.03"))
    driver.deposit("DOT", "1000", account="funding")
    driver.price("DOT-USDT", "5")
    driver.do(c.AdjustCollateral(user_id=USER, loan_id=loan_id, add=True, ccy="DOT", amount=atoms("1000")))
    driver.price("BTC-USDT", "20000")
    # 0.03 BTC are only 600 now
    asked = c.RepayLoanWithCollateral(
        user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("1000"), collateral_ccys=("BTC", "BTC")
    )
    assert driver.refuse(asked) is Reject.COLLATERAL_TOO_LITTLE


def test_five_coins_may_be_listed() -> None:
    driver, loan_id = owing(atoms("1000"), atoms("0.03"))
    coins = ("BTC",) * 5
    driver.do(
        c.RepayLoanWithCollateral(
            user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("1000"), collateral_ccys=coins
        )
    )
    assert driver.state.loans == {}


def test_forced_repayment_that_takes_all_collateral_ends_the_loan() -> None:
    """Half a unit of sale is pledged, 0.0003 USDT. Sold whole for half of the 0.0002 owed; the fund pays the rest.

    Asked back is 0.0001: 0.0002 - 0.95 x 0.0001 = 0.000105 must be retired, at most 0.000095 are left to the fund.
    """
    driver, _ = owing(atoms("0.0002"), atoms("0.000000005"))
    fund = ledger.balance(driver.state, "insurance", "USDT")
    driver.do(c.MovePool(ccy="USDT", delta=-driver.state.ledger["pool"]["USDT"] - atoms("0.0001")))
    assert driver.state.loans == {}
    assert 0 < fund - ledger.balance(driver.state, "insurance", "USDT") <= atoms("0.000095")
    assert ledger.balance(driver.state, "owed", "USDT") == 0


def test_without_a_price_nothing_is_sold_and_the_coin_is_named() -> None:
    driver, loan_id = owing(atoms("50"), atoms("1"))
    lose_price(driver, "BTC-USDT")
    command = c.RepayLoanWithCollateral(
        user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("10"), collateral_ccys=("BTC",)
    )
    refused = driver.refusal(command)
    assert (refused.reject, refused.details) == (Reject.NO_PRICE, {"ccy": "BTC"})
