"""What is left after a part: of a request, a book, a debt, a promise, a loan. Numbers by hand."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import flexible_loan as loans
from tallystick.engine import ledger, loan_liquidation, orders, repay_sizes
from tallystick.engine.amounts import ONE
from tallystick.engine.events import LoanRequestDone, LoanWarned
from tallystick.engine.loan_requests import FAULT
from tallystick.engine.prices import Quotes
from tallystick.venue.parameters import load_parameters
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import all_of, inject, of_kind
from tests.engine.test_collateral import lend as owe_and_spend
from tests.engine.test_flexible_loan import borrow, pledger
from tests.engine.test_loan_risk import BTC, lend, simple_discounts
from tests.engine.test_orders import OTHER, THIRD, ends, fills, floor, place
from tests.engine.test_repay import FIRST_LEG_MS, NEXT_LEG_MS, owing
from tests.engine.test_spot_borrow import free_of_fees, holder, order
from tests.engine.test_spot_risk import spend

# ---- one-click repay


@pytest.mark.parametrize(("ccy", "bid_for"), [("USDT", "0.01"), ("USDC", "1")])
def test_a_run_repays_what_was_owed_when_it_was_asked_for(ccy: str, bid_for: str) -> None:
    """100 are owed, and 50 more after the first leg. USDT comes in from ETH (30, less a fee of 0.03) and from BTC.

    USDC is bought once: 100.100101, by the lot, of which 100.000000899 are left after the fee.
    """
    driver = owing("100", ccy)
    driver.deposit("BTC", "1")
    driver.book("BTC-USDT", [("60000", "1")], [("60000.1", "1")])
    driver.book("ETH-USDT", [("3000", bid_for)], [("3001", "1")])
    driver.do(c.RepayDebt(user_id=USER, debt_ccy=ccy, repay_ccys=("ETH", "BTC")))
    driver.wait(FIRST_LEG_MS)
    assert len(driver.state.runs[USER].legs) == 1
    driver.do(c.ManualBorrow(user_id=USER, ccy=ccy, amount=atoms("50")))
    driver.deposit(ccy, "-50")
    driver.wait(2 * NEXT_LEG_MS)
    assert (driver.state.runs, driver.debt(ccy)) == ({}, "50")


def test_a_sale_by_the_book_is_over_once_its_size_is_bid_for() -> None:
    """3 ETH against bids of one each: 3,000 + 2,999 + 2,998. The bid of 2,997 is not reached."""
    driver = owing("100")
    driver.book("ETH-USDT", [("3000", "1"), ("2999", "1"), ("2998", "1"), ("2997", "9")], [("3001", "1")])
    state = driver.state
    pair = state.parameters.instruments["ETH-USDT"]
    assert text(repay_sizes._proceeds(state, state.users[USER], pair, atoms("3"), True)) == "8997"


# ---- orders


def walked(driver: Driver, command: c.PlaceOrder, need: str) -> dict[str, str]:
    pair = driver.state.parameters.instruments[command.instrument]
    return {ccy: text(delta) for ccy, delta in orders._walk(driver.state, pair, command, atoms(need)).items()}


def test_a_market_order_is_not_judged_by_own_orders() -> None:
    """The own offer at 60,000 is for others: 1 BTC costs 60,010, and 0.001 of it is the fee."""
    driver = floor(asks=[("60010", "1")])
    driver.do(place("sell", "1", "60000"))
    buy = place("buy", "1", kind="market")
    assert walked(driver, buy, "100000") == {"USDT": "-60010", "BTC": "0.999"}
    assert walked(driver, replace(buy, user_id=OTHER), "100000") == {"USDT": "-60000", "BTC": "0.999"}


def test_a_market_sale_is_judged_by_the_coins_at_hand() -> None:
    """2 of 3 BTC are at hand: 60,000 + 59,000, less a fee of 119."""
    driver = floor(bids=[("60000", "1"), ("59000", "5")])
    assert walked(driver, place("sell", "3", kind="market", user=THIRD), "2") == {"BTC": "-2", "USDT": "118881"}


def test_a_part_that_fills_takes_from_what_the_order_may_still_borrow() -> None:
    """1 BTC for 60,000, of which 10,000 are there: 50,000 may be borrowed. 0.75 BTC cost 45,000, so 15,000 are left."""
    driver = holder(free_of_fees(), BTC="1", USDT="10000")
    driver.book("BTC-USDT", [("59999.9", "100")], [("60000", "0.75")])
    driver.do(order("buy", "1", "60000"))
    (resting,) = driver.state.orders.values()
    assert (text(resting.beyond), driver.debt("USDT")) == ("15000", "35000")
    assert driver.state.users[USER].promised == {"USDT": atoms("15000")}


def test_an_order_that_may_not_fill_leaves_the_next_one_its_turn() -> None:
    """The first would borrow 49,500, and the BTC behind that are gone when the market comes down to both."""
    driver = holder(BTC="1", USDT="10000")
    driver.user(OTHER, USDT="100000")
    driver.book("BTC-USDT", [("59000", "1")], [("60000", "1")])
    driver.do(order("buy", "1", "59500"))
    driver.do(order("buy", "1", "59400", user=OTHER))
    spend(driver, "BTC", "1")
    quotes = c.SetBook(
        instrument="BTC-USDT",
        bids=((atoms("59000"), atoms("1")),),
        asks=((atoms("59300"), atoms("5")),),
    )
    events = driver.do(quotes)
    assert ends(events) == [(USER, "canceled"), (OTHER, "filled")]
    assert fills(events) == [(OTHER, "59400", "1", True)]


def test_a_coin_that_never_moved_has_no_time() -> None:
    driver = holder(BTC="1")
    assert ledger.changed_at_ms(driver.state, driver.state.users[USER], "SOL") == 0


# ---- loans


def test_the_second_debt_is_repaid_from_what_the_first_has_left() -> None:
    """120 USD: 100 USDC, then 20 of the 500 USDT."""
    quotes = Quotes({"USDC": ONE, "USDT": ONE})
    debts = {"USDC": atoms("100"), "USDT": atoms("500")}
    bought = loan_liquidation.bought(quotes, debts, {"USDC": atoms("100"), "USDT": atoms("10")}, atoms("120"))
    assert {ccy: text(amount) for ccy, amount in bought.items()} == {"USDC": "100", "USDT": "20"}


@pytest.mark.parametrize(("price", "warned"), [("60000", 1), ("60000.1", 0)])
def test_a_loan_at_exactly_its_margin_call_is_warned(price: str, warned: int) -> None:
    """0.98 / 1.015 is 0.9655, less 0.1: 0.8655. It is 51,930 / 60,000."""
    driver = simple_discounts()
    driver.price(BTC, "80000")
    lend(driver, "USDT", "51930", BTC="1")
    assert len(of_kind(driver.do(c.SetPrices(prices=((BTC, atoms(price)),))), LoanWarned)) == warned


def test_forced_repayment_goes_on_to_the_next_user_past_a_loan_of_another_coin() -> None:
    """1,500 USDT are lent, 1,000 of them to the first user, who also owes 100 USDC. Lenders want all but 300: of 300
    USDT 95 % may stay lent, 285. The sales are in units, so that a little more is repaid."""
    driver = simple_discounts()
    driver.user(OTHER)
    lend(driver, "USDT", "1000", "first", BTC="0.5")
    other_coin = lend(driver, "USDC", "100", "second", BTC="0.5")
    lend(driver, "USDT", "500", "third", OTHER, BTC="0.5")
    driver.do(c.MovePool(ccy="USDT", delta=atoms("300") - driver.parameters.currencies["USDT"].pool))
    owed = {loan_id: driver.owes(loan) for loan_id, loan in driver.state.loans.items()}
    assert owed[other_coin] == {"USDC": atoms("100")}
    (lent,) = (debts["USDT"] for loan_id, debts in owed.items() if loan_id != other_coin)
    assert atoms("284.999") < lent < atoms("285")


def test_all_of_a_coin_that_is_not_needed_may_be_taken_back() -> None:
    """Also what is finer than the 10^-8 by which a part is asked for."""
    driver = simple_discounts()
    loan_id = lend(driver, "USDT", "100", BTC="0.0123456789", ETH="1")
    assert text(loans.max_redeem(driver.state, driver.state.loans[loan_id], "BTC")) == "0.0123456789"


def test_collateral_that_brings_exactly_what_is_asked_for_suffices() -> None:
    """Without a fee 0.001 BTC at 60,000 bring 60 USDT."""
    driver = Driver(parameters=replace(load_parameters(), taker_fee=0))
    driver.user(USER)
    driver.price(BTC, "60000")
    loan_id = lend(driver, "USDT", "1000", BTC="0.1")
    driver.do(
        c.RepayLoanWithCollateral(
            user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("60"), collateral_ccys=("BTC",)
        )
    )
    loan = driver.state.loans[loan_id]
    assert (text(driver.owes(loan)["USDT"]), text(loan.collateral["BTC"])) == ("940", "0.099")


def test_a_request_that_a_fault_drops_says_why() -> None:
    driver = pledger(replace(load_parameters(), loan_settlement_delay_ms=5_000))
    inject(driver, "loan-dropped", what="borrow")
    driver.do(replace(borrow("100", ("BTC", "0.01")), settles_later=True))
    driver.wait(5_000)
    assert [event.dropped for event in all_of(driver, LoanRequestDone)] == [FAULT]


@pytest.mark.parametrize(("gone", "left"), [("0.897", 1), ("0.8970000001", 0)])
def test_an_order_that_would_borrow_stays_while_the_margin_is_exactly_there(gone: str, left: int) -> None:
    """5,880 USDC are owed, and ask 3 %: 176.4. 30,000 USDT may be borrowed, and ask a third: 10,000.

    0.103 BTC count 6,056.4, and 10,000 USDT are there: 10,176.4 after the debt.
    """
    driver = holder(free_of_fees(), BTC="1", USDT="10000")
    driver.price("USDC-USDT", "1")
    owe_and_spend(driver, "USDC", "5880")
    driver.do(order("buy", "0.8", "50000"))
    spend(driver, "BTC", gone)
    driver.do(c.SetPrices(prices=(("BTC-USDT", atoms("60000")),)))
    assert len(driver.state.orders) == left
