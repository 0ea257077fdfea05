"""Leverage of a currency, borrow tiers, and what borrowing costs. Credit-rules 2.4, 2.5, 3.1, 9.2."""

from __future__ import annotations

import pytest

from tallystick.engine import commands as c
from tallystick.engine import margin, rates
from tallystick.engine.amounts import ONE
from tallystick.engine.events import LeverageSet, RatesFixed
from tallystick.engine.rejects import Reject
from tallystick.engine.settings import CURRENCIES
from tallystick.venue.parameters import load_parameters
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import HOUR_MS, NOON_MS, all_of, of_kind, spot_charges, with_currency

ULP = 1


def account(**balances: str) -> Driver:
    driver = Driver(NOON_MS + 1)
    driver.user(USER, **(balances or {"BTC": "1"}))
    driver.price("BTC-USDT", "60000")
    driver.price("ETH-USDT", "3000")
    return driver


def leverage(value: str, ccy: str = "USDT") -> c.SetLeverage:
    return c.SetLeverage(USER, ccy, atoms(value))


# ---- leverage


def test_each_coin_has_its_own_leverage() -> None:
    """30,000 USDT at 5 and 1 BTC at the usual 3: 6,000 + 20,000."""
    driver = account(BTC="2")
    assert driver.do(leverage("5")) == [LeverageSet(USER, "USDT", atoms("5"))]
    driver.do(c.ManualBorrow(USER, "USDT", atoms("30000")))
    driver.do(c.ManualBorrow(USER, "BTC", atoms("1")))
    assert text(margin.initial_margin(driver.state, USER)) == "26000"


def test_more_leverage_carries_more() -> None:
    """58,800 x 3, x 5 and x 2.5."""
    driver = account()
    state = driver.state
    for value, most in (("3", "176400"), ("5", "294000"), ("2.5", "147000")):
        driver.do(leverage(value))
        assert text(margin.max_manual_borrow(state, USER, "USDT")) == most


def test_refusals_of_a_leverage_in_their_order() -> None:
    driver = account()
    assert driver.refuse(c.SetLeverage(9, "NONE", 0)) is Reject.UNKNOWN_USER
    driver.do(c.SwitchSpotBorrow(USER, False))
    assert driver.refuse(leverage("0.5", "NONE")) is Reject.BORROWING_NOT_ENABLED
    driver.do(c.SwitchSpotBorrow(USER, True))
    assert driver.refuse(leverage("0.5", "NONE")) is Reject.UNKNOWN_CCY
    assert driver.refuse(c.SetLeverage(USER, "USDT", ONE - ULP)) is Reject.LEVERAGE_TOO_LOW
    assert driver.refuse(c.SetLeverage(USER, "USDT", 10 * ONE + ULP)) is Reject.LEVERAGE_TOO_HIGH
    driver.do(leverage("1"))
    driver.do(leverage("10"))


def test_less_leverage_needs_the_margin() -> None:
    """S13: 58,800 carry 117,600 at leverage 2 exactly."""
    driver = account()
    driver.do(c.ManualBorrow(USER, "USDT", atoms("117600")))
    driver.do(leverage("2"))
    assert driver.refuse(c.SetLeverage(USER, "USDT", 2 * ONE - ULP)) is Reject.LEVERAGE_MARGIN
    driver.do(leverage("10"))


def test_more_leverage_needs_a_small_enough_debt() -> None:
    """The first tier, here 10,000, is the only one with leverage 10; 8 allows two of them, 5 three."""
    driver = Driver(NOON_MS + 1, with_currency("USDT", borrow_tier=atoms("10000")))
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(USER, "USDT", atoms("20000")))
    assert driver.refuse(leverage("8.0000000001")) is Reject.LEVERAGE_ABOVE_TIER
    driver.do(leverage("8"))
    assert driver.refuse(c.ManualBorrow(USER, "USDT", atoms("1"))) is Reject.ABOVE_BORROW_LIMIT
    driver.do(leverage("5"))
    driver.do(c.ManualBorrow(USER, "USDT", atoms("10000")))
    assert driver.refuse(c.ManualBorrow(USER, "USDT", atoms("1"))) is Reject.ABOVE_BORROW_LIMIT


def test_orders_count_with_the_leverage_of_the_coin_they_spend() -> None:
    driver = account()
    driver.do(c.PlaceOrder(USER, "BTC-USDT", "buy", "limit", atoms("0.5"), atoms("58000")))
    driver.do(leverage("2"))
    assert text(margin.potential_margin(driver.state, driver.state.users[USER])) == "14500"


# ---- tiers


@pytest.mark.parametrize(
    ("tier", "initial", "maintenance"),
    [(1, "0.1", "0.03"), (2, "0.125", "0.04"), (3, "0.2", "0.06"), (4, "0.21", "0.07"), (10, "0.27", "0.13")],
)
def test_the_table_of_tiers(tier: int, initial: str, maintenance: str) -> None:
    driver = account()
    assert text(margin.tier_initial(tier)) == initial
    assert text(margin.tier_maintenance(driver.state, tier)) == maintenance


def test_the_first_tier_is_ten_quotas_but_for_usdt() -> None:
    """2.4: the cap of USDT is 3,500,000; with leverage 10 just that."""
    currencies = load_parameters().currencies
    assert text(margin.tier_cap(currencies["USDT"], atoms("10"))) == "3500000"
    assert text(margin.tier_cap(currencies["USDT"], atoms("8"))) == "7000000"
    assert text(margin.tier_cap(currencies["USDT"], atoms("5"))) == "10500000"
    assert text(margin.tier_cap(currencies["USDT"], atoms("4"))) == "28000000"  # tier 8 asks 25 %
    assert text(margin.tier_cap(currencies["BTC"], atoms("10"))) == "100"


def test_a_debt_on_the_bound_belongs_to_the_lower_tier() -> None:
    currency = load_parameters().currencies["BTC"]
    bound = atoms("100")
    assert [margin.tier_of(currency, amount) for amount in (0, 1, bound - ULP, bound, bound + ULP)] == [1, 1, 1, 1, 2]


def test_the_tier_sets_least_initial_and_maintenance_margin() -> None:
    """250 of a first tier of 100 stand in the third: mmr 6 %, imr 20 % even at leverage 10 (set before)."""
    driver = Driver(NOON_MS + 1, with_currency("USDT", borrow_tier=atoms("100")))
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(USER, "USDT", atoms("250")))
    state = driver.state
    assert text(margin.maintenance_margin(state, USER)) == "15"
    assert text(margin.needed_margin(state, USER)) == "15.25"
    assert text(margin.initial_margin(state, USER, None, {"USDT": atoms("10")})) == "50"


# ---- rates


@pytest.mark.parametrize(
    ("usage", "apr"),
    [("0", "0.01"), ("0.5", "0.0433"), ("0.8", "0.0633"), ("0.9", "0.07"), ("0.95", "0.37"), ("1", "0.67")],
)
def test_the_worked_curve(usage: str, apr: str) -> None:
    """3.1, the printed figures cut at four digits."""
    found = rates.curve(load_parameters(), atoms(usage))
    assert text(found - found % (ONE // 10_000)) == apr


def test_the_curve_stays_in_its_band() -> None:
    parameters = load_parameters()
    assert rates.curve(parameters, 2 * ONE) == rates.curve(parameters, ONE)
    assert rates.curve(parameters, 0) == parameters.rate_least


def test_a_rate_is_fixed_when_its_hour_begins() -> None:
    """I2: borrowing half the pool makes the next hour dearer, not this one."""
    driver = Driver(NOON_MS + 1, with_currency("USDT", pool=atoms("20000")))
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(USER, "USDT", atoms("10000")))
    driver.pass_to(NOON_MS + HOUR_MS)
    (charged,) = spot_charges(driver)
    assert text(charged.rate_per_year) == "0.01"
    (fixed,) = all_of(driver, RatesFixed)
    ((ccy, rate),) = fixed.rates
    assert ccy == "USDT"
    assert text(rate).startswith("0.04333")
    driver.do(c.ManualRepay(USER, "USDT", atoms("10000")))
    driver.pass_to(NOON_MS + 2 * HOUR_MS)
    assert spot_charges(driver)[-1].rate_per_year == rate


def test_the_mean_of_a_day_is_exact_also_after_old_rates_were_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each hour has another rate, n thousandths in hour n: the mean of 24 of them is that of the first and the last."""
    monkeypatch.setattr(rates, "RATES_KEPT", 30)
    driver = account()
    lengths = []
    for hour in range(1, 70):
        driver.do(c.ChangeParameters((c.Setting(CURRENCIES, "USDT", "rate_per_year", hour * ONE // 1_000),)))
        driver.wait(HOUR_MS)
        lengths.append(len(driver.state.rates["USDT"]))
        if hour >= 24:
            assert rates.mean(driver.state, "USDT", 24) == (2 * hour - 23) * ONE // 2_000
    # What is kept is counted before the rate of the hour that begins is added.
    assert (max(lengths), min(lengths[40:])) == (30 + 1, rates.RATES_LEFT + 1)


def test_a_rate_by_hand_and_back() -> None:
    driver = account()
    by_hand = c.Setting(CURRENCIES, "USDT", "rate_per_year", atoms("0.073"))
    driver.do(c.ChangeParameters((by_hand,)))
    assert text(rates.in_force(driver.state, "USDT")) == "0.01"
    driver.wait(HOUR_MS)
    assert text(rates.in_force(driver.state, "USDT")) == "0.073"
    driver.do(c.ChangeParameters((c.Setting(CURRENCIES, "USDT", "rate_per_year", 0),)))
    events = driver.do(c.ManualBorrow(USER, "USDT", atoms("1000")))
    assert not of_kind(events, RatesFixed)
    driver.wait(2 * HOUR_MS)
    charged = [text(event.rate_per_year) for event in spot_charges(driver)]
    assert charged[0] == "0.073"
    assert charged[1].startswith("0.01000013")


def test_usage_counts_spot_debts_and_loans_and_waiting_lenders() -> None:
    driver = Driver(NOON_MS + 1, with_currency("USDT", pool=atoms("20000")))
    driver.user(USER, BTC="1")
    driver.deposit("BTC", "1", account="funding")
    driver.price("BTC-USDT", "60000")
    assert rates.usage(driver.state, "USDT") == 0
    driver.do(c.ManualBorrow(USER, "USDT", atoms("5000")))
    driver.do(c.BorrowLoan(USER, 0, "USDT", atoms("5000"), (("BTC", atoms("1")),), "a"))
    assert text(rates.usage(driver.state, "USDT")) == "0.5"
