"""One-click repay where a leg could give nothing: hops by the book, budgets below the least order, coins passed over.

ETH at 3,000; at least 1 USDC is bought and at least 0.001 ETH sold; the fee is 0.1 %, a bound 0.5 %. Numbers by hand.
"""

from __future__ import annotations

from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine import core, repay, repay_sizes
from tallystick.engine.events import RepayAdvanced
from tallystick.engine.repay_sizes import Task
from tallystick.engine.work import Work
from tallystick.venue.parameters import load_parameters
from tests.engine import test_repay_in_vain as in_vain
from tests.engine import test_repay_routes as routes
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import NOON_MS, of_kind
from tests.engine.test_repay import legs, owing, run


def test_a_hop_that_the_book_fills_too_little_for_is_passed_over() -> None:
    """0.01 LTC are bid for: 0.5 USDC, and 1 is the least that can be sold on. BTC pays instead."""
    driver = routes.owing("USDT", "100")
    driver.book("LTC-USDC", [("50", "0.01")], [("50.01", "100")])
    driver.book("BTC-USDT", [("60000", "1")], [("60000.1", "1")])
    assert [leg[0] for leg in routes.legs(routes.run(driver, "USDT", "LTC", "BTC"))] == ["BTC-USDT"]


def test_bids_below_the_bound_are_no_proceeds() -> None:
    """At least 80 USDC may be bought here. 0.001 ETH are bid for within the bound of 2,984.99, and the rest below."""
    packaged = load_parameters()
    usdc = replace(packaged.instruments["USDC-USDT"], min_size=atoms("80"))
    driver = owing("100", parameters=replace(packaged, instruments={**packaged.instruments, "USDC-USDT": usdc}))
    driver.book("ETH-USDT", [("2999", "0.001"), ("2984.98", "1")], [("3000", "1")])
    found = run(driver, "USDC", "ETH")
    assert (legs(found), found["status"], driver.cash("ETH")) == ([], "failed", "5")


def test_a_coin_passed_over_takes_no_time() -> None:
    """2.002003 USDT are 0.00067 ETH, and 0.001 is the least order: BTC is sold in the same step."""
    driver = in_vain.owing("USDC", "2", ETH="1")
    in_vain.ask(driver, "USDC", "ETH", "BTC")
    driver.wait(in_vain.FIRST_LEG_MS)
    stamp, _, events = driver.entries[-1]
    passed, sold = of_kind(events, RepayAdvanced)
    assert (passed.record.legs, passed.next_step_at_ms - stamp.at_ms) == ((), 0)
    assert (len(sold.record.legs), sold.next_step_at_ms - stamp.at_ms) == (1, in_vain.NEXT_LEG_MS)


def test_coins_raised_below_the_least_purchase_buy_nothing() -> None:
    driver = owing("100")
    driver.deposit("USDT", "0.5")
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("ETH",)))
    going = driver.state.runs[USER]
    going.raised_quote = going.raised_net = atoms("0.5")
    work = Work(driver.state, core.Stamp(driver.seq + 1, driver.at_ms))
    repay._buy(work, driver.state.users[USER], going)
    assert work.events == []


def test_coins_that_a_sale_has_raised_are_not_counted_again_as_own() -> None:
    """0.6 USDT are raised and nothing else is there: less than the 1 USDC that can be bought."""
    driver = owing("100")
    driver.deposit("USDT", "0.6")
    task = Task("USDC", ("USDT",), atoms("100"), raised=atoms("0.6"), raised_net=atoms("0.6"))
    assert repay_sizes.least_unreached(driver.state, driver.state.users[USER], task, by_book=True) == "1 USDC"


def test_of_a_debt_that_the_least_purchase_pays_the_least_sale_is_named() -> None:
    """0.999 / 0.999 = 1 USDC can be bought; its 1 USDT are 0.00033 ETH."""
    driver = in_vain.owing("USDC", "0.999", ETH="1")
    assert in_vain.refusal(driver, "USDC", "ETH")[1] == "0.001 ETH"


def test_a_coin_at_hand_pays_a_debt_under_the_minimum_by_amount_and_not_by_value() -> None:
    """5 DOGE at 0.1 are 0.5 USD, less than the debt of 5 in number, and all of it."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER, ETH="5")
    driver.price("ETH-USDT", "3000")
    driver.price("DOGE-USDT", "0.1")
    driver.do(c.ManualBorrow(user_id=USER, ccy="DOGE", amount=atoms("1000")))
    driver.do(c.ManualRepay(user_id=USER, ccy="DOGE", amount=atoms("995")))
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="DOGE", repay_ccys=("DOGE",)))
    assert (driver.debt("DOGE"), driver.cash("DOGE")) == ("0", "0")


def test_the_least_order_of_the_second_hop_is_sold() -> None:
    """1 USDC is the least that can be sold on, and brings 1 USDT before the fee; a lot less is passed over."""
    driver = in_vain.owing("DOT", "10")
    found = []
    for bridged in ("1", "0.999999"):
        task = Task("DOT", (), atoms("10"), bridged=atoms(bridged))
        after, unreached = repay_sizes._sold_on(driver.state, driver.state.users[USER], task, by_book=False)
        found.append((text(after.raised), after.bridged, unreached))
    assert found == [("1", 0, ""), ("0", 0, "1 USDC")]


def test_own_usdt_fill_up_what_is_raised() -> None:
    """N = 100.100101, at 1.005 at most 100.600601505; 30 are raised."""
    driver = owing("100")
    pair = driver.parameters.instruments["USDC-USDT"]
    task = Task("USDC", ("USDT",), atoms("100"), raised=atoms("30"))
    assert text(repay_sizes.own_transit(driver.state, task, pair, atoms("500"))) == "70.600601505"


def test_nothing_is_to_be_sold_when_more_than_the_target_is_raised() -> None:
    driver = owing("100")
    task = Task("USDC", ("ETH",), atoms("100"), raised=atoms("200"))
    pair = driver.parameters.instruments["ETH-USDT"]
    assert repay_sizes.sale_size(driver.state, driver.state.users[USER], task, "ETH", pair) == 0


def test_without_a_price_of_the_second_hop_nothing_is_sold_in_the_first() -> None:
    driver = Driver(NOON_MS + 1, routes.only_in_usdc())
    driver.user(USER, LTC="10")
    driver.price("LTC-USDC", "50")
    pair = driver.parameters.instruments["LTC-USDC"]
    task = Task("BTC", ("LTC",), atoms("1"))
    assert repay_sizes.sale_size(driver.state, driver.state.users[USER], task, "LTC", pair) == 0


def test_a_list_that_is_too_long_is_refused_with_its_limit() -> None:
    driver = owing("100")
    most = driver.parameters.repay_coins_max
    command = c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("ETH",) * (most + 1))
    assert driver.refusal(command).details == {"max": "5"}


def test_a_second_hop_below_its_least_order_is_passed_over_in_the_same_step() -> None:
    driver = routes.owing("USDT", "100")
    driver.deposit("USDC", "0.5")
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDT", repay_ccys=("LTC", "BTC")))
    going = driver.state.runs[USER]
    going.bridged = atoms("0.5")
    work = Work(driver.state, core.Stamp(driver.seq + 1, driver.at_ms))
    assert not repay._sell_on(work, driver.state.users[USER], going)
    assert (going.next_coin, going.bridged, going.legs) == (1, 0, [])


def test_a_run_that_has_met_its_target_exactly_asks_no_other_coin() -> None:
    """9.99 / 0.999 = 10 DOT, 50 USDT: what 50 USDC bring. They buy 50 / 5.025 = 9.95024875... at 5.001, of which
    9.940297752 are left after the fee; 49.95 - 49.761190248 USDT join the 10 that are listed and stay."""
    driver = in_vain.owing("DOT", "9.99", USDC="50", USDT="10")
    in_vain.ask(driver, "DOT", "USDC", "USDT")
    assert in_vain.legs(in_vain.ended(driver)) == [
        ("USDC-USDT", "sell", "50", "50"),
        ("DOT-USDT", "buy", "9.9502487562189055", "9.950248"),
    ]
    assert (driver.debt("DOT"), driver.cash("USDT")) == ("0.049702248", "10.188809752")


def test_coins_that_left_after_the_sale_buy_nothing() -> None:
    """100.6032 USDT less the fee come in by the sale, and go to the funding account before the purchase."""
    driver = in_vain.owing("USDC", "100")
    in_vain.ask(driver, "USDC", "BTC")
    driver.wait(in_vain.FIRST_LEG_MS)
    driver.do(c.Transfer(user_id=USER, ccy="USDT", amount=atoms("100.5025968"), source="trading", target="funding"))
    found = in_vain.ended(driver)
    assert [leg[:2] for leg in in_vain.legs(found)] == [("BTC-USDT", "sell")]
    assert (found["status"], driver.debt("USDC")) == ("failed", "100")


def test_a_purchase_that_has_spent_all_it_may_cancels_no_own_order() -> None:
    """50.23 USDC bring 50.17977 after the fee, the price of exactly 9.99 DOT at 5.023, and no more are offered there.
    50.23 / 5.025 = 9.99601... are wanted; the own sale at 5.024, within the bound, is not met any more."""
    driver = in_vain.owing("DOT", "20", have="1", USDC="50.23")
    driver.book("DOT-USDT", [("4.99", "1000")], [("5.023", "9.99")])
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="DOT-USDT", side="sell", kind="limit", size=atoms("1"), price=atoms("5.024")
        )
    )
    in_vain.ask(driver, "DOT", "USDC")
    assert in_vain.legs(in_vain.ended(driver))[1:] == [("DOT-USDT", "buy", "9.9960199004975124", "9.99")]
    assert [text(left.price) for left in driver.state.orders.values()] == ["5.024"]
    assert driver.cash("USDT") == "0"
