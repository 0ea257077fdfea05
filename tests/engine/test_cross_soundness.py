"""Soundness of an account in multi-currency margin, asked directly: the order once it has filled, and while it is open.

Worked by hand: ETH counts its 4,000 and BTC its 60,000 USD whole, and the leverage is 3, so 3,000 USDT that are or may
be owed need 1,000.
"""

from __future__ import annotations

from tallystick.engine import soundness, transient
from tallystick.engine.amounts import ONE
from tallystick.engine.cross_settings import ChooseCollateral
from tallystick.engine.exposure import Fill
from tallystick.engine.modes import SwitchMode
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import with_currency
from tests.engine.test_cross import account
from tests.engine.test_cross_settings import lend, undiscounted
from tests.engine.test_spot_borrow import order

Changes = dict[str, str]


def one_eth(owed: str = "") -> Driver:
    parameters = undiscounted("BTC", undiscounted("ETH"))
    driver = account(parameters, prices={"BTC-USDT": "60000", "ETH-USDT": "4000"}, ETH="1")
    if owed:
        lend(driver, "USDT", owed)
    return driver


def in_atoms(changes: Changes) -> dict[str, int]:
    return {ccy: atoms(amount) for ccy, amount in changes.items()}


def sound(
    driver: Driver, changes: Changes, needs: Changes | None = None, resting: Fill | None = None, without: int = 0
) -> bool:
    return soundness.stays_sound(
        driver.state,
        USER,
        in_atoms(changes),
        None if needs is None else in_atoms(needs),
        resting=resting,
        without=without,
    )


def fill(gives: str, give_ccy: str, gets: str, get_ccy: str, fee: str = "0") -> Fill:
    return Fill(give_ccy, atoms(gives), get_ccy, atoms(gets), fee_ccy="USDT", fee=atoms(fee))


def weighed(driver: Driver) -> tuple[str, str]:
    """Equity and margin that were compared last."""
    found = transient.of(driver.state).weighed
    assert found is not None
    return text(found[0]), text(found[1])


# ---- both sides of an order


def test_equity_of_exactly_the_margin_is_sound() -> None:
    """3,000 USDT leave 1,000 and need as much; 3,003 leave 997 and need 1,001."""
    assert sound(one_eth(), {"USDT": "-3000"})
    assert not sound(one_eth(), {"USDT": "-3003"})


def test_an_open_order_is_judged_without_its_gain() -> None:
    """0.25 BTC for 13,000 USDT are a gain of 2,000 once they are there; until then 4,333.33 are needed of 4,000."""
    gain = {"USDT": "-13000", "BTC": "0.25"}
    driver = one_eth()
    assert sound(driver, gain)
    assert not sound(driver, gain, {"USDT": "-13000"}, fill("13000", "USDT", "0.25", "BTC"))
    assert weighed(driver) == ("4000", "4333.333333333333333334")
    twelve = {"USDT": "-12000", "BTC": "0.25"}
    assert sound(driver, twelve, {"USDT": "-12000"}, fill("12000", "USDT", "0.25", "BTC"))


def test_the_side_that_is_nearer_to_its_margin_is_told() -> None:
    """Filled 3,500 of 500, open 4,000 of 3,900: the second is nearer, though its equity and its sum are higher."""
    driver = one_eth()
    filled = {"USDT": "-2500", "BTC": "0.033333333333333333"}
    assert sound(driver, filled, {"USDT": "-11700"}, fill("1", "USDT", "1", "BTC"))
    assert weighed(driver) == ("4000", "3900")


def test_restricted_coins_carry_neither_side() -> None:
    driver = one_eth()
    driver.state.collateral_levels["ETH"] = (2, 0)
    assert not sound(driver, {"USDT": "-300"})
    bought = {"USDT": "-300", "BTC": "0.05"}
    assert sound(driver, bought)
    assert not sound(driver, bought, {"USDT": "-300"}, fill("300", "USDT", "0.05", "BTC"))


def test_restricted_coins_carry_nothing_in_spot_mode_either() -> None:
    driver = one_eth()
    driver.do(SwitchMode(user_id=USER, mode=1))
    driver.state.collateral_levels["ETH"] = (2, 0)
    assert not sound(driver, {"USDT": "-300"})


def test_in_spot_mode_an_order_is_judged_by_what_it_needs() -> None:
    """600 USDT that it may spend need 200, whatever it changes; without an order the changes may be lacking."""
    driver = one_eth()
    driver.do(SwitchMode(user_id=USER, mode=1))
    assert sound(driver, {"USDT": "-300"}, {"USDT": "-600"})
    assert weighed(driver)[1] == "200"
    assert sound(driver, {"USDT": "-3000"})
    assert not sound(driver, {"USDT": "-3003"})


def test_the_order_whose_place_is_taken_holds_nothing() -> None:
    """An open purchase holds 3,000 USDT; in its place 2,900 need 966.67, and 1,100 are left of 4,000."""
    driver = one_eth()
    (placed, *_) = driver.do(order("buy", "0.06", "50000"))
    assert sound(driver, {"USDT": "-2900"}, {"USDT": "100"}, without=placed.order_id)
    assert weighed(driver) == ("1100", "966.666666666666666667")


# ---- accounts at their margin, and below it


def test_at_its_margin_an_account_may_not_pay_for_an_open_order() -> None:
    """3,000 USDT are owed of 4,000: a sale of 0.5 ETH helps once it has filled, but its fee of 2 comes first."""
    sale = {"ETH": "-0.5", "USDT": "1998"}
    assert not sound(one_eth("3000"), sale, {"ETH": "-0.5"}, fill("0.5", "ETH", "2000", "USDT", "2"))
    assert sound(one_eth("3000"), sale)


def test_below_its_margin_an_account_may_lose_as_much_as_it_needs_less() -> None:
    """ETH at 3,400: 400 of 1,000. A sale of 0.1 ETH for 330 loses 10 for 110 less; one for 150 loses 190 for 50."""
    driver = one_eth("3000")
    driver.price("ETH-USDT", "3400")
    assert sound(driver, {"ETH": "-0.1", "USDT": "330"})
    assert not sound(driver, {"ETH": "-0.1", "USDT": "150"})
    # One for 255 loses 85 and needs 85 less.
    assert sound(driver, {"ETH": "-0.1", "USDT": "255"})
    assert not sound(driver, {"ETH": "-0.1", "USDT": "254.9"})


def test_below_its_margin_an_account_may_not_borrow_for_a_gain() -> None:
    """0.015 BTC, which are 900, for 300 USDT: a gain of 600 that needs 100, but 300 more would be owed."""
    driver = one_eth("3000")
    driver.price("ETH-USDT", "3400")
    bought = {"USDT": "-300", "BTC": "0.015"}
    assert not sound(driver, bought, {"USDT": "-300"}, fill("300", "USDT", "0.015", "BTC"))


def test_below_its_margin_restricted_coins_count_for_the_whole_and_not_for_the_margin() -> None:
    """400 of 1,000, and 0.01 BTC, 600, that carry nothing."""
    driver = one_eth("3000")
    driver.price("ETH-USDT", "3400")
    driver.deposit("BTC", "0.01")
    driver.state.collateral_levels["BTC"] = (2, 0)
    assert sound(driver, {"ETH": "-0.1", "USDT": "330"})
    assert not sound(driver, {"ETH": "-0.1", "BTC": "0.005666666666666667"}), "340 less that carry"
    assert not sound(driver, {"BTC": "-0.01", "USDT": "100"}), "500 less in all, for 33.33 less that are needed"


def test_the_order_whose_place_is_taken_costs_no_more() -> None:
    """An open purchase for 1,500 loses 300 since BTC has fallen to 40,000, one for 1,000 in its place 200.

    2,500 - 1,500 - 200 = 800 of 833.33 instead of 698.5, fee paid, of 1,000.
    """
    driver = one_eth("1500")
    (placed, *_) = driver.do(order("buy", "0.03", "50000"))
    driver.price("BTC-USDT", "40000")
    driver.price("ETH-USDT", "2500")
    assert sound(driver, {"USDT": "-1000", "BTC": "0.02"}, {"USDT": "500"}, without=placed.order_id)


def test_an_account_is_short_below_its_margin_and_not_at_it() -> None:
    driver = one_eth("3000")
    assert not soundness.is_short(driver.state, driver.state.users[USER])
    driver.price("ETH-USDT", "3999.9")
    assert soundness.is_short(driver.state, driver.state.users[USER])


def test_an_order_that_gives_own_coins_is_not_weighed() -> None:
    driver = one_eth()
    assert sound(driver, {"ETH": "-0.5"}, {"ETH": "-0.5"}, fill("0.5", "ETH", "2000", "USDT"))
    assert transient.of(driver.state).weighed is None


# ---- prices


def test_a_debt_without_a_price_is_not_judged_even_where_it_is_paid() -> None:
    driver = one_eth()
    driver.price("DOGE-USDT", "0.2")
    lend(driver, "DOGE", "100")
    driver.state.markets["DOGE-USDT"].index = 0
    assert not sound(driver, {"DOGE": "100", "ETH": "-0.1"})
    for nothing_lost in ({"ETH": "1"}, {"ETH": "0"}):
        assert sound(driver, nothing_lost)


def test_one_atom_of_a_coin_that_has_lost_its_price_blinds_an_account_that_owes() -> None:
    driver = one_eth("300")
    driver.price("DOGE-USDT", "0.2")
    driver.state.markets["DOGE-USDT"].index = 0
    assert not soundness.stays_sound(driver.state, USER, {"DOGE": 1})
    assert soundness.stays_sound(driver.state, USER, {"DOGE": 0})
    debtless = one_eth()
    debtless.price("DOGE-USDT", "0.2")
    debtless.state.markets["DOGE-USDT"].index = 0
    assert not sound(debtless, {"DOGE": "1", "USDT": "-300"}), "it would owe"


def test_a_coin_that_does_not_count_blinds_nobody() -> None:
    """DOGE has lost its price, and is no collateral, of the venue or by choice of the account."""
    parameters = with_currency("DOGE", undiscounted("ETH"), collateral=False)
    of_nobody = account(parameters, prices={"ETH-USDT": "4000", "DOGE-USDT": "0.2"}, ETH="1")
    lend(of_nobody, "USDT", "300")
    by_choice = one_eth("300")
    by_choice.price("DOGE-USDT", "0.2")
    by_choice.do(ChooseCollateral(user_id=USER, ccys=("DOGE",), enabled=False))
    for driver in (of_nobody, by_choice):
        driver.state.markets["DOGE-USDT"].index = 0
        assert sound(driver, {"DOGE": "1"})


def test_what_is_lacking_is_exact_to_the_atom() -> None:
    """Orders hold 3 atoms of BTC, of which there are none, 1 of SOL, and the one ETH that is there."""
    driver = one_eth()
    user = driver.state.users[USER]
    held = {"BTC": 3, "SOL": 1, "ETH": ONE}
    assert soundness._borrowing(driver.state, user, held, {}) == {"BTC": 3, "SOL": 1}
    assert soundness._borrowing(driver.state, user, held, {"BTC": 1, "ETH": -2}) == {"BTC": 2, "ETH": 2, "SOL": 1}
