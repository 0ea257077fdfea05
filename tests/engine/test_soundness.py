"""Soundness of a trading account at the line: to the atom, with a lost price, with two restricted coins.

ETH at 3,000 and BTC at 60,000, of which 0.98 count. Numbers by hand.
"""

from __future__ import annotations

import pytest

from tallystick.engine import commands as c
from tallystick.engine import core, ledger, margin, soundness, spot_risk
from tallystick.engine.amounts import ONE
from tallystick.engine.events import LiquidationEnded, PriceHeld, Repaid, SpotWarned
from tallystick.engine.exposure import Fill
from tallystick.engine.rejects import Reject
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import NOON_MS, inject, lose_price, of_kind, with_currency, with_tiers
from tests.engine.test_spot_borrow import SMALL_TIER, free_of_fees, holder, order
from tests.engine.test_spot_risk import spend


def owing_ether(usdt: str) -> Driver:
    """1 ETH owed and spent, which asks 3 % and the fee of 0.1 %: 93. Without a debt `usdt` are worth 3,000 more."""
    driver = Driver(NOON_MS + 1, with_tiers("ETH", "1000"))
    driver.user(USER, USDT="10000")
    driver.price("ETH-USDT", "3000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="ETH", amount=ONE))
    spend(driver, "ETH", "1")
    spend(driver, "USDT", text(atoms("10000") - atoms(usdt)))
    return driver


def sound(driver: Driver, **changes: int) -> bool:
    return soundness.stays_sound(driver.state, USER, changes)


# ---- lines to the atom


@pytest.mark.parametrize(("usdt", "warned"), [("3279", 1), ("3279.000000000000000001", 0)])
def test_a_ratio_of_exactly_three_warns(usdt: str, warned: int) -> None:
    """279 / 93 = 3."""
    driver = owing_ether(usdt)
    driver.state = core.decode_state(core.encode_state(driver.state))
    events = driver.do(c.SetPrices(prices=(("ETH-USDT", atoms("3000")),)))
    assert len(of_kind(events, SpotWarned)) == warned


@pytest.mark.parametrize(("usdt", "over"), [("3111.6", False), ("3111.600000000000000001", True)])
def test_a_liquidation_goes_on_at_exactly_its_target(usdt: str, over: bool) -> None:
    """111.6 / 93 = 1.2, which is to be passed."""
    driver = owing_ether(usdt)
    assert spot_risk._recovered(driver.state, driver.state.users[USER]) is over


@pytest.mark.parametrize(("left", "is_sound"), [("0", True), ("-0.000000000000000001", False)])
def test_a_worth_of_exactly_the_margin_is_sound(left: str, is_sound: bool) -> None:
    """A third of 3,000: 1,000 are left when 100 of 4,100 go."""
    driver = owing_ether("4100")
    assert sound(driver, USDT=atoms("-100") + atoms(left)) is is_sound


def test_a_frozen_account_that_owes_nothing_is_free_at_the_next_price() -> None:
    driver = holder()
    driver.state.users[USER].liquidating = True
    driver.state = core.decode_state(core.encode_state(driver.state))
    events = driver.do(c.SetPrices(prices=(("ETH-USDT", atoms("3001")),)))
    assert len(of_kind(events, LiquidationEnded)) == 1


def test_an_account_is_not_judged_while_a_coin_it_owes_has_no_price() -> None:
    """50,000 USDT and 1 ETH owed and spent; 1 BTC at 51,200 counts 50,176, which the margin of 3 % is far above."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.price("ETH-USDT", "3000")
    for ccy, amount in (("ETH", "1"), ("USDT", "50000")):
        driver.do(c.ManualBorrow(user_id=USER, ccy=ccy, amount=atoms(amount)))
        spend(driver, ccy, amount)
    lose_price(driver, "ETH-USDT")
    events = driver.do(c.SetPrices(prices=(("BTC-USDT", atoms("51200")),)))
    assert [type(event) for event in events] == [PriceHeld]


# ---- orders that rest


def owing_dollars(usdt: str) -> Driver:
    """30,000 USDC owed and spent, a third of which is the margin, and nobody who sells BTC below 60,000."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, USDT=usdt)
    for pair, price in (("BTC-USDT", "60000"), ("ETH-USDT", "2900"), ("USDC-USDT", "1")):
        driver.price(pair, price)
    driver.book("BTC-USDT", [("29000", "1")], [("60000", "1")])
    driver.book("ETH-USDT", [("2900", "1")], [("2901", "1")])
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDC", amount=atoms("30000")))
    spend(driver, "USDC", "30000")
    return driver


BARGAIN = c.PlaceOrder(
    user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.1"), price=atoms("30000")
)
"""A gain of 3,000 once it is filled; until then its fee of 3 counts."""


@pytest.mark.parametrize(("usdt", "taken"), [("40000", False), ("39999.9999999999999999", True)])
def test_a_gain_may_cost_its_fee_only_where_the_margin_is_short_already(usdt: str, taken: bool) -> None:
    driver = owing_dollars(usdt)
    if taken:
        driver.do(BARGAIN)
    else:
        assert driver.refuse(BARGAIN) is Reject.MARGIN_INSUFFICIENT


def test_a_margin_is_short_already_by_what_open_orders_may_borrow() -> None:
    """11,100 less the fee of 4 of a sale of 1 ETH at 4,000, which would borrow it: at 3,600 that asks 1,200 more."""
    driver = owing_dollars("41100")
    driver.do(
        c.PlaceOrder(user_id=USER, instrument="ETH-USDT", side="sell", kind="limit", size=ONE, price=atoms("4000"))
    )
    driver.price("ETH-USDT", "3600")
    driver.do(BARGAIN)
    assert len(driver.state.orders) == 2


# ---- coins that come in


def owing_with_a_lost_coin(*, held: str = "0") -> Driver:
    driver = holder()
    if held != "0":
        driver.deposit("SOL", held)
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100")))
    lose_price(driver, "SOL-USDT")
    return driver


@pytest.mark.parametrize(("held", "gain", "is_sound"), [("0", 1, False), ("0", 0, True), ("2", 1, True)])
def test_a_first_coin_without_its_price_would_blind_the_account(held: str, gain: int, is_sound: bool) -> None:
    """An account that holds such a coin already cannot be judged anyway."""
    assert sound(owing_with_a_lost_coin(held=held), SOL=gain) is is_sound


def test_a_change_that_takes_nothing_is_sound_whatever_is_owed() -> None:
    driver = holder()
    driver.price("SOL-USDT", "150")
    driver.do(c.ManualBorrow(user_id=USER, ccy="SOL", amount=ONE))
    lose_price(driver, "SOL-USDT")
    assert sound(driver, USDT=0)
    assert not sound(driver, USDT=-1)


def test_an_unsound_account_may_help_itself_while_an_order_could_borrow_as_much_as_before() -> None:
    """0.1 BTC count 5,880, and 29,000 that may be borrowed ask 9,666.67. An ETH for 0.01 BTC is a gain."""
    driver = holder(free_of_fees())
    driver.do(order("buy", "0.5", "58000"))
    spend(driver, "BTC", "0.9")
    assert sound(driver, BTC=atoms("-0.01"), ETH=ONE)
    assert not sound(driver, BTC=atoms("-0.01"))


def test_a_coin_that_a_change_leaves_as_it_was_asks_no_price() -> None:
    """DOT has none: nothing of it is possible debt when all of it goes."""
    driver = holder(BTC="1", DOT="1")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100")))
    assert sound(driver, DOT=-ONE, USDT=atoms("5"))


# ---- margins


def test_possible_debts_take_the_tier_of_all_that_would_be_owed() -> None:
    """9,000 are owed and 5,000 possible: the second tier asks 12.5 % of 5,000, where ten times leverage asks 10 %."""
    driver = holder(with_tiers("USDT", "10000", free_of_fees()))
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("9000")))
    spend(driver, "USDT", "9000")
    driver.do(order("buy", "0.1", "50000"))
    user = driver.state.users[USER]
    user.leverage = {"USDT": 10 * ONE}
    assert text(margin.potential_margin(driver.state, user)) == "625"


def test_fees_of_resting_orders_and_of_a_new_one_add_up() -> None:
    """1 BTC counts 58,800; a thousandth of 50,000 and of 10,000 comes off."""
    driver = holder()
    driver.do(order("sell", "0.5", "100000"))
    more = Fill(
        give_ccy="BTC", gives=atoms("0.1"), get_ccy="USDT", gets=atoms("10000"), fee_ccy="USDT", fee=atoms("10")
    )
    assert text(margin.worth(driver.state, USER, None, 0, order=more)) == "58740"


# ---- refusals name their coins


def test_a_refusal_names_every_restricted_coin() -> None:
    driver = holder(BTC="1", ETH="1")
    driver.state.collateral_levels = {"ETH": (2, 0), "BTC": (2, 0)}
    assert driver.refusal(order("buy", "0.1", "60000")).details == {"ccy": "USDT", "other": "BTC,ETH"}


def test_a_refusal_names_the_coin_whose_tier_is_full() -> None:
    tiers = SMALL_TIER["margin_tiers"]
    driver = holder(with_currency("USDT", margin_step_size=atoms("1499.9999999999999999"), margin_tiers=tiers))
    assert driver.refusal(order("buy", "0.1", "60000")).details == {"ccy": "USDT"}


# ---- auto repay that is on already


def test_switching_on_what_is_on_keeps_borrowed_coins_apart() -> None:
    driver = holder()
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("1000")))
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    assert driver.state.users[USER].exempt == {"USDT": atoms("1000")}


def test_switching_on_what_is_on_repays_nothing() -> None:
    """10 USDT stay because a fault stalls the repayment; the sweep comes with the switch from off to on alone."""
    driver = holder()
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("1000")))
    inject(driver, "auto-repay-stalls", count=1)
    driver.deposit("USDT", "10")
    assert of_kind(driver.do(c.SetAutoRepay(user_id=USER, enabled=True)), Repaid) == []


def test_a_coin_changes_with_a_borrowing_and_not_with_the_hour_before() -> None:
    driver = holder()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("1000")))
    assert ledger.changed_at_ms(driver.state, driver.state.users[USER], "USDT") == driver.at_ms


def test_an_unsound_account_may_swap_restricted_coins_for_a_gain() -> None:
    """Without BTC and ETH the account is worth as much as before, and with them it gains."""
    driver = holder(free_of_fees())
    driver.do(order("buy", "0.5", "58000"))
    spend(driver, "BTC", "0.9")
    driver.state.collateral_levels = {"ETH": (2, 0), "BTC": (2, 0)}
    assert sound(driver, BTC=atoms("-0.01"), ETH=ONE)


def test_without_a_debt_no_order_keeps_coins_back() -> None:
    """OKB count nothing here, so that the order for all the USDT would leave less than its fee; 1 DOT may go."""
    driver = Driver(NOON_MS + 1, with_currency("OKB", collateral=False))
    driver.user(USER, USDT="100", DOT="1")
    for pair, price in (("OKB-USDT", "20"), ("DOT-USDT", "5")):
        driver.price(pair, price)
    driver.book("OKB-USDT", [], [])
    driver.do(
        c.PlaceOrder(user_id=USER, instrument="OKB-USDT", side="buy", kind="limit", size=atoms("5"), price=atoms("20"))
    )
    assert margin.adjusted_equity(driver.state, USER, {"DOT": -atoms("1")}) < 0
    driver.do(c.Transfer(user_id=USER, ccy="DOT", amount=atoms("1"), source="trading", target="funding"))
    assert driver.cash("DOT") == "0"
