"""When interest is booked: with the events of an account, and by the hour where it has none."""

from __future__ import annotations

import pytest

from tallystick.engine import charging, core, ledger, transient
from tallystick.engine import commands as c
from tallystick.engine.amounts import ONE
from tallystick.engine.interest import HOUR_MS
from tests.engine.driver import USER, Driver, atoms
from tests.engine.setups import NOON_MS, with_currency

BORROWERS = 30


def debtors() -> Driver:
    """30 users owe 100 USDT each since the same hour, and a 31st has a loan."""
    driver = Driver(NOON_MS, with_currency("USDT", rate_per_year=ONE, quota=10**6 * ONE, pool=10**9 * ONE))
    driver.price("BTC-USDT", "50000")
    for user_id in range(1, BORROWERS + 1):
        driver.user(user_id, BTC="1")
        driver.do(c.ManualBorrow(user_id=user_id, ccy="USDT", amount=100 * ONE))
    driver.user(BORROWERS + 1, borrow=False)
    driver.deposit("BTC", "1", BORROWERS + 1, "funding")
    driver.do(
        c.BorrowLoan(
            user_id=BORROWERS + 1,
            loan_id=0,
            ccy="USDT",
            amount=atoms("1000"),
            collateral=(("BTC", ONE),),
            client_order_id="l",
        )
    )
    return driver


def booked_up_to(driver: Driver) -> list[int]:
    """Hours between the last charge of each debt and now."""
    state = driver.state
    users = [user.charged_ms for user in state.users.values() if state.ledger.get(f"debt:{user.user_id}")]
    return [
        (state.hour_ms - at_ms) // HOUR_MS for at_ms in (*users, *(loan.charged_ms for loan in state.loans.values()))
    ]


def test_an_hour_books_nothing_and_reading_books_nothing() -> None:
    """100 USDT at 100 % a year: 100 / 8760 cost 0.0114155251141553, then 100.01141... / 8760 0.0114168282562916."""
    driver = debtors()
    driver.wait(2 * HOUR_MS)
    before = core.encode_state(driver.state)
    assert driver.debt("USDT") == "100.0228323533704469"
    assert ledger.owed(driver.state, "USDT") > (BORROWERS + 10) * 100 * ONE
    assert core.state_hash(driver.state)
    assert core.encode_state(driver.state) == before
    assert driver.state.ledger[f"debt:{USER}"]["USDT"] == -100 * ONE, "what is booked"
    assert set(booked_up_to(driver)) == {2}


def test_an_event_books_the_interest_of_whom_it_names() -> None:
    driver = debtors()
    driver.wait(3 * HOUR_MS)
    driver.deposit("SOL", "1", 7)
    assert [(charge.user_id, charge.hour_ms) for charge in transient.of(driver.state).charges] == [
        (7, NOON_MS + hour * HOUR_MS) for hour in (1, 2, 3)
    ]
    assert sorted(booked_up_to(driver)) == [0] + [3] * BORROWERS


def test_accounts_without_an_event_are_charged_by_the_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """31 debts are all due after 4 hours, 1 + 31 // 4 = 8 an hour: the last after 7, and none is ever behind by 8."""
    monkeypatch.setattr(charging, "IDLE_HOURS", 4)
    driver = debtors()
    behind = []
    for _ in range(20):
        driver.wait(HOUR_MS)
        behind.append(sorted(booked_up_to(driver)))
    assert behind[2] == [3] * 31
    assert behind[3] == [0] * 8 + [4] * 23
    assert behind[6] == [0] * 7 + [1] * 8 + [2] * 8 + [3] * 8
    assert max(max(hours) for hours in behind) == 6


def test_it_depends_on_the_state_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Folding the events, and going on from the bytes of any hour, book the same with the same entry."""
    monkeypatch.setattr(charging, "IDLE_HOURS", 4)
    driver = debtors()
    folded = core.new_state(driver.parameters, NOON_MS)
    for stamp, _, events in driver.entries:
        core.fold(folded, stamp, events)
    for _ in range(12):
        first = len(driver.entries)
        fresh = core.decode_state(core.encode_state(driver.state))
        driver.wait(HOUR_MS)
        for stamp, _, events in driver.entries[first:]:
            core.fold(folded, stamp, events)
            core.fold(fresh, stamp, events)
            assert transient.of(folded).charges == transient.of(fresh).charges == transient.of(driver.state).charges
        assert core.encode_state(folded) == core.encode_state(fresh) == core.encode_state(driver.state)
