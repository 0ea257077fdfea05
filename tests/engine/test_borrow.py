"""Manual borrow and repay, the switch, and the interest of the hour. Numbers by hand, and of docs/rules."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal

import pytest

from tallystick.engine import borrow, core
from tallystick.engine import commands as c
from tallystick.engine.events import Borrowed, HourPassed
from tallystick.engine.interest import Charge, spot_hour
from tallystick.engine.parameters import Parameters
from tallystick.engine.rejects import Reject
from tallystick.engine.work import Stamp, Work
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import HOUR_MS, NOON_MS, all_of, available, repaid, spot_charges, with_currency

ULP = atoms("0.0000000000000001")


def rich(parameters: Parameters | None = None, at_ms: int = NOON_MS + 1) -> Driver:
    """1 BTC at 60,000 and borrowing on."""
    driver = Driver(at_ms, parameters)
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.price("USDC-USDT", "1")
    return driver


# ---- borrow


def test_refusals_of_a_borrow_in_their_order() -> None:
    """Everything is wrong at once; each line mends one thing and meets the next refusal."""
    parameters = with_currency("ETH", quota=0, pool=0, borrowable=False)
    driver = Driver(NOON_MS, parameters)
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy="NONE", amount=1)) is Reject.UNKNOWN_USER
    driver.user(USER, borrow=False)
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy="NONE", amount=1)) is Reject.UNKNOWN_CCY
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy="ETH", amount=1)) is Reject.NOT_BORROWABLE
    driver.do(c.SwitchSpotBorrow(user_id=USER, enabled=True))
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy="ETH", amount=1)) is Reject.NOT_BORROWABLE

    driver = Driver(NOON_MS, with_currency("ETH", quota=0, pool=0))
    driver.user(USER)
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy="ETH", amount=1)) is Reject.AMOUNT_TOO_FINE
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy="ETH", amount=ULP)) is Reject.BELOW_MIN_BORROW
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy="ETH", amount=atoms("0.0001"))) is Reject.ABOVE_BORROW_LIMIT

    driver = Driver(NOON_MS, with_currency("ETH", pool=0))
    driver.user(USER)
    driver.price("ETH-USDT", "3000")
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy="ETH", amount=atoms("0.0001"))) is Reject.MARGIN_INSUFFICIENT
    driver.deposit("USDT", "1000")
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy="ETH", amount=atoms("0.0001"))) is Reject.POOL_EXHAUSTED


def test_borrowing_off_refuses_every_coin() -> None:
    driver = Driver(NOON_MS)
    driver.user(USER, borrow=False, USDT="1000")
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("1"))) is Reject.NOT_BORROWABLE


@pytest.mark.parametrize(
    ("ccy", "least", "under"), [("USDT", "1", "0.9999999999999999"), ("BTC", "0.00001", "0.0000099999999999")]
)
def test_the_least_amount_is_allowed(ccy: str, least: str, under: str) -> None:
    driver = rich()
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy=ccy, amount=atoms(under))) is Reject.BELOW_MIN_BORROW
    driver.do(c.ManualBorrow(user_id=USER, ccy=ccy, amount=atoms(least)))
    assert driver.debt(ccy) == least


def test_what_a_borrow_moves() -> None:
    driver = rich()
    pool = driver.state.ledger["pool"]["USDT"]
    (event,) = driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("500")))
    assert event == Borrowed(
        user_id=USER, ccy="USDT", amount=atoms("500"), kind="manual_borrow", debt_after=atoms("500")
    )
    assert (driver.cash("USDT"), driver.debt("USDT"), available(driver, "USDT")) == ("500", "500", "500")
    assert pool - driver.state.ledger["pool"]["USDT"] == atoms("500")
    assert driver.state.ledger["owed"]["USDT"] == atoms("500")


def test_one_bitcoin_carries_176400_usdt() -> None:
    """58,800 of discounted value x leverage 3; the maximum succeeds, one ulp more does not (F12)."""
    driver = rich()
    assert (
        driver.refuse(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("176400") + ULP))
        is Reject.MARGIN_INSUFFICIENT
    )
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("176400")))
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("1"))) is Reject.MARGIN_INSUFFICIENT


def test_the_worked_maximum_with_a_debt() -> None:
    """1.999 BTC and 50,000 USDT owed and spent: adjEq 67,541.20, so (67,541.20 - 50,000/3) x 3 = 152,623.6."""
    driver = rich()
    driver.deposit("BTC", "0.999")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("50000")))
    driver.deposit("USDT", "-50000")
    assert (
        driver.refuse(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("152623.6") + ULP))
        is Reject.MARGIN_INSUFFICIENT
    )
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("152623.6")))


def test_quota_counts_what_is_owed_already() -> None:
    driver = Driver(NOON_MS + 1, with_currency("USDT", quota=atoms("500")))
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("400")))
    assert (
        driver.refuse(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100") + ULP)) is Reject.ABOVE_BORROW_LIMIT
    )
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100")))
    assert driver.debt("USDT") == "500"


def test_the_pool_is_shared_and_never_below_zero() -> None:
    driver = Driver(NOON_MS + 1, with_currency("USDT", pool=atoms("100")))
    for user in (1, 2):
        driver.user(user, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(user_id=1, ccy="USDT", amount=atoms("70")))
    assert driver.refuse(c.ManualBorrow(user_id=2, ccy="USDT", amount=atoms("30") + ULP)) is Reject.POOL_EXHAUSTED
    driver.do(c.ManualBorrow(user_id=2, ccy="USDT", amount=atoms("30")))
    driver.do(c.ManualRepay(user_id=1, ccy="USDT", amount=atoms("10")))
    driver.do(c.ManualBorrow(user_id=2, ccy="USDT", amount=atoms("10")))


def test_a_coin_without_a_price_cannot_be_borrowed() -> None:
    driver = Driver(NOON_MS)
    driver.user(USER, USDT="1000")
    assert driver.refuse(c.ManualBorrow(user_id=USER, ccy="SOL", amount=atoms("1"))) is Reject.MARGIN_INSUFFICIENT


# ---- repay


def test_refusals_of_a_repay_in_their_order() -> None:
    driver = rich()
    assert driver.refuse(c.ManualRepay(user_id=9, ccy="NONE", amount=1)) is Reject.UNKNOWN_USER
    assert driver.refuse(c.ManualRepay(user_id=USER, ccy="NONE", amount=1)) is Reject.UNKNOWN_CCY
    assert driver.refuse(c.ManualRepay(user_id=USER, ccy="USDT", amount=1)) is Reject.AMOUNT_TOO_FINE
    assert driver.refuse(c.ManualRepay(user_id=USER, ccy="USDT", amount=ULP)) is Reject.NO_DEBT
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100")))
    driver.deposit("USDT", "-100")
    assert driver.refuse(c.ManualRepay(user_id=USER, ccy="USDT", amount=ULP)) is Reject.NOTHING_AVAILABLE
    driver.deposit("USDT", "1")
    driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=ULP))
    assert driver.refuse(c.ManualRepay(user_id=USER, ccy="USDT", amount=ULP + 1)) is Reject.AMOUNT_TOO_FINE


def test_the_whole_debt_can_be_asked_for_however_fine_it_is() -> None:
    """A repayment by force may leave more digits than the coin has; what the balance shows as `liab` repays it."""
    driver = rich()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100")))
    borrow.repay(
        Work(driver.state, Stamp(driver.seq + 1, driver.at_ms)),
        driver.state.users[USER],
        "USDT",
        1,
        borrow.FORCED_REPAY,
    )
    owed = atoms("100") - 1
    assert driver.refuse(c.ManualRepay(user_id=USER, ccy="USDT", amount=owed - 1)) is Reject.AMOUNT_TOO_FINE
    driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=owed))
    assert driver.debt("USDT") == "0"


def test_a_repay_is_clamped_to_what_is_available() -> None:
    """Worked in 2.3: 100.3 owed, 60 at hand, 500 asked: 60 repaid and 40.3 left."""
    driver = rich()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100.3")))
    driver.deposit("USDT", "-40.3")
    events = driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms("500")))
    assert repaid(events) == [("USDT", "manual_repay", "60", "40.3")]
    assert (driver.cash("USDT"), driver.debt("USDT")) == ("0", "40.3")


def test_a_repay_is_clamped_to_the_debt() -> None:
    driver = rich()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100")))
    driver.deposit("USDT", "50")
    assert repaid(driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms("1000")))) == [
        ("USDT", "manual_repay", "100", "0")
    ]
    assert (driver.cash("USDT"), driver.debt("USDT")) == ("50", "0")


def test_a_repay_never_uses_frozen_coins() -> None:
    driver = rich()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100")))
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.001"), price=atoms("50000")
        )
    )
    assert available(driver, "USDT") == "50"
    assert repaid(driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms("100")))) == [
        ("USDT", "manual_repay", "50", "50")
    ]
    assert driver.refuse(c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms("100"))) is Reject.NOTHING_AVAILABLE


def test_a_repay_needs_neither_price_nor_open_borrowing() -> None:
    """B12: who has the coins can always pay. The instrument of the coin never had a price here."""
    driver = Driver(NOON_MS)
    driver.user(USER, USDT="100000")
    driver.price("DOT-USDT", "5")
    driver.do(c.ManualBorrow(user_id=USER, ccy="DOT", amount=atoms("10")))
    driver.state.markets.pop("DOT-USDT")
    driver.do(c.ManualRepay(user_id=USER, ccy="DOT", amount=atoms("10")))
    assert driver.debt("DOT") == "0"


# ---- the switch


def test_borrowing_cannot_be_switched_off_with_a_debt() -> None:
    driver = rich()
    assert driver.refuse(c.SwitchSpotBorrow(user_id=9, enabled=False)) is Reject.UNKNOWN_USER
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("1")))
    assert driver.refuse(c.SwitchSpotBorrow(user_id=USER, enabled=False)) is Reject.DEBT_OUTSTANDING
    driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms("1")))
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    driver.do(c.SwitchSpotBorrow(user_id=USER, enabled=False))
    assert not driver.state.users[USER].auto_repay
    driver.do(c.SwitchSpotBorrow(user_id=USER, enabled=True))
    assert not driver.state.users[USER].auto_repay


# ---- interest

GOLDEN_INTEREST = [
    ("97", "0.0003960833333334"),
    ("100", "0.0004083333333334"),
]


@pytest.mark.parametrize(("debt", "interest"), GOLDEN_INTEREST)
def test_golden_interest_of_an_hour(debt: str, interest: str) -> None:
    """G-int-spot: 0.000098 a day is 0.03577 a year; up at 16 digits from the unrounded rate."""
    assert text(spot_hour(atoms(debt), atoms("0.03577"))) == interest


@pytest.mark.parametrize(("debt", "interest"), GOLDEN_INTEREST)
def test_golden_interest_in_a_run(debt: str, interest: str) -> None:
    driver = rich(with_currency("USDT", rate_per_year=atoms("0.03577")), NOON_MS + 1)
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms(debt)))
    driver.pass_to(NOON_MS + HOUR_MS)
    (charged,) = spot_charges(driver)
    rate, hour_ms = atoms("0.03577"), NOON_MS + HOUR_MS
    assert charged == Charge(USER, 0, 0, "USDT", atoms(debt), atoms(interest), rate, hour_ms, atoms(debt))
    assert Decimal(driver.debt("USDT")) == Decimal(debt) + Decimal(interest)
    assert driver.cash("USDT") == debt


def test_a_day_compounds_hour_by_hour() -> None:
    """50,000 USDT at 7.3 % a year (docs/rules/interest.md#worked-day). Hours 1 and 2, and the debt after 24 of them."""
    driver = rich(with_currency("USDT", rate_per_year=atoms("0.073")))
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("50000")))
    driver.pass_to(NOON_MS + 24 * HOUR_MS)
    charged = [text(event.interest) for event in spot_charges(driver)]
    assert len(charged) == 24
    assert charged[:2] == ["0.4166666666666667", "0.4166701388888889"]
    assert driver.debt("USDT") == "50010.0009583919007116"


def test_a_debt_between_two_full_hours_costs_nothing() -> None:
    driver = rich(at_ms=NOON_MS + 55 * 60_000)
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("1000")))
    driver.wait(2 * 60_000)
    driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms("1000")))
    driver.wait(HOUR_MS)
    assert spot_charges(driver) == []
    assert len(all_of(driver, HourPassed)) == 1


def test_a_debt_open_for_a_millisecond_at_the_hour_pays_the_whole_hour() -> None:
    driver = rich(with_currency("USDT", rate_per_year=atoms("0.073")), at_ms=NOON_MS + HOUR_MS - 1)
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("1000")))
    driver.pass_to(NOON_MS + HOUR_MS)
    driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms("1000")))
    (charged,) = spot_charges(driver)
    # 1000 x 0.073 / 8760, up at 16 digits
    assert text(charged.interest) == "0.0083333333333334"
    assert driver.debt("USDT") == "0.0083333333333334"


def test_missed_hours_are_charged_one_by_one() -> None:
    driver = rich()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("1000")))
    driver.at_ms = NOON_MS + 5 * HOUR_MS
    while driver.do(c.Tick()):
        pass
    hours = [event.hour_ms for event in spot_charges(driver)]
    assert hours == [NOON_MS + n * HOUR_MS for n in range(1, 6)]
    assert driver.do(c.Tick()) == []
    assert core.due_at_ms(driver.state) == NOON_MS + 6 * HOUR_MS


def test_a_debt_of_one_ulp_costs_one_ulp() -> None:
    driver = rich()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("1")))
    driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms("0.9999999999999999")))
    driver.pass_to(NOON_MS + HOUR_MS)
    assert driver.debt("USDT") == "0.0000000000000002"


def test_every_debt_is_charged_once_by_user_then_currency() -> None:
    driver = rich()
    driver.user(2, USDT="1000")
    driver.do(c.ManualBorrow(user_id=2, ccy="BTC", amount=atoms("0.001")))
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("10")))
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDC", amount=atoms("10")))
    driver.pass_to(NOON_MS + 2 * HOUR_MS)
    keys = [(event.user_id, event.ccy) for event in spot_charges(driver)]
    assert keys == [(1, "USDC"), (1, "USDT"), (2, "BTC")] * 2


def test_the_row_keeps_rate_and_debt_of_its_hour() -> None:
    """I4, against arithmetic of its own: each row's interest follows from the debt and rate it names."""
    driver = rich()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("777.7")))
    driver.pass_to(NOON_MS + 3 * HOUR_MS)
    owed = Decimal("777.7")
    for event in spot_charges(driver):
        assert Decimal(text(event.debt_before)) == owed
        exact = owed * Decimal(text(event.rate_per_year)) / 8760
        interest = exact.quantize(Decimal("1e-16"), ROUND_UP)
        assert Decimal(text(event.interest)) == interest
        owed += interest
    assert Decimal(driver.debt("USDT")) == owed
