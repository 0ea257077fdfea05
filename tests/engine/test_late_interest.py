"""Interest that a fault has booked late. 97 USDT at 0.03577 a year cost 0.0003960833333334 an hour."""

from __future__ import annotations

import json

import pytest

from tallystick.engine import commands as c
from tallystick.engine import core
from tallystick.engine.rejects import Reject
from tests.engine.driver import USER, Driver, atoms
from tests.engine.setups import HOUR_MS, NOON_MS, counts, inject, with_currency
from tests.engine.test_faults import replayed

LATE_MS = 600_000
HOUR = "0.0003960833333334"


def owing(*, late: bool = True, **rule: int) -> Driver:
    """97 USDT owed and spent, a millisecond after noon; the interest of each hour comes ten minutes late."""
    driver = Driver(NOON_MS + 1, with_currency("USDT", rate_per_year=atoms("0.03577")))
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("97")))
    driver.deposit("USDT", "-97")
    if late:
        inject(driver, "interest-late", user_id=USER, ms=LATE_MS, **rule)
    return driver


def test_nothing_tells_of_it_until_it_is_booked() -> None:
    driver = owing()
    driver.pass_to(NOON_MS + HOUR_MS + LATE_MS - 1)
    assert (driver.debt("USDT"), driver.table("spot_interest"), counts(driver)) == ("97", [], {1: (1, 1)})
    driver.wait(1)
    assert driver.debt("USDT") == "97.0003960833333334"
    (row,) = (json.loads(row) for row in driver.table("spot_interest"))
    assert (row["interest"], row["liab"], row["ts"]) == (HOUR, "97", str(NOON_MS + HOUR_MS))
    replayed(driver)


def test_sums_and_rows_are_those_without_the_fault() -> None:
    """Seven hours, and a repayment a minute before the fourth."""

    def story(*, late: bool) -> Driver:
        driver = owing(late=late)
        driver.pass_to(NOON_MS + 4 * HOUR_MS - 60_000)
        driver.deposit("USDT", "30")
        driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms("30")))
        driver.pass_to(NOON_MS + 7 * HOUR_MS + LATE_MS)
        return driver

    late, plain = story(late=True), story(late=False)
    assert late.debt("USDT") == plain.debt("USDT")
    assert late.table("spot_interest") == plain.table("spot_interest")
    assert len(late.table("spot_interest")) == 7
    replayed(late)


def test_a_debt_that_was_paid_in_full_comes_back_by_its_interest() -> None:
    driver = owing(count=1)
    driver.pass_to(NOON_MS + HOUR_MS + 60_000)
    driver.deposit("USDT", "200")
    driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms("97")))
    assert driver.debt("USDT") == "0"
    assert driver.refuse(c.SwitchSpotBorrow(user_id=USER, enabled=False)) is Reject.DEBT_OUTSTANDING
    driver.pass_to(NOON_MS + HOUR_MS + LATE_MS)
    assert driver.debt("USDT") == HOUR
    driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms("1")))
    driver.do(c.SwitchSpotBorrow(user_id=USER, enabled=False))
    replayed(driver)


def test_it_is_booked_also_when_the_fault_is_gone_and_after_a_snapshot() -> None:
    driver = owing()
    driver.pass_to(NOON_MS + HOUR_MS)
    driver.do(c.ClearFaults(fault_ids=(1,)))
    copy = core.decode_state(core.encode_state(driver.state))
    assert core.due_at_ms(copy) == NOON_MS + HOUR_MS + LATE_MS
    driver.pass_to(NOON_MS + 2 * HOUR_MS)
    assert len(driver.table("spot_interest")) == 2
    replayed(driver)


@pytest.mark.parametrize(("rule", "param"), [({"user_id": 0}, "user"), ({"ms": HOUR_MS}, "ms")])
def test_it_is_of_one_user_and_less_than_an_hour(rule: dict[str, int], param: str) -> None:
    said = {"fault_id": 1, "user_id": USER, "ms": 1, **rule}
    refusal = owing(late=False).refusal(c.InjectFault(rule=c.FaultRule(kind="interest-late", **said)))  # type: ignore[arg-type]
    assert (refusal.reject, refusal.details) == (Reject.FAULT_IMPOSSIBLE, {"param": param})
