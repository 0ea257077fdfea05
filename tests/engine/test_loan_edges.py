"""Flexible loans at their edges: E-Mode, the last digit of an amount, lines met exactly. Numbers by hand."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tallystick.engine import accrual, core, flexible_loan, ledger, loan_conversion
from tallystick.engine import commands as c
from tallystick.engine.events import LoanClosed, LoanRequestAccepted, LoanSettled, LoanWarned
from tallystick.engine.interest import HOUR_MS, spot_hour
from tallystick.engine.kinds import LoanRequestKind
from tallystick.engine.loan_requests import WAITING_MAX
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.single import put
from tallystick.engine.work import Work
from tallystick.venue.parameters import load_parameters
from tests.engine import test_loan_conversion as conversion
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import NOON_MS, all_of, counts, inject, loan_charges, of_kind, with_currency
from tests.engine.test_flexible_loan import adjust, borrow, only_loan, opened, pledger
from tests.engine.test_loan_risk import BTC, lend, rows, simple_discounts

# ---- limits


def test_where_nothing_fits_nothing_can_be_borrowed() -> None:
    driver = pledger()
    assert flexible_loan._largest(driver.state, "USDT", atoms("10"), lambda amount: False) == 0


def test_collateral_in_thought_adds_to_what_can_be_borrowed() -> None:
    """0.1 BTC count 5,880, / 1.4 = 4,200."""
    driver = pledger()
    assert text(flexible_loan.max_loan(driver.state, USER, None, "USDT", {"BTC": atoms("0.1")})) == "4200"


def test_a_refusal_names_the_coin_that_funding_lacks() -> None:
    driver = pledger(BTC="1")
    opened(driver)
    assert driver.refusal(adjust("ETH", "1", add=True)).details == {"ccy": "ETH"}
    assert driver.refusal(borrow("10", ("ETH", "1"), name="b")).details == {"ccy": "ETH"}


# ---- repayment with collateral


def test_all_that_is_owed_may_have_more_digits_than_the_coin() -> None:
    """Interest leaves a debt with more than two decimals; a part of it may not have them."""
    driver = pledger(with_currency("USDT", decimals=2))
    loan_id = opened(driver)
    driver.wait(HOUR_MS)
    owed = driver.owes(driver.state.loans[loan_id])["USDT"]
    assert atoms("1000") < owed < atoms("1000.01")

    def pay(amount: int) -> c.RepayLoanWithCollateral:
        return c.RepayLoanWithCollateral(
            user_id=USER, loan_id=loan_id, ccy="USDT", amount=amount, collateral_ccys=("BTC",)
        )

    assert driver.refuse(pay(owed - 1)) is Reject.AMOUNT_TOO_FINE
    driver.do(pay(owed))
    assert driver.state.loans == {}


def test_a_refusal_names_what_is_missing_and_its_coin() -> None:
    """0.03 BTC are 600 at 20,000, and 599.4 after the fee: 400.6 of 1,000 are missing. DOT keeps the loan alive."""
    driver, loan_id = conversion.owing(atoms("1000"), atoms("0.03"))
    driver.deposit("DOT", "1000", account="funding")
    driver.price("DOT-USDT", "5")
    driver.do(c.AdjustCollateral(user_id=USER, loan_id=loan_id, add=True, ccy="DOT", amount=atoms("1000")))
    driver.price("BTC-USDT", "20000")
    command = c.RepayLoanWithCollateral(
        user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("1000"), collateral_ccys=("BTC",)
    )
    assert driver.refusal(command).details == {"min_atoms": str(atoms("400.6")), "ccy": "USDT"}


def test_a_refusal_of_a_part_names_what_would_be_left_on_nothing() -> None:
    """Of 0.000000000002 USDT a 200th is to be repaid, by the only 10^-16 BTC, which is less than a unit of sale."""
    driver, loan_id = conversion.owing(20_000 * conversion.ULP, conversion.ULP)
    command = c.RepayLoanWithCollateral(
        user_id=USER, loan_id=loan_id, ccy="USDT", amount=100 * conversion.ULP, collateral_ccys=("BTC",)
    )
    assert driver.refusal(command).details == {"min_atoms": str(19_900 * conversion.ULP), "ccy": "USDT"}


def test_a_coin_that_never_had_a_price_is_not_sold() -> None:
    driver = pledger()
    opened(driver)
    loan = only_loan(driver)
    loan.collateral = put(loan.collateral, "SOL", atoms("1"))
    assert loan_conversion._sale(driver.state, loan, "SOL", atoms("5")) == (0, 0, 0)


def test_collateral_in_the_transition_coin_goes_over_without_a_fee() -> None:
    driver = pledger()
    opened(driver)
    loan = only_loan(driver)
    loan.collateral = put(loan.collateral, "USDT", atoms("3"))
    assert loan_conversion._sale(driver.state, loan, "USDT", atoms("5")) == (atoms("3"), atoms("3"), 0)


# ---- requests


def test_a_request_at_once_comes_in_however_many_wait() -> None:
    driver = pledger()
    loan_id = opened(driver)
    driver.deposit("USDT", "1000", account="funding")

    def pay(name: str, *, later: bool) -> c.RepayLoan:
        return c.RepayLoan(
            user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("1"), client_order_id=name, settles_later=later
        )

    driver.state.users[USER].loan_requests = {f"repay:n{number}": number for number in range(WAITING_MAX)}
    with pytest.raises(Rejected) as caught:
        core.handle(driver.state, core.Stamp(driver.seq + 1, driver.at_ms), pay("over", later=True))
    assert caught.value.reject is Reject.TOO_MANY_LOAN_REQUESTS
    core.handle(driver.state, core.Stamp(driver.seq + 1, driver.at_ms), pay("now", later=False))


# ---- interest


def test_a_free_hour_does_not_make_the_hours_before_it_free() -> None:
    """Two hours at 8.76 % a year, then a free one: 0.001 % of 1,000 is 0.01 for the first and the second."""
    driver = Driver(NOON_MS + 1)
    state = driver.state
    state.rates["USDT"] = [(NOON_MS, atoms("0.0876")), (NOON_MS + 2 * HOUR_MS, 0)]
    hours = accrual._hours(state, {"USDT": atoms("1000")}, NOON_MS, spot_hour, NOON_MS + 3 * HOUR_MS)
    assert [text(interest) for _, _, _, _, interest, *_ in hours] == ["0.01", "0.0100001", "0"]


def test_interest_of_a_loan_tells_no_coins_of_the_trading_account() -> None:
    driver = pledger()
    opened(driver)
    driver.deposit("USDT", "5")
    driver.wait(2 * HOUR_MS)
    assert {charge.cash for charge in loan_charges(driver)} == {0}


# ---- liquidation


def test_a_liquidation_takes_no_trading_fee() -> None:
    driver = simple_discounts()
    lend(driver, "USDT", "1000", BTC="0.03")
    driver.price(BTC, "30000")
    settled = all_of(driver, LoanSettled)
    assert settled
    assert {event.fee for event in settled} == {0}


def test_at_one_less_the_fee_a_liquidation_is_full() -> None:
    """9,800 on 1 BTC at 10,000: an LTV of 0.98, where a sale of a half would not lower it."""
    driver = simple_discounts()
    lend(driver, "USDT", "9800", BTC="1")
    driver.price(BTC, "10000")
    assert ("forced_liquidation", "BTC", "-1") in rows(driver)


def test_the_highest_ltv_is_liquidated_first() -> None:
    """0.02 BTC stand behind 1,000 in the younger loan, 0.03 in the older one."""
    driver = simple_discounts()
    older = lend(driver, "USDT", "1000", "older", BTC="0.03")
    younger = lend(driver, "USDT", "800", "younger", BTC="0.02")
    driver.price(BTC, "25000")
    assert [event.loan_id for event in all_of(driver, LoanClosed)] == [younger, older]


@pytest.mark.parametrize("left", ["collateral", "booked"])
def test_a_loan_with_anything_in_it_cannot_end(left: str) -> None:
    driver = pledger()
    loan_id = opened(driver)
    loan = only_loan(driver)
    if left == "booked":
        loan.collateral = {}
    else:
        loan.booked = {}
    work = Work(driver.state, core.Stamp(driver.seq + 1, driver.at_ms))
    with pytest.raises(ledger.InvariantViolation):
        work.emit(LoanClosed(user_id=USER, loan_id=loan_id))


def test_a_loan_in_usdt_is_repaid_from_two_coins() -> None:
    """0.3 ETH are 900, of which 899.1 come in; 0.01 BTC, worth 600, brings the 100.9 that are missing."""
    driver = pledger(BTC="1", ETH="1")
    loan_id = opened(driver, "1000", ("BTC", "0.01"), ("ETH", "0.3"))
    command = c.RepayLoanWithCollateral(
        user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("1000"), collateral_ccys=("BTC", "ETH")
    )
    driver.do(command)
    assert (driver.state.loans, driver.funding("ETH")) == ({}, "0.7")
    # 100.9 / 0.999 / 60,000 = 0.0016833..., up to 10^-8
    assert driver.funding("BTC") == "0.99831664"


def test_a_request_waits_for_its_place_where_a_fault_could_make_it_wait() -> None:
    driver = pledger(replace(load_parameters(), loan_settlement_delay_ms=0))
    inject(driver, "loan-settles-late", ms=5_000, what="repay")
    driver.state.users[USER].loan_requests = {f"repay:n{number}": number for number in range(WAITING_MAX)}
    command = replace(borrow("100", ("BTC", "0.01")), settles_later=True)
    with pytest.raises(Rejected) as caught:
        core.handle(driver.state, core.Stamp(driver.seq + 1, driver.at_ms), command)
    assert caught.value.reject is Reject.TOO_MANY_LOAN_REQUESTS


@pytest.mark.parametrize("delay_ms", [1, 5_000])
def test_a_request_waits_for_its_place_where_a_settlement_takes_any_time(delay_ms: int) -> None:
    driver = pledger(replace(load_parameters(), loan_settlement_delay_ms=delay_ms))
    driver.state.users[USER].loan_requests = {f"repay:n{number}": number for number in range(WAITING_MAX)}
    command = replace(borrow("100", ("BTC", "0.01")), settles_later=True)
    with pytest.raises(Rejected) as caught:
        core.handle(driver.state, core.Stamp(driver.seq + 1, driver.at_ms), command)
    assert caught.value.reject is Reject.TOO_MANY_LOAN_REQUESTS


@pytest.mark.parametrize(("kind", "late_ms"), [("borrow", 5_000), ("repay", 0)])
def test_a_fault_settles_late_the_kind_of_request_it_names(kind: LoanRequestKind, late_ms: int) -> None:
    driver = pledger()
    delay_ms = driver.parameters.loan_settlement_delay_ms
    inject(driver, "loan-settles-late", ms=5_000, what=kind)
    events = driver.do(replace(borrow("100", ("BTC", "0.01")), settles_later=True))
    accepted = of_kind(events, LoanRequestAccepted)
    assert [event.settles_at_ms - driver.at_ms for event in accepted] == [delay_ms + late_ms]


@pytest.mark.parametrize(("kind", "loans"), [("borrow", 0), ("repay", 1)])
def test_a_fault_drops_the_kind_of_request_it_names(kind: LoanRequestKind, loans: int) -> None:
    driver = pledger(replace(load_parameters(), loan_settlement_delay_ms=5_000))
    inject(driver, "loan-dropped", what=kind)
    driver.do(replace(borrow("100", ("BTC", "0.01")), settles_later=True))
    driver.wait(5_000)
    assert len(driver.state.loans) == loans


# ---- liquidation


def test_a_loan_of_exactly_the_small_amount_is_not_small() -> None:
    """2,000 USDT on 0.06 BTC at 34,364 are 0.97 of the value: below 0.98, so a half is repaid and a loan stays."""
    driver = simple_discounts()
    lend(driver, "USDT", "2000", BTC="0.06")
    driver.price(BTC, "34364")
    assert [kind for kind, _, _ in rows(driver)[2:]] == ["partial_liquidation", "partial_liquidation"]
    assert len(driver.state.loans) == 1


def test_a_partial_liquidation_repays_half_of_each_coin_and_the_last_gets_the_rest() -> None:
    """Trace (c) with the debt in two coins: 0.09868551 BTC at 51,700 bring 5,000.00004966 after the fee."""
    driver = simple_discounts()
    driver.price(BTC, "75000")
    loan_id = lend(driver, "USDT", "5000", BTC="0.2")
    driver.do(borrow("5000", ccy="USDC", loan_id=loan_id, name="b"))
    driver.price(BTC, "51700")
    assert rows(driver)[3:] == [
        ("partial_liquidation", "BTC", "-0.09868551"),
        ("partial_liquidation", "USDC", "-2500"),
        ("partial_liquidation", "USDT", "-2500.00004966"),
    ]


def test_a_loan_that_is_closed_hides_no_younger_one() -> None:
    """Both had their margin call at 38,513.3; the first is repaid before."""
    driver = simple_discounts()
    first = lend(driver, "USDT", "1000", "first", BTC="0.03")
    second = lend(driver, "USDT", "1000", "second", BTC="0.03")
    driver.do(c.RepayLoan(user_id=USER, loan_id=first, ccy="USDT", amount=atoms("1000"), client_order_id="r"))
    driver.price(BTC, "38510")
    assert [event.loan_id for event in all_of(driver, LoanWarned)] == [second]


def test_interest_of_a_second_loan_is_numbered_behind_the_first() -> None:
    """Numbers begin with the hour; each loan has 16 of the four digits behind it, a place for each coin."""
    driver = pledger()
    opened(driver, name="a1")
    opened(driver, name="a2")
    driver.pass_to(NOON_MS + HOUR_MS)
    hour = (NOON_MS + HOUR_MS) * 10_000
    assert [charge.number for charge in loan_charges(driver)] == [hour, hour + 16]


def test_a_fault_that_settles_late_leaves_alone_what_settles_at_once() -> None:
    driver = pledger()
    inject(driver, "loan-settles-late", ms=5_000)
    opened(driver)
    assert (len(driver.state.loans), counts(driver)) == (1, {1: (0, 0)})
