"""Loan requests that are accepted first and settled later. Delay 1 s; 0.03 BTC at 60,000 carries 1,260 USDT."""

from __future__ import annotations

from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import core, flexible_loan
from tallystick.engine.events import LoanMoved, LoanRequestAccepted, LoanRequestDone
from tallystick.engine.loan_requests import WAITING_MAX
from tallystick.engine.rejects import Reject
from tallystick.venue.parameters import load_parameters
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import HOUR_MS, NOON_MS, all_of, inject, of_kind, with_currency
from tests.engine.test_flexible_loan import adjust, opened, pledger, rows
from tests.engine.test_flexible_loan import borrow as at_once

DELAY_MS = 1_000


def borrow(amount: str, *collateral: tuple[str, str], name: str = "b1", loan_id: int = 0) -> c.BorrowLoan:
    return replace(at_once(amount, *collateral, name=name, loan_id=loan_id), settles_later=True)


def repay(loan_id: int, amount: str, name: str = "r1", ccy: str = "USDT") -> c.RepayLoan:
    return c.RepayLoan(
        user_id=USER, loan_id=loan_id, ccy=ccy, amount=atoms(amount), client_order_id=name, settles_later=True
    )


def set_delay(driver: Driver, delay_ms: int) -> None:
    driver.do(
        c.ChangeParameters(
            settings=(c.Setting(table="constants", row="", field="loan_settlement_delay_ms", value=delay_ms),)
        )
    )


def dropped(driver: Driver) -> list[str]:
    """Why each settled request was dropped, "" for those carried out, oldest first."""
    return [event.dropped for event in all_of(driver, LoanRequestDone) if event.number]


def accepted(events: list[object]) -> LoanRequestAccepted:
    (event,) = of_kind(events, LoanRequestAccepted)
    return event


# ---- borrowing


def test_a_loan_is_there_when_its_request_is_settled_and_not_before() -> None:
    driver = pledger()
    events = driver.do(borrow("1000", ("BTC", "0.03")))
    told = accepted(events)
    assert (events, told.settles_at_ms) == ([told], NOON_MS + 1 + DELAY_MS)
    assert (driver.state.loans, rows(driver)) == ({}, [])
    assert (driver.funding("BTC"), driver.funding("USDT")) == ("1", "1")
    driver.wait(DELAY_MS - 1)
    assert driver.state.loans == {}
    driver.wait(1)
    assert list(driver.state.loans) == [told.loan_id]
    assert rows(driver) == [("collateral_locked", "BTC", "-0.03"), ("borrowed", "USDT", "1000")]
    assert (driver.funding("BTC"), driver.funding("USDT")) == ("0.97", "1001")
    assert driver.entries[-1][0].at_ms == NOON_MS + 1 + DELAY_MS
    assert (dropped(driver), driver.state.loan_requests, driver.state.users[USER].loan_requests) == ([""], {}, {})


def test_the_earliest_loan_is_the_one_asked_for_first() -> None:
    """It settles after a second one that was taken at once; a call without a number means it all the same."""
    driver = pledger()
    first = accepted(driver.do(borrow("1000", ("BTC", "0.03")))).loan_id
    second = opened(driver, name="b2")
    driver.wait(DELAY_MS)
    assert list(driver.state.loans) == [second, first]
    assert [loan.loan_id for loan in flexible_loan.loans_of(driver.state, USER)] == [first, second]
    (event,) = driver.do(c.AdjustCollateral(user_id=USER, loan_id=0, add=True, ccy="BTC", amount=atoms("0.01")))
    assert event.loan_id == first


def test_a_delay_of_nothing_settles_at_once() -> None:
    driver = pledger()
    set_delay(driver, 0)
    events = driver.do(borrow("1000", ("BTC", "0.03")))
    assert [type(event).__name__ for event in events] == ["LoanOpened", "LoanMoved", "LoanMoved", "LoanRequestDone"]
    assert driver.funding("USDT") == "1001"


def test_what_does_not_settle_later_settles_at_once_whatever_the_delay() -> None:
    driver = pledger()
    opened(driver)
    assert driver.state.loan_requests == {}


def test_nothing_is_held_for_a_request_and_one_whose_coins_are_gone_is_dropped() -> None:
    """It leaves no loan and no row; its client id is used up like any other."""
    driver = pledger(BTC="0.03")
    loan_id = accepted(driver.do(borrow("1000", ("BTC", "0.03")))).loan_id
    driver.do(c.Transfer(user_id=USER, ccy="BTC", amount=atoms("0.01"), source="funding", target="trading"))
    driver.wait(DELAY_MS)
    assert (driver.state.loans, rows(driver), driver.funding("USDT")) == ({}, [], "0")
    assert dropped(driver) == ["FUNDING_INSUFFICIENT"]
    assert driver.refuse(repay(loan_id, "1")) is Reject.UNKNOWN_LOAN
    driver.do(c.Transfer(user_id=USER, ccy="BTC", amount=atoms("0.01"), source="trading", target="funding"))
    assert driver.refuse(borrow("1000", ("BTC", "0.03"))) is Reject.LOAN_REQUEST_DUPLICATE
    # Its number is not given again.
    assert accepted(driver.do(borrow("1000", ("BTC", "0.03"), name="b2"))).loan_id > loan_id


def test_a_price_that_fell_in_between_drops_the_request() -> None:
    """0.03 BTC at 40,000 are 1,200 USD, which carry 840."""
    driver = pledger()
    driver.do(borrow("1000", ("BTC", "0.03")))
    driver.price("BTC-USDT", "40000")
    driver.wait(DELAY_MS)
    assert (driver.state.loans, dropped(driver)) == ({}, ["ABOVE_LOAN_LIMIT"])


def test_two_requests_for_the_last_coins_of_a_cap() -> None:
    """Each fits the cap of 1,500 alone, and so both are accepted; the second one is dropped."""
    driver = pledger(with_currency("USDT", loan_max=atoms("1500")))
    driver.do(borrow("1000", ("BTC", "0.03"), name="b1"))
    driver.do(borrow("1000", ("BTC", "0.03"), name="b2"))
    driver.wait(DELAY_MS)
    assert (dropped(driver), driver.funding("USDT")) == (["", "ABOVE_LOAN_LIMIT"], "1001")


def test_adding_to_a_loan_that_was_closed_in_between() -> None:
    driver = pledger()
    loan_id = opened(driver)
    driver.do(borrow("100", name="more", loan_id=loan_id))
    driver.do(c.RepayLoan(user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("1000"), client_order_id="all"))
    driver.wait(DELAY_MS)
    assert (dropped(driver), driver.state.loans) == (["UNKNOWN_LOAN"], {})


def test_a_loan_that_waits_cannot_be_asked_for_anything() -> None:
    driver = pledger()
    loan_id = accepted(driver.do(borrow("1000", ("BTC", "0.03")))).loan_id
    assert driver.refuse(repay(loan_id, "1")) is Reject.UNKNOWN_LOAN
    assert driver.refuse(adjust("BTC", "0.1", add=True, loan_id=loan_id)) is Reject.UNKNOWN_LOAN
    assert driver.refuse(adjust("BTC", "0.1", add=True)) is Reject.LOAN_WITHOUT_DEBT


# ---- repaying


def test_a_repayment_is_taken_when_it_is_settled() -> None:
    driver = pledger()
    loan_id = opened(driver)
    driver.do(repay(loan_id, "400"))
    assert (driver.funding("USDT"), driver.owes(driver.state.loans[loan_id])) == ("1001", {"USDT": atoms("1000")})
    driver.wait(DELAY_MS)
    assert (driver.funding("USDT"), driver.owes(driver.state.loans[loan_id])) == ("601", {"USDT": atoms("600")})
    driver.do(repay(loan_id, "9999", "r2"))
    driver.wait(DELAY_MS)
    assert (driver.funding("USDT"), driver.funding("BTC"), driver.state.loans) == ("1", "1", {})
    assert rows(driver)[-3:] == [
        ("repaid", "USDT", "-400"),
        ("repaid", "USDT", "-600"),
        ("collateral_released", "BTC", "0.03"),
    ]


def test_a_repayment_whose_coins_are_gone_is_dropped() -> None:
    driver = pledger()
    loan_id = opened(driver)
    driver.do(repay(loan_id, "1000"))
    driver.do(c.Transfer(user_id=USER, ccy="USDT", amount=atoms("500"), source="funding", target="trading"))
    driver.wait(DELAY_MS)
    assert dropped(driver) == ["FUNDING_INSUFFICIENT"]
    assert (driver.funding("USDT"), driver.owes(driver.state.loans[loan_id])) == ("501", {"USDT": atoms("1000")})
    assert len(of_kind(driver.entries[-1][2], LoanMoved)) == 0


def owing_before_the_hour() -> tuple[Driver, int]:
    """1,000 USDT owed half a second before a full hour, at 7.3 % a year: 0.00833334 an hour, rounded up."""
    driver = pledger(with_currency("USDT", rate_per_year=atoms("0.073")), at_ms=NOON_MS + HOUR_MS - 500)
    return driver, opened(driver)


def test_interest_of_an_hour_in_between_is_owed_too() -> None:
    driver, loan_id = owing_before_the_hour()
    driver.do(repay(loan_id, "1000"))
    driver.wait(DELAY_MS)
    assert (dropped(driver), text(driver.owes(driver.state.loans[loan_id])["USDT"])) == ([""], "0.00833334")


def test_an_amount_that_was_all_of_the_debt_is_not_too_fine_when_it_has_become_a_part() -> None:
    """Coins of two decimals: 1,000.00833334 may be repaid as all that is owed, and settles after the next hour."""
    driver, loan_id = owing_before_the_hour()
    driver.wait(HOUR_MS)
    driver.do(c.ChangeParameters(settings=(c.Setting(table="currencies", row="USDT", field="decimals", value=2),)))
    assert driver.refuse(repay(loan_id, "1000.00833333")) is Reject.AMOUNT_TOO_FINE
    driver.do(repay(loan_id, "1000.00833334"))
    driver.wait(DELAY_MS)
    assert (dropped(driver), text(driver.owes(driver.state.loans[loan_id])["USDT"])) == ([""], "0.00833341")


# ---- client ids


def test_a_client_id_is_under_way_until_its_request_is_settled_and_used_for_a_minute_from_acceptance() -> None:
    driver = pledger()
    loan_id = opened(driver)
    began_ms = driver.at_ms
    driver.do(borrow("1", name="same", loan_id=loan_id))
    driver.do(repay(loan_id, "1", "same"))  # each path has ids of its own
    again = (borrow("1", name="same", loan_id=loan_id), repay(loan_id, "1", "same"))
    for at_ms, refusal in (
        (began_ms, Reject.LOAN_REQUEST_UNDER_WAY),
        (began_ms + DELAY_MS - 1, Reject.LOAN_REQUEST_UNDER_WAY),
        (began_ms + DELAY_MS, Reject.LOAN_REQUEST_DUPLICATE),
        (began_ms + 59_999, Reject.LOAN_REQUEST_DUPLICATE),
    ):
        driver.pass_to(at_ms)
        assert [driver.refuse(command) for command in again] == [refusal, refusal], at_ms
    driver.pass_to(began_ms + 60_000)
    for command in again:
        driver.do(command)


def test_a_client_id_of_a_request_that_waits_longer_than_a_minute_is_free_when_it_is_settled() -> None:
    driver = pledger()
    loan_id = opened(driver)
    set_delay(driver, 90_000)
    driver.do(repay(loan_id, "1"))
    driver.wait(89_999)
    assert driver.refuse(repay(loan_id, "1")) is Reject.LOAN_REQUEST_UNDER_WAY
    driver.wait(1)
    driver.do(repay(loan_id, "1"))


def test_a_refused_request_does_not_take_its_client_id() -> None:
    driver = pledger()
    assert driver.refuse(borrow("9999", ("BTC", "0.03"))) is Reject.ABOVE_LOAN_LIMIT
    driver.do(borrow("1000", ("BTC", "0.03")))


# ---- the queue


def test_requests_keep_their_order_when_the_delay_is_shortened() -> None:
    driver = pledger()
    loan_id = opened(driver)
    set_delay(driver, 10_000)
    driver.do(borrow("200", name="b", loan_id=loan_id))
    set_delay(driver, 1)
    driver.do(repay(loan_id, "1100"))
    driver.wait(9_999)
    assert len(driver.state.loan_requests) == 2
    driver.wait(1)
    assert rows(driver)[-2:] == [("borrowed", "USDT", "200"), ("repaid", "USDT", "-1100")]


def test_a_hundred_requests_of_a_user_wait_and_no_more() -> None:
    """Another user is not in their way, nor is one that settles at once, whatever fault is set."""
    driver = pledger()
    driver.user(2)
    driver.deposit("BTC", "1", 2, "funding")
    loan_id = opened(driver)
    for number in range(WAITING_MAX):
        driver.do(repay(loan_id, "1", f"r{number}"))
    assert driver.refuse(repay(loan_id, "1", "over")) is Reject.TOO_MANY_LOAN_REQUESTS
    assert driver.refuse(repay(loan_id, "1", "r7")) is Reject.LOAN_REQUEST_UNDER_WAY
    driver.do(replace(borrow("10", ("BTC", "0.01")), user_id=2))
    inject(driver, "loan-settles-late", ms=5_000)
    driver.do(replace(repay(loan_id, "1", "now"), settles_later=False))
    driver.do(c.ClearFaults(fault_ids=(1,)))
    driver.wait(DELAY_MS)
    assert text(driver.owes(driver.state.loans[loan_id])["USDT"]) == "899"
    driver.do(repay(loan_id, "1", "over"))


def test_a_loan_opened_at_once_while_another_waits_leaves_its_number_alone() -> None:
    driver = pledger()
    waiting = accepted(driver.do(borrow("100", ("BTC", "0.03")))).loan_id
    now = opened(driver)
    assert now > waiting
    driver.wait(DELAY_MS)
    assert set(driver.state.loans) == {waiting, now}
    assert opened(driver, name="a2") > now


def test_replay_and_a_snapshot_in_between_come_to_the_same_bytes() -> None:
    """Once by the commands, once by the events, once from the bytes of the state while two requests wait."""
    parameters = replace(load_parameters(), loan_settlement_delay_ms=5_000)
    driver = pledger(parameters)
    loan_id = opened(driver)
    driver.do(borrow("100", ("BTC", "0.01"), name="b"))
    driver.do(repay(loan_id, "5"))
    between, seq = core.encode_state(driver.state), driver.seq
    driver.wait(10_000)
    expected = core.state_hash(driver.state)
    decided, folded = core.new_state(parameters, NOON_MS + 1), core.new_state(parameters, NOON_MS + 1)
    tail = core.decode_state(between)
    for stamp, command, events in driver.entries:
        assert core.handle(decided, stamp, command) == events
        core.fold(folded, stamp, events)
        if stamp.seq > seq:
            assert core.handle(tail, stamp, command) == events
    assert [core.state_hash(state) for state in (decided, folded, tail)] == [expected] * 3
