"""Multi-currency margin: one number for each coin, debts by trading, what open orders would borrow.

Numbers are the worked ones of docs/rules/account-modes.md, published where it says so, else by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import ledger, margin
from tallystick.engine.amounts import ONE, cut
from tallystick.engine.cross_settings import SetAutoLoan
from tallystick.engine.events import (
    Borrowed,
    LiquidationEnded,
    LiquidationStarted,
    OrderClosed,
    SpotWarned,
)
from tallystick.engine.kinds import AccountMode
from tallystick.engine.modes import OpenModes, SwitchMode
from tallystick.engine.parameters import Parameters
from tallystick.engine.rejects import Reject
from tallystick.venue.parameters import load_parameters
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import HOUR_MS, NOON_MS, all_of, frozen, of_kind, spot_charges, with_currency
from tests.engine.test_spot_borrow import free_of_fees, market, order

OTHER = 2
RATE = atoms("0.073")
"""Rate a year of 0.0002 a day."""


def account(
    parameters: Parameters | None = None,
    mode: AccountMode = 3,
    prices: Mapping[str, str] | None = None,
    **balances: str,
) -> Driver:
    """An account in this mode, born with borrowing by the switch of Spot mode off; BTC at 60,000 and ETH at 3,000."""
    driver = Driver(NOON_MS + 1, parameters)
    driver.user(USER, {"USDT": "10000"}, borrow=False)
    for pair, price in (prices or {"BTC-USDT": "60000", "ETH-USDT": "3000"}).items():
        driver.price(pair, price)
    driver.do(OpenModes(user_id=USER, modes=(3, 4)))
    driver.do(SwitchMode(user_id=USER, mode=mode))
    for ccy, amount in balances.items():
        driver.deposit(ccy, amount)
    driver.deposit("USDT", "-10000")
    driver.book("BTC-USDT", [("59999.9", "100")], [("60000", "100")])
    return driver


def eth(side: str, size: str, price: str, user: int = USER) -> c.PlaceOrder:
    return replace(order("sell", size, price, user=user), side=side, instrument="ETH-USDT")


def coin(driver: Driver, ccy: str, user_id: int = USER) -> tuple[str, str, str]:
    """(balance, liability, available) as one number tells them."""
    state = driver.state
    own = ledger.equity(state, user_id).get(ccy, 0)
    return text(own), driver.debt(ccy, user_id), text(ledger.available(state, state.users[user_id], ccy))


def possible(driver: Driver, ccy: str) -> str:
    return text(margin.borrowing(driver.state, driver.state.users[USER]).get(ccy, 0))


def figures(driver: Driver) -> tuple[str, str, str]:
    """(adjEq, imr, mmr)."""
    state = driver.state
    return (
        text(margin.adjusted_equity(state, USER)),
        text(margin.initial_margin(state, USER)),
        text(margin.maintenance_margin(state, USER)),
    )


def purchase(parameters: Parameters | None = None) -> Driver:
    driver = account(parameters, BTC="1", USDT="10000")
    driver.do(order("buy", "1", "60000"))
    return driver


# ---- the worked numbers


def test_an_order_for_more_than_is_there_freezes_all_of_it() -> None:
    """Published: 2 BTC at 100,000, leverage 5, a sale of 4: possible borrowing 2, its margin 0.4 BTC."""
    driver = account(BTC="2", prices={"BTC-USDT": "100000"})
    driver.book("BTC-USDT", [("99999.9", "100")], [("100000.1", "100")])
    driver.do(c.SetLeverage(user_id=USER, ccy="BTC", leverage=atoms("5")))
    driver.do(order("sell", "4", "100000"))
    assert frozen(driver, "BTC") == "4"
    assert coin(driver, "BTC") == ("2", "0", "0")
    assert possible(driver, "BTC") == "2"
    assert text(margin.potential_margin(driver.state, driver.state.users[USER])) == "40000"


def reserved(driver: Driver) -> tuple[str, str]:
    """(borrowFroz, imr) in USD, cut at 2 decimals."""
    user = driver.state.users[USER]
    shown = margin.potential_margin(driver.state, user), margin.initial_margin(driver.state, USER)
    froz, imr = (text(cut(amount, ONE // 100)) for amount in shown)
    return froz, imr


def with_debts_left_out() -> Parameters:
    return replace(load_parameters(), borrow_froz_debts=False)


@pytest.mark.parametrize(
    ("parameters", "owing", "ordering"),
    [(load_parameters(), "16666.66", "20000"), (with_debts_left_out(), "0", "3333.33")],
)
def test_debts_are_in_the_frozen_margin_or_left_out(parameters: Parameters, owing: str, ordering: str) -> None:
    """By hand: 50,000 USDT owed at leverage 3, then an order for 10,000 more. imr carries both, whatever is shown."""
    driver = purchase(parameters)
    assert reserved(driver) == (owing, "16666.66")
    driver.do(order("buy", "0.2", "50000"))
    assert reserved(driver) == (ordering, "20000")


@pytest.mark.parametrize("parameters", [load_parameters(), with_debts_left_out()])
def test_without_a_debt_both_readings_of_the_frozen_margin_agree(parameters: Parameters) -> None:
    """Worked no-interest account: 5 ETH at 3,000 and a sale of 10; the margin of 5 ETH at leverage 3 is 5,000."""
    driver = account(parameters, ETH="5")
    driver.do(eth("sell", "10", "3100"))
    assert reserved(driver) == ("5000", "5000")


@pytest.mark.parametrize("parameters", [load_parameters(), with_debts_left_out()])
def test_debts_left_out_of_the_frozen_margin_still_need_margin(parameters: Parameters) -> None:
    """On 1 BTC at 60,000 no more than 166,415.09 USDT can be spent, also where 100,000 of them are owed before."""
    driver = account(free_of_fees(parameters), BTC="1")
    driver.do(market("buy", "100000", quote=True))
    assert driver.refuse(market("buy", "66415.10", quote=True)) is Reject.MARGIN_INSUFFICIENT
    driver.do(market("buy", "66415.09", quote=True))


def with_published_solana() -> Parameters:
    """SOL counts 0.95 up to 5,000 and 0.945 above, which the published account needs."""
    return with_currency(
        "SOL", free_of_fees(), discount_tiers=((atoms("5000"), atoms("0.95")), (atoms("10000"), atoms("0.945")))
    )


def published_account() -> Driver:
    return account(
        with_published_solana(),
        prices={"BTC-USDT": "100000", "SOL-USDT": "200"},
        BTC="2",
        SOL="6000",
        USDT="110000",
    )


def test_the_published_account() -> None:
    """2 BTC, 6,000 SOL and 110,000 USDT count 196,000 + 1,139,000 + 110,000."""
    assert figures(published_account()) == ("1445000", "0", "0")


def test_an_order_for_more_than_the_balance_is_accepted_and_leaves_the_lack_as_debt() -> None:
    """Published: 120,000 of 110,000 USDT leave a liability of 10,000; with auto-loan off the order is refused."""
    driver = published_account()
    driver.book("BTC-USDT", [("99999", "10")], [("100000", "10")])
    driver.do(order("buy", "1.2", "100000"))
    assert coin(driver, "USDT") == ("-10000", "10000", "0")
    refused = published_account()
    refused.do(SetAutoLoan(user_id=USER, enabled=False))
    assert refused.refuse(order("buy", "1.2", "100000")) is Reject.AUTO_LOAN_OFF


def test_hundred_bitcoin_count_by_their_tiers() -> None:
    """Published: 5,785,500 of 6,000,000, by the tiers of that time."""
    tiers = (("20", "0.98"), ("25", "0.9775"), ("50", "0.9675"), ("100", "0.955"))
    parameters = with_currency(
        "BTC", discount_tiers=tuple((atoms(upper), atoms(rate)) for upper, rate in tiers), discount_step=0
    )
    assert figures(account(parameters, BTC="100")) == ("5785500", "0", "0")


def test_the_purchase() -> None:
    """1 BTC and 10,000 USDT buy 1 BTC for -50,000: margin 16,666.67 and 1,000; 67,541.2 / 1,050 and / 1,000."""
    driver = purchase()
    assert coin(driver, "BTC") == ("1.999", "0", "1.999")
    assert coin(driver, "USDT") == ("-50000", "50000", "0")
    assert figures(driver) == ("67541.2", "16666.666666666666666667", "1000")
    ratio = margin.margin_ratio(driver.state, USER)
    assert ratio is not None
    assert text(ratio)[:7] == "64.3249"
    driver.state.parameters = replace(driver.state.parameters, taker_fee=0)
    ratio = margin.margin_ratio(driver.state, USER)
    assert ratio is not None
    assert text(ratio) == "67.5412"


def test_interest_makes_the_hole_deeper_and_what_comes_in_fills_it() -> None:
    """0.0002 a day on 50,000; then 0.5 BTC at 61,000 bring 30,469.5 and leave -19,530.9166666666666667."""
    parameters = with_currency("USDT", rate_per_year=RATE)
    driver = purchase(parameters)
    driver.pass_to(NOON_MS + HOUR_MS)
    assert [text(charge.interest) for charge in spot_charges(driver)] == ["0.4166666666666667"]
    driver.book("BTC-USDT", [("61000", "100")], [("61000.1", "100")])
    driver.do(order("sell", "0.5", "61000"))
    assert coin(driver, "USDT") == ("-19530.9166666666666667", "19530.9166666666666667", "0")
    day = purchase(parameters)
    day.pass_to(NOON_MS + 24 * HOUR_MS)
    assert coin(day, "USDT") == ("-50010.0009583919007116", "50010.0009583919007116", "0")


def test_coins_that_an_order_would_borrow_cost_no_interest_and_need_margin() -> None:
    """5 ETH, a sale of 10: nothing owed and nothing charged; imr 5 x 3,000 / 3, mmr 3 % of 15,000."""
    driver = account(ETH="5")
    driver.do(eth("sell", "10", "3100"))
    driver.pass_to(NOON_MS + HOUR_MS)
    assert coin(driver, "ETH") == ("5", "0", "0")
    assert (possible(driver, "ETH"), spot_charges(driver)) == ("5", [])
    # 5 x 3,000 x 0.98 less the estimated fee of the order, 31
    assert figures(driver) == ("14669", "5000", "450")


def test_the_largest_purchase_on_one_bitcoin() -> None:
    """58,800 / (1/3 + 0.02) = 166,415.09, as in Spot mode; a cent more is refused."""
    driver = account(free_of_fees(), BTC="1")
    assert driver.refuse(market("buy", "166415.10", quote=True)) is Reject.MARGIN_INSUFFICIENT
    driver.do(market("buy", "166415.09", quote=True))
    assert coin(driver, "USDT")[0].startswith("-166415.08")


# ---- one number


def test_a_fill_takes_coins_that_another_order_holds() -> None:
    """10,000 USDT frozen by one order pay for the other; the first now stands on possible borrowing."""
    driver = account(free_of_fees(), BTC="1", USDT="10000")
    driver.do(order("buy", "0.2", "50000"))
    assert (coin(driver, "USDT"), possible(driver, "USDT")) == (("10000", "0", "0"), "0")
    events = driver.do(order("buy", "0.1", "60000"))
    assert of_kind(events, Borrowed) == []
    assert (coin(driver, "USDT"), frozen(driver, "USDT"), possible(driver, "USDT")) == (
        ("4000", "0", "0"),
        "10000",
        "6000",
    )


def test_what_comes_in_pays_though_an_order_holds_more() -> None:
    driver = purchase(free_of_fees())
    driver.do(order("buy", "0.1", "50000"))
    driver.deposit("USDT", "8000")
    assert coin(driver, "USDT") == ("-42000", "42000", "0")
    assert possible(driver, "USDT") == "47000"
    driver.deposit("USDT", "50000")
    assert (coin(driver, "USDT"), possible(driver, "USDT")) == (("8000", "0", "3000"), "0")


def test_a_fill_of_an_order_that_waited_borrows_what_is_missing_then() -> None:
    """It fills as a maker, at its own price."""
    driver = account(free_of_fees(), BTC="2", USDT="9500")
    driver.do(order("buy", "0.5", "59000"))
    assert coin(driver, "USDT") == ("9500", "0", "0")
    driver.book("BTC-USDT", [("58000", "1")], [("58900", "5")])
    assert coin(driver, "USDT") == ("-20000", "20000", "0")
    assert [(event.kind, text(event.amount)) for event in all_of(driver, Borrowed)] == [("auto_borrow", "20000")]


def test_the_other_side_of_a_trade_is_paid_at_once() -> None:
    """The maker owes USDT, and sells: what it gets pays its debt first."""
    driver = purchase(free_of_fees())
    driver.do(order("sell", "0.5", "60500"))
    driver.user(OTHER, USDT="100000")
    driver.book("BTC-USDT", [("59000", "1")], [("61000", "1")])
    driver.do(order("buy", "0.5", "60500", user=OTHER))
    assert coin(driver, "USDT") == ("-19750", "19750", "0")


def test_an_order_that_is_canceled_leaves_the_number_as_it_was() -> None:
    driver = purchase(free_of_fees())
    before = coin(driver, "USDT")
    driver.do(order("buy", "0.1", "50000"))
    (number,) = driver.state.orders
    driver.do(c.CancelOrder(user_id=USER, instrument="BTC-USDT", order_id=number))
    assert coin(driver, "USDT") == before
    assert driver.state.users[USER].frozen == {}


def test_an_amended_order_holds_all_that_it_gives_now() -> None:
    driver = account(free_of_fees(), BTC="1", USDT="1000")
    driver.do(order("buy", "0.1", "50000"))
    (number,) = driver.state.orders
    driver.do(
        c.AmendOrder(user_id=USER, instrument="BTC-USDT", order_id=number, size=atoms("0.2"), price=atoms("40000"))
    )
    assert (frozen(driver, "USDT"), possible(driver, "USDT")) == ("8000", "7000")


# ---- limits, each with its own refusal


def test_an_order_may_not_borrow_above_the_tier_of_the_leverage() -> None:
    """Leverage 10 ends at the first tier of USDT: 100,000."""
    driver = account(free_of_fees(), BTC="10")
    driver.do(c.SetLeverage(user_id=USER, ccy="USDT", leverage=atoms("10")))
    assert driver.refuse(order("buy", "2", "50000.1")) is Reject.CROSS_ORDER_ABOVE_TIER
    driver.do(order("buy", "2", "50000"))
    assert driver.refuse(order("buy", "0.01", "50000")) is Reject.CROSS_ORDER_ABOVE_TIER


def test_an_order_may_not_borrow_above_the_quota() -> None:
    driver = account(with_currency("USDT", free_of_fees(), quota=atoms("40000")), BTC="10")
    assert driver.refuse(order("buy", "1", "40000.1")) is Reject.ORDER_ABOVE_QUOTA
    driver.do(order("buy", "1", "40000"))


def test_an_order_may_not_borrow_more_than_the_pool_has() -> None:
    driver = account(with_currency("USDT", free_of_fees(), pool=atoms("30000")), BTC="10")
    assert driver.refuse(order("buy", "1", "30000.1")) is Reject.ORDER_POOL_EXHAUSTED
    driver.do(order("buy", "1", "30000"))


def test_an_account_below_its_margin_may_only_place_what_lowers_the_need_as_much() -> None:
    """2 BTC and 50,000 USDT owed: adjEq is 1.96 P - 50,000, imr 16,666.67, so that 34,000 leave 16,640.

    A sale of 0.1 BTC at 33,999.9 lowers imr by 1,133.33 and hardly moves adjEq. A purchase with borrowed coins raises
    imr.
    """
    driver = purchase(free_of_fees())
    driver.price("BTC-USDT", "34000")
    driver.book("BTC-USDT", [("33999.9", "100")], [("34000", "100")])
    assert figures(driver)[:2] == ("16640", "16666.666666666666666667")
    assert driver.refuse(order("buy", "0.01", "34000")) is Reject.ORDER_LOWERS_EQUITY
    assert driver.refuse(eth("buy", "0.1", "3000")) is Reject.ORDER_LOWERS_EQUITY
    driver.do(order("sell", "0.1", "33999.9"))
    assert coin(driver, "USDT")[0] == "-46600.01"


# ---- the ladder


def test_the_warning_comes_at_three() -> None:
    """50,000 USDT need 1,000 and 50: 3,150. 2 BTC at 0.98 are worth 53,150 at 27,117.35."""
    driver = purchase()
    driver.deposit("BTC", "0.001")
    driver.price("BTC-USDT", "27118")
    assert all_of(driver, SpotWarned) == []
    driver.price("BTC-USDT", "27117")
    assert len(all_of(driver, SpotWarned)) == 1


def test_at_one_the_orders_go_first_and_the_account_is_judged_again() -> None:
    """2 BTC, 50,000 USDT owed and a purchase of ETH open, which would borrow 30,000 more.

    Together 80,000 need 1,600 and 80; alone 1,050. 1.96 P less the debt is 1,666 at 26,360: at or below 1 with
    the order, above it without, so that nothing is sold.
    """
    driver = purchase()
    driver.deposit("BTC", "0.001")
    driver.do(eth("buy", "12", "2500"))
    driver.price("BTC-USDT", "26360")
    assert all_of(driver, LiquidationStarted) == []
    (closed,) = all_of(driver, OrderClosed)[-1:]
    assert (closed.instrument, closed.state, closed.cause) == ("ETH-USDT", "canceled", "risk")
    assert driver.state.users[USER].frozen == {}


def test_an_order_that_needs_nothing_goes_too_where_the_ratio_is_at_one() -> None:
    """A sale of coins that are there: at 1 every order goes, and the liquidation follows."""
    driver = purchase()
    driver.deposit("BTC", "0.001")
    driver.do(order("sell", "0.1", "70000"))
    driver.book("BTC-USDT", [("26000", "100")], [("26050", "100")])
    driver.price("BTC-USDT", "26040")
    assert driver.state.orders == {}
    assert len(all_of(driver, LiquidationStarted)) == 1


def test_a_liquidation_sells_until_the_ratio_is_above_its_target() -> None:
    driver = purchase()
    driver.deposit("BTC", "0.001")
    driver.book("BTC-USDT", [("26000", "100")], [("26050", "100")])
    driver.price("BTC-USDT", "26040")
    assert len(all_of(driver, LiquidationStarted)) == len(all_of(driver, LiquidationEnded)) == 1
    ratio = margin.margin_ratio(driver.state, USER)
    assert ratio is None or ratio > atoms("1.2")


def test_orders_that_would_borrow_go_where_equity_no_longer_carries_them() -> None:
    """Debts of 50,000 need 1,050; the order's possible 30,000 have a margin of 10,000: 11,050 are needed.

    2 BTC: 1.96 P - 50,000 is 11,054 at 31,150 and 11,048.2 at 31,147.
    """
    driver = purchase()
    driver.deposit("BTC", "0.001")
    driver.do(eth("buy", "12", "2500"))
    driver.price("BTC-USDT", "31300")
    assert len(driver.state.orders) == 1
    driver.price("BTC-USDT", "31147")
    assert driver.state.orders == {}
    assert all_of(driver, LiquidationStarted) == []


# ---- what belongs to Spot mode


@pytest.mark.parametrize("mode", [3, 4])
def test_the_switches_of_spot_mode_do_nothing_here(mode: AccountMode) -> None:
    driver = account(load_parameters(), mode, BTC="1")
    assert not driver.state.users[USER].borrow_enabled
    events: list[Any] = driver.do(order("buy", "0.5", "60000"))
    assert [text(event.amount) for event in of_kind(events, Borrowed)] == ["30000"]
    driver.deposit("USDT", "100")
    assert coin(driver, "USDT")[0] == "-29900"
