"""Faults of one-click repays. 100 USDC owed and 5 ETH: sold at 2,999 for USDT, which buys USDC at 1."""

from __future__ import annotations

import pytest

from tallystick.engine import commands as c
from tallystick.engine import faults
from tallystick.engine.fault_events import RepayHeld
from tests.engine.driver import USER, Driver, atoms
from tests.engine.setups import all_of, counts, inject
from tests.engine.test_faults import replayed
from tests.engine.test_repay import FIRST_LEG_MS, NEXT_LEG_MS, legs, owing, row, run

SALE = ("ETH-USDT", "sell", "0.033534", "2999", "filled")
"""100.100101 / 2,984.99 are 0.0335344845376366 ETH, in lots of a millionth."""
PURCHASE = ("USDC-USDT", "buy", "100.068125", "1", "filled")
"""0.033534 x 2,999 / 1.005 are 100.0681253... USDC."""
DAY_MS = 86_400_000


def ready() -> Driver:
    driver = owing("100")
    driver.book("ETH-USDT", [("2999", "10")], [("3000", "10")])
    return driver


def leg_times(driver: Driver, asked_ms: int) -> list[int]:
    return [int(leg["cTime"]) - asked_ms for leg in reversed(row(driver)["ordIdInfo"])]


def test_without_a_fault_it_is_this_run() -> None:
    driver = ready()
    found = run(driver, "USDC", "ETH")
    assert (found["status"], legs(found)) == ("filled", [SALE, PURCHASE])


@pytest.mark.parametrize(("leg", "done"), [(1, 0), (2, 1), (0, 0)])
def test_a_run_stays_running_until_the_fault_is_cleared(leg: int, done: int) -> None:
    driver = ready()
    inject(driver, "repay-stays-running", leg=leg, count=1)
    asked_ms = driver.at_ms
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("ETH",)))
    driver.wait(DAY_MS)
    assert (row(driver)["status"], len(row(driver)["ordIdInfo"])) == ("running", done)
    assert USER in driver.state.runs
    driver.do(c.ClearFaults(fault_ids=(1,)))
    driver.wait(0)
    assert leg_times(driver, asked_ms)[done] == DAY_MS
    driver.wait(60_000)
    assert row(driver)["status"] == "filled"
    assert len(legs(row(driver))) == 2
    assert driver.state.runs == {}
    assert len(all_of(driver, RepayHeld)) == 1
    replayed(driver)


@pytest.mark.parametrize(
    ("leg", "late"), [(1, (60_000, 60_000)), (2, (0, 60_000)), (0, (60_000, 120_000)), (3, (0, 0))]
)
def test_a_leg_comes_late(leg: int, late: tuple[int, int]) -> None:
    driver = ready()
    inject(driver, "repay-leg-late", leg=leg, ms=60_000)
    asked_ms = driver.at_ms
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("ETH",)))
    driver.wait(10 * 60_000)
    assert leg_times(driver, asked_ms) == [FIRST_LEG_MS + late[0], FIRST_LEG_MS + NEXT_LEG_MS + late[1]]
    assert legs(row(driver)) == [SALE, PURCHASE]
    replayed(driver)


def test_a_canceled_sale_sells_nothing_and_the_run_fails() -> None:
    driver = ready()
    inject(driver, "repay-leg-canceled", leg=1)
    found = run(driver, "USDC", "ETH")
    ((pair, side, size, _, state),) = legs(found)
    assert (found["status"], pair, side, size, state) == ("failed", "ETH-USDT", "sell", "0", "canceled")
    assert (driver.cash("ETH"), driver.cash("USDT"), driver.debt("USDC")) == ("5", "0", "100")
    replayed(driver)


def test_a_canceled_purchase_leaves_what_was_raised() -> None:
    """0.033534 at 2,999 are 100.568466, less a thousandth of fee 100.467897534 USDT. Nothing is repaid."""
    driver = ready()
    inject(driver, "repay-leg-canceled", leg=2)
    found = run(driver, "USDC", "ETH")
    assert (found["status"], legs(found)[0], legs(found)[1][2:]) == ("failed", SALE, ("0", "", "canceled"))
    assert (driver.cash("USDT"), driver.cash("USDC"), driver.debt("USDC")) == ("100.467897534", "0", "100")
    replayed(driver)


def test_a_leg_is_filled_in_part() -> None:
    """Half of 0.033534 at 2,999 are 50.284233; / 1.005 are 50.034062 of USDC, net 49.984027938."""
    driver = ready()
    inject(driver, "repay-leg-partly-filled", leg=1, share=atoms("0.5"))
    found = run(driver, "USDC", "ETH")
    assert found["status"] == "filled"
    assert legs(found) == [
        ("ETH-USDT", "sell", "0.016767", "2999", "canceled"),
        ("USDC-USDT", "buy", "50.034062", "1", "filled"),
    ]
    assert (found["fillDebtSz"], driver.debt("USDC")) == ("49.984027938", "50.015972062")
    replayed(driver)


def test_a_purchase_is_filled_in_part() -> None:
    """A quarter of 100.068125 in lots of a millionth: 25.017031, net 24.992013969."""
    driver = ready()
    inject(driver, "repay-leg-partly-filled", leg=2, share=atoms("0.25"))
    found = run(driver, "USDC", "ETH")
    assert legs(found) == [SALE, ("USDC-USDT", "buy", "25.017031", "1", "canceled")]
    assert (found["status"], found["fillDebtSz"], driver.debt("USDC")) == ("filled", "24.992013969", "75.007986031")
    # 100.467897534 less 25.017031
    assert driver.cash("USDT") == "75.450866534"
    replayed(driver)


def test_a_run_ends_between_its_legs() -> None:
    driver = ready()
    inject(driver, "repay-ends-early", leg=1)
    found = run(driver, "USDC", "ETH")
    assert (found["status"], legs(found)) == ("failed", [SALE])
    assert (driver.cash("USDT"), driver.debt("USDC")) == ("100.467897534", "100")
    replayed(driver)


def test_auto_repay_takes_what_a_run_that_ends_between_its_legs_leaves() -> None:
    """40 USDT are borrowed by hand, which auto repay leaves alone; the 100.467897534 of the sale pay them back."""
    driver = ready()
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("40")))
    inject(driver, "repay-ends-early", leg=1)
    found = run(driver, "USDC", "ETH")
    assert (found["status"], legs(found)) == ("failed", [SALE])
    assert (driver.cash("USDT"), driver.debt("USDT"), driver.debt("USDC")) == ("100.467897534", "0", "100")
    replayed(driver)


def test_after_the_last_leg_there_is_nothing_to_end() -> None:
    driver = ready()
    inject(driver, "repay-ends-early", leg=2)
    assert run(driver, "USDC", "ETH")["status"] == "filled"
    assert counts(driver) == {1: (0, 0)}


def test_a_run_that_is_held_up_is_not_asked_again_before_the_same_leg() -> None:
    """Every leg of every run is late, the second occasion on: of two runs with two legs that is three times."""
    driver = ready()
    inject(driver, "repay-leg-late", ms=1_000, nth=2)
    for _ in range(2):
        run(driver, "USDC", "ETH")
        driver.do(c.ManualBorrow(user_id=USER, ccy="USDC", amount=atoms("100")))
        driver.deposit("USDC", f"-{driver.cash('USDC')}")
    assert counts(driver) == {1: (4, 3)}
    replayed(driver)


def test_a_liquidation_ends_a_run_that_is_held_up() -> None:
    driver = ready()
    inject(driver, "repay-stays-running")
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("ETH",)))
    driver.wait(10_000)
    driver.price("ETH-USDT", "20")
    assert driver.state.runs == {}
    assert row(driver)["status"] == "failed"


def test_a_new_fault_of_the_number_lets_go_what_the_old_one_held() -> None:
    driver = ready()
    inject(driver, "repay-stays-running", leg=1)
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("ETH",)))
    driver.wait(10_000)
    inject(driver, "repay-stays-running", leg=3)
    driver.wait(10_000)
    assert (driver.state.runs, row(driver)["status"]) == ({}, "filled")
    assert all(takes.leg for kind, takes in faults.KINDS.items() if kind.startswith("repay-"))
